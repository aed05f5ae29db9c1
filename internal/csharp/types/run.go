package types

import (
	"time"
)

// Func is the body of a member of the library. a[0] is the receiver of an instance
// member (never null: the caller has checked), the arguments follow; out and ref
// arguments are written back into a. a is valid during the call only: copy what
// is kept. A .NET exception is raised by c.Throw and its friends.
type Func func(c Call, a []Value) Value

// Call is what a member may ask for while it runs: the run it belongs to and the place
// of the call, with the types that the compiler found.
type Call struct {
	*Run
	Site *Site
}

// Site is one call in the source.
type Site struct {
	TypeArgs []*Type // of the method: As<JObject> has [JObject]
	Receiver *Type   // the receiver's constructed type: List<int>; for constructors, what is made
	Result   *Type   // the type of the result
	Params   []*Type // the types of the parameters
}

// T is the i-th type argument of the method.
func (c Call) T(i int) *Type { return c.Site.TypeArgs[i] }

// Delegate is a lambda or a method group made into a delegate.
type Delegate struct {
	Type   *Type
	Invoke func(r *Run, a []Value) Value
}

// DotNetType implements Object.
func (d *Delegate) DotNetType() *Type { return d.Type }

// Invoke calls the delegate d.
func (r *Run) Invoke(d Value, args ...Value) Value {
	f, ok := d.ref.(*Delegate)
	if !ok {
		r.ThrowNullReference()
	}
	m := r.Mark()
	a := r.Take(len(args))
	copy(a, args)
	v := f.Invoke(r, a)
	r.Release(m)
	return v
}

// Limits bound one evaluation; zero values mean the defaults.
type Limits struct {
	Steps int64         // loop iterations, calls of lambdas and elements of sequences; default 5 million
	Bytes int64         // memory that is asked for, roughly; default 256 MiB
	Depth int           // nested calls of lambdas; default 500
	Time  time.Duration // default 10 s
}

// Run is one evaluation. It is reused: Reset makes it as new.
type Run struct {
	Types   *Registry
	Context any              // the host's context object
	Now     func() time.Time // nil: time.Now

	steps, bytes int64
	depth        int
	check        int64 // how many steps are left when the clock is read next
	interval     int64 // how many steps are between that
	deadline     time.Time
	last         time.Time // when the clock was read last
	limits       Limits
	arena        []Value
	top          int
}

// Reset prepares r for an evaluation.
func (r *Run) Reset(reg *Registry, context any, l Limits) {
	if l.Steps == 0 {
		l.Steps = 5_000_000
	}
	if l.Bytes == 0 {
		l.Bytes = 256 << 20
	}
	if l.Depth == 0 {
		l.Depth = 500
	}
	if l.Time == 0 {
		l.Time = 10 * time.Second
	}
	r.Types, r.Context, r.limits = reg, context, l
	r.steps, r.bytes, r.depth = l.Steps, l.Bytes, l.Depth
	r.check, r.interval, r.last = l.Steps-firstCheck, firstCheck, time.Time{}
	clear(r.arena[:r.top])
	r.top = 0
}

// Clock is the time now.
func (r *Run) Clock() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

// The wall clock is read after the first few steps, so that short expressions never read it, and then
// more or less often as the steps are slow or fast.
const (
	firstCheck    = 16
	mostUnchecked = 1024
	slowSteps     = 50 * time.Millisecond
	fastSteps     = 5 * time.Millisecond
)

// Step counts one unit of work and ends the evaluation at the limit.
func (r *Run) Step() {
	r.steps--
	if r.steps <= r.check {
		r.checkpoint()
	}
}

// stepBytes is how many bytes of text a member may walk for one step.
const stepBytes = 4096

// Walk counts the texts that a member of the library is given as steps: it walks them, perhaps.
func (r *Run) Walk(a []Value) {
	for i := range a {
		if _, ok := a[i].ref.(*byte); ok && a[i].num >= stepBytes {
			r.steps -= int64(a[i].num / stepBytes)
			if r.steps <= r.check {
				r.checkpoint()
			}
		}
	}
}

func (r *Run) checkpoint() {
	if r.steps < 0 {
		panic(&LimitError{What: "steps"})
	}
	switch took := r.Tick(); {
	case took > slowSteps:
		r.interval = max(1, r.interval/8)
	case took < fastSteps:
		r.interval = min(mostUnchecked, r.interval*4)
	}
	r.check = max(-1, r.steps-r.interval)
}

// Tick reads the clock and ends the evaluation when its time is over; it gives the time since the last
// reading. What may take long by itself ticks before and after.
func (r *Run) Tick() time.Duration {
	now := time.Now()
	if r.last.IsZero() {
		r.last, r.deadline = now, now.Add(r.limits.Time)
	}
	if now.After(r.deadline) {
		panic(&LimitError{What: "time"})
	}
	took := now.Sub(r.last)
	r.last = now
	return took
}

// Grow counts n bytes of memory.
func (r *Run) Grow(n int) {
	r.bytes -= int64(n)
	if r.bytes < 0 || n < 0 {
		panic(&LimitError{What: "memory"})
	}
}

// Enter and Leave bound nested calls.
func (r *Run) Enter() {
	r.Step()
	r.depth--
	if r.depth < 0 {
		panic(&LimitError{What: "nested calls"})
	}
}

// Leave ends what Enter began.
func (r *Run) Leave() { r.depth++ }

// Mark is a place of the arena to go back to.
type Mark struct {
	arena []Value
	top   int
	depth int
}

// Mark remembers the arena's state; also after a panic, Release goes back to it.
func (r *Run) Mark() Mark { return Mark{r.arena, r.top, r.depth} }

// Release gives back what was taken since m.
func (r *Run) Release(m Mark) {
	if len(m.arena) > 0 && len(r.arena) > 0 && &m.arena[0] == &r.arena[0] {
		clear(r.arena[m.top:r.top])
	}
	r.arena, r.top, r.depth = m.arena, m.top, m.depth
}

// Take is room for n values, all null.
func (r *Run) Take(n int) []Value {
	if r.top+n > len(r.arena) {
		r.arena = make([]Value, max(64, 2*len(r.arena), 2*n))
		r.top = 0
	}
	s := r.arena[r.top : r.top+n : r.top+n]
	r.top += n
	return s
}

// LimitError ends an evaluation that asks for too much. C# code can't catch it.
type LimitError struct{ What string }

// Name is the exception that .NET would end with.
func (e *LimitError) Name() string {
	switch e.What {
	case "memory":
		return "System.OutOfMemoryException"
	case "nested calls", "nesting of JSON", "nesting of tuples":
		return "System.InsufficientExecutionStackException"
	}
	return "System.TimeoutException"
}

func (e *LimitError) Error() string {
	return e.Name() + ": the expression was stopped: it needs more " + e.What + " than a policy expression may use"
}
