package expression

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/diag"
)

// function is one row of the table. Functions that need all of their arguments have
// plain; those that decide for themselves what to evaluate have lazy.
type function struct {
	name     string
	min, max int
	status   bool
	plain    func(args []Value) (Value, error)
	lazy     func(e *evaluation, n *Node) (Value, error)
}

const many = math.MaxInt32

// functions by lower-case name.
var functions = byName([]*function{
	{name: "and", min: 2, max: many, lazy: func(e *evaluation, n *Node) (Value, error) { return e.logic(n, false) }},
	{name: "or", min: 2, max: many, lazy: func(e *evaluation, n *Node) (Value, error) { return e.logic(n, true) }},
	{name: "not", min: 1, max: 1, plain: func(a []Value) (Value, error) { return !Bool(a[0]), nil }},
	{name: "xor", min: 2, max: 2, plain: func(a []Value) (Value, error) { return Bool(a[0]) != Bool(a[1]), nil }},
	{name: "eq", min: 2, max: 2, plain: func(a []Value) (Value, error) { return equal(a[0], a[1]), nil }},
	{name: "ne", min: 2, max: 2, plain: func(a []Value) (Value, error) { return !equal(a[0], a[1]), nil }},
	{name: "ge", min: 2, max: 2, plain: ordered(func(c int) bool { return c >= 0 })},
	{name: "gt", min: 2, max: 2, plain: ordered(func(c int) bool { return c > 0 })},
	{name: "le", min: 2, max: 2, plain: ordered(func(c int) bool { return c <= 0 })},
	{name: "lt", min: 2, max: 2, plain: ordered(func(c int) bool { return c < 0 })},
	{name: "in", min: 2, max: many, plain: func(a []Value) (Value, error) { return in(a), nil }},
	{name: "notIn", min: 2, max: many, plain: func(a []Value) (Value, error) { return !in(a), nil }},
	{name: "coalesce", min: 2, max: many, lazy: (*evaluation).coalesce},
	{name: "contains", min: 2, max: 2, plain: folded(strings.Contains)},
	{name: "startsWith", min: 2, max: 2, plain: folded(strings.HasPrefix)},
	{name: "endsWith", min: 2, max: 2, plain: folded(strings.HasSuffix)},
	{name: "containsValue", min: 2, max: 2, plain: containsValue},
	{name: "convertToJson", min: 1, max: 1, plain: func(a []Value) (Value, error) { return JSON(a[0]), nil }},
	{name: "format", min: 1, max: many, plain: format},
	{name: "iif", min: 3, max: 3, plain: iif},
	{name: "join", min: 2, max: 2, plain: join},
	{name: "length", min: 1, max: 1, plain: length},
	{name: "lower", min: 1, max: 1, plain: func(a []Value) (Value, error) { return strings.ToLower(String(a[0])), nil }},
	{name: "upper", min: 1, max: 1, plain: func(a []Value) (Value, error) { return strings.ToUpper(String(a[0])), nil }},
	{name: "trim", min: 1, max: 1, plain: func(a []Value) (Value, error) { return strings.TrimSpace(String(a[0])), nil }},
	{name: "replace", min: 3, max: 3, plain: replace},
	{name: "split", min: 2, max: 2, plain: split},
	{name: "counter", min: 0, max: 2, status: true, lazy: (*evaluation).counter},
	{name: "always", max: 0, status: true, lazy: (*evaluation).status},
	{name: "canceled", max: 0, status: true, lazy: (*evaluation).status},
	{name: "failed", max: many, status: true, lazy: (*evaluation).status},
	{name: "succeeded", max: many, status: true, lazy: (*evaluation).status},
	{name: "succeededOrFailed", max: many, status: true, lazy: (*evaluation).status},
})

func byName(list []*function) map[string]*function {
	out := map[string]*function{}
	for _, f := range list {
		out[strings.ToLower(f.name)] = f
	}
	return out
}

func (f *function) arity() string {
	switch {
	case f.min == f.max && f.min == 1:
		return "1 argument"
	case f.min == f.max:
		return fmt.Sprintf("%d arguments", f.min)
	case f.max == many:
		return fmt.Sprintf("at least %d arguments", f.min)
	}
	return fmt.Sprintf("%d to %d arguments", f.min, f.max)
}

func unknownFunction(name string, f *function) string {
	if f != nil {
		return fmt.Sprintf("%s() depends on the run and cannot be used here; use it in a condition or in $[ ]", f.name)
	}
	names := make([]string, 0, len(functions))
	for _, f := range functions {
		names = append(names, f.name)
	}
	message := fmt.Sprintf("there is no function '%s'", name)
	if near := diag.Nearest(name, names); near != "" {
		message += fmt.Sprintf("; did you mean '%s'?", near)
	}
	return message
}

func (f *function) run(e *evaluation, n *Node) (Value, error) {
	if f.lazy != nil {
		return f.lazy(e, n)
	}
	args := make([]Value, len(n.children))
	for i, c := range n.children {
		var err error
		if args[i], err = e.value(c); err != nil {
			return nil, err
		}
	}
	v, err := f.plain(args)
	if err != nil {
		return nil, &Error{n.offset, f.name + ": " + err.Error()}
	}
	return v, nil
}

// logic is and (until false) and or (until true): both stop as soon as they know.
func (e *evaluation) logic(n *Node, until bool) (Value, error) {
	for _, c := range n.children {
		v, err := e.value(c)
		if err != nil || Bool(v) == until {
			return until, err
		}
	}
	return !until, nil
}

func (e *evaluation) coalesce(n *Node) (Value, error) {
	for _, c := range n.children {
		v, err := e.value(c)
		if err != nil || v != nil && v != "" {
			return v, err
		}
	}
	return nil, nil
}

func (e *evaluation) counter(n *Node) (Value, error) {
	var prefix string
	var seed float64
	for i, c := range n.children {
		v, err := e.value(c)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			prefix = String(v)
		} else if f, ok := number(v); ok && f == math.Trunc(f) && math.Abs(f) < 1<<31 {
			seed = f
		} else {
			return nil, &Error{c.offset, "counter: the seed must be a whole number"}
		}
	}
	v, err := e.context.Counter(prefix, int(seed))
	if err != nil {
		return nil, &Error{n.offset, err.Error()}
	}
	return float64(v), nil
}

func (e *evaluation) status(n *Node) (Value, error) {
	var of []string
	for _, c := range n.children {
		v, err := e.value(c)
		if err != nil {
			return nil, err
		}
		of = append(of, String(v))
	}
	ok, err := e.context.Status(strings.ToLower(n.text), of)
	if err != nil {
		return nil, &Error{n.offset, err.Error()}
	}
	return ok, nil
}

func ordered(want func(int) bool) func([]Value) (Value, error) {
	return func(a []Value) (Value, error) {
		c, ok := compare(a[0], a[1])
		if !ok {
			return nil, fmt.Errorf("%s and %s have no order", describe(a[0]), describe(a[1]))
		}
		return want(c), nil
	}
}

// describe names a value's type; never its content, which may be secret.
func describe(v Value) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case float64:
		return "a number"
	case string:
		return "a text"
	case Version:
		return "a version"
	case Array:
		return "an array"
	}
	return "an object"
}

func in(a []Value) bool {
	return slices.ContainsFunc(a[1:], func(v Value) bool { return equal(a[0], v) })
}

func folded(test func(s, sub string) bool) func([]Value) (Value, error) {
	return func(a []Value) (Value, error) {
		return test(strings.ToLower(String(a[0])), strings.ToLower(String(a[1]))), nil
	}
}

func containsValue(a []Value) (Value, error) {
	return slices.ContainsFunc(elements(a[0]), func(v Value) bool { return equal(v, a[1]) }), nil
}

func iif(a []Value) (Value, error) {
	if Bool(a[0]) {
		return a[1], nil
	}
	return a[2], nil
}

func join(a []Value) (Value, error) {
	list, ok := a[1].(Array)
	if !ok {
		return String(a[1]), nil
	}
	parts := make([]string, len(list))
	for i, v := range list {
		// Complex items become empty, as in the service.
		switch v.(type) {
		case Array, *Object:
		default:
			parts[i] = String(v)
		}
	}
	return strings.Join(parts, String(a[0])), nil
}

func length(a []Value) (Value, error) {
	switch v := a[0].(type) {
	case Array:
		return float64(len(v)), nil
	case *Object:
		return float64(len(v.Keys)), nil
	}
	return float64(len([]rune(String(a[0])))), nil
}

func replace(a []Value) (Value, error) {
	if String(a[1]) == "" {
		return String(a[0]), nil
	}
	s, old, with := String(a[0]), String(a[1]), String(a[2])
	if n := strings.Count(s, old); n*(len(with)-len(old))+len(s) > maxText {
		return nil, fmt.Errorf("the result has more than %d bytes", maxText)
	}
	return strings.ReplaceAll(s, old, with), nil
}

// split cuts at any of the delimiter's characters.
func split(a []Value) (Value, error) {
	out := Array{}
	s, delimiters := String(a[0]), String(a[1])
	for {
		i := strings.IndexAny(s, delimiters)
		if i < 0 || delimiters == "" {
			return append(out, s), nil
		}
		_, width := utf8.DecodeRuneInString(s[i:])
		out = append(out, s[:i])
		s = s[i+width:]
	}
}

// format replaces {0}, {1}, ...; {{ and }} stand for braces.
func format(a []Value) (Value, error) {
	text := String(a[0])
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '{' && c != '}' {
			b.WriteByte(c)
			continue
		}
		if i+1 < len(text) && text[i+1] == c {
			b.WriteByte(c)
			i++
			continue
		}
		end := strings.IndexByte(text[i:], '}')
		if c == '}' || end < 0 {
			return nil, fmt.Errorf("a lone brace at character %d of the format; double it", i+1)
		}
		n, err := strconv.Atoi(text[i+1 : i+end])
		if err != nil || n < 0 || n+1 >= len(a) {
			return nil, fmt.Errorf("the format asks for %s, but there are %d values", text[i:i+end+1], len(a)-1)
		}
		b.WriteString(String(a[n+1]))
		if b.Len() > maxText {
			return nil, fmt.Errorf("the result has more than %d bytes", maxText)
		}
		i += end
	}
	return b.String(), nil
}
