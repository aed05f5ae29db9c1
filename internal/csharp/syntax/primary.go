package syntax

import (
	"strings"
)

func (p *parser) primary() Expr {
	t := p.peek()
	span := Span{t.start, t.end}
	switch t.kind {
	case number:
		p.take()
		return &Literal{span, NumberLiteral, t.text}
	case text:
		p.take()
		if next := p.peek(); next.kind == text && next.start == t.end && t.value == "" {
			p.feature(t.start, next.end, "raw string literals", "11.0")
		} else if next.word("u8") && next.start == t.end {
			p.feature(t.start, next.end, "UTF-8 string literals", "11.0")
		}
		return &Literal{span, StringLiteral, t.value}
	case character:
		p.take()
		return &Literal{span, CharLiteral, t.value}
	case interpolated:
		p.take()
		return p.pieces(t)
	case identifier:
		return p.name()
	case keyword:
		return p.keywordExpr(t)
	case punctuation:
		if t.text == "(" {
			return p.parenthesised()
		}
	}
	shown := t.text
	if t.kind == end {
		shown = ")"
	}
	p.fail("CS1525", t.start, t.end, shown)
	if t.kind == punctuation && !strings.Contains(" ) ] } ; , : ", " "+t.text+" ") {
		p.take()
	}
	return &Bad{span}
}

// name reads a simple name, or a generic one where what follows says so.
func (p *parser) name() Expr {
	n := p.identifier()
	if p.peek().is("<") {
		n.Args = p.genericArgs()
		n.End = p.prevEnd()
	}
	return &n
}

// genericArgs reads <T> when it is followed by what can't follow a comparison's operand.
// C# specification, 6.2.5 Grammar ambiguities.
func (p *parser) genericArgs() []*TypeRef {
	var args []*TypeRef
	p.attempt(func() bool {
		args = p.typeArgs()
		if p.failed {
			return false
		}
		t := p.peek()
		if t.kind == end {
			return true
		}
		return t.kind == punctuation && strings.Contains(" ( ) ] } : ; , . ? == != | ^ && || & [ ?. > ", " "+t.text+" ")
	})
	if p.i > 0 && p.toks[p.i-1].is(">") {
		return args
	}
	return nil
}

func (p *parser) keywordExpr(t token) Expr {
	span := Span{t.start, t.end}
	switch t.text {
	case "true":
		p.take()
		return &Literal{span, TrueLiteral, ""}
	case "false":
		p.take()
		return &Literal{span, FalseLiteral, ""}
	case "null":
		p.take()
		return &Literal{span, NullLiteral, ""}
	case "new":
		return p.newExpr()
	case "typeof":
		p.take()
		p.expect("(")
		typ := p.typ()
		p.expect(")")
		return &TypeOf{p.span(t.start), typ}
	case "default":
		p.take()
		if !p.accept("(") {
			return &Default{Span: span}
		}
		typ := p.typ()
		p.expect(")")
		return &Default{p.span(t.start), typ}
	case "checked", "unchecked":
		p.take()
		p.expect("(")
		x := p.expression()
		p.expect(")")
		return &Checked{p.span(t.start), t.text == "checked", x}
	case "this", "base":
		p.take()
		p.fail("CS0026", t.start, t.end)
		return &Bad{span}
	case "delegate":
		return p.anonymousMethod()
	case "sizeof":
		return p.sizeOf(t)
	case "stackalloc", "ref":
		p.take()
		p.fail("GHC001", t.start, t.end, "'"+t.text+"'")
		return &Bad{span}
	}
	if isTypeKeyword(t.text) {
		p.take()
		return &TypeExpr{span, &TypeRef{Span: span, Name: t.text}}
	}
	p.fail("CS1525", t.start, t.end, t.text)
	if t.text != "in" && t.text != "else" && t.text != "case" {
		p.take()
	}
	return &Bad{span}
}

func (p *parser) parenthesised() Expr {
	start := p.take().start
	var names []string
	var items []Expr
	named := false
	for {
		name := ""
		if p.peek().kind == identifier && p.peekAt(1).is(":") {
			name, named = p.take().text, true
			p.take()
		}
		names = append(names, name)
		items = append(items, p.declarationOr())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	if len(items) == 1 && !named {
		return &Paren{p.span(start), items[0]}
	}
	return &Tuple{p.span(start), names, items}
}

// declarationOr reads "int x" in (int x, var y) = ..., else an expression.
func (p *parser) declarationOr() Expr {
	var d *Declaration
	start := p.peek().start
	if p.attempt(func() bool {
		typ := p.typ()
		if p.peek().kind != identifier || !(p.peekAt(1).is(",") || p.peekAt(1).is(")")) {
			return false
		}
		name := p.identifier()
		d = &Declaration{p.span(start), typ, name}
		return true
	}) {
		return d
	}
	return p.expression()
}

// sizeOf reads sizeof of a type whose size is a constant (C# specification 12.8.19).
func (p *parser) sizeOf(t token) Expr {
	p.take()
	p.expect("(")
	typ := p.typ()
	p.expect(")")
	sizes := map[string]string{"sbyte": "1", "byte": "1", "bool": "1", "short": "2", "ushort": "2", "char": "2", "int": "4", "uint": "4", "float": "4",
		"long": "8", "ulong": "8", "double": "8", "decimal": "16"}
	size, ok := sizes[typ.Name]
	if !ok || len(typ.Suffixes) > 0 {
		p.fail("CS0233", t.start, p.prevEnd(), typ.Name)
		return &Bad{p.span(t.start)}
	}
	return &Literal{p.span(t.start), NumberLiteral, size}
}
