package snapshotbuild

import (
	"strings"

	"gatehouse/internal/provider/apim"
	"gatehouse/internal/snapshot"
)

func poolOf(p map[string]any) (list []snapshot.PoolMember) {
	if text(p, "type") != "Pool" {
		return nil
	}
	services, _ := object(p, "pool")["services"].([]any)
	for _, e := range services {
		m, _ := e.(map[string]any)
		list = append(list, snapshot.PoolMember{Backend: strings.ToLower(lastSegment(text(m, "id"))), Weight: max(1, apim.Number(m["weight"])), Priority: apim.Number(m["priority"])})
	}
	return list
}

func breakerOf(p map[string]any) *snapshot.Breaker {
	rules, _ := p["rules"].([]any)
	if len(rules) == 0 {
		return nil
	}
	rule, _ := rules[0].(map[string]any)
	when := object(rule, "failureCondition")
	b := &snapshot.Breaker{Name: text(rule, "name"), Count: apim.Number(when["count"]), Percentage: apim.Number(when["percentage"]),
		Errors: texts(when["errorReasons"]), AcceptRetryAfter: flag(rule, "acceptRetryAfter", false)}
	b.Interval, _ = apim.ParseSpan(text(when, "interval"))
	b.TripFor, _ = apim.ParseSpan(text(rule, "tripDuration"))
	ranges, _ := when["statusCodeRanges"].([]any)
	for _, e := range ranges {
		m, _ := e.(map[string]any)
		b.Statuses = append(b.Statuses, snapshot.StatusRange{Min: apim.Number(m["min"]), Max: apim.Number(m["max"])})
	}
	return b
}
