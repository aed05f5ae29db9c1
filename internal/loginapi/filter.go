package loginapi

import (
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/azerr"
)

// A clause of $filter, in one of the forms that deployment tools send. A quote in a
// value is doubled, as OData has it.
var (
	filterEquals = regexp.MustCompile(`^([A-Za-z]+) eq '((?:[^']|'')*)'$`)
	filterStarts = regexp.MustCompile(`^startswith\(([A-Za-z]+), ?'((?:[^']|'')*)'\)$`)
	filterAny    = regexp.MustCompile(`^([A-Za-z]+)/any\(([a-z]+): ?([a-z]+) eq '((?:[^']|'')*)'\)$`)
	filterSplit  = regexp.MustCompile(`^((?:[^']|'(?:[^']|'')*')*?) (and|or) (.*)$`)
)

// maxFilter bounds a $filter: each clause is matched on its own.
const maxFilter = 2048

// parseFilter reads clauses joined by `and` or by `or`, not by both.
func parseFilter(s string) (func(map[string]any) bool, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxFilter {
		return nil, azerr.GraphUnsupported.New("$filter is too long.")
	}
	if s == "" {
		return func(map[string]any) bool { return true }, nil
	}
	if m := filterSplit.FindStringSubmatch(s); m != nil {
		left, err := parseFilter(m[1])
		if err != nil {
			return nil, err
		}
		right, err := parseFilter(m[3])
		if err != nil {
			return nil, err
		}
		if more := filterSplit.FindStringSubmatch(m[3]); more != nil && more[2] != m[2] {
			return nil, azerr.GraphUnsupported.New("$filter mixes 'and' and 'or': " + s)
		}
		if m[2] == "and" {
			return func(v map[string]any) bool { return left(v) && right(v) }, nil
		}
		return func(v map[string]any) bool { return left(v) || right(v) }, nil
	}
	return parseClause(s)
}

func parseClause(s string) (func(map[string]any) bool, error) {
	if m := filterEquals.FindStringSubmatch(s); m != nil {
		return func(v map[string]any) bool { return strings.EqualFold(text(v, m[1]), unquote(m[2])) && v[m[1]] != nil }, nil
	}
	if m := filterStarts.FindStringSubmatch(s); m != nil {
		prefix := strings.ToLower(unquote(m[2]))
		return func(v map[string]any) bool { return strings.HasPrefix(strings.ToLower(text(v, m[1])), prefix) }, nil
	}
	if m := filterAny.FindStringSubmatch(s); m != nil && m[2] == m[3] {
		return func(v map[string]any) bool {
			list, _ := v[m[1]].([]string)
			return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, unquote(m[4])) })
		}, nil
	}
	return nil, azerr.GraphUnsupported.New("$filter is not understood: " + s)
}

func unquote(s string) string { return strings.ReplaceAll(s, "''", "'") }
