package syntax

import (
	"strings"
	"testing"
)

// FuzzParse: any text gives a file; spans lie in the text; tokens are in order.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"param a int = 1\n", "var a = '${b}'", "resource a 'b@c' = {", "type a = { *: string }?", "#disable-next-line x\nvar a = '''x'''", "@", "@@@\n", "var a = $$'''a$${b}'''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, diags := Parse("f", text)
		last := 0
		for _, tok := range file.Tokens {
			if tok.Start < last || tok.End < tok.Start || tok.End > len(text) {
				t.Fatalf("token %v is out of order", tok)
			}
			last = tok.Start
		}
		for _, d := range file.Decls {
			if at := d.At(); at.Start < 0 || at.End > len(text) || at.End < at.Start {
				t.Fatalf("span %v of a text of %d bytes", at, len(text))
			}
		}
		for _, d := range diags {
			if d.Code == "" || d.Message == "" {
				t.Fatalf("empty diagnostic %v", d)
			}
		}
	})
}

func TestStrings(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`'plain'`, "plain"},
		{`'it\'s \\ \$ \n\t\r'`, "it's \\ $ \n\t\r"},
		{`'\u{1F600}'`, "\U0001F600"},
		{`'$ {x} $'`, "$ {x} $"},
		{"'''\nfirst line end is dropped\n'''", "first line end is dropped\n"},
		{"'''\r\na\r\nb'''", "a\r\nb"},
		{"'''it's \\n raw'''", `it's \n raw`},
		{"''''quoted''''", "'quoted'"},
	} {
		file, diags := Parse("f", "var a = "+c.text)
		if len(diags) > 0 {
			t.Errorf("%s: %v", c.text, diags)
			continue
		}
		s, ok := file.Decls[0].(*VarDecl).Value.(*StringLit)
		if got, _ := s.Text(); !ok || got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

// TestDeepNesting: nesting is limited, and the limit is reported once.
func TestDeepNesting(t *testing.T) {
	for _, open := range []string{"(", "[", "{a:", "f(", "a[", "'${", "true ? 1 : "} {
		_, diags := Parse("f", "var a = "+strings.Repeat(open, 5000))
		deep := 0
		for _, d := range diags {
			if strings.Contains(d.Message, "levels deep") {
				deep++
			}
		}
		if deep != 1 {
			t.Errorf("%q: %d diagnostics say that it is too deep, of %d", open, deep, len(diags))
		}
	}
}

// TestRecovery: a mistake costs its own line, and what follows is still read.
func TestRecovery(t *testing.T) {
	file, diags := Parse("f", "var a = 1 +\nvar b = 2\nparam c int =\nvar d = [ 1 ] ]\nvar e = 5\n")
	if len(diags) == 0 {
		t.Fatal("no diagnostics")
	}
	var names []string
	for _, d := range file.Decls {
		if v, ok := d.(*VarDecl); ok {
			names = append(names, v.Name.Name)
		}
	}
	if got := strings.Join(names, ""); got != "abde" {
		t.Errorf("variables read: %s", got)
	}
}

func TestPrecedence(t *testing.T) {
	for text, want := range map[string]string{
		"1 + 2 * 3":               "(1+(2*3))",
		"1 - 2 - 3":               "((1-2)-3)",
		"a || b && c == d":        "(a||(b&&(c==d)))",
		"a ?? b ?? c":             "((a??b)??c)",
		"a < b == c > d":          "((a<b)==(c>d))",
		"-1 + !b":                 "((-1)+(!b))",
		"a ? b : c ? d : e":       "(a?b:(c?d:e))",
		"a.b[0].c!.?d[^1][?2]::e": "a.b[0].c!.?d[^1][?2]::e",
	} {
		file, diags := Parse("f", "var x = "+text)
		if len(diags) > 0 {
			t.Errorf("%s: %v", text, diags)
			continue
		}
		if got := show(file.Decls[0].(*VarDecl).Value); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

var opText = map[Kind]string{Plus: "+", Minus: "-", Star: "*", OrOr: "||", AndAnd: "&&", Equals: "==", Coalesce: "??", Less: "<", Greater: ">", Not: "!"}

// show prints an expression with all its parentheses.
func show(e Expr) string {
	switch e := e.(type) {
	case *Variable:
		return e.Name.Name
	case *IntLit:
		return string(rune('0' + e.Value))
	case *Unary:
		return "(" + opText[e.Op] + show(e.X) + ")"
	case *Binary:
		return "(" + show(e.X) + opText[e.Op] + show(e.Y) + ")"
	case *Ternary:
		return "(" + show(e.Cond) + "?" + show(e.Then) + ":" + show(e.Else) + ")"
	case *NonNull:
		return show(e.X) + "!"
	case *ResourceAccess:
		return show(e.Base) + "::" + e.Name.Name
	case *Property:
		if e.Safe {
			return show(e.Base) + ".?" + e.Name.Name
		}
		return show(e.Base) + "." + e.Name.Name
	case *Index:
		mark := ""
		if e.Safe {
			mark = "?"
		}
		if e.FromEnd {
			mark += "^"
		}
		return show(e.Base) + "[" + mark + show(e.Index) + "]"
	}
	return "?"
}
