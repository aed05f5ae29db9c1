package csharp

import (
	"errors"
	"strings"
	"testing"
)

func TestExtent(t *testing.T) {
	for _, c := range []struct {
		src      string // the expression ends at "§"
		entities bool
		err      error
	}{
		{src: `@(true)§"`},
		{src: `@(x == "y")§">`},
		{src: `@(x == ")")§`},
		{src: `@(x == ')' || c == '\'')§`},
		{src: `@(@"a\" + ")")§`},
		{src: `@(@"a""b)" + x)§`},
		{src: `@($"a{f("}")}b" + y)§`},
		{src: `@($@"C:\{x}""" + y)§)`},
		{src: `@("{{name}}")§`},
		{src: `@($"{{literal}} {x}")§`},
		{src: "@{ var x = a.GetValueOrDefault<byte[]>(\"a\"); // )}\n return x; /* } */ }§</value>"},
		{src: `@(x == &quot;)&quot;)§&quot;`, entities: true},
		{src: `@(a < b && c > d)§ />`},
		{src: `@(a / b)§`},
		{src: `plain§`, err: ErrNotExpression},
		{src: `@(true`, err: ErrUnclosed},
		{src: `@(a]`, err: ErrBracket},
		{src: "@(\"a\n\")", err: ErrString},
		{src: "@" + strings.Repeat("(", 300), err: ErrDeep},
	} {
		src, _, _ := strings.Cut(c.src, "§")
		got, err := Extent(strings.Replace(c.src, "§", "", 1), 0, c.entities)
		if !errors.Is(err, c.err) || err == nil && got != len(src) {
			t.Errorf("Extent(%q) = %d, %v; want %d, %v", c.src, got, err, len(src), c.err)
		}
	}
}

func TestConstant(t *testing.T) {
	for code, want := range map[string]any{
		"true": true, " false ": false, "!true": false, "(true)": true, "1 == 1": true, "1 != 1": false, "2 <= 1": false,
		`"a" == "a"`: true, `"a" == null`: false, "true && !false || false": true, "1 < 2 == true": true,
		"7": int64(7), `"x"`: "x",
	} {
		if got, ok := Constant(code); !ok || got != want {
			t.Errorf("Constant(%q) = %v, %v; want %v", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "x", "true == 1", "context.Api.Id == \"a\"", "1 +", "true false", `"a\n"`, "1.5", "(true", "!1", "true || 1"} {
		if got, ok := Constant(code); ok {
			t.Errorf("Constant(%q) = %v; want none", code, got)
		}
	}
}

func FuzzExtent(f *testing.F) {
	f.Add(`@(x == "y")`, true)
	f.Add(`@{ return $"{a:x}"; }`, false)
	f.Fuzz(func(t *testing.T, src string, entities bool) {
		end, err := Extent(src, 0, entities)
		if end < 0 || end > len(src) {
			t.Fatalf("end %d is outside of %q", end, src)
		}
		if err == nil {
			if again, err := Extent(src[:end], 0, entities); err != nil || again != end {
				t.Fatalf("%q: the extent %d is not stable: %d, %v", src, end, again, err)
			}
		}
		Constant(src)
	})
}
