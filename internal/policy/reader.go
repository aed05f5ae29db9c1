package policy

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/csharp"
	"gatehouse/internal/diag"
)

// Limits of documents and fragments, as Azure has them.
const (
	maxDocument = 256 << 10
	maxFragment = 512 << 10 // https://learn.microsoft.com/azure/api-management/policy-fragments
	maxNesting  = 64
)

// element is one element of a document, with its places in the source.
type element struct {
	name       string
	at, end    int // of the start tag's name
	after      int // the element's end
	attributes []attribute
	children   []*element
	text       value // all text directly inside, when there is any
	inner      string
	empty      bool // written as <name />
}

type attribute struct {
	name  string
	at    int
	end   int // after the closing quote
	value value
}

// value is an attribute's value or an element's text as it stands in the source;
// named values are not yet replaced in it.
type value struct {
	at, end int
	text    string // without entities and CDATA marks
}

// isExpression reports whether text is an expression.
func isExpression(text string) bool { return csharp.Begins(strings.TrimSpace(text), 0) }

func (e *element) attribute(name string) *attribute {
	for i := range e.attributes {
		if e.attributes[i].name == name {
			return &e.attributes[i]
		}
	}
	return nil
}

// reader cuts a document into elements. It is not an XML parser: expressions hold
// raw quotes and angle brackets, so at each value it asks csharp where the
// expression ends.
type reader struct {
	src       *diag.Source
	s         string
	at        int
	keep      bool        // comments become children, for the formatter
	strict    bool        // format xml: a bare ampersand or angle bracket outside of expressions is an error
	limit     int         // of the text's length
	spellings *[]spelling // collected for Convert; nil: not
	diags     diag.List
}

func (r *reader) spelling(at, end int, attribute, expression bool) {
	if r.spellings != nil {
		*r.spellings = append(*r.spellings, spelling{at, end, attribute, expression})
	}
}

// commentName marks a child that is a comment or processing instruction.
const commentName = "<!--"

// stop ends reading at the first malformed place: what follows can't be trusted.
type stop struct{}

func (r *reader) fail(c code, start, end int, args ...any) {
	r.diags = append(r.diags, c.at(r.src, start, end, args...))
	panic(stop{})
}

// read returns the root element, nil when the document is malformed.
func read(src *diag.Source, format string) (root *element, diags diag.List) {
	return (&reader{src: src, s: src.Text, strict: format != FormatRawXML, limit: maxDocument}).run()
}

// readFragment is read for the document of a fragment.
func readFragment(src *diag.Source, format string) (root *element, diags diag.List) {
	return (&reader{src: src, s: src.Text, strict: format != FormatRawXML, limit: maxFragment}).run()
}

// readKeeping is read with comments.
func readKeeping(src *diag.Source, format string) (root *element, diags diag.List) {
	return (&reader{src: src, s: src.Text, strict: format != FormatRawXML, limit: maxFragment, keep: true}).run()
}

func (r *reader) run() (root *element, diags diag.List) {
	defer func() {
		diags = r.diags
		if p := recover(); p != nil {
			if _, ok := p.(stop); !ok {
				panic(p)
			}
			root = nil
		}
	}()
	return r.document(), nil
}

func (r *reader) document() *element {
	if len(r.s) > r.limit {
		r.fail(codeLimit, 0, 0, "long: "+strconv.Itoa(len(r.s))+" bytes, at most "+strconv.Itoa(r.limit)+" are allowed")
	}
	if !utf8.ValidString(r.s) {
		r.fail(codeMarkup, 0, 0, "the text is not UTF-8")
	}
	r.at = len(r.s) - len(strings.TrimPrefix(r.s, "\uFEFF"))
	r.misc()
	if !strings.HasPrefix(r.s[r.at:], "<") {
		found := "no element"
		if r.at < len(r.s) {
			found = "text"
		}
		r.fail(codeRoot, r.at, r.at, found)
	}
	root := r.element(0)
	r.misc()
	if r.at < len(r.s) {
		r.fail(codeRoot, r.at, r.at, "more after </"+root.name+">")
	}
	return root
}

// misc skips white space, comments and processing instructions.
func (r *reader) misc() {
	for {
		r.space()
		if !r.skipped() {
			return
		}
	}
}

// skipped skips one comment or processing instruction.
func (r *reader) skipped() bool {
	rest := r.s[r.at:]
	for _, m := range [...]struct{ open, end, what string }{{"<!--", "-->", "a comment"}, {"<?", "?>", "a processing instruction"}} {
		if strings.HasPrefix(rest, m.open) {
			n := strings.Index(rest[len(m.open):], m.end)
			if n < 0 {
				r.fail(codeMarkup, r.at, r.at+len(m.open), m.what+" is not closed by "+m.end)
			}
			r.at += len(m.open) + n + len(m.end)
			return true
		}
	}
	return false
}

func (r *reader) space() {
	for r.at < len(r.s) && isSpace(r.s[r.at]) {
		r.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == ':' || c >= 0x80
}

func (r *reader) name(what string) string {
	start := r.at
	for r.at < len(r.s) && isNameByte(r.s[r.at]) {
		r.at++
	}
	if r.at == start {
		r.fail(codeMarkup, start, start+1, what+" is expected here")
	}
	return r.s[start:r.at]
}

// element reads from "<" to after the end tag.
func (r *reader) element(depth int) *element {
	if depth > maxNesting {
		r.fail(codeLimit, r.at, r.at+1, "deep: elements may be nested "+strconv.Itoa(maxNesting)+" times")
	}
	r.at++
	e := &element{at: r.at}
	e.name = r.name("an element's name")
	e.end = r.at
	if e.empty = r.attributes(e); !e.empty {
		start := r.at
		end := r.content(e, depth)
		e.inner = r.s[start:end]
	}
	e.after = r.at
	return e
}

// attributes reads to after ">" or "/>" and reports whether the element is empty.
func (r *reader) attributes(e *element) bool {
	for {
		before := r.at
		r.space()
		rest := r.s[r.at:]
		switch {
		case rest == "":
			r.fail(codeUnclosed, e.at, e.end, e.name)
		case strings.HasPrefix(rest, "/>"):
			r.at += 2
			return true
		case rest[0] == '>':
			r.at++
			return false
		case before == r.at:
			r.fail(codeMarkup, r.at, r.at+1, "white space, '>' or '/>' is expected here in <"+e.name+">")
		}
		a := attribute{at: r.at}
		a.name = r.name("an attribute's name")
		if e.attribute(a.name) != nil {
			r.fail(codeDuplicate, a.at, r.at, a.name)
		}
		r.space()
		if !strings.HasPrefix(r.s[r.at:], "=") {
			r.fail(codeMarkup, r.at, r.at+1, "'=' is expected after the attribute '"+a.name+"'")
		}
		r.at++
		r.space()
		a.value = r.quoted(a.name)
		a.end = r.at
		e.attributes = append(e.attributes, a)
	}
}

// quoted reads an attribute's value with its quotes.
func (r *reader) quoted(name string) value {
	if r.at >= len(r.s) || r.s[r.at] != '"' && r.s[r.at] != '\'' {
		r.fail(codeMarkup, r.at, r.at+1, "the value of '"+name+"' must begin with a quote")
	}
	open := r.at
	quote := r.s[r.at]
	r.at++
	v := value{at: r.at}
	r.space()
	if csharp.Begins(r.s, r.at) {
		start := r.at
		v.text = r.expression()
		v.end = r.at
		r.spelling(start, r.at, true, true)
		r.space()
		if r.at >= len(r.s) || r.s[r.at] != quote {
			r.fail(codeMarkup, r.at, r.at+1, "the quote that ends the value of '"+name+"' is expected after its expression")
		}
		r.at++
		return v
	}
	r.at = v.at
	n := strings.IndexByte(r.s[r.at:], quote)
	if n < 0 {
		r.fail(codeMarkup, open, open+1, "the value of '"+name+"' is not closed")
	}
	v.end = r.at + n
	if i := strings.IndexByte(r.s[v.at:v.end], '<'); i >= 0 && r.strict {
		r.fail(codeMarkup, v.at+i, v.at+i+1, "'<' in the value of '"+name+"' must be written &lt;")
	}
	v.text = r.decode(v.at, v.end)
	r.spelling(v.at, v.end, true, false)
	r.at = v.end + 1
	return v
}

// expression reads @(...) or @{...}; in strict documents entities stand for their characters.
func (r *reader) expression() string {
	start := r.at
	end, err := csharp.Extent(r.s, start, r.strict)
	if err != nil {
		where := min(end, len(r.s))
		if err == csharp.ErrUnclosed {
			where = start
		}
		r.fail(codeExpression, where, where+1, err.Error())
	}
	r.at = end
	if r.strict {
		return r.decodeLenient(start, end)
	}
	return r.s[start:end]
}

// content reads to after the end tag of e and returns where that begins.
func (r *reader) content(e *element, depth int) int {
	var text strings.Builder
	e.text.at = r.at
	for {
		switch rest := r.s[r.at:]; {
		case rest == "":
			r.fail(codeUnclosed, e.at, e.end, e.name)
		case strings.HasPrefix(rest, "</"):
			end := r.at
			r.endTag(e)
			e.text.end, e.text.text = end, text.String()
			return end
		case strings.HasPrefix(rest, "<![CDATA["):
			n := strings.Index(rest, "]]>")
			if n < 0 {
				r.fail(codeMarkup, r.at, r.at+9, "a CDATA section is not closed by ]]>")
			}
			text.WriteString(rest[9:n])
			r.at += n + 3
		case rest[0] == '<':
			if at := r.at; r.skipped() {
				if r.keep {
					e.children = append(e.children, &element{name: commentName, at: at + 1, after: r.at, inner: r.s[at:r.at]})
				}
			} else {
				e.children = append(e.children, r.element(depth+1))
			}
		case csharp.Begins(rest, 0) && len(e.children) == 0 && strings.TrimSpace(text.String()) == "":
			start := r.at
			text.WriteString(r.expression())
			r.spelling(start, r.at, false, true)
		default:
			n := strings.IndexByte(rest, '<')
			if n < 0 {
				n = len(rest)
			}
			// An expression may follow white space: stop before it.
			if lead := len(rest[:n]) - len(strings.TrimLeft(rest[:n], " \t\r\n")); lead > 0 && csharp.Begins(rest, lead) {
				n = lead
			}
			text.WriteString(r.decode(r.at, r.at+n))
			r.spelling(r.at, r.at+n, false, false)
			r.at += n
		}
	}
}

func (r *reader) endTag(e *element) {
	start := r.at
	r.at += 2
	name := r.name("the name of an end tag")
	r.space()
	if !strings.HasPrefix(r.s[r.at:], ">") {
		r.fail(codeMarkup, r.at, r.at+1, "'>' is expected after </"+name)
	}
	r.at++
	if name != e.name {
		r.fail(codeMismatch, start, r.at, name, e.name, r.src.Position(e.at).Line)
	}
}

// decode replaces the entities of s[start:end]; in strict documents an unknown one is an error.
func (r *reader) decode(start, end int) string {
	s := r.s[start:end]
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '&' {
			b.WriteByte(s[i])
			i++
			continue
		}
		char, n := entity(s[i:])
		if n == 0 {
			if r.strict {
				r.fail(codeEntity, start+i, start+i+1, "'&' does not begin a character reference.")
			}
			char, n = '&', 1
		}
		b.WriteRune(char)
		i += n
	}
	return b.String()
}

// decodeLenient is decode for expressions, where a bare & is C#'s.
func (r *reader) decodeLenient(start, end int) string {
	lenient := reader{src: r.src, s: r.s}
	return lenient.decode(start, end)
}

// entity reads the character reference at the start of s; n is its length, 0 when there is none.
func entity(s string) (char rune, n int) {
	end := strings.IndexByte(s, ';')
	if end < 2 || end > 10 {
		return 0, 0
	}
	name := s[1:end]
	switch name {
	case "amp":
		return '&', end + 1
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	}
	if name[0] != '#' {
		return 0, 0
	}
	digits, base := name[1:], 10
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	v, err := strconv.ParseUint(digits, base, 32)
	if err != nil || v == 0 || v > utf8.MaxRune || v >= 0xD800 && v < 0xE000 {
		return 0, 0
	}
	return rune(v), end + 1
}
