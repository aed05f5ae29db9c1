package emit

import (
	"strconv"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// resolved is what a type reference leads to.
type resolved struct {
	pointer []string        // segments of a JSON pointer
	decl    syntax.TypeExpr // nil for a type that is derived from a resource
	json    *object         // of a type that an ARM template declares
	in      *typeWriter
	derived *derived // of a type that is derived from a resource
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func (r *resolved) path() string {
	parts := make([]string, len(r.pointer))
	for i, p := range r.pointer {
		parts[i] = pointerEscaper.Replace(p)
	}
	return strings.Join(parts, "/")
}

func (r *resolved) props() *object {
	if r.derived != nil {
		return r.derived.props(r.path())
	}
	return obj("$ref", "#/"+r.path())
}

func (w *typeWriter) reference(e syntax.TypeExpr) *object {
	r, ok := w.resolve(e)
	if !ok {
		return obj("type", "object")
	}
	if r.derived != nil && r.derived.base == "" && r.derived.typ == nil {
		w.unknownType(e, r)
	}
	return r.props()
}

// resolve follows a reference to where its type is declared.
func (w *typeWriter) resolve(e syntax.TypeExpr) (*resolved, bool) {
	switch e := e.(type) {
	case *syntax.TypeParen:
		return w.resolve(e.X)
	case *syntax.TypeName:
		s := w.m.TypeUses[e]
		if s == nil {
			break
		}
		return w.named(s)
	case *syntax.TypeGeneric:
		return w.generic(e)
	case *syntax.TypeMember:
		if n, ok := e.Base.(*syntax.TypeName); ok {
			if s := w.m.TypeUses[n]; s != nil && s.Kind == sema.Wildcard {
				return w.wildcard(s, e)
			}
		}
		return w.step(e.Base, e, []string{"properties", e.Name.Name})
	case *syntax.TypeIndex:
		return w.step(e.Base, e, []string{"prefixItems", strconv.FormatUint(e.Index, 10)})
	case *syntax.TypeItems:
		return w.step(e.Base, e, []string{"items"})
	case *syntax.TypeAdditional:
		return w.step(e.Base, e, []string{"additionalProperties"})
	}
	w.fail(e, "This type can't be referred to.")
	return nil, false
}

func (w *typeWriter) named(s *sema.Symbol) (*resolved, bool) {
	name := w.t.templateName(s)
	if s.Import != nil {
		s = s.Import.Target
	}
	if s == nil {
		return nil, false
	}
	if s.JSON != nil {
		v, err := parseJSON(s.JSON.Raw)
		o, ok := v.(*object)
		return &resolved{pointer: []string{"definitions", name}, json: o, in: w}, err == nil && ok
	}
	d, ok := s.Decl.(*syntax.TypeDecl)
	if !ok {
		return nil, false
	}
	return &resolved{pointer: []string{"definitions", name}, decl: d.Value, in: w.t.typesOf(s.Model)}, true
}

func (w *typeWriter) wildcard(s *sema.Symbol, e *syntax.TypeMember) (*resolved, bool) {
	target := s.Import.Member(e.Name.Name)
	if target == nil || target.Kind != sema.TypeKind {
		w.t.failIn(w.m, e.Name, "BCP052", "The type \""+s.Name+"\" does not contain property \""+e.Name.Name+"\".")
		return nil, false
	}
	return w.named(target)
}

// step goes from base one level down; e is the whole reference.
func (w *typeWriter) step(base, e syntax.TypeExpr, pointer []string) (*resolved, bool) {
	r, ok := w.resolve(base)
	if !ok {
		return nil, false
	}
	if r.derived != nil {
		return derivedStep(r, pointer), true
	}
	if r.json != nil {
		return r.jsonStep(pointer), true
	}
	decl := r.decl
	in := r.in
	for {
		switch d := decl.(type) {
		case *syntax.TypeParen:
			decl = d.X
			continue
		case *syntax.TypeNullable:
			decl = d.Base
			continue
		case *syntax.TypeName, *syntax.TypeMember, *syntax.TypeItems, *syntax.TypeAdditional, *syntax.TypeIndex, *syntax.TypeGeneric:
			next, ok := in.resolve(decl)
			if !ok {
				return nil, false
			}
			if next.derived != nil {
				return derivedStep(next, pointer), true
			}
			if next.json != nil {
				return next.jsonStep(pointer), true
			}
			r, decl, in = next, next.decl, next.in
			continue
		}
		break
	}
	inner := descend(decl, e)
	if inner == nil {
		w.fail(e, "The type does not have the member that is referred to.")
		return nil, false
	}
	return &resolved{pointer: append(append([]string{}, r.pointer...), pointer...), decl: inner, in: in}, true
}

// descend finds the member of decl that e names.
func descend(decl, e syntax.TypeExpr) syntax.TypeExpr {
	switch e := e.(type) {
	case *syntax.TypeMember:
		if o, ok := decl.(*syntax.TypeObject); ok {
			for _, p := range o.Props {
				if strings.EqualFold(p.Name.Name, e.Name.Name) {
					return p.Value
				}
			}
		}
	case *syntax.TypeIndex:
		if o, ok := decl.(*syntax.TypeTuple); ok && int(e.Index) < len(o.Items) {
			return o.Items[e.Index].Value
		}
	case *syntax.TypeItems:
		if o, ok := decl.(*syntax.TypeArray); ok {
			return o.Item
		}
	case *syntax.TypeAdditional:
		if o, ok := decl.(*syntax.TypeObject); ok && o.Additional != nil {
			return o.Additional.Value
		}
	}
	return nil
}
