package template

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// expr is a node of a parsed expression. Names of functions are bound when it is parsed.
type expr interface {
	eval(f *frame) (any, error)
}

type literalExpr struct{ value any }

// callExpr is a call of a built-in function (fn) or of a user function (user).
type callExpr struct {
	name string
	fn   *function
	user *userFunction
	args []expr
}

// accessExpr is base.name or base[index]; safe is base[?index] and base.?name.
type accessExpr struct {
	base  expr
	index expr
	safe  bool
}

// isExpression reports whether a string of a template is one: it begins with '[' and ends
// with ']', unless it begins with '[['.
func isExpression(s string) bool {
	return len(s) > 1 && s[0] == '[' && s[len(s)-1] == ']' && s[1] != '['
}

// unescape gives the value of a string that is no expression: "[[x]" means "[x]".
func unescape(s string) string {
	if strings.HasPrefix(s, "[[") && strings.HasSuffix(s, "]") {
		return s[1:]
	}
	return s
}

// compiler parses expressions and remembers them by their text.
type compiler struct {
	functions map[string]*function
	users     map[string]*userFunction
	cache     sync.Map // "[...]" to expr
}

func newCompiler() *compiler {
	return &compiler{functions: newFunctions(), users: map[string]*userFunction{}}
}

// compile parses s, which is "[...]".
func (c *compiler) compile(s string) (expr, error) {
	if e, ok := c.cache.Load(s); ok {
		return e.(expr), nil
	}
	if n := utf8.RuneCountInString(s); n > maxExpression {
		return nil, fault("The language expression length limit exceeded. Limit: '%d' and actual: '%d'.", maxExpression, n)
	}
	p := &parser{compiler: c, lexer: lexer{text: s[1 : len(s)-1]}}
	e, err := p.parse()
	if err != nil {
		if ee, ok := err.(*expressionError); ok {
			return nil, fault("Unable to parse language expression '%s': %s.", s, ee.reason)
		}
		return nil, err
	}
	c.cache.Store(s, e)
	return e, nil
}

type parser struct {
	*compiler
	lexer lexer
	tok   token
	depth int
}

func (p *parser) parse() (expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokenEnd {
		return nil, p.unexpected("an expression")
	}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokenEnd {
		return nil, p.unexpected("the end of the expression")
	}
	return e, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lexer.next()
	return err
}

func (p *parser) is(punct string) bool { return p.tok.kind == tokenPunct && p.tok.text == punct }

func (p *parser) expect(punct string) error {
	if !p.is(punct) {
		return p.unexpected("'" + punct + "'")
	}
	return p.advance()
}

func (p *parser) unexpected(want string) error {
	got := "'" + p.tok.text + "'"
	if p.tok.kind == tokenEnd {
		got = "the end of the expression"
	}
	return &expressionError{at: p.tok.at, reason: fmt.Sprintf("expected %s at position '%d', found %s", want, p.tok.at, got)}
}

func (p *parser) expression() (expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, &expressionError{at: p.tok.at, reason: fmt.Sprintf("it is nested deeper than %d levels", maxDepth)}
	}
	defer func() { p.depth-- }()
	e, err := p.primary()
	for n := 0; err == nil; n++ {
		if n > maxDepth {
			return nil, &expressionError{at: p.tok.at, reason: fmt.Sprintf("it has more than %d property accesses in a row", maxDepth)}
		}
		switch {
		case p.is("."):
			e, err = p.property(e)
		case p.is("["):
			e, err = p.index(e)
		default:
			return e, nil
		}
	}
	return nil, err
}

func (p *parser) primary() (expr, error) {
	t := p.tok
	switch t.kind {
	case tokenString:
		return &literalExpr{t.text}, p.advance()
	case tokenNumber:
		return &literalExpr{number(t.text)}, p.advance()
	case tokenName:
		return p.call()
	}
	return nil, p.unexpected("a function, string or number")
}

func (p *parser) property(base expr) (expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	safe := p.is("?")
	if safe {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if p.tok.kind != tokenName {
		return nil, p.unexpected("the name of a property")
	}
	name := p.tok.text
	return &accessExpr{base, &literalExpr{name}, safe}, p.advance()
}

func (p *parser) index(base expr) (expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	safe := p.is("?")
	if safe {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	return &accessExpr{base, e, safe}, p.expect("]")
}

// call reads name(...) or namespace.name(...).
func (p *parser) call() (expr, error) {
	name := p.tok.text
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.is(".") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.tok.kind != tokenName {
			return nil, p.unexpected("the name of a function")
		}
		name += "." + p.tok.text
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return p.bind(name, args)
}

func (p *parser) arguments() ([]expr, error) {
	var args []expr
	if p.is(")") {
		return nil, p.advance()
	}
	for {
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		args = append(args, e)
		if p.is(")") {
			return args, p.advance()
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

func (p *parser) bind(name string, args []expr) (expr, error) {
	key := strings.ToLower(name)
	if u, ok := p.users[key]; ok {
		return &callExpr{name: name, user: u, args: args}, u.checkCount(len(args))
	}
	fn, ok := p.functions[key]
	if !ok && strings.HasPrefix(key, "list") && !strings.Contains(key, ".") {
		fn, ok = p.functions["list*"], true
	}
	if !ok && strings.HasPrefix(key, "sys.") { // Bicep's namespace
		fn, ok = p.functions[key[len("sys."):]]
	}
	if !ok {
		return nil, fault("The template function '%s' is not valid. Please see https://aka.ms/arm-functions for usage details.", name)
	}
	return &callExpr{name: name, fn: fn, args: args}, fn.checkCount(name, len(args))
}
