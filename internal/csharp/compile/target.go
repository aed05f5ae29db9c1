package compile

import (
	"gatehouse/internal/csharp/bind"
	"gatehouse/internal/csharp/types"
)

func (c *compiler) element(x *bind.Element) eval {
	v, i := c.expr(x.X), c.expr(x.Index)
	return func(f *frame) types.Value {
		a := v(f)
		array, n := elementOf(f, a, i(f))
		return array.At(n)
	}
}

// elementOf checks array and index.
func elementOf(f *frame, v, index types.Value) (*types.Array, int) {
	a, ok := v.Ref().(*types.Array)
	if !ok {
		f.run.ThrowNullReference()
	}
	i := index.Long()
	if i < 0 || i >= int64(a.Len()) {
		f.run.Throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
	}
	return a, int(i)
}

// storeTarget sets the variable of a target, which may declare it.
func (c *compiler) storeTarget(t bind.Target) func(f *frame, v types.Value) {
	if t.New {
		return c.fresh(t.Var)
	}
	return c.store(t.Var)
}

func (c *compiler) assign(x *bind.Assign) eval {
	t, v := x.Target, c.expr(x.Value)
	switch {
	case t.Ignore:
		return v
	case t.Var != nil:
		set := c.storeTarget(t)
		return func(f *frame) types.Value {
			a := v(f)
			set(f, a)
			return a
		}
	case t.Array != nil:
		array, index, elem := c.expr(t.Array), c.expr(t.Index), t.Array.Type().Elem
		return func(f *frame) types.Value {
			a := array(f)
			i := index(f)
			w := v(f)
			to, n := elementOf(f, a, i)
			checkElement(f, to, elem, w)
			to.Put(n, w)
			return w
		}
	}
	return c.setMember(t, v)
}

// checkElement raises when an array that is one of a derived type gets what it does not hold
// (C# specification 12.23.2).
func checkElement(f *frame, to *types.Array, static *types.Type, v types.Value) {
	if elem := to.Type.Elem; elem != static && static.IsRef() && !v.IsNull() && !f.run.Types.Is(v, elem) {
		f.run.Throw("System.ArrayTypeMismatchException", "Attempted to access an element as a type incompatible with the array.")
	}
}

// setMember calls the setter of a property or indexer: receiver, indexes, value.
func (c *compiler) setMember(t bind.Target, v eval) eval {
	parts, checkNull := c.memberParts(t)
	n := len(parts)
	base := c.room(n + 1)
	set, site := t.Member.Set, t.Site
	return func(f *frame) types.Value {
		a := f.slots[base : base+n+1 : base+n+1]
		for i, p := range parts {
			a[i] = p(f)
		}
		w := v(f)
		if checkNull && a[0].IsNull() {
			f.run.ThrowNullReference()
		}
		a[n] = w
		set(types.Call{Run: f.run, Site: site}, a)
		return w
	}
}

func (c *compiler) memberParts(t bind.Target) (parts []eval, checkNull bool) {
	if t.Recv != nil {
		parts = append(parts, c.expr(t.Recv))
		checkNull = t.Recv.Type().IsRef()
	}
	return append(parts, c.list(t.Args)...), checkNull
}

// modify reads, computes and stores, with the parts of the target computed once.
func (c *compiler) modify(x *bind.Modify) eval {
	t := x.Target
	old, next := c.store(x.Old), c.expr(x.New)
	post := x.Post
	result := func(before, after types.Value) types.Value {
		if post {
			return before
		}
		return after
	}
	switch {
	case t.Var != nil:
		get, set := c.load(t.Var), c.store(t.Var)
		return func(f *frame) types.Value {
			before := get(f)
			old(f, before)
			after := next(f)
			set(f, after)
			return result(before, after)
		}
	case t.Array != nil:
		array, index := c.expr(t.Array), c.expr(t.Index)
		return func(f *frame) types.Value {
			a := array(f)
			to, n := elementOf(f, a, index(f))
			before := to.At(n)
			old(f, before)
			after := next(f)
			to.Put(n, after)
			return result(before, after)
		}
	}
	parts, checkNull := c.memberParts(t)
	n := len(parts)
	base := c.room(2*n + 1)
	get, set, site := t.Member.Call, t.Member.Set, t.Site
	return func(f *frame) types.Value {
		a := f.slots[base : base+n : base+n]
		b := f.slots[base+n : base+2*n+1 : base+2*n+1]
		for i, p := range parts {
			a[i] = p(f)
		}
		if checkNull && a[0].IsNull() {
			f.run.ThrowNullReference()
		}
		copy(b, a)
		before := get(types.Call{Run: f.run, Site: site}, a)
		old(f, before)
		after := next(f)
		b[n] = after
		set(types.Call{Run: f.run, Site: site}, b)
		return result(before, after)
	}
}

func (c *compiler) deconstruct(x *bind.Deconstruct) eval {
	v := c.expr(x.X)
	var temps []func(f *frame, v types.Value)
	var stores []eval
	for i, t := range x.Targets {
		temps = append(temps, c.store(x.Vars[i]))
		stores = append(stores, c.assign(&bind.Assign{Target: t, Value: x.Convert[i]}))
	}
	return func(f *frame) types.Value {
		a := v(f)
		t, ok := a.Ref().(*types.Tuple)
		if !ok {
			f.run.ThrowNullReference()
		}
		for i, set := range temps {
			set(f, t.Items[i])
		}
		for _, s := range stores {
			s(f)
		}
		return a
	}
}
