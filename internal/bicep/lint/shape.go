package lint

import (
	"fmt"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// shape is what is known of a value from declarations: its type as written, in
// the file m, and whether it is secure.
type shape struct {
	m        *sema.Model
	typ      syntax.TypeExpr
	secure   bool
	nullable bool
}

// secureMark reports whether @secure() is among ds.
func secureMark(ds []*syntax.Decorator) bool { return sema.FindDecorator(ds, "secure") != nil }

// shape finds what is known of e.
func (x *index) shape(e syntax.Expr, depth int) shape {
	if depth == 0 {
		return shape{}
	}
	switch v := syntax.Unparen(e).(type) {
	case *syntax.Variable:
		return x.symbolShape(x.m.Uses[v], depth)
	case *syntax.Property:
		if s, ok := x.moduleOutput(v); ok {
			return s
		}
		return x.shape(v.Base, depth-1).property(v.Name.Name)
	case *syntax.Index:
		base := x.shape(v.Base, depth-1)
		if key, ok := x.literal(v.Index); ok {
			return base.property(key)
		}
		return base.item()
	case *syntax.Ternary:
		a, b := x.shape(v.Then, depth-1), x.shape(v.Else, depth-1)
		if a.secure || b.typ == nil && !b.secure {
			return a
		}
		return b
	case *syntax.Binary:
		if v.Op == syntax.Coalesce {
			if a := x.shape(v.X, depth-1); a.secure {
				return a
			}
			return x.shape(v.Y, depth-1)
		}
	case *syntax.MethodCall:
		return shape{m: x.m, secure: v.Name.Name == "getSecret"}
	}
	return shape{}
}

func (x *index) symbolShape(s *sema.Symbol, depth int) shape {
	if s == nil {
		return shape{}
	}
	switch d := s.Decl.(type) {
	case *syntax.ParamDecl:
		return declared(s.Model, d.Type, d.Decorators)
	case *syntax.VarDecl:
		if d.Type != nil {
			return declared(s.Model, d.Type, d.Decorators)
		}
		return x.shape(d.Value, depth-1)
	}
	return shape{}
}

// moduleOutput is what m.outputs.name is, where the module is a Bicep file.
func (x *index) moduleOutput(p *syntax.Property) (shape, bool) {
	outputs, ok := syntax.Unparen(p.Base).(*syntax.Property)
	if !ok || outputs.Name.Name != "outputs" {
		return shape{}, false
	}
	base := syntax.Unparen(outputs.Base)
	if i, isIndex := base.(*syntax.Index); isIndex {
		base = syntax.Unparen(i.Base)
	}
	s := x.m.Uses[base]
	if s == nil || s.Module == nil {
		return shape{}, false
	}
	if s.Module.Source != nil {
		for _, o := range s.Module.Source.Declared(sema.Output) {
			if d, ok := o.Decl.(*syntax.OutputDecl); ok && o.Name == p.Name.Name {
				return declared(s.Module.Source, d.Type, d.Decorators), true
			}
		}
	}
	return shape{}, true
}

// declared is the shape of what has type t and decorators ds in the file m. Names
// of types are followed.
func declared(m *sema.Model, t syntax.TypeExpr, ds []*syntax.Decorator) shape {
	s := shape{m: m, typ: t, secure: secureMark(ds)}
	for range 16 {
		switch v := s.typ.(type) {
		case *syntax.TypeParen:
			s.typ = v.X
		case *syntax.TypeNullable:
			s.typ, s.nullable = v.Base, true
		case *syntax.TypeNonNull:
			s.typ, s.nullable = v.Base, false
		case *syntax.TypeName:
			if !s.follow(v) {
				return s
			}
		default:
			return s
		}
	}
	return s
}

// follow goes from the name of a type to its declaration.
func (s *shape) follow(n *syntax.TypeName) bool {
	if s.m == nil {
		return false
	}
	symbol := s.m.TypeUses[n]
	if symbol != nil && symbol.Import != nil {
		symbol = symbol.Import.Target
	}
	if symbol == nil || symbol.Model == nil {
		return false
	}
	d, ok := symbol.Decl.(*syntax.TypeDecl)
	if !ok {
		return false
	}
	s.m, s.typ = symbol.Model, d.Value
	s.secure = s.secure || secureMark(d.Decorators)
	return true
}

// property is the shape of a member.
func (s shape) property(name string) shape {
	o, ok := s.typ.(*syntax.TypeObject)
	if !ok {
		return shape{}
	}
	for _, p := range o.Props {
		if p.Name.Name == name {
			return declared(s.m, p.Value, p.Decorators)
		}
	}
	if o.Additional != nil {
		return declared(s.m, o.Additional.Value, o.Additional.Decorators)
	}
	return shape{}
}

// item is the shape of an element.
func (s shape) item() shape {
	if a, ok := s.typ.(*syntax.TypeArray); ok {
		return declared(s.m, a.Item, nil)
	}
	return shape{}
}

// secretPaths are the places in s that hold secrets, "" for all of it. With only,
// nothing inside of s is looked at.
func (s shape) secretPaths(only bool, depth int) []string {
	var out []string
	if s.secure {
		out = append(out, "")
	}
	if only || depth == 0 {
		return out
	}
	add := func(path string, inner shape) {
		for _, p := range inner.secretPaths(false, depth-1) {
			out = append(out, path+p)
		}
	}
	switch t := s.typ.(type) {
	case *syntax.TypeObject:
		if t.Additional != nil {
			add(".*", declared(s.m, t.Additional.Value, t.Additional.Decorators))
		}
		for _, p := range t.Props {
			add("."+p.Name.Name, declared(s.m, p.Value, p.Decorators))
		}
	case *syntax.TypeTuple:
		for i, p := range t.Items {
			add(fmt.Sprintf("[%d]", i), declared(s.m, p.Value, p.Decorators))
		}
	case *syntax.TypeArray:
		add("[*]", s.item())
	}
	return out
}
