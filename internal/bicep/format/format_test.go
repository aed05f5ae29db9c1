package format

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/bicep/syntax"
)

var update = flag.Bool("update", false, "rewrite the expected part of testdata/*.txt")

const dashes = "----------------------------------------\n"

// TestGolden formats testdata/*.txt: a file, a line of dashes, and what it becomes.
func TestGolden(t *testing.T) {
	for _, path := range cases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			input, want, _ := strings.Cut(read(t, path), dashes)
			got := Source(named(path), input, Default())
			if *update {
				if err := os.WriteFile(path, []byte(input+dashes+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			unchanged(t, named(path), input)
		})
	}
}

func cases(t testing.TB) []string {
	found, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(found) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return found
}

// named is what the file of a case is called: params*.txt are parameter files.
func named(path string) string {
	if strings.HasPrefix(filepath.Base(path), "params") {
		return "main.bicepparam"
	}
	return "main.bicep"
}

func TestOptions(t *testing.T) {
	o := Options{Tabs: true, Width: 20, Newline: "\r\n", NoFinalNewline: true}
	got := Source("main.bicep", "var a = [1111111, 2222222, 3333333]\n\n\nvar b = '''\nx\n'''\n", o)
	want := "var a = [\r\n\t1111111\r\n\t2222222\r\n\t3333333\r\n]\r\n\r\nvar b = '''\r\nx\r\n'''"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// unchanged checks what holds for every text: words and comments stay, and
// formatting again changes nothing (where there are syntax errors, what stays as it
// is gets a line of its own, and that may begin or end something the second time).
func unchanged(t *testing.T, name, text string) {
	t.Helper()
	once := Source(name, text, Default())
	if a, b := letters(text), letters(once); a != b {
		t.Fatalf("letters are not the same\nbefore: %q\nafter:  %q\ntext: %q", a, b, text)
	}
	if _, diags := syntax.Parse(name, text); len(diags) > 0 {
		return
	}
	if a, b := essence(name, text), essence(name, once); a != b {
		t.Fatalf("words are not the same\nbefore: %q\nafter:  %q\ntext: %q", a, b, text)
	}
	if twice := Source(name, once, Default()); twice != once {
		t.Fatalf("not stable\nonce:  %q\ntwice: %q\ntext: %q", once, twice, text)
	}
}

// letters is text without what formatting may add and remove.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n', ',', '|', '\ufeff':
			return -1
		}
		return r
	}, text)
}

// essence is all tokens but those that formatting may change, and all comments.
func essence(name, text string) string {
	f, _ := syntax.Parse(name, strings.TrimLeft(text, "\ufeff"))
	var words, notes []string
	for _, t := range attach(f) {
		for _, c := range append(t.lead, t.trail...) {
			notes = append(notes, strings.Join(strings.Fields(c), " "))
		}
		switch t.Kind {
		case syntax.NewLine, syntax.Comma, syntax.EOF, syntax.Pipe:
		default:
			words = append(words, lineEnds(t.Text, "\n"))
		}
	}
	return strings.Join(words, "\n") + "\n--\n" + strings.Join(notes, "\n")
}

// TestCorpusUnchanged checks the same for every Bicep file below
// GATEHOUSE_BICEP_CORPUS.
func TestCorpusUnchanged(t *testing.T) {
	root := os.Getenv("GATEHOUSE_BICEP_CORPUS")
	if root == "" {
		t.Log("GATEHOUSE_BICEP_CORPUS is not set: give it a folder of Bicep files")
		return
	}
	n := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".bicep") && !strings.HasSuffix(path, ".bicepparam") {
			return err
		}
		n++
		text := read(t, path)
		once := Source(path, text, Default())
		if essence(path, text) != essence(path, once) {
			t.Errorf("%s: words are not the same", path)
		}
		if twice := Source(path, once, Default()); twice != once {
			t.Errorf("%s: not stable: %s", path, firstDifference(twice, once))
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d files: %v", n, err)
	}
	t.Logf("%d files", n)
}

func FuzzSource(f *testing.F) {
	for _, path := range cases(f) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		input, _, _ := strings.Cut(string(data), dashes)
		f.Add(input)
	}
	for _, s := range []string{"", "\xef\xbb\xbfvar a=1", "\ufeff\rav\r\x9c\r\r\ufeff\ra\x9c\r", "\ufeff\ufeffvar a=1", "a\n\ufeff b\n/**/\ufeff", "var a = " + strings.Repeat("[", 500), "/*", "var a = '${", "#disable-next-line\n", "\r\r\n\n", "#disable-next-line a/*b\nvar  c  = 1", "var a = 1 #disable-next-line b\nvar  c = 2", "@a()\n@b() c\n\nd", "type a={@b()\nc:d}\ntype e=[@b()\nstring]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4000 {
			return
		}
		unchanged(t, "main.bicep", s)
		unchanged(t, "main.bicepparam", s)
	})
}
