package template

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"gatehouse/internal/diag"
)

// maxDepth of JSON and of expressions, so that no text exhausts the stack.
const maxDepth = 128

// SyntaxError is a text that is not JSON, worded as Resource Manager words it.
type SyntaxError struct {
	Reason       string
	Path         string
	Line, Column int
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s Path '%s', line %d, position %d.", e.Reason, e.Path, e.Line, e.Column)
}

// DecodeLenient reads the body of a deployment request. Azure CLI pastes the
// template's file into it verbatim: {"properties": {"mode": "Incremental", template:{...}}},
// so unquoted names, comments, single quotes, trailing commas and line breaks in
// strings are accepted. The result has the types of encoding/json with UseNumber.
func DecodeLenient(data []byte) (map[string]any, error) {
	v, err := readJSON("body", data)
	if err != nil {
		return nil, err
	}
	m, ok := To(v).(map[string]any)
	if !ok {
		return nil, &SyntaxError{Reason: "The body must be a JSON object.", Line: 1, Column: 1}
	}
	return m, nil
}

// Decode is DecodeLenient for a value that keeps the order of keys and the places of objects.
func Decode(name string, data []byte) (any, error) { return readJSON(name, data) }

func readJSON(name string, data []byte) (any, error) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	r := &jsonReader{text: text, name: name}
	v, err := r.document()
	if err != nil {
		return nil, err
	}
	return v, nil
}

type jsonReader struct {
	text  string
	name  string
	at    int
	depth int
	path  []string
}

func (r *jsonReader) document() (any, error) {
	if err := r.space(); err != nil {
		return nil, err
	}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if err := r.space(); err != nil {
		return nil, err
	}
	if r.at < len(r.text) {
		return nil, r.unexpected("Additional text encountered after finished reading JSON content: ")
	}
	return v, nil
}

func (r *jsonReader) fail(format string, args ...any) error {
	p := diag.NewSource(r.name, r.text).Position(r.at)
	return &SyntaxError{Reason: fmt.Sprintf(format, args...), Path: strings.Join(r.path, ""), Line: p.Line, Column: p.Column}
}

func (r *jsonReader) unexpected(what string) error {
	if r.at >= len(r.text) {
		return r.fail("Unexpected end of content.")
	}
	c, _ := utf8.DecodeRuneInString(r.text[r.at:])
	return r.fail("%s%c.", what, c)
}

func (r *jsonReader) space() error {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			r.at++
		case strings.HasPrefix(r.text[r.at:], "//"):
			n := strings.IndexAny(r.text[r.at:], "\r\n")
			if n < 0 {
				n = len(r.text) - r.at
			}
			r.at += n
		case strings.HasPrefix(r.text[r.at:], "/*"):
			n := strings.Index(r.text[r.at+2:], "*/")
			if n < 0 {
				return r.fail("Unexpected end while parsing comment.")
			}
			r.at += n + 4
		default:
			return nil
		}
	}
	return nil
}

func (r *jsonReader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *jsonReader) value() (any, error) {
	if r.depth++; r.depth > maxDepth {
		return nil, r.fail("The document is nested deeper than %d levels.", maxDepth)
	}
	defer func() { r.depth-- }()
	switch c := r.peek(); {
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '"' || c == '\'':
		return r.str()
	case c == '-' || c >= '0' && c <= '9':
		return r.num()
	}
	for word, v := range map[string]any{"true": true, "false": false, "null": nil} {
		if strings.HasPrefix(r.text[r.at:], word) && !isWord(r.byteAt(r.at+len(word))) {
			r.at += len(word)
			return v, nil
		}
	}
	return nil, r.unexpected("Unexpected character encountered while parsing value: ")
}

func (r *jsonReader) byteAt(i int) byte {
	if i < len(r.text) {
		return r.text[i]
	}
	return 0
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c == '-' || c == '@' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (r *jsonReader) object() (any, error) {
	o := NewObject()
	o.pos = r.at + 1
	r.at++
	for {
		if err := r.space(); err != nil {
			return nil, err
		}
		if r.peek() == '}' {
			r.at++
			return o, nil
		}
		key, err := r.key()
		if err != nil {
			return nil, err
		}
		if err := r.space(); err != nil {
			return nil, err
		}
		if r.peek() != ':' {
			return nil, r.unexpected("Invalid character after parsing property name. Expected ':' but got: ")
		}
		r.at++
		if err := r.space(); err != nil {
			return nil, err
		}
		r.push(key)
		at := r.at
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		r.path = r.path[:len(r.path)-1]
		if _, isObject := v.(*Object); !isObject {
			at = r.at - 1 // Resource Manager gives the end of a scalar
		}
		if i := o.exact(key); i >= 0 {
			o.at[i] = at
		} else {
			o.at = append(o.at, at)
		}
		o.set(key, v)
		if done, err := r.separator('}'); done || err != nil {
			return o, err
		}
	}
}

func (r *jsonReader) push(key string) {
	if len(r.path) > 0 {
		key = "." + key
	}
	r.path = append(r.path, key)
}

// separator reads "," or the closing byte.
func (r *jsonReader) separator(closing byte) (done bool, err error) {
	if err := r.space(); err != nil {
		return false, err
	}
	switch r.peek() {
	case ',':
		r.at++
		return false, nil
	case closing:
		r.at++
		return true, nil
	}
	return false, r.unexpected("After parsing a value an unexpected character was encountered: ")
}

func (r *jsonReader) array() (any, error) {
	r.at++
	a := []any{}
	for {
		if err := r.space(); err != nil {
			return nil, err
		}
		if r.peek() == ']' {
			r.at++
			return a, nil
		}
		r.path = append(r.path, fmt.Sprintf("[%d]", len(a)))
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		r.path = r.path[:len(r.path)-1]
		a = append(a, v)
		if done, err := r.separator(']'); done || err != nil {
			return a, err
		}
	}
}

func (r *jsonReader) key() (string, error) {
	if c := r.peek(); c == '"' || c == '\'' {
		return r.str()
	}
	start := r.at
	for r.at < len(r.text) && isWord(r.text[r.at]) {
		r.at++
	}
	if r.at == start {
		return "", r.unexpected("Invalid property identifier character: ")
	}
	return r.text[start:r.at], nil
}

func (r *jsonReader) num() (any, error) {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.eE0123456789", r.text[r.at]) >= 0 {
		r.at++
	}
	s := r.text[start:r.at]
	if !validNumber(s) {
		r.at = start
		return nil, r.fail("Input string '%s' is not a valid number.", s)
	}
	return number(s), nil
}

func validNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := func() bool {
		n := len(s)
		s = strings.TrimLeft(s, "0123456789")
		return len(s) < n
	}
	if !digits() {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "."); ok {
		if s = rest; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = strings.TrimLeft(s[1:], "+-")
		if !digits() {
			return false
		}
	}
	return s == ""
}

func (r *jsonReader) str() (string, error) {
	quote := r.text[r.at]
	r.at++
	start := r.at
	for r.at < len(r.text) && r.text[r.at] != quote && r.text[r.at] != '\\' {
		r.at++
	}
	if r.at < len(r.text) && r.text[r.at] == quote {
		r.at++
		return strings.ToValidUTF8(r.text[start:r.at-1], "\ufffd"), nil
	}
	b := []byte(r.text[start:r.at])
	for r.at < len(r.text) {
		c := r.text[r.at]
		r.at++
		switch c {
		case quote:
			return strings.ToValidUTF8(string(b), "\ufffd"), nil
		case '\\':
			var err error
			if b, err = r.escape(b); err != nil {
				return "", err
			}
		default:
			b = append(b, c)
		}
	}
	return "", r.fail("Unterminated string. Expected delimiter: %c.", quote)
}

func (r *jsonReader) escape(b []byte) ([]byte, error) {
	c := r.peek()
	r.at++
	switch c {
	case 'b':
		return append(b, '\b'), nil
	case 'f':
		return append(b, '\f'), nil
	case 'n':
		return append(b, '\n'), nil
	case 'r':
		return append(b, '\r'), nil
	case 't':
		return append(b, '\t'), nil
	case '"', '\'', '\\', '/':
		return append(b, c), nil
	case 'u':
		u, err := r.hex4()
		if err != nil {
			return nil, err
		}
		if utf16.IsSurrogate(u) && strings.HasPrefix(r.text[r.at:], `\u`) {
			back := r.at
			r.at += 2
			low, err := r.hex4()
			if err != nil {
				return nil, err
			}
			if pair := utf16.DecodeRune(u, low); pair != utf8.RuneError {
				u = pair
			} else {
				r.at = back
			}
		}
		return utf8.AppendRune(b, u), nil
	}
	r.at--
	return nil, r.unexpected("Bad JSON escape sequence: \\")
}

func (r *jsonReader) hex4() (rune, error) {
	var u rune
	for range 4 {
		d := strings.IndexByte("0123456789abcdef", r.peek()|0x20)
		if r.at >= len(r.text) || d < 0 {
			return 0, r.unexpected("Could not parse unicode escape: ")
		}
		u = u<<4 | rune(d)
		r.at++
	}
	return u, nil
}
