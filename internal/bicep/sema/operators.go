package sema

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

var operatorText = map[syntax.Kind]string{
	syntax.Not: "!", syntax.Minus: "-", syntax.Plus: "+", syntax.Star: "*", syntax.Slash: "/", syntax.Percent: "%",
	syntax.Less: "<", syntax.LessEq: "<=", syntax.Greater: ">", syntax.GreaterEq: ">=", syntax.AndAnd: "&&", syntax.OrOr: "||",
	syntax.Equals: "==", syntax.NotEquals: "!=", syntax.EqualsFold: "=~", syntax.NotEqualsFold: "!~", syntax.Coalesce: "??",
}

// operands are the types that an operator takes on both sides, one of them.
func operands(op syntax.Kind) []*types.Type {
	switch op {
	case syntax.AndAnd, syntax.OrOr:
		return []*types.Type{types.Bool}
	case syntax.EqualsFold, syntax.NotEqualsFold:
		return []*types.Type{types.String}
	case syntax.Less, syntax.LessEq, syntax.Greater, syntax.GreaterEq:
		return []*types.Type{types.Int, types.String}
	case syntax.Plus, syntax.Minus, syntax.Star, syntax.Slash, syntax.Percent:
		return []*types.Type{types.Int}
	}
	return []*types.Type{types.Any}
}

func (m *Model) inferUnary(e *syntax.Unary) *types.Type {
	t := m.TypeOf(e.X)
	if t.IsError() {
		return types.Error
	}
	if r := m.unaryResult(e.Op, t); r != nil {
		return r
	}
	if rest, had := t.NonNull(); had && m.inBranch > 0 {
		if r := m.unaryResult(e.Op, rest); r != nil {
			m.nullOperand(e.Span, rest, t, e.X)
			return r
		}
	}
	m.errorf("BCP044", e.Span, "Cannot apply operator \"%s\" to operand of type \"%s\".", operatorText[e.Op], t)
	return types.Error
}

func (m *Model) unaryResult(op syntax.Kind, t *types.Type) *types.Type {
	want := types.Int
	if op == syntax.Not {
		want = types.Bool
	}
	if !types.Assignable(t, want) {
		return nil
	}
	switch {
	case !t.Literal || t.Kind != want.Kind:
		return want
	case op == syntax.Not && t.Bool:
		return types.False
	case op == syntax.Not:
		return types.True
	case op == syntax.Minus:
		return types.Integer(-t.Int)
	}
	return t
}

// nullOperand warns of an operand that may be null.
func (m *Model) nullOperand(at syntax.Span, want, got *types.Type, e syntax.Expr) {
	text := strings.Join(strings.Fields(m.File.Source.Text[e.At().Start:e.At().End]), " ")
	m.warnf("BCP321", at, "Expected a value of type \"%s\" but the provided value \"%s\" is of type \"%s\".", want, text, got)
}

func (m *Model) inferBinary(e *syntax.Binary) *types.Type {
	x, y := m.TypeOf(e.X), m.TypeOf(e.Y)
	if x.IsError() || y.IsError() {
		return types.Error
	}
	if r := m.binaryResult(e, x, y); r != nil {
		return r
	}
	x2, hadX := x.NonNull()
	y2, hadY := y.NonNull()
	if (hadX || hadY) && m.inBranch > 0 {
		if r := m.binaryResult(e, x2, y2); r != nil {
			if hadX {
				m.nullOperand(e.Span, x2, x, e.X)
			}
			if hadY {
				m.nullOperand(e.Span, y2, y, e.Y)
			}
			return r
		}
	}
	hint := ""
	if e.Op == syntax.Plus && types.Assignable(x, types.String) && types.Assignable(y, types.String) {
		hint = " Use string interpolation instead."
	}
	m.errorf("BCP045", e.Span, "Cannot apply operator \"%s\" to operands of type \"%s\" and \"%s\".%s", operatorText[e.Op], x, y, hint)
	return types.Error
}

// binaryResult is the type of x op y, or nil when the operator does not take them.
func (m *Model) binaryResult(e *syntax.Binary, x, y *types.Type) *types.Type {
	fits := false
	for _, want := range operands(e.Op) {
		fits = fits || types.Assignable(x, want) && types.Assignable(y, want)
	}
	if !fits {
		return nil
	}
	if e.Op == syntax.Coalesce {
		return coalesced(x, y)
	}
	if (e.Op == syntax.Slash || e.Op == syntax.Percent) && y.Kind == types.IntKind && y.Literal && y.Int == 0 {
		m.errorf("BCP410", e.Span, "Division by zero is not supported.")
		return types.Error
	}
	if r := folded(e.Op, x, y); r != nil {
		return r
	}
	if x.Kind == types.IntKind && y.Kind == types.IntKind && x.Literal && y.Literal && overflows(e.Op, x.Int, y.Int) {
		name := map[syntax.Kind]string{syntax.Plus: "add", syntax.Minus: "sub", syntax.Star: "mul"}[e.Op]
		m.warnf("BCP234", e.Span, "The ARM function \"%s\" failed when invoked on the value [%d, %d]: The template language function '%s' overflowed with the operants '%d' and '%d'. Please see https://aka.ms/arm-functions for usage details.", name, x.Int, y.Int, name, x.Int, y.Int)
	}
	switch e.Op {
	case syntax.Plus, syntax.Minus, syntax.Star, syntax.Slash, syntax.Percent:
		return types.Int
	}
	return types.Bool
}

func coalesced(x, y *types.Type) *types.Type {
	if x.Kind == types.NullKind {
		return y
	}
	rest, had := x.NonNull()
	if !had {
		if x.Kind == types.AnyKind {
			return types.Any
		}
		return x
	}
	return types.Collapse(types.Union(rest, y))
}

// folded is the type of an operation on two literals.
func folded(op syntax.Kind, x, y *types.Type) *types.Type {
	if !x.Literal || !y.Literal || x.Kind != y.Kind {
		return nil
	}
	switch x.Kind {
	case types.IntKind:
		return foldedInts(op, x.Int, y.Int)
	case types.BoolKind:
		switch op {
		case syntax.AndAnd:
			return boolean(x.Bool && y.Bool)
		case syntax.OrOr:
			return boolean(x.Bool || y.Bool)
		case syntax.Equals:
			return boolean(x.Bool == y.Bool)
		case syntax.NotEquals:
			return boolean(x.Bool != y.Bool)
		}
	case types.StringKind:
		switch op {
		case syntax.Equals:
			return boolean(x.Text == y.Text)
		case syntax.NotEquals:
			return boolean(x.Text != y.Text)
		case syntax.EqualsFold:
			return boolean(strings.EqualFold(x.Text, y.Text))
		case syntax.NotEqualsFold:
			return boolean(!strings.EqualFold(x.Text, y.Text))
		}
	}
	return nil
}

func boolean(b bool) *types.Type {
	if b {
		return types.True
	}
	return types.False
}

// overflows reports whether an operation on integers leaves their range.
func overflows(op syntax.Kind, x, y int64) bool {
	switch op {
	case syntax.Plus:
		return (x+y > x) != (y > 0) && y != 0
	case syntax.Minus:
		return (x-y < x) != (y > 0) && y != 0
	case syntax.Star:
		return x != 0 && (x*y/x != y || x == -1 && y == math.MinInt64)
	}
	return false
}

func foldedInts(op syntax.Kind, x, y int64) *types.Type {
	if overflows(op, x, y) {
		return nil
	}
	switch op {
	case syntax.Plus:
		return types.Integer(x + y)
	case syntax.Minus:
		return types.Integer(x - y)
	case syntax.Star:
		return types.Integer(x * y)
	case syntax.Slash:
		return types.Integer(x / y)
	case syntax.Percent:
		return types.Integer(x % y)
	case syntax.Less:
		return boolean(x < y)
	case syntax.LessEq:
		return boolean(x <= y)
	case syntax.Greater:
		return boolean(x > y)
	case syntax.GreaterEq:
		return boolean(x >= y)
	case syntax.Equals:
		return boolean(x == y)
	case syntax.NotEquals:
		return boolean(x != y)
	}
	return nil
}

func utf16Length(s string) int { return len(utf16.Encode([]rune(s))) }

// stringified is how long a value of type t is as text; known is false when
// there is no most.
func stringified(t *types.Type) (least, most int64, known bool) {
	switch t.Kind {
	case types.StringKind:
		if t.Literal {
			n := int64(utf16Length(t.Text))
			return n, n, true
		}
		if t.Min != nil {
			least = *t.Min
		}
		if t.Max != nil {
			return least, *t.Max, true
		}
		return least, 0, false
	case types.IntKind:
		if t.Literal {
			n := int64(len(t.String()))
			return n, n, true
		}
		return integerLength(t)
	case types.BoolKind:
		return 4, 5, true
	case types.ArrayKind, types.TupleKind, types.ObjectKind, types.TaggedKind:
		return 2, 0, false
	case types.UnionKind:
		return unionLength(t.Items)
	}
	return 0, 0, false
}

// integerLength are the least and most digits of an integer, with its sign.
func integerLength(t *types.Type) (least, most int64, known bool) {
	lo, hi := bounds(t)
	x, y := int64(len(strconv.FormatInt(lo, 10))), int64(len(strconv.FormatInt(hi, 10)))
	if lo < 0 && hi >= 0 {
		return 1, max(x, y), true
	}
	return min(x, y), max(x, y), true
}

func unionLength(members []*types.Type) (least, most int64, known bool) {
	known = true
	for i, x := range members {
		lo, hi, k := stringified(x)
		if i == 0 || lo < least {
			least = lo
		}
		most, known = max(most, hi), known && k
	}
	return least, most, known
}

// constantString is the text of a string whose interpolations are all literals.
func (m *Model) constantString(e *syntax.StringLit) (string, bool) {
	var b strings.Builder
	b.WriteString(e.Segments[0])
	for i, x := range e.Exprs {
		t := m.TypeOf(x)
		if !t.Literal {
			return "", false
		}
		switch t.Kind {
		case types.StringKind:
			b.WriteString(t.Text)
		case types.IntKind:
			b.WriteString(t.String())
		case types.BoolKind: // .NET writes True and False
			if t.Bool {
				b.WriteString("True")
			} else {
				b.WriteString("False")
			}
		}
		b.WriteString(e.Segments[i+1])
	}
	return b.String(), true
}
