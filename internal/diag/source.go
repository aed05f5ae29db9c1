package diag

import (
	"sort"
	"unicode/utf8"
)

// Source is a named text that can say at which line and column a byte is.
type Source struct {
	Name  string
	Text  string
	lines []int // offset at which each line begins
}

// NewSource indexes text. Lines end at "\n", "\r\n" or a lone "\r".
func NewSource(name, text string) *Source {
	s := &Source{Name: name, Text: text, lines: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// Position of the byte at offset, which is clamped to the text.
func (s *Source) Position(offset int) Position {
	offset = max(0, min(offset, len(s.Text)))
	line := sort.SearchInts(s.lines, offset+1) - 1
	column := 1
	for i := s.lines[line]; i < offset; {
		r, n := utf8.DecodeRuneInString(s.Text[i:])
		i += n
		column++
		if r > 0xFFFF {
			column++
		}
	}
	return Position{Offset: offset, Line: line + 1, Column: column}
}

// Range of the bytes from start up to but without end.
func (s *Source) Range(start, end int) Range {
	return Range{Start: s.Position(start), End: s.Position(end)}
}
