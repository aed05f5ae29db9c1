package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// typePlace is where a type is written.
type typePlace struct {
	ds      syntax.Decorators // of what it is the type of, through parentheses and ?
	inside  bool              // in an array, tuple or object
	inUnion bool
	inArray bool
	base    bool // what is accessed in it is the type
	cyclic  bool // in a declaration that needs itself
}

// checkType reports what is wrong with a type beyond its names.
func (m *Model) checkType(t syntax.TypeExpr, ds syntax.Decorators) {
	m.checkTypeAt(t, typePlace{ds: ds})
}

func (m *Model) checkTypeAt(t syntax.TypeExpr, p typePlace) {
	inner := typePlace{cyclic: p.cyclic, inside: true}
	switch t := t.(type) {
	case *syntax.TypeName:
		m.checkAlias(t, p)
	case *syntax.TypeParen:
		p.inUnion = false
		m.checkTypeAt(t.X, p)
	case *syntax.TypeNullable:
		p.inUnion, p.inArray = false, false
		m.checkTypeAt(t.Base, p)
	case *syntax.TypeNonNull:
		p.inUnion, p.inArray = false, false
		m.checkTypeAt(t.Base, p)
	case *syntax.TypeLiteral:
		if _, null := t.Value.(*syntax.NullLit); null && !p.inUnion {
			m.errorf("BCP289", t.Span, "The type definition is not valid.")
		}
		if s, ok := t.Value.(*syntax.StringLit); ok && len(s.Exprs) > 0 {
			m.errorf("BCP032", t.Span, "The value must be a compile-time constant.")
		}
	case *syntax.TypeArray:
		inner.inArray = true
		m.checkTypeAt(t.Item, inner)
	case *syntax.TypeTuple:
		for _, x := range t.Items {
			m.checkMember(x, p)
		}
	case *syntax.TypeObject:
		m.checkObjectType(t, p)
	case *syntax.TypeUnion:
		m.checkUnion(t, p)
	case *syntax.TypeMember, *syntax.TypeIndex, *syntax.TypeItems, *syntax.TypeAdditional:
		inner.base = true
		m.checkPart(t, inner)
	case *syntax.TypeGeneric:
		m.checkGeneric(t, p.base)
	}
}

func (m *Model) checkMember(x *syntax.TypeProp, p typePlace) {
	if d := FindDecorator(x.Decorators, "export"); d != nil {
		m.errorf("BCP361", d.Span, "The \"@export()\" decorator must target a top-level statement.")
	}
	m.checkDecorated(x.Decorators, "t", m.declaredType(x.Value, x.Decorators), x.Value)
	m.checkTypeAt(x.Value, typePlace{ds: x.Decorators, cyclic: p.cyclic, inside: true})
}

func (m *Model) checkObjectType(t *syntax.TypeObject, p typePlace) {
	seen := map[string]*syntax.TypeProp{}
	for _, x := range t.Props {
		m.checkMember(x, p)
		l := strings.ToLower(x.Name.Name)
		switch other := seen[l]; {
		case other == nil:
			seen[l] = x
		case other.Name.Name == x.Name.Name:
			for _, y := range []*syntax.TypeProp{other, x} {
				m.errorf("BCP025", y.Name.Span, "The property \"%s\" is declared multiple times in this object. Remove or rename the duplicate properties.", x.Name.Name)
			}
		default:
			for _, y := range []*syntax.TypeProp{other, x} {
				m.errorf("BCP353", y.Name.Span, "The type properties %s differ only in casing. The ARM deployments engine is not case sensitive and will not be able to distinguish between them.", quoted([]string{other.Name.Name, x.Name.Name}))
			}
		}
	}
	if t.Additional != nil {
		m.checkMember(t.Additional, p)
	}
}

// checkAlias reports a reference to a type that is wrong where it is declared.
func (m *Model) checkAlias(t *syntax.TypeName, p typePlace) {
	s, resolved := m.TypeUses[t]
	if resolved && !p.base && (s == nil && t.Name.Name == "sys" || s != nil && s.Kind == Wildcard) {
		m.errorf("BCP306", t.Name.Span, "The name \"%s\" refers to a namespace, not to a type.", t.Name.Name)
	}
	if s == nil || s.Import != nil || s.Kind != TypeKind || p.cyclic || p.inUnion {
		return
	}
	if m.typeCycles[s] || m.containerCycles[s] && !p.inside || m.aliasType(s).IsError() {
		m.referenceHasErrors(t.Name.Span, t.Name.Name)
	}
}

func (m *Model) checkUnion(t *syntax.TypeUnion, p typePlace) {
	if d := FindDecorator(p.ds, "discriminator"); d != nil {
		m.checkTagged(t, d, p)
		return
	}
	var members []*types.Type
	var at []syntax.Span
	for _, x := range t.Members {
		m.checkTypeAt(x, typePlace{inUnion: true, cyclic: p.cyclic})
		mt := m.typeOfType(x, nil)
		list := []*types.Type{mt}
		if mt.Kind == types.UnionKind {
			list = mt.Items
		}
		for _, y := range list {
			members = append(members, y)
			at = append(at, x.At())
		}
	}
	var wide []*types.Type
	for _, x := range members {
		if w := x.Widen(); w != nil {
			wide = append(wide, w)
		}
	}
	keystone := types.Union(wide...)
	rest, _ := keystone.NonNull()
	switch {
	case len(wide) > 0 && declarable(rest):
	case p.inArray && keystone.Kind == types.UnionKind:
		keystone = types.Any
	default:
		m.errorf("BCP294", t.Span, "Type unions must be reducible to a single ARM type (such as 'string', 'int', or 'bool').")
		return
	}
	for i, x := range members {
		switch {
		case !x.IsLiteral():
			m.errorf("BCP293", at[i], "All members of a union type declaration must be literal values.")
		case !types.Assignable(x, keystone):
			m.invalidMember(at[i], keystone)
		}
	}
}

func (m *Model) invalidMember(at syntax.Span, keystone *types.Type) {
	m.errorf("BCP286", at, "This union member is invalid because it cannot be assigned to the '%s' type.", keystone)
}

// declarable reports whether t is one of the types of the language.
func declarable(t *types.Type) bool {
	switch t.Kind {
	case types.StringKind, types.IntKind, types.BoolKind:
		return !t.Literal
	}
	return t == types.Object || t == types.Array || t == types.Any
}

// checkTagged checks the members of a union that @discriminator tells apart.
func (m *Model) checkTagged(t *syntax.TypeUnion, d *syntax.Decorator, p typePlace) {
	for _, x := range t.Members {
		m.checkTypeAt(x, typePlace{ds: p.ds, inUnion: true, cyclic: p.cyclic})
	}
	key, ok := discriminatorKey(d)
	if !ok {
		return
	}
	for _, r := range m.rejectedMembers(t, key, d) {
		switch {
		case r.t.Kind != types.ObjectKind:
			m.invalidMember(r.at, types.Object)
		case r.duplicate == nil:
			m.errorf("BCP364", r.at, "The property \"%s\" must be a required string literal on all union member types.", key)
		default:
			m.errorf("BCP365", r.at, "The value \"%s\" for discriminator property \"%s\" is duplicated across multiple union member types. The value must be unique across all union member types.", r.duplicate, key)
		}
	}
}

func discriminatorKey(d *syntax.Decorator) (string, bool) {
	_, _, args, _ := d.Parts()
	if len(args) != 1 {
		return "", false
	}
	s, _ := args[0].(*syntax.StringLit)
	return s.Text()
}

// rejected is a member that can't be part of a tagged union.
type rejected struct {
	t         *types.Type
	at        syntax.Span
	duplicate *types.Type // the tag that another member has
}

func (m *Model) rejectedMembers(t *syntax.TypeUnion, key string, d *syntax.Decorator) (out []rejected) {
	seen := map[string]*types.Type{}
	for _, x := range t.Members {
		mt := m.typeOfType(x, syntax.Decorators{d})
		list := []*types.Type{mt}
		if mt.Kind == types.TaggedKind {
			list = mt.Items
		}
		for _, y := range list {
			if y.Kind == types.AnyKind { // not known, or a type inside itself
				continue
			}
			if y.Kind != types.ObjectKind {
				out = append(out, rejected{t: y, at: x.At()})
				continue
			}
			p := y.Prop(key)
			if p == nil || p.Flags&types.Required == 0 || p.Type.Kind != types.StringKind || !p.Type.Literal {
				out = append(out, rejected{t: y, at: x.At()})
				continue
			}
			tag := strings.ToLower(p.Type.Text)
			if other := seen[tag]; other != nil && other.String() != y.String() {
				out = append(out, rejected{t: y, at: x.At(), duplicate: p.Type})
				continue
			}
			seen[tag] = y
		}
	}
	return out
}

// checkPart checks t.name, t[0], t[*] and t.*.
func (m *Model) checkPart(t syntax.TypeExpr, p typePlace) {
	before := len(m.Diags)
	m.checkPartOf(t, p)
	if base := accessedType(t); len(m.Diags) == before && !namedBase(base) {
		m.errorf("BCP391", t.At(), "Type member access is only supported on a reference to a named type.")
	}
}

// accessedType is what is before the last access in t.
func accessedType(t syntax.TypeExpr) syntax.TypeExpr {
	switch t := t.(type) {
	case *syntax.TypeMember:
		return t.Base
	case *syntax.TypeIndex:
		return t.Base
	case *syntax.TypeItems:
		return t.Base
	case *syntax.TypeAdditional:
		return t.Base
	}
	return nil
}

func namedBase(t syntax.TypeExpr) bool {
	switch t.(type) {
	case *syntax.TypeName, *syntax.TypeGeneric, *syntax.TypeMember, *syntax.TypeIndex, *syntax.TypeItems, *syntax.TypeAdditional, *syntax.BadType:
		return true
	}
	return false
}

func (m *Model) checkPartOf(t syntax.TypeExpr, p typePlace) {
	switch t := t.(type) {
	case *syntax.TypeMember:
		m.checkTypeMember(t, p)
	case *syntax.TypeIndex:
		m.checkTypeAt(t.Base, p)
		base := m.partBase(t.Base)
		if t.Wrong != nil {
			m.wrongTypeIndex(t.Wrong)
		}
		switch {
		case base.IsError() || base.Kind == types.AnyKind || t.Wrong != nil:
		case base.Kind != types.TupleKind:
			m.errorf("BCP388", syntax.Span{Start: t.Base.At().End + 1, End: t.End - 1}, "Cannot access elements of type \"%s\" by index. An tuple type is required.", base)
		case t.Index >= uint64(len(base.Items)):
			m.errorf("BCP311", syntax.Span{Start: t.Base.At().End + 1, End: t.End - 1}, "The provided index value of \"%d\" is not valid for type \"%s\". Indexes for this type must be between 0 and %d.", t.Index, base, len(base.Items)-1)
		}
	case *syntax.TypeItems:
		m.checkTypeAt(t.Base, p)
		if base := m.partBase(t.Base); !base.IsError() && base.Kind != types.AnyKind && base.Kind != types.ArrayKind {
			m.errorf("BCP390", syntax.Span{Start: t.Base.At().End, End: t.End}, "The array item type access operator ('[*]') can only be used with typed arrays.")
		}
	case *syntax.TypeAdditional:
		m.checkTypeAt(t.Base, p)
		base := m.partBase(t.Base)
		if base.IsError() || base.Kind == types.AnyKind {
			return
		}
		if base.Kind != types.ObjectKind || base.Additional == nil || base.Additional.Type.Kind == types.AnyKind {
			m.errorf("BCP389", syntax.Span{Start: t.End - 1, End: t.End}, "The type \"%s\" does not declare an additional properties type.", base)
		}
	}
}

func (m *Model) wrongTypeIndex(e syntax.Expr) {
	if u, ok := e.(*syntax.Unary); ok && u.Op == syntax.Minus {
		m.errorf("BCP387", u.Span, "Indexing into a type requires an integer greater than or equal to 0.")
	} else if _, bad := e.(*syntax.Bad); !bad {
		m.errorf("BCP032", e.At(), "The value must be a compile-time constant.")
	}
}

func (m *Model) checkTypeMember(t *syntax.TypeMember, p typePlace) {
	if n, ok := t.Base.(*syntax.TypeName); ok {
		if s, found := m.TypeUses[n]; found && (s == nil && n.Name.Name == "sys" || s != nil && s.Kind == Wildcard) {
			return
		}
	}
	m.checkTypeAt(t.Base, p)
	base := m.partBase(t.Base)
	if base.Kind != types.ObjectKind || base.Prop(t.Name.Name) != nil || base == types.Object {
		return
	}
	var names []string
	for _, q := range base.Props {
		if q.Flags&types.WriteOnly == 0 {
			names = append(names, q.Name)
		}
	}
	strict := *base
	strict.Warn = false // what a type names must be there
	m.unknownProperty(&strict, t.Name.Span, t.Name.Name, names, false)
}
