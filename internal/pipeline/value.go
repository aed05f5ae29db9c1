package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline/expression"
	"gatehouse/internal/pipeline/syntax"
)

// toValue makes a value of a node. Scalars are texts, whatever they look like: only
// parameters of type boolean and number are more.
func (x *expander) toValue(n *syntax.Node) expression.Value {
	switch {
	case n.IsNull():
		return ""
	case n.Kind == syntax.Sequence:
		out := make(expression.Array, len(n.Items))
		for i, item := range n.Items {
			out[i] = x.toValue(item)
		}
		return out
	case n.Kind == syntax.Mapping:
		o := expression.NewObject()
		for _, p := range n.Pairs {
			o.Set(p.Key.Value, x.toValue(p.Value))
		}
		x.origin[o] = n
		return o
	}
	return n.Value
}

// fromValue makes a node of a value, in the place of another node. A mapping that
// came from a text is itself again, with its places.
func (x *expander) fromValue(at *syntax.Node, v expression.Value) *syntax.Node {
	if !x.count(at) {
		return at
	}
	switch v := v.(type) {
	case expression.Array:
		out := &syntax.Node{Kind: syntax.Sequence, File: at.File, Pos: at.Pos}
		for _, item := range v {
			out.Items = append(out.Items, x.fromValue(at, item))
		}
		return out
	case *expression.Object:
		if n := x.origin[v]; n != nil {
			return n
		}
		out := &syntax.Node{Kind: syntax.Mapping, File: at.File, Pos: at.Pos}
		for _, k := range v.Keys {
			value, _ := v.Get(k)
			out.Pairs = append(out.Pairs, syntax.Pair{Key: syntax.NewScalar(at, k), Value: x.fromValue(at, value)})
		}
		return out
	case bool, float64:
		return syntax.NewPlain(at, expression.String(v))
	}
	return syntax.NewScalar(at, expression.String(v))
}

// expressionDiagnostic places an error of an expression that begins at offset in a node's text.
func expressionDiagnostic(n *syntax.Node, text string, offset int, err error) diag.Diagnostic {
	message := fmt.Sprintf("In the expression '%s': %s", shorten(strings.TrimSpace(text)), err)
	if !strings.HasSuffix(message, "?") {
		message += "."
	}
	d := n.At(CodeExpression, message, "")
	var e *expression.Error
	if errors.As(err, &e) {
		offset += e.Offset
	}
	d.Range.Start = within(n, offset)
	d.Range.End = d.Range.Start
	return d
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:77]) + "..."
	}
	return s
}

// within is the place of a byte of a node's text, as exactly as its style lets one know.
func within(n *syntax.Node, offset int) diag.Position {
	p := n.Pos
	before := n.Value[:min(offset, len(n.Value))]
	p.Offset += len(before)
	switch {
	case n.Body.Line > 0:
		p = n.Body
		if i := strings.LastIndexByte(before, '\n'); i >= 0 {
			p.Line += strings.Count(before, "\n")
			before = before[i+1:]
		}
		p.Column += len([]rune(before))
	case strings.Contains(before, "\n") || n.Style == syntax.Folded || n.Style == syntax.Literal:
	case n.Style == syntax.Quoted:
		p.Column += 1 + len([]rune(before))
	default:
		p.Column += len([]rune(before))
	}
	return p
}
