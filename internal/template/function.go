package template

import (
	"fmt"
	"strconv"
	"strings"
)

// function is a built-in function. lazy ones get their arguments unevaluated.
type function struct {
	min, max int // number of arguments; max < 0: any number
	call     func(f *frame, c call) (any, error)
	lazy     func(f *frame, c *callExpr) (any, error)
	holds    bool // arguments may be Unknown: they are kept as they are
	shallow  bool // arguments may hold an Unknown, but not be one
	needs    ability
}

// ability is what a place in a template must allow for a function to stand there.
type ability uint8

const (
	canReference ability = 1 << iota // reference() and list*(): only resources' bodies and outputs
	canGenerate                      // newGuid(), utcNow(): only default values of parameters
	canCopyIndex                     // copyIndex(): only inside of copy loops
	canExternal                      // externalInputs(): only expressions of given parameters
)

// call is a call with evaluated arguments.
type call struct {
	name string
	args []any
}

func (c call) fail(format string, args ...any) error {
	return fault("The template language function '%s' %s. Please see https://aka.ms/arm-functions#%s for usage details.",
		c.name, fmt.Sprintf(format, args...), strings.ToLower(c.name))
}

// expected is the error for an argument of the wrong type, counted from 0.
func (c call) expected(i int, want string) error {
	return c.fail("expects its parameter at position %d to be of type '%s'. The provided value is of type '%s'", i+1, want, typeName(c.args[i]))
}

func (c call) has(i int) bool { return i < len(c.args) }

func (c call) str(i int) (string, error) {
	if s, ok := c.args[i].(string); ok {
		return s, nil
	}
	return "", c.expected(i, "String")
}

// optional string: absent or null gives otherwise.
func (c call) strOr(i int, otherwise string) (string, error) {
	if !c.has(i) || c.args[i] == nil {
		return otherwise, nil
	}
	return c.str(i)
}

func (c call) integer(i int) (int64, error) {
	if n, ok := c.args[i].(int64); ok {
		return n, nil
	}
	return 0, c.expected(i, "Integer")
}

func (c call) integerOr(i int, otherwise int64) (int64, error) {
	if !c.has(i) || c.args[i] == nil {
		return otherwise, nil
	}
	return c.integer(i)
}

func (c call) array(i int) ([]any, error) {
	if a, ok := c.args[i].([]any); ok {
		return a, nil
	}
	return nil, c.expected(i, "Array")
}

func (c call) object(i int) (*Object, error) {
	if o, ok := c.args[i].(*Object); ok {
		return o, nil
	}
	return nil, c.expected(i, "Object")
}

func (c call) boolean(i int) (bool, error) {
	if b, ok := c.args[i].(bool); ok {
		return b, nil
	}
	return false, c.expected(i, "Boolean")
}

// text is a scalar as text, as concat, join and uniqueString take it.
func (c call) text(i int) (string, error) {
	if s, ok := scalarText(c.args[i]); ok {
		return s, nil
	}
	return "", c.expected(i, "String")
}

func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return formatFloat(v), true
	case bool:
		if v {
			return "True", true
		}
		return "False", true
	}
	return "", false
}

func (fn *function) checkCount(name string, n int) error {
	if n >= fn.min && (fn.max < 0 || n <= fn.max) {
		return nil
	}
	want := strconv.Itoa(fn.min)
	switch {
	case fn.max < 0:
		want = "at least " + want
	case fn.max != fn.min:
		want += " to " + strconv.Itoa(fn.max)
	}
	return fault("Unable to evaluate template language function '%s': function requires %s argument(s) while %d were provided. Please see https://aka.ms/arm-functions#%s for usage details.",
		name, want, n, strings.ToLower(name))
}

// newFunctions makes the table of built-in functions, by lower-case name.
func newFunctions() map[string]*function {
	table := make(map[string]*function, 160)
	for _, family := range []map[string]*function{stringFunctions(), encodingFunctions(), formatFunctions(), arrayFunctions(), objectFunctions(), numberFunctions(),
		logicFunctions(), dateFunctions(), cidrFunctions(), lambdaFunctions(), deploymentFunctions(), scopeFunctions(), referenceFunctions()} {
		for name, fn := range family {
			table[strings.ToLower(name)] = fn
		}
	}
	return table
}

func fixed(n int, call func(*frame, call) (any, error)) *function {
	return &function{min: n, max: n, call: call}
}

func between(minimum, maximum int, call func(*frame, call) (any, error)) *function {
	return &function{min: minimum, max: maximum, call: call}
}
