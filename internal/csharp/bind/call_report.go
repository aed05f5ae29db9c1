package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

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
	name := s.m.Name
	if name == ".ctor" {
		name = s.m.Owner.Name
	}
	out := s.m.Owner.Name + "." + name
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
