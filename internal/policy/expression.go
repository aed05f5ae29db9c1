package policy

import (
	"errors"
	"strings"

	"gatehouse/internal/csharp"
	"gatehouse/internal/csharp/lib"
	"gatehouse/internal/csharp/types"
	"gatehouse/internal/diag"
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

// evaluationFailed makes LastError of an error of an expression.
func evaluationFailed(what string, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	text := err.Error()
	var thrown *csharp.Exception
	if errors.As(err, &thrown) {
		text = thrown.Message
	}
	return &Error{Reason: "ExpressionValueEvaluationFailure", Message: "Expression evaluation failed. " + text, Cause: err}
}

// value reads the text of an attribute or element: named values are replaced, and then it is
// compiled if it is an expression. This is the one way from a text to an expression.
func (c *compiler) value(v value, what string, kind Kind) (literal string, code Expression, ok bool) {
	text, ok := c.expand(v)
	if !ok || !isExpression(text) {
		return text, nil, ok
	}
	code, ok = c.expression(v, text, what, kind)
	if l, isConstant := code.(constant); isConstant && ok && !l.value.IsNull() {
		return valueAsText(nil, l.value), nil, true
	}
	return "", code, ok
}

// expression compiles text, which stands at v.
func (c *compiler) expression(v value, text, what string, kind Kind) (Expression, bool) {
	begin := strings.IndexByte(text, '@')
	end, err := csharp.Extent(text, begin, false)
	if err != nil || strings.TrimSpace(text[end:]) != "" {
		c.report(codeExpression, v.at, v.end, "more follows it, or it is not closed, in "+what)
		return nil, false
	}
	o := csharp.Options{File: c.src.Name, Position: c.positions(v, begin+2)}
	if text[begin+1] == '{' {
		o.Kind = csharp.Block
	}
	if kind == BoolKind {
		o.Want = types.Boolean
	}
	p, diags := csharp.Compile(text[begin+2:end-1], o)
	if p == nil || diags.HasErrors() {
		c.diags = append(c.diags, c.masked(v, diags)...)
		return nil, false
	}
	if x, known := p.Constant(); known {
		return constant{x}, true
	}
	return &compiled{p}, true
}

// positions tells where in the document a byte of an expression stands: lead bytes of the value
// come before it, entities and named values are longer or shorter than what they stand for.
func (c *compiler) positions(v value, lead int) func(int) diag.Position {
	src := c.src
	var at []int
	return func(offset int) diag.Position {
		if at == nil {
			at = c.offsets(v)
		}
		i := min(max(offset+lead, 0), len(at)-1)
		return src.Position(at[i])
	}
}

// offsets are the places in the source of each byte of the replaced text of v, and of its end.
func (c *compiler) offsets(v value) []int {
	raw, from := c.src.Text[v.at:v.end], v.at
	if i := strings.Index(raw, v.text); i >= 0 {
		raw, from = v.text, v.at+i
	}
	var text strings.Builder
	var at []int
	for i := 0; i < len(raw); {
		n := 1
		piece := raw[i : i+1]
		if strings.HasPrefix(raw[i:], "<![CDATA[") {
			i += len("<![CDATA[")
			continue
		}
		if raw[i] == '&' && len(raw) != len(v.text) {
			if char, width := entity(raw[i:]); width > 0 {
				piece, n = string(char), width
			}
		}
		for range len(piece) {
			at = append(at, from+i)
		}
		text.WriteString(piece)
		i += n
	}
	at = append(at, from+len(raw))
	return c.replacedOffsets(text.String(), at)
}

// replacedOffsets lets all bytes of a named value's content stand where its {{ does.
func (c *compiler) replacedOffsets(text string, at []int) []int {
	var out []int
	seen := 0
	for _, n := range namedValuesIn(text) {
		out = append(out, at[seen:n.start]...)
		content, _ := c.namedValue(n.name)
		for range len(content) {
			out = append(out, at[n.start])
		}
		seen = n.end
	}
	return append(out, at[seen:]...)
}

// masked takes the content of named values out of diagnostics.
func (c *compiler) masked(v value, list diag.List) diag.List {
	for _, n := range namedValuesIn(v.text) {
		content, ok := c.namedValue(n.name)
		if !ok {
			continue
		}
		for i := range list {
			d := &list[i]
			if content != "" {
				d.Message = strings.ReplaceAll(d.Message, content, "{{"+n.name+"}}")
				d.Hint = strings.ReplaceAll(d.Hint, content, "{{"+n.name+"}}")
			}
			if text := c.src.Text[d.Range.Start.Offset:]; strings.HasPrefix(text, "{{") {
				d.Message, d.Hint = "What {{"+n.name+"}} holds does not fit into the expression here.", ""
			}
		}
	}
	return list
}

func (c *compiler) namedValue(name string) (string, bool) {
	if c.o.NamedValues == nil {
		return "", false
	}
	value, _, ok := c.o.NamedValues(name)
	return value, ok
}

// compiled is an expression that reads the exchange.
type compiled struct{ p *csharp.Program }

func (c *compiled) Text(ex *Exchange) (string, error) {
	v, err := c.p.Run(ex.evaluation())
	if err != nil {
		return "", ex.thrown(err)
	}
	return valueAsText(ex, v), nil
}

func (c *compiled) Bool(ex *Exchange) (bool, error) {
	b, err := c.p.RunBool(ex.evaluation())
	if err != nil {
		err = ex.thrown(err)
	}
	return b, err
}

func (c *compiled) Value(ex *Exchange) (types.Value, error) {
	v, err := c.p.Run(ex.evaluation())
	if err != nil {
		err = ex.thrown(err)
	}
	return v, err
}

// thrown is the error of an expression; of one that nobody caught when a body could not be read, the
// body's, with its status.
func (ex *Exchange) thrown(err error) error {
	var exception *csharp.Exception
	var unread *Error
	if errors.As(err, &exception) && errors.As(ex.view.unread, &unread) && exception.Message == unread.Error() {
		return unread
	}
	return err
}

// valueAsText is a value as it stands in a message: a byte[] is its bytes.
func valueAsText(ex *Exchange, v types.Value) string {
	if s, ok := v.Text(); ok || v.IsNull() {
		return s
	}
	if data, ok := byteArray(v); ok {
		return string(data)
	}
	r := &types.Run{}
	if ex != nil {
		r.Now = ex.evaluation().Now
	}
	r.Reset(lib.Types(), nil, types.Limits{})
	return r.Text(v)
}

// constant is an expression that reads nothing.
type constant struct{ value types.Value }

func (l constant) Text(ex *Exchange) (string, error) { return valueAsText(ex, l.value), nil }

func (l constant) Bool(*Exchange) (bool, error) { return l.value.Bool(), nil }

func (l constant) Value(*Exchange) (types.Value, error) { return l.value, nil }
