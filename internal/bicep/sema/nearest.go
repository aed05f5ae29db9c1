package sema

import (
	"slices"
	"strings"
)

// Nearest finds the candidate that a person most likely meant by name, or "": one
// that differs in case only, or by one change in three letters. The rule is the
// official compiler's.
func Nearest(name string, candidates []string) string {
	candidates = slices.Clone(candidates)
	slices.SortFunc(candidates, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	reach := int(float64(len(name)) * 0.34)
	most := reach + 1
	best, close := "", false
	upper := strings.ToUpper(name)
	for _, c := range candidates {
		if gap := len(name) - len(c); c == "" || max(gap, -gap) > min(reach, 2) {
			continue
		}
		other := strings.ToUpper(c)
		if upper == other {
			return c
		}
		if close || len(c) < 3 {
			continue
		}
		switch d := distance(upper, other); {
		case d >= most:
		case d < 2: // nothing but the same letters is nearer
			best, close = c, true
		default:
			best, most = c, d
		}
	}
	return best
}

// distance is how many letters must be changed to make b of a.
func distance(a, b string) int {
	prev, cur := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cur[j] = prev[j-1]
			if a[i-1] != b[j-1] {
				cur[j] = 1 + min(prev[j], cur[j-1], prev[j-1])
			}
		}
		prev, cur = cur, prev
	}
	return prev[len(b)]
}
