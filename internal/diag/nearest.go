package diag

import "strings"

// Nearest is the word of a list that a person may have meant by name: the one with
// the fewest edits, case aside, when those are few for its length; else "".
func Nearest(name string, words []string) string {
	best, bestCost := "", max(1, len(name)/3)+1
	for _, w := range words {
		if c := edits(strings.ToLower(name), strings.ToLower(w), bestCost+1); c < bestCost || c == bestCost && best != "" && w < best {
			best, bestCost = w, c
		}
	}
	return best
}

// edits is the distance of a and b in insertions, deletions, replacements and
// swaps of neighbours; limit or more when it is at least limit.
func edits(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 100 || len(y) > 100 || abs(len(x)-len(y)) >= limit {
		return limit
	}
	var before []int
	last := make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return min(last[len(y)], limit)
}

func abs(n int) int { return max(n, -n) }
