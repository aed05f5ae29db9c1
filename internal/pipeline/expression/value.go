// Package expression is the expression language of Azure Pipelines, as it stands in
// `${{ }}`, `$[ ]` and conditions: lexer, parser, and evaluation with its
// conversions. Start at Parse; Node.Evaluate runs the result against a Context.
//
// It knows no YAML and no variables: names and the functions that depend on a job's
// status come from the Context. Rules: https://learn.microsoft.com/azure/devops/pipelines/process/expressions
package expression

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Value is nil, bool, float64, string, Version, Array or *Object.
type Value any

// Version is a literal such as 1.2.3 or 1.2.3.4.
type Version []int

// Array is a list of values.
type Array []Value

// Object is a mapping that keeps its order; keys compare without case.
type Object struct {
	Keys   []string
	Values map[string]Value // by lower-case key
}

// NewObject makes an object of alternating keys and values.
func NewObject() *Object { return &Object{Values: map[string]Value{}} }

// Set adds or changes a member.
func (o *Object) Set(key string, v Value) {
	k := strings.ToLower(key)
	if _, ok := o.Values[k]; !ok {
		o.Keys = append(o.Keys, key)
	}
	o.Values[k] = v
}

// Get finds a member.
func (o *Object) Get(key string) (Value, bool) {
	v, ok := o.Values[strings.ToLower(key)]
	return v, ok
}

// Bool converts to a boolean: "" and 0 and null are false, all else is true.
func Bool(v Value) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		return v != ""
	}
	return true
}

// String converts to text; arrays and objects, which have none, become "Array" and
// "Object".
func String(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		return formatNumber(v)
	case string:
		return v
	case Version:
		parts := make([]string, len(v))
		for i, n := range v {
			parts[i] = strconv.Itoa(n)
		}
		return strings.Join(parts, ".")
	case Array:
		return "Array"
	}
	return "Object"
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// number converts to a number.
func number(v Value) (float64, bool) {
	switch v := v.(type) {
	case nil:
		return 0, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case float64:
		return v, true
	case string:
		if strings.TrimSpace(v) == "" {
			return 0, true
		}
		return parseNumber(strings.TrimSpace(v))
	}
	return 0, false
}

func parseNumber(s string) (float64, bool) {
	if strings.ContainsAny(s, "xXpPiInN_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

func version(v Value) (Version, bool) {
	switch v := v.(type) {
	case Version:
		return v, true
	case string:
		return parseVersion(v)
	case float64:
		return parseVersion(formatNumber(v))
	}
	return nil, false
}

func parseVersion(s string) (Version, bool) {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return nil, false
	}
	out := make(Version, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseInt(p, 10, 32)
		if err != nil || n < 0 || p[0] == '+' {
			return nil, false
		}
		out[i] = int(n)
	}
	return out, true
}

// convertTo converts v to the type that like has; ok is false where that is impossible.
func convertTo(v, like Value) (Value, bool) {
	switch like.(type) {
	case nil:
		if s, isString := v.(string); v == nil || isString && s == "" {
			return nil, true
		}
		return nil, false
	case bool:
		return Bool(v), true
	case float64:
		f, ok := number(v)
		return f, ok
	case string:
		switch v.(type) {
		case Array, *Object:
			return nil, false
		}
		return String(v), true
	case Version:
		x, ok := version(v)
		return x, ok
	}
	return v, true
}

// equal compares left with right, which is converted to the type of left.
func equal(left, right Value) bool {
	r, ok := convertTo(right, left)
	if !ok {
		return false
	}
	switch l := left.(type) {
	case nil:
		return r == nil
	case string:
		return strings.EqualFold(l, r.(string))
	case Version:
		return compareVersions(l, r.(Version)) == 0
	case Array:
		a, ok := r.(Array)
		return ok && len(a) == len(l) && (len(l) == 0 || &a[0] == &l[0])
	case *Object:
		return r == left
	}
	return left == r
}

// compare orders left and right; ok is false where they have no order.
func compare(left, right Value) (int, bool) {
	r, ok := convertTo(right, left)
	if !ok {
		return 0, false
	}
	switch l := left.(type) {
	case bool:
		a, _ := number(l)
		b, _ := number(r)
		return int(a - b), true
	case float64:
		if l < r.(float64) {
			return -1, true
		} else if l > r.(float64) {
			return 1, true
		}
		return 0, true
	case string:
		return strings.Compare(strings.ToUpper(l), strings.ToUpper(r.(string))), true
	case Version:
		return compareVersions(l, r.(Version)), true
	}
	return 0, false
}

func compareVersions(a, b Version) int {
	// An absent part is below 0, as System.Version has it: 1.2 < 1.2.0.
	return slices.Compare(a, b)
}

// JSON prints v as convertToJson does: indented by two spaces.
func JSON(v Value) string {
	var b strings.Builder
	writeJSON(&b, v, "")
	return b.String()
}

func writeJSON(b *strings.Builder, v Value, indent string) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case float64:
		b.WriteString(formatNumber(v))
	case Array:
		writeList(b, indent, '[', ']', len(v), func(i int, in string) { writeJSON(b, v[i], in) })
	case *Object:
		writeList(b, indent, '{', '}', len(v.Keys), func(i int, in string) {
			b.WriteString(jsonString(v.Keys[i]) + ": ")
			m, _ := v.Get(v.Keys[i])
			writeJSON(b, m, in)
		})
	default:
		b.WriteString(jsonString(String(v)))
	}
}

func writeList(b *strings.Builder, indent string, open, end byte, n int, item func(i int, indent string)) {
	b.WriteByte(open)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + indent + "  ")
		item(i, indent+"  ")
	}
	if n > 0 {
		b.WriteString("\n" + indent)
	}
	b.WriteByte(end)
}

func jsonString(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// Encoding a string into a strings.Builder cannot fail.
	_ = e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}
