package template

import (
	"context"
	"fmt"
	"strings"
)

// Output is an evaluated output. The value of a secure one is in Value too; whoever shows
// outputs withholds it.
type Output struct {
	Name   string
	Type   string // as deployments show it
	Secure bool
	Value  any // as To gives it
	Known  bool
}

// Outputs evaluates the template's outputs when all resources are done.
func (p *Plan) Outputs(ctx context.Context, rt Runtime) ([]Output, error) {
	t := p.ev.t
	steps := maxSteps
	f := &frame{ctx: ctx, ev: p.ev, rt: rt, can: canReference, steps: &steps}
	var out []Output
	for i, name := range t.outputs.keys {
		o, ok, err := p.output(f, name, t.outputs.vals[i].(*Object), t.outputs.offset(i))
		if err != nil {
			return nil, p.ev.withoutSecrets(p.outputError(name, t.outputs.offset(i), err))
		}
		if ok {
			out = append(out, o)
		}
	}
	return out, nil
}

func (p *Plan) output(f *frame, name string, raw *Object, at int) (Output, bool, error) {
	t := p.ev.t
	if c, ok := raw.Get("condition"); ok {
		v, err := f.value(c)
		if err != nil || v == false {
			return Output{}, false, err
		}
	}
	s, err := t.schemaOf(raw, "template output '"+name+"'", at)
	if err != nil {
		return Output{}, false, err
	}
	o := Output{Name: name, Type: s.typeName(), Secure: s.secure()}
	v, err := p.outputValue(f, raw)
	if err != nil {
		return o, false, err
	}
	o.Known = !HasUnknown(v)
	if v == nil && s.nullable {
		return o, false, nil
	}
	if !s.matches(v) && o.Known {
		return o, false, fault("the type of the value is '%s', but the declared type is '%s'. Please see https://aka.ms/arm-syntax-outputs for usage details", typeName(v), s.kind)
	}
	if err := t.check(raw, v, "template output '"+name+"'", "", at); err != nil {
		return o, false, err
	}
	if weigh(v, maxText) > maxText {
		return o, false, fault("the value is larger than %d bytes", maxText)
	}
	o.Value = To(v)
	return o, true, nil
}

func (p *Plan) outputValue(f *frame, raw *Object) (any, error) {
	if loop, ok := raw.Value("copy").(*Object); ok {
		n, known, err := f.count("", loop)
		if err != nil || !known {
			return &Unknown{}, err
		}
		out := make([]any, 0, n)
		for i := range n {
			g := f.with(func(g *frame) { g.copies = &copyScope{index: i}; g.can |= canCopyIndex })
			v, err := g.value(loop.Value("input"))
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	return f.value(raw.Value("value"))
}

func (p *Plan) outputError(name string, at int, err error) error {
	line, column := p.ev.t.place(at)
	message := err.Error()
	if e, ok := err.(*Error); ok {
		message = e.Message
	}
	return &Error{Code: EvaluationFailed, Target: name, Line: line, Column: column, Cause: err,
		Message: fmt.Sprintf("The template output '%s' is not valid: %s.", name, strings.TrimSuffix(message, "."))}
}
