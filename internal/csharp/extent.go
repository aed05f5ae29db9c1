// Package csharp is the C# of policy expressions: @(expression) and @{ statements }. Start
// at Compile, which checks the code and gives a Program to run on a Frame; Extent says
// where an expression ends, so that a policy document can be cut into tokens although
// quotes and angle brackets stand raw in it.
//
// The rooms, in the order in which code goes through them:
//
//	syntax   text to tree, with the compiler's own messages
//	types    what a .NET type, member and value is; what a running evaluation is
//	lib      the .NET types themselves, one file a family
//	host     what expressions read of the gateway
//	bind     tree to typed tree: names, overloads, conversions, control flow
//	arith    operators on the built-in types
//	compile  typed tree to closures
//
// It knows no policies and no gateway.
//
// A header comparison costs 70 ns and no allocation, a JObject of 2 KiB read, changed and
// written 64 µs and 621 allocations (encoding/json: 61 µs and 656); DESIGN.md has the rest.
package csharp

import (
	"errors"
	"strings"
)

// Errors of Extent.
var (
	ErrNotExpression = errors.New("no expression begins here")
	ErrUnclosed      = errors.New("the expression is not closed")
	ErrBracket       = errors.New("a bracket closes another kind of bracket")
	ErrString        = errors.New("a string or character literal is not closed on its line")
	ErrDeep          = errors.New("brackets are nested too deep")
)

const maxDepth = 200

// Begins reports whether an expression, @( or @{, begins at src[at].
func Begins(src string, at int) bool {
	return at+1 < len(src) && src[at] == '@' && (src[at+1] == '(' || src[at+1] == '{')
}

// Extent returns the offset after the expression that begins at src[at] with @( or
// @{. With entities, XML's character references count as the characters that they
// stand for. On an error the offset is where it was found.
func Extent(src string, at int, entities bool) (int, error) {
	if !Begins(src, at) {
		return at, ErrNotExpression
	}
	l := lexer{src: src, at: at + 1, entities: entities}
	err := l.bracket(0)
	return l.at, err
}

type lexer struct {
	src      string
	at       int
	entities bool
}

// peek is the character at the current place and its width in the source; width 0 is the end.
func (l *lexer) peek() (byte, int) {
	if l.at >= len(l.src) {
		return 0, 0
	}
	c := l.src[l.at]
	if c == '&' && l.entities {
		for _, e := range [...]struct {
			text string
			char byte
		}{{"&quot;", '"'}, {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&apos;", '\''}, {"&#34;", '"'}, {"&#39;", '\''}, {"&#10;", '\n'}, {"&#xA;", '\n'}, {"&#xD;", '\r'}, {"&#13;", '\r'}} {
			if strings.HasPrefix(l.src[l.at:], e.text) {
				return e.char, len(e.text)
			}
		}
	}
	return c, 1
}

func (l *lexer) next() (byte, bool) {
	c, w := l.peek()
	l.at += w
	return c, w > 0
}

func (l *lexer) accept(c byte) bool {
	if d, w := l.peek(); w > 0 && d == c {
		l.at += w
		return true
	}
	return false
}

var closing = map[byte]byte{'(': ')', '[': ']', '{': '}'}

// bracket reads from an opening bracket to after the one that closes it.
func (l *lexer) bracket(depth int) error {
	if depth > maxDepth {
		return ErrDeep
	}
	open, _ := l.next()
	return l.code(closing[open], depth)
}

// code reads to after the closing bracket.
func (l *lexer) code(end byte, depth int) error {
	for {
		at := l.at
		c, ok := l.next()
		if !ok {
			return ErrUnclosed
		}
		var err error
		switch c {
		case end:
			return nil
		case '(', '[', '{':
			l.at = at
			err = l.bracket(depth + 1)
		case ')', ']', '}':
			l.at = at
			err = ErrBracket
		case '"':
			err = l.regular('"')
		case '\'':
			err = l.regular('\'')
		case '@':
			err = l.afterAt(depth)
		case '$':
			err = l.afterDollar(depth)
		case '/':
			err = l.comment()
		}
		if err != nil {
			return err
		}
	}
}

// regular reads a string or character literal after its opening quote.
func (l *lexer) regular(quote byte) error {
	for {
		at := l.at
		c, ok := l.next()
		switch {
		case !ok || c == '\n':
			l.at = at
			return ErrString
		case c == '\\':
			l.next()
		case c == quote:
			return nil
		}
	}
}

func (l *lexer) afterAt(depth int) error {
	if l.accept('"') {
		return l.verbatim()
	}
	if l.accept('$') && l.accept('"') {
		return l.interpolated(true, depth)
	}
	return nil // @identifier
}

func (l *lexer) afterDollar(depth int) error {
	if l.accept('"') {
		return l.interpolated(false, depth)
	}
	if l.accept('@') && l.accept('"') {
		return l.interpolated(true, depth)
	}
	return nil
}

// verbatim reads @"..." after its opening quote: a quote is written twice.
func (l *lexer) verbatim() error {
	for {
		c, ok := l.next()
		if !ok {
			return ErrUnclosed
		}
		if c == '"' && !l.accept('"') {
			return nil
		}
	}
}

// interpolated reads $"..." after its opening quote; holes hold code.
func (l *lexer) interpolated(verbatim bool, depth int) error {
	if depth > maxDepth {
		return ErrDeep
	}
	for {
		at := l.at
		c, ok := l.next()
		switch {
		case !ok:
			return ErrUnclosed
		case c == '\n' && !verbatim:
			l.at = at
			return ErrString
		case c == '\\' && !verbatim:
			l.next()
		case c == '"':
			if !verbatim || !l.accept('"') {
				return nil
			}
		case c == '{':
			if l.accept('{') {
				continue
			}
			if err := l.code('}', depth+1); err != nil {
				return err
			}
		}
	}
}

func (l *lexer) comment() error {
	switch {
	case l.accept('/'):
		for {
			c, ok := l.next()
			if !ok {
				return ErrUnclosed
			}
			if c == '\n' {
				return nil
			}
		}
	case l.accept('*'):
		for {
			c, ok := l.next()
			if !ok {
				return ErrUnclosed
			}
			if c == '*' && l.accept('/') {
				return nil
			}
		}
	}
	return nil
}
