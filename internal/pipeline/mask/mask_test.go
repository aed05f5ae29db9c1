package mask

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

func TestForms(t *testing.T) {
	secret := `pa"ss\w&o'rd <x>`
	var s Set
	s.Add(secret)
	j, _ := json.Marshal(secret)
	for _, text := range []string{secret, string(j[1 : len(j)-1]), url.QueryEscape(secret), url.PathEscape(secret), `pa\"ss\\w\&o\'rd\ \<x\>`, strings.ReplaceAll(secret, "'", "''")} {
		if got := s.Text("a " + text + " b"); got != "a *** b" {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := s.Text("nothing"); got != "nothing" {
		t.Errorf("got %q", got)
	}
}

func TestOverlapsAndLines(t *testing.T) {
	var s Set
	s.Add("abcdef")
	s.Add("defghi")
	s.Add("first line\nsecond line\n")
	s.Add("")
	for in, want := range map[string]string{"xabcdefghiy": "x***y", "abcabcdef": "abc***", "first line": "***", "and second line.": "and ***.", "abcdefabcdef": "***"} {
		if got := s.Text(in); got != want && got != strings.ReplaceAll(want, "******", "***") {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("secret", "a secret and secrets")
	f.Add("aa", "aaaaa")
	f.Fuzz(func(t *testing.T, secret, text string) {
		if len(secret) < 4 || strings.Contains(secret, "*") || strings.ContainsAny(secret, "\r\n") || strings.TrimSpace(secret) != secret {
			return
		}
		var s Set
		s.Add(secret)
		if strings.Contains(s.Text(text+secret+text), secret) {
			t.Fatalf("%q is left in %q", secret, s.Text(text+secret+text))
		}
	})
}
