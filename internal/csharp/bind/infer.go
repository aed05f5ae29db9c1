package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// inference finds the type arguments of a generic method from its arguments;
// C# specification 12.6.3, without the rules for cases that no library member has.
type inference struct {
	b      *binder
	params []*types.Type
	found  []*types.Type
}

// infer gives the type arguments of c, nil when one can't be found.
func (b *binder) infer(c *candidate) []*types.Type {
	found := b.inferSome(c)
	for _, t := range found {
		if t == nil {
			return nil
		}
	}
	return found
}

// inferSome is infer that leaves nil what it can't find.
func (b *binder) inferSome(c *candidate) []*types.Type {
	in := &inference{b: b, params: c.member.TypeParams, found: make([]*types.Type, len(c.member.TypeParams))}
	for i, a := range c.args {
		t := a.x.Type()
		if t.Kind != types.KindVoid && t != types.NullT && t.Kind != types.KindError {
			in.lower(t, c.params[c.place[i]])
		}
	}
	// Lambdas, as soon as what they take is known; each may make the next one known.
	done := make([]bool, len(c.args))
	for range c.args {
		for i, a := range c.args {
			g, ok := a.x.(*Group)
			if ok && !done[i] && g.group != nil {
				done[i] = in.fromGroup(g.group, c.params[c.place[i]])
			}
		}
	}
	return in.found
}

// fromGroup infers from a lambda's or a method group's result; false when its parameters are not known yet.
func (in *inference) fromGroup(g *group, delegate *types.Type) bool {
	params, result, ok := in.b.reg.Signature(delegate)
	if !ok || result.Kind == types.KindVoid {
		return true
	}
	fixed := make([]*types.Type, len(params))
	for i, p := range params {
		fixed[i] = in.b.reg.Substitute(p, in.params, in.found)
		if types.HasParams(fixed[i]) {
			if g.lambda != nil && i < len(g.lambda.Params) && g.lambda.Params[i].Type != nil {
				in.lower(in.b.typ(g.lambda.Params[i].Type), p)
				fixed[i] = in.b.reg.Substitute(p, in.params, in.found)
			}
			if types.HasParams(fixed[i]) {
				return false
			}
		}
	}
	var t *types.Type
	if g.lambda != nil {
		t = in.b.lambdaResult(g, fixed)
	} else {
		args := make([]argument, len(fixed))
		for i, p := range fixed {
			args[i] = argument{x: &Local{typed: typed{p}}}
		}
		if c := in.b.resolve(g, args, nil); c != nil {
			t = in.b.makeCall(g, c).Type()
		}
	}
	if t != nil && t != types.NullT && t.Kind != types.KindVoid {
		in.lower(t, result)
	}
	return true
}

// lower infers that the type argument takes values of type from.
func (in *inference) lower(from, to *types.Type) {
	if from.Kind == types.KindError {
		return
	}
	if to.Kind == types.KindParam {
		for i, p := range in.params {
			if p == to {
				in.set(i, from)
			}
		}
		return
	}
	if !types.HasParams(to) {
		return
	}
	switch {
	case to.Kind == types.KindArray && from.Kind == types.KindArray:
		in.lower(from.Elem, to.Elem)
	case to.Kind == types.KindNullable:
		in.lower(from.Underlying(), to.Elem)
	case to.Kind == types.KindTuple && from.Kind == types.KindTuple && len(to.Args) == len(from.Args):
		for i := range to.Args {
			in.lower(from.Args[i], to.Args[i])
		}
	case to.Def != nil:
		if f := in.b.reg.SoleGeneric(from, to.Def); f != nil {
			for i := range to.Args {
				in.lower(f.Args[i], to.Args[i])
			}
		}
	}
}

// set keeps the wider of two findings.
func (in *inference) set(i int, t *types.Type) {
	old := in.found[i]
	if old == nil || old != t && in.b.standardType(old, t) {
		in.found[i] = t
	}
}

// lambdaKey is one lambda bound with one list of parameter types in one place.
type lambdaKey struct {
	node  *syntax.Lambda
	scope *scope
	types string
}

// lambdaResult is the type of a lambda's result when its parameters have these types; nil
// when it can't be bound.
func (b *binder) lambdaResult(g *group, params []*types.Type) *types.Type {
	if !g.takes(len(params)) {
		return nil
	}
	key := lambdaKey{g.lambda, g.scope, "infer"}
	for _, p := range params {
		key.types += "," + p.Name
	}
	if t, ok := b.lambdas[key]; ok {
		return t
	}
	var t *types.Type
	if b.trial(func() { t = b.bindLambda(g, params, nil).Result }) && t != nil && t.Kind != types.KindError {
		b.remember(key, t)
		return t
	}
	b.remember(key, nil)
	return nil
}

// takes reports whether a lambda may have n parameters.
func (g *group) takes(n int) bool { return g.lambda.AnyParams || len(g.lambda.Params) == n }

func (b *binder) remember(k lambdaKey, t *types.Type) {
	if b.lambdas == nil {
		b.lambdas = map[lambdaKey]*types.Type{}
	}
	b.lambdas[k] = t
}

// bindLambda binds the body with parameters of these types; result nil means to find it.
func (b *binder) bindLambda(g *group, params []*types.Type, result *types.Type) *Function {
	fn, scope, loops, switches, catches, finals, returns := b.fn, b.scope, b.loops, b.switches, b.catches, b.finals, b.returns
	b.loops, b.switches, b.catches, b.finals, b.returns = 0, 0, 0, 0, nil
	f := &Function{Parent: g.fn, Result: result}
	b.fn, b.scope = f, g.scope
	defer func() {
		b.fn, b.scope, b.loops, b.switches, b.catches, b.finals, b.returns = fn, scope, loops, switches, catches, finals, returns
	}()
	b.push()
	if g.lambda.AnyParams {
		for _, t := range params {
			v := b.temp(t)
			f.Params = append(f.Params, v)
		}
	}
	for i, p := range g.lambda.Params {
		v := b.declare(p.Name, params[i])
		v.Param = true
		f.Params = append(f.Params, v)
		if p.Type != nil && b.typ(p.Type) != params[i] {
			b.fail("CS1661", p.Type.Span)
		}
	}
	at := g.lambda.Span
	if g.lambda.X != nil {
		at = g.lambda.X.Pos()
	}
	b.function(f, g.lambda.X, g.lambda.Block, at)
	return f
}

// lambda converts a lambda to a delegate type: nil when that fails, unless report says
// that what is wrong inside is to be reported.
func (b *binder) lambda(g *group, to *types.Type, report bool) Expr {
	params, result, ok := b.reg.Signature(to)
	if !ok || !g.takes(len(params)) {
		if report && ok {
			b.fail("CS1593", g.lambda.Span, to.Name, len(g.lambda.Params))
		}
		return nil
	}
	for _, p := range params {
		if types.HasParams(p) {
			return nil
		}
	}
	if types.HasParams(result) {
		return nil
	}
	if !report {
		key := lambdaKey{g.lambda, g.scope, to.Name}
		t, known := b.lambdas[key]
		if !known {
			if b.trial(func() { b.bindLambda(g, params, result) }) {
				t = to
			}
			b.remember(key, t)
		}
		if t == nil {
			return nil
		}
		if b.quiet > 0 {
			return &Local{typed: typed{to}}
		}
	}
	return &Lambda{typed{to}, b.bindLambda(g, params, result)}
}

// lambdaProblems reports what is wrong inside of a lambda whose delegate type could not be inferred.
func (b *binder) lambdaProblems(g *group, delegate *types.Type) {
	params, _, ok := b.reg.Signature(delegate)
	if !ok || !g.takes(len(params)) {
		return
	}
	for i, p := range params {
		if types.HasParams(p) {
			params[i] = types.Error
		}
	}
	b.bindLambda(g, params, nil)
}

// forward makes the call of c the body of f; nil when its result does not convert.
func (b *binder) forward(f *Function, g *group, c *candidate) {
	outer := b.fn
	b.fn = f
	f.X = b.makeCall(g, c)
	if f.Result.Kind != types.KindVoid {
		f.X = b.implicit(f.X, f.Result)
	}
	b.fn = outer
}

// groupToDelegate makes a lambda of a method group: string.IsNullOrEmpty as Func<string, bool>.
func (b *binder) groupToDelegate(g *group, to *types.Type) Expr {
	params, result, ok := b.reg.Signature(to)
	if g == nil || !ok {
		return nil
	}
	f := &Function{Parent: b.fn, Result: result}
	args := make([]argument, len(params))
	for i, p := range params {
		if types.HasParams(p) {
			return nil
		}
		v := &Variable{Type: p, Owner: f, Slot: f.slot(), Param: true}
		f.Params = append(f.Params, v)
		args[i] = argument{x: &Local{typed: typed{p}, Var: v}}
	}
	c := b.resolve(g, args, result)
	if c == nil {
		return nil
	}
	// The receiver is evaluated once, before the delegate is called.
	inner := *g
	var held *Variable
	if g.recv != nil {
		held = b.temp(g.recv.Type())
		held.Captured = true
		inner.recv = &Local{typed: typed{held.Type}, Var: held}
		if c.ext {
			c.args[0].x = inner.recv
		}
	}
	if b.forward(f, &inner, c); f.X == nil {
		return nil
	}
	lambda := &Lambda{typed{to}, f}
	if held == nil {
		return lambda
	}
	tmp := b.temp(to)
	return &Sequence{typed{to}, tmp, lambda, nil, &Declare{Var: held, Value: g.recv}}
}
