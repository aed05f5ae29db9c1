package lib

import (
	"math"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

const (
	styleFloat  = 231 // NumberStyles.Float | AllowThousands: what double.Parse reads
	styleNumber = 111 // what decimal.Parse reads
)

// plainNumber reads text by NumberStyles and gives it back as [-]digits[.digits][e±digits].
func plainNumber(s string, style int) (string, bool) {
	if style&1 != 0 {
		s = strings.TrimLeft(s, " \t\r\n\v\f")
	}
	if style&2 != 0 {
		s = strings.TrimRight(s, " \t\r\n\v\f\x00")
	}
	negative := false
	if style&16 != 0 && strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		negative, s = true, s[1:len(s)-1]
	}
	s, signed := cutNumberSign(s, style, &negative)
	if style&256 != 0 {
		s = strings.TrimPrefix(s, "¤")
	}
	if !signed {
		s, _ = cutNumberSign(s, style, &negative)
	}
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	digits, point := 0, false
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch >= '0' && ch <= '9':
			digits++
			b.WriteByte(ch)
		case ch == '.' && style&32 != 0 && !point:
			point = true
			b.WriteByte(ch)
		case ch == ',' && style&64 != 0 && !point && digits > 0:
		case ch|0x20 == 'e' && style&128 != 0 && digits > 0:
			if _, err := strconv.Atoi(s[i+1:]); err != nil {
				return "", false
			}
			b.WriteString(s[i:])
			return b.String(), true
		default:
			return "", false
		}
	}
	return b.String(), digits > 0
}

// cutNumberSign cuts a sign before or after the number.
func cutNumberSign(s string, style int, negative *bool) (string, bool) {
	if style&4 != 0 && s != "" && (s[0] == '-' || s[0] == '+') {
		*negative = s[0] == '-'
		return s[1:], true
	}
	if n := len(s) - 1; style&8 != 0 && n > 0 && (s[n] == '-' || s[n] == '+') {
		*negative = s[n] == '-'
		return strings.TrimRight(s[:n], " "), true
	}
	return s, false
}

// parseFloat reads a double or float; large says that it is beyond the type's range.
func parseFloat(s string, style, bits int) (f float64, ok, large bool) {
	switch strings.TrimSpace(s) {
	case "NaN":
		return math.NaN(), true, false
	case "Infinity":
		return math.Inf(1), true, false
	case "-Infinity":
		return math.Inf(-1), true, false
	}
	text, ok := plainNumber(s, style)
	if !ok {
		return 0, false, false
	}
	f, err := strconv.ParseFloat(text, bits)
	return f, err == nil || math.IsInf(f, 0), math.IsInf(f, 0)
}

// formatFloat writes a double or float by a format.
func formatFloat(r *types.Run, f float64, bits int, format string) string {
	if math.IsNaN(f) || math.IsInf(f, 0) || format == "" {
		return types.FloatText(f, bits)
	}
	kind, precision, standard := standardFormat(format)
	switch {
	case standard && kind|0x20 == 'r':
		return roundTrip(f, bits)
	case standard && kind|0x20 == 'g' && precision <= 0:
		return types.FloatText(f, bits)
	}
	digits := 15
	if bits == 32 {
		digits = 7
	}
	if standard && (kind|0x20 == 'e' || kind|0x20 == 'g') && precision >= digits {
		digits = min(17, precision+1)
	}
	d := strconv.FormatFloat(f, 'e', digits-1, 64)
	return FormatDecimalText(r, expand(d), format)
}

// roundTrip is the format "R" of .NET Framework: 15 digits (7) when they read back, else 17 (9).
func roundTrip(f float64, bits int) string {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return types.FloatText(f, bits)
	}
	short, long := 15, 17
	if bits == 32 {
		short, long = 7, 9
	}
	s := strconv.FormatFloat(f, 'e', short-1, 64)
	if back, _ := strconv.ParseFloat(s, bits); back == f {
		return types.FloatText(f, bits)
	}
	sign, m := cutSign(strconv.FormatFloat(f, 'e', long-1, bits))
	mantissa, exp, _ := strings.Cut(m, "e")
	e, _ := strconv.Atoi(exp) // FormatFloat wrote it
	if e >= -5 && e < 15 {
		text := expand(m)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return sign + text
	}
	mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	power := strconv.Itoa(max(e, -e))
	if len(power) == 1 {
		power = "0" + power
	}
	if e < 0 {
		return sign + mantissa + "E-" + power
	}
	return sign + mantissa + "E+" + power
}

// expand writes d.ddde±x without an exponent.
func expand(s string) string {
	sign, s := cutSign(s)
	mantissa, exp, _ := strings.Cut(s, "e")
	e, _ := strconv.Atoi(exp) // FormatFloat wrote it
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	at := len(whole) + e
	switch {
	case at <= 0:
		return sign + "0." + strings.Repeat("0", -at) + digits
	case at >= len(digits):
		return sign + digits + strings.Repeat("0", at-len(digits))
	}
	return sign + digits[:at] + "." + digits[at:]
}
