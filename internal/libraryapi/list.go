package libraryapi

import (
	"context"
	"strings"

	"gatehouse/internal/identity"
)

// listOf is the envelope of every list.
func listOf(value []map[string]any) map[string]any {
	if value == nil {
		value = []map[string]any{}
	}
	return map[string]any{"count": len(value), "value": value}
}

// listNamed answers the list of one kind. With ?runId= it takes each name of the
// parameter as that run may use it, or fails; without it shows what the caller may
// see, filtered by the names. body is told whether it is for a run.
func listNamed[T any](c *call, parameter string, forRun func(context.Context, identity.Caller, int64, string) (*T, error),
	all func(context.Context, identity.Caller) ([]T, error), name func(*T) string, body func(item *T, forRun bool) map[string]any) (any, error) {
	wanted := names(c, parameter)
	run, err := c.run()
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	if run != 0 {
		for _, w := range wanted {
			item, err := forRun(c.Context(), c.caller, run, w)
			if err != nil {
				return nil, err
			}
			out = append(out, body(item, true))
		}
		return listOf(out), nil
	}
	items, err := all(c.Context(), c.caller)
	for i := range items {
		if matches(wanted, name(&items[i])) {
			out = append(out, body(&items[i], false))
		}
	}
	return listOf(out), err
}

// names reads a list that is separated by commas.
func names(c *call, parameter string) []string {
	text := c.URL.Query().Get(parameter)
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func matches(wanted []string, name string) bool {
	for _, w := range wanted {
		if strings.EqualFold(w, name) {
			return true
		}
	}
	return len(wanted) == 0
}
