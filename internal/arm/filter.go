package arm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gatehouse/internal/azerr"
)

// Filter is a parsed OData $filter. It has what Azure's lists use: eq ne gt ge lt le, and, or, not, parentheses,
// contains, startswith, endswith, substringof. Text is compared without regard to case.
type Filter struct {
	text string
	node filterNode
}

// Match evaluates the filter. A field is looked for among fields, then in their "properties"; slashes go deeper.
func (f *Filter) Match(fields map[string]any) bool { return f.node(fields) }

type filterNode func(fields map[string]any) bool

type operand func(fields map[string]any) any

const maxFilter = 4096

// ParseFilter reads a filter; its error is InvalidFilterInQueryString.
func ParseFilter(text string) (*Filter, error) {
	if len(text) > maxFilter {
		return nil, azerr.InvalidFilter.New(text[:60]+"...", fmt.Sprintf("it is longer than %d bytes", maxFilter))
	}
	p := &filterParser{text: text}
	p.next()
	node := p.or(0)
	if p.err == "" && p.token != "" {
		p.fail("%q is not expected here", p.token)
	}
	if p.err != "" {
		return nil, azerr.InvalidFilter.New(text, p.err)
	}
	return &Filter{text: text, node: node}, nil
}

type filterParser struct {
	text    string
	at      int
	token   string // text of the token; a string's keeps its quotes
	err     string
	literal string // unquoted text of a string token
}

func (p *filterParser) fail(format string, args ...any) {
	if p.err == "" {
		p.err = fmt.Sprintf(format, args...) + fmt.Sprintf(" (at %d)", p.at)
	}
	p.token = ""
	p.at = len(p.text)
}

// next reads one token: a parenthesis, a comma, a 'string' with doubled quotes, or a word.
func (p *filterParser) next() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
	start := p.at
	if start == len(p.text) {
		p.token = ""
		return
	}
	switch p.text[start] {
	case '(', ')', ',':
		p.at++
	case '\'':
		p.string()
		if p.err != "" {
			return
		}
	default:
		for p.at < len(p.text) && !strings.ContainsRune(" (),'", rune(p.text[p.at])) {
			p.at++
		}
	}
	p.token = p.text[start:p.at]
}

func (p *filterParser) string() {
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		if p.text[i] != '\'' {
			b.WriteByte(p.text[i])
			continue
		}
		if i+1 < len(p.text) && p.text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		p.at, p.literal = i+1, b.String()
		return
	}
	p.fail("a string has no end")
}

func (p *filterParser) word(w string) bool {
	if strings.EqualFold(p.token, w) {
		p.next()
		return true
	}
	return false
}

func (p *filterParser) or(depth int) filterNode {
	left := p.and(depth)
	for p.word("or") {
		l, r := left, p.and(depth)
		left = func(f map[string]any) bool { return l(f) || r(f) }
	}
	return left
}

func (p *filterParser) and(depth int) filterNode {
	left := p.unary(depth)
	for p.word("and") {
		l, r := left, p.unary(depth)
		left = func(f map[string]any) bool { return l(f) && r(f) }
	}
	return left
}

func (p *filterParser) unary(depth int) filterNode {
	never := func(map[string]any) bool { return false }
	if depth > 100 {
		p.fail("it is nested too deep")
		return never
	}
	if p.word("not") {
		n := p.unary(depth + 1)
		return func(f map[string]any) bool { return !n(f) }
	}
	if p.token == "(" {
		p.next()
		n := p.or(depth + 1)
		p.expect(")")
		return n
	}
	if p.err != "" {
		return never
	}
	return p.comparison(depth)
}

func (p *filterParser) expect(t string) {
	if p.token != t {
		p.fail("%q is missing", t)
		return
	}
	p.next()
}

var filterFunctions = map[string]func(a, b string) bool{
	"contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix,
	"substringof": func(a, b string) bool { return strings.Contains(b, a) },
}

func (p *filterParser) comparison(depth int) filterNode {
	never := func(map[string]any) bool { return false }
	name := strings.ToLower(p.token)
	left, call := p.operand()
	if p.err != "" {
		return never
	}
	if call != nil {
		return call
	}
	op := strings.ToLower(p.token)
	test, ok := comparisons[op]
	if !ok {
		p.fail("after %q one of eq, ne, gt, ge, lt, le is missing", name)
		return never
	}
	p.next()
	right, call := p.operand()
	if call != nil {
		p.fail("a function can't stand here")
	}
	if p.err != "" {
		return never
	}
	if name == "tagname" && op == "eq" && p.word("and") {
		return p.tagPair(right, depth)
	}
	return func(f map[string]any) bool { return compareAny(left(f), right(f), test) }
}

// tagPair reads what follows "tagName eq 'x' and": with "tagValue eq 'y'" both speak of the same tag.
func (p *filterParser) tagPair(name operand, depth int) filterNode {
	has := func(f map[string]any, value operand) bool {
		want, _ := name(f).(string)
		tags, _ := f["tags"].(map[string]string)
		for k, v := range tags {
			if strings.EqualFold(k, want) && (value == nil || compareAny(v, value(f), comparisons["eq"])) {
				return true
			}
		}
		return false
	}
	if !p.word("tagValue") {
		rest := p.unary(depth)
		return func(f map[string]any) bool { return has(f, nil) && rest(f) }
	}
	if !p.word("eq") {
		p.fail("after tagValue only eq can stand")
	}
	value, call := p.operand()
	if call != nil {
		p.fail("a function can't stand here")
	}
	return func(f map[string]any) bool { return has(f, value) }
}

// operand reads a field, a literal, or a function; the latter is a whole condition, also as contains(a,b) eq true.
func (p *filterParser) operand() (operand, filterNode) {
	t := p.token
	switch {
	case t == "" || t == ")" || t == "," || t == "(":
		p.fail("a field or value is missing")
		return nil, nil
	case t[0] == '\'':
		v := p.literal
		p.next()
		return func(map[string]any) any { return v }, nil
	}
	p.next()
	if p.token == "(" {
		return nil, p.function(strings.ToLower(t))
	}
	if strings.EqualFold(t, "datetime") && strings.HasPrefix(p.token, "'") {
		v := p.literal
		p.next()
		return func(map[string]any) any { return v }, nil
	}
	switch strings.ToLower(t) {
	case "true", "false":
		return func(map[string]any) any { return strings.EqualFold(t, "true") }, nil
	case "null":
		return func(map[string]any) any { return nil }, nil
	}
	if n, err := strconv.ParseFloat(t, 64); err == nil {
		return func(map[string]any) any { return n }, nil
	}
	path := strings.Split(t, "/")
	return func(f map[string]any) any { return field(f, path) }, nil
}

func (p *filterParser) function(name string) filterNode {
	never := func(map[string]any) bool { return false }
	fn := filterFunctions[name]
	if fn == nil {
		p.fail("the function %q is not supported", name)
		return never
	}
	p.next()
	a, call := p.operand()
	if call != nil {
		p.fail("functions can't be nested")
	}
	p.expect(",")
	b, call := p.operand()
	if call != nil {
		p.fail("functions can't be nested")
	}
	p.expect(")")
	want := true
	if p.word("eq") {
		want = !strings.EqualFold(p.token, "false")
		p.next()
	}
	if p.err != "" {
		return never
	}
	return func(f map[string]any) bool {
		x, okX := a(f).(string)
		y, okY := b(f).(string)
		return (okX && okY && fn(strings.ToLower(x), strings.ToLower(y))) == want
	}
}

// field looks a path up; a missing one is nil.
func field(fields map[string]any, path []string) any {
	if v, ok := walk(fields, path); ok {
		return v
	}
	if inner, ok := fields["properties"].(map[string]any); ok {
		if v, ok := walk(inner, path); ok {
			return v
		}
	}
	return nil
}

func walk(v any, path []string) (any, bool) {
	for _, seg := range path {
		switch m := v.(type) {
		case map[string]any:
			next, ok := m[seg]
			if !ok {
				for k, e := range m {
					if strings.EqualFold(k, seg) {
						next, ok = e, true
						break
					}
				}
			}
			if !ok {
				return nil, false
			}
			v = next
		case map[string]string:
			next, ok := m[seg]
			if !ok {
				return nil, false
			}
			v = next
		default:
			return nil, false
		}
	}
	return v, true
}

var comparisons = map[string]func(c int, comparable bool) bool{
	"eq": func(c int, ok bool) bool { return ok && c == 0 },
	"ne": func(c int, ok bool) bool { return !ok || c != 0 },
	"gt": func(c int, ok bool) bool { return ok && c > 0 },
	"ge": func(c int, ok bool) bool { return ok && c >= 0 },
	"lt": func(c int, ok bool) bool { return ok && c < 0 },
	"le": func(c int, ok bool) bool { return ok && c <= 0 },
}

// compareAny compares two values; of a list, any element may hold.
func compareAny(a, b any, test func(int, bool) bool) bool {
	if list, ok := a.([]any); ok {
		for _, e := range list {
			if compareAny(e, b, test) {
				return true
			}
		}
		return false
	}
	return test(compareValues(a, b))
}

func compareValues(a, b any) (int, bool) {
	if a == nil || b == nil {
		return 0, a == nil && b == nil
	}
	if x, ok := number(a); ok {
		if y, ok := number(b); ok {
			return cmp.Compare(x, y), true
		}
	}
	if x, ok := a.(bool); ok {
		y, ok := b.(bool)
		if x == y {
			return 0, ok
		}
		return 1, ok
	}
	x, okX := a.(string)
	y, okY := b.(string)
	return cmp.Compare(strings.ToLower(x), strings.ToLower(y)), okX && okY
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// filterFields is the resource as $filter sees it: the wire, and the names that Resource Manager's lists use.
func (r *Resource) filterFields() map[string]any {
	f := r.Wire()
	f["resourceType"] = r.Type
	f["resourceGroup"] = r.ID.ResourceGroup()
	names := []any{}
	for k := range r.Tags {
		names = append(names, k)
	}
	f["tagName"] = names
	return f
}
