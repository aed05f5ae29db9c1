package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// names is the text of names.txt: a line for each namespace with its API versions,
// then an indented line for each type with the ranges of those that it has.
func names(files []typesFile) []byte {
	byNamespace := map[string]map[string]map[string]bool{} // namespace, type, version
	for _, f := range files {
		for _, e := range f {
			if e.Kind != "ResourceType" {
				continue
			}
			name, version, _ := strings.Cut(e.Name, "@")
			namespace, rest, _ := strings.Cut(name, "/")
			child(child(byNamespace, namespace), rest)[version] = true
		}
	}
	var b bytes.Buffer
	b.WriteString("# Made by generate from Azure/bicep-types-az: NAMESPACE VERSIONS, then for each type its name and\n# the places of its versions in that list, counted from 0.\n")
	for _, namespace := range slices.SortedFunc(maps.Keys(byNamespace), fold) {
		section(&b, namespace, byNamespace[namespace])
	}
	return b.Bytes()
}

func child[V any](m map[string]map[string]V, key string) map[string]V {
	if m[key] == nil {
		m[key] = map[string]V{}
	}
	return m[key]
}

// fold orders names without regard to case, those that are equal then by case.
func fold(a, b string) int {
	if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func section(b *bytes.Buffer, namespace string, types map[string]map[string]bool) {
	all := map[string]bool{}
	for _, versions := range types {
		maps.Copy(all, versions)
	}
	sorted := slices.Sorted(maps.Keys(all))
	fmt.Fprintln(b, namespace, strings.Join(sorted, " "))
	for _, name := range slices.SortedFunc(maps.Keys(types), fold) {
		fmt.Fprintf(b, " %s %s\n", name, ranges(sorted, types[name]))
	}
}

// ranges are the places in all of what is in some, such as "0-4,7".
func ranges(all []string, some map[string]bool) string {
	var parts []string
	for i := 0; i < len(all); i++ {
		if !some[all[i]] {
			continue
		}
		first := i
		for i+1 < len(all) && some[all[i+1]] {
			i++
		}
		if first == i {
			parts = append(parts, fmt.Sprint(first))
			continue
		}
		parts = append(parts, fmt.Sprintf("%d-%d", first, i))
	}
	return strings.Join(parts, ",")
}
