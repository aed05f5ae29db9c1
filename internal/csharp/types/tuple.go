package types

import "strings"

// Tuple is a value tuple, or an object of an anonymous type: Type.Kind tells which.
type Tuple struct {
	Type  *Type
	Items []Value
	size  int // of the items, and of those in them
}

// maxTuple bounds how many items a tuple and the tuples in it have: texts, hashes and comparisons walk
// them all, and one that holds another twice is soon larger than anything can walk.
const maxTuple = 100_000

// NewTuple makes a tuple.
func (r *Run) NewTuple(t *Type, items []Value) Value {
	r.Grow(32 + 24*len(items))
	size := len(items)
	for _, v := range items {
		if u, ok := v.ref.(*Tuple); ok {
			size += u.size
		}
	}
	if size > maxTuple {
		panic(&LimitError{What: "nesting of tuples"})
	}
	return Ref(&Tuple{Type: t, Items: items, size: size})
}

// DotNetType implements Object.
func (t *Tuple) DotNetType() *Type { return t.Type }

// EqualTo implements Equatable: member by member.
func (t *Tuple) EqualTo(v Value) bool {
	u, ok := v.ref.(*Tuple)
	if !ok || len(u.Items) != len(t.Items) || (t.Type.Kind == KindAnonymous && t.Type != u.Type) {
		return false
	}
	for i := range t.Items {
		if !Equal(t.Items[i], u.Items[i]) {
			return false
		}
	}
	return true
}

// Key implements Equatable.
func (t *Tuple) Key() string {
	var b strings.Builder
	for _, v := range t.Items {
		writeKey(&b, v)
	}
	return b.String()
}

// ToText implements TextOf: (1, a), or { Name = a } of an anonymous type.
func (t *Tuple) ToText(r *Run) string {
	anonymous := t.Type.Kind == KindAnonymous
	var b strings.Builder
	b.WriteString(map[bool]string{true: "{ ", false: "("}[anonymous])
	for i, v := range t.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		if anonymous {
			b.WriteString(t.Type.Labels[i] + " = ")
		}
		b.WriteString(r.Text(v))
	}
	b.WriteString(map[bool]string{true: " }", false: ")"}[anonymous])
	return b.String()
}
