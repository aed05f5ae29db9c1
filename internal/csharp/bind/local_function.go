package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// routine is a local function. Its calls are resolved as those of the library are, by a
// member that has its signature. A generic one is bound anew for each list of type
// arguments that it is called with.
type routine struct {
	syntax    *syntax.LocalFunction
	scope     *scope
	fn        *Function
	member    *types.Member
	instances []*instance
}

// maxInstances bounds the instances of one generic function: F<T> may call F<List<T>>.
const maxInstances = 64

// instance is a routine with type arguments; a routine without parameters of types has one.
type instance struct {
	routine  *routine
	typeArgs []*types.Type
	v        *Variable // holds the delegate
	made     bool
}

// routineT is the type of the variables that hold local functions.
var routineT = &types.Type{Kind: types.KindDelegate, Name: "local function", Full: "local function"}

// routine declares a local function: its name and signature.
func (b *binder) routine(f *syntax.LocalFunction) *routine {
	v := b.declare(f.Name, routineT)
	v.Param, v.ReadOnly = true, "method"
	r := &routine{syntax: f, scope: b.scope, fn: b.fn}
	v.routine = r
	m := &types.Member{Kind: types.Method, Name: f.Name.Name, Owner: routineT, Static: true}
	r.member = m
	for _, p := range f.TypeParams {
		m.TypeParams = append(m.TypeParams, &types.Type{Kind: types.KindParam, Name: p.Name, Full: p.Name})
	}
	b.withTypes(f.TypeParams, m.TypeParams, b.scope, func() {
		m.Result = b.typ(f.Result)
		for i, p := range f.Body.Params {
			m.Params = append(m.Params, b.parameter(p, i == len(f.Body.Params)-1))
		}
	})
	if len(f.TypeParams) == 0 {
		r.instance(nil) // bound even when nothing calls it
	}
	return r
}

// withTypes runs f in a scope, below outer, where the names are those types.
func (b *binder) withTypes(names []syntax.Name, list []*types.Type, outer *scope, f func()) {
	old := b.scope
	b.scope = &scope{parent: outer, fn: b.fn, types: map[string]*types.Type{}}
	for i, n := range names {
		b.scope.types[n.Name] = list[i]
	}
	f()
	b.scope = old
}

// parameter binds a parameter of a local function.
func (b *binder) parameter(p syntax.Parameter, last bool) types.Param {
	out := types.Param{Name: p.Name.Name, Type: b.typ(p.Type), Out: p.Mode == "out", Ref: p.Mode == "ref"}
	if p.Mode == "params" {
		switch {
		case out.Type.Kind != types.KindArray:
			b.fail("CS0225", p.Type.Span)
		case !last:
			b.fail("CS0231", p.Type.Span)
		default:
			out.Rest = true
		}
	}
	if p.Default == nil {
		return out
	}
	x := b.convert(b.value(p.Default), out.Type, p.Default.Pos())
	c, ok := x.(*Const)
	if !ok && !isBad(x) {
		b.fail("CS1736", p.Default.Pos(), p.Name.Name)
	}
	if ok {
		out.Optional, out.Default = true, c.Value
	}
	return out
}

// instance is r with these type arguments; it is made when it is new.
func (r *routine) instance(typeArgs []*types.Type) *instance {
next:
	for _, i := range r.instances {
		for k, t := range i.typeArgs {
			if typeArgs[k] != t {
				continue next
			}
		}
		return i
	}
	i := &instance{routine: r, typeArgs: typeArgs}
	i.v = &Variable{Name: r.syntax.Name.Name, Type: routineT, Slot: r.fn.slot(), Owner: r.fn, Param: true, Shared: true}
	r.instances = append(r.instances, i)
	return i
}

// routineBodies binds the bodies; those of generic ones may ask for further instances.
func (b *binder) routineBodies(routines []*routine) (made []Stmt) {
	for again := true; again; {
		again = false
		for _, r := range routines {
			for _, i := range r.instances {
				if !i.made {
					i.made, again = true, true
					made = append(made, b.routineBody(i))
				}
			}
		}
	}
	return made
}

func (b *binder) routineBody(i *instance) Stmt {
	r := i.routine
	params := make([]*types.Type, len(r.member.Params))
	for k, p := range r.member.Params {
		params[k] = b.reg.Substitute(p.Type, r.member.TypeParams, i.typeArgs)
	}
	var f *Function
	b.withTypes(r.syntax.TypeParams, i.typeArgs, r.scope, func() {
		g := &group{lambda: r.syntax.Body, scope: b.scope, fn: r.fn}
		f = b.bindLambda(g, params, b.reg.Substitute(r.member.Result, r.member.TypeParams, i.typeArgs))
	})
	for k, p := range r.member.Params {
		f.Params[k].Out, f.Params[k].Ref = p.Out, p.Ref
	}
	return &Declare{Var: i.v, Value: &Lambda{typed{routineT}, f}, Function: true}
}

// callRoutine makes the call of a local function of what was resolved as a library's.
func (b *binder) callRoutine(r *routine, call *Call) Expr {
	if len(r.instances) > maxInstances {
		b.quiet = 0
		b.fail("CS8078", r.syntax.Name.Span)
		panic(stop{})
	}
	v := r.instance(call.Site.TypeArgs).v
	return &Invoke{typed: call.typed, Fn: &Local{typed: typed{routineT}, Var: b.use(v)}, Args: call.Args, Outs: call.Outs}
}
