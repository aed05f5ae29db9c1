package lib

import (
	"testing"
	"time"

	"gatehouse/internal/csharp/types"
)

// dotnet runs f, which may raise .NET exceptions only.
func dotnet(f func()) {
	defer func() {
		if e := recover(); e != nil {
			if _, ok := e.(*types.Exception); !ok {
				panic(e)
			}
		}
	}()
	f()
}

func FuzzXML(f *testing.F) {
	f.Add(`<?xml version="1.0"?><s:E xmlns:s="u" a="1"><!--c--><s:B>t&lt;<![CDATA[x]]></s:B><?p i?></s:E>`)
	f.Fuzz(func(t *testing.T, s string) {
		w := newWorld(t)
		dotnet(func() {
			text := xmlString(w.run, readXML(w.run, s, false), false)
			_ = readXML(w.run, text, false)
		})
	})
}

func FuzzDates(f *testing.F) {
	f.Add("2026-01-02T03:04:05.678+02:00", "yyyy-MM-dd'T'HH:mm:ss.fffK")
	f.Add("Fri, 02 Jan 2026 03:04:05 GMT", "R")
	f.Add("1/2/26 3:04 PM", "M/d/yy h:mm tt")
	f.Fuzz(func(t *testing.T, s, format string) {
		w := newWorld(t)
		now := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
		d, ok := parseDate(now, s)
		if ok && (d.ticks < 0 || d.ticks > maxTicks) {
			t.Errorf("%q is outside of the calendar", s)
		}
		parseDateExact(s, format, 7)
		parseSpan(s)
		parseSpanExact(s, format)
		dotnet(func() { formatDate(w.run, d.ticks, kindUTC, 0, false, format) })
		dotnet(func() { formatDate(w.run, d.ticks, 0, 90*60*ticksPerSecond, true, format) })
		formatSpan(d.ticks, format)
	})
}

// TestDateTexts: every text is read, and written back by the format "o".
func TestDateTexts(t *testing.T) {
	w := newWorld(t)
	for _, row := range [][2]string{
		{"2026-01-02", "2026-01-02T00:00:00.0000000"},
		{"2026-01-02T03:04:05", "2026-01-02T03:04:05.0000000"},
		{"2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05.5000000+00:00"},
		{"2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.0000000+00:00"},
		{"01/02/2026 15:04", "2026-01-02T15:04:00.0000000"},
		{"1/2/2026 3:04:05 PM", "2026-01-02T15:04:05.0000000"},
		{"Fri, 02 Jan 2026 03:04:05 GMT", "2026-01-02T03:04:05.0000000+00:00"},
		{"2 January 2026", "2026-01-02T00:00:00.0000000"},
		{"Jan 2, 2026", "2026-01-02T00:00:00.0000000"},
		{"12:30", "2026-03-04T12:30:00.0000000"},
	} {
		w.is(w.on(w.static("DateTime", "Parse", row[0]), "ToString", "o"), row[1])
	}
	for _, bad := range []string{"", "x", "2026-13-01", "2026-02-30", "25:00", "1/2/3/4", "2026-01-02T03:04:05+99:00"} {
		w.throws("System.FormatException", "String was not recognized as a valid DateTime.", func() { w.static("DateTime", "Parse", bad) })
	}
}

func TestTimeSpanTexts(t *testing.T) {
	w := newWorld(t)
	for _, row := range [][2]string{
		{"01:02:03", "01:02:03"}, {"1.02:03:04", "1.02:03:04"}, {"-00:00:01.5", "-00:00:01.5000000"}, {"6", "6.00:00:00"}, {"6:12", "06:12:00"}, {"1:02:03:04.5", "1.02:03:04.5000000"},
	} {
		w.is(w.static("TimeSpan", "Parse", row[0]), row[1])
	}
	w.is(w.on(makeSpan(937840000000), "ToString", `d\.hh\:mm`), "1.02:03")
}
