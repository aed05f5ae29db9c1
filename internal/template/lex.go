package template

import (
	"fmt"
	"strings"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenString
	tokenNumber
	tokenPunct
)

type token struct {
	kind tokenKind
	text string // of a string: its value
	at   int    // offset in the expression
}

// lexer splits an expression, the text between '[' and ']', into tokens.
type lexer struct {
	text string
	at   int
}

func (l *lexer) next() (token, error) {
	for l.at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.at]) >= 0 {
		l.at++
	}
	start := l.at
	if start == len(l.text) {
		return token{at: start}, nil
	}
	c := l.text[start]
	switch {
	case isLetter(c):
		for l.at < len(l.text) && (isLetter(l.text[l.at]) || isDigit(l.text[l.at])) {
			l.at++
		}
		return token{tokenName, l.text[start:l.at], start}, nil
	case isDigit(c) || c == '-' || c == '+':
		return l.number()
	case c == '\'':
		return l.string()
	case strings.IndexByte("().,[]?", c) >= 0:
		l.at++
		return token{tokenPunct, l.text[start:l.at], start}, nil
	}
	return token{}, &expressionError{at: start, reason: fmt.Sprintf("the character '%s' at position '%d' is not expected", firstRune(l.text[start:]), start)}
}

func (l *lexer) number() (token, error) {
	start := l.at
	l.at++
	for l.at < len(l.text) && isDigit(l.text[l.at]) {
		l.at++
	}
	if l.at+1 < len(l.text) && l.text[l.at] == '.' && isDigit(l.text[l.at+1]) {
		for l.at++; l.at < len(l.text) && isDigit(l.text[l.at]); l.at++ {
		}
	}
	s := strings.TrimPrefix(l.text[start:l.at], "+")
	if !validNumber(s) {
		return token{}, &expressionError{at: start, reason: fmt.Sprintf("the number '%s' at position '%d' is not valid", l.text[start:l.at], start)}
	}
	return token{tokenNumber, s, start}, nil
}

// string reads 'it”s': a quote is doubled.
func (l *lexer) string() (token, error) {
	start := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		if l.text[l.at] != '\'' {
			b.WriteByte(l.text[l.at])
			continue
		}
		l.at++
		if l.at == len(l.text) || l.text[l.at] != '\'' {
			return token{tokenString, b.String(), start}, nil
		}
		b.WriteByte('\'')
	}
	return token{}, &expressionError{at: start, reason: fmt.Sprintf("the string that begins at position '%d' is not closed", start)}
}

func isLetter(c byte) bool {
	return c == '_' || c == '$' || c == '#' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

// expressionError is what the lexer and the parser find, at an offset in the expression.
type expressionError struct {
	at     int
	reason string
}

func (e *expressionError) Error() string { return e.reason }
