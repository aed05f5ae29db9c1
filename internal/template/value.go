package template

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A value is nil, bool, int64, float64, string, []any or *Object. While a plan is
// made it can also be *Unknown. Values are never changed after they are made.

// Object is a JSON object that keeps the order of its keys. Lookups that miss are
// repeated without regard to case, as Resource Manager does.
type Object struct {
	keys  []string
	vals  []any
	index map[string]int // made when there are many keys
	pos   int            // offset of '{' in the text plus one; 0: made by an expression
	at    []int          // offset of each value in the text, for objects that were read
	open  bool           // a prediction: what it lacks is not known
}

const indexFrom = 9

// NewObject makes an empty object.
func NewObject() *Object { return &Object{} }

// Len is the number of keys.
func (o *Object) Len() int { return len(o.keys) }

// Keys in their order.
func (o *Object) Keys() []string { return o.keys }

// Get looks key up, exactly first and then without regard to case.
func (o *Object) Get(key string) (any, bool) {
	if i := o.find(key); i >= 0 {
		return o.vals[i], true
	}
	return nil, false
}

// Value is Get without the second result.
func (o *Object) Value(key string) any { v, _ := o.Get(key); return v }

func (o *Object) find(key string) int {
	if i := o.exact(key); i >= 0 {
		return i
	}
	return slices.IndexFunc(o.keys, func(k string) bool { return strings.EqualFold(k, key) })
}

func (o *Object) exact(key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	return slices.Index(o.keys, key)
}

// set is for the makers of an object only.
func (o *Object) set(key string, v any) {
	if i := o.exact(key); i >= 0 {
		o.vals[i] = v
		return
	}
	o.keys = append(o.keys, key)
	o.vals = append(o.vals, v)
	if o.index != nil {
		o.index[key] = len(o.keys) - 1
	} else if len(o.keys) >= indexFrom {
		o.index = make(map[string]int, 2*len(o.keys))
		for i, k := range o.keys {
			o.index[k] = i
		}
	}
}

// setFold replaces a key that differs in case only, else adds key.
func (o *Object) setFold(key string, v any) {
	if i := o.find(key); i >= 0 {
		o.vals[i] = v
		return
	}
	o.set(key, v)
}

func (o *Object) clone() *Object {
	return &Object{keys: slices.Clone(o.keys), vals: slices.Clone(o.vals), index: maps.Clone(o.index), pos: o.pos, at: o.at, open: o.open}
}

func object(pairs ...any) *Object {
	o := NewObject()
	for i := 0; i < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// MarshalJSON writes the keys in their order.
func (o *Object) MarshalJSON() ([]byte, error) { return []byte(encode(o)), nil }

// Unknown stands for a value that only a finished deployment can tell. Source is
// the expression.
type Unknown struct{ Source string }

// MarshalJSON writes the expression.
func (u *Unknown) MarshalJSON() ([]byte, error) { return json.Marshal(u.Source) }

// From converts what encoding/json decodes to (with json.Number or float64) into a value.
// Keys of maps are sorted, since their order is lost.
func From(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := NewObject()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			o.set(k, From(v[k]))
		}
		return o
	case map[string]string:
		o := NewObject()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			o.set(k, v[k])
		}
		return o
	case *Object:
		return v
	case []any:
		a := make([]any, len(v))
		for i := range v {
			a[i] = From(v[i])
		}
		return a
	case []string:
		a := make([]any, len(v))
		for i := range v {
			a[i] = v[i]
		}
		return a
	case json.Number:
		return number(string(v))
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
		return v
	case float32:
		return From(float64(v))
	case int:
		return int64(v)
	case int32:
		return int64(v)
	default:
		return v
	}
}

func number(s string) any {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// To converts a value into map[string]any, []any, string, bool, json.Number (for
// numbers) and nil. An Unknown becomes its expression.
func To(v any) any {
	switch v := v.(type) {
	case *Object:
		m := make(map[string]any, len(v.keys))
		for i, k := range v.keys {
			m[k] = To(v.vals[i])
		}
		return m
	case []any:
		a := make([]any, len(v))
		for i := range v {
			a[i] = To(v[i])
		}
		return a
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		return json.Number(formatFloat(v))
	case *Unknown:
		return v.Source
	default:
		return v
	}
}

// HasUnknown reports whether v is or contains an Unknown.
func HasUnknown(v any) bool {
	switch v := v.(type) {
	case *Unknown:
		return true
	case []any:
		return slices.ContainsFunc(v, HasUnknown)
	case *Object:
		return slices.ContainsFunc(v.vals, HasUnknown)
	}
	return false
}

// typeName is the JToken type that Resource Manager names in its errors.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "Null"
	case bool:
		return "Boolean"
	case int64:
		return "Integer"
	case float64:
		return "Float"
	case string:
		return "String"
	case []any:
		return "Array"
	case *Object:
		return "Object"
	}
	return "Unknown"
}

// equal compares deeply; strings and keys with regard to case.
func equal(a, b any) bool {
	switch a := a.(type) {
	case *Object:
		b, ok := b.(*Object)
		if !ok || len(a.keys) != len(b.keys) {
			return false
		}
		for i, k := range a.keys {
			j := b.exact(k)
			if j < 0 || !equal(a.vals[i], b.vals[j]) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case int64:
		if f, ok := b.(float64); ok {
			return float64(a) == f
		}
		return a == b
	case float64:
		if i, ok := b.(int64); ok {
			return a == float64(i)
		}
		return a == b
	}
	switch b.(type) {
	case *Object, []any:
		return false
	}
	return a == b
}

// encode writes minified JSON as Newtonsoft does: no escaping beyond what JSON needs.
func encode(v any) string {
	var b strings.Builder
	encodeTo(&b, v)
	return b.String()
}

func encodeTo(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(formatFloat(v))
	case string:
		encodeString(b, v)
	case *Unknown:
		encodeString(b, v.Source)
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			encodeTo(b, e)
		}
		b.WriteByte(']')
	case *Object:
		b.WriteByte('{')
		for i, k := range v.keys {
			if i > 0 {
				b.WriteByte(',')
			}
			encodeString(b, k)
			b.WriteByte(':')
			encodeTo(b, v.vals[i])
		}
		b.WriteByte('}')
	}
}

func encodeString(b *strings.Builder, s string) {
	const hex = "0123456789abcdef"
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(byte(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < 0x20 || r == 0x85 || r == 0x2028 || r == 0x2029:
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&15])
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// formatFloat writes the shortest form that reads back the same, with ".0" for whole numbers.
func formatFloat(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "0.0"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-5 || a >= 1e15) {
		s := strconv.FormatFloat(f, 'E', -1, 64)
		return s
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.ContainsRune(s, '.') {
		s += ".0"
	}
	return s
}

// offset of the value at i in the text, plus one; 0 when it is not known.
func (o *Object) offset(i int) int {
	if i < len(o.at) && o.pos > 0 {
		return o.at[i] + 1
	}
	return 0
}
