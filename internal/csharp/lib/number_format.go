package lib

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// Numeric format strings of .NET with the invariant culture.
// https://learn.microsoft.com/dotnet/standard/base-types/standard-numeric-format-strings

// formatInteger writes a whole number by a standard or custom format.
func formatInteger(r *types.Run, v types.Value, i integerType, format string) string {
	digits := strconv.FormatInt(v.Long(), 10)
	if i.unsigned {
		digits = strconv.FormatUint(v.Bits(), 10)
	}
	kind, precision, standard := standardFormat(format)
	switch {
	case format == "":
		return digits
	case !standard:
		return customNumber(digits, format)
	case kind == 'X' || kind == 'x':
		s := strconv.FormatUint(v.Bits()<<(64-i.bits)>>(64-i.bits), 16)
		if kind == 'X' {
			s = strings.ToUpper(s)
		}
		return strings.Repeat("0", max(0, precision-len(s))) + s
	case kind == 'D' || kind == 'd':
		sign, abs := cutSign(digits)
		return sign + strings.Repeat("0", max(0, precision-len(abs))) + abs
	case (kind|0x20 == 'g' || kind|0x20 == 'r') && precision <= 0:
		return digits
	}
	return FormatDecimalText(r, digits, format)
}

// standardFormat cuts a format such as N2; precision is -1 without digits.
func standardFormat(format string) (kind byte, precision int, ok bool) {
	if format == "" {
		return 'G', -1, true
	}
	kind = format[0]
	if kind|0x20 < 'a' || kind|0x20 > 'z' || len(format) > 3 {
		return 0, 0, false
	}
	if len(format) == 1 {
		return kind, -1, true
	}
	n, err := strconv.ParseUint(format[1:], 10, 8)
	return kind, int(n), err == nil
}

// FormatDecimalText writes a number, given as plain decimal text (-12.50), by a format.
func FormatDecimalText(r *types.Run, text, format string) string {
	kind, precision, standard := standardFormat(format)
	if !standard {
		return customNumber(text, format)
	}
	sign, abs := cutSign(text)
	places := precision
	if places < 0 {
		places = 2
	}
	switch kind | 0x20 {
	case 'f':
		return signed(sign, roundText(abs, places))
	case 'n':
		return signed(sign, group(roundText(abs, places)))
	case 'c':
		s := "¤" + group(roundText(abs, places))
		if sign != "" && strings.Trim(s, "¤0.,") != "" {
			return "(" + s + ")"
		}
		return s
	case 'p':
		return signed(sign, group(roundText(shift(abs, 2), places))+" %")
	case 'e':
		if precision < 0 {
			places = 6
		}
		return signed(sign, exponent(abs, places, kind))
	case 'g', 'r':
		if precision <= 0 {
			return text
		}
		return signed(sign, significant(abs, precision))
	}
	r.Throw("System.FormatException", "Format specifier was invalid.")
	return ""
}

func cutSign(s string) (sign, abs string) {
	if abs, ok := strings.CutPrefix(s, "-"); ok {
		return "-", abs
	}
	return "", s
}

// signed puts the sign before s unless s is zero.
func signed(sign, s string) string {
	if strings.Trim(s, "0.,% ") == "" {
		return s
	}
	return sign + s
}

// roundText rounds plain decimal text half away from zero, as .NET formats numbers.
func roundText(s string, places int) string {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) <= places {
		fraction += strings.Repeat("0", places-len(fraction))
		return withFraction(whole, fraction)
	}
	up := fraction[places] >= '5'
	digits := whole + fraction[:places]
	if up {
		n, _ := new(big.Int).SetString("1"+digits, 10)
		s := n.Add(n, big.NewInt(1)).String()
		if s[0] == '1' {
			digits = s[1:]
		} else { // 1999 became 2000: one digit more
			digits = "1" + s[1:]
		}
	}
	cut := len(digits) - places
	return withFraction(digits[:cut], digits[cut:])
}

func withFraction(whole, fraction string) string {
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// group puts a comma between thousands.
func group(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return withFraction(whole, fraction)
}

// shift moves the decimal point n places to the right.
func shift(s string, n int) string {
	whole, fraction, _ := strings.Cut(s, ".")
	fraction += strings.Repeat("0", max(0, n-len(fraction)))
	whole = strings.TrimLeft(whole+fraction[:n], "0")
	return withFraction(whole, fraction[n:])
}

func exponent(abs string, places int, kind byte) string {
	whole, fraction, _ := strings.Cut(abs, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	exp := len(whole) - 1 - (len(whole+fraction) - len(digits))
	if digits == "" {
		digits, exp = "0", 0
	}
	m := roundText(digits[:1]+"."+digits[1:], places)
	if strings.HasPrefix(m, "10") {
		m, exp = roundText("1."+digits[1:], places), exp+1
		m = "1" + m[1:]
		m = m[:1] + strings.Map(func(r rune) rune {
			if r >= '1' && r <= '9' {
				return '0'
			}
			return r
		}, m[1:])
	}
	return fmt.Sprintf("%s%c%+04d", m, kind, exp)
}

func significant(abs string, precision int) string {
	whole, fraction, _ := strings.Cut(abs, ".")
	all := strings.TrimLeft(whole+fraction, "0")
	before := len(all) - len(fraction)
	if before > precision || before < -4 {
		e := exponent(abs, precision-1, 'E')
		m, x, _ := strings.Cut(e, "E")
		if strings.Contains(m, ".") {
			m = strings.TrimRight(strings.TrimRight(m, "0"), ".")
		}
		n, _ := strconv.Atoi(x) // exponent wrote it
		return fmt.Sprintf("%sE%+03d", m, n)
	}
	s := roundText(abs, precision-before)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
