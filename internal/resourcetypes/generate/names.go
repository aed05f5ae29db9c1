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
func names(spaces []*namespace) []byte {
	var b bytes.Buffer
	b.WriteString("# Made by generate from Azure/bicep-types-az: NAMESPACE VERSIONS, then for each type its name and\n# the places of its versions in that list, counted from 0.\n")
	for _, s := range spaces {
		fmt.Fprintln(&b, s.name, strings.Join(s.versions(), " "))
		for _, t := range s.types() {
			fmt.Fprintf(&b, " %s %s\n", t, ranges(s.versions(), s.resources[t]))
		}
	}
	return b.Bytes()
}

// namespace is what is published of one namespace in one casing.
type namespace struct {
	name      string
	resources map[string]map[string]*resource // by type and version
}

// resource is one type at one version.
type resource struct {
	file  typesFile
	place int // in file
}

// namespaces are all that the files have, in the order of names.
func namespaces(files []typesFile) []*namespace {
	byName := map[string]*namespace{}
	for _, f := range files {
		for i, e := range f {
			if e.Kind != "ResourceType" {
				continue
			}
			full, version, _ := strings.Cut(e.Name, "@")
			name, rest, _ := strings.Cut(full, "/")
			s := byName[name]
			if s == nil {
				s = &namespace{name, map[string]map[string]*resource{}}
				byName[name] = s
			}
			if s.resources[rest] == nil {
				s.resources[rest] = map[string]*resource{}
			}
			s.resources[rest][version] = &resource{f, i}
		}
	}
	var out []*namespace
	for _, name := range slices.SortedFunc(maps.Keys(byName), fold) {
		out = append(out, byName[name])
	}
	return out
}

func (s *namespace) types() []string { return slices.SortedFunc(maps.Keys(s.resources), fold) }

// versions are those of all types of s.
func (s *namespace) versions() []string {
	all := map[string]bool{}
	for _, versions := range s.resources {
		for v := range versions {
			all[v] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// fold orders names without regard to case, those that are equal then by case.
func fold(a, b string) int {
	if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// ranges are the places in all of what is in some, such as "0-4,7".
func ranges[V any](all []string, some map[string]V) string {
	has := func(i int) bool {
		_, ok := some[all[i]]
		return ok
	}
	var parts []string
	for i := 0; i < len(all); i++ {
		if !has(i) {
			continue
		}
		first := i
		for i+1 < len(all) && has(i+1) {
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
