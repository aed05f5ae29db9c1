package format

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// token is a token with the comments and directives that belong to it.
type token struct {
	syntax.Token
	lead, trail []string
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
func attach(src string, in []syntax.Token) []token {
	out := make([]token, len(in))
	at := 0
	for i, t := range in {
		out[i].Token = t
		found := comments(src[min(at, t.Start):t.Start])
		if i > 0 && stickiness(in[i-1].Kind) >= stickTrailing {
			n := 0
			for n < len(found) && !strings.HasPrefix(found[n], "#") {
				n++
			}
			out[i-1].trail, found = found[:n], found[n:]
		}
		out[i].lead = found
		at = t.End
	}
	return out
}

// comments takes the text between two tokens apart.
func comments(gap string) []string {
	var out []string
	for {
		gap = strings.TrimLeft(gap, " \t\r\n")
		if gap == "" {
			return out
		}
		n := commentEnd(gap)
		out = append(out, tidy(gap[:n]))
		gap = gap[n:]
	}
}

func commentEnd(s string) int {
	if strings.HasPrefix(s, "/*") {
		if i := strings.Index(s[2:], "*/"); i >= 0 {
			return i + 4
		}
		return len(s)
	}
	end := len(s)
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		end = i
	}
	if strings.HasPrefix(s, "#") {
		if i := strings.Index(s[:end], "//"); i >= 0 {
			return i
		}
	}
	return end
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
