package lib

import (
	"time"

	"gatehouse/internal/csharp/types"
)

// A DateTime is its ticks (100 ns since the year 1) with its DateTimeKind in the two top
// bits, as .NET has it. A TimeSpan is its ticks. The local time zone is UTC, as in API
// Management's gateways.
var (
	dateTimeType = types.New(types.KindStruct, "System.DateTime")
	timeSpanType = types.New(types.KindStruct, "System.TimeSpan")
	dateKindType = types.New(types.KindEnum, "System.DateTimeKind")
	weekdayType  = types.New(types.KindEnum, "System.DayOfWeek")
)

const (
	ticksPerSecond = 10_000_000
	ticksPerMinute = 60 * ticksPerSecond
	ticksPerHour   = 3600 * ticksPerSecond
	ticksPerDay    = 86_400 * ticksPerSecond
	maxTicks       = 3155378975999999999
	unixTicks      = 621355968000000000 // of 1970-01-01
	kindUTC        = 1
	kindLocal      = 2
)

func makeDate(ticks int64, kind int) val {
	return types.Of(dateTimeType, uint64(ticks)|uint64(kind)<<62)
}

func dateTicks(v val) int64 { return int64(v.Bits() & (1<<62 - 1)) }

func dateKind(v val) int { return int(v.Bits() >> 62) }

func makeSpan(ticks int64) val { return types.Of(timeSpanType, uint64(ticks)) }

// Date makes a DateTime of kind Utc.
func Date(t time.Time) val { return makeDate(ticksOf(t), kindUTC) }

// LocalDate makes a DateTime of kind Local, whose zone is UTC.
func LocalDate(t time.Time) val { return makeDate(ticksOf(t), kindLocal) }

// Span makes a TimeSpan.
func Span(d time.Duration) val { return makeSpan(int64(d / 100)) }

// TimeOf is the instant of a DateTime.
func TimeOf(v val) time.Time { return goTime(dateTicks(v)) }

func ticksOf(t time.Time) int64 {
	return unixTicks + t.Unix()*ticksPerSecond + int64(t.Nanosecond()/100)
}

func goTime(ticks int64) time.Time {
	n := ticks - unixTicks
	s, f := n/ticksPerSecond, n%ticksPerSecond
	return time.Unix(s, f*100).UTC()
}

func checkedDate(c call, ticks int64, kind int, message string) val {
	if ticks < 0 || ticks > maxTicks {
		if message == "" {
			message = "The added or subtracted value results in an un-representable DateTime."
		}
		c.OutOfRange("value", message)
	}
	return makeDate(ticks, kind)
}

// dateOf makes ticks of the parts; it raises ArgumentOutOfRangeException when they are no date.
func dateOf(c call, a []val) int64 {
	n := [7]int64{}
	for i, v := range a {
		n[i] = v.Long()
	}
	y, m, d := n[0], n[1], n[2]
	if y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > int64(daysIn(int(y), int(m))) {
		c.ThrowArgument("System.ArgumentOutOfRangeException", "Year, Month, and Day parameters describe an un-representable DateTime.", "")
	}
	if n[3] < 0 || n[3] > 23 || n[4] < 0 || n[4] > 59 || n[5] < 0 || n[5] > 59 || n[6] < 0 || n[6] > 999 {
		c.ThrowArgument("System.ArgumentOutOfRangeException", "Hour, Minute, and Second parameters describe an un-representable DateTime.", "")
	}
	return ticksOf(time.Date(int(y), time.Month(m), int(d), int(n[3]), int(n[4]), int(n[5]), int(n[6])*1e6, time.UTC))
}

func daysIn(y, m int) int { return time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// addMonths keeps the day, or takes the month's last.
func addMonths(ticks int64, months int) (int64, bool) {
	t := goTime(ticks)
	y, m, d := t.Date()
	n := y*12 + int(m) - 1 + months
	y, mm := n/12, n%12+1
	if n < 12 || y > 9999 {
		return 0, false
	}
	first := time.Date(y, time.Month(mm), min(d, daysIn(y, mm)), 0, 0, 0, 0, time.UTC)
	return ticksOf(first) + ticks%ticksPerDay, true
}

// scaled is a number of units as ticks, rounded to milliseconds as .NET Framework does.
func scaled(c call, f float64, unit int64, span bool) int64 {
	limit := float64(1<<63 - 1)
	ms := f*float64(unit/10_000) + 0.5
	if f < 0 {
		ms = f*float64(unit/10_000) - 0.5
	}
	if f != f {
		c.ThrowArgument("System.ArgumentException", "TimeSpan does not accept floating point Not-a-Number values.", "")
	}
	if ms*10_000 >= limit || ms*10_000 <= -limit {
		if span {
			c.Throw("System.OverflowException", "TimeSpan overflowed because the duration is too long.")
		}
		c.OutOfRange("value", "Value to add was out of range.")
	}
	return int64(ms) * 10_000
}

// timeUnits are the units that AddX and FromX take.
func timeUnits() map[string]int64 {
	return map[string]int64{"Days": ticksPerDay, "Hours": 3600 * ticksPerSecond, "Minutes": 60 * ticksPerSecond, "Seconds": ticksPerSecond, "Milliseconds": 10_000}
}

// dates adds System.DateTime with the members that API Management allows.
func dates(r *types.Registry) {
	r.AddEnum(dateKindType, "Utc=1")
	r.AddEnum(weekdayType, "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
	r.Enum("System.Globalization.DateTimeStyles", "None=0", "AllowLeadingWhite=1", "AllowTrailingWhite=2", "AllowInnerWhite=4", "AllowWhiteSpaces=7",
		"NoCurrentDateDefault=8", "AdjustToUniversal=16", "AssumeLocal=32", "AssumeUniversal=64", "RoundtripKind=128").Flags()
	b := r.Add(dateTimeType)
	b.New("(long ticks)", func(c call, a []val) val {
		return checkedDate(c, a[0].Long(), 0, "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.")
	})
	b.New("(long ticks, DateTimeKind kind)", func(c call, a []val) val { return checkedDate(c, a[0].Long(), a[1].Int(), "") })
	for i, parts := range []string{"int year, int month, int day", ", int hour, int minute, int second", ", int millisecond"} {
		signature := []string{"", "int year, int month, int day", "int year, int month, int day, int hour, int minute, int second"}[i] + parts
		b.New("("+signature+")", func(c call, a []val) val { return makeDate(dateOf(c, a), 0) })
		if i > 0 {
			b.New("("+signature+", DateTimeKind kind)", func(c call, a []val) val {
				return makeDate(dateOf(c, a[:len(a)-1]), a[len(a)-1].Int())
			})
		}
	}
	b.Const("DateTime MinValue", makeDate(0, 0))
	b.Const("DateTime MaxValue", makeDate(maxTicks, 0))
	b.Static("DateTime UtcNow", func(c call, _ []val) val { return Date(c.Clock()) })
	b.Static("DateTime Now", func(c call, _ []val) val { return LocalDate(c.Clock()) })
	b.Static("DateTime Today", func(c call, _ []val) val {
		t := ticksOf(c.Clock())
		return makeDate(t-t%ticksPerDay, kindLocal)
	})
	for name, f := range dateParts() {
		b.Get("int "+name, func(_ call, a []val) val { return integer(f(goTime(dateTicks(a[0])))) })
	}
	b.Get("DayOfWeek DayOfWeek", func(_ call, a []val) val {
		return types.Of(weekdayType, uint64(goTime(dateTicks(a[0])).Weekday()))
	})
	b.Get("long Ticks", func(_ call, a []val) val { return types.Long(dateTicks(a[0])) })
	b.Get("DateTime Date", func(_ call, a []val) val {
		t := dateTicks(a[0])
		return makeDate(t-t%ticksPerDay, dateKind(a[0]))
	})
	b.Get("TimeSpan TimeOfDay", func(_ call, a []val) val { return makeSpan(dateTicks(a[0]) % ticksPerDay) })
	dateSums(b)
	b.Func("int DaysInMonth(int year, int month)", func(c call, a []val) val {
		if a[1].Int() < 1 || a[1].Int() > 12 {
			c.OutOfRange("month", "Month must be between one and twelve.")
		}
		checkYear(c, a[0].Int())
		return integer(daysIn(a[0].Int(), a[1].Int()))
	})
	b.Func("bool IsLeapYear(int year)", func(c call, a []val) val {
		checkYear(c, a[0].Int())
		return types.Bool(daysIn(a[0].Int(), 2) == 29)
	})
	b.Method("bool IsDaylightSavingTime()", func(call, []val) val { return types.Bool(false) })
	for _, rest := range []string{"", ", IFormatProvider provider", ", IFormatProvider provider, DateTimeStyles styles"} {
		b.Func("DateTime Parse(string s"+rest+")", func(c call, a []val) val {
			c.NotNull(a[0], "s")
			d, ok := parseDate(c.Clock(), a[0].Str())
			if !ok {
				badDate(c)
			}
			styles := 0
			if len(a) > 2 {
				styles = a[2].Int()
			}
			return d.date(c, styles)
		})
	}
	b.Method("string ToString(string format)", formatted)
	b.Method("string ToString(IFormatProvider provider)", func(c call, a []val) val { return str(c.Text(a[0])) })
	b.Method("string ToString(string format, IFormatProvider provider)", formatted)
	b.Format(func(r *types.Run, v val, format string) string {
		return formatDate(r, dateTicks(v), dateKind(v), 0, false, format)
	})
}

func checkYear(c call, year int) {
	if year < 1 || year > 9999 {
		c.OutOfRange("year", "Year must be between 1 and 9999.")
	}
}

func badDate(c call) {
	c.Throw("System.FormatException", "String was not recognized as a valid DateTime.")
}

func dateParts() map[string]func(time.Time) int {
	return map[string]func(time.Time) int{
		"Year": time.Time.Year, "Month": func(t time.Time) int { return int(t.Month()) }, "Day": time.Time.Day, "Hour": time.Time.Hour,
		"Minute": time.Time.Minute, "Second": time.Time.Second, "Millisecond": func(t time.Time) int { return t.Nanosecond() / 1e6 }, "DayOfYear": time.Time.YearDay,
	}
}

// dateSums adds arithmetic and comparison.
func dateSums(b *types.Builder) {
	for name, unit := range timeUnits() {
		b.Method("DateTime Add"+name+"(double value)", func(c call, a []val) val {
			return checkedDate(c, dateTicks(a[0])+scaled(c, a[1].Double(), unit, false), dateKind(a[0]), "")
		})
	}
	add := func(sign int64) types.Func {
		return func(c call, a []val) val { return checkedDate(c, dateTicks(a[0])+sign*a[1].Long(), dateKind(a[0]), "") }
	}
	months := func(unit int) types.Func {
		return func(c call, a []val) val {
			t, ok := addMonths(dateTicks(a[0]), a[1].Int()*unit)
			if !ok || a[1].Int() > 120_000 || a[1].Int() < -120_000 {
				c.OutOfRange("months", "The added or subtracted value results in an un-representable DateTime.")
			}
			return makeDate(t, dateKind(a[0]))
		}
	}
	minus := func(_ call, a []val) val { return makeSpan(dateTicks(a[0]) - dateTicks(a[1])) }
	b.Method("DateTime AddTicks(long value)", add(1))
	b.Method("DateTime Add(TimeSpan value)", add(1))
	b.Method("DateTime Subtract(TimeSpan value)", add(-1))
	b.Method("TimeSpan Subtract(DateTime value)", minus)
	b.Method("DateTime AddMonths(int months)", months(1))
	b.Method("DateTime AddYears(int value)", months(12))
	b.Operator("DateTime operator +(DateTime d, TimeSpan t)", add(1))
	b.Operator("DateTime operator -(DateTime d, TimeSpan t)", add(-1))
	b.Operator("TimeSpan operator -(DateTime d1, DateTime d2)", minus)
	comparisons(b, "DateTime", func(a, b val) int { return sign64(dateTicks(a) - dateTicks(b)) })
}

func sign64(n int64) int { return int(min(1, max(-1, n))) }

// comparisons adds the six operators of a type, by how two of its values compare.
func comparisons(b *types.Builder, name string, compare func(a, b val) int) {
	for op, f := range map[string]func(d int) bool{
		"==": func(d int) bool { return d == 0 }, "!=": func(d int) bool { return d != 0 }, "<": func(d int) bool { return d < 0 },
		">": func(d int) bool { return d > 0 }, "<=": func(d int) bool { return d <= 0 }, ">=": func(d int) bool { return d >= 0 },
	} {
		b.Operator("bool operator "+op+"("+name+" a, "+name+" b)", func(_ call, a []val) val { return types.Bool(f(compare(a[0], a[1]))) })
	}
}
