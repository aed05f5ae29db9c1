package syntax

import "testing"

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", `a.B<int>(x => x + 1, "\u0041", $"{a,3:N2}{{", @"q""")`, "var x = 1; foreach (var y in z) { if (a is string s) return (int)y; }",
		"switch (x) { case 1: case 2 when y: break; default: throw; }", "try { } catch (Exception e) when (e != null) { } finally { }", "new { A = 1, b.C }", "a < b > (c)", "(a, b)"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, src string) {
		ParseExpression(src)
		ParseBlock(src)
	})
}
