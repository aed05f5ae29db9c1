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

// FuzzLexer: tokens lie in the text, in order, and reading ends.
func FuzzLexer(f *testing.F) {
	for _, s := range []string{`1.5e3m 0xFFul @"a""b" $"{x,3:N2}}}" 'c' '\u0041' /* */ // x`, "$@\"{\"{\"}\" @if a?.b ?.5", "\"\\x4\\U0001F600\"", "$\"{$\"{1}\"}\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		l := &lexer{src: src, limit: len(src), report: func(string, int, int, ...any) {}}
		last := 0
		for _, tok := range l.tokens() {
			if tok.start < last || tok.end < tok.start || tok.end > len(src) {
				t.Fatalf("%q: token %+v after %d", src, tok, last)
			}
			last = tok.end
		}
	})
}
