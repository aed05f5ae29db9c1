package policy

import (
	"strconv"
	"strings"

	"gatehouse/internal/csharp"
	"gatehouse/internal/csharp/types"
)

// Expression is a compiled policy expression. It never changes; any number of exchanges may
// evaluate it at once.
type Expression interface {
	// Text is the value as API Management writes it into a message: .NET's ToString().
	Text(ex *Exchange) (string, error)
	// Bool is the value of a condition.
	Bool(ex *Exchange) (bool, error)
	// Value is the value as it is, for variables.
	Value(ex *Exchange) (types.Value, error)
}

// Kind is the type that a place asks of its expression.
type Kind uint8

// The kinds. Any value has a text, so TextKind takes all types.
const (
	TextKind Kind = iota
	BoolKind
	NumberKind
	AnyKind
)

// failed names the error of an expression that ended in an exception.
func evaluationFailed(what string, err error) error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return &Error{Reason: "ExpressionValueEvaluationFailure", Message: "Expression evaluation failed. " + err.Error(), Cause: err}
}

// value reads the text of an attribute or element: named values are replaced, and then it is
// compiled if it is an expression. This is the one way from a text to an expression.
func (c *compiler) value(v value, what string, kind Kind) (literal string, code Expression, ok bool) {
	text, ok := c.expand(v)
	if !ok || !isExpression(text) {
		return text, nil, ok
	}
	code, ok = c.expression(v, text, what, kind)
	if l, isLiteral := code.(constant); isLiteral && ok {
		if s, isText := l.literal(); isText {
			return s, nil, true
		}
	}
	return "", code, ok
}

// expression compiles text, which stands at v.
func (c *compiler) expression(v value, text, what string, kind Kind) (Expression, bool) {
	value, ok := constantOf(text)
	if !ok {
		c.report(codeCode, v.at, v.end, what)
		return nil, false
	}
	return constant{value}, true
}

// constantOf evaluates @(literals).
func constantOf(text string) (any, bool) {
	text = strings.TrimSpace(text)
	if end, err := csharp.Extent(text, 0, false); err != nil || end != len(text) || text[1] != '(' {
		return nil, false
	}
	return csharp.Constant(text[2 : len(text)-1])
}

// constant is an expression made of literals.
type constant struct{ value any }

func (l constant) literal() (string, bool) {
	switch t := l.value.(type) {
	case string:
		return t, true
	case int64:
		return strconv.FormatInt(t, 10), true
	case bool:
		return map[bool]string{true: "True", false: "False"}[t], true // as .NET writes them
	}
	return "", false
}

func (l constant) Text(*Exchange) (string, error) { s, _ := l.literal(); return s, nil }

func (l constant) Bool(*Exchange) (bool, error) { b, _ := l.value.(bool); return b, nil }

func (l constant) Value(*Exchange) (types.Value, error) {
	switch t := l.value.(type) {
	case string:
		return types.Str(t), nil
	case int64:
		return types.Int(int32(t)), nil
	case bool:
		return types.Bool(t), nil
	}
	return types.Null, nil
}
