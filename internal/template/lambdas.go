package template

import (
	"slices"
	"strings"
)

// lambdaValue is lambda('x', ..., body) with the place where it stands.
type lambdaValue struct {
	params []string
	body   expr
	frame  *frame
}

// Functions that take lambdas.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-lambda
func lambdaFunctions() map[string]*function {
	return map[string]*function{
		"lambda":          {min: 1, max: -1, lazy: lambda},
		"lambdaVariables": fixed(1, lambdaVariables),
		"filter":          {min: 2, max: 2, shallow: true, call: filter},
		"map":             {min: 2, max: 2, shallow: true, call: mapArray},
		"mapValues":       {min: 2, max: 2, shallow: true, call: mapValues},
		"reduce":          {min: 3, max: 3, shallow: true, call: reduce},
		"sort":            {min: 2, max: 2, shallow: true, call: sortArray},
		"groupBy":         {min: 2, max: 2, shallow: true, call: groupBy},
		"toObject":        {min: 2, max: 3, shallow: true, call: toObject},
	}
}

func lambda(f *frame, e *callExpr) (any, error) {
	l := &lambdaValue{body: e.args[len(e.args)-1], frame: f}
	for _, a := range e.args[:len(e.args)-1] {
		lit, ok := a.(*literalExpr)
		name, isString := "", false
		if ok {
			name, isString = lit.value.(string)
		}
		if !isString {
			return nil, fault("The template language function 'lambda' expects the names of its variables to be string literals. Please see https://aka.ms/arm-functions#lambda for usage details.")
		}
		l.params = append(l.params, name)
	}
	return l, nil
}

// run calls the lambda; of the values it takes as many as it has variables.
func (l *lambdaValue) run(values ...any) (any, error) {
	f := l.frame
	if err := f.step(); err != nil {
		return nil, err
	}
	vars := f.vars
	for i, name := range l.params {
		if i < len(values) {
			vars = &binding{name: name, value: values[i], up: vars}
		}
	}
	return l.body.eval(f.with(func(g *frame) { g.vars = vars }))
}

// probe runs the lambda with unknown variables, for the references in it only.
func (l *lambdaValue) probe() {
	values := make([]any, len(l.params))
	for i := range values {
		values[i] = &Unknown{}
	}
	_, _ = l.run(values...)
}

func lambdaVariables(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	for b := f.vars; b != nil; b = b.up {
		if strings.EqualFold(b.name, name) {
			return b.value, nil
		}
	}
	return nil, fault("The template lambda variable '%s' is not found. Please see https://aka.ms/arm-functions#lambdavariables for usage details.", name)
}

func (c call) lambda(i, least, most int) (*lambdaValue, error) {
	l, ok := c.args[i].(*lambdaValue)
	if !ok {
		return nil, c.expected(i, "Lambda")
	}
	if n := len(l.params); n < least || n > most {
		return nil, c.fail("expects its lambda to have %d to %d variables. The provided lambda has %d", least, most, n)
	}
	return l, nil
}

func (c call) arrayAndLambda(least, most int) ([]any, *lambdaValue, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, nil, err
	}
	l, err := c.lambda(1, least, most)
	return a, l, err
}

// test runs a lambda that must give a boolean.
func (c call) test(l *lambdaValue, values ...any) (result, unknown bool, err error) {
	v, err := l.run(values...)
	if err != nil {
		return false, false, err
	}
	if _, ok := v.(*Unknown); ok {
		return false, true, nil
	}
	b, ok := v.(bool)
	if !ok {
		return false, false, c.fail("expects its lambda to give a boolean, not a value of type '%s'", typeName(v))
	}
	return b, false, nil
}

func filter(_ *frame, c call) (any, error) {
	a, l, err := c.arrayAndLambda(1, 2)
	if err != nil {
		return nil, err
	}
	out, waiting := []any{}, false
	for i, v := range a {
		keep, unknown, err := c.test(l, v, int64(i))
		if err != nil {
			return nil, err
		}
		waiting = waiting || unknown
		if keep {
			out = append(out, v)
		}
	}
	if waiting {
		return &Unknown{}, nil
	}
	return out, nil
}

func mapArray(_ *frame, c call) (any, error) {
	a, l, err := c.arrayAndLambda(1, 2)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(a))
	for i, v := range a {
		if out[i], err = l.run(v, int64(i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func mapValues(_ *frame, c call) (any, error) {
	o, err := c.object(0)
	if err != nil {
		return nil, err
	}
	l, err := c.lambda(1, 1, 1)
	if err != nil {
		return nil, err
	}
	out := NewObject()
	for i, k := range o.keys {
		v, err := l.run(o.vals[i])
		if err != nil {
			return nil, err
		}
		out.set(k, v)
	}
	return out, nil
}

func reduce(_ *frame, c call) (any, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, err
	}
	l, err := c.lambda(2, 2, 3)
	if err != nil {
		return nil, err
	}
	v := c.args[1]
	for i, e := range a {
		if v, err = l.run(v, e, int64(i)); err != nil {
			return nil, err
		}
		if err := checkSize(c.name, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// sortArray is stable; the lambda says whether the first of two goes before the second.
func sortArray(_ *frame, c call) (any, error) {
	a, l, err := c.arrayAndLambda(2, 2)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(a)
	waiting := false
	less := func(x, y any) bool {
		if err != nil {
			return false
		}
		b, unknown, e := c.test(l, x, y)
		err, waiting = e, waiting || unknown
		return b
	}
	slices.SortStableFunc(out, func(x, y any) int {
		if less(x, y) {
			return -1
		}
		if less(y, x) {
			return 1
		}
		return 0
	})
	if waiting && err == nil {
		return &Unknown{}, nil
	}
	return out, err
}

// key runs a lambda that must give a string.
func (c call) key(l *lambdaValue, v any) (key string, unknown bool, err error) {
	k, err := l.run(v)
	if err != nil {
		return "", false, err
	}
	if _, ok := k.(*Unknown); ok {
		return "", true, nil
	}
	s, ok := k.(string)
	if !ok {
		return "", false, c.fail("expects its lambda to give a string, not a value of type '%s'", typeName(k))
	}
	return s, false, nil
}

func groupBy(_ *frame, c call) (any, error) {
	a, l, err := c.arrayAndLambda(1, 1)
	if err != nil {
		return nil, err
	}
	out := NewObject()
	for _, v := range a {
		k, unknown, err := c.key(l, v)
		if err != nil {
			return nil, err
		}
		if unknown {
			return &Unknown{}, nil
		}
		group, _ := out.Value(k).([]any)
		out.setFold(k, append(slices.Clip(group), v))
	}
	return out, nil
}

func toObject(_ *frame, c call) (any, error) {
	a, l, err := c.arrayAndLambda(1, 1)
	if err != nil {
		return nil, err
	}
	var value *lambdaValue
	if c.has(2) && c.args[2] != nil {
		if value, err = c.lambda(2, 1, 1); err != nil {
			return nil, err
		}
	}
	out, waiting := NewObject(), false
	for _, v := range a {
		k, unknown, err := c.key(l, v)
		if err != nil {
			return nil, err
		}
		if value != nil {
			if v, err = value.run(v); err != nil {
				return nil, err
			}
		}
		waiting = waiting || unknown
		out.setFold(k, v)
	}
	if waiting {
		return &Unknown{}, nil
	}
	return out, nil
}
