package template

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// format() is .NET's composite formatting in the invariant culture.
// https://learn.microsoft.com/dotnet/standard/base-types/composite-formatting
func formatFunctions() map[string]*function {
	return map[string]*function{"format": between(1, -1, format)}
}

func format(_ *frame, c call) (any, error) {
	text, err := c.str(0)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		ch := text[i]
		switch {
		case (ch == '{' || ch == '}') && i+1 < len(text) && text[i+1] == ch:
			b.WriteByte(ch)
			i += 2
		case ch == '}':
			return nil, c.fail("has a format string with a '}' that closes nothing, at position %d", i)
		case ch == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return nil, c.fail("has a format string with a '{' that is not closed, at position %d", i)
			}
			s, err := formatItem(c, text[i+1:i+end])
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
			i += end + 1
		default:
			b.WriteByte(ch)
			i++
		}
		if b.Len() > maxText {
			return nil, c.fail("gives a string of more than %d bytes", maxText)
		}
	}
	return b.String(), nil
}

// formatItem formats index[,alignment][:specifier].
func formatItem(c call, item string) (string, error) {
	head, spec, _ := strings.Cut(item, ":")
	index, align, aligned := strings.Cut(head, ",")
	n, err := strconv.Atoi(strings.TrimSpace(index))
	if err != nil || n < 0 {
		return "", c.fail("has a format string with the item '{%s}', which does not begin with an index", item)
	}
	if n+1 >= len(c.args) {
		return "", c.fail("has a format string with the index %d, but %d argument(s). The index (zero based) must be greater than or equal to zero and less than the size of the argument list", n, len(c.args)-1)
	}
	s, err := formatValue(c, c.args[n+1], spec)
	if err != nil || !aligned {
		return s, err
	}
	width, err := strconv.Atoi(strings.TrimSpace(align))
	if err != nil || width < -maxText || width > maxText {
		return "", c.fail("has a format string with the alignment '%s', which is not valid", align)
	}
	if pad := max(width, -width) - int(utf16Len(s)); pad > 0 && width > 0 {
		s = strings.Repeat(" ", pad) + s
	} else if pad > 0 {
		s += strings.Repeat(" ", pad)
	}
	return s, nil
}

func formatValue(c call, v any, spec string) (string, error) {
	switch v := v.(type) {
	case int64:
		return formatNumber(c, v, spec)
	case float64:
		if spec == "" {
			return strings.TrimSuffix(formatFloat(v), ".0"), nil
		}
		return formatReal(c, v, spec)
	case nil:
		return "", nil
	}
	if s, ok := scalarText(v); ok {
		return s, nil
	}
	return encodeLimited(v)
}

// formatNumber knows the standard specifiers of integers and custom patterns of 0 # , . %.
func formatNumber(c call, n int64, spec string) (string, error) {
	if spec == "" {
		return strconv.FormatInt(n, 10), nil
	}
	precision, standard := standardSpecifier(spec)
	if !standard {
		return customNumber(new(big.Rat).SetInt64(n), spec), nil
	}
	switch spec[0] | 0x20 {
	case 'd':
		return signed(n, pad(magnitude(n), precision)), nil
	case 'x':
		s := strconv.FormatUint(uint64(n), 16)
		if n < 0 && n >= math.MinInt32 { // a JSON integer that fits is formatted as 64 bits
			s = strconv.FormatUint(uint64(n), 16)
		}
		if spec[0] == 'X' {
			s = strings.ToUpper(s)
		}
		return pad(s, precision), nil
	case 'g', 'r':
		return strconv.FormatInt(n, 10), nil
	}
	return formatReal(c, float64(n), spec)
}

func standardSpecifier(spec string) (precision int, ok bool) {
	if c := spec[0] | 0x20; c < 'a' || c > 'z' {
		return 0, false
	}
	if len(spec) == 1 {
		return -1, true
	}
	p, err := strconv.Atoi(spec[1:])
	return p, err == nil && p >= 0 && p <= 999
}

func formatReal(c call, f float64, spec string) (string, error) {
	precision, standard := standardSpecifier(spec)
	if !standard {
		r := new(big.Rat)
		r.SetFloat64(f)
		return customNumber(r, spec), nil
	}
	digits := func(otherwise int) int {
		if precision < 0 {
			return otherwise
		}
		return precision
	}
	negative := f < 0
	a := math.Abs(f)
	switch spec[0] | 0x20 {
	case 'f':
		return sign(negative, fixedPoint(a, digits(2))), nil
	case 'n':
		return sign(negative, groupThousands(fixedPoint(a, digits(2)))), nil
	case 'p':
		return sign(negative, groupThousands(fixedPoint(a*100, digits(2)))+" %"), nil
	case 'c':
		s := "¤" + groupThousands(fixedPoint(a, digits(2)))
		if negative {
			s = "(" + s + ")"
		}
		return s, nil
	case 'e':
		s := strconv.FormatFloat(f, 'e', digits(6), 64)
		mantissa, exponent, _ := strings.Cut(s, "e")
		s = mantissa + "e" + exponent[:1] + pad(exponent[1:], 3)
		if spec[0] == 'E' {
			s = strings.ToUpper(s)
		}
		return s, nil
	case 'g', 'r':
		return strings.TrimSuffix(formatFloat(f), ".0"), nil
	}
	return "", c.fail("has a format string with the specifier '%s', which is not valid", spec)
}

// fixedPoint rounds half away from zero, as .NET does for these specifiers.
func fixedPoint(a float64, digits int) string {
	r := new(big.Rat)
	if r.SetFloat64(a) == nil {
		return "0"
	}
	return r.FloatString(digits)
}

func sign(negative bool, s string) string {
	if negative && strings.ContainsAny(s, "123456789") {
		return "-" + s
	}
	return s
}

func magnitude(n int64) string { return strings.TrimPrefix(strconv.FormatInt(n, 10), "-") }

func signed(n int64, s string) string {
	if n < 0 {
		return "-" + s
	}
	return s
}

func pad(s string, width int) string {
	if width > len(s) {
		return strings.Repeat("0", width-len(s)) + s
	}
	return s
}

func groupThousands(s string) string {
	whole, fraction, dotted := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dotted {
		return whole + "." + fraction
	}
	return whole
}

// customNumber formats with a custom pattern: 0 and # are digits, ',' between them groups
// thousands, '.' is the point, '%' multiplies by 100, quoted text and the rest are literal.
// Sections (;) select by sign.
func customNumber(r *big.Rat, pattern string) string {
	sections := strings.Split(pattern, ";")
	negative := r.Sign() < 0
	abs := new(big.Rat).Abs(r)
	if negative && len(sections) > 1 && sections[1] != "" {
		pattern, negative = sections[1], false
	} else if r.Sign() == 0 && len(sections) > 2 && sections[2] != "" {
		pattern = sections[2]
	} else {
		pattern = sections[0]
	}
	p := parsePattern(pattern)
	if p.percent {
		abs.Mul(abs, big.NewRat(100, 1))
	}
	whole, fraction, _ := strings.Cut(abs.FloatString(p.decimals), ".")
	fraction = strings.TrimRight(fraction, "0")
	fraction += strings.Repeat("0", max(0, p.minDecimals-len(fraction)))
	whole = pad(strings.TrimLeft(whole, "0"), p.minDigits)
	if p.group {
		whole = groupThousands(whole)
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return p.prefix + sign(negative, whole) + p.suffix
}

type numberPattern struct {
	prefix, suffix                   string
	minDigits, minDecimals, decimals int
	group, percent                   bool
}

func parsePattern(pattern string) numberPattern {
	var p numberPattern
	var quote byte
	point, digits := false, false
	add := func(c byte) {
		if digits {
			p.suffix += string(rune(c))
		} else {
			p.prefix += string(rune(c))
		}
	}
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				add(c)
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '\\' && i+1 < len(pattern):
			i++
			add(pattern[i])
		case c == '0' || c == '#':
			digits = true
			if point {
				p.decimals++
				if c == '0' {
					p.minDecimals = p.decimals
				}
			} else if c == '0' || p.minDigits > 0 {
				p.minDigits++
			}
		case c == '.':
			point, digits = true, true
		case c == ',' && digits && !point:
			p.group = true
		case c == '%':
			p.percent = true
			add(c)
		default:
			add(c)
		}
	}
	return p
}
