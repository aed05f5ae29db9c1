// Package compile turns a typed tree into closures over a frame: running one parses
// nothing, looks nothing up by name and uses no reflection. Start at Function and Code.Run;
// expr.go compiles expressions, call.go calls and lambdas, target.go stores, stmt.go
// statements.
package compile

import (
	"fmt"
	"sync"
	"time"

	"gatehouse/internal/csharp/bind"
	"gatehouse/internal/csharp/types"
)

// eval computes an expression.
type eval func(f *frame) types.Value

// frame is where one call of a function keeps its variables.
type frame struct {
	run    *types.Run
	slots  []types.Value
	caps   []*cell // the variables of outer functions that this lambda uses
	ret    types.Value
	caught *types.Exception // of the innermost catch, for throw;
}

// cell holds a variable that a lambda shares with its surroundings.
type cell struct{ v types.Value }

// Code is a compiled function, safe for any number of runs at once.
type Code struct {
	body  exec
	x     eval
	slots int
	pool  sync.Pool
}

// machine is what one run needs; it is reused.
type machine struct {
	run   types.Run
	frame frame
}

// Function compiles f.
func Function(f *bind.Function) *Code {
	c := &compiler{fn: f, slots: f.Slots}
	code := &Code{}
	if f.Block != nil {
		code.body = c.block(f.Block)
	} else {
		code.x = c.expr(f.X)
	}
	code.slots = c.slots
	code.pool.New = func() any { return &machine{} }
	return code
}

// Settings are the surroundings of a run.
type Settings struct {
	Types   *types.Registry
	Context any
	Limits  types.Limits
	Now     func() time.Time // nil: time.Now
}

// Run evaluates. An error is a *types.Exception or a *types.LimitError; any other is a
// mistake of the library.
func (c *Code) Run(s *Settings) (v types.Value, err error) {
	m := c.pool.Get().(*machine)
	m.run.Reset(s.Types, s.Context, s.Limits)
	m.run.Now = s.Now
	v, err = c.protected(m)
	m.run.Reset(nil, nil, types.Limits{})
	m.run.Now = nil
	m.frame = frame{}
	c.pool.Put(m)
	return v, err
}

func (c *Code) protected(m *machine) (v types.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = problem(p)
		}
	}()
	m.frame.run = &m.run
	m.frame.slots = m.run.Take(c.slots)
	if c.x != nil {
		return c.x(&m.frame), nil
	}
	c.body(&m.frame)
	return m.frame.ret, nil
}

func problem(p any) error {
	switch e := p.(type) {
	case *types.Exception:
		return e
	case *types.LimitError:
		return e
	case error:
		return fmt.Errorf("the expression can't be evaluated: %w", e)
	}
	panic(p)
}

// compiler compiles one function; lambdas have one of their own.
type compiler struct {
	fn     *bind.Function
	parent *compiler
	slots  int
	caps   []*bind.Variable
}

// room reserves n neighbouring slots for the arguments of a call.
func (c *compiler) room(n int) int {
	c.slots += n
	return c.slots - n
}

// capture is the place of an outer variable in caps.
func (c *compiler) capture(v *bind.Variable) int {
	for i, o := range c.caps {
		if o == v {
			return i
		}
	}
	c.caps = append(c.caps, v)
	return len(c.caps) - 1
}

// cellOf finds the cell of a captured variable.
func (c *compiler) cellOf(v *bind.Variable) func(f *frame) *cell {
	if v.Owner != c.fn {
		i := c.capture(v)
		return func(f *frame) *cell { return f.caps[i] }
	}
	slot := v.Slot
	return func(f *frame) *cell {
		if k, ok := f.slots[slot].Ref().(*cell); ok {
			return k
		}
		k := &cell{}
		f.slots[slot] = types.Ref(k)
		return k
	}
}

func (c *compiler) load(v *bind.Variable) eval {
	if v.Captured || v.Owner != c.fn {
		cell := c.cellOf(v)
		return func(f *frame) types.Value { return cell(f).v }
	}
	slot := v.Slot
	return func(f *frame) types.Value { return f.slots[slot] }
}

// store sets a variable.
func (c *compiler) store(v *bind.Variable) func(f *frame, x types.Value) {
	if v.Captured || v.Owner != c.fn {
		cell := c.cellOf(v)
		return func(f *frame, x types.Value) { cell(f).v = x }
	}
	slot := v.Slot
	return func(f *frame, x types.Value) { f.slots[slot] = x }
}

// fresh declares a variable anew: lambdas of an earlier round keep their own.
func (c *compiler) fresh(v *bind.Variable) func(f *frame, x types.Value) {
	if !v.Captured || v.Shared {
		return c.store(v)
	}
	slot := v.Slot
	return func(f *frame, x types.Value) { f.slots[slot] = types.Ref(&cell{x}) }
}
