package csharp

import (
	"time"

	"gatehouse/internal/csharp/bind"
	"gatehouse/internal/csharp/compile"
	"gatehouse/internal/csharp/host"
	"gatehouse/internal/csharp/lib"
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
	"gatehouse/internal/diag"
)

// Kind says which form an expression has.
type Kind uint8

// The kinds.
const (
	Expression Kind = iota // @(...)
	Block                  // @{...}
)

// Value is a result; see package types.
type Value = types.Value

// Exception is the .NET exception that ended an evaluation.
type Exception = types.Exception

// LimitError is the error of an evaluation that asked for too much.
type LimitError = types.LimitError

// Options say how to compile.
type Options struct {
	Kind     Kind
	Want     *types.Type                    // of the result: types.String, types.Boolean, ...; nil: any
	Context  *types.Type                    // of the variable context; nil: the usual one
	NoHost   bool                           // there is no context: constants of the control plane
	Position func(offset int) diag.Position // of a byte of the code in the policy document; nil: in the code
	File     string
	Types    *types.Registry // nil: lib.Types()
	Limits   types.Limits
}

// Program is a compiled expression; it never changes and any number of evaluations may run
// at once.
type Program struct {
	code     *compile.Code
	result   *types.Type
	settings compile.Settings
	constant *Value
}

// Compile compiles the code of an expression, without @ and its brackets. The program is
// nil when the list has errors.
func Compile(src string, o Options) (*Program, diag.List) {
	if o.Types == nil {
		o.Types = lib.Types()
	}
	if o.Context == nil && !o.NoHost {
		o.Context = o.Types.Named(host.ContextType)
	}
	if o.Position == nil {
		o.Position = diag.NewSource(o.File, src).Position
	}
	var x syntax.Expr
	var block *syntax.Block
	var problems []syntax.Problem
	if o.Kind == Block {
		block, problems = syntax.ParseBlock(src)
	} else {
		x, problems = syntax.ParseExpression(src)
	}
	var f *bind.Function
	if len(problems) == 0 {
		f, problems = bind.Bind(x, block, bind.Options{Types: o.Types, Context: o.Context, Want: o.Want, Source: src})
	}
	if len(problems) > 0 {
		return nil, diagnostics(problems, o)
	}
	p := &Program{code: compile.Function(f), result: f.Result}
	p.settings = compile.Settings{Types: o.Types, Limits: o.Limits}
	if k, ok := f.X.(*bind.Const); ok {
		p.constant = &k.Value
	}
	return p, nil
}

// diagnostics maps problems to the document.
func diagnostics(list []syntax.Problem, o Options) diag.List {
	out := make(diag.List, 0, len(list))
	for _, p := range list {
		out = append(out, diag.Diagnostic{Code: p.Code, Message: p.Message, Hint: p.Hint, File: o.File,
			Range: diag.Range{Start: o.Position(p.Start), End: o.Position(p.End)}})
	}
	out.Sort()
	return out
}

// Frame is what a program runs in: the exchange, and the clock.
type Frame struct {
	Context host.Context
	Now     func() time.Time // nil: time.Now
}

// Type is the static type of the result.
func (p *Program) Type() *types.Type { return p.result }

// Constant is the value of a program that reads nothing; ok is false for others.
func (p *Program) Constant() (v Value, ok bool) {
	if p.constant == nil {
		return types.Null, false
	}
	return *p.constant, true
}

// Run evaluates p. The error is an *Exception of C# code, a *LimitError, or what a
// mistake of the library raised.
func (p *Program) Run(f *Frame) (Value, error) {
	if p.constant != nil {
		return *p.constant, nil
	}
	s := p.settings
	if f.Context != nil {
		s.Context = f.Context
	}
	s.Now = f.Now
	return p.code.Run(&s)
}

// RunBool is Run for conditions; the program was compiled with Want types.Boolean.
func (p *Program) RunBool(f *Frame) (bool, error) {
	v, err := p.Run(f)
	return v.Bool(), err
}

// RunString is Run with the result's ToString; null is "" and not ok.
func (p *Program) RunString(f *Frame) (s string, ok bool, err error) {
	v, err := p.Run(f)
	if err != nil || v.IsNull() {
		return "", false, err
	}
	if s, ok := v.Text(); ok {
		return s, true, nil
	}
	r := &types.Run{Now: f.Now}
	r.Reset(p.settings.Types, f.Context, p.settings.Limits)
	return r.Text(v), true, nil
}
