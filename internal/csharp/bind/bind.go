// Package bind gives every name and operator of a parsed policy expression its meaning: it
// turns a syntax tree into a typed tree (tree.go) or reports what the C# compiler would
// report. Start at Bind. expr.go binds expressions, member.go names and members,
// call.go calls, overload.go and infer.go choose among members, convert.go converts,
// pattern.go tests, stmt.go binds statements, flow.go follows control: unassigned
// variables, missing returns.
package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// Options say what the code is bound against.
type Options struct {
	Types   *types.Registry
	Context *types.Type // of the variable context; nil: there is none
	Want    *types.Type // of the result; nil: any
	Source  string      // the code, quoted by some messages
}

// Bind binds an expression or, when block is not nil, statements. The function is nil when
// there are problems.
func Bind(x syntax.Expr, block *syntax.Block, o Options) (*Function, []syntax.Problem) {
	b := &binder{reg: o.Types, context: o.Context, budget: 100_000, source: o.Source}
	f := &Function{Result: o.Want}
	b.fn = f
	b.guard(func() {
		b.push()
		if block != nil {
			b.function(f, nil, block, block.Span)
		} else {
			b.function(f, x, nil, x.Pos())
		}
	})
	if len(b.problems) == 0 {
		b.guard(func() { b.flow(f) })
	}
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	return f, nil
}

const maxProblems = 20

type binder struct {
	reg       *types.Registry
	context   *types.Type
	problems  []syntax.Problem
	source    string
	quiet     int  // in a trial: problems are counted, not kept
	failed    bool // since the last trial began
	fn        *Function
	scope     *scope
	catches   int
	loops     int
	switches  int
	finals    int             // finally blocks around
	lists     [][]syntax.Stmt // the statement lists around
	checked   bool
	unchecked bool // said explicitly: constants may overflow
	budget    int  // bounds the work of trials
	lambdas   map[lambdaKey]*types.Type
	invoked   *syntax.Member // what the call at hand calls
	bound     []*Variable    // the receivers of conditional accesses
	returns   *[]returned    // of the lambda that is being inferred
}

type stop struct{}

func (b *binder) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(stop); !ok {
				panic(r)
			}
		}
	}()
	f()
}

func (b *binder) fail(code string, at syntax.Span, args ...any) {
	b.failed = true
	if b.quiet > 0 {
		return
	}
	p := syntax.NewProblem(code, at.Start, at.End, args...)
	for _, q := range b.problems {
		if q.Start == p.Start && q.Code == p.Code {
			return
		}
	}
	b.problems = append(b.problems, p)
	if len(b.problems) >= maxProblems {
		panic(stop{})
	}
}

// hint adds a remedy to the problem reported last.
func (b *binder) hint(text string) {
	if n := len(b.problems); n > 0 && b.quiet == 0 && text != "" {
		b.problems[n-1].Hint = text
	}
}

// work counts bound nodes, so that nested lambdas in overloaded calls can't take for ever.
func (b *binder) work(at syntax.Span) {
	if b.budget--; b.budget < 0 {
		b.quiet = 0
		b.fail("CS8078", at)
		panic(stop{})
	}
}

// trial runs f without reporting and says whether it went without problems.
func (b *binder) trial(f func()) bool {
	failed := b.failed
	b.quiet++
	b.failed = false
	f()
	ok := !b.failed
	b.quiet--
	b.failed = failed
	return ok
}

// scope is where names are declared.
type scope struct {
	parent *scope
	fn     *Function
	vars   map[string]*Variable
	types  map[string]*types.Type // type parameters of a local function
}

func (b *binder) push() { b.scope = &scope{parent: b.scope, fn: b.fn} }

func (b *binder) pop() { b.scope = b.scope.parent }

// declare makes a variable in the current scope.
func (b *binder) declare(n syntax.Name, t *types.Type) *Variable {
	v := &Variable{Name: n.Name, Type: t, Owner: b.fn, Slot: b.fn.slot(), Start: n.Start}
	if n.Name == "" {
		return v
	}
	for s := b.scope; s != nil; s = s.parent {
		if s.vars[n.Name] == nil {
			continue
		}
		if s == b.scope {
			b.fail("CS0128", n.Span, n.Name)
		} else {
			b.fail("CS0136", n.Span, n.Name)
		}
		break
	}
	if b.context != nil && n.Name == "context" {
		b.fail("CS0136", n.Span, n.Name)
	}
	if b.scope.vars == nil {
		b.scope.vars = map[string]*Variable{}
	}
	b.scope.vars[n.Name] = v
	return v
}

// temp is a variable without a name.
func (b *binder) temp(t *types.Type) *Variable {
	return &Variable{Type: t, Owner: b.fn, Slot: b.fn.slot(), Param: true}
}

func (b *binder) lookup(name string) *Variable {
	for s := b.scope; s != nil; s = s.parent {
		if v := s.vars[name]; v != nil {
			if v.Owner != b.fn {
				v.Captured = true
			}
			return v
		}
	}
	return nil
}

// typeParam is the type that a type parameter stands for; nil when the name is none.
func (b *binder) typeParam(name string) *types.Type {
	for s := b.scope; s != nil; s = s.parent {
		if t := s.types[name]; t != nil {
			return t
		}
	}
	return nil
}

// use marks v as captured when the current function is another than its owner.
func (b *binder) use(v *Variable) *Variable {
	if v.Owner != b.fn {
		v.Captured = true
	}
	return v
}

// function binds a body; f.Result nil means that any type will do and becomes the one found.
func (b *binder) function(f *Function, x syntax.Expr, block *syntax.Block, at syntax.Span) {
	if block != nil {
		b.body(f, block)
		return
	}
	v := b.value(x)
	switch {
	case f.Result == nil && f.Parent == nil && v.Type().Kind == types.KindVoid:
		f.Result = types.ObjectT
		v = b.convert(v, f.Result, at)
	case f.Result == nil:
		f.Result = v.Type()
		if v.Type() == types.NullT {
			f.Result = types.ObjectT
		}
	case f.Result.Kind == types.KindVoid:
	default:
		v = b.convert(v, f.Result, at)
	}
	f.X = v
}

// returned is one return statement of a lambda whose result is not known yet.
type returned struct {
	x  Expr
	at syntax.Span
}

// body binds a block; without a wanted type the best common type of its returns is the result.
func (b *binder) body(f *Function, block *syntax.Block) {
	if f.Result != nil {
		f.Block = b.block(block)
		return
	}
	var list []returned
	outer := b.returns
	b.returns = &list
	f.Block = b.block(block)
	b.returns = outer
	var xs []Expr
	for _, r := range list {
		if r.x != nil {
			xs = append(xs, r.x)
		}
	}
	switch t := b.bestCommon(xs); {
	case t != nil:
		f.Result = t
	case len(xs) > 0:
		f.Result = types.ObjectT
	default:
		f.Result = types.Void
	}
	b.retarget(f.Block, f.Result)
}
