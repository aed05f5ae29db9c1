package csharp

import (
	"testing"

	"gatehouse/internal/csharp/types"
)

func TestStatements(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{`{ var n = 0; for (int i = 0; i < 5; i++) { if (i == 3) continue; n += i; } return n; }`, "7"},
		{`{ var n = 0; while (true) { n++; if (n > 4) break; } return n; }`, "5"},
		{`{ int n; do { n = 7; } while (false); return n; }`, "7"},
		{`{ var s = ""; foreach (var c in "abc") { s = c + s; } return s; }`, "cba"},
		{`{ foreach (int x in new[] {1,2,3}) { if (x == 2) return x; } return -1; }`, "2"},
		{`{ switch (context.Request.Method) { case "POST": return 1; case "GET": case "HEAD": return 2; default: return 3; } }`, "2"},
		{`{ object o = 5; switch (o) { case string s: return s; case int n when n > 9: return "big"; case int n: return "int " + n; case null: return "null"; default: return "?"; } }`, "int 5"},
		{`{ return new List<int> { 1, 2, 3 }.Count(x => x > 1) + new List<int> { 4 }.Count; }`, "3"},
		{`{ try { return int.Parse("x").ToString(); } catch (FormatException e) { return e.Message; } }`, "Input string was not in a correct format."},
		{`{ var s = ""; try { try { s += "a"; throw new Exception("b"); } finally { s += "f"; } } catch (Exception e) when (e.Message == "no") { return "no"; } catch (Exception e) { s += e.Message; } return s; }`, "afb"},
		{`{ try { throw new ArgumentException("m", new Exception("inner")); } catch (ArgumentException e) { return e.InnerException.Message + e.GetType().Name; } }`, "innerArgumentException"},
		{`{ try { try { throw new InvalidOperationException("x"); } catch { throw; } } catch (InvalidOperationException) { return "again"; } }`, "again"},
		{`{ throw new Exception("stop"); }`, "! System.Exception: stop"},
		{`{ var x = context.Variables["n"] ?? throw new Exception("none"); return x; }`, "5"},
		{`{ int zero = 0; return 1 / zero; }`, "! System.DivideByZeroException: Attempted to divide by zero."},
		{`{ checked { int m = int.MaxValue; return m + 1; } }`, "! System.OverflowException: Arithmetic operation resulted in an overflow."},
		{`{ int m = int.MaxValue; m++; return m; }`, "-2147483648"},
		{`{ Func<int, int> f = null; f = n => n <= 1 ? 1 : n * f(n - 1); return f(5); }`, "120"},
		{`{ int Twice(int n) { return 2 * n; } return Twice(4) + Later(); int Later() => k; }`, "name"},
		{`{ var k = 3; return Fact(k) + Later(); int Fact(int n) => n <= 1 ? 1 : n * Fact(n - 1); int Later() { return k; } }`, "9"},
		{`{ var fs = new List<Func<int>>(); foreach (var i in new[] {1,2,3}) { fs.Add(() => i); } return fs.Sum(f => f()); }`, "6"},
		{`{ var n = 1; Action add = () => n += 5; add(); add(); return n; }`, "11"},
		{`{ var a = new int[3]; a[1] = 4; a[1] *= 2; a[2]--; return string.Join(",", a); }`, "0,8,-1"},
		{`{ var d = new Dictionary<string, int>(); d["a"] = 1; d["a"] += 2; d["a"]++; return d["a"]; }`, "4"},
		{`{ (int a, string b) = (1, "x"); var (c, d) = (a + 1, b + "y"); (a, c) = (c, a); return $"{a}{b}{c}{d}"; }`, "2x1xy"},
		{`{ const int k = 2 + 3; const string s = "v" + "1"; return s + k; }`, "v15"},
		{`{ if (context.Request.Headers.TryGetValue("X", out var values)) { return values[0]; } return null; }`, "abc"},
		{`{ string[] value; if (context.Request.Headers.TryGetValue("Authorization", out value)) { if (value != null && value.Length > 0) { return value[0]; } } return null; }`, "null"},
		{`{ var i = 0; var j = i++ + ++i; return j * 10 + i; }`, "22"},
		{`{ string s = null; s += "a"; s ??= "b"; return s; }`, "syntax"},
		{`{ string s = null; return s?.Length ?? -1; }`, "-1"},
		{`{ string s = null; return s?.Trim()?.Length.ToString(); }`, "null"},
		{`{ int[] a = { 1, 2 }; int[] none = null; return a?[1] + (none?[0] ?? 5); }`, "7"},
		{`{ object o = "text"; if (o is string s && s.Length == 4) { return s; } return "no"; }`, "text"},
		{`{ object o = 1; if (!(o is string s)) { return "no"; } return s; }`, "no"},
		{`{ DateTime d = new DateTime(2024, 2, 28).AddDays(2); return d.ToString("yyyy-MM-dd"); }`, "2024-03-01"},
		{`{ byte b = 250; b += 10; return b; }`, "4"}, {`{ char c = 'a'; c++; return c; }`, "b"}, {`{ long l = 5; int i = (int)l; short s = 3; return l + i * s; }`, "20"},
		{`{ double d = 1; d /= 3; float f = 0.1f; return $"{d:0.000} {f}"; }`, "0.333 0.1"},
		{`{ var s = "x"; { var inner = s + "y"; s = inner; } return s; }`, "xy"},
		{`{ return ((Func<int, string>)(n => "n" + n))(3); }`, "n3"},
		{`{ Func<string, bool> f = string.IsNullOrEmpty; return new[] {"", "a"}.Count(f); }`, "1"},
		{`{ return string.Join(",", new[] {" a ", "b"}.Select(s => { var t = s.Trim(); return t + t; })); }`, "aa,bb"},
	} {
		got := run(t, c.code, types.Limits{})
		switch c.want {
		case "name", "syntax":
			if got == "" || got[0] != '(' {
				t.Errorf("%s\n got  %s\n want diagnostics", c.code, got)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%s\n got  %s\n want %s", c.code, got, c.want)
		}
	}
}
