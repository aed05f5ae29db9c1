package sema

import (
	"fmt"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// newResource makes the resource of d and of the resources nested in it.
func (m *Model) newResource(d *syntax.ResourceDecl, parent *Resource) *Resource {
	r := &Resource{Decl: d, Existing: d.Existing, Parent: parent, Nested: parent != nil}
	r.Symbol = &Symbol{Kind: ResourceKind, Name: d.Name.Name, Ident: d.Name, Decl: d, Model: m, Resource: r}
	r.Loop, r.Cond, r.Body = syntax.Body(d.Value)
	r.Name = r.Body.Value("name")
	m.readType(r)
	m.Resources = append(m.Resources, r)
	if r.Body == nil {
		return r
	}
	seen := map[string]*Resource{}
	for i := range r.Body.Items {
		nd := r.Body.Items[i].Resource
		if nd == nil {
			continue
		}
		n := m.newResource(nd, r)
		if o := seen[nd.Name.Name]; o != nil && nd.Name.Name != "" {
			m.duplicate("BCP028", "Identifier \"%s\" is declared multiple times. Remove or rename the duplicates.", o.Symbol, n.Symbol)
		}
		seen[nd.Name.Name] = n
		if n.Loop != nil && r.EffectiveLoop() != nil {
			m.report(diag.Error, "BCP160", "A nested resource cannot appear inside of a resource with a for-expression.", nd.Name.Span)
		}
	}
	return r
}

// orderResources puts the resources in the order that templates list them: of
// every level, first what is nested in it.
func (m *Model) orderResources() {
	children := map[*Resource][]*Resource{}
	for _, r := range m.Resources {
		var around *Resource
		if r.Nested {
			around = r.Parent
		}
		children[around] = append(children[around], r)
	}
	m.Resources = m.Resources[:0]
	var level func(rs []*Resource)
	level = func(rs []*Resource) {
		for _, r := range rs {
			level(children[r])
		}
		m.Resources = append(m.Resources, rs...)
	}
	level(children[nil])
}

// readType reads the type@version of a declaration.
func (m *Model) readType(r *Resource) {
	text, ok := r.Decl.Type.Text()
	if !ok {
		if r.Decl.Type != nil {
			m.errorf("BCP047", r.Decl.Type.Span, "String interpolation is unsupported for specifying the resource type.")
		}
		return
	}
	if r.Parent != nil {
		if r.Parent.Type.Full == "" {
			if r.Parent.Decl.Type != nil {
				m.errorf("BCP157", r.Decl.Type.Span, "The resource type cannot be determined due to an error in the containing resource.")
			}
			return
		}
		if !r.Parent.IsAz() {
			r.readExtensionType(text)
			return
		}
		r.Extension = r.Parent.Extension
		if r.Type, ok = parseType(text, &r.Parent.Type); !ok || strings.Contains(strings.SplitN(text, "@", 2)[0], "/") {
			m.report(diag.Error, "BCP156", fmt.Sprintf("The resource type segment \"%s\" is invalid. Nested resources must specify a single type segment, and optionally can specify an api version using the format \"<type>@<apiVersion>\".", text), r.Decl.Type.Span)
		}
		return
	}
	text, extension := m.extensionType(r, text)
	if extension {
		r.readExtensionType(text)
		return
	}
	if r.Type, ok = parseType(text, nil); !ok {
		m.report(diag.Error, "BCP029", "The resource type is not valid. Specify a valid resource type of format \"<type-name>@<apiVersion>\".", r.Decl.Type.Span)
	}
}

func (m *Model) resourceOf(d *syntax.ResourceDecl) *Resource {
	for _, r := range m.Resources {
		if r.Decl == d {
			return r
		}
	}
	return nil
}

// resolveParents links resources to what their parent property names.
func (m *Model) resolveParents() {
	for _, r := range m.Resources {
		value := r.Body.Value("parent")
		if value == nil || !r.IsAz() {
			continue
		}
		if r.Nested {
			m.errorf("BCP037", value.At(), "The property \"parent\" is not allowed on objects of type \"%s\".", r.Type.Full+"@"+r.Type.Version)
			continue
		}
		base, index := syntax.Unparen(value), syntax.Expr(nil)
		if x, ok := base.(*syntax.Index); ok {
			base, index = syntax.Unparen(x.Base), x.Index
		}
		s := m.Uses[base]
		if s == nil || s.Resource == nil {
			m.badParents = append(m.badParents, value)
			continue
		}
		r.ParentIndex = index
		m.setParent(r, s.Resource, value)
	}
	m.parentCycles()
}

func (m *Model) setParent(r, parent *Resource, at syntax.Expr) {
	r.Parent = parent
	if parent.Type.Full == "" || r.Type.Full == "" || parent == r {
		return
	}
	own, up := strings.ToLower(r.Type.Full), strings.ToLower(parent.Type.Full)
	if strings.HasPrefix(own, up+"/") && !strings.Contains(own[len(up)+1:], "/") || strings.HasPrefix(up, own+"/") {
		return
	}
	m.errorf("BCP036", at.At(), "The property \"parent\" expected a value of type \"%s\" but the provided value is of type \"%s@%s\".", r.Type.parentName(), parent.Type.Full, parent.Type.Version)
}

// parentCycles breaks parents that go in a circle; the cycle itself is reported
// with the other cycles. A nested resource keeps the one around it: every circle
// goes through a parent property, because nesting alone ends at the file.
func (m *Model) parentCycles() {
	for _, r := range m.Resources {
		if !r.Nested && r.ownAncestor(len(m.Resources)) {
			r.Parent, r.ParentIndex = nil, nil
		}
	}
}

// ownAncestor reports whether r is among the first n above it.
func (r *Resource) ownAncestor(n int) bool {
	for p := r.Parent; p != nil && n > 0; p, n = p.Parent, n-1 {
		if p == r {
			return true
		}
	}
	return false
}
