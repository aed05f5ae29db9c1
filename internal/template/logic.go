package template

import (
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// Logical and comparison functions. if, and, or and coalesce evaluate only what they need.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-logical
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-comparison
func logicFunctions() map[string]*function {
	return map[string]*function{
		"if":              {min: 3, max: 3, lazy: ifThenElse},
		"and":             {min: 2, max: -1, lazy: func(f *frame, c *callExpr) (any, error) { return shortCircuit(f, c, false) }},
		"or":              {min: 2, max: -1, lazy: func(f *frame, c *callExpr) (any, error) { return shortCircuit(f, c, true) }},
		"coalesce":        {min: 1, max: -1, lazy: coalesce},
		"not":             fixed(1, func(_ *frame, c call) (any, error) { b, err := c.boolean(0); return !b, err }),
		"bool":            fixed(1, toBool),
		"true":            fixed(0, func(*frame, call) (any, error) { return true, nil }),
		"false":           fixed(0, func(*frame, call) (any, error) { return false, nil }),
		"equals":          fixed(2, func(_ *frame, c call) (any, error) { return equal(c.args[0], c.args[1]), nil }),
		"less":            comparison(func(n int) bool { return n < 0 }),
		"lessOrEquals":    comparison(func(n int) bool { return n <= 0 }),
		"greater":         comparison(func(n int) bool { return n > 0 }),
		"greaterOrEquals": comparison(func(n int) bool { return n >= 0 }),
		"fail":            fixed(1, failWith),
	}
}

func ifThenElse(f *frame, e *callExpr) (any, error) {
	v, err := e.args[0].eval(f)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case bool:
		if v {
			return e.args[1].eval(f)
		}
		return e.args[2].eval(f)
	case *Unknown:
		probe(f, e.args[1:])
		return v, nil
	}
	return nil, call{e.name, []any{v}}.expected(0, "Boolean")
}

// probe evaluates what may never be needed, for the references in it only.
func probe(f *frame, exprs []expr) {
	for _, x := range exprs {
		_, _ = x.eval(f)
	}
}

// shortCircuit is and (stops at false) or or (stops at true).
func shortCircuit(f *frame, e *callExpr, stop bool) (any, error) {
	var unknown any
	for i, a := range e.args {
		v, err := a.eval(f)
		if err != nil && unknown != nil {
			return unknown, nil // it may never be evaluated
		}
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case bool:
			if v == stop {
				return stop, nil
			}
		case *Unknown:
			unknown = v
		default:
			args := make([]any, i+1)
			args[i] = v
			return nil, call{e.name, args}.expected(i, "Boolean")
		}
	}
	if unknown != nil {
		return unknown, nil
	}
	return !stop, nil
}

func coalesce(f *frame, e *callExpr) (any, error) {
	for i, a := range e.args {
		v, err := a.eval(f)
		if err != nil {
			return nil, err
		}
		if _, ok := v.(*Unknown); ok {
			probe(f, e.args[i+1:])
			return v, nil
		}
		if v != nil {
			return v, nil
		}
	}
	return nil, nil
}

func toBool(_ *frame, c call) (any, error) {
	switch v := c.args[0].(type) {
	case bool:
		return v, nil
	case int64:
		return v != 0, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, c.fail("can't convert the value '%s' to a boolean", v)
	}
	return nil, c.expected(0, "String, Integer, Boolean")
}

func comparison(holds func(int) bool) *function {
	return fixed(2, func(_ *frame, c call) (any, error) {
		if a, ok := c.args[0].(string); ok {
			b, err := c.str(1)
			return holds(compareText(a, b)), err
		}
		a, ok := real(c.args[0])
		if !ok {
			return nil, c.expected(0, "Integer, String")
		}
		b, ok := real(c.args[1])
		if !ok {
			return nil, c.expected(1, typeName(c.args[0]))
		}
		switch {
		case a < b:
			return holds(-1), nil
		case a > b:
			return holds(1), nil
		}
		return holds(0), nil
	})
}

// compareText orders texts as .NET's invariant culture does: a before A before b. Microsoft's page shows it:
// greater('A', 'a') is true.
func compareText(a, b string) int {
	if a == b {
		return 0
	}
	return collate.New(language.Und).CompareString(a, b)
}

func failWith(_ *frame, c call) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	return nil, fault("%s", s)
}
