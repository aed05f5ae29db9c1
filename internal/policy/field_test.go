package policy

import "testing"

// TestFieldValue: looking at eight bytes at once finds what looking at each does, wherever it stands.
func TestFieldValue(t *testing.T) {
	for size := range 20 {
		for at := range size {
			for b := range 256 {
				s := []byte("abcdefgh\tklmnopqrst\xc3\xa9")[:size]
				s[at] = byte(b)
				if want := b >= ' ' && b != 0x7f || b == '\t'; IsFieldValue(string(s)) != want {
					t.Fatalf("%q: %v", s, !want)
				}
			}
		}
	}
	if !IsFieldValue("") || !IsFieldValue("\t\t\t\t\t\t\t\t\t") {
		t.Error("an empty value, or one of tabs, is refused")
	}
}

func TestTrimOWS(t *testing.T) {
	for s, want := range map[string]string{"": "", " \t ": "", "a": "a", "\t a b \t": "a b", "\na ": "\na"} {
		if got := TrimOWS(s); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
}
