package bicep

import (
	"context"
	"path/filepath"

	"gatehouse/internal/bicep/emit"
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// Test is a test declaration of a file: the template whose assertions it is about,
// and a template without resources whose output "parameters" is what it gives that.
type Test struct {
	Name       string
	Template   []byte
	Parameters []byte
}

// Tests compiles the tests of the .bicep file at path. A test whose file has errors
// is left out; they are in the list. enabled says whether the file may have tests.
func Tests(ctx context.Context, path string, o Options) (tests []Test, enabled bool, diags diag.List) {
	if err := ctx.Err(); err != nil {
		return nil, true, diag.List{at(path, "BCP091", err.Error())}
	}
	o.defaults()
	path = filepath.Clean(path)
	w := &sema.Workspace{ReadFile: o.ReadFile, CacheDir: o.CacheDir}
	m, err := w.Load(path)
	if err != nil {
		return nil, true, diag.List{unreadable(path, err)}
	}
	if !m.TestFramework() {
		return nil, false, nil
	}
	diags = o.found(w)
	for _, s := range m.Declared(sema.Test) {
		d := s.Decl.(*syntax.TestDecl)
		if f := m.Tested(d); f != nil {
			template, more := emit.Template(f, o.emitter())
			parameters, late := emit.TestParameters(m, d, o.emitter())
			diags = append(append(diags, more...), late...)
			tests = append(tests, Test{Name: s.Name, Template: template, Parameters: parameters})
		}
	}
	return tests, true, diags
}
