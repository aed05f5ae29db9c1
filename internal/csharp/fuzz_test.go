package csharp

import (
	"errors"
	"testing"
	"time"

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
