package lib

import (
	"fmt"
	"slices"
	"time"

	"gatehouse/internal/csharp/types"
)

// zoneYear is the year whose daylight saving is taken for the rule of a zone of the tz database.
const zoneYear = 2026

var (
	zoneRuleType   = types.New(types.KindClass, "System.TimeZoneInfo.AdjustmentRule")
	transitionType = newTransitionType()
)

func newTransitionType() *types.Type {
	t := types.New(types.KindStruct, "System.TimeZoneInfo.TransitionTime")
	t.Default = func() val { return types.Ref(&transition{month: 1, day: 1, week: 1}) }
	return t
}

// transition is a TransitionTime: a day of the year, fixed or as "the last Sunday".
type transition struct {
	clock            int64 // time of day
	month, week, day int
	weekday          int
	fixed            bool
}

// DotNetType implements types.Object.
func (*transition) DotNetType() *types.Type { return transitionType }

// EqualTo implements types.Equatable.
func (t *transition) EqualTo(v val) bool { u, ok := v.Ref().(*transition); return ok && *t == *u }

// Key implements types.Equatable.
func (t *transition) Key() string { return fmt.Sprint(*t) }

// in is the transition's clock time in a year, in ticks.
func (t *transition) in(year int) int64 {
	if t.fixed {
		return ticksOf(time.Date(year, time.Month(t.month), min(t.day, daysIn(year, t.month)), 0, 0, 0, 0, time.UTC)) + t.clock
	}
	first := time.Date(year, time.Month(t.month), 1, 0, 0, 0, 0, time.UTC)
	day := 1 + (t.weekday-int(first.Weekday())+7)%7 + 7*(t.week-1)
	if day > daysIn(year, t.month) { // week 5 is the last
		day -= 7
	}
	return ticksOf(time.Date(year, time.Month(t.month), day, 0, 0, 0, 0, time.UTC)) + t.clock
}

// zoneRule is an AdjustmentRule.
type zoneRule struct {
	from, to   val
	delta      int64
	start, end *transition
}

// DotNetType implements types.Object.
func (*zoneRule) DotNetType() *types.Type { return zoneRuleType }

// EqualTo implements types.Equatable.
func (r *zoneRule) EqualTo(v val) bool { s, ok := v.Ref().(*zoneRule); return ok && r.Key() == s.Key() }

// Key implements types.Equatable.
func (r *zoneRule) Key() string {
	return fmt.Sprint(dateTicks(r.from), dateTicks(r.to), r.delta, *r.start, *r.end)
}

// saves reports whether the rule's daylight saving holds at a standard clock time.
func (r *zoneRule) saves(ticks int64) bool {
	if ticks < dateTicks(r.from) || ticks >= dateTicks(r.to)+ticksPerDay {
		return false
	}
	year := goTime(ticks).Year()
	start, end := r.start.in(year), r.end.in(year)-r.delta // the end is told in daylight time
	if start < end {
		return ticks >= start && ticks < end
	}
	return ticks >= start || ticks < end
}

// allRules are the rules of z; of a zone of the tz database the one that holds in zoneYear.
func (z *timeZone) allRules() []*zoneRule {
	if z.loc == nil {
		return z.rules
	}
	var start, end *transition
	var delta int64
	for t := time.Date(zoneYear, 1, 1, 0, 0, 0, 0, time.UTC); t.Year() == zoneYear; t = t.Add(time.Hour) {
		before, after := t.Add(-time.Hour).In(z.loc), t.In(z.loc)
		if before.IsDST() == after.IsDST() {
			continue
		}
		clock := goTime(ticksOf(t) + secondsEast(before))
		if after.IsDST() {
			start, delta = floating(clock), secondsEast(after)-secondsEast(before)
		} else {
			end = floating(clock)
		}
	}
	if start == nil || end == nil {
		return nil
	}
	last := ticksOf(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
	return []*zoneRule{{from: makeDate(0, 0), to: makeDate(last, 0), delta: delta, start: start, end: end}}
}

// floating makes the rule of which t is this year's: its weekday in the first, ... or last week.
func floating(t time.Time) *transition {
	week := (t.Day()-1)/7 + 1
	if t.Day()+7 > daysIn(t.Year(), int(t.Month())) {
		week = 5
	}
	clock := int64(t.Hour())*ticksPerHour + int64(t.Minute())*ticksPerMinute
	return &transition{clock: clock, month: int(t.Month()), week: week, day: 1, weekday: int(t.Weekday())}
}

// zoneRules adds AdjustmentRule, TransitionTime, and the members of TimeZoneInfo that have them.
func zoneRules(r *types.Registry, b *types.Builder) {
	transitions(r)
	rule := r.Add(zoneRuleType)
	rule.Get("DateTime DateStart", self(func(r *zoneRule) val { return r.from })).Get("DateTime DateEnd", self(func(r *zoneRule) val { return r.to }))
	rule.Get("TimeSpan DaylightDelta", self(func(r *zoneRule) val { return makeSpan(r.delta) }))
	rule.Get("TimeZoneInfo.TransitionTime DaylightTransitionStart", self(func(r *zoneRule) val { return types.Ref(r.start) }))
	rule.Get("TimeZoneInfo.TransitionTime DaylightTransitionEnd", self(func(r *zoneRule) val { return types.Ref(r.end) }))
	rule.Method("bool Equals(TimeZoneInfo.AdjustmentRule other)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	rule.Func("TimeZoneInfo.AdjustmentRule CreateAdjustmentRule(DateTime dateStart, DateTime dateEnd, TimeSpan daylightDelta, TimeZoneInfo.TransitionTime daylightTransitionStart, TimeZoneInfo.TransitionTime daylightTransitionEnd)", func(c call, a []val) val {
		if dateTicks(a[0]) > dateTicks(a[1]) {
			c.ThrowArgument("System.ArgumentException", "The DateStart property must come before the DateEnd property.", "dateStart")
		}
		return types.Ref(&zoneRule{a[0], a[1], a[2].Long(), a[3].Ref().(*transition), a[4].Ref().(*transition)})
	})
	b.Method("TimeZoneInfo.AdjustmentRule[] GetAdjustmentRules()", func(c call, a []val) val {
		var list []val
		for _, r := range a[0].Ref().(*timeZone).allRules() {
			list = append(list, types.Ref(r))
		}
		return types.Ref(c.Types.NewArray(zoneRuleType, list))
	})
	b.Func("TimeZoneInfo CreateCustomTimeZone(string id, TimeSpan baseUtcOffset, string displayName, string standardDisplayName)", customZone)
	b.Func("TimeZoneInfo CreateCustomTimeZone(string id, TimeSpan baseUtcOffset, string displayName, string standardDisplayName, string daylightDisplayName, TimeZoneInfo.AdjustmentRule[] adjustmentRules)", customZone)
	b.Func("TimeZoneInfo CreateCustomTimeZone(string id, TimeSpan baseUtcOffset, string displayName, string standardDisplayName, string daylightDisplayName, TimeZoneInfo.AdjustmentRule[] adjustmentRules, bool disableDaylightSavingTime)", customZone)
	b.Func("void ClearCachedData()", func(call, []val) val { return types.Null })
	b.Func("ReadOnlyCollection<TimeZoneInfo> GetSystemTimeZones()", func(c call, _ []val) val { return types.Ref(&list{typ: c.Site.Result, items: systemZones(c)}) })
}

// systemZones are all that have a name, by offset and name.
func systemZones(c call) []val {
	zones := []val{types.Ref(utcZone())}
	for id := range windowsZones() {
		c.Step()
		zones = append(zones, types.Ref(findZone(c, str(id))))
	}
	slices.SortFunc(zones, func(x, y val) int {
		p, q := x.Ref().(*timeZone), y.Ref().(*timeZone)
		if d := p.standardOffset() - q.standardOffset(); d != 0 {
			return sign(int(d / ticksPerMinute))
		}
		return ordinal(p.id, q.id)
	})
	return zones
}

func customZone(c call, a []val) val {
	c.NotNull(a[0], "id")
	base := a[1].Long()
	if base < -14*ticksPerHour || base > 14*ticksPerHour {
		c.OutOfRange("baseUtcOffset", "The TimeSpan parameter must be within plus or minus 14.0 hours.")
	}
	z := &timeZone{id: a[0].Str(), base: base, display: a[2].Str(), standard: a[3].Str(), daylight: a[3].Str()}
	if len(a) > 4 {
		z.daylight = a[4].Str()
		if rules, ok := a[5].Ref().(*types.Array); ok && (len(a) < 7 || !a[6].Bool()) {
			for _, r := range rules.Items {
				c.NotNull(r, "adjustmentRules")
				z.rules = append(z.rules, r.Ref().(*zoneRule))
			}
		}
	}
	return types.Ref(z)
}

func transitions(r *types.Registry) {
	b := r.Add(transitionType)
	number := func(f func(t *transition) int) types.Func {
		return self(func(t *transition) val { return integer(f(t)) })
	}
	b.Get("int Month", number(func(t *transition) int { return t.month })).Get("int Week", number(func(t *transition) int { return t.week })).
		Get("int Day", number(func(t *transition) int { return t.day }))
	b.Get("DayOfWeek DayOfWeek", func(c call, a []val) val { return types.Of(c.Site.Result, uint64(a[0].Ref().(*transition).weekday)) })
	b.Get("DateTime TimeOfDay", self(func(t *transition) val { return makeDate(t.clock, 0) }))
	b.Get("bool IsFixedDateRule", self(func(t *transition) val { return types.Bool(t.fixed) }))
	b.Method("bool Equals(TimeZoneInfo.TransitionTime other)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Operator("bool operator ==(TimeZoneInfo.TransitionTime t1, TimeZoneInfo.TransitionTime t2)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Operator("bool operator !=(TimeZoneInfo.TransitionTime t1, TimeZoneInfo.TransitionTime t2)", func(_ call, a []val) val { return types.Bool(!types.Equal(a[0], a[1])) })
	check := func(c call, n, most int, name, message string) {
		if n < 1 || n > most {
			c.OutOfRange(name, message)
		}
	}
	b.Func("TimeZoneInfo.TransitionTime CreateFixedDateRule(DateTime timeOfDay, int month, int day)", func(c call, a []val) val {
		check(c, a[1].Int(), 12, "month", "The Month parameter must be in the range 1 through 12.")
		check(c, a[2].Int(), 31, "day", "The Day parameter must be in the range 1 through 31.")
		return types.Ref(&transition{clock: dateTicks(a[0]) % ticksPerDay, month: a[1].Int(), week: 1, day: a[2].Int(), fixed: true})
	})
	b.Func("TimeZoneInfo.TransitionTime CreateFloatingDateRule(DateTime timeOfDay, int month, int week, DayOfWeek dayOfWeek)", func(c call, a []val) val {
		check(c, a[1].Int(), 12, "month", "The Month parameter must be in the range 1 through 12.")
		check(c, a[2].Int(), 5, "week", "The Week parameter must be in the range 1 through 5.")
		check(c, a[3].Int()+1, 7, "dayOfWeek", "The DayOfWeek enumeration must be in the range 0 through 6.")
		return types.Ref(&transition{clock: dateTicks(a[0]) % ticksPerDay, month: a[1].Int(), week: a[2].Int(), day: 1, weekday: a[3].Int()})
	})
}
