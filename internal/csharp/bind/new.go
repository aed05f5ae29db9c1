package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

func (b *binder) newObject(x *syntax.New) Expr {
	t := b.typ(x.Type)
	args := b.args(x.Args)
	if t.Kind == types.KindError || args == nil && len(x.Args) > 0 {
		b.initProblems(x.Init)
		return same(bad(), t)
	}
	v := b.construct(t, args, x)
	if isBad(v) || x.Init == nil {
		return v
	}
	tmp := b.temp(t)
	self := &Local{typed: typed{t}, Var: tmp}
	return &Sequence{typed{t}, tmp, v, b.initOps(self, x.Init), nil}
}

// initProblems binds the values of an initialiser whose type is not known, to report what is wrong in them.
func (b *binder) initProblems(init *syntax.Initializer) {
	if init == nil {
		return
	}
	for _, i := range init.Items {
		for _, v := range i.Values {
			b.value(v)
		}
		if i.Value != nil {
			b.value(i.Value)
		}
	}
}

func (b *binder) construct(t *types.Type, args []argument, x *syntax.New) Expr {
	ctors := b.reg.Own(t, ".ctor")
	switch {
	case t.Kind == types.KindInterface || t.Static:
		b.fail("CS0144", x.Span, t.Name)
		return bad()
	case len(args) == 0 && t.IsValueType():
		return &Const{typed{t}, t.Zero()}
	case t.Kind == types.KindDelegate && len(args) == 1:
		return b.convert(args[0].x, t, args[0].at)
	case len(ctors) == 0:
		b.fail("CS1729", x.Type.Span, t.Name, len(args))
		return bad()
	}
	owners := make([]*types.Type, len(ctors))
	for i := range owners {
		owners[i] = t
	}
	g := &group{name: t.Name, typ: t, members: ctors, owners: owners, at: x.Type.Span}
	c := b.resolve(g, args, nil)
	if c == nil {
		b.reportCall(g, args, x.Type.Span)
		return bad()
	}
	return b.makeCall(g, c)
}

// initOps are the stores and Adds of an initialiser on self.
func (b *binder) initOps(self Expr, init *syntax.Initializer) []Expr {
	var ops []Expr
	for i := range init.Items {
		item := &init.Items[i]
		switch {
		case item.Name != nil:
			ops = append(ops, b.initMember(self, item)...)
		case item.Index != nil:
			ops = append(ops, b.initIndex(self, item)...)
		default:
			ops = append(ops, b.initAdd(self, item))
		}
	}
	return ops
}

func (b *binder) initMember(self Expr, item *syntax.InitItem) []Expr {
	t := self.Type()
	members, owners := b.reg.Members(t, item.Name.Name)
	if len(members) == 0 || members[0].Kind != types.Property {
		b.fail("CS0117", item.Name.Span, t.Name, item.Name.Name)
		b.hint(didYouMean(item.Name.Name, b.reg.MemberNames(t)))
		b.initProblems(&syntax.Initializer{Items: []syntax.InitItem{{Value: item.Value}}})
		return nil
	}
	p := b.property(members[0], owners[0], self).(*Call)
	if item.Nested != nil {
		return b.initOps(p, item.Nested)
	}
	v := b.value(item.Value)
	if members[0].Set == nil {
		b.fail("CS0200", item.Name.Span, t.Name+"."+item.Name.Name)
		return nil
	}
	target := Target{Member: p.Member, Site: p.Site, Recv: self, Type: p.T}
	return []Expr{&Assign{typed{p.T}, target, b.convert(v, p.T, item.Value.Pos())}}
}

func (b *binder) initIndex(self Expr, item *syntax.InitItem) []Expr {
	t := self.Type()
	args := b.args(item.Index)
	members, owners := b.reg.Members(t, "this[]")
	if args == nil {
		return nil
	}
	g := &group{name: "this", typ: t, recv: self, members: members, owners: owners, at: item.Span}
	c := b.resolve(g, args, nil)
	if c == nil || len(members) == 0 {
		if len(members) == 0 {
			b.fail("CS0021", item.Span, t.Name)
		} else {
			b.reportCall(g, args, item.Span)
		}
		return nil
	}
	call := b.makeCall(g, c).(*Call)
	if item.Nested != nil {
		return b.initOps(call, item.Nested)
	}
	if call.Member.Set == nil {
		b.fail("CS0200", item.Span, t.Name+".this")
		return nil
	}
	target := Target{Member: call.Member, Site: call.Site, Recv: self, Args: call.Args, Type: call.T}
	return []Expr{&Assign{typed{call.T}, target, b.convert(b.value(item.Value), call.T, item.Value.Pos())}}
}

func (b *binder) initAdd(self Expr, item *syntax.InitItem) Expr {
	t := self.Type()
	args := make([]argument, 0, len(item.Values))
	for _, v := range item.Values {
		a := argument{x: b.value(v), at: v.Pos()}
		if isBad(a.x) {
			return a.x
		}
		args = append(args, a)
	}
	members, owners := b.reg.Members(t, "Add")
	if len(members) == 0 || b.reg.AsGeneric(t, types.EnumerableT) == nil {
		b.fail("CS1922", item.Span, t.Name)
		return bad()
	}
	g := &group{name: "Add", typ: t, recv: self, members: members, owners: owners, at: item.Span}
	c := b.resolve(g, args, nil)
	if c == nil {
		b.reportCall(g, args, item.Span)
		return bad()
	}
	return b.makeCall(g, c)
}

func (b *binder) newArray(x *syntax.NewArray) Expr {
	var items []Expr
	var spans []syntax.Span
	if x.Init != nil {
		for _, i := range x.Init.Items {
			if len(i.Values) != 1 {
				b.fail("CS0747", i.Span)
				return bad()
			}
			items = append(items, b.value(i.Values[0]))
			spans = append(spans, i.Values[0].Pos())
		}
	}
	var elem *types.Type
	if x.Elem != nil {
		elem = b.typ(x.Elem)
	} else {
		for _, i := range items {
			if isBad(i) {
				return bad()
			}
		}
		if elem = b.bestCommon(items); elem == nil {
			b.fail("CS0826", x.Span)
			return bad()
		}
	}
	out := &NewArray{typed: typed{b.reg.Array(elem)}}
	for i, v := range items {
		out.Items = append(out.Items, b.convert(v, elem, spans[i]))
	}
	if len(x.Sizes) > 0 {
		out.Size = b.convert(b.value(x.Sizes[0]), types.Int32, x.Sizes[0].Pos())
		if x.Init != nil {
			c, ok := out.Size.(*Const)
			if !ok {
				b.fail("CS0150", x.Sizes[0].Pos())
			} else if c.Value.Int() != len(items) {
				b.fail("CS0847", x.Init.Span, c.Value.Int())
			}
			out.Size = nil
		}
	}
	return out
}

func (b *binder) newAnonymous(x *syntax.NewAnonymous) Expr {
	out := &NewTuple{}
	var labels []string
	var args []*types.Type
	seen := map[string]bool{}
	for i, v := range x.Values {
		name := x.Names[i].Name
		if name == "" {
			switch n := unparen(v).(type) {
			case *syntax.Name:
				name = n.Name
			case *syntax.Member:
				name = n.Name.Name
			case *syntax.Conditional:
				if m, ok := n.Then.(*syntax.Member); ok {
					name = m.Name.Name
				}
			}
		}
		item := b.value(v)
		switch {
		case name == "":
			b.fail("CS0746", v.Pos())
		case seen[name]:
			b.fail("CS0833", v.Pos(), name)
		}
		seen[name] = true
		if item.Type() == types.NullT || item.Type().Kind == types.KindVoid {
			b.fail("CS0828", v.Pos(), item.Type().Name)
			item = bad()
		}
		labels, args = append(labels, name), append(args, item.Type())
		out.Items = append(out.Items, item)
	}
	out.T = b.reg.Anonymous(args, labels)
	return out
}

func unparen(x syntax.Expr) syntax.Expr {
	for {
		p, ok := x.(*syntax.Paren)
		if !ok {
			return x
		}
		x = p.X
	}
}
