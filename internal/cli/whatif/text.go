package whatif

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// printer writes text with nested colours.
type printer struct {
	strings.Builder
	color  bool
	colors []string
}

// in writes what f writes in a colour.
func (p *printer) in(color string, f func()) {
	if !p.color {
		f()
		return
	}
	p.colors = append(p.colors, color)
	p.WriteString(color)
	f()
	p.colors = p.colors[:len(p.colors)-1]
	back := reset
	if n := len(p.colors); n > 0 {
		back = p.colors[n-1]
	}
	p.WriteString(back)
}

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

func (p *printer) indent(level int) { p.put(strings.Repeat("  ", level)) }

// Text renders r, in colours if wanted. It ends without a line end.
func (r *Result) Text(color bool) string {
	p := &printer{color: color}
	p.legend(r.Changes)
	p.changes(r.Changes)
	p.stats(r.Changes)
	return p.String()
}

// legend explains the symbols that are used.
func (p *printer) legend(changes []Change) {
	if len(changes) == 0 {
		return
	}
	used := map[string]bool{}
	var look func(list []Property)
	look = func(list []Property) {
		for _, c := range list {
			t := c.Type
			if t == array {
				t = Modify
			}
			used[t] = true
			look(c.Children)
		}
	}
	for _, c := range changes {
		used[c.Type] = true
		look(c.Delta)
	}
	order := slices.SortedFunc(maps.Keys(used), func(a, b string) int { return cmp.Compare(weight(a), weight(b)) })
	p.put("Resource and property changes are indicated with ")
	if len(order) == 1 {
		p.put("this symbol:\n")
	} else {
		p.put("these symbols:\n")
	}
	for _, t := range order {
		p.indent(1)
		p.in(kinds[t].color, func() { p.put(kinds[t].symbol) })
		title := t
		if t == NoChange {
			title = "Nochange"
		}
		p.put(" ", title, "\n")
	}
}

func (p *printer) stats(changes []Change) {
	p.put("\nResource changes: ")
	if len(changes) == 0 {
		p.put("no change.")
		return
	}
	count := map[string]int{}
	for _, c := range changes {
		count[c.Type]++
	}
	order := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Compare(weight(a), weight(b)) })
	var parts []string
	for _, t := range order {
		parts = append(parts, strconv.Itoa(count[t])+" "+kinds[t].stats)
	}
	p.put(strings.Join(parts, ", "), ".")
}

// changes groups resources by scope, then by kind of change.
func (p *printer) changes(changes []Change) {
	if len(changes) == 0 {
		return
	}
	byScope := map[string][]Change{}
	names := map[string]string{}
	for _, c := range changes {
		s, _ := scope(c.ResourceID)
		key := strings.ToUpper(s)
		if names[key] == "" {
			names[key] = s
		}
		byScope[key] = append(byScope[key], c)
	}
	p.put("\nThe deployment will update the following ")
	if len(byScope) == 1 {
		p.put("scope:\n")
	} else {
		p.put("scopes:\n")
	}
	for _, key := range slices.Sorted(maps.Keys(byScope)) {
		p.put("\nScope: ", names[key], "\n")
		p.inScope(byScope[key])
	}
}

func (p *printer) inScope(changes []Change) {
	slices.SortStableFunc(changes, func(a, b Change) int {
		_, x := scope(a.ResourceID)
		_, y := scope(b.ResourceID)
		return cmp.Or(cmp.Compare(weight(a.Type), weight(b.Type)), cmp.Compare(x, y))
	})
	for i := range changes {
		c := &changes[i]
		p.in(kinds[c.Type].color, func() { p.change(c, i == len(changes)-1) })
	}
}

func (p *printer) change(c *Change, last bool) {
	_, name := scope(c.ResourceID)
	p.put("\n  ", kinds[c.Type].symbol, " ", name)
	if version := apiVersion(c); version != "" {
		p.in(reset, func() { p.put(" [", version, "]") })
	}
	switch {
	case c.Type == Create && len(c.After) > 0:
		p.json(c.After, "", 0, 2)
	case c.Type == Delete && len(c.Before) > 0:
		p.json(c.Before, "", 0, 2)
	case len(c.Delta) > 0:
		p.in(reset, func() {
			p.put("\n")
			p.properties(sorted(c.Delta), 2)
		})
	case last:
		p.put("\n")
	}
}

func apiVersion(c *Change) string {
	m := c.Before
	if m == nil {
		m = c.After
	}
	s, _ := m["apiVersion"].(string)
	return s
}

func sorted(list []Property) []Property {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b Property) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Path, b.Path)) })
	return out
}

func rank(c Property) int {
	return slices.Index([]string{Delete, Create, Modify, array, NoEffect}, c.Type) - boolInt(c.Type == array)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sortedItems orders the changes of a list by index.
func sortedItems(list []Property) []Property {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b Property) int {
		x, _ := strconv.Atoi(a.Path)
		y, _ := strconv.Atoi(b.Path)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(rank(a), rank(b)))
	})
	return out
}

func (p *printer) properties(list []Property, level int) {
	width := 0
	for _, c := range list {
		if leafPath(c) {
			width = max(width, len(c.Path))
		}
	}
	for _, c := range list {
		p.property(c, width, level)
		p.put("\n")
	}
}

// leafPath: only the paths of single values are aligned.
func leafPath(c Property) bool {
	switch c.Type {
	case Create:
		return leaf(c.After)
	case Delete, Modify:
		return leaf(c.Before)
	}
	return len(c.Children) == 0
}

func (p *printer) property(c Property, width, level int) {
	switch c.Type {
	case Delete:
		p.path(c, c.Before, width, level)
		p.in(orange, func() { p.json(c.Before, "", 0, level+1) })
	case Modify:
		p.path(c, c.Before, width, level)
		p.modify(c, level+1)
	case array:
		p.path(c, children(c.Children), width, level)
		p.array(c, level+1)
	case NoEffect:
		p.path(c, c.After, width, level)
		p.in(gray, func() { p.json(c.After, "", 0, level+1) })
	default:
		p.path(c, c.After, width, level)
		p.in(green, func() { p.json(c.After, "", 0, level+1) })
	}
}

// children are as many values, for the blanks after a path.
func children(list []Property) any {
	if len(list) == 0 {
		return nil
	}
	return make([]any, len(list))
}

// path is the symbol and the path, padded to where the value begins.
func (p *printer) path(c Property, value any, width, level int) {
	if c.Path == "" {
		return
	}
	padding := max(0, width-len(c.Path)+1)
	switch {
	case object(value), c.Type == Modify && len(c.Children) > 0:
		padding = 0
	case list(value):
		padding = 1
	}
	p.indent(level)
	p.in(kinds[c.Type].color, func() { p.put(kinds[c.Type].symbol) })
	p.put(" ", c.Path)
	p.in(reset, func() { p.put(":") })
	p.put(strings.Repeat(" ", padding))
}

func (p *printer) modify(c Property, level int) {
	if len(c.Children) > 0 {
		p.put("\n\n")
		p.properties(sorted(c.Children), level)
		return
	}
	p.in(orange, func() { p.json(c.Before, "", 0, level) })
	if object(c.Before) {
		p.put("\n")
		p.indent(level)
	} else {
		p.put(" ")
	}
	p.put("=>")
	if !object(c.After) {
		p.put(" ")
	}
	p.in(green, func() { p.json(c.After, "", 0, level) })
	if !leaf(c.Before) && leaf(c.After) {
		p.put("\n")
	}
}

func (p *printer) array(c Property, level int) {
	if c.Path == "" {
		level--
		p.indent(level)
	}
	if len(c.Children) == 0 {
		p.put("[]\n")
		return
	}
	p.put("[\n")
	p.properties(sortedItems(c.Children), level)
	p.indent(level)
	p.put("]")
}

// json writes a value; objects as one line for each path to a value in them.
func (p *printer) json(v any, path string, width, level int) {
	switch {
	case object(v):
		p.object(v.(map[string]any), path, width, level)
	case list(v):
		p.jsonPath(path, 1, level)
		p.list(v.([]any), level)
	default:
		p.jsonPath(path, width-len(path)+1, level)
		p.put(text(v))
	}
}

func (p *printer) jsonPath(path string, padding, level int) {
	if path == "" {
		return
	}
	p.indent(level)
	p.put(path)
	p.in(reset, func() { p.put(":") })
	p.put(strings.Repeat(" ", max(0, padding)))
}

func (p *printer) object(m map[string]any, path string, width, level int) {
	if path == "" {
		p.put("\n\n")
		width = widest(m)
		level++
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		at := k
		if path != "" {
			at = path + "." + k
		}
		p.json(m[k], at, width, level)
		if !object(m[k]) {
			p.put("\n")
		}
	}
}

func (p *printer) list(items []any, level int) {
	p.in(reset, func() { p.put("[") })
	p.put("\n")
	width := len(strconv.Itoa(len(items) - 1))
	for i, v := range items {
		if object(v) {
			p.jsonPath(strconv.Itoa(i), 0, level+1)
			p.object(v.(map[string]any), "", 0, level+1)
		} else {
			p.json(v, strconv.Itoa(i), width, level+1)
		}
		p.put("\n")
	}
	p.indent(level)
	p.in(reset, func() { p.put("]") })
}

// widest is the length of the longest path to a value in m, lists left aside.
func widest(m map[string]any) int {
	n := 0
	for k, v := range m {
		switch {
		case list(v):
		case object(v):
			n = max(n, len(k)+1+widest(v.(map[string]any)))
		default:
			n = max(n, len(k))
		}
	}
	return n
}

func object(v any) bool { m, ok := v.(map[string]any); return ok && len(m) > 0 }
func list(v any) bool   { a, ok := v.([]any); return ok && len(a) > 0 }
func leaf(v any) bool   { return !object(v) && !list(v) }

func text(v any) string {
	switch v := v.(type) {
	case string:
		return `"` + v + `"`
	case nil:
		return "null"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
