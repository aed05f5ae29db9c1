// Package diag is the one shape in which compilers report what they found: a
// Diagnostic has a code, a severity, a range in a named source text and a
// remedy. Compilers return a List and, where they can, a partial result; they do
// not return errors for what is wrong in the text. Start at Diagnostic; Source
// turns byte offsets into lines and columns.
//
// It knows no compiler: each has its own table of codes.
package diag

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Severity orders diagnostics; the zero value is Error.
type Severity int

// The severities, as Bicep and Roslyn name them.
const (
	Error Severity = iota
	Warning
	Info
)

func (s Severity) String() string { return [...]string{"Error", "Warning", "Info"}[s] }

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Position is a place in a text. Line and Column count from 1; Column counts
// UTF-16 code units, as the official Bicep and C# compilers do. Offset counts bytes
// from 0.
type Position struct {
	Offset int `json:"offset"`
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Range is the text from Start up to but without End.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Diagnostic is one finding. Hint says what to do; URL points to documentation.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Message  string   `json:"message"`
	File     string   `json:"file,omitempty"`
	Range    Range    `json:"range"`
	Hint     string   `json:"hint,omitempty"`
	URL      string   `json:"url,omitempty"`
}

// String renders the form of the official tools:
//
//	main.bicep(3,7) : Error BCP057: The name "x" does not exist in the current context.
func (d Diagnostic) String() string {
	s := fmt.Sprintf("%s(%d,%d) : %s %s: %s", d.File, d.Range.Start.Line, d.Range.Start.Column, d.Severity, d.Code, d.Message)
	if d.Hint != "" {
		s += " " + d.Hint
	}
	if d.URL != "" {
		s += " [" + d.URL + "]"
	}
	return s
}

// List is what one compilation found.
type List []Diagnostic

// HasErrors reports whether any of l is an Error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders l by file, then place, then code.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset), cmp.Compare(a.Code, b.Code))
	})
}

// Text renders one diagnostic a line.
func (l List) Text() string {
	var b strings.Builder
	for _, d := range l {
		b.WriteString(d.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// JSON renders l as an array, for machines.
func (l List) JSON() ([]byte, error) { return json.MarshalIndent(l, "", "  ") }

// Err returns l as an error when it holds an Error, else nil.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return ListError(l)
}

// ListError is a List that ended a command.
type ListError List

func (e ListError) Error() string { return strings.TrimRight(List(e).Text(), "\n") }
