// Package syntax reads C# 7.3 as policy expressions use it. Start at ParseExpression and
// ParseBlock; ast.go has the nodes, codes.go the texts of all C# diagnostics, also
// those that package bind reports.
//
// The parser recovers from errors and always gives a tree. It knows names and types only
// as text.
package syntax

import "strings"

// maxDepth bounds nesting, so that recursion can't overflow the stack.
const maxDepth = 400

// maxLinks bounds chains such as a + b + c, which later stages walk by recursion.
const maxLinks = 2000

// maxProblems ends reading: what follows is noise.
const maxProblems = 20

// ParseExpression reads the code of @(...), without @ and brackets.
func ParseExpression(src string) (Expr, []Problem) {
	p := newParser(src, 0, len(src))
	x := p.guard(func() Expr {
		x := p.expression()
		if t := p.peek(); t.kind != end {
			if t.is(")") || t.is("}") || t.is("]") {
				p.fail("CS1073", t.start, t.end, t.text)
			} else {
				p.fail("CS1003", p.prevEnd(), p.prevEnd(), ")") // as the compiler sees the closing bracket of @(
			}
		}
		return x
	})
	return x, p.problems
}

// ParseBlock reads the code of @{...}, without @ and brackets.
func ParseBlock(src string) (*Block, []Problem) {
	p := newParser(src, 0, len(src))
	b := &Block{Span: Span{0, len(src)}}
	p.guard(func() Expr {
		for p.peek().kind != end {
			b.List = append(b.List, p.statementOrSkip())
		}
		return nil
	})
	return b, p.problems
}

type parser struct {
	src      string
	toks     []token
	i        int
	depth    int
	problems []Problem
	quiet    int // in a trial: problems are counted, not kept
	failed   bool
}

// stop ends parsing after too many problems or too deep nesting.
type stop struct{}

func newParser(src string, start, limit int) *parser {
	p := &parser{src: src}
	p.toks = []token{{kind: end, start: limit, end: limit}}
	p.guard(func() Expr {
		l := &lexer{src: src, at: start, limit: limit, report: p.fail}
		p.toks = l.tokens()
		return nil
	})
	return p
}

func (p *parser) guard(f func() Expr) (x Expr) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(stop); !ok {
				panic(r)
			}
			x = &Bad{Span{0, len(p.src)}}
		}
	}()
	return f()
}

func (p *parser) fail(code string, start, end int, args ...any) {
	p.failed = true
	if p.quiet > 0 {
		return
	}
	if n := len(p.problems); n > 0 && p.problems[n-1].Start == start {
		return // one finding a place
	}
	p.problems = append(p.problems, NewProblem(code, start, end, args...))
	if len(p.problems) >= maxProblems {
		panic(stop{})
	}
}

// feature refuses what a later version of C# has, and ends reading: what follows in the same
// construct makes no sense to C# 7.3. In a trial it only fails.
func (p *parser) feature(start, end int, name, version string) {
	p.fail("CS8370", start, end, name, version)
	if p.quiet == 0 {
		panic(stop{})
	}
}

func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.tooLong()
	}
}

func (p *parser) tooLong() {
	p.quiet = 0
	p.problems = append(p.problems, NewProblem("CS8078", p.peek().start, p.peek().end))
	panic(stop{})
}

func (p *parser) leave() { p.depth-- }

func (p *parser) peek() token { return p.toks[min(p.i, len(p.toks)-1)] }

func (p *parser) peekAt(n int) token { return p.toks[min(p.i+n, len(p.toks)-1)] }

func (p *parser) take() token {
	t := p.peek()
	if p.i < len(p.toks)-1 {
		p.i++
	}
	return t
}

func (p *parser) accept(s string) bool {
	if p.peek().is(s) {
		p.take()
		return true
	}
	return false
}

func (p *parser) prevEnd() int {
	if p.i == 0 {
		return p.peek().start
	}
	return p.toks[p.i-1].end
}

// expect takes the token or reports its absence, where the compiler does: after the token before.
func (p *parser) expect(s string) {
	if p.accept(s) {
		return
	}
	at := p.prevEnd()
	switch s {
	case ";":
		p.fail("CS1002", at, at)
	case ")":
		p.fail("CS1026", at, at)
	case "}":
		p.fail("CS1513", at, at)
	case "{":
		p.fail("CS1514", at, at)
	default:
		p.fail("CS1003", at, at, s)
	}
}

func (p *parser) identifier() Name {
	t := p.peek()
	if t.kind == identifier {
		p.take()
		return Name{Span: Span{t.start, t.end}, Name: t.text}
	}
	if t.kind == keyword {
		p.fail("CS1041", t.start, t.end, t.text)
	} else {
		p.fail("CS1001", t.start, max(t.start, t.end))
	}
	return Name{Span: Span{t.start, t.start}}
}

func (p *parser) span(start int) Span { return Span{start, max(start, p.prevEnd())} }

// attempt runs f without reporting; when f fails, nothing is consumed.
func (p *parser) attempt(f func() bool) bool {
	i, failed := p.i, p.failed
	p.quiet++
	p.failed = false
	ok := f() && !p.failed
	p.quiet--
	p.failed = failed
	if !ok {
		p.i = i
	}
	return ok
}

// typ reads a type.
func (p *parser) typ() *TypeRef {
	p.enter()
	defer p.leave()
	start := p.peek().start
	t := &TypeRef{}
	switch tok := p.peek(); {
	case tok.is("("):
		p.take()
		for {
			t.Tuple = append(t.Tuple, p.typ())
			label := ""
			if p.peek().kind == identifier {
				label = p.take().text
			}
			t.Labels = append(t.Labels, label)
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
		if len(t.Tuple) < 2 {
			p.fail("CS1031", start, start)
		}
	case tok.kind == keyword && isTypeKeyword(tok.text):
		t.Name = p.take().text
	case tok.kind == identifier:
		p.dotted(t)
	default:
		p.fail("CS1031", tok.start, tok.end)
		t.Span = Span{start, start}
		return t
	}
	p.suffixes(t)
	t.Span = p.span(start)
	return t
}

func (p *parser) dotted(t *TypeRef) {
	t.Name = p.take().text
	for {
		if p.peek().is("<") && !p.peekAt(1).is(">") {
			if !p.attempt(func() bool { t.Args = p.typeArgs(); return true }) {
				return
			}
		}
		if !(p.peek().is(".") || p.peek().is("::")) || p.peekAt(1).kind != identifier || len(t.Args) > 0 {
			return
		}
		if p.take().is("::") {
			t.Name = p.take().text
			continue
		}
		t.Name += "." + p.take().text
	}
}

// typeArgs reads <A, B>.
func (p *parser) typeArgs() []*TypeRef {
	var list []*TypeRef
	p.expect("<")
	for {
		list = append(list, p.typ())
		if !p.accept(",") {
			break
		}
	}
	p.expect(">")
	return list
}

func (p *parser) suffixes(t *TypeRef) {
	for {
		switch {
		case p.peek().is("?") && len(t.Suffixes) == 0 || p.peek().is("?") && t.Suffixes[len(t.Suffixes)-1] != "?":
			if !p.nullableFollows() {
				return
			}
			p.take()
			t.Suffixes = append(t.Suffixes, "?")
		case p.peek().is("[") && (p.peekAt(1).is("]") || p.peekAt(1).is(",")):
			s := "["
			for p.take(); p.accept(","); {
				s += ","
			}
			p.expect("]")
			t.Suffixes = append(t.Suffixes, s+"]")
		default:
			return
		}
	}
}

// nullableFollows tells T? from the conditional operator after "x is T" by what comes next.
func (p *parser) nullableFollows() bool {
	switch next := p.peekAt(1); {
	case next.kind == end:
		return true
	case next.kind == punctuation:
		return strings.Contains(" > ) , ; [ ] } = ?? && || == != => : ", " "+next.text+" ")
	case next.kind == identifier:
		after := p.peekAt(2) // "int? x =", "int? x;", "(int? x, ...": not "is T ? a : b"
		return after.is("=") || after.is(";") || after.is(",") || after.is(")") || after.is("in")
	case next.is("in"):
		return true
	}
	return false
}
