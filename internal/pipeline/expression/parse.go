package expression

import (
	"fmt"
	"strings"
)

// Error is a mistake in an expression. Offset is the byte at which it stands.
type Error struct {
	Offset  int
	Message string
}

func (e *Error) Error() string { return e.Message }

// Limits of one expression.
const (
	maxLength = 21_000
	maxDepth  = 50
)

type op uint8

const (
	opLiteral  op = iota
	opName        // a root name such as variables
	opCall        // function call
	opIndex       // children[0] [ children[1] ]
	opWildcard    // stands as the index in foo.*
)

// Node is a parsed expression.
type Node struct {
	op       op
	offset   int
	text     string // name of a root or function, as written
	value    Value  // of a literal
	children []*Node
	call     *function
}

// Parse reads one expression; status also allows the functions that depend on the
// status of a job: always, canceled, failed, succeeded, succeededOrFailed, counter.
func Parse(text string, status bool) (*Node, error) {
	if len(text) > maxLength {
		return nil, &Error{Message: fmt.Sprintf("an expression may have at most %d characters", maxLength)}
	}
	p := &parser{text: text, status: status}
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.i < len(text) {
		return nil, p.unexpected()
	}
	return n, nil
}

type parser struct {
	text   string
	i      int
	status bool
}

func (p *parser) space() {
	for p.i < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.i]) >= 0 {
		p.i++
	}
}

func (p *parser) peek() byte {
	if p.space(); p.i < len(p.text) {
		return p.text[p.i]
	}
	return 0
}

func (p *parser) unexpected() error {
	if p.i >= len(p.text) {
		return &Error{p.i, "the expression ends too early"}
	}
	hint := ""
	if strings.IndexByte("=!<>&|+", p.text[p.i]) >= 0 {
		hint = "; there are no operators, use functions: eq, ne, and, or, not, lt, gt"
	} else if p.text[p.i] == '"' {
		hint = "; texts stand in single quotes"
	}
	return &Error{p.i, fmt.Sprintf("unexpected %q%s", p.text[p.i:p.i+1], hint)}
}

func (p *parser) expression(depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, &Error{p.i, fmt.Sprintf("the expression is deeper than %d levels", maxDepth)}
	}
	n, err := p.primary(depth)
	if err != nil {
		return nil, err
	}
	for links := 0; ; links++ {
		if links > maxDepth {
			return nil, &Error{p.i, fmt.Sprintf("the expression is deeper than %d levels", maxDepth)}
		}
		var index *Node
		switch p.peek() {
		case '.':
			index, err = p.member()
		case '[':
			index, err = p.index(depth)
		default:
			return n, nil
		}
		if err != nil {
			return nil, err
		}
		n = &Node{op: opIndex, offset: index.offset, children: []*Node{n, index}}
	}
}

func (p *parser) member() (*Node, error) {
	p.i++
	start := p.i
	if p.peek() == '*' {
		p.i++
		return &Node{op: opWildcard, offset: start}, nil
	}
	name := p.word()
	if name == "" {
		return nil, p.unexpected()
	}
	return &Node{op: opLiteral, offset: start, value: name}, nil
}

func (p *parser) index(depth int) (*Node, error) {
	start := p.i
	p.i++
	if p.peek() == '*' {
		p.i++
		if p.peek() != ']' {
			return nil, p.unexpected()
		}
		p.i++
		return &Node{op: opWildcard, offset: start}, nil
	}
	n, err := p.expression(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.peek() != ']' {
		return nil, p.unexpected()
	}
	p.i++
	return n, nil
}

func isWord(c byte, first bool) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || !first && (c >= '0' && c <= '9' || c == '-')
}

func (p *parser) word() string {
	start := p.i
	for p.i < len(p.text) && isWord(p.text[p.i], p.i == start) {
		p.i++
	}
	return p.text[start:p.i]
}

func (p *parser) primary(depth int) (*Node, error) {
	c := p.peek()
	start := p.i
	switch {
	case c == '\'':
		return p.quoted()
	case c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.':
		return p.numeric()
	case isWord(c, true):
		name := p.word()
		if p.peek() == '(' {
			return p.function(name, start, depth)
		}
		switch strings.ToLower(name) {
		case "true":
			return &Node{op: opLiteral, offset: start, value: true}, nil
		case "false":
			return &Node{op: opLiteral, offset: start, value: false}, nil
		case "null":
			return &Node{op: opLiteral, offset: start}, nil
		}
		return &Node{op: opName, offset: start, text: name}, nil
	}
	return nil, p.unexpected()
}

func (p *parser) quoted() (*Node, error) {
	start := p.i
	var b strings.Builder
	for p.i++; p.i < len(p.text); p.i++ {
		if p.text[p.i] != '\'' {
			b.WriteByte(p.text[p.i])
			continue
		}
		if p.i+1 < len(p.text) && p.text[p.i+1] == '\'' {
			b.WriteByte('\'')
			p.i++
			continue
		}
		p.i++
		return &Node{op: opLiteral, offset: start, value: b.String()}, nil
	}
	return nil, &Error{start, "the text in quotes is not closed"}
}

func (p *parser) numeric() (*Node, error) {
	start := p.i
	for p.i < len(p.text) && (isWord(p.text[p.i], false) || strings.IndexByte("+.", p.text[p.i]) >= 0) {
		p.i++
	}
	text := p.text[start:p.i]
	if f, ok := parseNumber(text); ok {
		return &Node{op: opLiteral, offset: start, value: f}, nil
	}
	if v, ok := parseVersion(text); ok {
		return &Node{op: opLiteral, offset: start, value: v}, nil
	}
	return nil, &Error{start, fmt.Sprintf("%q is neither a number nor a version", text)}
}

func (p *parser) function(name string, start, depth int) (*Node, error) {
	f := functions[strings.ToLower(name)]
	if f == nil || f.status && !p.status {
		return nil, &Error{start, unknownFunction(name, f)}
	}
	n := &Node{op: opCall, offset: start, text: name, call: f}
	p.i++
	if p.peek() == ')' {
		p.i++
	} else {
		for {
			arg, err := p.expression(depth + 1)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, arg)
			c := p.peek()
			if c != ',' && c != ')' {
				return nil, p.unexpected()
			}
			p.i++
			if c == ')' {
				break
			}
		}
	}
	if len(n.children) < f.min || len(n.children) > f.max {
		return nil, &Error{start, fmt.Sprintf("%s takes %s, not %d", f.name, f.arity(), len(n.children))}
	}
	return n, nil
}
