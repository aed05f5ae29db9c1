package sema

import (
	"sort"
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// IsParams reports whether the model is of a .bicepparam file.
func (m *Model) IsParams() bool { return strings.HasSuffix(strings.ToLower(m.Path), ".bicepparam") }

// paramsFile reads the declarations that only a .bicepparam file has: what it
// assigns parameters of, and what it builds on.
func (m *Model) paramsFile() {
	var extends *syntax.ExtendsDecl
	for _, d := range m.File.Decls {
		switch d := d.(type) {
		case *syntax.UsingDecl:
			m.using(d)
		case *syntax.ExtendsDecl:
			if extends != nil {
				m.errorf("BCP407", d.Span, "Only one \"extends\" declaration is allowed in a parameters file.")
			} else if path, ok := d.Path.Text(); ok {
				extends = d
				m.Extends = m.loadFile(path, d.Path.Span)
			}
		case *syntax.ParamDecl, *syntax.VarDecl, *syntax.ImportDecl, *syntax.TypeDecl, *syntax.ExtensionConfigDecl:
		default:
			m.errorf("BCP337", d.At(), "This declaration type is not valid for a Bicep Parameters file. Supported declarations: \"using\", \"extends\", \"param\", \"var\", \"type\".")
		}
	}
	if m.Using == nil {
		m.errorf("BCP261", syntax.Span{}, "A using declaration must be present in this parameters file.")
	}
}

func (m *Model) using(d *syntax.UsingDecl) {
	if m.Using != nil {
		m.errorf("BCP262", d.Span, "More than one using declaration are present")
		return
	}
	m.Using = d
	if d.None {
		return
	}
	path, ok := d.Path.Text()
	if !ok {
		return
	}
	if !strings.HasSuffix(strings.ToLower(path), ".bicep") {
		m.errorf("BCP276", d.Path.Span, "A using declaration can only reference a Bicep file.")
		return
	}
	m.UsingOf = m.loadFile(path, d.Path.Span)
	if m.UsingOf != nil && m.UsingOf.Diags.HasErrors() {
		m.errorf("BCP104", d.Path.Span, "The referenced module has errors.")
	}
}

// Unsupported is the code of what the official compiler supports and this one does not.
const Unsupported = "GBC001"

// Assignments are the parameters that the file assigns, its own before those of
// the file that it extends.
func (m *Model) Assignments() []*Symbol {
	out := m.Declared(Param)
	if m.Extends == nil {
		return out
	}
	own := map[string]bool{}
	for _, s := range out {
		own[s.Name] = true
	}
	for _, s := range m.Extends.Assignments() {
		if !own[s.Name] {
			out = append(out, s)
		}
	}
	return out
}

// checkAssignments compares the assignments with the parameters of the .bicep file.
func (m *Model) checkAssignments() {
	m.checkMissingConfigs()
	if m.UsingOf == nil || m.UsingOf.Diags.HasErrors() {
		return
	}
	declared := map[string]*syntax.ParamDecl{}
	for _, s := range m.UsingOf.Declared(Param) {
		declared[s.Name] = s.Decl.(*syntax.ParamDecl)
	}
	given := map[string]bool{}
	for _, s := range m.Assignments() {
		given[s.Name] = true
	}
	for _, s := range m.Declared(Param) {
		d, ok := declared[s.Name]
		if !ok {
			m.errorf("BCP259", s.Decl.At(), "The parameter \"%s\" is assigned in the params file without being declared in the Bicep file.", s.Name)
			continue
		}
		if value := s.Decl.(*syntax.ParamDecl).Default; value != nil {
			m.assign(value, m.UsingOf.parameterType(d))
		}
	}
	var missing []string
	for name, d := range declared {
		if d.Default == nil && !given[name] && !m.UsingOf.nullable(d.Type) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		m.errorf("BCP258", m.Using.Span, "The following parameters are declared in the Bicep file but are missing an assignment in the params file: %s.", quoted(missing))
	}
}
