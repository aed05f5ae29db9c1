package xsd

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// moment is a value of one of the types of dates and times: seconds since the year 1 began, in UTC when the value has a time zone.
type moment struct {
	seconds  int64
	fraction string // of a second, without trailing zeros
	zoned    bool
}

// dateForm is the form of the text of one type; groups are sign and year, month, day, hour, minute, second, fraction, zone.
type dateForm struct {
	text *regexp.Regexp
	has  string // of Y M D T
}

const (
	yearText = `(-?(?:[1-9]\d{4,8}|\d{4}))`
	timeText = `(\d\d):(\d\d):(\d\d)(?:\.(\d+))?`
	zoneText = `(Z|[+-]\d\d:\d\d)?`
)

func dateType(name, dotnet, has, text string) *primitive {
	f := dateForm{regexp.MustCompile(`^` + text + zoneText + `$`), has}
	return &primitive{name, dotnet, orderFacets, f.parse}
}

var (
	dateTimeType   = dateType("dateTime", "DateTime", "YMDT", yearText+`-(\d\d)-(\d\d)T`+timeText)
	timeType       = dateType("time", "Time", "T", timeText)
	dateOnlyType   = dateType("date", "Date", "YMD", yearText+`-(\d\d)-(\d\d)`)
	gYearMonthType = dateType("gYearMonth", "GYearMonth", "YM", yearText+`-(\d\d)`)
	gYearType      = dateType("gYear", "GYear", "Y", yearText)
	gMonthDayType  = dateType("gMonthDay", "GMonthDay", "MD", `--(\d\d)-(\d\d)`)
	gDayType       = dateType("gDay", "GDay", "D", `---(\d\d)`)
	gMonthType     = dateType("gMonth", "GMonth", "M", `--(\d\d)(?:--)?`)
)

func (f dateForm) parse(s string, _ *context) (value, bool) {
	if len(s) > 1000 {
		return value{}, false
	}
	parts := f.text.FindStringSubmatch(s)
	if parts == nil {
		return value{}, false
	}
	parts = parts[1:]
	next := func() int64 {
		n, _ := strconv.ParseInt(parts[0], 10, 64) // digits, by the form
		parts = parts[1:]
		return n
	}
	year, month, day := int64(1972), int64(12), int64(31) // a leap year, for what has no year of its own
	if strings.Contains(f.has, "Y") {
		year, month, day = next(), 1, 1
	}
	if strings.Contains(f.has, "M") {
		month, day = next(), 1
	}
	if strings.Contains(f.has, "D") {
		day = next()
	}
	var hour, minute, second int64
	m := moment{}
	if strings.Contains(f.has, "T") {
		hour, minute, second = next(), next(), next()
		m.fraction = strings.TrimRight(parts[0], "0")
		parts = parts[1:]
	}
	whole := hour < 24 || hour == 24 && minute+second == 0 && m.fraction == ""
	offset, ok := zoneOffset(parts[0])
	if !ok || !whole || year == 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || minute > 59 || second > 59 {
		return value{}, false
	}
	m.zoned = parts[0] != ""
	m.seconds = secondsOf(year, month, day) + hour*3600 + minute*60 + second - offset
	if f.has == "T" { // a time of day
		m.seconds = secondsOf(1972, 12, 31) + (m.seconds-secondsOf(1972, 12, 31)+2*86400)%86400
	}
	return value{key: fmt.Sprintf("%d.%s %t", m.seconds, m.fraction, m.zoned), order: m, length: -1}, true
}

func zoneOffset(s string) (seconds int64, ok bool) {
	if len(s) < 6 {
		return 0, true
	}
	hours, _ := strconv.ParseInt(s[1:3], 10, 64)
	minutes, _ := strconv.ParseInt(s[4:6], 10, 64)
	seconds = hours*3600 + minutes*60
	if ok = minutes < 60 && seconds <= 14*3600; s[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok
}

func isLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year < 0 { // there is no year 0
			year++
		}
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// secondsOf counts the days of the proleptic Gregorian calendar; years before the first are -1, -2 and so on.
func secondsOf(year, month, day int64) int64 {
	if year < 0 {
		year++
	}
	if month <= 2 { // years that begin in March have their leap day at the end
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	of := year - era*400
	days := era*146097 + of*365 + of/4 - of/100 + (153*(month-3)+2)/5 + day - 1
	return days * 86400
}

// compare is the order of https://www.w3.org/TR/xmlschema-2/#dateTime-order: without a time zone a moment may be up to 14 hours earlier or later.
func (m moment) compare(other ordered) (int, bool) {
	o := other.(moment)
	const most = 14 * 3600
	switch {
	case m.zoned == o.zoned:
		return compareSeconds(m.seconds, m.fraction, o.seconds, o.fraction), true
	case m.zoned:
		n, ok := o.compare(m)
		return -n, ok
	case compareSeconds(m.seconds+most, m.fraction, o.seconds, o.fraction) < 0:
		return -1, true
	case compareSeconds(m.seconds-most, m.fraction, o.seconds, o.fraction) > 0:
		return 1, true
	}
	return 0, false
}

func compareSeconds(a int64, af string, b int64, bf string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return strings.Compare(af, bf)
}

// duration is months and seconds; both have its sign.
type duration struct {
	months, seconds int64
	fraction        string
	negative        bool
}

var durationForm = regexp.MustCompile(`^(-)?P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?(T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d+))?S)?)?$`)

func parseDuration(s string, _ *context) (value, bool) {
	if len(s) > 1000 {
		return value{}, false
	}
	p := durationForm.FindStringSubmatch(s)
	if p == nil || strings.HasSuffix(s, "P") || strings.HasSuffix(s, "T") {
		return value{}, false
	}
	n := func(i int) int64 {
		v, _ := strconv.ParseInt(p[i], 10, 64) // digits or nothing, by the form
		return v
	}
	d := duration{months: n(2)*12 + n(3), seconds: n(4)*86400 + n(6)*3600 + n(7)*60 + n(8), fraction: strings.TrimRight(p[9], "0"), negative: p[1] != ""}
	if d.months == 0 && d.seconds == 0 && d.fraction == "" {
		d.negative = false
	}
	return value{key: fmt.Sprintf("%t %d %d.%s", d.negative, d.months, d.seconds, d.fraction), order: d, length: -1}, true
}

// compare is the order of https://www.w3.org/TR/xmlschema-2/#duration-order: one that holds from each of four months on.
func (d duration) compare(other ordered) (int, bool) {
	o := other.(duration)
	result := 0
	for i, start := range [4][2]int64{{1696, 9}, {1697, 2}, {1903, 3}, {1903, 7}} {
		n := compareSigned(d.from(start[0], start[1]), o.from(start[0], start[1]))
		if i > 0 && n != result {
			return 0, false
		}
		result = n
	}
	return result, true
}

// signedSeconds is seconds with a fraction that counts in the direction of the sign.
type signedSeconds struct {
	seconds  int64
	fraction string
	negative bool
}

func (d duration) from(year, month int64) signedSeconds {
	months, seconds := d.months, d.seconds
	if d.negative {
		months, seconds = -months, -seconds
	}
	at := year*12 + month - 1 + months
	y, m := at/12, at%12
	if m < 0 {
		y, m = y-1, m+12
	}
	if y <= 0 { // there is no year 0
		y--
	}
	return signedSeconds{secondsOf(y, m+1, 1) + seconds, d.fraction, d.negative}
}

func compareSigned(a, b signedSeconds) int {
	if a.seconds != b.seconds && (a.fraction == "" && b.fraction == "" || a.negative == b.negative) {
		return compareSeconds(a.seconds, "", b.seconds, "")
	}
	x, y := a.scaled(), b.scaled()
	return compareSeconds(x.seconds, x.fraction, y.seconds, y.fraction)
}

// scaled makes the fraction count upwards: -1.25 s is -2 s and 0.75.
func (s signedSeconds) scaled() signedSeconds {
	if !s.negative || s.fraction == "" {
		return s
	}
	digits := []byte(s.fraction)
	for i := range digits {
		digits[i] = '9' - digits[i] + '0'
	}
	digits[len(digits)-1]++ // the last digit is no zero
	return signedSeconds{seconds: s.seconds - 1, fraction: string(digits)}
}
