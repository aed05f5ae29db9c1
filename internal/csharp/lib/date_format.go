package lib

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/csharp/types"
)

// standardDate is the custom format of each standard one, by the invariant culture.
// https://learn.microsoft.com/dotnet/standard/base-types/standard-date-and-time-format-strings
func standardDate(kind byte, offset bool) (string, bool) {
	switch kind {
	case 'd':
		return "MM/dd/yyyy", true
	case 'D':
		return "dddd, dd MMMM yyyy", true
	case 'f':
		return "dddd, dd MMMM yyyy HH:mm", true
	case 'F', 'U':
		return "dddd, dd MMMM yyyy HH:mm:ss", kind == 'F' || !offset
	case 'g':
		return "MM/dd/yyyy HH:mm", true
	case 'G':
		return "MM/dd/yyyy HH:mm:ss", true
	case 'M', 'm':
		return "MMMM dd", true
	case 'O', 'o':
		if offset {
			return "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffzzz", true
		}
		return "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK", true
	case 'R', 'r':
		return "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", true
	case 's':
		return "yyyy'-'MM'-'dd'T'HH':'mm':'ss", true
	case 't':
		return "HH:mm", true
	case 'T':
		return "HH:mm:ss", true
	case 'u':
		return "yyyy'-'MM'-'dd HH':'mm':'ss'Z'", true
	case 'Y', 'y':
		return "yyyy MMMM", true
	}
	return "", false
}

// formatDate writes a DateTime, or with offset a DateTimeOffset, whose ticks are local.
func formatDate(r *types.Run, ticks int64, kind int, offset int64, withOffset bool, format string) string {
	switch {
	case format == "" && withOffset:
		format = "MM/dd/yyyy HH:mm:ss zzz"
	case format == "":
		format = "G"
	}
	if len(format) == 1 {
		custom, ok := standardDate(format[0], withOffset)
		if !ok {
			r.Throw("System.FormatException", "Input string was not in a correct format.")
		}
		if withOffset && strings.ContainsAny(format, "Rru") {
			ticks -= offset
		}
		format = custom
	}
	f := dateFormatter{t: goTime(ticks), kind: kind, offset: offset, withOffset: withOffset}
	if !f.write(format) {
		r.Throw("System.FormatException", "Input string was not in a correct format.")
	}
	return f.b.String()
}

type dateFormatter struct {
	b          strings.Builder
	t          time.Time
	kind       int
	offset     int64
	withOffset bool
}

// write goes through a custom format; false when it is not one.
func (f *dateFormatter) write(format string) bool {
	for i := 0; i < len(format); {
		c := format[i]
		n := 1
		for i+n < len(format) && format[i+n] == c {
			n++
		}
		switch c {
		case '\'', '"':
			end := strings.IndexByte(format[i+1:], c)
			if end < 0 {
				return false
			}
			f.b.WriteString(strings.ReplaceAll(format[i+1:i+1+end], `\`, ""))
			n = end + 2
		case '\\':
			if i+1 >= len(format) {
				return false
			}
			f.b.WriteByte(format[i+1])
			n = 2
		case '%':
			if n > 1 || i+1 >= len(format) {
				return false
			}
			n = 1
		default:
			if !f.part(c, n) {
				return false
			}
		}
		i += n
	}
	return true
}

func (f *dateFormatter) number(v, n int) { fmt.Fprintf(&f.b, "%0*d", min(n, 2), v) }

func (f *dateFormatter) part(c byte, n int) bool {
	t := f.t
	switch c {
	case 'd':
		switch {
		case n <= 2:
			f.number(t.Day(), n)
		case n == 3:
			f.b.WriteString(t.Weekday().String()[:3])
		default:
			f.b.WriteString(t.Weekday().String())
		}
	case 'M':
		switch {
		case n <= 2:
			f.number(int(t.Month()), n)
		case n == 3:
			f.b.WriteString(t.Month().String()[:3])
		default:
			f.b.WriteString(t.Month().String())
		}
	case 'y':
		if n <= 2 {
			f.number(t.Year()%100, n)
		} else {
			fmt.Fprintf(&f.b, "%0*d", n, t.Year())
		}
	case 'h':
		f.number((t.Hour()+11)%12+1, n)
	case 'H':
		f.number(t.Hour(), n)
	case 'm':
		f.number(t.Minute(), n)
	case 's':
		f.number(t.Second(), n)
	case 'f', 'F':
		return f.fraction(c, n)
	case 't':
		half := "AM"
		if t.Hour() >= 12 {
			half = "PM"
		}
		f.b.WriteString(half[:min(n, 2)])
	case 'z':
		f.zone(n)
	case 'K':
		for range n {
			switch {
			case f.withOffset || f.kind == kindLocal:
				f.zone(3)
			case f.kind == kindUTC:
				f.b.WriteByte('Z')
			}
		}
	case 'g':
		f.b.WriteString("A.D.")
	default:
		f.b.WriteString(strings.Repeat(string(c), n))
	}
	return true
}

func (f *dateFormatter) fraction(c byte, n int) bool {
	if n > 7 {
		return false
	}
	s := fmt.Sprintf("%07d", f.t.Nanosecond()/100)[:n]
	if c == 'F' {
		s = strings.TrimRight(s, "0")
		if text := f.b.String(); s == "" && strings.HasSuffix(text, ".") {
			f.b.Reset()
			f.b.WriteString(text[:len(text)-1])
		}
	}
	f.b.WriteString(s)
	return true
}

func (f *dateFormatter) zone(n int) {
	minutes := f.offset / (60 * ticksPerSecond)
	sign := '+'
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	switch n {
	case 1:
		fmt.Fprintf(&f.b, "%c%d", sign, minutes/60)
	case 2:
		fmt.Fprintf(&f.b, "%c%02d", sign, minutes/60)
	default:
		fmt.Fprintf(&f.b, "%c%02d:%02d", sign, minutes/60, minutes%60)
	}
}

// jsonDateText is how Newtonsoft writes a DateTime or DateTimeOffset: ISO 8601, with the
// fraction's zeros left out.
func jsonDateText(v val) string {
	if o, ok := v.Ref().(*dateOffset); ok {
		return isoText(o.ticks) + zoneText(o.offset)
	}
	s := isoText(dateTicks(v))
	switch dateKind(v) {
	case kindUTC:
		s += "Z"
	case kindLocal:
		s += "+00:00"
	}
	return s
}

func isoText(ticks int64) string {
	t := goTime(ticks)
	s := fmt.Sprintf("%04d", t.Year()) + t.Format("-01-02T15:04:05")
	if f := strings.TrimRight(fmt.Sprintf("%07d", t.Nanosecond()/100), "0"); f != "" {
		s += "." + f
	}
	return s
}

func zoneText(offset int64) string {
	f := dateFormatter{offset: offset}
	f.zone(3)
	return f.b.String()
}

// jsonDateOf recognises what Newtonsoft reads as a date: 2026-01-02T03:04:05 with optional
// fraction and zone, and /Date(ms)/.
func jsonDateOf(s string) (val, bool) {
	if len(s) < 9 || len(s) > 40 {
		return types.Null, false
	}
	if s[0] == '/' {
		return microsoftDate(s)
	}
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return types.Null, false
	}
	digits := s[0:4] + s[5:7] + s[8:10] + s[11:13] + s[14:16] + s[17:19]
	if strings.Trim(digits, "0123456789") != "" {
		return types.Null, false
	}
	n := [6]int{}
	for i, p := range []string{s[0:4], s[5:7], s[8:10], s[11:13], s[14:16], s[17:19]} {
		n[i], _ = strconv.Atoi(p) // digits
	}
	if n[0] < 1 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > daysIn(n[0], n[1]) || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return types.Null, false
	}
	ticks := ticksOf(time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC))
	rest := s[19:]
	if strings.HasPrefix(rest, ".") {
		end := 1
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		if end == 1 {
			return types.Null, false
		}
		f, _ := strconv.Atoi((rest[1:end] + "0000000")[:7]) // digits
		ticks, rest = ticks+int64(f), rest[end:]
	}
	switch {
	case rest == "":
		return makeDate(ticks, 0), true
	case rest == "Z":
		return makeDate(ticks, kindUTC), true
	}
	offset, ok := zoneOffset(rest)
	if !ok || ticks-offset < 0 || ticks-offset > maxTicks {
		return types.Null, false
	}
	return makeDate(ticks-offset, kindLocal), true
}

func microsoftDate(s string) (val, bool) {
	inner, ok := strings.CutPrefix(s, "/Date(")
	inner, ok2 := strings.CutSuffix(inner, ")/")
	if !ok || !ok2 {
		return types.Null, false
	}
	kind := kindUTC
	if i := strings.LastIndexAny(inner, "+-"); i > 0 {
		inner, kind = inner[:i], kindLocal
	}
	ms, err := strconv.ParseInt(inner, 10, 64)
	if err != nil || ms > 253402300799999 || ms < -62135596800000 {
		return types.Null, false
	}
	return makeDate(unixTicks+ms*10_000, kind), true
}

// zoneOffset reads +hh:mm, +hhmm or +hh.
func zoneOffset(s string) (int64, bool) {
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	digits := strings.Replace(s[1:], ":", "", 1)
	if len(digits) == 1 || len(digits) == 3 {
		digits = "0" + digits
	}
	if len(digits) == 2 {
		digits += "00"
	}
	if len(digits) != 4 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	h, _ := strconv.Atoi(digits[:2]) // digits
	m, _ := strconv.Atoi(digits[2:]) // digits
	if h > 14 || m > 59 {
		return 0, false
	}
	n := int64(h*60+m) * 60 * ticksPerSecond
	if s[0] == '-' {
		n = -n
	}
	return n, true
}
