package pwsh

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
)

// words parses and prints each command as [a][b], with %NAME% for variables.
func words(t *testing.T, text string) string {
	t.Helper()
	s, list := Parse("s.ps1", text)
	if list != nil {
		return list.Text()
	}
	var b strings.Builder
	for _, c := range s.Commands {
		b.WriteString([]string{"", "&& ", "|| "}[c.Chain])
		for _, w := range c.Words {
			b.WriteString("[" + w.Expand(func(n string) string { return "%" + n + "%" }) + "]")
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestArguments(t *testing.T) {
	for _, c := range [][2]string{
		{"az group create", "[az][group][create]"},
		{"az keyvault certificate import `\n    --file '/tmp/a b.pfx' `\r\n  --name 'x'", "[az][keyvault][certificate][import][--file][/tmp/a b.pfx][--name][x]"},
		{"a --p keyVaultName='kv' `\n      other=\"v\" --verbose", "[a][--p][keyVaultName=kv][other=v][--verbose]"},
		{"a 'it''s' \"say \"\"hi\"\"\" \"a`\"b`$c`tx``\"", "[a][it's][say \"hi\"][a\"b$c\tx`]"},
		{"a 'x'y z'w'", "[a][x][y][zw]"}, // about_Parsing: a word that begins with a quote ends with it
		{"a \"x\"'y'", "[a][x][y]"},
		{"a '' \"\"", "[a][][]"},
		{"a 'line 1\nline 2'", "[a][line 1\nline 2]"},
		{"a \"$env:HOME/x\" ${env:B}c $env:A-b \"${env:A B}\"", "[a][%HOME%/x][%B%c][%A%-b][%A B%]"},
		{"a \"5$\" $ \"$ x\" \"a$%\"", "[a][5$][$][$ x][a$%]"},
		{"a # comment\n# another\n<# block\n #> b c; d", "[a]\n[b][c]\n[d]"},
		{"a x#y #z", "[a][x#y]"},
		{"a `u{41}`u{1F600} b` c `n", "[a][A\U0001F600][b c][\n]"},
		{"a && b || c\nd", "[a]\n&& [b]\n|| [c]\n[d]"},
		{"a &&\n b", "[a]\n&& [b]"},
		{"& 'my tool' x", "[my tool][x]"},
		{"./run.sh -x --y=1 -p:q -- z", "[./run.sh][-x][--y=1][-p:q][--][z]"},
		{"a “typographic” ‘quotes’", "[a][typographic][quotes]"},
		{"a me@example.com ../x C:\\y 100% k=v", "[a][me@example.com][../x][C:\\y][100%][k=v]"},
		{"apt-get install", "[apt-get][install]"},
		{"\n\n ;; \n", ""},
		{"az --query 'a,b[0]'", "[az][--query][a,b[0]]"},
	} {
		if got := words(t, c[0]); got != c[1] {
			t.Errorf("%q:\n got %s\nwant %s", c[0], got, c[1])
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range [][2]string{
		{"a\nif ($x) { }", "s.ps1(2,1) : Error GHW001: The keyword 'if'"},
		{"$x = 1", "(1,1) : Error GHW001: The variable $x"},
		{"x = 1", "An assignment"},
		{"a | b", "(1,3) : Error GHW001: A pipeline"},
		{"a > f", "A redirection"},
		{"a 2>&1", "A redirection"},
		{"a \"$(b)\"", "(1,4) : Error GHW001: A subexpression"},
		{"a (b)", "An expression in parentheses"},
		{"a {b}", "A script block"},
		{"a @file", "Put it in quotes: '@file'"},
		{"a @'\nx\n'@", "A here-string"},
		{"a b,c", "A comma outside of quotes"},
		{"a *.txt", "expands '*'"},
		{"a ~/x", "replaces '~'"},
		{"a `  \n b", "(1,3) : Error GHW001: A backtick continues the line only as its last character"},
		{"a b`\n c", "(1,4) : Error GHW001: A backtick that continues the line must follow a blank"},
		{"a x`  \n b", "Delete the blanks"},
		{"a 'x", "(1,3) : Error GHW001: The text in single quotes is not closed"},
		{"a \"x", "double quotes is not closed"},
		{"<# x", "not closed"},
		{"Get-ChildItem", "The cmdlet 'Get-ChildItem'"},
		{"Install-Module Az", "The cmdlet 'Install-Module'"},
		{"echo hi", "'echo', which is a cmdlet"},
		{"Write-Host hi -ForegroundColor Red", "The parameter '-ForegroundColor'"},
		{"'text'", "begins with a text in quotes"},
		{"a &", "in the background"},
		{"a && ", "A command is missing"},
		{"a $x.y", "The variable $x"},
		{"a $env:X.Length", "A property"},
		{"a -b.c", "versions differ"},
		{"a --% x", "stop-parsing"},
		{"a –name x", "not a hyphen"},
		{"a `u{zz}", "names no character"},
		{"[int]1", "A statement that is an expression"},
	} {
		if got := words(t, c[0]); !strings.Contains(got, c[1]) {
			t.Errorf("%q:\n got %s\nwant %s", c[0], got, c[1])
		}
	}
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		script, ran string
		ignore      bool
		code        int
	}{
		{"exit3\nexit0", "exit3 exit0", false, 0},
		{"exit0\nexit3", "exit0 exit3", false, 3},
		{"exit3", "exit3", true, 0},
		{"exit3 && exit0\nexit4 || exit5", "exit3 exit4 exit5", false, 5},
		{"nope\nexit0", "", false, 1},
		{"exit2\nWrite-Host done", "exit2", false, 2},
	} {
		s, list := Parse("s", c.script)
		if list != nil {
			t.Fatal(list.Text())
		}
		var ran []string
		var out bytes.Buffer
		code, err := s.Run(context.Background(), Options{Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &out, IgnoreExitCode: c.ignore,
			Exec: func(_ context.Context, argv []string) (int, error) {
				var n int
				if _, err := fmt.Sscanf(argv[0], "exit%d", &n); err != nil {
					return 0, ErrNotFound
				}
				ran = append(ran, argv[0])
				return n, nil
			}})
		if err != nil || code != c.code || strings.Join(ran, " ") != c.ran {
			t.Errorf("%q: code %d, ran %q, error %v; want %d, %q", c.script, code, ran, err, c.code, c.ran)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("az a `\n --b 'c' \"d`n$env:E\" && f")
	f.Add("& 'x' ${env:y}z # c\n<# #> @'")
	f.Fuzz(func(t *testing.T, text string) {
		s, list := Parse("f", text)
		if (s == nil) != list.HasErrors() {
			t.Fatal("a script with errors, or none without")
		}
		if s == nil {
			return
		}
		// What was understood, written in single quotes, is understood as the same.
		var b strings.Builder
		for _, c := range s.Commands {
			for i, w := range c.Words {
				word, constant := w.Text()
				if !constant || strings.ContainsAny(word, "‘’‚‛") || strings.EqualFold(word, "write-host") {
					return
				}
				if i == 0 {
					b.WriteString("& ")
				}
				b.WriteString("'" + strings.ReplaceAll(word, "'", "''") + "' ")
			}
			b.WriteString("\n")
		}
		again, list := Parse("f", b.String())
		if list != nil || len(again.Commands) != len(s.Commands) {
			t.Fatalf("%q: %s", b.String(), list.Text())
		}
		for i, c := range s.Commands {
			for j, w := range c.Words {
				want, _ := w.Text()
				if got, _ := again.Commands[i].Words[j].Text(); got != want {
					t.Fatalf("got %q, want %q", got, want)
				}
			}
		}
	})
}
