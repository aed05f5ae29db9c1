package compile

import (
	"fmt"

	"gatehouse/internal/csharp/bind"
	"gatehouse/internal/csharp/types"
)

// signal says how a statement ended.
type signal uint8

const (
	next signal = iota
	breaks
	continues
	returns
)

// exec runs a statement.
type exec func(f *frame) signal

func (c *compiler) block(b *bind.Block) exec {
	list := make([]exec, 0, len(b.List))
	for _, s := range b.List {
		list = append(list, c.stmt(s))
	}
	switch len(list) {
	case 0:
		return func(*frame) signal { return next }
	case 1:
		return list[0]
	}
	return func(f *frame) signal {
		for _, s := range list {
			if sig := s(f); sig != next {
				return sig
			}
		}
		return next
	}
}

func (c *compiler) stmt(s bind.Stmt) exec {
	switch s := s.(type) {
	case *bind.Block:
		return c.block(s)
	case *bind.Declare:
		return c.declare(s)
	case *bind.Eval:
		x := c.expr(s.X)
		return func(f *frame) signal { x(f); return next }
	case *bind.If:
		return c.ifStmt(s)
	case *bind.Loop:
		return c.loop(s)
	case *bind.ForEach:
		return c.forEach(s)
	case *bind.Switch:
		return c.switchStmt(s)
	case *bind.Try:
		return c.try(s)
	case *bind.Rethrow:
		return func(f *frame) signal {
			f.run.Step()
			panic(f.caught)
		}
	case *bind.Return:
		if s.X == nil {
			return func(*frame) signal { return returns }
		}
		x := c.expr(s.X)
		return func(f *frame) signal { f.ret = x(f); return returns }
	case *bind.Using:
		return c.using(s)
	case *bind.Break:
		return func(*frame) signal { return breaks }
	case *bind.Continue:
		return func(*frame) signal { return continues }
	}
	panic(fmt.Sprintf("compile: no code for %T", s)) // a node that bind makes and this switch forgot
}

func (c *compiler) declare(s *bind.Declare) exec {
	set := c.fresh(s.Var)
	if s.Value == nil {
		zero := s.Var.Type.Zero()
		return func(f *frame) signal { set(f, zero); return next }
	}
	v := c.expr(s.Value)
	return func(f *frame) signal { set(f, v(f)); return next }
}

func (c *compiler) ifStmt(s *bind.If) exec {
	cond, then := c.expr(s.Cond), c.stmt(s.Then)
	if s.Else == nil {
		return func(f *frame) signal {
			if cond(f).Bool() {
				return then(f)
			}
			return next
		}
	}
	other := c.stmt(s.Else)
	return func(f *frame) signal {
		if cond(f).Bool() {
			return then(f)
		}
		return other(f)
	}
}

func (c *compiler) loop(s *bind.Loop) exec {
	init := c.block(&bind.Block{List: s.Init})
	cond := func(*frame) types.Value { return types.Bool(true) }
	if s.Cond != nil {
		cond = c.expr(s.Cond)
	}
	body, post := c.stmt(s.Body), c.list(s.Post)
	do := s.Do
	return func(f *frame) signal {
		init(f)
		for first := true; ; first = false {
			f.run.Step()
			if !(do && first) && !cond(f).Bool() {
				return next
			}
			switch body(f) {
			case breaks:
				return next
			case returns:
				return returns
			}
			for _, p := range post {
				p(f)
			}
		}
	}
}

func (c *compiler) forEach(s *bind.ForEach) exec {
	x, tmp, convert, set, body := c.expr(s.X), c.store(s.Elem), c.expr(s.Convert), c.fresh(s.Var), c.stmt(s.Body)
	return func(f *frame) signal {
		v := x(f)
		if v.IsNull() {
			f.run.ThrowNullReference()
		}
		end := next
		f.run.Each(v, func(e types.Value) bool {
			tmp(f, e)
			set(f, convert(f))
			switch body(f) {
			case breaks:
				return false
			case returns:
				end = returns
				return false
			}
			return true
		})
		return end
	}
}

func (c *compiler) switchStmt(s *bind.Switch) exec {
	x, set := c.expr(s.X), c.store(s.Var)
	bodies := make([]exec, len(s.Sections))
	for i, sec := range s.Sections {
		bodies[i] = c.block(sec.Body)
	}
	choose := c.choose(s)
	return func(f *frame) signal {
		v := x(f)
		set(f, v)
		i := choose(f, v)
		if i < 0 {
			return next
		}
		if sig := bodies[i](f); sig != breaks {
			return sig
		}
		return next
	}
}

// choose finds the section of a value: by a table when all labels are constants.
func (c *compiler) choose(s *bind.Switch) func(f *frame, v types.Value) int {
	fallback := s.Default
	if s.Table != nil {
		table := s.Table
		return func(_ *frame, v types.Value) int {
			if i, ok := table[types.KeyOf(v)]; ok {
				return i
			}
			return fallback
		}
	}
	type label struct {
		section int
		test    func(f *frame, v types.Value) bool
		when    eval
	}
	var labels []label
	for i, sec := range s.Sections {
		for _, l := range sec.Labels {
			if l.Default {
				continue
			}
			k := label{section: i, test: c.pattern(l.Pattern)}
			if l.When != nil {
				k.when = c.expr(l.When)
			}
			labels = append(labels, k)
		}
	}
	return func(f *frame, v types.Value) int {
		for i := range labels {
			if l := &labels[i]; l.test(f, v) && (l.when == nil || l.when(f).Bool()) {
				return l.section
			}
		}
		return fallback
	}
}

func (c *compiler) using(s *bind.Using) exec {
	var opens []exec
	var gets []eval
	for i := range s.Vars {
		opens = append(opens, c.declare(&s.Vars[i]))
		gets = append(gets, c.load(s.Vars[i].Var))
	}
	body := c.stmt(s.Body)
	return func(f *frame) signal {
		open := 0
		defer func() {
			for ; open > 0; open-- {
				if d, ok := gets[open-1](f).Ref().(interface{ Dispose() }); ok {
					d.Dispose()
				}
			}
		}()
		for _, o := range opens {
			o(f)
			open++
		}
		return body(f)
	}
}

type handler struct {
	t      *types.Type
	set    func(f *frame, v types.Value)
	filter eval
	body   exec
}

func (c *compiler) try(s *bind.Try) exec {
	body := c.block(s.Body)
	var handlers []handler
	for _, k := range s.Catches {
		h := handler{t: k.Type}
		if k.Var != nil {
			h.set = c.fresh(k.Var)
		}
		if k.Filter != nil {
			h.filter = c.expr(k.Filter)
		}
		h.body = c.block(k.Body)
		handlers = append(handlers, h)
	}
	run := func(f *frame) signal {
		sig, e := attempt(f, body)
		if e == nil {
			return sig
		}
		for i := range handlers {
			h := &handlers[i]
			if h.t != nil && !f.run.Types.Derives(e.Type, h.t) {
				continue
			}
			if h.set != nil {
				h.set(f, types.Ref(e))
			}
			if h.filter != nil && !passes(f, h.filter) {
				continue
			}
			outer := f.caught
			f.caught = e
			sig := h.body(f)
			f.caught = outer
			return sig
		}
		panic(e)
	}
	if len(handlers) == 0 {
		run = body
	}
	if s.Finally == nil {
		return run
	}
	finally := c.block(s.Finally)
	return func(f *frame) signal {
		sig, e := attempt(f, run)
		ret := f.ret
		finally(f)
		f.ret = ret
		if e != nil {
			panic(e)
		}
		return sig
	}
}

// attempt runs body and catches a .NET exception; limits and mistakes of the library go on.
func attempt(f *frame, body exec) (sig signal, e *types.Exception) {
	mark := f.run.Mark()
	caught := f.caught
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		var ok bool
		if e, ok = p.(*types.Exception); !ok {
			panic(p)
		}
		f.run.Release(mark)
		f.caught = caught
	}()
	return body(f), nil
}

// passes evaluates an exception filter: one that fails itself is false.
func passes(f *frame, filter eval) (ok bool) {
	_, e := attempt(f, func(f *frame) signal { ok = filter(f).Bool(); return next })
	return ok && e == nil
}
