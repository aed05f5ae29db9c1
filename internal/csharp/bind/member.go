package bind

import (
	"strings"

	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
	"gatehouse/internal/diag"
)

// operand is what a name can mean: a value, a type or a namespace.
type operand struct {
	x   Expr
	typ *types.Type
	ns  string
}

func (b *binder) operand(x syntax.Expr) operand { return b.operandFor(x, false) }

// operandFor is operand; write says that a property need not have a getter.
func (b *binder) operandFor(x syntax.Expr, write bool) operand {
	switch x := x.(type) {
	case *syntax.Name:
		return b.name(x)
	case *syntax.Member:
		b.work(x.Span)
		return b.member(x, write)
	case *syntax.TypeExpr:
		return operand{typ: b.typ(x.Type)}
	case *syntax.Index:
		if write {
			return operand{x: b.indexFor(x, true)}
		}
	}
	return operand{x: b.expr(x)}
}

func (b *binder) name(n *syntax.Name) operand {
	b.work(n.Span)
	if len(n.Args) == 0 {
		if v := b.lookup(n.Name); v != nil && v.routine == nil {
			if v.Const != nil {
				return operand{x: &Const{typed{v.Type}, *v.Const}}
			}
			if v.Start > n.Start && !v.Param {
				b.fail("CS0841", n.Span, n.Name)
				return operand{x: bad()}
			}
			return operand{x: &Local{typed: typed{v.Type}, Var: v, At: n.Span}}
		}
		if n.Name == "context" && b.context != nil {
			return operand{x: &Host{typed{b.context}}}
		}
	}
	if v := b.lookup(n.Name); v != nil && v.routine != nil {
		m := v.routine.member
		g := &group{name: n.Name, members: []*types.Member{m}, owners: []*types.Type{nil}, routine: v.routine, typeArgs: b.typeArgs(*n), at: n.Span}
		return operand{x: &Group{typed{groupT}, g}}
	}
	if t := b.typeParam(n.Name); t != nil && len(n.Args) == 0 {
		return operand{typ: t}
	}
	if t := b.lookupType(n.Name, len(n.Args)); t != nil {
		return operand{typ: b.constructed(t, n.Args)}
	}
	if b.reg.IsNamespace(n.Name) {
		return operand{ns: n.Name}
	}
	switch {
	case n.Name == "":
	case b.declaredLater(n.Name):
		b.fail("CS0841", n.Span, n.Name)
	case b.refusedType(n.Name, n.Span):
	default:
		b.fail("CS0103", n.Span, n.Name)
		b.hint(b.nameHint(n.Name, b.nearest))
	}
	b.failed = true
	return operand{x: bad()}
}

// declaredLater reports whether a block around declares a variable of that name further down.
func (b *binder) declaredLater(name string) bool {
	for _, list := range b.lists {
		for _, s := range list {
			l, ok := s.(*syntax.Local)
			for i := 0; ok && i < len(l.Vars); i++ {
				if l.Vars[i].Name.Name == name {
					return true
				}
			}
		}
	}
	return false
}

// nearest suggests a name that is spelt nearly so.
func (b *binder) nearest(name string) string {
	list := b.reg.Names()
	if b.context != nil {
		list = append(list, "context")
	}
	for s := b.scope; s != nil; s = s.parent {
		for v := range s.vars {
			list = append(list, v)
		}
	}
	return didYouMean(name, list)
}

func didYouMean(name string, list []string) string {
	if n := diag.Nearest(name, list); n != "" && n != name {
		return "Did you mean '" + n + "'?"
	}
	return ""
}

func (b *binder) constructed(t *types.Type, args []*syntax.TypeRef) *types.Type {
	if len(args) == 0 {
		return t
	}
	list := make([]*types.Type, len(args))
	for i, a := range args {
		list[i] = b.typ(a)
	}
	return b.reg.Construct(t, list...)
}

// typ resolves a type as written.
func (b *binder) typ(r *syntax.TypeRef) *types.Type {
	t := b.namedType(r)
	for _, s := range r.Suffixes {
		switch s {
		case "?":
			if t.Kind != types.KindError && !t.IsValueType() && t.Kind != types.KindNullable {
				b.fail("CS8370", r.Span, "nullable reference types", "8.0")
				return types.Error
			}
			t = b.reg.Nullable(t)
		case "[]":
			t = b.reg.Array(t)
		default:
			b.fail("GHC001", r.Span, "arrays of several dimensions")
			return types.Error
		}
	}
	return t
}

func (b *binder) namedType(r *syntax.TypeRef) *types.Type {
	if r.Tuple != nil {
		args := make([]*types.Type, len(r.Tuple))
		for i, a := range r.Tuple {
			args[i] = b.typ(a)
		}
		return b.reg.Tuple(args, r.Labels)
	}
	if r.Name == "" {
		b.failed = true
		return types.Error
	}
	if r.Name == "dynamic" {
		b.fail("GHC001", r.Span, "dynamic; write the type, for JSON JToken or JObject")
		return types.Error
	}
	if t := b.typeParam(r.Name); t != nil && len(r.Args) == 0 {
		return t
	}
	if b.refusedType(r.Name, r.Span) {
		return types.Error
	}
	if t := b.lookupType(r.Name, len(r.Args)); t != nil {
		return b.constructed(t, r.Args)
	}
	for arity := 0; arity < 8; arity++ {
		if t := b.reg.Lookup(r.Name, arity); t != nil && arity > 0 {
			b.fail("CS0305", r.Span, "type", t.Name+"<"+strings.Repeat(",", arity-1)+">", arity)
			return types.Error
		}
	}
	if i := strings.LastIndexByte(r.Name, '.'); i > 0 && b.reg.IsNamespace(r.Name[:i]) {
		b.fail("CS0234", r.Span, r.Name[i+1:], r.Name[:i])
	} else {
		b.fail("CS0246", r.Span, r.Name)
		b.hint(b.nameHint(r.Name, func(name string) string { return didYouMean(name, b.reg.Names()) }))
	}
	return types.Error
}

func (b *binder) member(m *syntax.Member, write bool) operand {
	invoked := b.invoked == m // binding m.X may see other calls
	o := b.operand(m.X)
	name := m.Name.Name
	switch {
	case name == "":
		b.failed = true
		return operand{x: bad()}
	case o.ns != "":
		full := o.ns + "." + name
		if b.refusedType(full, m.Span) {
			return operand{x: bad()}
		}
		if t := b.reg.Lookup(full, len(m.Name.Args)); t != nil {
			return operand{typ: b.constructed(t, m.Name.Args)}
		}
		if b.reg.IsNamespace(full) {
			return operand{ns: full}
		}
		b.fail("CS0234", m.Name.Span, name, o.ns)
		return operand{x: bad()}
	case o.typ != nil:
		if t := b.reg.Named(o.typ.Full + "." + name); t != nil {
			return operand{typ: t} // a nested type
		}
		return operand{x: b.static(o.typ, m)}
	case isBad(o.x):
		return operand{x: bad()}
	}
	return operand{x: b.instance(o.x, m, write, invoked)}
}

func (b *binder) typeArgs(n syntax.Name) []*types.Type {
	var list []*types.Type
	for _, a := range n.Args {
		list = append(list, b.typ(a))
	}
	return list
}

func (b *binder) static(t *types.Type, m *syntax.Member) Expr {
	if t.Kind == types.KindError {
		return bad()
	}
	name := m.Name.Name
	members, owners := b.reg.Members(t, name)
	if len(members) == 0 {
		if b.refusedMember(t, name, m.Name.Span) {
			return bad()
		}
		b.fail("CS0117", m.Name.Span, t.Name, name)
		b.hint(didYouMean(name, b.reg.MemberNames(t)))
		return bad()
	}
	first := members[0]
	switch first.Kind {
	case types.Method:
		return &Group{typed{groupT}, &group{name: name, typ: t, members: members, owners: owners, typeArgs: b.typeArgs(m.Name), at: m.Name.Span}}
	case types.Constant:
		return &Const{typed{b.memberType(first.Result, owners[0])}, first.Value}
	}
	if !first.Static {
		b.fail("CS0120", m.Span, t.Name+"."+name)
		return bad()
	}
	return b.property(first, owners[0], nil)
}

func (b *binder) property(m *types.Member, owner *types.Type, recv Expr) Expr {
	t := b.memberType(m.Result, owner)
	return &Call{typed: typed{t}, Member: m, Recv: recv, Site: &types.Site{Receiver: owner, Result: t}}
}

// instance binds x.Name; write says that it is assigned, invoked that it is called.
func (b *binder) instance(x Expr, m *syntax.Member, write, invoked bool) Expr {
	name, t := m.Name.Name, x.Type()
	if t == types.NullT || t.Kind == types.KindVoid {
		b.fail("CS0023", m.Span, ".", t.Name)
		return bad()
	}
	if t.Kind == types.KindTuple || t.Kind == types.KindAnonymous {
		for i := range t.Args {
			if t.Labels[i] == name || t.Kind == types.KindTuple && name == "Item"+string(rune('1'+i)) {
				return &Item{typed{t.Args[i]}, x, i}
			}
		}
	}
	if t.Kind == types.KindDelegate && name == "Invoke" && invoked {
		return x // f.Invoke(y) is f(y)
	}
	members, owners := b.reg.Members(t, name)
	exts, typeArgs := b.reg.Extensions(name), b.typeArgs(m.Name)
	if len(members) > 0 && members[0].Kind == types.Property && invoked && b.extends(exts, x, typeArgs) {
		if _, _, isDelegate := b.reg.Signature(members[0].Result); !isDelegate {
			members, owners = nil, nil // what can't be called does not hide what can: list.Count(x => ...)
		}
	}
	if len(members) > 0 && members[0].Kind == types.Property {
		first := members[0]
		switch {
		case first.Static:
			b.fail("CS0176", m.Span, t.Name+"."+name)
			return bad()
		case first.Call == nil && !write:
			b.fail("CS0154", m.Span, t.Name+"."+name)
			return bad()
		}
		return b.property(first, owners[0], x)
	}
	if len(members) == 0 && !b.extends(exts, x, typeArgs) {
		if b.refusedMember(t, name, m.Name.Span) {
			return bad()
		}
		b.fail("CS1061", m.Name.Span, t.Name, name)
		names := b.reg.MemberNames(t)
		b.hint(didYouMean(name, names))
		return bad()
	}
	if len(members) > 0 && members[0].Kind == types.Constant {
		b.fail("CS0176", m.Span, t.Name+"."+name)
		return bad()
	}
	return &Group{typed{groupT}, &group{name: name, typ: t, recv: x, members: members, owners: owners, exts: exts, typeArgs: typeArgs, at: m.Name.Span}}
}

// extends reports whether any of the extension methods takes x as its first argument: as the type
// arguments that are written say, or as can be inferred from x alone.
func (b *binder) extends(exts []*types.Member, x Expr, typeArgs []*types.Type) bool {
	for _, m := range exts {
		if b.receives(m, x, typeArgs) {
			return true
		}
	}
	return false
}

func (b *binder) receives(m *types.Member, x Expr, typeArgs []*types.Type) bool {
	p := m.Params[0].Type
	switch {
	case len(typeArgs) > 0 && len(typeArgs) == len(m.TypeParams):
		p = b.reg.Substitute(p, m.TypeParams, typeArgs)
	case types.HasParams(p):
		in := &inference{b: b, params: m.TypeParams, found: make([]*types.Type, len(m.TypeParams))}
		in.lower(x.Type(), p)
		p = b.reg.Substitute(p, m.TypeParams, in.found)
		if types.HasParams(p) {
			return p.Kind == types.KindParam
		}
	}
	return b.standardType(x.Type(), p)
}

func (b *binder) index(x *syntax.Index) Expr { return b.indexFor(x, false) }

func (b *binder) indexFor(x *syntax.Index, write bool) Expr {
	v := b.value(x.X)
	args := b.args(x.Args)
	if isBad(v) || args == nil && len(x.Args) > 0 {
		return bad()
	}
	t := v.Type()
	if t.Kind == types.KindArray {
		if len(args) != 1 || args[0].mode != "" {
			b.fail("CS0021", x.Span, t.Name)
			return bad()
		}
		i := args[0].x
		if y := b.implicit(i, types.Int32); y != nil {
			i = y
		} else if y := b.implicit(i, types.Int64); y != nil {
			i = y
		} else {
			i = b.convert(i, types.Int32, args[0].at)
		}
		return &Element{typed{t.Elem}, v, i}
	}
	members, owners := b.reg.Members(t, "this[]")
	if len(members) == 0 {
		b.fail("CS0021", x.Span, t.Name)
		return bad()
	}
	g := &group{name: "this", typ: t, recv: v, members: members, owners: owners, at: x.Span}
	c := b.resolve(g, args, nil)
	if c == nil {
		b.reportCall(g, args, x.Span)
		return bad()
	}
	if c.member.Call == nil && !write {
		b.fail("CS0154", x.Span, t.Name+".this")
		return bad()
	}
	return b.makeCall(g, c)
}

// conditional binds X?.Then.
func (b *binder) conditional(x *syntax.Conditional) Expr {
	v := b.value(x.X)
	if isBad(v) {
		return v
	}
	t := v.Type()
	if !t.CanBeNull() || t == types.NullT {
		b.fail("CS0023", syntax.Span{Start: x.X.Pos().End, End: x.X.Pos().End + 1}, "?", t.Name)
		return bad()
	}
	tmp := b.temp(t.Underlying())
	b.bound = append(b.bound, tmp)
	then := b.value(x.Then)
	b.bound = b.bound[:len(b.bound)-1]
	if isBad(then) {
		return then
	}
	r := then.Type()
	if r == groupT {
		return then // x?.Method without brackets: the caller reports it
	}
	if r.Kind != types.KindVoid {
		r = b.reg.Nullable(r)
	}
	return &Access{typed{r}, v, tmp, then}
}
