package policy

import (
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/csharp/types"
)

// The typed attributes of policies. Each is a literal, read when the document is compiled, or
// an expression, evaluated for each exchange. All methods take a nil receiver: an attribute
// that is not there is the zero value, or its default.

// Text is an attribute or element that gives text.
type Text struct {
	literal, what string
	code          Expression
}

func (t *Text) get(ex *Exchange) (string, error) {
	switch {
	case t == nil:
		return "", nil
	case t.code == nil:
		if ex.Tracer != nil {
			ex.traceValue(t.what, t.literal)
		}
		return t.literal, nil
	}
	s, err := t.code.Text(ex)
	if err != nil {
		return "", evaluationFailed(t.what, err)
	}
	if ex.Tracer != nil {
		ex.traceValue(t.what, s)
	}
	return s, nil
}

// constant is the text when it is known now.
func (t *Text) constant() (string, bool) {
	if t == nil {
		return "", true
	}
	return t.literal, t.code == nil
}

// Flag is an attribute that is true or false.
type Flag struct {
	literal bool
	what    string
	code    Expression
}

func (f *Flag) get(ex *Exchange) (bool, error) {
	if f == nil {
		return false, nil
	}
	b := f.literal
	if f.code != nil {
		var err error
		if b, err = f.code.Bool(ex); err != nil {
			return false, evaluationFailed(f.what, err)
		}
	}
	if ex.Tracer != nil {
		ex.traceValue(f.what, b)
	}
	return b, nil
}

// Option is an attribute that is one of a list.
type Option struct {
	literal, what string
	list          []string
	code          Expression
}

func (o *Option) get(ex *Exchange) (string, error) {
	v := o.literal
	if o.code != nil {
		text, err := o.code.Text(ex)
		if err != nil {
			return "", evaluationFailed(o.what, err)
		}
		var ok bool
		if v, ok = among(o.list, text); !ok {
			return "", &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of " + o.what + " must be " + strings.Join(o.list, ", ") + "."}
		}
	}
	if ex.Tracer != nil {
		ex.traceValue(o.what, v)
	}
	return v, nil
}

// is reports whether the option is that one.
func (o *Option) is(ex *Exchange, value string) (bool, error) {
	v, err := o.get(ex)
	return v == value, err
}

// Number is an attribute that is a whole number.
type Number struct {
	literal, min, max int64
	what              string
	code              Expression
}

func (n *Number) get(ex *Exchange) (int64, error) {
	if n == nil {
		return 0, nil
	}
	v := n.literal
	if n.code != nil {
		s, err := n.code.Text(ex)
		if err != nil {
			return 0, evaluationFailed(n.what, err)
		}
		if v, err = strconv.ParseInt(strings.TrimSpace(s), 10, 64); err != nil || v < n.min || v > n.max {
			return 0, &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of " + n.what + " must be " + wholeNumber(n.min, n.max) + "."}
		}
	}
	if ex.Tracer != nil {
		ex.traceValue(n.what, v)
	}
	return v, nil
}

// Value is an attribute that may be anything.
type Value struct {
	literal, what string
	code          Expression
}

func (v *Value) get(ex *Exchange) (types.Value, error) {
	if v == nil {
		return types.Null, nil
	}
	x := types.Str(v.literal)
	if v.code != nil {
		var err error
		if x, err = v.code.Value(ex); err != nil {
			return types.Null, evaluationFailed(v.what, err)
		}
	}
	if ex.Tracer != nil {
		ex.traceValue(v.what, x)
	}
	return x, nil
}

func named(e *element, name string) string { return "the attribute '" + name + "' of '" + e.name + "'" }

// text reads an attribute that may be an expression; nil when it is absent or wrong.
func (c *compiler) text(e *element, name string) *Text {
	a := e.attribute(name)
	if a == nil {
		return nil
	}
	t := &Text{what: named(e, name)}
	var ok bool
	if t.literal, t.code, ok = c.value(a.value, t.what, TextKind); !ok {
		return nil
	}
	return t
}

// needText is text for an attribute that must be there.
func (c *compiler) needText(e *element, name string) *Text {
	c.need(e, name)
	return c.text(e, name)
}

func (c *compiler) need(e *element, name string) bool {
	if e.attribute(name) == nil {
		c.reportElement(codeRequired, e, e.name, "the attribute '"+name+"'")
		return false
	}
	return true
}

// content is the text inside of an element; empty: nil.
func (c *compiler) content(e *element) *Text {
	for _, child := range e.children {
		c.reportElement(codeChild, child, child.name, e.name)
	}
	t := &Text{what: "<" + e.name + ">"}
	var ok bool
	if t.literal, t.code, ok = c.value(e.text, t.what, TextKind); !ok {
		return nil
	}
	return t
}

// trimmed is content without white space around a literal.
func (c *compiler) trimmed(e *element) *Text {
	t := c.content(e)
	if t != nil {
		t.literal = strings.TrimSpace(t.literal)
	}
	return t
}

// flag reads an attribute that is true or false.
func (c *compiler) flag(e *element, name string, otherwise bool) *Flag {
	f := &Flag{literal: otherwise, what: named(e, name)}
	a := e.attribute(name)
	if a == nil {
		return f
	}
	text, code, ok := c.value(a.value, f.what, BoolKind)
	switch {
	case !ok:
	case code != nil:
		f.code = code
	case strings.EqualFold(strings.TrimSpace(text), "true"):
		f.literal = true
	case strings.EqualFold(strings.TrimSpace(text), "false"):
		f.literal = false
	default:
		c.badValue(e, name, "true or false")
	}
	return f
}

// condition is flag for an attribute that must be there.
func (c *compiler) condition(e *element) *Flag {
	c.need(e, "condition")
	return c.flag(e, "condition", false)
}

func wholeNumber(low, high int64) string {
	if high == 1<<31-1 {
		return "a whole number of " + strconv.FormatInt(low, 10) + " or more"
	}
	return "a whole number from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10)
}

// maxNumber is the largest value of attributes: they are C#'s int.
const maxNumber = 1<<31 - 1

// number reads an attribute that is a whole number; nil when it is absent.
func (c *compiler) number(e *element, name string, low, high int64) *Number {
	a := e.attribute(name)
	if a == nil {
		return nil
	}
	n := &Number{what: named(e, name), min: low, max: high}
	text, code, ok := c.value(a.value, n.what, NumberKind)
	if n.code = code; !ok || code != nil {
		return n
	}
	v, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || v < low || v > high {
		c.badValue(e, name, wholeNumber(low, high))
	}
	n.literal = v
	return n
}

// needNumber is number for an attribute that must be there.
func (c *compiler) needNumber(e *element, name string, low, high int64) *Number {
	c.need(e, name)
	return c.number(e, name, low, high)
}

// seconds is a number as a duration; nil is otherwise.
func (n *Number) seconds(ex *Exchange, otherwise time.Duration) (time.Duration, error) {
	if n == nil {
		return otherwise, nil
	}
	v, err := n.get(ex)
	return time.Duration(v) * time.Second, err
}

// any reads an attribute that may be of any type; nil when it is absent.
func (c *compiler) any(e *element, name string) *Value {
	a := e.attribute(name)
	if a == nil {
		return nil
	}
	v := &Value{what: named(e, name)}
	v.literal, v.code, _ = c.anyValue(a.value, v.what)
	return v
}

// anyValue keeps the type of an expression that is a literal.
func (c *compiler) anyValue(v value, what string) (string, Expression, bool) {
	text, ok := c.expand(v)
	if !ok || !isExpression(text) {
		return text, nil, ok
	}
	code, ok := c.expression(v, text, what, AnyKind)
	return "", code, ok
}

// literal is the text of an attribute that takes no expression but literals. ok is false
// after an error and for an absent attribute.
func (c *compiler) literal(e *element, name string) (text string, ok bool) {
	a := e.attribute(name)
	if a == nil {
		return "", false
	}
	return c.plain(a.value, named(e, name))
}

// required is literal for an attribute that must be there.
func (c *compiler) required(e *element, name string) (string, bool) {
	if !c.need(e, name) {
		return "", false
	}
	return c.literal(e, name)
}

// plain replaces the named values of v and refuses expressions but literals.
func (c *compiler) plain(v value, what string) (string, bool) {
	text, ok := c.expand(v)
	if !ok || !isExpression(text) {
		return text, ok
	}
	before := len(c.diags)
	if x, ok := c.expression(v, text, what, AnyKind); ok {
		if l, isConstant := x.(constant); isConstant && !l.value.IsNull() {
			return valueAsText(nil, l.value), true
		}
	}
	c.diags = c.diags[:before]
	c.report(codeNoCode, v.at, v.end, what)
	return "", false
}

// choice is the value of an attribute that must be one of a list and takes no expression;
// absent: the first.
func (c *compiler) choice(e *element, name string, list ...string) string {
	text, ok := c.literal(e, name)
	if !ok {
		return list[0]
	}
	return c.oneOf(e, name, text, list)
}

func (c *compiler) oneOf(e *element, name, text string, list []string) string {
	if l, ok := among(list, text); ok {
		return l
	}
	c.badValue(e, name, strings.Join(list, ", "))
	return list[0]
}

// among finds text in a list, in any case.
func among(list []string, text string) (string, bool) {
	text = strings.TrimSpace(text)
	for _, l := range list {
		if strings.EqualFold(text, l) {
			return l, true
		}
	}
	return "", false
}

// option reads an attribute that must be one of a list; absent: the first.
func (c *compiler) option(e *element, name string, list ...string) *Option {
	o := &Option{literal: list[0], list: list, what: named(e, name)}
	a := e.attribute(name)
	if a == nil {
		return o
	}
	text, code, ok := c.value(a.value, o.what, TextKind)
	if o.code = code; ok && code == nil {
		o.literal = c.oneOf(e, name, text, list)
	}
	return o
}

// needOption is option for an attribute that must be there.
func (c *compiler) needOption(e *element, name string, list ...string) *Option {
	c.need(e, name)
	return c.option(e, name, list...)
}

// fixedFlag is a flag that takes no expression.
func (c *compiler) fixedFlag(e *element, name string, otherwise bool) bool {
	if e.attribute(name) == nil {
		return otherwise
	}
	return c.choice(e, name, strconv.FormatBool(otherwise), strconv.FormatBool(!otherwise)) == "true"
}

// fixedNumber is a number that takes no expression; ok is false when it is absent or wrong.
func (c *compiler) fixedNumber(e *element, name string, low, high int64) (n int64, ok bool) {
	text, ok := c.literal(e, name)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < low || n > high {
		c.badValue(e, name, wholeNumber(low, high))
		return 0, false
	}
	return n, true
}

// needFixedNumber is fixedNumber for an attribute that must be there.
func (c *compiler) needFixedNumber(e *element, name string, low, high int64) (int64, bool) {
	c.need(e, name)
	return c.fixedNumber(e, name, low, high)
}

func (c *compiler) badValue(e *element, name, want string) {
	a := e.attribute(name)
	c.report(codeValue, a.value.at, a.value.end, named(e, name), want)
}

// children reports children of e whose names are not among names, which spaces separate, and
// text; it returns the others.
func (c *compiler) children(e *element, names string) (list []*element) {
	c.noText(e)
next:
	for _, child := range e.children {
		for name := range strings.FieldsSeq(names) {
			if name == child.name {
				list = append(list, child)
				continue next
			}
		}
		c.reportElement(codeChild, child, child.name, e.name)
	}
	return list
}

// only are the children of e, all of one name and without attributes.
func (c *compiler) only(e *element, name string) []*element {
	list := c.children(e, name)
	for _, child := range list {
		c.noAttributes(child)
	}
	return list
}

// texts are the contents of the children named name.
func (c *compiler) texts(e *element, name string) (list []*Text) {
	for _, child := range c.only(e, name) {
		list = append(list, c.trimmed(child))
	}
	return list
}

// someTexts is texts for an element that must have such a child.
func (c *compiler) someTexts(e *element, name string) []*Text {
	list := c.texts(e, name)
	if len(list) == 0 {
		c.reportElement(codeRequired, e, e.name, "a <"+name+">")
	}
	return list
}

// evaluate gets all texts.
func evaluate(ex *Exchange, list []*Text) ([]string, error) {
	out := make([]string, len(list))
	for i, t := range list {
		var err error
		if out[i], err = t.get(ex); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// simple is the builder of a step that needs no outer scope and fails with an error.
func (c *compiler) simple(e *element, run func(ex *Exchange) error) builder {
	at := c.origin(e)
	s := func(ex *Exchange) outcome {
		if err := run(ex); err != nil {
			return at.fail(ex, err)
		}
		return next
	}
	return func(step) step { return s }
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
