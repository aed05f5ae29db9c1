package bicep

import (
	"context"
	"path/filepath"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/diag"
)

// Restore reports the references to registries in the file at path, and in those
// that it refers to, that CacheDir does not answer. Nothing is downloaded; other
// errors of the files are not its concern.
func Restore(ctx context.Context, path string, o Options) diag.List {
	if err := ctx.Err(); err != nil {
		return diag.List{at(path, "BCP091", err.Error())}
	}
	o.defaults()
	path = filepath.Clean(path)
	w := &sema.Workspace{ReadFile: o.ReadFile, CacheDir: o.CacheDir}
	if _, err := w.Load(path); err != nil {
		return diag.List{unreadable(path, err)}
	}
	var out diag.List
	for _, m := range w.Models() {
		out = append(out, m.Unresolved()...)
	}
	return out
}
