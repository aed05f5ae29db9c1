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
	marks []mark
}

// mark is a place within a long line whose column is known, so that a column is
// found without a walk over the line.
type mark struct{ offset, column int }

// markEvery is the number of bytes between two marks.
const markEvery = 512

// NewSource indexes text. Lines end at "\n", "\r\n" or a lone "\r".
func NewSource(name, text string) *Source {
	s := &Source{Name: name, Text: text, lines: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			s.lines = append(s.lines, i+1)
		}
	}
	for n, start := range s.lines {
		end := len(text)
		if n+1 < len(s.lines) {
			end = s.lines[n+1]
		}
		for m := (mark{start, 1}); end-m.offset > markEvery; s.marks = append(s.marks, m) {
			m = s.walk(m, m.offset+markEvery)
		}
	}
	return s
}

// walk moves from m over the characters up to offset.
func (s *Source) walk(m mark, offset int) mark {
	for m.offset < offset {
		r, n := utf8.DecodeRuneInString(s.Text[m.offset:])
		m.offset += n
		m.column++
		if r > 0xFFFF {
			m.column++
		}
	}
	return m
}

// Position of the byte at offset, which is clamped to the text.
func (s *Source) Position(offset int) Position {
	offset = max(0, min(offset, len(s.Text)))
	line := sort.SearchInts(s.lines, offset+1) - 1
	from := mark{s.lines[line], 1}
	if i := sort.Search(len(s.marks), func(i int) bool { return s.marks[i].offset > offset }) - 1; i >= 0 && s.marks[i].offset > from.offset {
		from = s.marks[i]
	}
	return Position{Offset: offset, Line: line + 1, Column: s.walk(from, offset).column}
}

// Range of the bytes from start up to but without end.
func (s *Source) Range(start, end int) Range {
	return Range{Start: s.Position(start), End: s.Position(end)}
}
