package bicep

import (
	"path/filepath"

	"gatehouse/internal/bicep/config"
	"gatehouse/internal/bicep/lint"
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/diag"
)

// found collects what was found in all files, by the linter too when that is wanted.
func (o *Options) found(w *sema.Workspace) diag.List {
	var diags diag.List
	configs := map[string]*config.Config{} // by folder
	for _, m := range w.Models() {
		if !o.Lint {
			diags = append(diags, m.Diags...)
			continue
		}
		diags = append(diags, o.linted(m, configs)...)
	}
	return diags
}

// linted is what was found in one file, in order.
func (o *Options) linted(m *sema.Model, configs map[string]*config.Config) diag.List {
	dir := filepath.Dir(m.Path)
	c, known := configs[dir]
	var all diag.List
	if !known {
		var err error
		if c, err = config.Find(m.Path, o.ReadFile); err != nil {
			all = append(all, at(m.Path, "BCP271", err.Error()))
		}
		configs[dir] = c
	}
	all = append(all, m.Diags...)
	all = append(all, lint.Run(m, c, o.Now())...)
	all.Sort()
	return all
}
