package lib

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/csharp/types"
)

// jsonReader reads JSON as Newtonsoft's JsonTextReader does, which takes more than the
// standard: single quotes, names without quotes, comments, NaN, hexadecimal numbers and a
// comma at the end. Texts that are ISO 8601 dates become dates.
type jsonReader struct {
	r     *types.Run
	s     string
	at    int
	depth int
	path  []any // names and indexes, for messages
	what  string
}

// maxJSONDepth bounds how deep a text may nest.
const maxJSONDepth = 1000

// ReadJSON reads a JSON text as JToken.Parse does; what is the type that messages name.
func ReadJSON(r *types.Run, text, what string) Token {
	r.Grow(8 * len(text))
	d := &jsonReader{r: r, s: text, what: what}
	d.space()
	if d.at >= len(d.s) {
		r.Throw("Newtonsoft.Json.JsonReaderException", "Error reading "+what+" from JsonReader. Path '', line 0, position 0.")
	}
	first := d.s[d.at]
	if what == "JObject" && first != '{' || what == "JArray" && first != '[' {
		d.wrongStart(first)
	}
	t := d.value()
	d.space()
	if d.at < len(d.s) {
		c, _ := utf8.DecodeRuneInString(d.s[d.at:])
		d.at++
		d.fail("Additional text encountered after finished reading JSON content: %c.", c)
	}
	return t
}

func (d *jsonReader) wrongStart(first byte) {
	want := map[string]string{"JObject": "an object", "JArray": "an array"}[d.what]
	got := "String"
	switch {
	case first == '[':
		got = "StartArray"
	case first == '{':
		got = "StartObject"
	default:
		v, ok := d.value().(*JSONValue)
		if ok {
			got = map[byte]string{jsonInteger: "Integer", jsonFloat: "Float", jsonBoolean: "Boolean", jsonNull: "Null", jsonDate: "Date", jsonString: "String", jsonUndefined: "Undefined"}[v.typ]
		}
		d.at--
	}
	d.at++
	d.fail("Error reading %s from JsonReader. Current JsonReader item is not %s: %s.", d.what, want, got)
}

func (d *jsonReader) fail(format string, args ...any) {
	line, position := 1, d.at
	for i := 0; i < d.at && i < len(d.s); i++ {
		if d.s[i] == '\n' {
			line, position = line+1, d.at-i-1
		}
	}
	d.r.Throw("Newtonsoft.Json.JsonReaderException", fmt.Sprintf(format, args...)+fmt.Sprintf(" Path '%s', line %d, position %d.", jsonPathText(d.path), line, position))
}

func jsonPathText(path []any) string {
	var b strings.Builder
	for _, p := range path {
		switch p := p.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", p)
		case string:
			writePathName(&b, p)
		}
	}
	return b.String()
}

// writePathName writes a property's name into a path: quoted when it has special characters.
func writePathName(b *strings.Builder, name string) {
	if strings.ContainsAny(name, " ./\"'[]()\t\n\r\f\b\\\u0085\u2028\u2029") {
		b.WriteString("['" + strings.ReplaceAll(strings.ReplaceAll(name, `\`, `\\`), `'`, `\'`) + "']")
		return
	}
	if b.Len() > 0 {
		b.WriteByte('.')
	}
	b.WriteString(name)
}

func (d *jsonReader) truncated() {
	d.fail("Unexpected end of content while loading %s.", d.what)
}

// space skips white space and comments.
func (d *jsonReader) space() {
	for d.at < len(d.s) {
		switch c := d.s[d.at]; {
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			d.at++
		case c == '/':
			d.comment()
		case c == 0xC2 && strings.HasPrefix(d.s[d.at:], "\u00a0"):
			d.at += 2
		case c == 0xEF && strings.HasPrefix(d.s[d.at:], "\ufeff"):
			d.at += 3
		default:
			return
		}
	}
}

func (d *jsonReader) comment() {
	rest := d.s[d.at:]
	switch {
	case strings.HasPrefix(rest, "//"):
		n := strings.IndexAny(rest, "\r\n")
		if n < 0 {
			n = len(rest)
		}
		d.at += n
	case strings.HasPrefix(rest, "/*"):
		n := strings.Index(rest[2:], "*/")
		if n < 0 {
			d.at = len(d.s)
			d.fail("Unexpected end while parsing comment.")
		}
		d.at += n + 4
	default:
		d.at++
		d.fail("Error parsing comment. Expected: *, got %s.", strings.TrimSpace(strings.ToValidUTF8(rest[1:min(2, len(rest))], "")))
	}
}

func (d *jsonReader) value() Token {
	if d.at >= len(d.s) {
		d.truncated()
	}
	switch c := d.s[d.at]; c {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"', '\'':
		return jsonTextValue(d.text(c))
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.':
		return d.number()
	}
	return d.word()
}

// jsonTextValue is a string, or a date when the text is one.
func jsonTextValue(s string) *JSONValue {
	if v, ok := jsonDateOf(s); ok {
		return &JSONValue{typ: jsonDate, v: v}
	}
	return &JSONValue{typ: jsonString, v: str(s)}
}

func (d *jsonReader) enter() {
	d.depth++
	d.at++
	if d.depth > maxJSONDepth {
		d.fail("The reader's MaxDepth of %d has been exceeded.", maxJSONDepth)
	}
	d.r.Step()
}

func (d *jsonReader) object() Token {
	d.enter()
	o := &JSONObject{}
	for {
		d.space()
		if d.at >= len(d.s) {
			d.truncated()
		}
		if d.s[d.at] == '}' {
			break
		}
		name := d.name()
		d.path = append(d.path, name)
		d.space()
		if d.at >= len(d.s) {
			d.truncated()
		}
		if d.s[d.at] != ':' {
			d.fail("Invalid character after parsing property name. Expected ':' but got: %c.", d.rune())
		}
		d.at++
		d.space()
		t := d.value()
		if i := o.find(name); i >= 0 {
			o.props[i].value = t
			t.node().parent = o.props[i]
		} else {
			p := &JSONProperty{name: name, value: t}
			t.node().parent = p
			o.attach(p)
		}
		done := d.next('}')
		d.path = d.path[:len(d.path)-1]
		if done {
			break
		}
	}
	d.at++
	d.depth--
	return o
}

func (d *jsonReader) rune() rune {
	c, _ := utf8.DecodeRuneInString(d.s[d.at:])
	return c
}

// next moves to the next member: true at the end of the container.
func (d *jsonReader) next(end byte) bool {
	d.space()
	if d.at >= len(d.s) {
		d.truncated()
	}
	switch d.s[d.at] {
	case end:
		return true
	case ',':
		d.at++
		return false
	}
	c := d.rune()
	d.fail("After parsing a value an unexpected character was encountered: %c.", c)
	return true
}

func (d *jsonReader) name() string {
	c := d.s[d.at]
	if c == '"' || c == '\'' {
		return d.text(c)
	}
	start := d.at
	for d.at < len(d.s) && isNameByte(d.s[d.at]) {
		d.at++
	}
	if d.at == start {
		d.fail("Invalid property identifier character: %c.", d.rune())
	}
	return d.s[start:d.at]
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

func (d *jsonReader) array() Token {
	a := &JSONArray{}
	d.items(a, ']')
	return a
}

// items reads what stands between the brackets of an array or a constructor.
func (d *jsonReader) items(a *JSONArray, end byte) {
	d.enter()
	for i := 0; ; i++ {
		d.space()
		if d.at >= len(d.s) {
			d.truncated()
		}
		if d.s[d.at] == end {
			break
		}
		d.path = append(d.path, i)
		var t Token
		if d.s[d.at] == ',' { // [1,,2] has an undefined element
			t = &JSONValue{typ: jsonUndefined}
		} else {
			t = d.value()
		}
		t.node().parent = a
		a.items = append(a.items, t)
		d.path = d.path[:len(d.path)-1]
		if d.next(end) {
			break
		}
	}
	d.at++
	d.depth--
}

// text reads a quoted string.
func (d *jsonReader) text(quote byte) string {
	d.at++
	start := d.at
	for i := start; i < len(d.s); i++ {
		switch d.s[i] {
		case quote:
			d.at = i + 1
			return d.s[start:i]
		case '\\':
			return d.escaped(quote, start, i)
		}
	}
	d.at = len(d.s)
	d.fail("Unterminated string. Expected delimiter: %c.", quote)
	return ""
}

func (d *jsonReader) escaped(quote byte, start, i int) string {
	b := append(make([]byte, 0, len(d.s[start:i])+32), d.s[start:i]...)
	surrogates := false
	for i < len(d.s) {
		c := d.s[i]
		switch {
		case c == quote:
			d.at = i + 1
			if surrogates {
				return types.DecodeUTF16(types.EncodeUTF16(string(b)))
			}
			return string(b)
		case c != '\\':
			b = append(b, c)
			i++
			continue
		}
		if i+1 >= len(d.s) {
			break
		}
		i += 2
		switch e := d.s[i-1]; e {
		case 'b':
			b = append(b, '\b')
		case 't':
			b = append(b, '\t')
		case 'n':
			b = append(b, '\n')
		case 'f':
			b = append(b, '\f')
		case 'r':
			b = append(b, '\r')
		case '\\', '"', '\'', '/':
			b = append(b, e)
		case 'u':
			var n uint64
			var err error = strconv.ErrSyntax
			if i+4 <= len(d.s) {
				n, err = strconv.ParseUint(d.s[i:i+4], 16, 16)
			}
			if err != nil {
				d.at = i
				d.fail("Invalid Unicode escape sequence: \\u%s.", d.s[i:min(i+4, len(d.s))])
			}
			surrogates = surrogates || n >= 0xD800 && n < 0xE000
			b = append(b, types.DecodeUTF16([]uint16{uint16(n)})...)
			i += 4
		default:
			d.at = i
			d.fail("Bad JSON escape sequence: \\%c.", e)
		}
	}
	d.at = len(d.s)
	d.fail("Unterminated string. Expected delimiter: %c.", quote)
	return ""
}

func (d *jsonReader) number() Token {
	start := d.at
	if strings.HasPrefix(d.s[d.at:], "-Infinity") {
		return d.word()
	}
	for d.at < len(d.s) && strings.IndexByte("0123456789+-.eExXabcdfABCDF", d.s[d.at]) >= 0 {
		d.at++
	}
	text := d.s[start:d.at]
	if len(text) > 380 {
		d.fail("Reading of a number of more than 380 digits is refused.")
	}
	if v, ok := jsonNumber(text); ok {
		return v
	}
	if d.at < len(d.s) && isNameByte(d.s[d.at]) {
		d.fail("Unexpected character encountered while parsing number: %c.", d.rune())
	}
	d.fail("Input string '%s' is not a valid number.", text)
	return nil
}

func jsonNumber(text string) (*JSONValue, bool) {
	digits := strings.TrimPrefix(text, "-")
	if len(digits) > 1 && digits[0] == '0' && !strings.ContainsAny(digits, ".eE") || strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0X") {
		n, err := strconv.ParseInt(text, 0, 64) // octal and hexadecimal, as JavaScript had them
		return &JSONValue{typ: jsonInteger, v: types.Long(n)}, err == nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && text[0] != '+' {
		return &JSONValue{typ: jsonInteger, v: types.Long(n)}, true
	}
	if digits != "" && strings.Trim(digits, "0123456789") == "" {
		n, ok := new(big.Int).SetString(text, 10)
		return &JSONValue{typ: jsonInteger, v: types.Ref(&bigInteger{n})}, ok
	}
	if strings.ContainsAny(text, "xX_") || text == "" || strings.ContainsAny(strings.ToLower(text), "abcdf") {
		return nil, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return &JSONValue{typ: jsonFloat, v: types.Double(f)}, err == nil
}

var bigIntegerType = types.New(types.KindStruct, "System.Numerics.BigInteger")

// bigInteger is a whole number of JSON that no long holds.
type bigInteger struct{ n *big.Int }

// DotNetType implements types.Object.
func (*bigInteger) DotNetType() *types.Type { return bigIntegerType }

// ToText implements types.TextOf.
func (b *bigInteger) ToText(*types.Run) string { return b.n.String() }

func (d *jsonReader) word() Token {
	rest := d.s[d.at:]
	for _, w := range []struct {
		text string
		v    JSONValue
	}{
		{"true", JSONValue{typ: jsonBoolean, v: types.Bool(true)}},
		{"false", JSONValue{typ: jsonBoolean, v: types.Bool(false)}},
		{"null", JSONValue{typ: jsonNull}},
		{"undefined", JSONValue{typ: jsonUndefined}},
		{"NaN", JSONValue{typ: jsonFloat, v: notANumber}},
		{"Infinity", JSONValue{typ: jsonFloat, v: infinity(1)}},
		{"-Infinity", JSONValue{typ: jsonFloat, v: infinity(-1)}},
	} {
		if strings.HasPrefix(rest, w.text) && (len(rest) == len(w.text) || !isNameByte(rest[len(w.text)])) {
			d.at += len(w.text)
			v := w.v
			return &v
		}
	}
	if strings.HasPrefix(rest, "new") && len(rest) > 3 && !isNameByte(rest[3]) {
		return d.constructor()
	}
	c := d.rune()
	if c == utf8.RuneError {
		c = '?'
	}
	d.fail("Unexpected character encountered while parsing value: %c.", c)
	return nil
}

var notANumber = types.Double(math.NaN())

func infinity(sign int) val { return types.Double(math.Inf(sign)) }
