package pipeline

import (
	"fmt"
	"strings"

	"gatehouse/internal/pipeline/syntax"
)

// dependency is a stage or job with what it waits for.
type dependency struct {
	name string
	on   []string
	node *syntax.Node
}

// order gives the indexes of the list in an order in which all may run: as written,
// but after what each waits for. Unknown names, names used twice and cycles are refused.
func (r *reading) order(list []dependency, what string) []int {
	index := map[string]int{}
	var known []string
	for i, d := range list {
		if _, twice := index[strings.ToLower(d.name)]; twice {
			r.fail(d.node, CodeName, fmt.Sprintf("There are two %ss named '%s'.", what, d.name), "Rename one of them.")
		}
		index[strings.ToLower(d.name)] = i
		known = append(known, d.name)
	}
	var out []int
	state := make([]uint8, len(list)) // 1: being visited, 2: done
	var visit func(i int) bool
	visit = func(i int) bool {
		if state[i] != 0 {
			return state[i] == 2
		}
		state[i] = 1
		for _, on := range list[i].on {
			j, ok := index[strings.ToLower(on)]
			if !ok {
				r.fail(list[i].node, CodeName, fmt.Sprintf("The %s '%s' depends on '%s', which does not exist.", what, list[i].name, on), nearHint(on, known))
				continue
			}
			if !visit(j) {
				r.fail(list[i].node, CodeName, fmt.Sprintf("The %s '%s' depends on itself, through '%s'.", what, list[i].name, on), "Remove one of the dependencies.")
				state[i] = 2
				return true
			}
		}
		state[i] = 2
		out = append(out, i)
		return true
	}
	for i := range list {
		visit(i)
	}
	return out
}

func ordered[T any](list []T, order []int) []T {
	out := make([]T, 0, len(list))
	for _, i := range order {
		out = append(out, list[i])
	}
	return out
}
