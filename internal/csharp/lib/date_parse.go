package lib

import (
	"strconv"
	"strings"
	"time"
)

// parsedDate is what a text says: ticks on its clock, and its offset from UTC when it has one.
type parsedDate struct {
	ticks  int64
	offset int64
	zone   bool
	utc    bool // the zone was Z or GMT
}

// date makes a DateTime by DateTimeStyles: without styles a time with a zone becomes local.
func (d parsedDate) date(c call, styles int) val {
	ticks, kind := d.ticks, 0
	switch {
	case d.zone && styles&128 != 0 && d.utc:
		kind = kindUTC
	case d.zone:
		ticks, kind = ticks-d.offset, kindLocal
		if styles&16 != 0 {
			kind = kindUTC
		}
	case styles&64 != 0: // assumed to be UTC, and shown as local
		kind = kindLocal
		if styles&16 != 0 {
			kind = kindUTC
		}
	case styles&32 != 0:
		kind = kindLocal
		if styles&16 != 0 {
			kind = kindUTC
		}
	}
	if ticks < 0 || ticks > maxTicks {
		badDate(c)
	}
	return makeDate(ticks, kind)
}

// dateParser collects the parts that a text names.
type dateParser struct {
	year, month, day           int
	hour, minute, second, frac int
	hasTime, pm, am            bool
	out                        parsedDate
}

// ticks makes the parts a moment; false when they are no date.
func (p *dateParser) finish() (parsedDate, bool) {
	if p.pm || p.am {
		if p.hour < 1 || p.hour > 12 {
			return p.out, false
		}
		p.hour %= 12
		if p.pm {
			p.hour += 12
		}
	}
	if p.year < 1 || p.year > 9999 || p.month < 1 || p.month > 12 || p.day < 1 || p.day > daysIn(p.year, p.month) ||
		p.hour < 0 || p.hour > 23 || p.minute > 59 || p.second > 59 {
		return p.out, false
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, 0, time.UTC)
	p.out.ticks = ticksOf(t) + int64(p.frac)
	return p.out, true
}

// parseDate reads what DateTime.Parse reads by the invariant culture: ISO 8601, month/day/year,
// day and month by name, RFC 1123, each with or without time, zone, AM and PM.
func parseDate(now time.Time, s string) (parsedDate, bool) {
	p := &dateParser{}
	words := dateWords(strings.TrimSpace(s))
	if len(words) == 0 || len(words) > 12 {
		return p.out, false
	}
	var numbers []string
	named := false
	for _, w := range words {
		switch {
		case strings.Contains(w, ":") && w[0] != '+' && w[0] != '-':
			if p.hasTime || !p.clock(w) {
				return p.out, false
			}
		case w[0] == '+' || w[0] == '-':
			offset, ok := zoneOffset(w)
			if !ok || !p.hasTime || p.out.zone {
				return p.out, false
			}
			p.out.zone, p.out.offset = true, offset
		case w[0] >= '0' && w[0] <= '9':
			numbers = append(numbers, w)
		default:
			if !p.word(w, &named) {
				return p.out, false
			}
		}
	}
	if !p.numbers(numbers, named, now) {
		return p.out, false
	}
	return p.finish()
}

// dateWords cuts a text into numbers with their separators cut, clock times, names and zones.
func dateWords(s string) []string {
	var list []string
	for i := 0; i < len(s); {
		c := s[i]
		start := i
		switch {
		case c == ' ' || c == ',' || c == '/' || c == '\t' || c == '.':
			i++
			continue
		case c >= '0' && c <= '9':
			for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == ':' || s[i] == '.' && strings.Contains(s[start:i], ":")) {
				i++
			}
		case c == '+' || c == '-':
			i++
			for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == ':') {
				i++
			}
			if c == '-' && !hasClock(list) { // 2026-01-02: a separator
				i = start + 1
				continue
			}
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			for i < len(s) && s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' {
				i++
			}
		default:
			return nil
		}
		list = append(list, s[start:i])
	}
	return list
}

func hasClock(list []string) bool {
	for _, w := range list {
		if strings.Contains(w, ":") {
			return true
		}
	}
	return false
}

// clock reads hh:mm[:ss[.fffffff]].
func (p *dateParser) clock(w string) bool {
	parts := strings.Split(w, ":")
	if len(parts) > 3 {
		return false
	}
	p.hasTime = true
	for i, to := range []*int{&p.hour, &p.minute, &p.second} {
		if i >= len(parts) {
			break
		}
		part := parts[i]
		if i == 2 {
			whole, fraction, has := strings.Cut(part, ".")
			part = whole
			if has {
				n, err := strconv.Atoi((fraction + "0000000")[:7])
				if err != nil || fraction == "" {
					return false
				}
				p.frac = n
			}
		}
		n, err := strconv.Atoi(part)
		if err != nil || len(part) > 2 {
			return false
		}
		*to = n
	}
	return true
}

// word reads the name of a month or day, T, Z, GMT, AM and PM.
func (p *dateParser) word(w string, named *bool) bool {
	switch strings.ToUpper(w) {
	case "T":
		return true
	case "Z", "GMT", "UTC":
		p.out.zone, p.out.utc = true, true
		return p.hasTime
	case "AM", "A":
		p.am = true
		return p.hasTime
	case "PM", "P":
		p.pm = true
		return p.hasTime
	}
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(w, m.String()) || strings.EqualFold(w, m.String()[:3]) {
			if *named {
				return false
			}
			p.month, *named = int(m), true
			return true
		}
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(w, d.String()) || strings.EqualFold(w, d.String()[:3]) {
			return true
		}
	}
	return false
}

// numbers gives the numbers of a date their meaning: year first when it has four digits,
// else month, day, year.
func (p *dateParser) numbers(list []string, named bool, now time.Time) bool {
	n := make([]int, len(list))
	for i, w := range list {
		v, err := strconv.Atoi(w)
		if err != nil || len(w) > 4 {
			return false
		}
		if len(w) == 2 && len(list[0]) < 3 && (i == 2 || named && i == 1) { // a year of two digits: 1930 to 2029
			v += 1900
			if v < 1930 {
				v += 100
			}
		}
		n[i] = v
	}
	switch {
	case len(n) == 0 && p.hasTime && !named:
		p.year, p.month, p.day = now.Year(), int(now.Month()), now.Day()
	case named && len(n) == 2 && len(list[0]) >= 3:
		p.year, p.day = n[0], n[1]
	case named && len(n) == 2:
		p.day, p.year = n[0], n[1]
	case named && len(n) == 1 && len(list[0]) >= 3:
		p.year, p.day = n[0], 1
	case named && len(n) == 1:
		p.year, p.day = now.Year(), n[0]
	case len(n) == 3 && len(list[0]) >= 3:
		p.year, p.month, p.day = n[0], n[1], n[2]
	case len(n) == 3:
		p.month, p.day, p.year = n[0], n[1], n[2]
	case len(n) == 2 && len(list[0]) >= 3:
		p.year, p.month, p.day = n[0], n[1], 1
	case len(n) == 2 && len(list[1]) >= 3:
		p.month, p.year, p.day = n[0], n[1], 1
	case len(n) == 2:
		p.year, p.month, p.day = now.Year(), n[0], n[1]
	default:
		return false
	}
	return true
}

// parseDateExact reads a text that has exactly a format's form.
func parseDateExact(s, format string, styles int) (parsedDate, bool) {
	p := &dateParser{year: 1, month: 1, day: 1}
	if styles&1 != 0 {
		s = strings.TrimLeft(s, " \t\r\n")
	}
	if styles&2 != 0 {
		s = strings.TrimRight(s, " \t\r\n")
	}
	if len(format) == 1 {
		custom, ok := standardDate(format[0], false)
		if !ok {
			return p.out, false
		}
		if strings.ContainsAny(format, "Rru") {
			p.out.zone, p.out.utc = true, true
		}
		format = custom
	}
	e := &exactParser{dateParser: p, s: s, spaces: styles&4 != 0}
	if !e.read(format) || e.s != "" {
		return p.out, false
	}
	return p.finish()
}

type exactParser struct {
	*dateParser
	s      string
	spaces bool
}

func (e *exactParser) read(format string) bool {
	for i := 0; i < len(format); {
		c := format[i]
		n := 1
		for i+n < len(format) && format[i+n] == c {
			n++
		}
		switch {
		case c == '\'' || c == '"':
			end := strings.IndexByte(format[i+1:], c)
			if end < 0 || !e.literal(format[i+1:i+1+end]) {
				return false
			}
			n = end + 2
		case c == '\\':
			if i+1 >= len(format) || !e.literal(format[i+1:i+2]) {
				return false
			}
			n = 2
		case c == '%':
			n = 1
		case strings.IndexByte("dMyhHmsfFtzK", c) >= 0:
			if !e.part(c, n) {
				return false
			}
		case c == ' ' && e.spaces:
			e.s = strings.TrimLeft(e.s, " ")
		default:
			if !e.literal(format[i : i+n]) {
				return false
			}
		}
		i += n
	}
	return true
}

func (e *exactParser) literal(text string) bool {
	rest, ok := strings.CutPrefix(e.s, text)
	e.s = rest
	return ok
}

// digits reads from least to most digits.
func (e *exactParser) digits(least, most int, to *int) bool {
	n := 0
	for n < most && n < len(e.s) && e.s[n] >= '0' && e.s[n] <= '9' {
		n++
	}
	if n < least {
		return false
	}
	*to, _ = strconv.Atoi(e.s[:n]) // digits
	e.s = e.s[n:]
	return true
}

func (e *exactParser) name(list []string, short bool) (int, bool) {
	for i, w := range list {
		if short {
			w = w[:3]
		}
		if len(e.s) >= len(w) && strings.EqualFold(e.s[:len(w)], w) {
			e.s = e.s[len(w):]
			return i, true
		}
	}
	return 0, false
}

func (e *exactParser) part(c byte, n int) bool {
	least := min(n, 2)
	switch c {
	case 'd':
		if n >= 3 {
			var days []string
			for d := time.Sunday; d <= time.Saturday; d++ {
				days = append(days, d.String())
			}
			_, ok := e.name(days, n == 3)
			return ok
		}
		return e.digits(least, 2, &e.day)
	case 'M':
		if n >= 3 {
			var months []string
			for m := time.January; m <= time.December; m++ {
				months = append(months, m.String())
			}
			i, ok := e.name(months, n == 3)
			e.month = i + 1
			return ok
		}
		return e.digits(least, 2, &e.month)
	case 'y':
		if n <= 2 {
			ok := e.digits(least, 2, &e.year)
			e.year += 1900
			if e.year < 1930 {
				e.year += 100
			}
			return ok
		}
		return e.digits(n, max(n, 4), &e.year)
	case 'h', 'H':
		return e.digits(least, 2, &e.hour)
	case 'm':
		return e.digits(least, 2, &e.minute)
	case 's':
		return e.digits(least, 2, &e.second)
	case 'f', 'F':
		before := len(e.s)
		if n > 7 || !e.digits(map[byte]int{'f': n}[c], n, &e.frac) {
			return false
		}
		for range 7 - (before - len(e.s)) {
			e.frac *= 10
		}
		return true
	case 't':
		i, ok := e.half(n)
		e.am, e.pm = i == 0 && ok, i == 1 && ok
		return ok
	}
	return e.zone(c)
}

func (e *exactParser) half(n int) (int, bool) {
	for i, w := range []string{"AM", "PM"} {
		w = w[:min(n, 2)]
		if len(e.s) >= len(w) && strings.EqualFold(e.s[:len(w)], w) {
			e.s = e.s[len(w):]
			return i, true
		}
	}
	return 0, false
}

// zone reads what K and z stand for.
func (e *exactParser) zone(c byte) bool {
	if rest, ok := strings.CutPrefix(e.s, "Z"); ok {
		e.s, e.out.zone, e.out.utc, e.out.offset = rest, true, true, 0
		return true
	}
	n := 0
	for n < len(e.s) && n < 6 && (n == 0 && (e.s[0] == '+' || e.s[0] == '-') || n > 0 && (e.s[n] >= '0' && e.s[n] <= '9' || e.s[n] == ':')) {
		n++
	}
	if n == 0 {
		return c == 'K'
	}
	offset, ok := zoneOffset(e.s[:n])
	e.s, e.out.zone, e.out.offset = e.s[n:], true, offset
	return ok
}
