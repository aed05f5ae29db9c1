package template

import (
	"slices"
	"strings"
)

// Functions of arrays, many of which take strings or objects as well.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array
func arrayFunctions() map[string]*function {
	return map[string]*function{
		"array":           {min: 1, max: 1, shallow: true, call: array},
		"concat":          {min: 1, max: -1, shallow: true, call: concat},
		"contains":        {min: 2, max: 2, shallow: true, call: contains},
		"createArray":     {max: -1, holds: true, call: func(_ *frame, c call) (any, error) { return c.args, nil }},
		"distinct":        fixed(1, distinct),
		"empty":           {min: 1, max: 1, shallow: true, call: empty},
		"first":           {min: 1, max: 1, shallow: true, call: first},
		"flatten":         {min: 1, max: 1, shallow: true, call: flatten},
		"indexOf":         fixed(2, indexOf),
		"lastIndexOf":     fixed(2, lastIndexOf),
		"indexFromEnd":    {min: 2, max: 2, shallow: true, call: indexFromEnd},
		"tryIndexFromEnd": {min: 2, max: 2, shallow: true, call: tryIndexFromEnd},
		"intersection":    between(2, -1, intersection),
		"last":            {min: 1, max: 1, shallow: true, call: last},
		"length":          {min: 1, max: 1, shallow: true, call: length},
		"range":           fixed(2, rangeOf),
		"skip":            {min: 2, max: 2, shallow: true, call: skip},
		"take":            {min: 2, max: 2, shallow: true, call: take},
		"union":           between(2, -1, union),
	}
}

func array(_ *frame, c call) (any, error) {
	if a, ok := c.args[0].([]any); ok {
		return a, nil
	}
	return []any{c.args[0]}, nil
}

// concat joins arrays, or the texts of scalars.
func concat(_ *frame, c call) (any, error) {
	if _, ok := c.args[0].([]any); !ok {
		return concatText(c)
	}
	out := []any{}
	for i := range c.args {
		a, err := c.array(i)
		if err != nil {
			return nil, err
		}
		if out = append(out, a...); len(out) > maxText/16 {
			break
		}
	}
	return out, nil
}

func concatText(c call) (any, error) {
	var b strings.Builder
	for i := range c.args {
		s, err := c.text(i)
		if err != nil {
			return nil, c.expected(i, "String, Array")
		}
		b.WriteString(s)
		if b.Len() > maxText {
			break
		}
	}
	return b.String(), nil
}

func contains(_ *frame, c call) (any, error) {
	switch v := c.args[0].(type) {
	case []any:
		found := slices.ContainsFunc(v, func(e any) bool { return equal(e, c.args[1]) })
		if !found && (HasUnknown(v) || HasUnknown(c.args[1])) {
			return &Unknown{}, nil
		}
		return found, nil
	case *Object:
		key, err := c.text(1)
		if err != nil {
			return nil, err
		}
		_, ok := v.Get(key)
		return ok, nil
	case string:
		part, err := c.text(1)
		return strings.Contains(v, part), err
	}
	return nil, c.expected(0, "String, Array, Object")
}

func indexEqual(a []any, v any) int {
	return slices.IndexFunc(a, func(e any) bool { return equal(e, v) })
}

func unique(a []any) []any {
	out := make([]any, 0, len(a))
	seen := map[string]bool{}
	for _, v := range a {
		if s, ok := v.(string); ok { // the common case, in linear time
			if !seen[s] {
				seen[s] = true
				out = append(out, v)
			}
		} else if indexEqual(out, v) < 0 {
			out = append(out, v)
		}
	}
	return out
}

func distinct(_ *frame, c call) (any, error) {
	a, err := c.array(0)
	return unique(a), err
}

func empty(_ *frame, c call) (any, error) {
	switch v := c.args[0].(type) {
	case nil:
		return true, nil
	case string:
		return v == "", nil
	case []any:
		return len(v) == 0, nil
	case *Object:
		return v.Len() == 0, nil
	}
	return nil, c.expected(0, "String, Array, Object, Null")
}

func first(_ *frame, c call) (any, error) {
	switch v := c.args[0].(type) {
	case string:
		if v == "" {
			return "", nil
		}
		return slice(v, 0, 1), nil
	case []any:
		if len(v) == 0 {
			return nil, nil
		}
		return v[0], nil
	}
	return nil, c.expected(0, "String, Array")
}

func last(_ *frame, c call) (any, error) {
	switch v := c.args[0].(type) {
	case string:
		if v == "" {
			return "", nil
		}
		n := utf16Len(v)
		return slice(v, n-1, n), nil
	case []any:
		if len(v) == 0 {
			return nil, nil
		}
		return v[len(v)-1], nil
	}
	return nil, c.expected(0, "String, Array")
}

func flatten(_ *frame, c call) (any, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for i, e := range a {
		inner, ok := e.([]any)
		if !ok {
			return nil, c.fail("expects the items of its array to be arrays. Item %d is of type '%s'", i, typeName(e))
		}
		out = append(out, inner...)
	}
	return out, nil
}

// indexOf of a string ignores case; of an array it compares exactly.
func indexOf(_ *frame, c call) (any, error) {
	if a, ok := c.args[0].([]any); ok {
		return int64(indexEqual(a, c.args[1])), nil
	}
	s, part, err := c.folded()
	if err != nil {
		return nil, err
	}
	if i := strings.Index(s, part); i >= 0 {
		return utf16Len(s[:i]), nil
	}
	return int64(-1), nil
}

func lastIndexOf(_ *frame, c call) (any, error) {
	if a, ok := c.args[0].([]any); ok {
		for i := len(a) - 1; i >= 0; i-- {
			if equal(a[i], c.args[1]) {
				return int64(i), nil
			}
		}
		return int64(-1), nil
	}
	s, part, err := c.folded()
	if err != nil {
		return nil, err
	}
	if i := strings.LastIndex(s, part); i >= 0 {
		return utf16Len(s[:i]), nil
	}
	return int64(-1), nil
}

func (c call) folded() (s, part string, err error) {
	if s, err = c.str(0); err != nil {
		return "", "", c.expected(0, "String, Array")
	}
	part, err = c.str(1)
	return ordinalFold(s), ordinalFold(part), err
}

func fromEnd(c call) (v any, found bool, err error) {
	a, err := c.array(0)
	if err != nil {
		return nil, false, err
	}
	i, err := c.integer(1)
	if err != nil || i < 1 || i > int64(len(a)) {
		return nil, false, err
	}
	return a[int64(len(a))-i], true, nil
}

// indexFromEnd counts from 1.
func indexFromEnd(_ *frame, c call) (any, error) {
	v, found, err := fromEnd(c)
	if err == nil && !found {
		return nil, fault("The language expression property array index '%s' is out of bounds.", describe(c.args[1]))
	}
	return v, err
}

func tryIndexFromEnd(_ *frame, c call) (any, error) {
	v, _, err := fromEnd(c)
	return v, err
}

func intersection(_ *frame, c call) (any, error) {
	if _, ok := c.args[0].(*Object); ok {
		return intersectObjects(c)
	}
	out, err := c.array(0)
	if err != nil {
		return nil, c.expected(0, "Array, Object")
	}
	out = unique(out)
	for i := 1; i < len(c.args); i++ {
		a, err := c.array(i)
		if err != nil {
			return nil, err
		}
		out = slices.DeleteFunc(slices.Clone(out), func(v any) bool { return indexEqual(a, v) < 0 })
	}
	return out, nil
}

func intersectObjects(c call) (any, error) {
	out, err := c.object(0)
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(c.args); i++ {
		o, err := c.object(i)
		if err != nil {
			return nil, err
		}
		both := NewObject()
		for j, k := range out.keys {
			if v, ok := o.Get(k); ok && equal(v, out.vals[j]) {
				both.set(k, v)
			}
		}
		out = both
	}
	return out, nil
}

func length(_ *frame, c call) (any, error) {
	switch v := c.args[0].(type) {
	case string:
		return utf16Len(v), nil
	case []any:
		return int64(len(v)), nil
	case *Object:
		return int64(v.Len()), nil
	}
	return nil, c.expected(0, "String, Array, Object")
}

// rangeOf makes at most 10,000 integers.
func rangeOf(_ *frame, c call) (any, error) {
	start, err := c.integer(0)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	if n < 0 || n > 10000 {
		return nil, c.fail("expects its second parameter to be between 0 and 10000. The provided value is '%d'", n)
	}
	if start > 2147483647-n || start < -2147483648 {
		return nil, c.fail("expects the sum of its parameters to be no greater than 2147483647. The provided values are '%d' and '%d'", start, n)
	}
	out := make([]any, n)
	for i := range out {
		out[i] = start + int64(i)
	}
	return out, nil
}

func skip(_ *frame, c call) (any, error) { return cut(c, true) }
func take(_ *frame, c call) (any, error) { return cut(c, false) }

// cut drops or keeps the first n; an n out of range is moved into it.
func cut(c call, drop bool) (any, error) {
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	switch v := c.args[0].(type) {
	case string:
		total := utf16Len(v)
		n = min(max(n, 0), total)
		if drop {
			return slice(v, n, total), nil
		}
		return slice(v, 0, n), nil
	case []any:
		n = min(max(n, 0), int64(len(v)))
		if drop {
			return v[n:], nil
		}
		return v[:n:n], nil
	}
	return nil, c.expected(0, "String, Array")
}

func union(_ *frame, c call) (any, error) {
	if o, ok := c.args[0].(*Object); ok {
		for i := 1; i < len(c.args); i++ {
			p, err := c.object(i)
			if err != nil {
				return nil, err
			}
			o = merge(o, p)
		}
		return o, nil
	}
	var out []any
	for i := range c.args {
		a, err := c.array(i)
		if err != nil {
			return nil, c.expected(i, "Array, Object")
		}
		out = append(out, a...)
	}
	return unique(out), nil
}

// merge adds b to a, object by object; arrays and scalars of b replace those of a.
func merge(a, b *Object) *Object {
	out := a.clone()
	for i, k := range b.keys {
		v := b.vals[i]
		if old, ok := out.Value(k).(*Object); ok {
			if o, ok := v.(*Object); ok {
				v = merge(old, o)
			}
		}
		out.setFold(k, v)
	}
	return out
}
