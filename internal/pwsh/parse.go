package pwsh

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/diag"
)

// Code is that of every diagnostic of this package: the built-in PowerShell refuses the script.
const Code = "GHW001"

// maxScript bounds a script.
const maxScript = 1 << 20

const install = "Write it as native commands with quoted arguments, or install PowerShell 7 (pwsh) on this machine."

// Parse reads a script. The script is nil when the list has errors.
func Parse(file, text string) (*Script, diag.List) {
	p := &parser{src: diag.NewSource(file, text), text: text, script: &Script{}}
	if len(text) > maxScript {
		p.refuse(0, fmt.Sprintf("The script has more than %d bytes.", maxScript), "")
	}
	for p.err == nil && p.statement() {
	}
	if p.err != nil {
		return nil, diag.List{*p.err}
	}
	return p.script, nil
}

type parser struct {
	src    *diag.Source
	text   string
	i      int
	script *Script
	err    *diag.Diagnostic
}

// refuse notes the first mistake; it always returns false.
func (p *parser) refuse(offset int, message, hint string) bool {
	if p.err == nil {
		p.err = &diag.Diagnostic{Code: Code, Message: message, Hint: hint, File: p.src.Name, Range: p.src.Range(offset, offset)}
	}
	return false
}

func (p *parser) unsupported(offset int, what string) bool {
	return p.refuse(offset, what+" is not understood by the built-in PowerShell.", install)
}

func (p *parser) rest() string { return p.text[p.i:] }

func (p *parser) at(prefix string) bool { return strings.HasPrefix(p.rest(), prefix) }

// rune looks at the character at the cursor; 0 at the end.
func (p *parser) rune() (rune, int) {
	if p.i >= len(p.text) {
		return 0, 0
	}
	return utf8.DecodeRuneInString(p.rest())
}

func isNewline(r rune) bool { return r == '\n' || r == '\r' }

func isSpace(r rune) bool { return !isNewline(r) && (unicode.IsSpace(r) || r == '\v') }

// PowerShell takes typographic quotes for plain ones.
func isSingleQuote(r rune) bool { return r == '\'' || r >= 0x2018 && r <= 0x201b }

func isDoubleQuote(r rune) bool { return r == '"' || r >= 0x201c && r <= 0x201e }

// skipSpace skips blanks, continuations and comments; it stops at a newline.
func (p *parser) skipSpace() bool {
	for p.i < len(p.text) {
		r, n := p.rune()
		switch {
		case isSpace(r):
			p.i += n
		case r == '`' && p.continuation() > 0:
			p.i += p.continuation()
		case r == '`' && p.blankContinuation():
			return p.refuse(p.i, "A backtick continues the line only as its last character, and blanks follow this one.", "Delete the blanks after the backtick.")
		case r == '#':
			for p.i < len(p.text) && !isNewline(rune(p.text[p.i])) {
				p.i++
			}
		case p.at("<#"):
			end := strings.Index(p.rest(), "#>")
			if end < 0 {
				return p.refuse(p.i, "The comment '<#' is not closed.", "Close it by '#>'.")
			}
			p.i += end + 2
		default:
			return true
		}
	}
	return true
}

// continuation is the length of a backtick with its newline, else 0.
func (p *parser) continuation() int {
	switch {
	case p.at("`\r\n"):
		return 3
	case p.at("`\n"), p.at("`\r"):
		return 2
	}
	return 0
}

func (p *parser) blankContinuation() bool {
	line, _, _ := strings.Cut(p.text[p.i+1:], "\n")
	return line != "" && strings.TrimSpace(line) == ""
}

// statement reads one statement with its chain; false at the end of the script.
func (p *parser) statement() bool {
	for {
		if !p.skipSpace() {
			return false
		}
		r, n := p.rune()
		if n == 0 {
			return false
		}
		if !isNewline(r) && r != ';' {
			break
		}
		p.i += n
	}
	chain := Always
	for {
		if !p.command(chain) {
			return false
		}
		switch {
		case p.at("&&"):
			chain = AndAlso
		case p.at("||"):
			chain = OrElse
		default:
			return true
		}
		p.i += 2
		for p.i < len(p.text) {
			if !p.skipSpace() {
				return false
			}
			if r, n := p.rune(); n > 0 && isNewline(r) {
				p.i += n
				continue
			}
			break
		}
		if p.i >= len(p.text) {
			return p.refuse(p.i, "A command is missing after '&&' or '||'.", "")
		}
	}
}

func (p *parser) command(chain Chain) bool {
	start := p.i
	call := false
	if p.at("&") && !p.at("&&") {
		call = true
		p.i++
		if !p.skipSpace() {
			return false
		}
	}
	c := Command{Chain: chain, Line: p.src.Position(start).Line}
	for {
		r, n := p.rune()
		if n == 0 || isNewline(r) || r == ';' || p.at("&&") || p.at("||") {
			break
		}
		w, ok := p.word(len(c.Words) == 0)
		if !ok {
			return false
		}
		c.Words = append(c.Words, w)
		if len(c.Words) == 1 && !p.checkName(w, call) {
			return false
		}
		if !p.skipSpace() {
			return false
		}
	}
	if len(c.Words) == 0 {
		return p.refuse(start, "A command is missing here.", "")
	}
	if !p.checkArguments(c) {
		return false
	}
	p.script.Commands = append(p.script.Commands, c)
	return true
}

// word reads one argument. A word that begins with a quote ends where the quote
// closes; one that begins bare takes quoted pieces in: 'a'b is two arguments, a'b' one.
func (p *parser) word(first bool) (Word, bool) {
	w := Word{Offset: p.i}
	r, n := p.rune()
	switch {
	case isSingleQuote(r):
		ok := p.single(&w, n)
		return w, ok && p.checkQuoted(w, first)
	case isDoubleQuote(r):
		ok := p.double(&w, n)
		return w, ok && p.checkQuoted(w, first)
	}
	w.bare = true
	if !p.checkStart(first) {
		return w, false
	}
	for {
		r, n := p.rune()
		switch {
		case n == 0 || isSpace(r) || isNewline(r) || r == ';':
			return w, true
		case p.at("&&") || p.at("||"):
			return w, true
		case isSingleQuote(r):
			if !p.single(&w, n) {
				return w, false
			}
		case isDoubleQuote(r):
			if !p.double(&w, n) {
				return w, false
			}
		case r == '`':
			if p.continuation() > 0 {
				return w, p.refuse(p.i, "A backtick that continues the line must follow a blank; here it belongs to the word.", "Put a blank before it.")
			}
			if p.blankContinuation() {
				return w, p.skipSpace()
			}
			if !p.escape(&w) {
				return w, false
			}
		case r == '$':
			if !p.dollar(&w) {
				return w, false
			}
		default:
			if !p.checkBare(r, w) {
				return w, false
			}
			for p.i+n < len(p.text) && isWordByte(p.text[p.i+n]) {
				n++
			}
			w.add(p.text[p.i : p.i+n])
			p.i += n
		}
	}
}

func (w *Word) add(s string) {
	if n := len(w.Parts); n > 0 && w.Parts[n-1].Env == "" {
		w.Parts[n-1].Text += s
		return
	}
	w.Parts = append(w.Parts, Part{Text: s})
}

// single reads '...', in which ” is a quote and nothing else is special.
func (p *parser) single(w *Word, n int) bool {
	start := p.i
	w.add("")
	for p.i += n; ; {
		r, n := p.rune()
		if n == 0 {
			return p.refuse(start, "The text in single quotes is not closed.", "A quote inside of it is written twice.")
		}
		if !isSingleQuote(r) {
			p.run(w, n, isSingleQuote)
			continue
		}
		p.i += n
		next, m := p.rune()
		if !isSingleQuote(next) {
			return true
		}
		// PowerShell keeps the second of the two as it is written.
		w.add(p.text[p.i : p.i+m])
		p.i += m
	}
}

// double reads "...", with backtick escapes, "" and variables.
func (p *parser) double(w *Word, n int) bool {
	start := p.i
	w.add("")
	for p.i += n; ; {
		r, n := p.rune()
		switch {
		case n == 0:
			return p.refuse(start, "The text in double quotes is not closed.", "A quote inside of it is written twice, or after a backtick.")
		case isDoubleQuote(r):
			p.i += n
			next, m := p.rune()
			if !isDoubleQuote(next) {
				return true
			}
			w.add(p.text[p.i : p.i+m])
			p.i += m
		case r == '`':
			if !p.escape(w) {
				return false
			}
		case r == '$':
			if !p.dollar(w) {
				return false
			}
		default:
			p.run(w, n, func(r rune) bool { return isDoubleQuote(r) || r == '`' || r == '$' })
		}
	}
}

// run adds the text up to the next special character, at least n bytes.
func (p *parser) run(w *Word, n int, special func(rune) bool) {
	end := strings.IndexFunc(p.text[p.i+n:], special)
	if end < 0 {
		end = len(p.text) - p.i - n
	}
	w.add(p.text[p.i : p.i+n+end])
	p.i += n + end
}

var escapes = map[rune]string{'0': "\x00", 'a': "\a", 'b': "\b", 'e': "\x1b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}

// escape reads a backtick with what it escapes (about_Special_Characters).
func (p *parser) escape(w *Word) bool {
	start := p.i
	p.i++
	r, n := p.rune()
	if n == 0 {
		return p.refuse(start, "The script ends after a backtick.", "Delete the backtick.")
	}
	p.i += n
	if s, ok := escapes[r]; ok {
		if s == "\x00" {
			return p.refuse(start, "A NUL character cannot be given to a command.", "")
		}
		w.add(s)
		return true
	}
	if r != 'u' || !p.at("{") {
		w.add(p.text[p.i-n : p.i])
		return true
	}
	end := strings.IndexByte(p.rest(), '}')
	if end < 0 || end > 7 {
		return p.refuse(start, "The escape `u{ is not closed.", "It is written `u{1F600}.")
	}
	code, err := strconv.ParseUint(p.text[p.i+1:p.i+end], 16, 32)
	if err != nil || code == 0 || !utf8.ValidRune(rune(code)) {
		return p.refuse(start, "The escape `u{...} names no character.", "It has one to six hexadecimal digits.")
	}
	w.add(string(rune(code)))
	p.i += end + 1
	return true
}

// dollar reads a variable: $env:NAME and ${env:NAME}. A $ before anything that
// cannot begin a variable is itself.
func (p *parser) dollar(w *Word) bool {
	start := p.i
	p.i++
	if p.at("(") {
		return p.unsupported(start, "A subexpression $( )")
	}
	braced := p.at("{")
	if braced {
		end := strings.IndexByte(p.rest(), '}')
		if end < 0 {
			return p.refuse(start, "The variable '${' is not closed.", "")
		}
		return p.variable(w, start, p.text[p.i+1:p.i+end], p.i+end+1)
	}
	end := p.i
	for end < len(p.text) && (isWordByte(p.text[end]) || p.text[end] == ':' && end+1 < len(p.text) && isWordByte(p.text[end+1])) {
		end++
	}
	if end == p.i {
		if r, n := p.rune(); n > 0 && (unicode.IsLetter(r) || strings.ContainsRune("?^$", r)) {
			return p.unsupported(start, "A variable")
		}
		w.add("$")
		return true
	}
	return p.variable(w, start, p.text[p.i:end], end)
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (p *parser) variable(w *Word, start int, name string, end int) bool {
	scope, of, ok := strings.Cut(name, ":")
	if !ok || !strings.EqualFold(scope, "env") || of == "" {
		return p.unsupported(start, "The variable $"+name)
	}
	// "$env:A.b" ends the name at the dot in quotes, but in a bare word the dot reads a property.
	if w.bare && end < len(p.text) && (p.text[end] == '.' || p.text[end] == '[') {
		return p.unsupported(start, "A property or index of a variable")
	}
	w.Parts = append(w.Parts, Part{Env: of})
	p.i = end
	return true
}
