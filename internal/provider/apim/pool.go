package apim

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"

	"gatehouse/internal/resourceid"
)

// checkPool reads the members of a pool of backends.
// https://learn.microsoft.com/azure/api-management/backends#load-balanced-pool
func (p *Provider) checkPool(ctx context.Context, f *fields, self resourceid.ID) error {
	pool, ok := f.object("pool")
	if !ok {
		f.wrong("pool", "'pool' must be given for a backend of type Pool, with its services.")
		return nil
	}
	pool.only([]string{"services"}, nil)
	list, _ := pool.m["services"].([]any)
	if len(list) == 0 || len(list) > 30 {
		pool.wrong("services", "'pool.services' must hold 1 to 30 backends.")
	}
	for i, e := range list {
		m, _ := e.(map[string]any)
		s := &fields{m: m, at: fmt.Sprintf("%sservices[%d].", pool.at, i), problems: f.problems}
		if m == nil {
			s.wrong("id", "'%sid' must not be empty.", s.at)
			continue
		}
		s.only([]string{"id", "weight", "priority"}, nil)
		for _, name := range []string{"weight", "priority"} {
			if n := s.number(name); n != nil && (*n < 0 || *n > 100) {
				s.wrong(name, "'%s%s' must be a number from 0 to 100.", s.at, name)
			}
		}
		ref := s.text("id", true, 0)
		if ref == "" {
			continue
		}
		id, ok := mine(serviceOf(self), "backends", ref)
		if !ok || id.Equal(self) {
			s.wrong("id", "'%s' is not another backend of the service '%s'.", ref, serviceOf(self).Name())
			continue
		}
		found, err := p.arm.Stored(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case found == nil:
			s.wrong("id", "Backend with id '%s' could not be found.", id.Name())
		case text(found, "type") == "Pool":
			s.wrong("id", "The backend '%s' is a pool itself; a pool holds single backends.", id.Name())
		default:
			m["id"] = found.ID.String()
		}
	}
	return nil
}

// checkBreaker reads the rule of a circuit breaker.
// https://learn.microsoft.com/azure/api-management/backends#circuit-breaker
func checkBreaker(f *fields) {
	b, ok := f.object("circuitBreaker")
	if !ok {
		return
	}
	b.only([]string{"rules"}, nil)
	rules, _ := b.m["rules"].([]any)
	m, isObject := first(rules).(map[string]any)
	if len(rules) != 1 || !isObject {
		b.wrong("rules", "'circuitBreaker.rules' must hold one rule.")
		return
	}
	r := &fields{m: m, at: b.at + "rules[0].", problems: f.problems}
	r.only([]string{"name", "failureCondition", "tripDuration", "acceptRetryAfter"}, nil)
	r.text("name", true, 80)
	r.span("tripDuration", true)
	r.flag("acceptRetryAfter", false)
	c, ok := r.object("failureCondition")
	if !ok {
		r.wrong("failureCondition", "'%sfailureCondition' must be given.", r.at)
		return
	}
	c.only([]string{"count", "percentage", "interval", "statusCodeRanges", "errorReasons"}, nil)
	count, percentage := c.number("count"), c.number("percentage")
	if (count == nil) == (percentage == nil) || count != nil && (*count < 1 || *count > 10_000) || percentage != nil && (*percentage < 1 || *percentage > 100) {
		c.wrong("count", "'%scount' must be 1 to 10000, or '%[1]spercentage' 1 to 100: one of the two.", c.at)
	}
	c.span("interval", true)
	c.texts("errorReasons")
	ranges, _ := c.m["statusCodeRanges"].([]any)
	for i, e := range ranges {
		m, _ := e.(map[string]any)
		s := &fields{m: m, at: fmt.Sprintf("%sstatusCodeRanges[%d].", c.at, i), problems: f.problems}
		low, high := s.number("min"), s.number("max")
		if low == nil || high == nil || *low < 200 || *high > 599 || *low > *high {
			s.wrong("min", "'%smin' and 'max' must be statuses from 200 to 599, in order.", s.at)
		}
	}
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// span checks an ISO 8601 duration.
func (f *fields) span(name string, required bool) {
	if s := f.text(name, required, 40); s != "" {
		if d, ok := ParseSpan(s); !ok || d <= 0 {
			f.wrong(name, "'%s' must be a duration in the form of ISO 8601, for example PT30S or PT1H.", f.at+name)
		}
	}
}

var spanForm = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

// ParseSpan reads an ISO 8601 duration of days, hours, minutes and seconds.
func ParseSpan(s string) (time.Duration, bool) {
	m := spanForm.FindStringSubmatch(s)
	if m == nil || s == "P" || s[len(s)-1] == 'T' {
		return 0, false
	}
	total := 0.0
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if m[i+1] != "" {
			n, err := strconv.ParseFloat(m[i+1], 64)
			if err != nil {
				return 0, false
			}
			total += n * float64(unit)
		}
	}
	return time.Duration(total), total < math.MaxInt64/2
}

// Number is a whole number of stored properties; 0 for none.
func Number(v any) int {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return 0
		}
		return int(n)
	case float64:
		return int(v)
	case int:
		return v
	case int64:
		return int(v)
	}
	return 0
}
