package sema

import (
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// declaredType is the type that t, with the decorators of what it is the type of,
// declares. What is wrong with t itself is reported elsewhere.
func (m *Model) declaredType(t syntax.TypeExpr, ds syntax.Decorators) *types.Type {
	if t == nil {
		return types.Any
	}
	return constrained(m.typeOfType(t, ds), ds)
}

func (m *Model) typeOfType(t syntax.TypeExpr, ds syntax.Decorators) *types.Type {
	switch t := t.(type) {
	case *syntax.TypeName:
		return m.namedType(t)
	case *syntax.TypeParen:
		return m.typeOfType(t.X, ds)
	case *syntax.TypeNullable:
		return orNull(m.typeOfType(t.Base, ds))
	case *syntax.TypeNonNull:
		rest, _ := m.typeOfType(t.Base, ds).NonNull()
		return rest
	case *syntax.TypeLiteral:
		return m.literalType(t.Value)
	case *syntax.TypeArray:
		item := m.typeOfType(t.Item, nil)
		if item.IsError() {
			return types.Error
		}
		return types.ArrayOf(item)
	case *syntax.TypeTuple:
		return m.tupleType(t)
	case *syntax.TypeObject:
		return m.objectType(t, ds)
	case *syntax.TypeUnion:
		return m.unionType(t, ds)
	case *syntax.TypeMember:
		return m.memberType(t)
	case *syntax.TypeIndex, *syntax.TypeItems, *syntax.TypeAdditional:
		return m.partType(t)
	case *syntax.TypeGeneric:
		return m.derivedType(t)
	case *syntax.BadType:
		return types.Error
	}
	return types.Any // of a resource
}

func orNull(t *types.Type) *types.Type {
	if t.IsError() || t.Kind == types.AnyKind {
		return t
	}
	if t.Kind == types.TaggedKind || t.Kind == types.ObjectKind || t.Kind == types.UnionKind || t.Kind != types.NullKind {
		return types.Union(t, types.Null)
	}
	return t
}

// ambientNamed are the types of the language.
func ambientNamed(name string) *types.Type {
	switch name {
	case "string":
		return types.String
	case "int":
		return types.Int
	case "bool":
		return types.Bool
	case "object":
		return types.Object
	case "array":
		return types.Array
	case "any":
		return types.Any
	}
	return types.Error
}

func (m *Model) namedType(t *syntax.TypeName) *types.Type {
	s, resolved := m.TypeUses[t]
	switch {
	case !resolved:
		return types.Error
	case s == nil:
		return ambientNamed(t.Name.Name)
	}
	return m.aliasType(s)
}

// aliasType is the type that s names. One that needs itself is any, at the place
// where it does.
func (m *Model) aliasType(s *Symbol) *types.Type {
	if s.Import != nil {
		s = s.Import.Target
	}
	if s == nil || s.JSON != nil || s.Model == nil {
		return types.Any
	}
	d, ok := s.Decl.(*syntax.TypeDecl)
	if !ok {
		return types.Any
	}
	in := s.Model
	if in.typeCycles[s] {
		return types.Error
	}
	if t, known := in.aliases[s]; known {
		return t
	}
	if in.aliases == nil {
		in.aliases = map[*Symbol]*types.Type{}
	}
	in.aliases[s] = types.Any
	t := in.declaredType(d.Value, d.Decorators)
	in.aliases[s] = t
	return t
}

func (m *Model) literalType(e syntax.Expr) *types.Type {
	if s, ok := e.(*syntax.StringLit); ok && len(s.Exprs) > 0 {
		return types.Error
	}
	return m.TypeOf(e)
}

func (m *Model) tupleType(t *syntax.TypeTuple) *types.Type {
	items := make([]*types.Type, len(t.Items))
	for i, p := range t.Items {
		items[i] = m.declaredType(p.Value, p.Decorators)
		if items[i].IsError() {
			return types.Error
		}
	}
	return types.Tuple(items...)
}

func (m *Model) objectType(t *syntax.TypeObject, ds syntax.Decorators) *types.Type {
	o := &types.Type{Kind: types.ObjectKind}
	for _, p := range t.Props {
		pt := m.declaredType(p.Value, p.Decorators)
		if pt.IsError() {
			return types.Error
		}
		flags := types.NoImplicitNull
		if _, nullable := pt.NonNull(); !nullable {
			flags |= types.Required
		}
		o.Props = append(o.Props, &types.Prop{Name: p.Name.Name, Type: pt, Flags: flags})
	}
	switch {
	case t.Additional != nil:
		o.Additional = &types.Prop{Type: m.declaredType(t.Additional.Value, t.Additional.Decorators), Flags: types.NoImplicitNull}
	case FindDecorator(ds, "sealed") == nil:
		o.Additional = &types.Prop{Type: types.Any, Flags: types.Fallback}
	}
	o.Name = types.ObjectName(o.Props, o.Additional)
	return o
}

func (m *Model) unionType(t *syntax.TypeUnion, ds syntax.Decorators) *types.Type {
	tagged := FindDecorator(ds, "discriminator") != nil
	members := make([]*types.Type, len(t.Members))
	for i, x := range t.Members {
		members[i] = m.typeOfType(x, ds)
		if tagged && members[i].IsError() {
			return types.Error
		}
	}
	if d := FindDecorator(ds, "discriminator"); d != nil {
		if key, ok := discriminatorKey(d); !ok || len(m.rejectedMembers(t, key, d)) > 0 {
			return types.Error
		}
		if tagged := taggedUnion(d, members); tagged != nil {
			return tagged
		}
	}
	return types.Union(members...)
}

// taggedUnion makes a union of objects that a property tells apart.
func taggedUnion(d *syntax.Decorator, members []*types.Type) *types.Type {
	_, _, args, _ := d.Parts()
	if len(args) != 1 {
		return nil
	}
	s, _ := args[0].(*syntax.StringLit)
	key, ok := s.Text()
	if !ok {
		return nil
	}
	t := &types.Type{Kind: types.TaggedKind, Key: key}
	null := false
	for _, x := range members {
		rest, had := x.NonNull()
		null = null || had
		switch rest.Kind {
		case types.ObjectKind:
			t.Items = append(t.Items, rest)
		case types.TaggedKind:
			t.Items = append(t.Items, rest.Items...)
		case types.NullKind:
			null = true
		default:
			return nil
		}
	}
	if null {
		return types.Union(t, types.Null)
	}
	return t
}

// memberType is t.name, also of a namespace or an import.
func (m *Model) memberType(t *syntax.TypeMember) *types.Type {
	if n, ok := t.Base.(*syntax.TypeName); ok {
		s := m.TypeUses[n]
		if s == nil && n.Name.Name == "sys" {
			return ambientNamed(t.Name.Name)
		}
		if s != nil && s.Kind == Wildcard {
			if target := s.Import.Member(t.Name.Name); target != nil && target.Kind == TypeKind {
				return m.aliasType(target)
			}
			return types.Any
		}
	}
	base := m.partBase(t.Base)
	if base.Kind != types.ObjectKind {
		return anyUnlessError(base)
	}
	if p := base.Prop(t.Name.Name); p != nil {
		return p.Type
	}
	return types.Error
}

func (m *Model) partBase(t syntax.TypeExpr) *types.Type {
	rest, _ := m.typeOfType(t, nil).NonNull()
	return rest
}

func anyUnlessError(t *types.Type) *types.Type {
	if t.IsError() {
		return types.Error
	}
	return types.Any
}

// partType is t[0], t[*] or t.*.
func (m *Model) partType(t syntax.TypeExpr) *types.Type {
	switch t := t.(type) {
	case *syntax.TypeIndex:
		base := m.partBase(t.Base)
		if base.Kind == types.TupleKind && t.Wrong == nil {
			if t.Index < uint64(len(base.Items)) {
				return base.Items[t.Index]
			}
			return types.Error
		}
		return anyUnlessError(base)
	case *syntax.TypeItems:
		base := m.partBase(t.Base)
		if base.Kind == types.ArrayKind {
			return base.Item
		}
		return anyUnlessError(base)
	case *syntax.TypeAdditional:
		base := m.partBase(t.Base)
		if base.Kind == types.ObjectKind && base.Additional != nil {
			return base.Additional.Type
		}
		return anyUnlessError(base)
	}
	return types.Any
}

// constrained is t with the limits and the secrecy that decorators give it.
func constrained(t *types.Type, ds syntax.Decorators) *types.Type {
	rest, null := t.NonNull()
	switch rest.Kind {
	case types.StringKind, types.IntKind, types.ArrayKind, types.ObjectKind:
	default:
		return t
	}
	if len(ds) == 0 || rest.Literal {
		return t
	}
	c := *rest
	if rest.Kind == types.IntKind {
		c.Min, c.Max = limit(ds, "minValue", c.Min), limit(ds, "maxValue", c.Max)
	} else if rest.Kind != types.ObjectKind {
		c.Min, c.Max = limit(ds, "minLength", c.Min), limit(ds, "maxLength", c.Max)
	}
	c.Secure = c.Secure || FindDecorator(ds, "secure") != nil
	if c.Min == rest.Min && c.Max == rest.Max && c.Secure == rest.Secure {
		return t
	}
	if null {
		return types.Union(&c, types.Null)
	}
	return &c
}

// limit is the integer that a decorator gives, or otherwise.
func limit(ds syntax.Decorators, name string, otherwise *int64) *int64 {
	d := FindDecorator(ds, name)
	if d == nil {
		return otherwise
	}
	_, _, args, _ := d.Parts()
	if len(args) != 1 {
		return otherwise
	}
	if v, ok := integerLiteral(args[0]); ok {
		return &v
	}
	return otherwise
}

func integerLiteral(e syntax.Expr) (int64, bool) {
	switch e := e.(type) {
	case *syntax.IntLit:
		return int64(e.Value), e.Value <= 1<<63-1
	case *syntax.Unary:
		if i, ok := e.X.(*syntax.IntLit); ok && e.Op == syntax.Minus {
			return -int64(i.Value), true
		}
	}
	return 0, false
}

// parameterType is the type of a parameter as a value. A string, int or bool that
// is not limited to some values may stand where a literal is wanted.
func (m *Model) parameterType(d *syntax.ParamDecl) *types.Type {
	t := m.declaredType(d.Type, d.Decorators)
	if t.IsError() {
		return t
	}
	if a := m.allowedType(d, t); a != nil {
		return a
	}
	rest, null := t.NonNull()
	switch rest.Kind {
	case types.StringKind, types.IntKind, types.BoolKind:
		if rest.Literal {
			return t
		}
		loose := *rest
		loose.Loose = true
		if null {
			return types.Union(&loose, types.Null)
		}
		return &loose
	}
	return t
}

// allowedType is the union of the values that @allowed lists.
func (m *Model) allowedType(d *syntax.ParamDecl, t *types.Type) *types.Type {
	dec := FindDecorator(d.Decorators, "allowed")
	if dec == nil {
		return nil
	}
	_, _, args, _ := dec.Parts()
	if len(args) != 1 {
		return nil
	}
	a, ok := args[0].(*syntax.Array)
	if !ok || t.Kind != types.StringKind && t != types.Array {
		return nil
	}
	var members []*types.Type
	for _, it := range a.Items {
		s, _ := it.Value.(*syntax.StringLit)
		text, plain := s.Text()
		if !plain {
			return nil
		}
		members = append(members, types.Text(text))
	}
	switch {
	case members == nil:
		return nil
	case t == types.Array:
		return types.ArrayOf(types.Union(members...))
	}
	return types.Union(members...)
}

// nullable reports whether null is a value of t.
func (m *Model) nullable(t syntax.TypeExpr) bool {
	if n, ok := t.(*syntax.TypeName); ok {
		s := m.TypeUses[n]
		if s != nil && s.Import != nil {
			s = s.Import.Target
		}
		if s != nil && s.JSON != nil {
			return s.JSON.Template.nullableRef("#/definitions/" + s.Name)
		}
	}
	if m.unknownPart(t) {
		return true // a member may be nullable; the deployment checks it
	}
	d := m.declaredType(t, nil)
	_, null := d.NonNull()
	return null || d.Kind == types.NullKind
}

// unknownPart reports whether t is a part of a type that is not known here.
func (m *Model) unknownPart(t syntax.TypeExpr) bool {
	switch t.(type) {
	case *syntax.TypeMember, *syntax.TypeItems, *syntax.TypeAdditional, *syntax.TypeIndex:
		return m.declaredType(t, nil).Kind == types.AnyKind
	}
	return false
}
