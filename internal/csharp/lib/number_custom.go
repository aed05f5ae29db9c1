package lib

import (
	"strconv"
	"strings"
)

// customNumber writes a number by a custom format: 0 # . , % and literal text, with
// sections for positive, negative and zero.
func customNumber(text, format string) string {
	sign, abs := cutSign(text)
	sections := splitSections(format)
	section := sections[0]
	zero := strings.Trim(abs, "0.") == ""
	switch {
	case zero && len(sections) > 2:
		section, sign = sections[2], ""
	case sign != "" && len(sections) > 1 && sections[1] != "":
		section, sign = sections[1], ""
	}
	s := customSection(abs, section)
	if strings.Trim(s, "0.,") == "" && sign != "" {
		return s
	}
	return sign + s
}

func splitSections(format string) []string {
	var list []string
	start := 0
	var quote byte
	for i := 0; i < len(format); i++ {
		switch c := format[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '\\':
			i++
		case c == ';':
			list, start = append(list, format[start:i]), i+1
		}
	}
	return append(list, format[start:])
}

// customShape is what the placeholders of a section ask for.
type customShape struct {
	before, after       int // placeholders before and after the point
	zeroBefore, minimum int // 0 placeholders: from the first one on before the point; to the last one after it
	group               bool
	percent             int
	thousands           int // commas that end the whole part: each divides by 1000
}

func shapeOf(section string) (c customShape) {
	point, first := false, -1
	eachCustom(section, func(b byte, literal bool) {
		if literal {
			return
		}
		switch b {
		case '0', '#':
			if point {
				c.after++
				if b == '0' {
					c.minimum = c.after
				}
				return
			}
			if b == '0' && first < 0 {
				first = c.before
			}
			c.before++
			c.group, c.thousands = c.group || c.thousands > 0, 0
		case '.':
			point = true
		case ',':
			if !point && c.before > 0 {
				c.thousands++
			}
		case '%':
			c.percent++
		}
	})
	if first >= 0 {
		c.zeroBefore = c.before - first
	}
	return c
}

// eachCustom walks a section: placeholders, and literal bytes.
func eachCustom(section string, f func(b byte, literal bool)) {
	for i := 0; i < len(section); i++ {
		switch b := section[i]; b {
		case '\\':
			if i++; i < len(section) {
				f(section[i], true)
			}
		case '\'', '"':
			for i++; i < len(section) && section[i] != b; i++ {
				f(section[i], true)
			}
		case '0', '#', '.', ',', '%':
			f(b, false)
		default:
			f(b, true)
		}
	}
}

func customSection(abs, section string) string {
	if before, mark, after := cutExponent(section); mark != "" {
		return customExponent(abs, before, mark) + customSection("0", after)
	}
	c := shapeOf(section)
	for range c.percent {
		abs = shift(abs, 2)
	}
	for range c.thousands {
		abs = unshift(abs, 3)
	}
	whole, fraction, _ := strings.Cut(roundText(abs, c.after), ".")
	whole = strings.TrimLeft(whole, "0")
	whole = strings.Repeat("0", max(0, c.zeroBefore-len(whole))) + whole
	for len(fraction) > c.minimum && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if c.group && whole != "" {
		whole = group(whole)
	}
	var b strings.Builder
	wrote, point := false, false
	eachCustom(section, func(ch byte, literal bool) {
		switch {
		case literal || ch == '%':
			b.WriteByte(ch)
		case ch == '.':
			if !wrote {
				b.WriteString(whole)
				wrote = true
			}
			if fraction != "" && !point {
				b.WriteByte('.')
			}
			point = true
		case ch == '0' || ch == '#':
			if !point && !wrote {
				b.WriteString(whole)
				wrote = true
			}
			if point && fraction != "" {
				b.WriteString(fraction)
				fraction = ""
			}
		}
	})
	return b.String()
}

// cutExponent splits a section at E0, E+0 or E-0 and the zeros that follow; mark is "" without one.
func cutExponent(section string) (before, mark, after string) {
	for i := 0; i < len(section); i++ {
		switch section[i] {
		case '\\':
			i++
		case '\'', '"':
			if end := strings.IndexByte(section[i+1:], section[i]); end >= 0 {
				i += end + 1
			}
		case 'E', 'e':
			n := i + 1
			if n < len(section) && (section[n] == '+' || section[n] == '-') {
				n++
			}
			digits := len(section[n:]) - len(strings.TrimLeft(section[n:], "0"))
			if digits > 0 {
				return section[:i], section[i : n+digits], section[n+digits:]
			}
		}
	}
	return section, "", ""
}

// customExponent writes a number with as many digits before the point as the section has placeholders.
func customExponent(abs, section, mark string) string {
	c := shapeOf(section)
	whole, fraction, _ := strings.Cut(abs, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	exp := len(digits) - len(fraction) - c.before // of the last digit before the point
	if digits == "" {
		exp = 0
	}
	scaled := func() string {
		if exp < 0 {
			return shift(abs, -exp)
		}
		return unshift(abs, exp)
	}
	if rounded, _, _ := strings.Cut(roundText(scaled(), c.after), "."); digits != "" && len(strings.TrimLeft(rounded, "0")) > c.before {
		exp++
	}
	sign := map[bool]string{true: "-"}[exp < 0]
	if sign == "" && strings.Contains(mark, "+") {
		sign = "+"
	}
	text := strconv.Itoa(max(exp, -exp))
	return customSection(scaled(), section) + mark[:1] + sign + strings.Repeat("0", max(0, strings.Count(mark, "0")-len(text))) + text
}

// unshift moves the decimal point n places to the left.
func unshift(s string, n int) string {
	whole, fraction, _ := strings.Cut(s, ".")
	whole = strings.Repeat("0", max(0, n+1-len(whole))) + whole
	return withFraction(whole[:len(whole)-n], whole[len(whole)-n:]+fraction)
}
