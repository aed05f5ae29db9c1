package xsd

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// value is a value of a simple type.
type value struct {
	key              string // equal values of a primitive type have equal keys
	order            ordered
	length           int // -1: it has none
	digits, fraction int // of decimals
	marks            []mark
}

// mark is an ID in a value, or a reference to one.
type mark struct {
	kind special
	text string
}

// ordered is a value that can be compared with others of its primitive type; ok is false when neither is the larger one.
type ordered interface {
	compare(other ordered) (n int, ok bool)
}

// primitive is one of the primitive types of https://www.w3.org/TR/xmlschema-2/#built-in-primitive-datatypes.
type primitive struct {
	name   string
	dotnet string // in .NET's messages
	facets string // that restrict it
	parse  func(text string, at *context) (value, bool)
}

// context is what the value of a QName or a NOTATION means something in.
type context struct {
	spaces    *scope
	notations map[Name]bool
}

const (
	textFacets  = "length minLength maxLength pattern enumeration whiteSpace"
	orderFacets = "pattern enumeration whiteSpace maxInclusive maxExclusive minInclusive minExclusive"
)

var (
	stringType   = &primitive{"string", "String", textFacets, parseText}
	booleanType  = &primitive{"boolean", "Boolean", "pattern whiteSpace", parseBoolean}
	decimalType  = &primitive{"decimal", "Decimal", orderFacets + " totalDigits fractionDigits", parseDecimal}
	floatType    = &primitive{"float", "Single", orderFacets, parseFloat(32)}
	doubleType   = &primitive{"double", "Double", orderFacets, parseFloat(64)}
	durationType = &primitive{"duration", "TimeSpan", orderFacets, parseDuration}
	hexType      = &primitive{"hexBinary", "HexBinary", textFacets, parseHex}
	base64Type   = &primitive{"base64Binary", "Base64Binary", textFacets, parseBase64}
	uriType      = &primitive{"anyURI", "Uri", textFacets, parseURI}
	qnameType    = &primitive{"QName", "QName", textFacets, parseQName}
	notationType = &primitive{"NOTATION", "NOTATION", textFacets, parseNotation}
)

func parseText(s string, _ *context) (value, bool) {
	return value{key: s, length: utf8.RuneCountInString(s)}, true
}

func parseBoolean(s string, _ *context) (value, bool) {
	switch s {
	case "true", "1":
		return value{key: "1", length: -1}, true
	case "false", "0":
		return value{key: "0", length: -1}, true
	}
	return value{}, false
}

// decimal is a number of any size: its digits without leading and trailing zeros.
type decimal struct {
	negative        bool
	whole, fraction string
}

func parseDecimal(s string, _ *context) (value, bool) {
	d := decimal{negative: strings.HasPrefix(s, "-")}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if whole+fraction == "" || !isDigits(whole+fraction) {
		return value{}, false
	}
	d.whole, d.fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if d.whole+d.fraction == "" {
		d.negative = false
	}
	return value{key: d.String(), order: d, length: -1, digits: digitsOf(d), fraction: len(d.fraction)}, true
}

// digitsOf is the count that totalDigits bounds.
func digitsOf(d decimal) int { return len(d.whole) + len(d.fraction) }

func (d decimal) String() string {
	sign := ""
	if d.negative {
		sign = "-"
	}
	return sign + d.whole + "." + d.fraction
}

func (d decimal) compare(other ordered) (int, bool) {
	o := other.(decimal)
	if d.negative != o.negative {
		if d.negative {
			return -1, true
		}
		return 1, true
	}
	n := len(d.whole) - len(o.whole)
	if n == 0 {
		n = strings.Compare(d.whole, o.whole)
	}
	if n == 0 {
		n = strings.Compare(d.fraction, o.fraction)
	}
	if d.negative {
		n = -n
	}
	return n, true
}

type float float64

func parseFloat(bits int) func(s string, _ *context) (value, bool) {
	return func(s string, _ *context) (value, bool) {
		var f float64
		switch s {
		case "INF":
			f = math.Inf(1)
		case "-INF":
			f = math.Inf(-1)
		case "NaN":
			f = math.NaN()
		default:
			if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
				return value{}, false
			}
			var err error
			if f, err = strconv.ParseFloat(s, bits); err != nil && !math.IsInf(f, 0) {
				return value{}, false
			}
		}
		return value{key: strconv.FormatFloat(f+0, 'g', -1, 64), order: float(f), length: -1}, true
	}
}

func (f float) compare(other ordered) (int, bool) {
	o := other.(float)
	switch {
	case f < o:
		return -1, true
	case f > o:
		return 1, true
	}
	return 0, f == o || f != f && o != o
}

func parseHex(s string, _ *context) (value, bool) {
	b, err := hex.DecodeString(s)
	return value{key: string(b), length: len(b)}, err == nil
}

func parseBase64(s string, _ *context) (value, bool) {
	s = strings.ReplaceAll(s, " ", "")
	b, err := base64.StdEncoding.DecodeString(s)
	return value{key: string(b), length: len(b)}, err == nil
}

// parseURI takes nearly all, as https://www.w3.org/TR/xmlschema-2/#anyURI does.
func parseURI(s string, at *context) (value, bool) {
	if strings.Count(s, "#") > 1 || strings.HasPrefix(s, ":") {
		return value{}, false
	}
	return parseText(s, at)
}

func parseQName(s string, at *context) (value, bool) {
	n, ok := at.spaces.name(s, false)
	return value{key: n.plain(), length: -1}, ok
}

func parseNotation(s string, at *context) (value, bool) {
	n, ok := at.spaces.name(s, false)
	return value{key: n.plain(), length: -1}, ok && at.notations[n]
}

func isNCName(s string) bool { return isName(s) && !strings.Contains(s, ":") }

func isName(s string) bool {
	for i, r := range s {
		if !isNameRune(r, i == 0) {
			return false
		}
	}
	return s != ""
}

func isNameToken(s string) bool {
	for _, r := range s {
		if !isNameRune(r, false) {
			return false
		}
	}
	return s != ""
}

// isNameRune follows https://www.w3.org/TR/xml/#NT-NameChar.
func isNameRune(r rune, first bool) bool {
	switch {
	case r < 0x80:
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == ':'
		return letter || !first && (r >= '0' && r <= '9' || r == '-' || r == '.')
	case r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040:
		return !first
	case r < 0xC0 || r == 0xD7 || r == 0xF7 || r == 0x37E || r >= 0x2000 && r <= 0x200B || r >= 0x200E && r <= 0x206F:
		return false
	case r >= 0x2190 && r <= 0x2BFF || r >= 0x2FF0 && r <= 0x3000 || r >= 0xD800 && r <= 0xF8FF || r >= 0xFDD0 && r <= 0xFDEF || r == utf8.RuneError:
		return false
	}
	return r <= 0xEFFFF
}
