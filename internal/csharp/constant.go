package csharp

import (
	"strconv"
	"strings"
)

// Constant evaluates code (without @ and its brackets) when it is made of literals
// only: true, false, null, whole numbers, plain strings, !, comparisons, &&, ||
// and parentheses. ok is false for all else, bad types included.
func Constant(code string) (value any, ok bool) {
	p := constant{rest: code}
	v, ok := p.or(0)
	if !ok || p.skip() != "" {
		return nil, false
	}
	return v, true
}

type constant struct{ rest string }

func (p *constant) skip() string {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	return p.rest
}

func (p *constant) take(token string) bool {
	if strings.HasPrefix(p.skip(), token) {
		p.rest = p.rest[len(token):]
		return true
	}
	return false
}

func (p *constant) or(depth int) (any, bool) {
	return p.logical(depth, "||", p.and, func(a, b bool) bool { return a || b })
}

func (p *constant) and(depth int) (any, bool) {
	return p.logical(depth, "&&", p.equality, func(a, b bool) bool { return a && b })
}

func (p *constant) logical(depth int, operator string, operand func(int) (any, bool), f func(a, b bool) bool) (any, bool) {
	v, ok := operand(depth)
	for ok && p.take(operator) {
		w, okW := operand(depth)
		a, okA := v.(bool)
		b, okB := w.(bool)
		v, ok = f(a, b), okW && okA && okB
	}
	return v, ok
}

func (p *constant) equality(depth int) (any, bool) {
	v, ok := p.relation(depth)
	for ok {
		var negate bool
		switch {
		case p.take("=="):
		case p.take("!="):
			negate = true
		default:
			return v, true
		}
		w, okW := p.relation(depth)
		if !okW || !comparableTypes(v, w) {
			return nil, false
		}
		v = (v == w) != negate
	}
	return nil, false
}

// comparableTypes reports whether C# compares values of these types: equal types, or a
// string with null.
func comparableTypes(v, w any) bool {
	switch v.(type) {
	case bool:
		_, ok := w.(bool)
		return ok
	case int64:
		_, ok := w.(int64)
		return ok
	case string:
		_, ok := w.(string)
		return ok || w == nil
	}
	_, ok := w.(string)
	return ok || w == nil
}

func (p *constant) relation(depth int) (any, bool) {
	v, ok := p.unary(depth)
	if !ok {
		return nil, false
	}
	for _, operator := range []string{"<=", ">=", "<", ">"} {
		if !p.take(operator) {
			continue
		}
		w, ok := p.unary(depth)
		a, okA := v.(int64)
		b, okB := w.(int64)
		return map[string]bool{"<=": a <= b, ">=": a >= b, "<": a < b, ">": a > b}[operator], ok && okA && okB
	}
	return v, true
}

func (p *constant) unary(depth int) (any, bool) {
	if depth > maxDepth {
		return nil, false
	}
	if s := p.skip(); strings.HasPrefix(s, "!") && !strings.HasPrefix(s, "!=") {
		p.take("!")
		v, ok := p.unary(depth + 1)
		b, okB := v.(bool)
		return !b, ok && okB
	}
	if p.take("(") {
		v, ok := p.or(depth + 1)
		return v, ok && p.take(")")
	}
	return p.literal()
}

func (p *constant) literal() (any, bool) {
	s := p.skip()
	if strings.HasPrefix(s, `"`) {
		return p.text()
	}
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z' || s[n] == '_' || s[n] == '.') {
		n++
	}
	word := s[:n]
	p.rest = s[n:]
	switch word {
	case "true":
		return true, true
	case "false":
		return false, true
	case "null":
		return nil, true
	}
	i, err := strconv.ParseInt(word, 10, 32)
	return i, err == nil && word[0] != '_'
}

// text reads a regular string without escapes.
func (p *constant) text() (any, bool) {
	body, rest, ok := strings.Cut(p.rest[1:], `"`)
	if !ok || strings.ContainsAny(body, "\\\r\n") {
		return nil, false
	}
	p.rest = rest
	return body, true
}
