package lib

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// timeSpans adds System.TimeSpan.
func timeSpans(r *types.Registry) {
	b := r.Add(timeSpanType)
	b.New("(long ticks)", func(_ call, a []val) val { return makeSpan(a[0].Long()) })
	parts := func(c call, a []val) val {
		units := []int64{ticksPerDay, 3600 * ticksPerSecond, 60 * ticksPerSecond, ticksPerSecond, 10_000}
		if len(a) == 3 {
			units = units[1:]
		}
		sum := 0.0
		n := int64(0)
		for i, v := range a {
			sum += float64(v.Long()) * float64(units[i])
			n += v.Long() * units[i]
		}
		if math.Abs(sum) > math.MaxInt64 {
			c.ThrowArgument("System.ArgumentOutOfRangeException", "TimeSpan overflowed because the duration is too long.", "")
		}
		return makeSpan(n)
	}
	b.New("(int hours, int minutes, int seconds)", parts)
	b.New("(int days, int hours, int minutes, int seconds)", parts)
	b.New("(int days, int hours, int minutes, int seconds, int milliseconds)", parts)
	b.Const("TimeSpan Zero", makeSpan(0))
	b.Const("TimeSpan MinValue", makeSpan(math.MinInt64))
	b.Const("TimeSpan MaxValue", makeSpan(math.MaxInt64))
	for name, unit := range timeUnits() {
		b.Const("long TicksPer"+name[:len(name)-1], types.Long(unit))
		b.Func("TimeSpan From"+name+"(double value)", func(c call, a []val) val { return makeSpan(scaled(c, a[0].Double(), unit, true)) })
		b.Get("double Total"+name, func(_ call, a []val) val { return types.Double(float64(a[0].Long()) / float64(unit)) })
		within := map[string]int64{"Hours": 24, "Minutes": 60, "Seconds": 60, "Milliseconds": 1000}[name]
		b.Get("int "+name, func(_ call, a []val) val {
			n := a[0].Long() / unit
			if within > 0 {
				n %= within
			}
			return types.Int(int32(n))
		})
	}
	b.Func("TimeSpan FromTicks(long value)", func(_ call, a []val) val { return makeSpan(a[0].Long()) })
	b.Get("long Ticks", func(_ call, a []val) val { return types.Long(a[0].Long()) })
	spanSums(b)
	spanTexts(b)
}

func spanSums(b *types.Builder) {
	sum := func(sign int64) types.Func {
		return func(c call, a []val) val {
			n, ok := addChecked(a[0].Long(), sign*a[1].Long())
			if !ok {
				c.Throw("System.OverflowException", "TimeSpan overflowed because the duration is too long.")
			}
			return makeSpan(n)
		}
	}
	b.Method("TimeSpan Add(TimeSpan ts)", sum(1))
	b.Method("TimeSpan Subtract(TimeSpan ts)", sum(-1))
	b.Operator("TimeSpan operator +(TimeSpan t1, TimeSpan t2)", sum(1))
	b.Operator("TimeSpan operator -(TimeSpan t1, TimeSpan t2)", sum(-1))
	negate := func(_ call, a []val) val { return makeSpan(-a[0].Long()) }
	b.Method("TimeSpan Negate()", negate)
	b.Operator("TimeSpan operator -(TimeSpan t)", negate)
	b.Operator("TimeSpan operator +(TimeSpan t)", func(_ call, a []val) val { return a[0] })
	b.Method("TimeSpan Duration()", func(_ call, a []val) val { return makeSpan(max(a[0].Long(), -a[0].Long())) })
	compare := func(x, y val) int {
		switch {
		case x.Long() < y.Long():
			return -1
		case x.Long() > y.Long():
			return 1
		}
		return 0
	}
	comparisons(b, "TimeSpan", compare)
	b.Method("int CompareTo(TimeSpan value)", func(_ call, a []val) val { return integer(compare(a[0], a[1])) })
	b.Func("int Compare(TimeSpan t1, TimeSpan t2)", func(_ call, a []val) val { return integer(compare(a[0], a[1])) })
	b.Method("bool Equals(TimeSpan obj)", func(_ call, a []val) val { return types.Bool(a[0] == a[1]) })
	b.Func("bool Equals(TimeSpan t1, TimeSpan t2)", func(_ call, a []val) val { return types.Bool(a[0] == a[1]) })
}

func spanTexts(b *types.Builder) {
	parse := func(s val) (val, bool) { return parseSpan(s.Str()) }
	for _, rest := range []string{"", ", IFormatProvider provider"} {
		b.Func("TimeSpan Parse(string s"+rest+")", func(c call, a []val) val {
			c.NotNull(a[0], "input")
			v, ok := parse(a[0])
			if !ok {
				c.Throw("System.FormatException", "String was not recognized as a valid TimeSpan.")
			}
			return v
		})
	}
	b.Func("bool TryParse(string s, out TimeSpan result)", func(_ call, a []val) val {
		v, ok := parse(a[0])
		a[1] = v
		return types.Bool(ok)
	})
	b.Func("bool TryParse(string input, IFormatProvider formatProvider, out TimeSpan result)", func(_ call, a []val) val {
		v, ok := parse(a[0])
		a[2] = v
		return types.Bool(ok)
	})
	b.Method("string ToString(string format)", formatted)
	b.Method("string ToString(string format, IFormatProvider formatProvider)", formatted)
	b.Format(func(r *types.Run, v val, format string) string {
		s, ok := formatSpan(v.Long(), format)
		if !ok {
			r.Throw("System.FormatException", "Input string was not in a correct format.")
		}
		return s
	})
}

type spanParts struct {
	negative                             bool
	days, hours, minutes, seconds, ticks uint64
}

func partsOf(n int64) spanParts {
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	return spanParts{n < 0, u / ticksPerDay, u / (3600 * ticksPerSecond) % 24, u / (60 * ticksPerSecond) % 60, u / ticksPerSecond % 60, u % ticksPerSecond}
}

// formatSpan writes by the standard formats c, g and G, or a custom one.
func formatSpan(n int64, format string) (string, bool) {
	p := partsOf(n)
	sign := ""
	if p.negative {
		sign = "-"
	}
	switch format {
	case "", "c", "t", "T":
		s := fmt.Sprintf("%02d:%02d:%02d", p.hours, p.minutes, p.seconds)
		if p.days > 0 {
			s = fmt.Sprintf("%d.%s", p.days, s)
		}
		if p.ticks > 0 {
			s += fmt.Sprintf(".%07d", p.ticks)
		}
		return sign + s, true
	case "g":
		s := fmt.Sprintf("%d:%02d:%02d", p.hours, p.minutes, p.seconds)
		if p.days > 0 {
			s = fmt.Sprintf("%d:%s", p.days, s)
		}
		if p.ticks > 0 {
			s += "." + strings.TrimRight(fmt.Sprintf("%07d", p.ticks), "0")
		}
		return sign + s, true
	case "G":
		return sign + fmt.Sprintf("%d:%02d:%02d:%02d.%07d", p.days, p.hours, p.minutes, p.seconds, p.ticks), true
	}
	if len(format) == 1 {
		return "", false
	}
	return customSpan(p, format)
}

func customSpan(p spanParts, format string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(format); {
		c, n := format[i], 1
		for i+n < len(format) && format[i+n] == c {
			n++
		}
		switch c {
		case 'd':
			fmt.Fprintf(&b, "%0*d", n, p.days)
		case 'h':
			fmt.Fprintf(&b, "%0*d", n, p.hours)
		case 'm':
			fmt.Fprintf(&b, "%0*d", n, p.minutes)
		case 's':
			fmt.Fprintf(&b, "%0*d", n, p.seconds)
		case 'f', 'F':
			if n > 7 {
				return "", false
			}
			s := fmt.Sprintf("%07d", p.ticks)[:n]
			if c == 'F' {
				s = strings.TrimRight(s, "0")
			}
			b.WriteString(s)
		case '\\':
			if i+1 >= len(format) {
				return "", false
			}
			b.WriteByte(format[i+1])
			n = 2
		case '\'', '"':
			end := strings.IndexByte(format[i+1:], c)
			if end < 0 {
				return "", false
			}
			b.WriteString(format[i+1 : i+1+end])
			n = end + 2
		case '%':
			n = 1
		default:
			return "", false
		}
		i += n
	}
	return b.String(), true
}

var spanForm = regexp.MustCompile(`^\s*(-)?(?:(\d{1,8})[.:](?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?)|(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?|(\d{1,8}))\s*$`)

// parseSpan reads [-][d.]hh:mm[:ss[.fffffff]], or days alone.
func parseSpan(s string) (val, bool) {
	zero := makeSpan(0)
	m := spanForm.FindStringSubmatch(s)
	if m == nil {
		return zero, false
	}
	days, hours, minutes, seconds, fraction := m[2], m[3], m[4], m[5], m[6]
	if m[7] != "" {
		days, hours, minutes, seconds, fraction = "", m[7], m[8], m[9], m[10]
	}
	if m[11] != "" {
		days, hours, minutes, seconds, fraction = m[11], "", "", "", ""
	}
	// d:hh:mm is hours, minutes and seconds when the first is a small number without a point.
	if m[2] != "" && m[5] == "" && strings.HasPrefix(strings.TrimLeft(s, " -"), m[2]+":") {
		days, hours, minutes, seconds = "", m[2], m[3], m[4]
	}
	number := func(s string) int64 {
		n, _ := strconv.ParseInt("0"+s, 10, 64) // digits
		return n
	}
	if number(hours) > 23 || number(minutes) > 59 || number(seconds) > 59 || number(days) > 10_675_199 {
		return zero, false
	}
	n := number(days)*ticksPerDay + (number(hours)*3600+number(minutes)*60+number(seconds))*ticksPerSecond
	if fraction != "" {
		n += number((fraction + "0000000")[:7])
	}
	if m[1] != "" {
		n = -n
	}
	return makeSpan(n), true
}

// parseSpanExact reads a standard format, or a custom one made of digits and literals.
func parseSpanExact(s, format string) (val, bool) {
	if len(format) == 1 && strings.Contains("ctTgG", format) {
		return parseSpan(s)
	}
	e := &exactParser{dateParser: &dateParser{}, s: s}
	var n int64
	days := 0
	for i := 0; i < len(format); {
		c, k := format[i], 1
		for i+k < len(format) && format[i+k] == c {
			k++
		}
		ok := true
		switch c {
		case 'd':
			ok = e.digits(k, 8, &days)
		case 'h', 'm', 's', 'f', 'F':
			ok = e.part(c, k)
		case '\\':
			if i+1 >= len(format) {
				return makeSpan(0), false
			}
			ok, k = e.literal(format[i+1:i+2]), 2
		case '\'', '"':
			end := strings.IndexByte(format[i+1:], c)
			if end < 0 {
				return makeSpan(0), false
			}
			ok, k = e.literal(format[i+1:i+1+end]), end+2
		case '%':
			k = 1
		default:
			ok = false
		}
		if !ok {
			return makeSpan(0), false
		}
		i += k
	}
	n = int64(days)*ticksPerDay + int64(e.hour*3600+e.minute*60+e.second)*ticksPerSecond + int64(e.frac)
	return makeSpan(n), e.s == ""
}
