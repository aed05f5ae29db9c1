package template

import (
	"context"
	"strings"
)

// frame is where an expression is evaluated. Frames are copied, never changed, when
// a copy loop, a lambda or a function adds to them.
type frame struct {
	ctx       context.Context
	ev        *evaluator
	rt        Runtime
	can       ability
	node      *Node       // the resource whose body this is; nil elsewhere
	planning  bool        // references to resources of the template are not answered yet
	refs      func(*Node) // told of each resource of the template that is referred to
	copies    *copyScope  // copy loops, innermost first
	vars      *binding    // lambda variables, innermost first
	args      *Object     // parameters of the user function, nil outside of one
	resolving *resolving  // parameters and variables under way
	steps     *int        // what is left of the budget
}

// maxSteps bounds the calls and iterations that planning, or one resource, may take, so that
// every template ends.
const maxSteps = 2_000_000

// maxText bounds what a function may return: 4 MiB is the size of a whole template.
const maxText = 4 << 20

type copyScope struct {
	name     string
	index    int64
	property bool // a loop inside of a body
	up       *copyScope
}

type binding struct {
	name  string
	value any
	up    *binding
}

type resolving struct {
	name string
	up   *resolving
}

func (e *literalExpr) eval(*frame) (any, error) { return e.value, nil }

func (e *callExpr) eval(f *frame) (any, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	if e.fn != nil && e.fn.needs&^f.can != 0 {
		return nil, fault("The template function '%s' is not expected at this location. Please see https://aka.ms/arm-functions for usage details.", e.name)
	}
	if e.fn != nil && e.fn.lazy != nil {
		return e.fn.lazy(f, e)
	}
	args := make([]any, len(e.args))
	for i, a := range e.args {
		v, err := a.eval(f)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	if e.user != nil {
		return e.user.call(f, args)
	}
	if waits(e.fn, args) {
		return &Unknown{}, nil
	}
	v, err := e.fn.call(f, call{e.name, args})
	if err == nil {
		err = checkSize(e.name, v)
	}
	return v, err
}

// waits reports whether a call has an argument that is not known yet. Lambdas among
// the arguments are then run once, for the references in them.
func waits(fn *function, args []any) bool {
	if fn.holds {
		return false
	}
	unknown := false
	for _, a := range args {
		if _, ok := a.(*Unknown); ok || !fn.shallow && HasUnknown(a) {
			unknown = true
		}
	}
	for _, a := range args {
		if l, ok := a.(*lambdaValue); ok && unknown {
			l.probe()
		}
	}
	return unknown
}

// step takes one from the budget.
func (f *frame) step() error {
	if *f.steps--; *f.steps < 0 {
		return fault("The template needs too many function calls and iterations to be evaluated (the limit is %d).", maxSteps)
	}
	if *f.steps%4096 == 0 {
		return f.ctx.Err()
	}
	return nil
}

func checkSize(name string, v any) error {
	switch v := v.(type) {
	case string:
		if len(v) > maxText {
			return fault("The template language function '%s' gives a string of %d bytes; at most %d are allowed.", name, len(v), maxText)
		}
	case []any:
		if len(v) > maxText/16 {
			return fault("The template language function '%s' gives an array of %d items; at most %d are allowed.", name, len(v), maxText/16)
		}
	}
	return nil
}

func (e *accessExpr) eval(f *frame) (any, error) {
	base, err := e.base.eval(f)
	if err != nil {
		return nil, err
	}
	index, err := e.index.eval(f)
	if err != nil {
		return nil, err
	}
	if _, ok := index.(*Unknown); ok {
		return index, nil
	}
	v, found, err := access(base, index)
	if err != nil || found || e.safe {
		return v, err
	}
	return nil, missing(base, index)
}

// access looks index up in base; what a partly known object lacks is Unknown.
func access(base, index any) (v any, found bool, err error) {
	switch b := base.(type) {
	case *Unknown:
		return b, true, nil
	case nil:
		return nil, false, nil
	case *Object:
		key, ok := index.(string)
		if !ok {
			return nil, false, fault("The language expression property '%s' can't be evaluated, property name must be a string.", describe(index))
		}
		if v, ok := b.Get(key); ok {
			return v, true, nil
		}
		if b.open {
			return &Unknown{}, true, nil
		}
		return nil, false, nil
	case []any:
		i, ok := index.(int64)
		if !ok {
			return nil, false, fault("The language expression property '%s' can't be evaluated, property name must be an integer.", describe(index))
		}
		if i < 0 || i >= int64(len(b)) {
			return nil, false, nil
		}
		return b[i], true, nil
	}
	return nil, false, fault("The language expression property '%s' can't be evaluated: the value is of type '%s', neither an object nor an array.", describe(index), typeName(base))
}

func missing(base, index any) error {
	switch b := base.(type) {
	case *Object:
		return fault("The language expression property '%s' doesn't exist, available properties are '%s'.", describe(index), strings.Join(b.keys, ", "))
	case []any:
		return fault("The language expression property array index '%s' is out of bounds.", describe(index))
	}
	return fault("The language expression property '%s' can't be evaluated: the value is null.", describe(index))
}

func describe(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return encode(v)
}

// value evaluates a piece of a template: expressions in strings and keys, and the
// copy loops of objects.
func (f *frame) value(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return f.text(v)
	case []any:
		if err := f.step(); err != nil {
			return nil, err
		}
		out := make([]any, len(v))
		for i := range v {
			e, err := f.value(v[i])
			if err != nil {
				return nil, err
			}
			out[i] = e
		}
		return out, nil
	case *Object:
		return f.objectValue(v)
	}
	return v, nil
}

func (f *frame) text(s string) (any, error) {
	if !isExpression(s) {
		return unescape(s), nil
	}
	e, err := f.ev.compile(s)
	if err != nil {
		return nil, err
	}
	v, err := e.eval(f)
	if _, ok := v.(*Unknown); ok && err == nil {
		return &Unknown{Source: s}, nil
	}
	if _, ok := v.(*lambdaValue); ok && err == nil {
		return nil, fault("The template function 'lambda' is not expected at this location. Please see https://aka.ms/arm-functions for usage details.")
	}
	return v, err
}

func (f *frame) objectValue(o *Object) (any, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	out := NewObject()
	for i, k := range o.keys {
		if loops, ok := o.vals[i].([]any); ok && strings.EqualFold(k, "copy") && areLoops(loops) {
			if err := f.loops(loops, out); err != nil {
				return nil, err
			}
			continue
		}
		key, err := f.key(k)
		if err != nil {
			return nil, err
		}
		v, err := f.value(o.vals[i])
		if err != nil {
			return nil, err
		}
		out.set(key, v)
	}
	return out, nil
}

func (f *frame) key(k string) (string, error) {
	if !isExpression(k) {
		return unescape(k), nil
	}
	v, err := f.text(k)
	if err != nil {
		return "", err
	}
	if u, ok := v.(*Unknown); ok {
		return u.Source, nil
	}
	s, ok := v.(string)
	if !ok {
		return "", fault("The name of a property must be a string: the expression '%s' gives a value of type '%s'.", k, typeName(v))
	}
	return s, nil
}

// string evaluates v and wants a string.
func (f *frame) string(v any, what string) (string, error) {
	v, err := f.value(v)
	if err != nil {
		return "", err
	}
	s, ok := v.(string)
	if !ok {
		return "", wrongType(v, "The %s must be a string, not a value of type '%s'.", what)
	}
	return s, nil
}

func (f *frame) with(change func(*frame)) *frame {
	g := *f
	change(&g)
	return &g
}
