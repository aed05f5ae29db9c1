package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// flow follows control through the typed tree of f: it reports variables that are read
// before they have a value, ends without a return, and cases that fall through.
func (b *binder) flow(f *Function) {
	w := &walker{b: b}
	w.function(f, "")
}

// state is what is known at a place: which variables have no value yet. A dead place is
// never reached, and there all have one.
type state struct {
	un   map[*Variable]bool
	dead bool
}

func (s state) copy() state {
	if len(s.un) == 0 {
		return state{dead: s.dead}
	}
	m := make(map[*Variable]bool, len(s.un))
	for v := range s.un {
		m[v] = true
	}
	return state{m, s.dead}
}

func join(s, t state) state {
	switch {
	case s.dead:
		return t
	case t.dead:
		return s
	}
	out := s.copy()
	for v := range t.un {
		if out.un == nil {
			out.un = map[*Variable]bool{}
		}
		out.un[v] = true
	}
	return out
}

type walker struct {
	b      *binder
	s      state
	breaks []*state    // where break goes: the states that arrive there
	nexts  []*state    // where continue goes
	outs   []*Variable // the out parameters of the function at hand
}

// function walks a body; delegate is the type of a lambda.
func (w *walker) function(f *Function, delegate string) {
	outer := *w
	w.breaks, w.nexts = nil, nil
	w.s = w.s.copy()
	w.outs = nil
	for _, p := range f.Params {
		if p.Out {
			w.outs = append(w.outs, p)
			w.forget(p)
		}
	}
	if f.Block != nil {
		w.stmt(f.Block)
		w.leave(syntax.Span{Start: f.Block.End, End: f.Block.End})
		if !w.s.dead && f.Result != nil && f.Result.Kind != types.KindVoid {
			at := syntax.Span{Start: f.Block.End, End: f.Block.End}
			if f.Parent != nil {
				w.b.fail("CS1643", at, delegate)
			} else {
				w.b.fail("CS0161", at, "@{...}")
				w.b.hint("All code paths of a multi-statement expression must end with a return statement.")
			}
		}
	} else {
		w.expr(f.X)
		w.leave(syntax.Span{})
	}
	w.s, w.breaks, w.nexts, w.outs = outer.s, outer.breaks, outer.nexts, outer.outs
}

// leave reports out parameters that have no value where the function ends.
func (w *walker) leave(at syntax.Span) {
	for _, p := range w.outs {
		if !w.s.dead && w.s.un[p] {
			w.b.fail("CS0177", at, p.Name)
		}
	}
}

func (w *walker) die() { w.s = state{dead: true} }

func (w *walker) set(v *Variable) {
	if v != nil && w.s.un[v] {
		w.s = w.s.copy()
		delete(w.s.un, v)
	}
}

func (w *walker) read(v *Variable, at syntax.Span) {
	if !w.s.dead && w.s.un[v] {
		code := "CS0165"
		if v.Out {
			code = "CS0269"
		}
		w.b.fail(code, at, v.Name)
		w.set(v)
	}
}

func (w *walker) list(xs []Expr) {
	for _, x := range xs {
		w.expr(x)
	}
}

// cond walks a condition and gives the states where it is true and false.
func (w *walker) cond(x Expr) (yes, no state) {
	switch x := x.(type) {
	case *Const:
		if x.Value.Bool() {
			return w.s, state{dead: true}
		}
		return state{dead: true}, w.s
	case *Logic:
		yes, no = w.cond(x.X)
		if x.And {
			w.s = yes
			yes2, no2 := w.cond(x.Y)
			return yes2, join(no, no2)
		}
		w.s = no
		yes2, no2 := w.cond(x.Y)
		return join(yes, yes2), no2
	case *Unary:
		if x.Op == "!" && !x.Lifted {
			yes, no = w.cond(x.X)
			return no, yes
		}
	case *Is:
		w.expr(x.X)
		no = w.s
		if x.Pattern.Var != nil {
			no = no.copy()
			if no.un == nil {
				no.un = map[*Variable]bool{}
			}
			if !no.dead {
				no.un[x.Pattern.Var] = true
			}
		}
		return w.s.copy(), no
	}
	w.expr(x)
	return w.s, w.s.copy()
}

func (w *walker) expr(x Expr) {
	switch x := x.(type) {
	case *Local:
		w.read(x.Var, x.At)
	case *Call:
		w.call(x)
	case *Invoke:
		w.expr(x.Fn)
		w.args(x.Args, x.Outs)
	case *Convert:
		w.expr(x.X)
	case *Unary:
		if x.Op == "!" {
			yes, no := w.cond(x.X)
			w.s = join(yes, no)
			return
		}
		w.expr(x.X)
	case *Binary:
		w.expr(x.X)
		w.expr(x.Y)
	case *LiftedCall:
		w.call(x.Call)
	case *Logic, *Is:
		yes, no := w.cond(x)
		w.s = join(yes, no)
	case *Coalesce:
		w.branch(x.X, x.Y)
	case *Access:
		w.branch(x.X, x.Then)
	case *Ternary:
		yes, no := w.cond(x.C)
		w.s = yes
		w.expr(x.X)
		yes, w.s = w.s, no
		w.expr(x.Y)
		w.s = join(yes, w.s)
	case *Concat:
		w.list(x.Parts)
	case *Interpolate:
		for _, p := range x.Parts {
			if p.X != nil {
				w.expr(p.X)
			}
		}
	case *Assign:
		w.target(x.Target)
		w.expr(x.Value)
		w.set(x.Target.Var)
	case *Modify:
		w.target(x.Target)
		if x.Target.Var != nil {
			w.read(x.Target.Var, syntax.Span{Start: x.Target.Var.Start, End: x.Target.Var.Start})
		}
		w.expr(x.New)
	case *Element:
		w.expr(x.X)
		w.expr(x.Index)
	case *As:
		w.expr(x.X)
	case *Lambda:
		w.function(x.Fn, x.T.Name)
	case *NewArray:
		if x.Size != nil {
			w.expr(x.Size)
		}
		w.list(x.Items)
	case *NewTuple:
		w.list(x.Items)
	case *Item:
		w.expr(x.X)
	case *Sequence:
		if x.First != nil {
			w.expr(x.First.Value)
		}
		w.expr(x.Value)
		w.list(x.Ops)
	case *Throw:
		w.expr(x.X)
		w.die()
	case *Deconstruct:
		w.expr(x.X)
		for _, t := range x.Targets {
			w.target(t)
			w.set(t.Var)
		}
	}
}

// branch walks x, and then y which may be left out.
func (w *walker) branch(x, y Expr) {
	w.expr(x)
	before := w.s.copy()
	w.expr(y)
	w.s = join(before, w.s)
}

func (w *walker) call(x *Call) {
	if x.Recv != nil {
		w.expr(x.Recv)
	}
	w.args(x.Args, x.Outs)
}

func (w *walker) args(args []Expr, outs []int) {
	for _, a := range args {
		out, ok := a.(*Out)
		if !ok {
			w.expr(a)
			continue
		}
		w.target(out.Target)
		if out.Ref && out.Target.Var != nil {
			w.read(out.Target.Var, syntax.Span{Start: out.Target.Var.Start, End: out.Target.Var.Start})
		}
	}
	for _, i := range outs {
		if out, ok := args[i].(*Out); ok {
			w.set(out.Target.Var)
		}
	}
}

func (w *walker) target(t Target) {
	if t.Recv != nil {
		w.expr(t.Recv)
	}
	w.list(t.Args)
	if t.Array != nil {
		w.expr(t.Array)
		w.expr(t.Index)
	}
}

func (w *walker) stmt(s Stmt) {
	switch s := s.(type) {
	case *Block:
		for _, x := range s.List {
			w.stmt(x)
		}
	case *Declare:
		if s.Value != nil {
			if _, isLambda := s.Value.(*Lambda); isLambda && !w.s.dead && !s.Function {
				w.forget(s.Var) // a lambda that calls itself reads the variable before it has a value
			}
			w.expr(s.Value)
			w.set(s.Var)
		} else if s.Var.Const == nil {
			w.forget(s.Var)
		}
	case *Eval:
		w.expr(s.X)
	case *If:
		yes, no := w.cond(s.Cond)
		w.s = yes
		w.stmt(s.Then)
		yes, w.s = w.s, no
		if s.Else != nil {
			w.stmt(s.Else)
		}
		w.s = join(yes, w.s)
	case *Loop:
		w.loop(s)
	case *ForEach:
		w.expr(s.X)
		before := w.s.copy()
		after := w.inLoop(func() { w.stmt(s.Body) })
		w.s = join(before, after)
	case *Switch:
		w.switchStmt(s)
	case *Try:
		w.try(s)
	case *Using:
		for i := range s.Vars {
			w.stmt(&s.Vars[i])
		}
		w.stmt(s.Body)
	case *Rethrow:
		w.die()
	case *Return:
		if s.X != nil {
			w.expr(s.X)
		}
		w.leave(s.at)
		w.die()
	case *Break:
		if n := len(w.breaks); n > 0 {
			*w.breaks[n-1] = join(*w.breaks[n-1], w.s)
		}
		w.die()
	case *Continue:
		if n := len(w.nexts); n > 0 {
			*w.nexts[n-1] = join(*w.nexts[n-1], w.s)
		}
		w.die()
	}
}

// forget says that v has no value here.
func (w *walker) forget(v *Variable) {
	if w.s.dead {
		return
	}
	w.s = w.s.copy()
	if w.s.un == nil {
		w.s.un = map[*Variable]bool{}
	}
	w.s.un[v] = true
}

// inLoop walks a body and gives the state of its breaks.
func (w *walker) inLoop(f func()) state {
	out, next := state{dead: true}, state{dead: true}
	w.breaks, w.nexts = append(w.breaks, &out), append(w.nexts, &next)
	f()
	w.breaks, w.nexts = w.breaks[:len(w.breaks)-1], w.nexts[:len(w.nexts)-1]
	w.s = join(w.s, next)
	return out
}

func (w *walker) loop(s *Loop) {
	for _, i := range s.Init {
		w.stmt(i)
	}
	if s.Do {
		out := w.inLoop(func() { w.stmt(s.Body) })
		_, no := w.cond(s.Cond)
		w.s = join(out, no)
		return
	}
	yes, no := w.s, state{dead: true}
	if s.Cond != nil {
		yes, no = w.cond(s.Cond)
	}
	w.s = yes
	out := w.inLoop(func() { w.stmt(s.Body) })
	w.list(s.Post)
	w.s = join(no, out)
}

func (w *walker) switchStmt(s *Switch) {
	w.expr(s.X)
	before := w.s
	out := state{dead: true}
	if s.Default < 0 && !s.Exhaustive {
		out = before.copy()
	}
	for i, sec := range s.Sections {
		w.s = before.copy()
		for _, l := range sec.Labels {
			if l.When != nil {
				yes, _ := w.cond(l.When)
				w.s = join(yes, before)
			}
		}
		w.breaks = append(w.breaks, &out)
		w.stmt(sec.Body)
		w.breaks = w.breaks[:len(w.breaks)-1]
		if !w.s.dead {
			code := "CS0163"
			if i == len(s.Sections)-1 {
				code = "CS8070"
			}
			w.b.fail(code, sec.At, w.b.text(sec.At))
		}
	}
	w.s = out
}

func (b *binder) text(at syntax.Span) string {
	if at.Start < 0 || at.End > len(b.source) || at.Start > at.End {
		return ""
	}
	return b.source[at.Start:at.End]
}

func (w *walker) try(s *Try) {
	before := w.s.copy()
	w.stmt(s.Body)
	end := w.s
	for _, c := range s.Catches {
		w.s = before.copy()
		if c.Filter != nil {
			yes, _ := w.cond(c.Filter)
			w.s = yes
		}
		w.stmt(c.Body)
		end = join(end, w.s)
	}
	w.s = end
	if s.Finally != nil {
		w.s = before.copy()
		w.stmt(s.Finally)
		switch {
		case w.s.dead:
		case end.dead:
			w.die()
		default:
			after := w.s
			w.s = end.copy()
			for v := range end.un { // assigned in finally
				if before.un[v] && !after.un[v] {
					delete(w.s.un, v)
				}
			}
		}
	}
}
