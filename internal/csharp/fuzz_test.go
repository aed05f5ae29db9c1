package csharp

import (
	"errors"
	"testing"
	"time"

	"gatehouse/internal/csharp/lib"
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// FuzzCompile: no code crashes or hangs the compiler, and what compiles runs within its limits.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{`context.Request.Headers.GetValueOrDefault("X","") == "abc"`, `var x = new Dictionary<string, object> { ["a"] = 1 }; foreach (var p in x) { if (p.Value is int n && n > 0) return p.Key; } return null;`,
		`new[] {1,2,3}.Where(x => x > 1).Select(x => new { x, y = x * 2.5m }).OrderBy(a => a.y).First().ToString()`, `try { throw new Exception($"{1,3:N2}"); } catch (Exception e) when (e.Message != null) { return e.Message; } finally { }`,
		`int F(int n) => n <= 1 ? 1 : n * F(n - 1); return F(5);`, `(a, b) = (1, "x"); string s = null; return s?.Length ?? -1;`, `switch ((object)1) { case int n when n > 0: return n; default: return "\u00e9".Substring(0, 1); }`,
		`for (int i = 0; i < 3; i++) { checked { byte b = (byte)(250 + i); } } return DateTime.UtcNow.AddDays(1).ToString("o");`} {
		f.Add(s, true)
		f.Add(s, false)
	}
	limits := types.Limits{Steps: 20_000, Bytes: 4 << 20, Depth: 60, Time: time.Second}
	f.Fuzz(func(t *testing.T, src string, block bool) {
		kind := Expression
		if block {
			kind = Block
		}
		p, diags := Compile(src, Options{Kind: kind, Limits: limits})
		if (p == nil) == (len(diags) == 0) {
			t.Fatalf("%q: program %v, diagnostics %v", src, p, diags)
		}
		if p == nil {
			return
		}
		_, _, err := p.RunString(&Frame{Context: newExchange()})
		var e *Exception
		var l *LimitError
		if err != nil && !errors.As(err, &e) && !errors.As(err, &l) {
			t.Fatalf("%q: %v", src, err)
		}
	})
}

// FuzzBind: the parser accepts every program of the grammar, the binder decides on it, and
// what it compiles gives values of the type that it found.
func FuzzBind(f *testing.F) {
	f.Add([]byte("the choices of a program"))
	f.Add([]byte{0, 0, 2, 5, 6, 1, 9, 3, 2, 8, 14, 3, 2, 1, 0, 200, 31, 17, 5, 9, 1, 44, 81})
	f.Add([]byte{13, 2, 1, 0, 2, 10, 3, 4, 5, 14, 1, 3, 6, 9, 2, 0, 1, 17, 99})
	limits := types.Limits{Steps: 20_000, Bytes: 4 << 20, Depth: 60, Time: time.Second}
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 2000 {
			return
		}
		src := (&generator{choices: choices}).program()
		if _, problems := syntax.ParseBlock(src); len(problems) > 0 && problems[0].Code != "CS8078" {
			t.Fatalf("%s\n%+v", src, problems)
		}
		p, diags := Compile(src, Options{Kind: Block, Limits: limits})
		for _, d := range diags {
			if !syntax.Known(d.Code) {
				t.Fatalf("%s\n%v", src, d)
			}
		}
		if (p == nil) == (len(diags) == 0) {
			t.Fatalf("%s: program %v, diagnostics %v", src, p, diags)
		}
		if p == nil {
			return
		}
		v, err := p.Run(&Frame{Context: newExchange()})
		var e *Exception
		var l *LimitError
		if err != nil && !errors.As(err, &e) && !errors.As(err, &l) {
			t.Fatalf("%s: %v", src, err)
		}
		if err == nil && p.Type().Kind != types.KindVoid && !fits(v, p.Type()) {
			t.Fatalf("%s: %v is no %s", src, types.TypeOf(v), p.Type())
		}
	})
}

// fits reports whether v may be the value of an expression of type t.
func fits(v Value, t *types.Type) bool {
	if v.IsNull() {
		return t.CanBeNull()
	}
	return lib.Types().Is(v, t.Underlying())
}
