package expression

import (
	"fmt"
	"strings"
	"testing"
)

type fixed struct{}

func (fixed) Root(name string) (Value, bool) {
	object := func(kv ...Value) *Object {
		o := NewObject()
		for i := 0; i < len(kv); i += 2 {
			o.Set(kv[i].(string), kv[i+1])
		}
		return o
	}
	switch name {
	case "variables":
		return object("a", "x", "Build.SourceBranch", "refs/heads/main", "empty", "", "n", "12"), true
	case "parameters":
		return object("list", Array{"p", "q"}, "yes", true, "n", 3.0, "foo", Array{
			object("id", 1.0, "in", object("k", "v1")), object("id", 2.0, "in", object("k", "v2")), "text"},
			"o", object("b", "2", "a", "1")), true
	}
	return nil, false
}
func (fixed) Roots() []string { return []string{"parameters", "variables"} }
func (fixed) Status(f string, of []string) (bool, error) {
	return f == "always" || f == "succeeded" && len(of) == 0, nil
}
func (fixed) Counter(prefix string, seed int) (int, error) { return seed + len(prefix), nil }

// Each row: expression, its value as JSON, or "error: " and part of the message.
var semantics = [][2]string{
	{`'it''s'`, `"it's"`}, {`-1.5`, `-1.5`}, {`1.2.3`, `"1.2.3"`}, {`true`, `true`}, {`NULL`, `null`},
	{`variables.a`, `"x"`}, {`variables['A']`, `"x"`}, {`variables['build.sourcebranch']`, `"refs/heads/main"`}, {`variables.nope`, `null`},
	{`parameters.list[1]`, `"q"`}, {`parameters.list[7]`, `null`}, {`parameters.foo.*.id`, "[\n  1,\n  2\n]"}, {`parameters.foo.*.in.k`, "[\n  \"v1\",\n  \"v2\"\n]"},
	{`parameters.foo[*].in.*`, "[\n  \"v1\",\n  \"v2\"\n]"},
	{`eq('A', 'a')`, `true`}, {`eq(1, '1')`, `true`}, {`eq('1', 1)`, `true`}, {`eq(1, 'x')`, `false`}, {`eq(true, 'x')`, `true`}, {`eq(true, '')`, `false`},
	{`eq('true', true)`, `true`}, {`eq('', null)`, `true`}, {`eq(null, '')`, `true`}, {`eq(null, 'x')`, `false`}, {`eq(0, '')`, `true`}, {`eq(1.2.3, '1.2.3')`, `true`},
	{`ne('a', 'b')`, `true`}, {`gt('b', 'A')`, `true`}, {`lt(2, '10')`, `true`}, {`lt('2', 10)`, `false`}, {`ge(1.2.3, '1.2.3')`, `true`}, {`le(1.2.3, '1.2')`, `false`},
	{`gt(1, 'x')`, `error: a number and a text have no order`}, {`gt(parameters.list, 1)`, `error: an array`},
	{`and(true, 'x', 1)`, `true`}, {`and(true, '')`, `false`}, {`or(false, 0, '')`, `false`}, {`or(0, 'x')`, `true`}, {`and(false, unknown)`, `false`}, {`xor(true, 'x')`, `false`},
	{`not('')`, `true`}, {`not(parameters.o)`, `false`}, {`in('B', 'a', 'b')`, `true`}, {`notIn(1, 2, 3)`, `true`},
	{`coalesce('', null, 'z', 'y')`, `"z"`}, {`coalesce('', '')`, `null`},
	{`contains('Hello', 'ELL')`, `true`}, {`startsWith('refs/heads/x', 'REFS/')`, `true`}, {`endsWith('abc', 'BC')`, `true`},
	{`containsValue(parameters.list, 'P')`, `true`}, {`containsValue(parameters.o, '3')`, `false`},
	{`format('{0}-{1}{{}}', 'a', 1)`, `"a-1{}"`}, {`format('{1}', 'a')`, `error: the format asks for {1}`}, {`format('{', 1)`, `error: a lone brace`},
	{`iif(eq(1,1), 'y', 'n')`, `"y"`}, {`iif(true, 'y', unknown)`, `error: 'unknown' is not known here; known are parameters, variables`},
	{`join(',', parameters.list)`, `"p,q"`}, {`join(',', 'x')`, `"x"`}, {`split('a,b;c', ',;')`, "[\n  \"a\",\n  \"b\",\n  \"c\"\n]"}, {`split('ab', '')`, "[\n  \"ab\"\n]"},
	{`replace('aXa', 'X', 'b')`, `"aba"`}, {`length('äb')`, `2`}, {`length(parameters.foo)`, `3`}, {`lower('ÄB')`, `"äb"`}, {`upper('b')`, `"B"`}, {`trim(' a ')`, `"a"`},
	{`convertToJson(parameters.o)`, `"{\n  \"b\": \"2\",\n  \"a\": \"1\"\n}"`}, {`convertToJson(parameters.yes)`, `"true"`},
	{`counter('ab', 100)`, `102`}, {`counter()`, `0`}, {`always()`, `true`}, {`succeeded()`, `true`}, {`failed('x')`, `false`},
	{`upper(parameters.yes)`, `"TRUE"`}, {`format('{0}', false)`, `"False"`}, {`format('{0}', 1000000)`, `"1000000"`},
	{`a == b`, `error: there are no operators`}, {`"x"`, `error: single quotes`}, {`eq(1)`, `error: eq takes 2 arguments, not 1`}, {`contians('a', 'b')`, `error: did you mean 'contains'?`},
	{`eq(1, 2`, `error: ends too early`}, {`'x`, `error: not closed`}, {`1.2.3.4.5`, `error: neither a number nor a version`}, {``, `error: ends too early`}, {`a b`, `error: unexpected "b"`},
	{strings.Repeat("not(", 60) + "1" + strings.Repeat(")", 60), `error: deeper than`},
}

func run(text string) (string, error) {
	n, err := Parse(text, true)
	if err != nil {
		return "", err
	}
	v, err := n.Evaluate(fixed{})
	return JSON(v), err
}

func TestSemantics(t *testing.T) {
	for _, c := range semantics {
		got, err := run(c[0])
		if want, isError := strings.CutPrefix(c[1], "error: "); isError {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %s, error %v; want an error with %q", c[0], got, err, want)
			}
		} else if err != nil || got != c[1] {
			t.Errorf("%s: got %s, error %v; want %s", c[0], got, err, c[1])
		}
	}
}

func TestStatusFunctionsAreRefusedAtExpansion(t *testing.T) {
	_, err := Parse("and(1, succeeded())", false)
	var e *Error
	if err == nil || !strings.Contains(err.Error(), "depends on the run") {
		t.Fatalf("got %v", err)
	}
	if e = err.(*Error); e.Offset != 7 {
		t.Errorf("offset %d, want 7", e.Offset)
	}
}

func FuzzExpression(f *testing.F) {
	for _, c := range semantics {
		f.Add(c[0])
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text, true)
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("%v points outside of the text", err)
			}
			return
		}
		a, errA := n.Evaluate(fixed{})
		b, errB := n.Evaluate(fixed{})
		if JSON(a) != JSON(b) || fmt.Sprint(errA) != fmt.Sprint(errB) {
			t.Fatal("two evaluations differ")
		}
	})
}
