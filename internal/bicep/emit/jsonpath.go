package emit

import (
	"encoding/json"
	"strconv"
	"strings"
)

// maxSelected is how many values a JSON path may select on the way.
const maxSelected = 1 << 17

// selectPath follows a JSON path as Newtonsoft.Json's SelectTokens does: names with
// or without "$" before them, [0], ['a','b'], [1:3], *, "..", and filters such as
// [?(@.price > 3)]. ok is false when it selects nothing or is not one.
func selectPath(v any, path string) (selected any, ok bool) {
	p := &pathReader{text: strings.TrimPrefix(path, "$"), root: v}
	found := p.steps([]any{v})
	if p.bad || p.text != "" || len(found) == 0 {
		return nil, false
	}
	if len(found) == 1 {
		return found[0], true
	}
	return found, true
}

// pathReader reads what is left of a path and applies it.
type pathReader struct {
	text string
	root any
	bad  bool
}

func (p *pathReader) fail() []any {
	p.bad = true
	return nil
}

// take cuts prefix off the text.
func (p *pathReader) take(prefix string) bool {
	rest, ok := strings.CutPrefix(p.text, prefix)
	if ok {
		p.text = rest
	}
	return ok
}

func (p *pathReader) blanks() { p.text = strings.TrimLeft(p.text, " ") }

// steps applies the path to all of from, up to a character that no step begins with.
func (p *pathReader) steps(from []any) []any {
	for first := true; !p.bad && p.text != ""; first = false {
		switch {
		case p.take(".."):
			from = p.descendants(from)
			if !strings.HasPrefix(p.text, "[") {
				from = p.named(from)
			}
		case p.take("."):
			from = p.named(from)
		case p.take("["):
			from = p.bracket(from)
		case first && !strings.ContainsAny(p.text[:1], " )=!<>&|,]"):
			from = p.named(from)
		default:
			return from
		}
		if len(from) > maxSelected {
			return p.fail()
		}
	}
	return from
}

// named applies a plain name or *.
func (p *pathReader) named(from []any) []any {
	end := strings.IndexAny(p.text, ".[ )=!<>&|")
	if end < 0 {
		end = len(p.text)
	}
	name := p.text[:end]
	if p.text = p.text[end:]; name == "" {
		return p.fail()
	}
	return pick(from, func(v any) []any {
		if name == "*" {
			return items(v)
		}
		return memberOf(v, name)
	})
}

// pick joins what step gives for each value.
func pick(from []any, step func(any) []any) []any {
	var out []any
	for _, v := range from {
		if out = append(out, step(v)...); len(out) > maxSelected {
			break
		}
	}
	return out
}

func memberOf(v any, name string) []any {
	if o, ok := v.(*object); ok {
		for _, m := range o.members {
			if m.key == name {
				return []any{m.value}
			}
		}
	}
	return nil
}

func items(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case *object:
		out := make([]any, len(v.members))
		for i, m := range v.members {
			out[i] = m.value
		}
		return out
	}
	return nil
}

// descendants are the values themselves and everything in them.
func (p *pathReader) descendants(from []any) []any {
	var out []any
	var visit func(v any)
	visit = func(v any) {
		if out = append(out, v); len(out) > maxSelected {
			return
		}
		for _, x := range items(v) {
			visit(x)
		}
	}
	for _, v := range from {
		visit(v)
	}
	return out
}

// bracket applies [...], whose opening bracket has been read.
func (p *pathReader) bracket(from []any) []any {
	p.blanks()
	var out []any
	switch {
	case p.take("?"):
		return p.filter(from)
	case p.take("*"):
		out = pick(from, items)
	case strings.HasPrefix(p.text, "'"), strings.HasPrefix(p.text, `"`):
		out = p.names(from)
	default:
		out = p.indexes(from)
	}
	p.blanks()
	if !p.take("]") {
		return p.fail()
	}
	return out
}

// names applies 'a','b'.
func (p *pathReader) names(from []any) []any {
	var names []string
	for {
		name, ok := p.quoted()
		if !ok {
			return p.fail()
		}
		names = append(names, name)
		if p.blanks(); !p.take(",") {
			break
		}
		p.blanks()
	}
	return pick(from, func(v any) []any {
		return pick(texts(names), func(name any) []any { return memberOf(v, name.(string)) })
	})
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// quoted reads a string in single or double quotes.
func (p *pathReader) quoted() (string, bool) {
	if p.text == "" || p.text[0] != '\'' && p.text[0] != '"' {
		return "", false
	}
	quote := p.text[0]
	var b strings.Builder
	for i := 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '\\' && i+1 < len(p.text):
			i++
			b.WriteByte(p.text[i])
		case c == quote:
			p.text = p.text[i+1:]
			return b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// indexes applies 0,2 or a slice FROM:TO:STEP, whose numbers count from the end when they are negative.
func (p *pathReader) indexes(from []any) []any {
	end := strings.IndexByte(p.text, ']')
	if end < 0 {
		return p.fail()
	}
	text := p.text[:end]
	p.text = p.text[end:]
	if strings.Contains(text, ":") {
		return p.slice(from, strings.Split(text, ":"))
	}
	var wanted []int
	for part := range strings.SplitSeq(text, ",") {
		i, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return p.fail()
		}
		wanted = append(wanted, i)
	}
	return pick(from, func(v any) []any {
		list, _ := v.([]any)
		var out []any
		for _, i := range wanted {
			if i >= 0 && i < len(list) {
				out = append(out, list[i])
			}
		}
		return out
	})
}

func (p *pathReader) slice(from []any, parts []string) []any {
	var numbers [3]*int
	for i, part := range parts {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || i > 2 || i == 2 && n <= 0 {
			return p.fail()
		}
		numbers[i] = &n
	}
	return pick(from, func(v any) []any {
		list, _ := v.([]any)
		place := func(n *int, otherwise int) int {
			if n == nil {
				return otherwise
			}
			if *n < 0 {
				return max(*n+len(list), 0)
			}
			return min(*n, len(list))
		}
		step := 1
		if numbers[2] != nil {
			step = *numbers[2]
		}
		var out []any
		for i, last := place(numbers[0], 0), place(numbers[1], len(list)); i < last; i += min(step, len(list)) {
			out = append(out, list[i])
		}
		return out
	})
}

// filter applies ?(CONDITION)] to the items of from.
func (p *pathReader) filter(from []any) []any {
	if !p.take("(") {
		return p.fail()
	}
	var out []any
	start := p.text
	candidates := pick(from, items)
	if len(candidates) == 0 { // the condition is read all the same
		candidates = []any{nil}
	}
	for _, v := range candidates {
		p.text = start
		keep := p.condition(v)
		if p.blanks(); p.bad || !p.take(")") {
			return p.fail()
		}
		if keep {
			out = append(out, v)
		}
	}
	if p.blanks(); !p.take("]") {
		return p.fail()
	}
	return out
}

// condition reads comparisons joined by && and ||, with && binding closer.
func (p *pathReader) condition(at any) bool {
	result := false
	for {
		all := true
		for {
			all = p.comparison(at) && all
			if p.blanks(); !p.take("&&") {
				break
			}
		}
		result = result || all
		if p.blanks(); !p.take("||") {
			return result
		}
	}
}

func (p *pathReader) comparison(at any) bool {
	left := p.operand(at)
	p.blanks()
	for _, op := range []string{"===", "!==", "==", "!=", "<>", "<=", ">=", "<", ">"} {
		if !p.take(op) {
			continue
		}
		for _, x := range left {
			start := p.text
			right := p.operand(at)
			if len(right) > 0 && compares(op, x, right[0]) {
				return true
			}
			p.text = start
		}
		p.operand(at)
		return false
	}
	return len(left) > 0
}

// operand reads @PATH, $PATH or a literal, and gives the values that it stands for.
func (p *pathReader) operand(at any) []any {
	p.blanks()
	switch {
	case p.take("@"):
		return p.steps([]any{at})
	case p.take("$"):
		return p.steps([]any{p.root})
	}
	if s, ok := p.quoted(); ok {
		return []any{s}
	}
	end := strings.IndexAny(p.text, " )&|=!<>")
	if end <= 0 {
		return p.fail()
	}
	word := p.text[:end]
	p.text = p.text[end:]
	switch word {
	case "true", "false":
		return []any{word == "true"}
	case "null":
		return []any{nil}
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return p.fail()
	}
	return []any{f}
}

func compares(op string, x, y any) bool {
	if a, ok := number(x); ok {
		if b, ok := number(y); ok {
			return holds(op, compareFloat(a, b))
		}
	}
	a, isText := x.(string)
	b, bothText := y.(string)
	if isText && bothText {
		return holds(op, strings.Compare(a, b))
	}
	switch op {
	case "==", "===":
		return scalar(x) && scalar(y) && x == y
	case "!=", "!==", "<>":
		return !(scalar(x) && scalar(y) && x == y)
	}
	return false
}

func scalar(v any) bool {
	switch v.(type) {
	case nil, bool, string:
		return true
	}
	return false
}

func holds(op string, c int) bool {
	switch op {
	case "==", "===":
		return c == 0
	case "!=", "!==", "<>":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}
