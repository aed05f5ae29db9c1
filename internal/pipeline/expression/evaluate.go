package expression

import (
	"fmt"
	"slices"
	"strings"
)

// Context gives an evaluation what the language itself does not know.
type Context interface {
	// Root is the value of a root name such as variables; false when there is none.
	Root(name string) (Value, bool)
	// Roots lists the names that Root knows, for messages.
	Roots() []string
	// Status answers always, canceled, failed, succeeded and succeededOrFailed; of are
	// the names of jobs or stages that the call gives.
	Status(function string, of []string) (bool, error)
	// Counter answers counter(prefix, seed).
	Counter(prefix string, seed int) (int, error)
}

// Evaluate runs the expression.
func (n *Node) Evaluate(c Context) (Value, error) {
	e := &evaluation{context: c}
	return e.value(n)
}

// Calls reports whether the expression calls a function.
func (n *Node) Calls(name string) bool {
	if n.op == opCall && strings.EqualFold(n.text, name) {
		return true
	}
	return slices.ContainsFunc(n.children, func(c *Node) bool { return c.Calls(name) })
}

type evaluation struct {
	context Context
	size    int // bytes of text made so far
}

const maxText = 10 << 20

func (e *evaluation) value(n *Node) (Value, error) {
	switch n.op {
	case opLiteral:
		return n.value, nil
	case opName:
		v, ok := e.context.Root(strings.ToLower(n.text))
		if !ok {
			return nil, &Error{n.offset, fmt.Sprintf("'%s' is not known here; known are %s", n.text, strings.Join(e.context.Roots(), ", "))}
		}
		return v, nil
	case opIndex:
		v, _, err := e.index(n)
		return v, err
	}
	v, err := n.call.run(e, n)
	if s, ok := v.(string); ok && err == nil {
		if e.size += len(s); e.size > maxText {
			return nil, &Error{n.offset, fmt.Sprintf("the expression makes more than %d bytes of text", maxText)}
		}
	}
	return v, err
}

// index evaluates a[b], a.b and a.*; filtered says that v is what a wildcard
// selected, on whose elements further indexes work.
func (e *evaluation) index(n *Node) (v Value, filtered bool, err error) {
	base := n.children[0]
	var of Value
	if base.op == opIndex {
		of, filtered, err = e.index(base)
	} else {
		of, err = e.value(base)
	}
	if err != nil {
		return nil, false, err
	}
	if n.children[1].op == opWildcard {
		return wildcard(of, filtered), true, nil
	}
	key, err := e.value(n.children[1])
	if err != nil {
		return nil, false, err
	}
	if !filtered {
		v, _ := member(of, key)
		return v, false, nil
	}
	out := Array{}
	for _, item := range of.(Array) {
		if v, ok := member(item, key); ok {
			out = append(out, v)
		}
	}
	return out, true, nil
}

func wildcard(of Value, filtered bool) Array {
	if filtered {
		out := Array{}
		for _, item := range of.(Array) {
			out = append(out, elements(item)...)
		}
		return out
	}
	return elements(of)
}

// elements are an array's items, or an object's values.
func elements(of Value) Array {
	switch of := of.(type) {
	case Array:
		return of
	case *Object:
		out := Array{}
		for _, k := range of.Keys {
			v, _ := of.Get(k)
			out = append(out, v)
		}
		return out
	}
	return Array{}
}

func member(of, key Value) (Value, bool) {
	switch of := of.(type) {
	case *Object:
		return of.Get(String(key))
	case Array:
		if i, ok := number(key); ok && i >= 0 && int(i) < len(of) {
			return of[int(i)], true
		}
	}
	return nil, false
}
