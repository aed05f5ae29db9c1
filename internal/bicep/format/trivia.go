package format

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// token is a token with the comments and directives that belong to it.
type token struct {
	syntax.Token
	lead, trail []string
	reach       int // where it ends with the comments that trail it
}

// stick says on which sides a kind of token takes comments.
type stick uint8

const (
	stickNone stick = iota
	stickLeading
	stickTrailing // and dangling ones in front
	stickBoth
)

// stickiness is the official formatter's rule.
func stickiness(k syntax.Kind) stick {
	switch k {
	case syntax.NewLine, syntax.Pipe, syntax.At, syntax.Minus, syntax.EOF, syntax.LParen, syntax.LSquare, syntax.LBrace, syntax.StringLeft:
		return stickLeading
	case syntax.RParen, syntax.RSquare, syntax.RBrace, syntax.StringRight, syntax.Question:
		return stickTrailing
	case syntax.Not, syntax.StringComplete, syntax.Integer, syntax.Identifier:
		return stickBoth
	}
	return stickNone
}

// attach finds the comments between tokens. They belong to the token before them
// on the line when it takes trailing ones, else to the token after them.
func attach(f *syntax.File) []token {
	out := make([]token, len(f.Tokens))
	left := f.Comments
	for i, t := range f.Tokens {
		out[i].Token, out[i].reach = t, t.End
		n := 0
		for n < len(left) && left[n].Start < t.Start {
			n++
		}
		found := left[:n]
		left = left[n:]
		if i > 0 && stickiness(f.Tokens[i-1].Kind) >= stickTrailing {
			found = trail(&out[i-1], f.Source.Text, found)
		}
		for _, c := range found {
			out[i].lead = append(out[i].lead, tidy(f.Source.Text[c.Start:c.End]))
		}
	}
	return out
}

// trail gives t those of the comments that trail it and returns the others.
func trail(t *token, src string, comments []syntax.Span) []syntax.Span {
	for len(comments) > 0 && src[comments[0].Start] != '#' {
		t.trail = append(t.trail, src[comments[0].Start:comments[0].End])
		t.reach = comments[0].End
		comments = comments[1:]
	}
	return comments
}

// tidy puts one blank between the codes of a directive.
func tidy(s string) string {
	if strings.HasPrefix(s, "#") {
		words := strings.Fields(s)
		return words[0] + " " + strings.Join(words[1:], " ")
	}
	return strings.TrimRight(s, "\r\n")
}

// lineEnds replaces all kinds of line ends in s.
func lineEnds(s, newline string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	if newline == "\n" {
		return s
	}
	return strings.ReplaceAll(s, "\n", newline)
}
