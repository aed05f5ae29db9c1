package lib

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// newLine is Environment.NewLine of API Management's gateway, which runs on Windows.
const newLine = "\r\n"

// JSONText writes a token as Newtonsoft does, on one line or indented by two spaces.
func JSONText(r *types.Run, t Token, indented bool) string {
	b := appendToken(make([]byte, 0, 256), r, t, indented, 0)
	r.Grow(len(b))
	return string(b)
}

func appendToken(b []byte, r *types.Run, t Token, indented bool, depth int) []byte {
	tooDeep(depth)
	switch t := t.(type) {
	case *JSONObject:
		if len(t.props) == 0 {
			return append(b, "{}"...)
		}
		b = append(b, '{')
		for i, p := range t.props {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendIndent(b, indented, depth+1)
			b = appendToken(b, r, p, indented, depth+1)
		}
		return append(appendIndent(b, indented, depth), '}')
	case *JSONArray:
		open, end := "[", "]"
		if t.isMaker {
			open, end = "new "+t.maker+"(", ")"
		}
		b = append(b, open...)
		if len(t.items) == 0 {
			return append(b, end...)
		}
		for i, e := range t.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendIndent(b, indented, depth+1)
			b = appendToken(b, r, e, indented, depth+1)
		}
		return append(appendIndent(b, indented, depth), end...)
	case *JSONProperty:
		b = appendJSONString(b, t.name)
		b = append(b, ':')
		if indented {
			b = append(b, ' ')
		}
		if t.value == nil {
			return append(b, "null"...)
		}
		return appendToken(b, r, t.value, indented, depth)
	case *JSONValue:
		b, _ = appendJSONValue(b, r, t)
		return b
	}
	return append(b, "null"...)
}

func appendIndent(b []byte, indented bool, depth int) []byte {
	if !indented {
		return b
	}
	b = append(b, newLine...)
	for range depth {
		b = append(b, "  "...)
	}
	return b
}

// appendJSONValue writes a value; false when its kind has no JSON text.
func appendJSONValue(b []byte, r *types.Run, v *JSONValue) ([]byte, bool) {
	switch v.typ {
	case jsonString:
		if v.v.IsNull() {
			return append(b, "null"...), true
		}
		return appendJSONString(b, v.v.Str()), true
	case jsonInteger:
		if v.v.ValueType() == types.UInt64 {
			return strconv.AppendUint(b, v.v.Bits(), 10), true
		}
		if v.v.ValueType() == nil {
			return append(b, r.Text(v.v)...), true
		}
		return strconv.AppendInt(b, v.v.Long(), 10), true
	case jsonFloat:
		return appendJSONFloat(b, v.v), true
	case jsonBoolean:
		return strconv.AppendBool(b, v.v.Bool()), true
	case jsonNull:
		return append(b, "null"...), true
	case jsonUndefined:
		return append(b, "undefined"...), true
	case jsonRaw:
		return append(b, r.Text(v.v)...), true
	case jsonComment:
		return append(append(append(b, "/*"...), r.Text(v.v)...), "*/"...), true
	case jsonDate:
		return append(append(append(b, '"'), jsonDateText(v.v)...), '"'), true
	case jsonBytes:
		if x, ok := v.v.Ref().(*types.Array); ok {
			b = append(b, '"')
			b = base64.StdEncoding.AppendEncode(b, x.Bytes)
			return append(b, '"'), true
		}
	case jsonGuid, jsonURI, jsonTimeSpan:
		return appendJSONString(b, r.Text(v.v)), true
	}
	return append(b, "null"...), false
}

// appendJSONFloat writes with a decimal point at least, as Newtonsoft's EnsureDecimalPlace does.
func appendJSONFloat(b []byte, v val) []byte {
	var s string
	switch {
	case v.ValueType() == types.DoubleT:
		s = roundTrip(v.Double(), 64)
	case v.ValueType() == types.SingleT:
		s = roundTrip(v.Double(), 32)
	default:
		s = v.Decimal().String()
	}
	if f := v.Double(); v.ValueType() != nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return append(append(append(b, '"'), s...), '"')
	}
	b = append(b, s...)
	if !strings.ContainsAny(s, ".eE") {
		b = append(b, ".0"...)
	}
	return b
}

const hexDigits = "0123456789abcdef"

// appendJSONString quotes: control characters, quotes, backslashes and the three line
// separators of Unicode are escaped, all else is written as it is.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c != 0xC2 && c != 0xE2 {
			continue
		}
		escape, n := jsonEscape(s[i:])
		if n == 0 {
			continue
		}
		b = append(append(b, s[start:i]...), escape...)
		i += n - 1
		start = i + 1
	}
	return append(append(b, s[start:]...), '"')
}

// jsonEscape is the escape of what s begins with, and its length in s; 0 when it needs none.
func jsonEscape(s string) (escape string, n int) {
	switch c := s[0]; c {
	case '"':
		return `\"`, 1
	case '\\':
		return `\\`, 1
	case '\n':
		return `\n`, 1
	case '\r':
		return `\r`, 1
	case '\t':
		return `\t`, 1
	case '\b':
		return `\b`, 1
	case '\f':
		return `\f`, 1
	case 0xC2:
		if strings.HasPrefix(s, "\u0085") {
			return `\u0085`, 2
		}
		return "", 0
	case 0xE2:
		if strings.HasPrefix(s, "\u2028") {
			return `\u2028`, 3
		}
		if strings.HasPrefix(s, "\u2029") {
			return `\u2029`, 3
		}
		return "", 0
	default:
		return `\u00` + string(hexDigits[c>>4]) + string(hexDigits[c&15]), 1
	}
}

// ToText implements types.TextOf: containers are indented JSON.
func (o *JSONObject) ToText(r *types.Run) string { return JSONText(r, o, true) }

// ToText implements types.TextOf.
func (a *JSONArray) ToText(r *types.Run) string { return JSONText(r, a, true) }

// ToText implements types.TextOf.
func (p *JSONProperty) ToText(r *types.Run) string { return JSONText(r, p, true) }

// ToText implements types.TextOf: the value's own ToString, "" for null.
func (v *JSONValue) ToText(r *types.Run) string { return r.Text(v.v) }
