package template

import (
	"math"
	"strconv"
	"strings"
)

// Functions of numbers: 64-bit integers, and reals where json() or float() made them.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-numeric
func numberFunctions() map[string]*function {
	return map[string]*function{
		"add":   arithmetic(addInt, func(a, b float64) float64 { return a + b }),
		"sub":   arithmetic(subInt, func(a, b float64) float64 { return a - b }),
		"mul":   arithmetic(mulInt, func(a, b float64) float64 { return a * b }),
		"div":   arithmetic(divInt, func(a, b float64) float64 { return a / b }),
		"mod":   arithmetic(modInt, math.Mod),
		"int":   fixed(1, toInt),
		"float": fixed(1, toFloat),
		"max":   between(1, -1, func(_ *frame, c call) (any, error) { return extreme(c, 1) }),
		"min":   between(1, -1, func(_ *frame, c call) (any, error) { return extreme(c, -1) }),
	}
}

func addInt(a, b int64) (int64, bool) { s := a + b; return s, (s > a) == (b > 0) }
func subInt(a, b int64) (int64, bool) { s := a - b; return s, (s < a) == (b > 0) }

func mulInt(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	p := a * b
	return p, p/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
}

func divInt(a, b int64) (int64, bool) {
	if a == math.MinInt64 && b == -1 {
		return 0, false
	}
	return a / b, true
}

func modInt(a, b int64) (int64, bool) {
	if b == -1 {
		return 0, true
	}
	return a % b, true
}

func arithmetic(ints func(a, b int64) (int64, bool), reals func(a, b float64) float64) *function {
	return fixed(2, func(_ *frame, c call) (any, error) {
		a, aInt := c.args[0].(int64)
		b, bInt := c.args[1].(int64)
		if !aInt || !bInt {
			return c.reals(reals)
		}
		if b == 0 && (c.name == "div" || c.name == "mod" || strings.EqualFold(c.name, "div") || strings.EqualFold(c.name, "mod")) {
			return nil, c.fail("can't divide by zero")
		}
		n, ok := ints(a, b)
		if !ok {
			return nil, c.fail("gives a number that does not fit into 64 bits, for '%d' and '%d'", a, b)
		}
		return n, nil
	})
}

func (c call) reals(f func(a, b float64) float64) (any, error) {
	a, ok := real(c.args[0])
	if !ok {
		return nil, c.expected(0, "Integer")
	}
	b, ok := real(c.args[1])
	if !ok {
		return nil, c.expected(1, "Integer")
	}
	r := f(a, b)
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return nil, c.fail("gives no number, for '%s' and '%s'", encode(c.args[0]), encode(c.args[1]))
	}
	return r, nil
}

func real(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func toInt(_ *frame, c call) (any, error) {
	switch v := c.args[0].(type) {
	case int64:
		return v, nil
	case float64:
		if math.Abs(v) < 1<<63 {
			return int64(math.RoundToEven(v)), nil
		}
	case string:
		if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
			return n, nil
		}
		return nil, c.fail("can't convert the value '%s' to an integer", v)
	}
	return nil, c.expected(0, "String, Integer")
}

func toFloat(_ *frame, c call) (any, error) {
	if f, ok := real(c.args[0]); ok {
		return f, nil
	}
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, c.fail("can't convert the value '%s' to a number", s)
	}
	return f, nil
}

// extreme is min (-1) or max (1) of integers, given one by one or in an array.
func extreme(c call, direction int) (any, error) {
	list := c.args
	if a, ok := list[0].([]any); ok && len(list) == 1 {
		list = a
	}
	if len(list) == 0 {
		return nil, c.fail("expects an array that is not empty")
	}
	var best any
	for i, v := range list {
		f, ok := real(v)
		if !ok {
			return nil, c.fail("expects integers. The value at position %d is of type '%s'", i+1, typeName(v))
		}
		if b, _ := real(best); best == nil || (f-b)*float64(direction) > 0 {
			best = v
		}
	}
	return best, nil
}
