package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// loadTest reads the file that a test is for.
func (m *Model) loadTest(d *syntax.TestDecl) {
	path, ok := d.Path.Text()
	switch {
	case d.Path == nil:
		m.errorf("BCP358", d.PathAt, "This declaration is missing a template file path reference.")
		return
	case !ok:
		return
	case path != "" && !strings.HasSuffix(strings.ToLower(path), ".bicep"):
		m.errorf("BCP345", d.Path.Span, "A test declaration can only reference a Bicep File")
		return
	}
	f := m.loadFile(path, d.Path.Span)
	if f == nil {
		return
	}
	if f.Diags.HasErrors() {
		m.errorf("BCP104", d.Path.Span, "The referenced module has errors.")
	}
	if m.tested == nil {
		m.tested = map[*syntax.TestDecl]*Model{}
	}
	m.tested[d] = f
}

// Tested is the file that a test is for; nil when it has errors.
func (m *Model) Tested(d *syntax.TestDecl) *Model {
	if f := m.tested[d]; f != nil && !f.Diags.HasErrors() {
		return f
	}
	return nil
}

// checkTest checks the body of a test, which gives parameters.
func (m *Model) checkTest(d *syntax.TestDecl) {
	if !m.feature("testFramework") {
		m.errorf("BCP348", d.Span, "Using a test declaration statement requires enabling EXPERIMENTAL feature \"TestFramework\".")
	}
	f := m.Tested(d)
	if f == nil {
		m.TypeOf(d.Value)
		return
	}
	params, _ := (&Module{Source: f}).interfaceTypes()
	flags := types.WriteOnly
	for _, p := range params.Props {
		flags |= p.Flags & types.Required
	}
	body := types.Struct("test", &types.Prop{Name: "params", Type: params, Flags: flags})
	m.checkBody(d.Value, &types.Type{Kind: types.ModuleKind, Name: "test", Body: body}, narrowing{decl: d.Name, keyword: "test"})
}
