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

	routine *routine // a local function

	lambda *syntax.Lambda
	scope  *scope
	fn     *Function
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
	rival    *candidate // which is no worse
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

// best is the candidate that no other is better than; nil without any. When another one is no
// worse it is the rival, and the call ambiguous; of extension methods the first declared
// wins, since their classes are the library's own arrangement.
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
	for _, c := range list {
		if c != best && !best.ext && !b.better(best, c) {
			best.rival = c
			break
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
	if n := specific(c, d); n != 0 {
		return n > 0
	}
	if len(c.member.Params) != len(d.member.Params) {
		return len(c.member.Params) < len(d.member.Params) == !c.expanded
	}
	// A member of a nearer type hides those of its bases.
	return c.owner != d.owner && c.owner != nil && d.owner != nil && b.reg.Derives(c.owner, d.owner)
}

// specific is 1 when the parameters of c, as declared, are more specific than those of d: a type
// is more specific than a type parameter.
func specific(c, d *candidate) int {
	sum := 0
	for i := range c.args {
		sum += moreSpecific(c.member.Params[c.place[i]].Type, d.member.Params[d.place[i]].Type)
	}
	return sum
}

func moreSpecific(s, t *types.Type) int {
	switch {
	case s.Kind == types.KindParam && t.Kind == types.KindParam:
		return 0
	case s.Kind == types.KindParam:
		return -1
	case t.Kind == types.KindParam:
		return 1
	case s.Kind == types.KindArray && t.Kind == types.KindArray:
		return moreSpecific(s.Elem, t.Elem)
	}
	sum := 0
	if s.Def != nil && s.Def == t.Def {
		for i := range s.Args {
			sum += moreSpecific(s.Args[i], t.Args[i])
		}
	}
	return sum
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
