package diag

import (
	"strings"
	"testing"
)

func TestPosition(t *testing.T) {
	s := NewSource("f", "a\r\nb\U0001F600c\n\rz")
	for _, c := range []struct{ offset, line, column int }{
		{0, 1, 1}, {3, 2, 1}, {4, 2, 2}, {8, 2, 4}, {10, 3, 1}, {11, 4, 1}, {12, 4, 2}, {99, 4, 2}, {-1, 1, 1},
	} {
		if p := s.Position(c.offset); p.Line != c.line || p.Column != c.column {
			t.Errorf("Position(%d) = %d,%d; want %d,%d", c.offset, p.Line, p.Column, c.line, c.column)
		}
	}
}

// TestLongLine: the column is counted in UTF-16, and quickly, also far in a line.
func TestLongLine(t *testing.T) {
	unit := "a\u00e9\U0001F600\x8c" // 8 bytes, 5 columns
	s := NewSource("f", "x\n"+strings.Repeat(unit, 20000)+"\ny")
	for n := range 20000 {
		for _, c := range []struct{ within, column int }{{0, 1}, {1, 2}, {3, 3}, {7, 5}} {
			if p := s.Position(2 + n*len(unit) + c.within); p.Line != 2 || p.Column != n*5+c.column {
				t.Fatalf("character %d+%d is at %d,%d", n, c.within, p.Line, p.Column)
			}
		}
	}
	if p := s.Position(len(s.Text)); p.Line != 3 || p.Column != 2 {
		t.Errorf("the end is at %d,%d", p.Line, p.Column)
	}
}

func TestText(t *testing.T) {
	s := NewSource("main.bicep", "\nparam x strin")
	l := List{{Code: "BCP302", Message: `The name "strin" is not a valid type.`, File: s.Name, Range: s.Range(9, 14)}}
	want := "main.bicep(2,9) : Error BCP302: The name \"strin\" is not a valid type.\n"
	if got := l.Text(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if l.Err() == nil || (List{{Severity: Warning}}).Err() != nil {
		t.Error("Err must be set by errors only")
	}
}
