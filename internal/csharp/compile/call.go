package compile

import (
	"gatehouse/internal/csharp/bind"
	"gatehouse/internal/csharp/types"
)

// call compiles a call of the library. The arguments lie in slots of the frame, so that
// calling allocates nothing.
func (c *compiler) call(x *bind.Call) eval {
	fn, site := x.Member.Call, x.Site
	var parts []eval
	checkNull := false
	if x.Recv != nil {
		parts = append(parts, c.expr(x.Recv))
		t := x.Recv.Type()
		checkNull = t.IsRef()
	}
	skip := len(parts)
	for _, a := range x.Args {
		if out, ok := a.(*bind.Out); ok {
			parts = append(parts, c.outValue(out))
			continue
		}
		parts = append(parts, c.expr(a))
	}
	n := len(parts)
	base := c.room(n)
	after := c.outs(x.Args, x.Outs, skip)
	if n == 1 && after == nil {
		only := parts[0]
		return func(f *frame) types.Value {
			v := only(f)
			if checkNull && v.IsNull() {
				f.run.ThrowNullReference()
			}
			a := f.slots[base : base+1 : base+1]
			a[0] = v
			f.run.Walk(a)
			return fn(types.Call{Run: f.run, Site: site}, a)
		}
	}
	return func(f *frame) types.Value {
		a := f.slots[base : base+n : base+n]
		for i, p := range parts {
			a[i] = p(f)
		}
		if checkNull && a[0].IsNull() {
			f.run.ThrowNullReference()
		}
		f.run.Walk(a)
		v := fn(types.Call{Run: f.run, Site: site}, a)
		if after != nil {
			after(f, a)
		}
		return v
	}
}

// outValue is what a ref argument passes in; out passes the default.
func (c *compiler) outValue(o *bind.Out) eval {
	if o.Ref && o.Target.Var != nil {
		return c.load(o.Target.Var)
	}
	zero := o.T.Zero()
	return func(*frame) types.Value { return zero }
}

// outs stores what the callee wrote; nil when nothing is out.
func (c *compiler) outs(args []bind.Expr, outs []int, skip int) func(f *frame, a []types.Value) {
	if len(outs) == 0 {
		return nil
	}
	type store struct {
		at  int
		set func(f *frame, v types.Value)
	}
	var list []store
	for _, i := range outs {
		o := args[i].(*bind.Out)
		switch t := o.Target; {
		case t.Var != nil:
			list = append(list, store{i + skip, c.storeTarget(t)})
		case t.Array != nil:
			list = append(list, store{i + skip, c.setter(t)})
		}
	}
	return func(f *frame, a []types.Value) {
		for _, s := range list {
			s.set(f, a[s.at])
		}
	}
}

// setter stores into an element whose array and index are computed at that time.
func (c *compiler) setter(t bind.Target) func(f *frame, v types.Value) {
	array, index := c.expr(t.Array), c.expr(t.Index)
	return func(f *frame, v types.Value) {
		a, i := elementOf(f, array(f), index(f))
		a.Put(i, v)
	}
}

// lifted calls an operator unless an operand is null.
func (c *compiler) lifted(x *bind.LiftedCall) eval {
	fn, site := x.Call.Member.Call, x.Call.Site
	args := c.list(x.Call.Args)
	base := c.room(len(args))
	op := x.Call.Member.Name
	return func(f *frame) types.Value {
		a := f.slots[base : base+len(args) : base+len(args)]
		nulls := 0
		for i, p := range args {
			a[i] = p(f)
			if a[i].IsNull() {
				nulls++
			}
		}
		if nulls == 0 {
			return fn(types.Call{Run: f.run, Site: site}, a)
		}
		if !x.Compare {
			return types.Null
		}
		switch op {
		case "operator ==":
			return types.Bool(nulls == 2)
		case "operator !=":
			return types.Bool(nulls == 1)
		}
		return types.Bool(false)
	}
}

// invoke calls a delegate.
func (c *compiler) invoke(x *bind.Invoke) eval {
	fn := c.expr(x.Fn)
	args := make([]eval, len(x.Args))
	for i, a := range x.Args {
		if out, ok := a.(*bind.Out); ok {
			args[i] = c.outValue(out)
		} else {
			args[i] = c.expr(a)
		}
	}
	base := c.room(len(args))
	after := c.outs(x.Args, x.Outs, 0)
	return func(f *frame) types.Value {
		d, ok := fn(f).Ref().(*types.Delegate)
		if !ok {
			f.run.ThrowNullReference()
		}
		a := f.slots[base : base+len(args) : base+len(args)]
		for i, p := range args {
			a[i] = p(f)
		}
		v := d.Invoke(f.run, a)
		if after != nil {
			after(f, a)
		}
		return v
	}
}

// lambda compiles a lambda once; making the delegate takes hold of the outer variables.
func (c *compiler) lambda(x *bind.Lambda) eval {
	inner := &compiler{fn: x.Fn, parent: c, slots: x.Fn.Slots}
	code := inner.function()
	t := x.T
	caps := make([]func(f *frame) *cell, len(inner.caps))
	for i, v := range inner.caps {
		caps[i] = c.cellOf(v)
	}
	if len(caps) == 0 {
		d := types.Ref(&types.Delegate{Type: t, Invoke: func(r *types.Run, a []types.Value) types.Value { return code(r, nil, a) }})
		return func(*frame) types.Value { return d }
	}
	return func(f *frame) types.Value {
		held := make([]*cell, len(caps))
		for i, get := range caps {
			held[i] = get(f)
		}
		f.run.Grow(64)
		return types.Ref(&types.Delegate{Type: t, Invoke: func(r *types.Run, a []types.Value) types.Value { return code(r, held, a) }})
	}
}

// function compiles the body of a lambda.
func (c *compiler) function() func(r *types.Run, caps []*cell, a []types.Value) types.Value {
	var params []func(f *frame, v types.Value)
	var back []eval // of out and ref parameters
	for _, p := range c.fn.Params {
		params = append(params, c.fresh(p))
		var get eval
		if p.Out || p.Ref {
			get = c.load(p)
		}
		back = append(back, get)
	}
	var x eval
	var body exec
	if c.fn.Block != nil {
		body = c.block(c.fn.Block)
	} else {
		x = c.expr(c.fn.X)
	}
	n := c.slots
	return func(r *types.Run, caps []*cell, a []types.Value) types.Value {
		r.Enter()
		mark := r.Mark()
		f := frame{run: r, slots: r.Take(n), caps: caps}
		for i, set := range params {
			set(&f, a[i])
		}
		var v types.Value
		if x != nil {
			v = x(&f)
		} else {
			body(&f)
			v = f.ret
		}
		for i, get := range back {
			if get != nil {
				a[i] = get(&f)
			}
		}
		r.Release(mark)
		r.Leave()
		return v
	}
}
