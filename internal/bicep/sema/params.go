package sema

import (
	"path/filepath"
	"sort"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// IsParams reports whether the model is of a .bicepparam file.
func (m *Model) IsParams() bool { return strings.HasSuffix(strings.ToLower(m.Path), ".bicepparam") }

// paramsFile reads the declarations that only a .bicepparam file has: what it
// assigns parameters of, and what it builds on.
func (m *Model) paramsFile() {
	var usings []*syntax.UsingDecl
	var extends []*syntax.ExtendsDecl
	for _, d := range m.File.Decls {
		switch d := d.(type) {
		case *syntax.UsingDecl:
			usings = append(usings, d)
		case *syntax.ExtendsDecl:
			extends = append(extends, d)
		case *syntax.ParamDecl, *syntax.VarDecl, *syntax.ImportDecl, *syntax.TypeDecl, *syntax.ExtensionConfigDecl:
		default:
			m.errorf("BCP337", d.At(), "This declaration type is not valid for a Bicep Parameters file. Supported declarations: \"using\", \"extends\", \"param\", \"var\", \"type\".")
		}
	}
	m.usings(usings)
	m.extendsAll(extends)
}

func (m *Model) usings(all []*syntax.UsingDecl) {
	if len(all) == 0 {
		m.errorf("BCP261", syntax.Span{}, "A using declaration must be present in this parameters file.")
		return
	}
	m.Using = all[0]
	if len(all) > 1 {
		for _, d := range all {
			m.errorf("BCP262", d.Keyword, "More than one using declaration are present")
		}
		return
	}
	if path, ok := m.Using.Path.Text(); ok && !m.Using.None {
		m.using(path, m.Using.Path.Span)
	}
}

// using reads the file whose parameters are assigned: Bicep, an ARM template, or
// what a registry has.
func (m *Model) using(path string, at syntax.Span) {
	lower := strings.ToLower(path)
	switch {
	case isArtifact(path):
		m.UsingJSON, _ = m.artifact(path, at)
	case strings.HasSuffix(lower, ".json"), strings.HasSuffix(lower, ".jsonc"), strings.HasSuffix(lower, ".arm"):
		m.UsingJSON = m.loadJSON(path, at)
	case strings.HasSuffix(lower, ".bicepparam") && m.itself(path):
		m.errorf("BCP278", at, "This parameters file references itself, which is not allowed.")
	case strings.HasSuffix(lower, ".bicepparam"):
		m.errorf("BCP276", at, "A using declaration can only reference a Bicep file.")
	default:
		m.UsingOf = m.loadFile(path, at)
		if m.UsingOf != nil && m.UsingOf.Diags.HasErrors() {
			m.errorf("BCP104", at, "The referenced module has errors.")
		}
	}
}

func (m *Model) itself(path string) bool {
	return filepath.Join(filepath.Dir(m.Path), filepath.FromSlash(path)) == m.Path
}

// extendsAll reads the file that this one builds on; the parser has said where its
// path is missing.
func (m *Model) extendsAll(all []*syntax.ExtendsDecl) {
	for _, d := range all {
		path, ok := d.Path.Text()
		switch {
		case len(all) > 1:
			m.errorf("BCP405", d.Keyword, "More than one \"extends\" declaration are present")
		case ok && !strings.HasSuffix(strings.ToLower(path), ".bicepparam"):
			m.errorf("BCP404", d.Path.Span, "The \"extends\" declaration is missing a bicepparam file path reference")
		case ok:
			m.Extends = m.loadFile(path, d.Path.Span)
		}
	}
	m.extending = len(all) == 1
}

// baseName is the name under which a file has the assignments of the one that it extends.
const baseName = "base"

// inherited is what a name means in a file that extends another: a parameter that
// the other assigns, or all of them. It is nil for any other name.
func (m *Model) inherited(name string) *Symbol {
	switch {
	case m.Extends == nil:
		return nil
	case name == baseName:
		return &Symbol{Kind: BaseParams, Name: name, Model: m}
	}
	for _, s := range m.Extends.Assignments() {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// BaseMember is the assignment that e, base.x or base['x'], stands for; ok is false
// when e is something else.
func (m *Model) BaseMember(e syntax.Node) (s *Symbol, ok bool) {
	var base syntax.Expr
	var name string
	switch e := e.(type) {
	case *syntax.Property:
		base, name = e.Base, e.Name.Name
	case *syntax.Index:
		if lit, is := syntax.Unparen(e.Index).(*syntax.StringLit); is {
			name, ok = lit.Text()
		}
		if base = e.Base; !ok {
			return nil, false
		}
	default:
		return nil, false
	}
	v, is := syntax.Unparen(base).(*syntax.Variable)
	if !is || m.Uses[v] == nil || m.Uses[v].Kind != BaseParams {
		return nil, false
	}
	for _, s := range m.Extends.Assignments() {
		if s.Name == name {
			return s, true
		}
	}
	return nil, true
}

// baseType is the type of base: an object of what the extended file assigns.
func (m *Model) baseType() *types.Type {
	t := types.Struct("baseParameters")
	for _, s := range m.Extends.Assignments() {
		t.Props = append(t.Props, types.P(s.Name, m.symbolType(s)))
	}
	byName(t.Props)
	return t
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

// checkAssignments compares the assignments with the parameters of the file that
// is used. Null is as good as leaving an optional one out.
func (m *Model) checkAssignments() {
	m.checkMissingConfigs()
	if m.UsingJSON == nil && (m.UsingOf == nil || m.UsingOf.Diags.HasErrors()) {
		return
	}
	params, _ := (&Module{Source: m.UsingOf, JSON: m.UsingJSON}).interfaceTypes()
	declared := map[string]*types.Prop{}
	for _, p := range params.Props {
		declared[p.Name] = p
	}
	for _, s := range m.Declared(Param) {
		p, ok := declared[s.Name]
		if !ok {
			m.errorf("BCP259", s.Decl.At(), "The parameter \"%s\" is assigned in the params file without being declared in the Bicep file.", s.Name)
			continue
		}
		if value := s.Decl.(*syntax.ParamDecl).Default; value != nil {
			m.assign(value, p.Type)
		}
	}
	given := map[string]bool{}
	for _, s := range m.Assignments() {
		given[s.Name] = true
	}
	var missing []string
	for _, p := range params.Props {
		if p.Flags&types.Required != 0 && !given[p.Name] {
			missing = append(missing, p.Name)
		}
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		m.errorf("BCP258", m.Using.Span, "The following parameters are declared in the Bicep file but are missing an assignment in the params file: %s.", quoted(missing))
	}
}
