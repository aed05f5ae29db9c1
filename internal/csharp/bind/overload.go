package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// group is a set of methods under one name, or a lambda: it gets a type from its use.
type group struct {
	name     string
	typ      *types.Type // where the members were looked up
	recv     Expr        // nil: static
	members  []*types.Member
	owners   []*types.Type
	exts     []*types.Member
	typeArgs []*types.Type
	at       syntax.Span

	lambda *syntax.Lambda
	scope  *scope
	fn     *Function
}

// argument is a bound argument of a call.
type argument struct {
	x    Expr
	mode string
	name string
	at   syntax.Span
	out  *syntax.Declaration // out var x: its type comes from the parameter
	dst  Target
}

// candidate is a member that fits the arguments.
type candidate struct {
	member   *types.Member
	owner    *types.Type
	typeArgs []*types.Type
	params   []*types.Type // constructed, one a parameter; the element's type for expanded params
	place    []int         // for each argument its parameter
	expanded bool
	ext      bool
	args     []argument
}

// args binds the arguments of a call; nil when one is wrong.
func (b *binder) args(list []syntax.Arg) []argument {
	out := make([]argument, 0, len(list))
	ok := true
	named := false
	for _, a := range list {
		arg := argument{mode: a.Mode, at: a.X.Pos()}
		if a.Name != nil {
			arg.name, named = a.Name.Name, true
		} else if named {
			b.fail("CS1738", a.X.Pos())
		}
		switch d, isDecl := a.X.(*syntax.Declaration); {
		case isDecl && a.Mode == "out":
			arg.out = d
			if d.Type.IsVar() {
				arg.x = &Group{typed{defaultT}, nil}
			} else {
				arg.x = &Local{typed: typed{b.typ(d.Type)}}
			}
		case a.Mode != "":
			arg.dst, isDecl = b.target(a.X, a.Mode == "ref")
			if !isDecl {
				ok = false
				continue
			}
			if arg.dst.Ignore {
				arg.x = &Group{typed{defaultT}, nil}
			} else {
				arg.x = &Local{typed: typed{arg.dst.Type}, Var: arg.dst.Var}
				if arg.dst.Member != nil {
					b.fail("CS1510", arg.at)
				}
			}
		default:
			arg.x = b.value(a.X)
		}
		if isBad(arg.x) {
			ok = false
		}
		if arg.x.Type().Kind == types.KindVoid && arg.x.Type() == types.Void {
			b.fail("CS1503", arg.at, len(out)+1, "void", "object")
			ok = false
		}
		out = append(out, arg)
	}
	if !ok {
		for i, a := range list { // what follows must know the variables that out would have declared
			if d, isDecl := a.X.(*syntax.Declaration); isDecl && i < len(out) {
				b.declare(d.Name, types.Error)
			}
		}
		return nil
	}
	return out
}

func (b *binder) call(x *syntax.Call) Expr {
	if m, ok := x.Fn.(*syntax.Member); ok {
		b.invoked = m
	}
	fn := b.valueOf(b.operand(x.Fn), x.Fn.Pos())
	args := b.args(x.Args)
	if isBad(fn) || args == nil && len(x.Args) > 0 {
		return bad()
	}
	g, ok := fn.(*Group)
	if !ok {
		return b.invoke(fn, args, x)
	}
	if g.group == nil || g.group.lambda != nil {
		b.fail("CS0149", x.Fn.Pos())
		return bad()
	}
	c := b.resolve(g.group, args, nil)
	if c == nil {
		b.reportCall(g.group, args, g.group.at)
		b.declareOuts(args)
		return bad()
	}
	return b.makeCall(g.group, c)
}

func (b *binder) declareOuts(args []argument) {
	for _, a := range args {
		if a.out != nil && a.out.Name.Name != "_" {
			t := types.Error
			if !a.out.Type.IsVar() {
				t = a.x.Type()
			}
			b.declare(a.out.Name, t)
		}
	}
}

// invoke calls a delegate.
func (b *binder) invoke(fn Expr, args []argument, x *syntax.Call) Expr {
	params, result, ok := b.reg.Signature(fn.Type())
	if !ok {
		if m, isMember := x.Fn.(*syntax.Member); isMember {
			b.fail("CS1955", m.Name.Span, m.Name.Name)
		} else {
			b.fail("CS0149", x.Fn.Pos())
		}
		return bad()
	}
	if len(params) != len(args) {
		b.fail("CS1593", x.Span, fn.Type().Name, len(args))
		return bad()
	}
	out := &Invoke{typed: typed{result}, Fn: fn}
	for i, a := range args {
		if y := b.implicit(a.x, params[i]); y != nil {
			out.Args = append(out.Args, y)
			continue
		}
		b.reportArgument(i, a, params[i])
		return bad()
	}
	return out
}

// resolve finds the best member for the arguments; nil when none fits. hint is the
// result wanted of a method group, else nil.
func (b *binder) resolve(g *group, args []argument, hint *types.Type) *candidate {
	var list []*candidate
	for i, m := range g.members {
		if g.recv == nil && !m.Static && m.Kind == types.Method {
			continue
		}
		if g.recv != nil && m.Static && m.Kind == types.Method {
			continue
		}
		list = append(list, b.fits(m, g.owners[i], args, g.typeArgs, false)...)
	}
	if len(list) == 0 && g.recv != nil {
		all := append([]argument{{x: g.recv, at: g.at}}, args...)
		for _, m := range g.exts {
			list = append(list, b.fits(m, nil, all, g.typeArgs, true)...)
		}
	}
	_ = hint
	return b.best(list)
}

// fits makes the candidates of a member: normal and expanded form.
func (b *binder) fits(m *types.Member, owner *types.Type, args []argument, typeArgs []*types.Type, ext bool) []*candidate {
	if len(typeArgs) > 0 && len(typeArgs) != len(m.TypeParams) {
		return nil
	}
	b.work(syntax.Span{})
	if c := b.fit(m, owner, args, typeArgs, false); c != nil {
		c.ext = ext
		return []*candidate{c}
	}
	if n := len(m.Params); n > 0 && m.Params[n-1].Rest {
		if c := b.fit(m, owner, args, typeArgs, true); c != nil {
			c.ext = ext
			return []*candidate{c}
		}
	}
	return nil
}

func (b *binder) fit(m *types.Member, owner *types.Type, args []argument, typeArgs []*types.Type, expanded bool) *candidate {
	c := &candidate{member: m, owner: owner, expanded: expanded, args: args}
	if !c.placeArgs() {
		return nil
	}
	c.params = make([]*types.Type, len(m.Params))
	for i, p := range m.Params {
		t := p.Type
		if expanded && i == len(m.Params)-1 {
			t = t.Elem
		}
		c.params[i] = b.memberType(t, owner)
	}
	if len(m.TypeParams) > 0 {
		c.typeArgs = typeArgs
		if len(typeArgs) == 0 {
			c.typeArgs = b.infer(c)
		}
		if c.typeArgs == nil {
			return nil
		}
		for i := range c.params {
			c.params[i] = b.reg.Substitute(c.params[i], m.TypeParams, c.typeArgs)
		}
	}
	for i, a := range args {
		if !b.accepts(m.Params[c.place[i]], c.params[c.place[i]], a) {
			return nil
		}
	}
	return c
}

// placeArgs gives each argument its parameter; false when the numbers do not match.
func (c *candidate) placeArgs() bool {
	params := c.member.Params
	given := make([]bool, len(params))
	c.place = make([]int, len(c.args))
	for i, a := range c.args {
		at := i
		if a.name != "" {
			at = -1
			for k, p := range params {
				if p.Name == a.name {
					at = k
				}
			}
			if at < 0 || given[at] {
				return false
			}
		}
		if c.expanded && at >= len(params)-1 {
			at = len(params) - 1
		}
		if at >= len(params) {
			return false
		}
		given[at] = true
		c.place[i] = at
	}
	for k, p := range params {
		if !given[k] && !p.Optional && !(c.expanded && p.Rest) {
			return false
		}
	}
	return true
}

func (b *binder) accepts(p types.Param, t *types.Type, a argument) bool {
	mode := ""
	if p.Out {
		mode = "out"
	} else if p.Ref {
		mode = "ref"
	}
	if a.mode != mode {
		return false
	}
	if mode != "" {
		return a.x.Type() == defaultT || a.x.Type() == t
	}
	ok := false
	b.trial(func() { ok = b.implicit(a.x, t) != nil })
	return ok
}

// best is the candidate that no other is better than; nil without any. Where C# would
// call it ambiguous the first declared wins, since the library decides its order.
func (b *binder) best(list []*candidate) *candidate {
	if len(list) == 0 {
		return nil
	}
	best := list[0]
	for _, c := range list[1:] {
		if b.better(c, best) {
			best = c
		}
	}
	return best
}

// better reports whether c is a better member than d; C# specification 12.6.4.3.
func (b *binder) better(c, d *candidate) bool {
	plus, minus := 0, 0
	for i := range c.args {
		s, t := c.params[c.place[i]], d.params[d.place[i]]
		switch b.betterConversion(c.args[i].x, s, t) {
		case 1:
			plus++
		case -1:
			minus++
		}
	}
	if plus != minus && (plus == 0 || minus == 0) {
		return plus > 0
	}
	if plus > 0 || minus > 0 {
		return false
	}
	if g, h := len(c.member.TypeParams) > 0, len(d.member.TypeParams) > 0; g != h {
		return h
	}
	if c.expanded != d.expanded {
		return d.expanded
	}
	if len(c.member.Params) != len(d.member.Params) {
		return len(c.member.Params) < len(d.member.Params) == !c.expanded
	}
	// A member of a nearer type hides those of its bases.
	return c.owner != d.owner && c.owner != nil && d.owner != nil && b.reg.Derives(c.owner, d.owner)
}

// betterConversion is 1 when x converts better to s than to t, -1 for the other way.
func (b *binder) betterConversion(x Expr, s, t *types.Type) int {
	if s == t {
		return 0
	}
	if g, ok := x.(*Group); ok && g.group != nil && g.group.lambda != nil {
		return b.betterLambda(g.group, s, t)
	}
	switch x.Type() {
	case s:
		return 1
	case t:
		return -1
	}
	st, ts := b.standardOrUser(s, t), b.standardOrUser(t, s)
	switch {
	case st && !ts:
		return 1
	case ts && !st:
		return -1
	case signed(s) && t.IsIntegral() && !signed(t) && t != types.CharT:
		return 1
	case signed(t) && s.IsIntegral() && !signed(s) && s != types.CharT:
		return -1
	}
	return 0
}

func (b *binder) standardOrUser(from, to *types.Type) bool {
	return b.implicit(&Local{typed: typed{from}}, to) != nil
}

func (b *binder) betterLambda(g *group, s, t *types.Type) int {
	ps, rs, okS := b.reg.Signature(s)
	pt, rt, okT := b.reg.Signature(t)
	if !okS || !okT || len(ps) != len(pt) || rs == rt {
		return 0
	}
	for i := range ps {
		if ps[i] != pt[i] {
			return 0
		}
	}
	switch {
	case rs.Kind == types.KindVoid:
		return -1
	case rt.Kind == types.KindVoid:
		return 1
	}
	y := b.lambdaResult(g, ps)
	switch y {
	case nil:
		return 0
	case rs:
		return 1
	case rt:
		return -1
	}
	return b.betterConversion(&Local{typed: typed{y}}, rs, rt)
}

// makeCall makes the call of the candidate that was chosen.
func (b *binder) makeCall(g *group, c *candidate) Expr {
	m := c.member
	result := b.memberType(m.Result, c.owner)
	result = b.reg.Substitute(result, m.TypeParams, c.typeArgs)
	if m.Kind == types.Constructor {
		result = c.owner
	}
	site := &types.Site{TypeArgs: c.typeArgs, Receiver: c.owner, Result: result}
	call := &Call{typed: typed{result}, Member: m, Site: site}
	if g.recv != nil && !c.ext {
		call.Recv = g.recv
	}
	call.Args = make([]Expr, len(m.Params))
	var rest []Expr
	for i, a := range c.args {
		k := c.place[i]
		t := c.params[k]
		switch {
		case a.mode != "":
			call.Args[k] = b.outArg(a, t)
			call.Outs = append(call.Outs, k)
		case c.expanded && k == len(m.Params)-1:
			rest = append(rest, b.convert(a.x, t, a.at))
		default:
			call.Args[k] = b.convert(a.x, t, a.at)
		}
	}
	site.Params = c.params
	for k, p := range m.Params {
		switch {
		case call.Args[k] != nil:
		case c.expanded && k == len(m.Params)-1:
			call.Args[k] = &NewArray{typed: typed{b.reg.Array(c.params[k])}, Items: rest}
		default:
			call.Args[k] = &Const{typed{c.params[k]}, defaultArg(p, c.params[k])}
		}
	}
	return call
}

func defaultArg(p types.Param, t *types.Type) types.Value {
	if p.Default.IsNull() {
		return t.Zero()
	}
	return p.Default
}

// outArg is where the call writes to; compile reads its Target.
func (b *binder) outArg(a argument, t *types.Type) Expr {
	target := a.dst
	switch {
	case a.out != nil && a.out.Name.Name == "_", target.Ignore:
		target = Target{Ignore: true, Type: t}
	case a.out != nil:
		v := b.declare(a.out.Name, t)
		target = Target{Var: v, Type: t}
		v.Start = 0
	}
	return &Out{typed{t}, target, a.mode == "ref"}
}

// reportCall says why no member fits.
func (b *binder) reportCall(g *group, args []argument, at syntax.Span) {
	members, owners := g.members, g.owners
	all := args
	if len(members) == 0 {
		members = g.exts
		owners = make([]*types.Type, len(members))
		all = append([]argument{{x: g.recv, at: g.at}}, args...)
	}
	name := g.name
	if g.name == "this" && g.typ != nil {
		name = "this"
	}
	var near *candidate
	for i, m := range members {
		if m.Kind == types.Method && (g.recv == nil) == !m.Static && owners[i] != nil {
			if len(members) == 1 && g.recv == nil {
				b.fail("CS0120", at, m.Owner.Name+"."+m.Name)
				return
			}
			continue
		}
		c := &candidate{member: m, owner: owners[i], args: all}
		if !c.placeArgs() {
			c.expanded = len(m.Params) > 0 && m.Params[len(m.Params)-1].Rest
			if !c.expanded || !c.placeArgs() {
				continue
			}
		}
		if near == nil || b.distance(c) < b.distance(near) {
			near = c
		}
	}
	if near == nil {
		b.reportCount(g, members, all, name, at)
		return
	}
	b.reportNear(near, args, name, at)
}

func (b *binder) reportCount(g *group, members []*types.Member, all []argument, name string, at syntax.Span) {
	n := len(all)
	if len(g.members) == 0 {
		n--
	}
	if len(members) == 1 && n < len(members[0].Params) {
		for k, p := range members[0].Params {
			if k >= len(all) && !p.Optional {
				b.fail("CS7036", at, p.Name, members[0].Owner.Name+"."+name)
				return
			}
		}
	}
	if len(members) > 0 && members[0].Kind == types.Constructor {
		b.fail("CS1729", at, g.typ.Name, n)
		return
	}
	b.fail("CS1501", at, name, n)
}

// distance counts the arguments that a candidate does not accept.
func (b *binder) distance(c *candidate) (n int) {
	for i, a := range c.args {
		if !b.accepts(c.member.Params[c.place[i]], b.nearType(c, i), a) {
			n++
		}
	}
	return n
}

// nearType is the parameter's type for argument i with what can be inferred.
func (b *binder) nearType(c *candidate, i int) *types.Type {
	k := c.place[i]
	t := c.member.Params[k].Type
	if c.expanded && k == len(c.member.Params)-1 {
		t = t.Elem
	}
	t = b.memberType(t, c.owner)
	if len(c.member.TypeParams) > 0 && types.HasParams(t) {
		c.params = make([]*types.Type, len(c.member.Params))
		for j, p := range c.member.Params {
			c.params[j] = b.memberType(p.Type, c.owner)
			if c.expanded && j == len(c.member.Params)-1 {
				c.params[j] = c.params[j].Elem
			}
		}
		t = b.reg.Substitute(t, c.member.TypeParams, b.inferSome(c))
	}
	return t
}

func (b *binder) reportNear(c *candidate, args []argument, name string, at syntax.Span) {
	offset := len(c.args) - len(args)
	for i, a := range c.args {
		p := c.member.Params[c.place[i]]
		t := b.nearType(c, i)
		if b.accepts(p, t, a) {
			continue
		}
		if types.HasParams(t) {
			if x, ok := a.x.(*Group); ok && x.group != nil && x.group.lambda != nil {
				b.lambdaProblems(x.group, t)
				if b.quiet == 0 && len(b.problems) > 0 {
					return
				}
			}
			break
		}
		b.reportArgument(i-offset, a, t)
		return
	}
	b.fail("CS0411", at, (&syntaxName{c.member}).String())
}

// syntaxName writes a member as messages name it.
type syntaxName struct{ m *types.Member }

func (s *syntaxName) String() string {
	out := s.m.Owner.Name + "." + s.m.Name
	if len(s.m.TypeParams) > 0 {
		out += "<"
		for i, p := range s.m.TypeParams {
			if i > 0 {
				out += ", "
			}
			out += p.Name
		}
		out += ">"
	}
	out += "("
	for i, p := range s.m.Params {
		if i > 0 {
			out += ", "
		}
		out += p.Type.Name
	}
	return out + ")"
}

func (b *binder) reportArgument(i int, a argument, t *types.Type) {
	x := a.x
	if isBad(x) {
		b.failed = true
		return
	}
	if x.Type() == lambdaT {
		before := len(b.problems)
		b.reportConversion(x, t, a.at)
		if len(b.problems) > before || b.quiet > 0 {
			return
		}
	}
	if a.mode != "" && x.Type() == t {
		b.fail("CS1615", a.at, i+1, a.mode)
		return
	}
	b.fail("CS1503", a.at, i+1, types.Qualified(x.Type()), types.Qualified(t))
}
