package diag

import "testing"

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
