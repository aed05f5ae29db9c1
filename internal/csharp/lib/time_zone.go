package lib

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones have their rules on any machine

	"gatehouse/internal/csharp/types"
)

var timeZoneType = types.New(types.KindClass, "System.TimeZoneInfo")

// timeZone is a TimeZoneInfo: one of the tz database, or one that code made, which has a base
// and rules.
type timeZone struct {
	id, display, standard, daylight string
	loc                             *time.Location // nil: made by code
	base                            int64          // ticks
	rules                           []*zoneRule
}

// DotNetType implements types.Object.
func (*timeZone) DotNetType() *types.Type { return timeZoneType }

// ToText implements types.TextOf.
func (z *timeZone) ToText(*types.Run) string { return z.display }

// EqualTo implements types.Equatable: the id and the rules.
func (z *timeZone) EqualTo(v val) bool {
	y, ok := v.Ref().(*timeZone)
	return ok && z.Key() == y.Key()
}

// Key implements types.Equatable.
func (z *timeZone) Key() string { return strings.ToUpper(z.id) + "|" + z.ruleKey() }

func (z *timeZone) ruleKey() string {
	if z.loc != nil {
		return z.loc.String()
	}
	key := fmt.Sprint(z.base)
	for _, r := range z.rules {
		key += "|" + r.Key()
	}
	return key
}

// utcZone is UTC, which is also the local zone, as in API Management.
func utcZone() *timeZone {
	return &timeZone{id: "UTC", display: "UTC", standard: "UTC", daylight: "UTC", loc: time.UTC}
}

// findZone knows the names of Windows and of the tz database.
func findZone(c call, id val) *timeZone {
	c.NotNull(id, "id")
	name := id.Str()
	if strings.EqualFold(name, "UTC") {
		return utcZone()
	}
	tz, known := windowsZones()[name]
	if !known {
		tz = name
	}
	loc, err := time.LoadLocation(tz)
	if err != nil || name == "" || name == "Local" {
		c.Throw("System.TimeZoneNotFoundException", "The time zone ID '"+name+"' was not found on the local computer.")
	}
	z := &timeZone{id: name, standard: name, daylight: strings.Replace(name, "Standard", "Daylight", 1), loc: loc}
	z.display = "(UTC" + clockText(z.standardOffset()) + ") " + name
	return z
}

// clockText writes an offset as +hh:mm; nothing for none.
func clockText(offset int64) string {
	if offset == 0 {
		return ""
	}
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	return fmt.Sprintf("%s%02d:%02d", sign, offset/ticksPerHour, offset/ticksPerMinute%60)
}

// standardOffset is BaseUtcOffset: the offset of this time without daylight saving.
func (z *timeZone) standardOffset() int64 {
	if z.loc == nil {
		return z.base
	}
	for _, month := range [2]time.Month{1, 7} {
		if t := time.Date(zoneYear, month, 1, 0, 0, 0, 0, z.loc); !t.IsDST() {
			return secondsEast(t)
		}
	}
	return secondsEast(time.Date(zoneYear, 1, 1, 0, 0, 0, 0, z.loc))
}

func secondsEast(t time.Time) int64 {
	_, seconds := t.Zone()
	return int64(seconds) * ticksPerSecond
}

// offsetUTC is the offset of an instant, in ticks of UTC.
func (z *timeZone) offsetUTC(ticks int64) (offset int64, saving bool) {
	if z.loc != nil {
		t := goTime(ticks).In(z.loc)
		return secondsEast(t), t.IsDST()
	}
	for _, r := range z.rules {
		if r.saves(ticks + z.base) {
			return z.base + r.delta, true
		}
	}
	return z.base, false
}

// offsetLocal is the offset of a clock time in z. A time that the clock shows twice has the
// standard offset, as .NET has it.
func (z *timeZone) offsetLocal(ticks int64) int64 {
	list := z.offsets(ticks)
	if len(list) == 0 { // a time that the clock leaves out
		offset, _ := z.offsetUTC(ticks - z.standardOffset())
		return min(offset, z.standardOffset())
	}
	return list[0]
}

// offsets are all that a clock time may have: none when the clock leaves it out, two when it
// shows it twice, the smaller (standard) one first.
func (z *timeZone) offsets(ticks int64) (list []int64) {
	for _, hours := range []int64{-26, 26} {
		offset, _ := z.offsetUTC(ticks + hours*ticksPerHour)
		if again, _ := z.offsetUTC(ticks - offset); again == offset && !slices.Contains(list, offset) {
			list = append(list, offset)
		}
	}
	around, _ := z.offsetUTC(ticks - z.standardOffset())
	if again, _ := z.offsetUTC(ticks - around); again == around && !slices.Contains(list, around) {
		list = append(list, around)
	}
	slices.Sort(list)
	return list
}

// utcTicks is the instant of a DateTime: by its kind, which for Local is UTC here too, and in z
// for one of no kind.
func (z *timeZone) utcTicks(d val) int64 {
	if dateKind(d) != 0 || z.loc == time.UTC {
		return dateTicks(d)
	}
	return dateTicks(d) - z.offsetLocal(dateTicks(d))
}

// timeZones adds System.TimeZoneInfo and System.TimeZone.
func timeZones(r *types.Registry) {
	b := r.Add(timeZoneType)
	utc := func(call, []val) val { return types.Ref(utcZone()) }
	b.Static("TimeZoneInfo Utc", utc).Static("TimeZoneInfo Local", utc)
	for name, f := range map[string]func(z *timeZone) string{"Id": func(z *timeZone) string { return z.id }, "DisplayName": func(z *timeZone) string { return z.display },
		"StandardName": func(z *timeZone) string { return z.standard }, "DaylightName": func(z *timeZone) string { return z.daylight }} {
		b.Get("string "+name, self(func(z *timeZone) val { return str(f(z)) }))
	}
	b.Get("TimeSpan BaseUtcOffset", self(func(z *timeZone) val { return makeSpan(z.standardOffset()) }))
	b.Get("bool SupportsDaylightSavingTime", self(func(z *timeZone) val { return types.Bool(len(z.allRules()) > 0) }))
	b.Func("TimeZoneInfo FindSystemTimeZoneById(string id)", func(c call, a []val) val { return types.Ref(findZone(c, a[0])) })
	b.Method("bool Equals(TimeZoneInfo other)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Method("bool HasSameRules(TimeZoneInfo other)", func(c call, a []val) val {
		return types.Bool(a[0].Ref().(*timeZone).ruleKey() == zoneArgument(c, a[1], "other").ruleKey())
	})
	zoneOffsets(b)
	zoneConversions(b)
	zoneRules(r, b)
	oldTimeZones(r)
}

// zoneArgument is a TimeZoneInfo argument.
func zoneArgument(c call, v val, name string) *timeZone {
	c.NotNull(v, name)
	return v.Ref().(*timeZone)
}

func zoneOffsets(b *types.Builder) {
	of := func(f func(c call, z *timeZone, utc, clock int64) val) types.Func {
		return func(c call, a []val) val {
			z := a[0].Ref().(*timeZone)
			if d, ok := a[1].Ref().(*dateOffset); ok {
				offset, _ := z.offsetUTC(d.utc())
				return f(c, z, d.utc(), d.utc()+offset)
			}
			u := z.utcTicks(a[1])
			offset, _ := z.offsetUTC(u)
			clock := u + offset
			if dateKind(a[1]) == 0 {
				clock = dateTicks(a[1])
			}
			return f(c, z, u, clock)
		}
	}
	for _, t := range []string{"DateTime dateTime", "DateTimeOffset dateTimeOffset"} {
		b.Method("TimeSpan GetUtcOffset("+t+")", of(func(_ call, z *timeZone, utc, _ int64) val {
			offset, _ := z.offsetUTC(utc)
			return makeSpan(offset)
		}))
		b.Method("bool IsDaylightSavingTime("+t+")", of(func(_ call, z *timeZone, utc, _ int64) val {
			_, saving := z.offsetUTC(utc)
			return types.Bool(saving)
		}))
		b.Method("bool IsAmbiguousTime("+t+")", of(func(_ call, z *timeZone, _, clock int64) val { return types.Bool(len(z.offsets(clock)) > 1) }))
		b.Method("TimeSpan[] GetAmbiguousTimeOffsets("+t+")", of(func(c call, z *timeZone, _, clock int64) val {
			list := z.offsets(clock)
			if len(list) < 2 {
				c.ThrowArgument("System.ArgumentException", "The supplied DateTime is not in an ambiguous time range.", "dateTime")
			}
			var out []val
			for _, o := range list {
				out = append(out, makeSpan(o))
			}
			return types.Ref(c.Types.NewArray(timeSpanType, out))
		}))
	}
	b.Method("bool IsInvalidTime(DateTime dateTime)", func(_ call, a []val) val {
		return types.Bool(dateKind(a[1]) == 0 && len(a[0].Ref().(*timeZone).offsets(dateTicks(a[1]))) == 0)
	})
}

// inZone is an instant as a DateTime of a zone.
func inZone(c call, utc int64, z *timeZone) val {
	offset, _ := z.offsetUTC(utc)
	kind := 0
	if z.loc == time.UTC {
		kind = kindUTC
	}
	return checkedDate(c, utc+offset, kind, "")
}

func zoneConversions(b *types.Builder) {
	toUTC := func(c call, d val, z *timeZone) val {
		if dateKind(d) == 0 && z.loc != time.UTC && len(z.offsets(dateTicks(d))) == 0 {
			c.ThrowArgument("System.ArgumentException", "The supplied DateTime represents an invalid time.  For example, when the clock is adjusted forward, any time in the period that is skipped is invalid.", "dateTime")
		}
		return checkedDate(c, z.utcTicks(d), kindUTC, "")
	}
	b.Func("DateTime ConvertTimeToUtc(DateTime dateTime)", func(c call, a []val) val { return toUTC(c, a[0], utcZone()) })
	b.Func("DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)", func(c call, a []val) val {
		z := zoneArgument(c, a[1], "sourceTimeZone")
		if dateKind(a[0]) != 0 && z.loc != time.UTC {
			c.ThrowArgument("System.ArgumentException", "The conversion could not be completed because the supplied DateTime did not have the Kind property set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be TimeZoneInfo.Local.", "sourceTimeZone")
		}
		return toUTC(c, a[0], z)
	})
	b.Func("DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)", func(c call, a []val) val {
		return inZone(c, dateTicks(a[0]), zoneArgument(c, a[1], "destinationTimeZone"))
	})
	b.Func("DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)", func(c call, a []val) val {
		return inZone(c, dateTicks(a[0]), zoneArgument(c, a[1], "destinationTimeZone"))
	})
	b.Func("DateTime ConvertTime(DateTime dateTime, TimeZoneInfo sourceTimeZone, TimeZoneInfo destinationTimeZone)", func(c call, a []val) val {
		return inZone(c, dateTicks(toUTC(c, a[0], zoneArgument(c, a[1], "sourceTimeZone"))), zoneArgument(c, a[2], "destinationTimeZone"))
	})
	b.Func("DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, TimeZoneInfo destinationTimeZone)", func(c call, a []val) val {
		return offsetIn(c, a[0], zoneArgument(c, a[1], "destinationTimeZone"))
	})
	b.Func("DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string destinationTimeZoneId)", func(c call, a []val) val {
		return inZone(c, dateTicks(a[0]), findZone(c, a[1]))
	})
	b.Func("DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string sourceTimeZoneId, string destinationTimeZoneId)", func(c call, a []val) val {
		return inZone(c, dateTicks(toUTC(c, a[0], findZone(c, a[1]))), findZone(c, a[2]))
	})
	b.Func("DateTimeOffset ConvertTimeBySystemTimeZoneId(DateTimeOffset dateTimeOffset, string destinationTimeZoneId)", func(c call, a []val) val {
		return offsetIn(c, a[0], findZone(c, a[1]))
	})
}

func offsetIn(c call, d val, z *timeZone) val {
	u := offsetOf(d).utc()
	offset, _ := z.offsetUTC(u)
	return newOffset(c, u+offset, offset)
}

// oldTimeZones adds System.TimeZone, of which there is the current one: UTC.
func oldTimeZones(r *types.Registry) {
	t := types.New(types.KindClass, "System.TimeZone")
	b := r.Add(t)
	b.Static("TimeZone CurrentTimeZone", func(call, []val) val { return types.Ref(&currentZone{typ: t}) })
	name := func(call, []val) val { return str("Coordinated Universal Time") }
	b.Get("string StandardName", name).Get("string DaylightName", name)
	b.Method("TimeSpan GetUtcOffset(DateTime time)", func(call, []val) val { return makeSpan(0) })
	b.Method("bool IsDaylightSavingTime(DateTime time)", func(call, []val) val { return types.Bool(false) })
	b.Method("DateTime ToUniversalTime(DateTime time)", func(_ call, a []val) val { return makeDate(dateTicks(a[1]), kindUTC) })
	b.Method("DateTime ToLocalTime(DateTime time)", func(_ call, a []val) val { return makeDate(dateTicks(a[1]), kindLocal) })
}

// currentZone is the TimeZone.
type currentZone struct{ typ *types.Type }

// DotNetType implements types.Object.
func (z *currentZone) DotNetType() *types.Type { return z.typ }
