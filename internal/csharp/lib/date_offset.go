package lib

import (
	"cmp"
	"strconv"
	"time"

	"gatehouse/internal/csharp/types"
)

var (
	offsetType = newOffsetType()
)

func newOffsetType() *types.Type {
	t := types.New(types.KindStruct, "System.DateTimeOffset")
	t.Default = func() val { return types.Ref(&dateOffset{}) }
	return t
}

// dateOffset is a DateTimeOffset: the ticks of its own clock, and the clock's offset.
type dateOffset struct{ ticks, offset int64 }

// DotNetType implements types.Object.
func (*dateOffset) DotNetType() *types.Type { return offsetType }

// EqualTo implements types.Equatable: the same instant.
func (d *dateOffset) EqualTo(v val) bool {
	e, ok := v.Ref().(*dateOffset)
	return ok && d.utc() == e.utc()
}

// Key implements types.Equatable.
func (d *dateOffset) Key() string { return strconv.FormatInt(d.utc(), 10) }

func (d *dateOffset) utc() int64 { return d.ticks - d.offset }

func (d *dateOffset) compareTo(_ *types.Run, v val) int {
	e, _ := v.Ref().(*dateOffset)
	return cmp.Compare(d.utc(), e.utc())
}

// ToText implements types.TextOf.
func (d *dateOffset) ToText(r *types.Run) string {
	return formatDate(r, d.ticks, 0, d.offset, true, "")
}

func offsetOf(v val) *dateOffset { return v.Ref().(*dateOffset) }

func newOffset(c call, ticks, offset int64) val {
	if offset%(60*ticksPerSecond) != 0 {
		c.ThrowArgument("System.ArgumentException", "Offset must be specified in whole minutes.", "offset")
	}
	if offset > 14*3600*ticksPerSecond || offset < -14*3600*ticksPerSecond {
		c.OutOfRange("offset", "Offset must be within plus or minus 14 hours.")
	}
	if ticks < 0 || ticks > maxTicks || ticks-offset < 0 || ticks-offset > maxTicks {
		c.OutOfRange("offset", "The UTC time represented when the offset is applied must be between year 0 and 10,000.")
	}
	return types.Ref(&dateOffset{ticks, offset})
}

// fileTimeTicks are the ticks of 1601, where Windows' file times begin.
const fileTimeTicks = 504911232000000000

// dateOffsets adds System.DateTimeOffset.
func dateOffsets(r *types.Registry) {
	b := r.Add(offsetType)
	b.New("(DateTime dateTime)", func(c call, a []val) val { return newOffset(c, dateTicks(a[0]), 0) })
	b.New("(DateTime dateTime, TimeSpan offset)", func(c call, a []val) val {
		if dateKind(a[0]) != 0 && a[1].Long() != 0 {
			kind := "Utc"
			if dateKind(a[0]) == kindLocal {
				kind = "Local"
			}
			c.ThrowArgument("System.ArgumentException", "The UTC Offset for "+kind+" DateTime instances must be 0.", "offset")
		}
		return newOffset(c, dateTicks(a[0]), a[1].Long())
	})
	b.New("(long ticks, TimeSpan offset)", func(c call, a []val) val { return newOffset(c, a[0].Long(), a[1].Long()) })
	for _, ms := range []string{"", ", int millisecond"} {
		b.New("(int year, int month, int day, int hour, int minute, int second"+ms+", TimeSpan offset)", func(c call, a []val) val {
			return newOffset(c, dateOf(c, a[:len(a)-1]), a[len(a)-1].Long())
		})
	}
	b.Const("DateTimeOffset MinValue", types.Ref(&dateOffset{}))
	b.Const("DateTimeOffset MaxValue", types.Ref(&dateOffset{ticks: maxTicks}))
	now := func(c call, _ []val) val { return types.Ref(&dateOffset{ticks: ticksOf(c.Clock())}) }
	b.Static("DateTimeOffset Now", now)
	b.Static("DateTimeOffset UtcNow", now)
	for name, f := range dateParts() {
		b.Get("int "+name, func(_ call, a []val) val { return integer(f(goTime(offsetOf(a[0]).ticks))) })
	}
	b.Get("DayOfWeek DayOfWeek", func(_ call, a []val) val {
		return types.Of(weekdayType, uint64(goTime(offsetOf(a[0]).ticks).Weekday()))
	})
	b.Get("long Ticks", self(func(d *dateOffset) val { return types.Long(d.ticks) }))
	b.Get("long UtcTicks", self(func(d *dateOffset) val { return types.Long(d.utc()) }))
	b.Get("TimeSpan Offset", self(func(d *dateOffset) val { return makeSpan(d.offset) }))
	b.Get("TimeSpan TimeOfDay", self(func(d *dateOffset) val { return makeSpan(d.ticks % ticksPerDay) }))
	b.Get("DateTime DateTime", self(func(d *dateOffset) val { return makeDate(d.ticks, 0) }))
	b.Get("DateTime Date", self(func(d *dateOffset) val { return makeDate(d.ticks-d.ticks%ticksPerDay, 0) }))
	b.Get("DateTime UtcDateTime", self(func(d *dateOffset) val { return makeDate(d.utc(), kindUTC) }))
	b.Get("DateTime LocalDateTime", self(func(d *dateOffset) val { return makeDate(d.utc(), kindLocal) }))
	offsetMoves(b)
	offsetTexts(b)
	b.Implicit("DateTimeOffset (DateTime dateTime)", func(c call, a []val) val { return newOffset(c, dateTicks(a[0]), 0) })
}

func offsetMoves(b *types.Builder) {
	utc := self(func(d *dateOffset) val { return types.Ref(&dateOffset{ticks: d.utc()}) })
	b.Method("DateTimeOffset ToUniversalTime()", utc)
	b.Method("DateTimeOffset ToLocalTime()", utc)
	b.Method("DateTimeOffset ToOffset(TimeSpan offset)", func(c call, a []val) val {
		return newOffset(c, offsetOf(a[0]).utc()+a[1].Long(), a[1].Long())
	})
	b.Method("long ToFileTime()", func(c call, a []val) val {
		n := offsetOf(a[0]).utc() - fileTimeTicks
		if n < 0 {
			c.OutOfRange("", "Not a valid Win32 FileTime.")
		}
		return types.Long(n)
	})
	b.Func("DateTimeOffset FromFileTime(long fileTime)", func(c call, a []val) val {
		if n := a[0].Long(); n < 0 || n > maxTicks-fileTimeTicks {
			c.OutOfRange("fileTime", "Not a valid Win32 FileTime.")
		}
		return types.Ref(&dateOffset{ticks: a[0].Long() + fileTimeTicks})
	})
	b.Func("bool Equals(DateTimeOffset first, DateTimeOffset second)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Method("long ToUnixTimeSeconds()", self(func(d *dateOffset) val { return types.Long(d.utc()/ticksPerSecond - 62135596800) }))
	b.Method("long ToUnixTimeMilliseconds()", self(func(d *dateOffset) val { return types.Long(d.utc()/10_000 - 62135596800000) }))
	for name, unit := range map[string]int64{"Seconds": ticksPerSecond, "Milliseconds": 10_000} {
		b.Func("DateTimeOffset FromUnixTime"+name+"(long value)", func(c call, a []val) val {
			lo, hi := -unixTicks/unit, (int64(maxTicks)-unixTicks)/unit
			if n := a[0].Long(); n < lo || n > hi {
				c.OutOfRange(map[int64]string{ticksPerSecond: "seconds", 10_000: "milliseconds"}[unit], "Valid values are between "+strconv.FormatInt(lo, 10)+" and "+strconv.FormatInt(hi, 10)+", inclusive.")
			}
			return types.Ref(&dateOffset{ticks: unixTicks + a[0].Long()*unit})
		})
	}
	for name, unit := range timeUnits() {
		b.Method("DateTimeOffset Add"+name+"(double value)", func(c call, a []val) val {
			d := offsetOf(a[0])
			return newOffset(c, d.ticks+scaled(c, a[1].Double(), unit, false), d.offset)
		})
	}
	add := func(sign int64) types.Func {
		return func(c call, a []val) val {
			d := offsetOf(a[0])
			return newOffset(c, d.ticks+sign*a[1].Long(), d.offset)
		}
	}
	months := func(unit int) types.Func {
		return func(c call, a []val) val {
			t, ok := addMonths(offsetOf(a[0]).ticks, a[1].Int()*unit)
			if !ok {
				c.OutOfRange("months", "The added or subtracted value results in an un-representable DateTime.")
			}
			return newOffset(c, t, offsetOf(a[0]).offset)
		}
	}
	minus := func(_ call, a []val) val { return makeSpan(offsetOf(a[0]).utc() - offsetOf(a[1]).utc()) }
	b.Method("DateTimeOffset AddTicks(long ticks)", add(1))
	b.Method("DateTimeOffset Add(TimeSpan timeSpan)", add(1))
	b.Method("DateTimeOffset AddMonths(int months)", months(1))
	b.Method("DateTimeOffset AddYears(int years)", months(12))
	b.Method("DateTimeOffset Subtract(TimeSpan value)", add(-1))
	b.Method("TimeSpan Subtract(DateTimeOffset value)", minus)
	b.Operator("DateTimeOffset operator +(DateTimeOffset d, TimeSpan t)", add(1))
	b.Operator("DateTimeOffset operator -(DateTimeOffset d, TimeSpan t)", add(-1))
	b.Operator("TimeSpan operator -(DateTimeOffset a, DateTimeOffset b)", minus)
	compare := func(x, y val) int { return cmp.Compare(offsetOf(x).utc(), offsetOf(y).utc()) }
	comparisons(b, "DateTimeOffset", compare)
	b.Method("int CompareTo(DateTimeOffset other)", func(_ call, a []val) val { return integer(compare(a[0], a[1])) })
	b.Func("int Compare(DateTimeOffset first, DateTimeOffset second)", func(_ call, a []val) val { return integer(compare(a[0], a[1])) })
	b.Method("bool Equals(DateTimeOffset other)", func(_ call, a []val) val { return types.Bool(compare(a[0], a[1]) == 0) })
	b.Method("bool EqualsExact(DateTimeOffset other)", func(_ call, a []val) val { return types.Bool(*offsetOf(a[0]) == *offsetOf(a[1])) })
}

// instant makes a DateTimeOffset of a parsed text; without a zone it is the local one.
func (d parsedDate) instant(c call, styles int) val {
	if styles&16 != 0 {
		return newOffset(c, d.ticks-d.offset, 0)
	}
	return newOffset(c, d.ticks, d.offset)
}

func (d parsedDate) valid() bool { return d.ticks-d.offset >= 0 && d.ticks-d.offset <= maxTicks }

func offsetTexts(b *types.Builder) {
	parse := func(now time.Time, s val) (parsedDate, bool) {
		d, ok := parseDate(now, s.Str())
		return d, ok && d.valid()
	}
	styles := func(a []val, at int) int {
		if len(a) > at {
			return a[at].Int()
		}
		return 0
	}
	for _, rest := range []string{"", ", IFormatProvider formatProvider", ", IFormatProvider formatProvider, DateTimeStyles styles"} {
		b.Func("DateTimeOffset Parse(string input"+rest+")", func(c call, a []val) val {
			c.NotNull(a[0], "input")
			d, ok := parse(c.Clock(), a[0])
			if !ok {
				badDate(c)
			}
			return d.instant(c, styles(a, 2))
		})
	}
	for _, rest := range []string{"", ", IFormatProvider formatProvider, DateTimeStyles styles"} {
		b.Func("bool TryParse(string input"+rest+", out DateTimeOffset result)", func(c call, a []val) val {
			d, ok := parse(c.Clock(), a[0])
			style := 0
			if len(a) > 2 {
				style = a[2].Int()
			}
			a[len(a)-1] = types.Ref(&dateOffset{})
			if ok {
				a[len(a)-1] = d.instant(c, style)
			}
			return types.Bool(ok)
		})
	}
	exact := func(s, formats val, style int) (parsedDate, bool) {
		list := []val{formats}
		if x, ok := formats.Ref().(*types.Array); ok {
			list = x.Items
		}
		for _, f := range list {
			if d, ok := parseDateExact(s.Str(), f.Str(), style); ok && d.valid() {
				return d, true
			}
		}
		return parsedDate{}, false
	}
	for _, form := range []string{"string format, IFormatProvider formatProvider", "string format, IFormatProvider formatProvider, DateTimeStyles styles", "string[] formats, IFormatProvider formatProvider, DateTimeStyles styles"} {
		b.Func("DateTimeOffset ParseExact(string input, "+form+")", func(c call, a []val) val {
			c.NotNull(a[0], "input")
			c.NotNull(a[1], "format")
			d, ok := exact(a[0], a[1], styles(a, 3))
			if !ok {
				badDate(c)
			}
			return d.instant(c, styles(a, 3))
		})
	}
	for _, form := range []string{"string format", "string[] formats"} {
		b.Func("bool TryParseExact(string input, "+form+", IFormatProvider formatProvider, DateTimeStyles styles, out DateTimeOffset result)", func(c call, a []val) val {
			d, ok := exact(a[0], a[1], a[3].Int())
			a[4] = types.Ref(&dateOffset{})
			if ok {
				a[4] = d.instant(c, a[3].Int())
			}
			return types.Bool(ok)
		})
	}
	b.Method("string ToString(string format)", formatted)
	b.Method("string ToString(IFormatProvider formatProvider)", func(c call, a []val) val { return str(c.Text(a[0])) })
	b.Method("string ToString(string format, IFormatProvider formatProvider)", formatted)
	b.Format(func(r *types.Run, v val, format string) string {
		d := offsetOf(v)
		return formatDate(r, d.ticks, 0, d.offset, true, format)
	})
}
