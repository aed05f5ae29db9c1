package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

func (b *binder) block(x *syntax.Block) *Block {
	b.push()
	defer b.pop()
	return &Block{List: b.list(x.List), End: x.End}
}

// list binds statements. Local functions are known in the whole list: their names are
// declared first, their bodies are bound last and made before the other statements run.
func (b *binder) list(list []syntax.Stmt) []Stmt {
	var routines []*routine
	for _, s := range list {
		if f, ok := s.(*syntax.LocalFunction); ok {
			routines = append(routines, b.routine(f))
		}
	}
	var out []Stmt
	b.lists = append(b.lists, list)
	for _, s := range list {
		out = append(out, b.stmt(s)...)
	}
	b.lists = b.lists[:len(b.lists)-1]
	if routines == nil {
		return out
	}
	made := b.routineBodies(routines)
	for _, v := range b.scope.vars {
		v.Shared = true
	}
	return append(made, out...)
}

// one binds an embedded statement in a scope of its own.
func (b *binder) one(s syntax.Stmt) Stmt {
	b.push()
	defer b.pop()
	list := b.stmt(s)
	if len(list) == 1 {
		return list[0]
	}
	return &Block{List: list, End: s.Pos().End}
}

func (b *binder) stmt(s syntax.Stmt) []Stmt {
	b.work(s.Pos())
	switch s := s.(type) {
	case *syntax.Block:
		return []Stmt{b.block(s)}
	case *syntax.Local:
		return b.local(s)
	case *syntax.ExprStmt:
		return []Stmt{&Eval{X: b.effect(s.X)}}
	case *syntax.If:
		out := &If{Cond: b.condition(s.Cond)}
		out.Then = b.one(s.Then)
		if s.Else != nil {
			out.Else = b.one(s.Else)
		}
		return []Stmt{out}
	case *syntax.For:
		return []Stmt{b.forLoop(s)}
	case *syntax.ForEach:
		return []Stmt{b.forEach(s)}
	case *syntax.While:
		return []Stmt{b.while(s)}
	case *syntax.Switch:
		return []Stmt{b.switchStmt(s)}
	case *syntax.Try:
		return []Stmt{b.try(s)}
	case *syntax.Throw:
		if s.X == nil {
			if b.catches == 0 {
				b.fail("CS0156", s.Span)
			}
			return []Stmt{&Rethrow{}}
		}
		return []Stmt{&Eval{X: &Throw{typed{throwT}, b.exception(s.X)}}}
	case *syntax.Return:
		return []Stmt{b.returnStmt(s)}
	case *syntax.Using:
		return []Stmt{b.using(s)}
	case *syntax.Break:
		b.jump(b.loops > 0 || b.switches > 0, s.Span)
		return []Stmt{&Break{}}
	case *syntax.Continue:
		b.jump(b.loops > 0, s.Span)
		return []Stmt{&Continue{}}
	case *syntax.CheckedBlock:
		defer b.overflow(s.On)()
		return []Stmt{b.block(s.Body)}
	}
	return nil // *syntax.Empty
}

// jump checks a break or continue: it needs a loop or a switch, and one that stands in a finally block
// needs it there (C# specification 13.10).
func (b *binder) jump(inside bool, at syntax.Span) {
	switch {
	case inside:
	case b.finals > 0:
		b.fail("CS0157", at)
	default:
		b.fail("CS0139", at)
	}
}

// finally binds a finally block, which no jump may leave.
func (b *binder) finally(s *syntax.Block) *Block {
	loops, switches := b.loops, b.switches
	b.loops, b.switches = 0, 0
	b.finals++
	defer func() { b.loops, b.switches = loops, switches; b.finals-- }()
	return b.block(s)
}

// effect binds an expression whose value is not used.
func (b *binder) effect(x syntax.Expr) Expr {
	v := b.value(x)
	if v.Type() == groupT {
		b.fail("CS0201", x.Pos())
		return bad()
	}
	return v
}

func (b *binder) local(s *syntax.Local) []Stmt {
	var out []Stmt
	isVar := s.Type.IsVar()
	var t *types.Type
	if !isVar {
		t = b.typ(s.Type)
		if t == types.Void {
			b.fail("CS1547", s.Type.Span, "void")
			t = types.Error
		}
	} else if len(s.Vars) > 1 {
		b.fail("CS0819", s.Span)
	}
	for _, v := range s.Vars {
		out = append(out, b.variable(s, v, t))
	}
	return out
}

func (b *binder) variable(s *syntax.Local, v syntax.Variable, t *types.Type) Stmt {
	if v.Value == nil {
		if t == nil {
			b.fail("CS0818", v.Name.Span)
			t = types.Error
		} else if s.Const {
			b.fail("CS0145", v.Name.Span)
		}
		return &Declare{Var: b.declare(v.Name, t)}
	}
	var value Expr
	if t == nil {
		value = b.natural(v.Value, syntax.Span{Start: v.Name.Start, End: v.Value.Pos().End})
		d := b.declare(v.Name, value.Type())
		d.Start = v.Name.Start
		return b.constOr(s, v, d, value)
	}
	d := b.declare(v.Name, t) // before the value, so that a lambda may call itself
	d.Start = v.Name.Start
	value = b.convert(b.value(v.Value), t, v.Value.Pos())
	return b.constOr(s, v, d, value)
}

func (b *binder) constOr(s *syntax.Local, v syntax.Variable, d *Variable, value Expr) Stmt {
	if s.Const {
		c, ok := value.(*Const)
		if !ok {
			b.fail("CS0133", v.Value.Pos(), v.Name.Name)
			return &Declare{Var: d, Value: value}
		}
		d.Const = &c.Value
	}
	return &Declare{Var: d, Value: value}
}

func (b *binder) forLoop(s *syntax.For) Stmt {
	b.push()
	defer b.pop()
	out := &Loop{}
	for _, i := range s.Init {
		out.Init = append(out.Init, b.stmt(i)...)
	}
	if s.Cond != nil {
		out.Cond = b.condition(s.Cond)
	}
	for _, p := range s.Post {
		out.Post = append(out.Post, b.effect(p))
	}
	out.Body = b.loopBody(s.Body)
	return out
}

func (b *binder) loopBody(s syntax.Stmt) Stmt {
	b.loops++
	defer func() { b.loops-- }()
	return b.one(s)
}

func (b *binder) while(s *syntax.While) Stmt {
	b.push()
	defer b.pop()
	out := &Loop{Do: s.Do}
	if s.Do {
		out.Body = b.loopBody(s.Body)
		out.Cond = b.condition(s.Cond)
		return out
	}
	out.Cond = b.condition(s.Cond)
	out.Body = b.loopBody(s.Body)
	return out
}

func (b *binder) forEach(s *syntax.ForEach) Stmt {
	x := b.value(s.X)
	b.push()
	defer b.pop()
	elem := b.elementType(x, s.X.Pos())
	if s.Parts != nil {
		return b.forEachParts(s, x, elem)
	}
	t := elem
	if !s.Type.IsVar() {
		t = b.typ(s.Type)
	}
	tmp := b.temp(elem)
	convert := Expr(&Local{typed: typed{elem}, Var: tmp})
	if t != elem {
		y := b.explicit(convert, t)
		if y == nil {
			b.fail("CS0030", s.Type.Span, types.Qualified(elem), types.Qualified(t))
			y = bad()
		}
		convert = y
	}
	v := b.declare(s.Name, t)
	v.ReadOnly = "foreach iteration variable"
	out := &ForEach{Var: v, Elem: tmp, Convert: convert, X: x}
	out.Body = b.loopBody(s.Body)
	return out
}

// forEachParts binds foreach (var (a, b) in x).
func (b *binder) forEachParts(s *syntax.ForEach, x Expr, elem *types.Type) Stmt {
	tmp, v := b.temp(elem), b.temp(elem)
	out := &ForEach{Var: v, Elem: tmp, Convert: &Local{typed: typed{elem}, Var: tmp}, X: x}
	at := s.Parts.Pos()
	split := &Eval{X: b.deconstruct(&Local{typed: typed{elem}, Var: v}, s.X.Pos(), at, parts(s.Parts))}
	out.Body = &Block{List: []Stmt{split, b.loopBody(s.Body)}, End: s.End}
	return out
}

// elementType is the type of what foreach gets of x: of the type's own GetEnumerator, or of
// IEnumerable<T> (C# specification 13.9.5.2).
func (b *binder) elementType(x Expr, at syntax.Span) *types.Type {
	t := x.Type()
	switch {
	case isBad(x):
		return types.Error
	case t.Kind == types.KindArray:
		return t.Elem
	case t == groupT:
		b.fail("CS0446", at, "method group")
		return types.Error
	}
	if t.Kind != types.KindVoid && t != types.NullT {
		if own := b.reg.Own(t, "GetEnumerator"); len(own) == 1 && t.Kind == types.KindClass && len(own[0].Result.Args) == 1 {
			return b.memberType(own[0].Result.Args[0], t)
		}
		if e := b.reg.AsGeneric(t, types.EnumerableT); e != nil {
			return e.Args[0]
		}
	}
	b.fail("CS1579", at, t.Name)
	return types.Error
}

func (b *binder) try(s *syntax.Try) Stmt {
	out := &Try{Body: b.block(s.Body)}
	var seen []*types.Type
	for _, c := range s.Catches {
		b.push()
		k := Catch{}
		if c.Type != nil {
			k.Type = b.typ(c.Type)
			if k.Type.Kind != types.KindError && !b.reg.Derives(k.Type, types.ExceptionT) {
				b.fail("CS0155", c.Type.Span)
			}
			for _, p := range seen {
				if k.Type.Kind != types.KindError && b.reg.Derives(k.Type, p) {
					b.fail("CS0160", c.Type.Span, p.Full)
					break
				}
			}
			if c.Filter == nil {
				seen = append(seen, k.Type)
			}
			if c.Name != nil {
				k.Var = b.declare(*c.Name, k.Type)
			}
		}
		if c.Filter != nil {
			k.Filter = b.condition(c.Filter)
		}
		b.catches++
		k.Body = b.block(c.Body)
		b.catches--
		b.pop()
		out.Catches = append(out.Catches, k)
	}
	if s.Finally != nil {
		out.Finally = b.finally(s.Finally)
	}
	return out
}

func (b *binder) returnStmt(s *syntax.Return) Stmt {
	if b.finals > 0 {
		b.fail("CS0157", s.Span)
	}
	if b.returns != nil {
		r := returned{at: s.Span}
		if s.X != nil {
			r.x, r.at = b.value(s.X), s.X.Pos()
		}
		*b.returns = append(*b.returns, r)
		return &Return{X: r.x, at: r.at}
	}
	t := b.fn.Result
	if s.X == nil {
		if t != nil && t.Kind != types.KindVoid {
			b.fail("CS0126", s.Span, t.Name)
		}
		return &Return{at: s.Span}
	}
	v := b.value(s.X)
	if t == types.Void {
		b.fail("CS0127", s.Span, "lambda expression")
		return &Return{}
	}
	return &Return{X: b.convert(v, t, s.X.Pos()), at: s.Span}
}

// retarget converts the returns of a block whose result type was found last.
func (b *binder) retarget(s Stmt, t *types.Type) {
	switch s := s.(type) {
	case *Block:
		for _, x := range s.List {
			b.retarget(x, t)
		}
	case *If:
		b.retarget(s.Then, t)
		b.retarget(s.Else, t)
	case *Loop:
		b.retarget(s.Body, t)
	case *ForEach:
		b.retarget(s.Body, t)
	case *Switch:
		for _, x := range s.Sections {
			b.retarget(x.Body, t)
		}
	case *Try:
		b.retarget(s.Body, t)
		for _, c := range s.Catches {
			b.retarget(c.Body, t)
		}
		if s.Finally != nil {
			b.retarget(s.Finally, t)
		}
	case *Using:
		b.retarget(s.Body, t)
	case *Return:
		if s.X != nil && t.Kind != types.KindVoid {
			s.X = b.convert(s.X, t, s.at)
		}
	}
}

func (b *binder) using(s *syntax.Using) Stmt {
	b.push()
	defer b.pop()
	out := &Using{}
	check := func(t *types.Type, at syntax.Span) {
		if t.Kind != types.KindError && t != types.NullT && !b.reg.Derives(t, types.DisposableT) {
			b.fail("CS1674", at, t.Name)
		}
	}
	if s.Decl != nil {
		for _, d := range b.local(s.Decl) {
			v := d.(*Declare)
			v.Var.ReadOnly = "using variable"
			check(v.Var.Type, s.Decl.Span)
			out.Vars = append(out.Vars, *v)
		}
	} else {
		x := b.value(s.X)
		check(x.Type(), s.X.Pos())
		out.Vars = []Declare{{Var: b.temp(x.Type()), Value: x}}
	}
	out.Body = b.one(s.Body)
	return out
}

func (b *binder) switchStmt(s *syntax.Switch) Stmt {
	x := b.natural(s.X, s.X.Pos())
	b.push()
	defer b.pop()
	b.switches++
	defer func() { b.switches-- }()
	out := &Switch{Var: b.temp(x.Type()), X: x, Default: -1, Table: map[types.Key]int{}}
	simple := true
	var handled []*types.Type // all of whose values earlier cases take
	if len(s.Sections) == 0 {
		b.failed = true // CS1522 is a warning
	}
	for i, sec := range s.Sections {
		b.push()
		var section Section
		for _, l := range sec.Labels {
			label := Label{Default: l.Pattern == nil}
			if label.Default {
				out.Default = i
			} else {
				label.Pattern = b.pattern(l.Pattern, x.Type())
			}
			if l.When != nil {
				label.When = b.condition(l.When)
			}
			if handled = b.subsumed(handled, label, x.Type(), l.Span); len(handled) > 0 && handled[len(handled)-1] == x.Type() {
				out.Exhaustive = true
			}
			if label.Pattern.Const != nil && label.When == nil {
				k := types.KeyOf(*label.Pattern.Const)
				if _, twice := out.Table[k]; twice {
					b.fail("CS0152", l.Span, (&types.Run{Types: b.reg}).Text(*label.Pattern.Const))
				}
				out.Table[k] = i
			} else if !label.Default {
				simple = false
			}
			section.Labels = append(section.Labels, label)
		}
		section.Body = &Block{List: b.list(sec.List), End: sec.End}
		section.At = sec.Labels[0].Span
		b.pop()
		out.Sections = append(out.Sections, section)
	}
	if !simple {
		out.Table = nil
	}
	return out
}

// subsumed adds the type that a case without a condition takes all values of to those that earlier ones
// take, and reports a case that none is left for.
func (b *binder) subsumed(handled []*types.Type, l Label, operand *types.Type, at syntax.Span) []*types.Type {
	t := l.Pattern.Type
	switch {
	case l.Default:
		return handled
	case l.Pattern.Any:
		t = operand
	case l.Pattern.Const != nil && !l.Pattern.Const.IsNull():
		t = b.reg.TypeOf(*l.Pattern.Const)
	}
	if t == nil || t.Kind == types.KindError {
		return handled
	}
	for _, h := range handled {
		if b.reg.Derives(t, h) {
			b.fail("CS8120", at)
			return handled
		}
	}
	if l.When == nil && l.Pattern.Const == nil && (l.Pattern.Any || t != operand || t.IsValueType()) {
		handled = append(handled, t)
	}
	return handled
}
