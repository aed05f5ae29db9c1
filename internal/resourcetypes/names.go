package resourcetypes

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed names.txt
var namesText string

// section is what names.txt says of one namespace in one casing.
type section struct {
	namespace string
	versions  string // separated by spaces, in ascending order
	lines     string // the types: " NAME RANGES\n" each
}

// sections finds the sections of a namespace by its name in lower case. The first
// lookup pays for it; the types themselves are read when they are asked for.
var sections = sync.OnceValue(readSections)

func readSections() map[string][]section {
	byName := map[string][]section{}
	text := namesText
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		if text = rest; strings.HasPrefix(line, "#") {
			continue
		}
		s := section{}
		s.namespace, s.versions, _ = strings.Cut(line, " ")
		s.lines = text[:endOfTypes(text)]
		text = text[len(s.lines):]
		key := strings.ToLower(s.namespace)
		byName[key] = append(byName[key], s)
	}
	return byName
}

// endOfTypes is the length of the lines at the start of text that begin with a space.
func endOfTypes(text string) int {
	for at := 0; ; {
		if at >= len(text) || text[at] != ' ' {
			return at
		}
		at += strings.IndexByte(text[at:], '\n') + 1
	}
}

// Canonical is a type's name in Azure's casing, and the API version in Azure's
// casing. The casing of a type may differ from one version to another. ok is false
// when Azure publishes no such type at that version.
func Canonical(name, version string) (canonical, canonicalVersion string, ok bool) {
	canonical, canonicalVersion, _, ok = find(name, version)
	return canonical, canonicalVersion, ok
}

// find is Canonical, with the place of the version among those of the type in that casing.
func find(name, version string) (canonical, canonicalVersion string, place int, ok bool) {
	eachCasing(name, func(exact string, s section, ranges string) bool {
		canonical = exact
		canonicalVersion, place, ok = s.version(ranges, version)
		return !ok
	})
	if !ok {
		return "", "", 0, false
	}
	return canonical, canonicalVersion, place, true
}

// version finds a version among those in ranges: its casing, and its place.
func (s section) version(ranges, version string) (exact string, place int, ok bool) {
	i := 0
	for v := range strings.SplitSeq(s.versions, " ") {
		if within(ranges, i) {
			if strings.EqualFold(v, version) {
				return v, place, true
			}
			place++
		}
		i++
	}
	return "", 0, false
}

// starts are the places of the types of a namespace among all its types at all
// versions, where their first version is, and how many places there are.
func starts(namespace string) (by map[string]int, count int) {
	by = map[string]int{}
	for _, s := range sections()[namespace] {
		for line := range strings.SplitSeq(s.lines, "\n") {
			if name, ranges, ok := strings.Cut(strings.TrimPrefix(line, " "), " "); ok {
				by[s.namespace+"/"+name] = count
				count += size(ranges)
			}
		}
	}
	return by, count
}

// size is how many places ranges has.
func size(ranges string) int {
	n := 0
	for r := range strings.SplitSeq(ranges, ",") {
		first, last, span := strings.Cut(r, "-")
		n++
		if span {
			low, _ := strconv.Atoi(first)
			high, _ := strconv.Atoi(last)
			n += high - low
		}
	}
	return n
}

// Versions are the API versions of a type in ascending order; nil when Azure
// publishes no such type.
func Versions(name string) []string {
	var out []string
	eachCasing(name, func(_ string, s section, ranges string) bool {
		i := 0
		for v := range strings.SplitSeq(s.versions, " ") {
			if within(ranges, i) {
				out = insert(out, v)
			}
			i++
		}
		return true
	})
	return out
}

// Names are all types that Azure publishes, in Azure's casings.
func Names() []string {
	var out []string
	for _, list := range sections() {
		for _, s := range list {
			for line := range strings.Lines(s.lines) {
				name, _, _ := strings.Cut(line[1:], " ")
				out = append(out, s.namespace+"/"+name)
			}
		}
	}
	return out
}

// insert adds v to a sorted list. Types with several casings have a line for each,
// with versions that lie between each other.
func insert(list []string, v string) []string {
	i := len(list)
	for i > 0 && list[i-1] > v {
		i--
	}
	return append(list[:i], append([]string{v}, list[i:]...)...)
}

// eachCasing visits the lines of a type until visit returns false.
func eachCasing(name string, visit func(exact string, s section, ranges string) bool) {
	namespace, rest, ok := strings.Cut(name, "/")
	if !ok {
		return
	}
	for _, s := range sections()[strings.ToLower(namespace)] {
		for line := range strings.SplitSeq(s.lines, "\n") {
			if len(line) <= len(rest)+1 || line[len(rest)+1] != ' ' || !strings.EqualFold(line[1:len(rest)+1], rest) {
				continue
			}
			if !visit(s.namespace+"/"+line[1:len(rest)+1], s, line[len(rest)+2:]) {
				return
			}
		}
	}
}

// within reports whether i is in ranges, such as "0-4,7".
func within(ranges string, i int) bool {
	for r := range strings.SplitSeq(ranges, ",") {
		first, last, span := strings.Cut(r, "-")
		low, _ := strconv.Atoi(first)
		high := low
		if span {
			high, _ = strconv.Atoi(last)
		}
		if low <= i && i <= high {
			return true
		}
	}
	return false
}
