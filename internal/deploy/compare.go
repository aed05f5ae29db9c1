package deploy

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/template"
)

// preview asks the provider what a write would store; hidden reports that it would change
// what is never shown, such as a password or a secret's value. after is nil when the
// provider can't tell, since what the resource depends on is not there yet.
func (l *live) preview(ctx context.Context, n *template.Node, body map[string]any, complete bool) (after map[string]any, hidden bool) {
	if !complete {
		return nil, false
	}
	made, stored, err := l.arm.Preview(ctx, l.caller, n.ID, n.APIVersion, body)
	if err != nil || made == nil {
		return nil, false // the checks before the first write have reported what is wrong
	}
	if stored != nil {
		hidden = stored.Revision == 0 && !made.Settled || made.Unsettled || stored.Deleting || !sameValue(plain(stored.Private), plain(made.Private))
	}
	return plain(l.arm.Wire(made)), hidden
}

// delta compares what is there with the prediction or, where there is none, with what is sent.
func delta(body, before, after map[string]any) []any {
	if after == nil {
		return compare("", before, plain(body), true)
	}
	return compare("", withoutVolatile(before), withoutVolatile(after), false)
}

// unchanged reports that a write would leave the resource exactly as it is, by the rules by
// which what-if says NoChange.
func (l *live) unchanged(ctx context.Context, n *template.Node, body map[string]any) bool {
	before, err := l.Reference(ctx, n.ID, n.APIVersion)
	if err != nil {
		return false
	}
	after, hidden := l.preview(ctx, n, body, true)
	return after != nil && !hidden && len(delta(body, before, after)) == 0
}

// volatile are members that change with every write or that only the server sets.
var volatile = map[string]bool{"etag": true, "systemdata": true}

func withoutVolatile(m map[string]any) map[string]any {
	out := maps.Clone(m)
	maps.DeleteFunc(out, func(k string, _ any) bool { return volatile[strings.ToLower(k)] })
	return out
}

// compare lists the differences of two objects as what-if shows them: {path,
// propertyChangeType, before, after, children}. With subset, what after lacks is no change.
func compare(path string, before, after map[string]any, subset bool) []any {
	var out []any
	for _, k := range slices.Sorted(maps.Keys(after)) {
		at := join(path, k)
		was, ok := lookup(before, k)
		out = append(out, difference(at, was, ok, after[k], subset)...)
	}
	if subset {
		return out
	}
	for _, k := range slices.Sorted(maps.Keys(before)) {
		if _, ok := lookup(after, k); !ok && before[k] != nil {
			out = append(out, map[string]any{"path": join(path, k), "propertyChangeType": changeDelete, "before": before[k], "after": nil})
		}
	}
	return out
}

func join(path, k string) string {
	if path == "" {
		return k
	}
	return path + "." + k
}

// lookup ignores the case of the key where it must.
func lookup(m map[string]any, key string) (any, bool) {
	if v, ok := m[key]; ok {
		return v, true
	}
	for k, v := range m {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	return nil, false
}

func difference(path string, before any, there bool, after any, subset bool) []any {
	if sameValue(before, after) || subset && sameText(path, before, after) {
		return nil
	}
	b, bObject := before.(map[string]any)
	a, aObject := after.(map[string]any)
	if aObject && bObject {
		return compare(path, b, a, subset)
	}
	kind := changeModify
	if _, list := after.([]any); list {
		if _, was := before.([]any); was {
			kind = "Array"
		}
	}
	if !there || before == nil {
		kind = changeCreate
	}
	change := map[string]any{"path": path, "propertyChangeType": kind, "before": before, "after": after}
	if kind == "Array" {
		change["children"] = elements(before.([]any), after.([]any), subset)
	}
	return []any{change}
}

// sameText: locations are shown without spaces and in lower case.
func sameText(path string, before, after any) bool {
	b, isText := before.(string)
	a, alsoText := after.(string)
	return path == "location" && isText && alsoText && strings.EqualFold(b, strings.ReplaceAll(a, " ", ""))
}

func elements(before, after []any, subset bool) []any {
	out := []any{}
	for i := range max(len(before), len(after)) {
		path := strconv.Itoa(i)
		switch {
		case i >= len(after):
			out = append(out, map[string]any{"path": path, "propertyChangeType": changeDelete, "before": before[i], "after": nil})
		case i >= len(before):
			out = append(out, map[string]any{"path": path, "propertyChangeType": changeCreate, "before": nil, "after": after[i]})
		default:
			out = append(out, difference(path, before[i], true, after[i], subset)...)
		}
	}
	return out
}

// sameValue compares decoded JSON; numbers by value, absent and null alike.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range a {
			if !sameValue(v, b[k]) {
				return false
			}
		}
		for k, v := range b {
			if _, ok := a[k]; !ok && v != nil {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	}
	if x, ok := numeric(a); ok {
		y, ok := numeric(b)
		return ok && x == y
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

func numeric(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}
