package template

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Functions of dates. Formats are .NET's, in the invariant culture.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-date
func dateFunctions() map[string]*function {
	return map[string]*function{
		"utcNow":            {max: 1, needs: canGenerate, call: utcNow},
		"dateTimeAdd":       between(2, 3, dateTimeAdd),
		"dateTimeFromEpoch": fixed(1, dateTimeFromEpoch),
		"dateTimeToEpoch":   fixed(1, dateTimeToEpoch),
	}
}

func utcNow(f *frame, c call) (any, error) {
	layout, err := c.strOr(0, "yyyyMMddTHHmmssZ")
	if err != nil {
		return nil, err
	}
	return formatTime(c, f.ev.in.now(), layout)
}

func dateTimeAdd(_ *frame, c call) (any, error) {
	t, err := c.time(0)
	if err != nil {
		return nil, err
	}
	text, err := c.str(1)
	if err != nil {
		return nil, err
	}
	d, ok := parseDuration(text)
	if !ok {
		return nil, c.fail("expects its second parameter to be an ISO 8601 duration. The provided value is '%s'", text)
	}
	layout, err := c.strOr(2, "yyyy-MM-ddTHH:mm:ssZ")
	if err != nil {
		return nil, err
	}
	t = d.addTo(t)
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, c.fail("gives a date outside of the years 1 to 9999")
	}
	return formatTime(c, t, layout)
}

func dateTimeFromEpoch(_ *frame, c call) (any, error) {
	n, err := c.integer(0)
	if err != nil {
		return nil, err
	}
	if n < -62135596800 || n > 253402300799 {
		return nil, c.fail("expects its parameter to be between -62135596800 and 253402300799. The provided value is '%d'", n)
	}
	return time.Unix(n, 0).UTC().Format(time.RFC3339), nil
}

func dateTimeToEpoch(_ *frame, c call) (any, error) {
	t, err := c.time(0)
	return t.Unix(), err
}

// dateLayouts that are read; without a zone a time is UTC.
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
	"20060102T150405Z07:00", "20060102T150405", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04",
	"2006-01-02", "1/2/2006 3:04:05 PM", "1/2/2006 15:04:05", "1/2/2006 3:04 PM", "1/2/2006 15:04", "1/2/2006", time.RFC1123,
}

func (c call) time(i int) (time.Time, error) {
	s, err := c.str(i)
	if err != nil {
		return time.Time{}, err
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, c.fail("expects its parameter at position %d to be a date and time. The provided value is '%s'", i+1, s)
}

type isoDuration struct {
	negative            bool
	years, months, days int
	clock               time.Duration
}

// addTo counts a year as 365 days and a month as 30, as the service does:
// https://github.com/Azure/bicep/issues/8188
func (d isoDuration) addTo(t time.Time) time.Time {
	days, clock := d.years*365+d.months*30+d.days, d.clock
	if d.negative {
		days, clock = -days, -clock
	}
	return t.AddDate(0, 0, days).Add(clock)
}

// parseDuration reads [-]P[nY][nM][nW][nD][T[nH][nM][nS]].
func parseDuration(s string) (d isoDuration, ok bool) {
	s, d.negative = strings.CutPrefix(s, "-")
	s, ok = strings.CutPrefix(s, "P")
	if !ok || s == "" || strings.HasSuffix(s, "T") {
		return d, false
	}
	order := "YMWDT"
	for s != "" {
		if s[0] == 'T' && strings.Contains(order, "T") {
			order, s = "hms", s[1:]
			continue
		}
		n := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if n <= 0 {
			return d, false
		}
		unit := string(s[n])
		if !strings.Contains(order, "D") { // after T
			unit = strings.ToLower(unit)
		}
		at := strings.Index(order, unit)
		if at < 0 || unit == "T" || !d.set(unit, s[:n]) {
			return d, false
		}
		order, s = order[at+1:], s[n+1:]
		if order == "" && s != "" {
			return d, false
		}
	}
	return d, true
}

func (d *isoDuration) set(unit, number string) bool {
	if unit == "s" {
		f, err := strconv.ParseFloat(number, 64)
		d.clock += time.Duration(f * float64(time.Second))
		return err == nil && f < 1e9
	}
	n, err := strconv.Atoi(number)
	if err != nil || n > 1e6 {
		return false
	}
	switch unit {
	case "Y":
		d.years = n
	case "M":
		d.months = n
	case "W":
		d.days += 7 * n
	case "D":
		d.days += n
	case "h":
		d.clock += time.Duration(n) * time.Hour
	case "m":
		d.clock += time.Duration(n) * time.Minute
	}
	return true
}

// standardDates are the one-letter formats of the invariant culture.
// https://learn.microsoft.com/dotnet/standard/base-types/standard-date-and-time-format-strings
var standardDates = map[string]string{
	"d": "MM/dd/yyyy", "D": "dddd, dd MMMM yyyy", "f": "dddd, dd MMMM yyyy HH:mm", "F": "dddd, dd MMMM yyyy HH:mm:ss",
	"g": "MM/dd/yyyy HH:mm", "G": "MM/dd/yyyy HH:mm:ss", "m": "MMMM dd", "M": "MMMM dd",
	"o": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK", "O": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
	"r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
	"t": "HH:mm", "T": "HH:mm:ss", "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'", "U": "dddd, dd MMMM yyyy HH:mm:ss", "y": "yyyy MMMM", "Y": "yyyy MMMM",
}

// formatTime writes t, which is UTC, in a .NET format.
func formatTime(c call, t time.Time, layout string) (string, error) {
	if len(layout) == 1 {
		full, ok := standardDates[layout]
		if !ok {
			return "", c.fail("has a date format '%s', which is not valid", layout)
		}
		layout = full
	}
	var b strings.Builder
	for i := 0; i < len(layout); {
		ch := layout[i]
		n := 1
		switch ch {
		case '\'', '"':
			end := strings.IndexByte(layout[i+1:], ch)
			if end < 0 {
				return "", c.fail("has a date format '%s' with a quote that is not closed", layout)
			}
			b.WriteString(layout[i+1 : i+1+end])
			n = end + 2
		case '\\':
			if i+1 == len(layout) {
				return "", c.fail("has a date format '%s', which is not valid", layout)
			}
			b.WriteByte(layout[i+1])
			n = 2
		case '%':
		default:
			for i+n < len(layout) && layout[i+n] == ch {
				n++
			}
			b.WriteString(datePart(t, ch, n, layout[i:i+n]))
		}
		i += n
	}
	return b.String(), nil
}

// datePart is one run of a format letter; text is the run itself.
func datePart(t time.Time, letter byte, n int, text string) string {
	two := func(v int) string { return fmt.Sprintf("%0*d", min(n, 2), v) }
	switch letter {
	case 'y':
		if n <= 2 {
			return two(t.Year() % 100)
		}
		return fmt.Sprintf("%0*d", n, t.Year())
	case 'M':
		return named(n, int(t.Month()), t.Month().String())
	case 'd':
		return named(n, t.Day(), t.Weekday().String())
	case 'H':
		return two(t.Hour())
	case 'h':
		return two((t.Hour()+11)%12 + 1)
	case 'm':
		return two(t.Minute())
	case 's':
		return two(t.Second())
	case 't':
		return []string{"AM", "PM"}[t.Hour()/12][:min(n, 2)]
	case 'f', 'F':
		s := fmt.Sprintf("%09d", t.Nanosecond())[:min(n, 7)]
		if letter == 'F' {
			s = strings.TrimRight(s, "0")
		}
		return s
	case 'z':
		return map[int]string{1: "+0", 2: "+00"}[min(n, 3)] + map[bool]string{true: "+00:00"}[n > 2]
	case 'K':
		return strings.Repeat("Z", n)
	case 'g':
		return "A.D."
	}
	return text
}

// named is a month or day as a number, short name or name.
func named(n, number int, name string) string {
	switch n {
	case 1, 2:
		return fmt.Sprintf("%0*d", n, number)
	case 3:
		return name[:3]
	}
	return name
}
