package lib

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// pathStep is one step of a JSONPath: which children it takes of each token.
type pathStep struct {
	deep    bool // ..: of all descendants too
	any     bool // *
	names   []string
	indexes []int
	slice   *[3]*int
	filter  *pathFilter
}

// pathFilter is a query [?(...)]: a comparison, or filters joined by && or ||.
type pathFilter struct {
	op          string // == != < <= > >= =~ exists && ||
	left, right pathOperand
	parts       []*pathFilter
}

// pathOperand is a constant, or a path from the element (@) or the root ($).
type pathOperand struct {
	value *JSONValue
	steps []pathStep
	root  bool
}

// pathParser reads a JSONPath as Newtonsoft writes them.
type pathParser struct {
	r     *types.Run
	s     string
	at    int
	depth int
}

func (p *pathParser) fail(format string, args ...any) {
	p.r.Throw("Newtonsoft.Json.JsonException", fmt.Sprintf(format, args...))
}

func (p *pathParser) peek() byte {
	if p.at < len(p.s) {
		return p.s[p.at]
	}
	return 0
}

func (p *pathParser) blanks() {
	for p.peek() == ' ' {
		p.at++
	}
}

// parsePath reads a whole path.
func parsePath(r *types.Run, s string) []pathStep {
	p := &pathParser{r: r, s: s}
	if p.peek() == '$' {
		p.at++
	}
	steps := p.steps(false)
	if p.at < len(s) {
		p.fail("Unexpected character while parsing path: %c", s[p.at])
	}
	return steps
}

// steps reads steps; inside of a query they end where an operator begins.
func (p *pathParser) steps(query bool) []pathStep {
	var list []pathStep
	start := p.at
	for p.at < len(p.s) {
		p.r.Step()
		switch c := p.s[p.at]; {
		case c == '[' || c == '(':
			list = append(list, p.brackets(c, false))
		case c == '.':
			p.at++
			deep := false
			if p.peek() == '.' {
				deep = true
				p.at++
			}
			if b := p.peek(); deep && (b == '[' || b == '(') {
				list = append(list, p.brackets(b, true))
				continue
			}
			list = append(list, p.field(query, deep))
		case query && strings.IndexByte(" )=<>!&|]", c) >= 0:
			return list
		case c == ' ' || c == ')' || c == ']':
			p.fail("Unexpected character while parsing path: %c", c)
		default:
			if p.at > start && !(p.at == 1 && p.s[0] == '$') {
				p.fail("Unexpected character following indexer: %c", c)
			}
			list = append(list, p.field(query, false))
		}
	}
	return list
}

func (p *pathParser) field(query, deep bool) pathStep {
	start := p.at
	for p.at < len(p.s) && strings.IndexByte(".[(", p.s[p.at]) < 0 && !(query && strings.IndexByte(" )=<>!&|]", p.s[p.at]) >= 0) {
		if c := p.s[p.at]; !query && (c == ')' || c == ']') {
			p.fail("Unexpected character while parsing path: %c", c)
		}
		p.at++
	}
	name := strings.TrimSpace(p.s[start:p.at])
	if name == "" {
		p.fail("Unexpected end while parsing path.")
	}
	if name == "*" {
		return pathStep{any: true, deep: deep}
	}
	return pathStep{names: []string{name}, deep: deep}
}

func (p *pathParser) brackets(open byte, deep bool) pathStep {
	end := map[byte]byte{'[': ']', '(': ')'}[open]
	p.at++
	p.blanks()
	step := pathStep{deep: deep}
	switch c := p.peek(); c {
	case '\'', '"':
		for {
			step.names = append(step.names, p.quoted())
			p.blanks()
			if p.peek() != ',' {
				break
			}
			p.at++
			p.blanks()
		}
	case '?':
		p.at++
		p.blanks()
		if p.peek() != '(' {
			p.fail("Unexpected character while parsing path query: %c", p.peek())
		}
		p.at++
		step.filter = p.query()
		if p.peek() != ')' {
			p.fail("Path ended with open query.")
		}
		p.at++
	case '*':
		p.at++
		step.any = true
	default:
		p.indexes(&step, end)
	}
	p.blanks()
	if p.peek() != end {
		p.fail("Path ended with open indexer.")
	}
	p.at++
	return step
}

// indexes reads 1, 1,2 or 1:2:3.
func (p *pathParser) indexes(step *pathStep, end byte) {
	stop := strings.IndexByte(p.s[p.at:], end)
	if stop < 0 {
		p.fail("Path ended with open indexer.")
	}
	text := strings.TrimSpace(p.s[p.at : p.at+stop])
	p.at += stop
	number := func(s string) *int {
		s = strings.TrimSpace(s)
		if s == "" {
			return nil
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			p.fail("Unexpected character while parsing path indexer: %s", s)
		}
		return &n
	}
	if parts := strings.Split(text, ":"); len(parts) > 1 && len(parts) <= 3 {
		step.slice = &[3]*int{}
		for i, s := range parts {
			step.slice[i] = number(s)
		}
		if n := step.slice[2]; n != nil && *n == 0 {
			p.fail("Step cannot be zero.")
		}
		return
	}
	for s := range strings.SplitSeq(text, ",") {
		n := number(s)
		if n == nil {
			p.fail("Array index expected.")
		}
		step.indexes = append(step.indexes, *n)
	}
}

func (p *pathParser) quoted() string {
	quote := p.peek()
	if quote != '\'' && quote != '"' {
		p.fail("Unexpected character while parsing path indexer: %c", quote)
	}
	var b strings.Builder
	for p.at++; p.at < len(p.s); p.at++ {
		switch c := p.s[p.at]; {
		case c == quote:
			p.at++
			return b.String()
		case c == '\\' && p.at+1 < len(p.s):
			p.at++
			b.WriteByte(p.s[p.at])
		default:
			b.WriteByte(c)
		}
	}
	p.fail("Path ended with an open string.")
	return ""
}

// query reads comparisons joined by && and ||; && binds tighter.
func (p *pathParser) query() *pathFilter {
	p.depth++
	if p.depth > 50 {
		p.fail("The query nests too deeply.")
	}
	or := []*pathFilter{}
	and := []*pathFilter{p.comparison()}
	for {
		p.blanks()
		rest := p.s[p.at:]
		if strings.HasPrefix(rest, "&&") {
			p.at += 2
			and = append(and, p.comparison())
			continue
		}
		or = append(or, joined("&&", and))
		if !strings.HasPrefix(rest, "||") {
			p.depth--
			return joined("||", or)
		}
		p.at += 2
		and = []*pathFilter{p.comparison()}
	}
}

func joined(op string, list []*pathFilter) *pathFilter {
	if len(list) == 1 {
		return list[0]
	}
	return &pathFilter{op: op, parts: list}
}

func (p *pathParser) comparison() *pathFilter {
	p.blanks()
	if p.peek() == '(' {
		p.at++
		f := p.query()
		if p.peek() != ')' {
			p.fail("Path ended with open query.")
		}
		p.at++
		return f
	}
	f := &pathFilter{op: "exists", left: p.operand()}
	p.blanks()
	for _, op := range []string{"===", "!==", "==", "!=", "<>", "<=", ">=", "<", ">", "=~"} {
		if strings.HasPrefix(p.s[p.at:], op) {
			p.at += len(op)
			f.op = op
			p.blanks()
			f.right = p.operand()
			break
		}
	}
	return f
}

func (p *pathParser) operand() pathOperand {
	switch c := p.peek(); {
	case c == '@' || c == '$':
		p.at++
		return pathOperand{steps: p.steps(true), root: c == '$'}
	case c == '\'' || c == '"':
		return pathOperand{value: &JSONValue{typ: jsonString, v: str(p.quoted())}}
	case c == '/':
		return p.pattern()
	}
	start := p.at
	for p.at < len(p.s) && strings.IndexByte(" )=<>!&|", p.s[p.at]) < 0 {
		p.at++
	}
	switch text := p.s[start:p.at]; text {
	case "true", "false":
		return pathOperand{value: &JSONValue{typ: jsonBoolean, v: types.Bool(text == "true")}}
	case "null":
		return pathOperand{value: &JSONValue{typ: jsonNull}}
	default:
		v, ok := jsonNumber(text)
		if !ok {
			p.fail("Could not read query operator.")
		}
		return pathOperand{value: v}
	}
}

// pattern reads /expression/options, kept as one text.
func (p *pathParser) pattern() pathOperand {
	start := p.at
	for p.at++; p.at < len(p.s) && p.s[p.at] != '/'; p.at++ {
		if p.s[p.at] == '\\' {
			p.at++
		}
	}
	if p.at >= len(p.s) {
		p.fail("Path ended with an open regex.")
	}
	for p.at++; p.at < len(p.s) && p.s[p.at]|0x20 >= 'a' && p.s[p.at]|0x20 <= 'z'; p.at++ {
	}
	return pathOperand{value: &JSONValue{typ: jsonString, v: str(p.s[start:p.at])}}
}

// selectAll walks the tokens that a path leads to.
func selectAll(c call, root Token, path string, strict bool) []Token {
	return walkPath(c, root, []Token{root}, parsePath(c.Run, path), strict)
}

func selectOne(c call, root Token, path string, strict bool) val {
	list := selectAll(c, root, path, strict)
	switch {
	case len(list) > 1:
		c.Throw("Newtonsoft.Json.JsonException", "Path returned multiple tokens.")
	case len(list) == 1:
		return types.Ref(list[0])
	}
	return types.Null
}

func walkPath(c call, root Token, from []Token, steps []pathStep, strict bool) []Token {
	for i := range steps {
		var next []Token
		for _, t := range from {
			c.Step()
			if steps[i].deep {
				next = steps[i].below(c, root, t, next)
				continue
			}
			n := len(next)
			next = steps[i].of(c, root, t, next)
			if strict && len(next) == n {
				missing(c, steps[i], t)
			}
		}
		from = next
	}
	return from
}

func missing(c call, s pathStep, t Token) {
	kind := t.DotNetType().Name
	message := "Path returned no tokens."
	switch {
	case len(s.names) > 0:
		message = "Property '" + s.names[0] + "' does not exist on " + kind + "."
	case len(s.indexes) > 0 && t.kind() == jsonArray:
		message = fmt.Sprintf("Index %d outside the bounds of JArray.", s.indexes[0])
	case len(s.indexes) > 0:
		message = fmt.Sprintf("Index %d not valid on %s.", s.indexes[0], kind)
	}
	c.Throw("Newtonsoft.Json.JsonException", message)
}

// below applies a .. step to a token and all of its descendants.
func (s pathStep) below(c call, root, t Token, out []Token) []Token {
	if s.any {
		if len(out) == 0 {
			out = append(out, t)
		}
		for _, k := range descendants(c.Run, t, 0, nil) {
			if k.kind() != jsonProp {
				out = append(out, k)
			}
		}
		return out
	}
	out = s.of(c, root, t, out)
	for _, k := range descendants(c.Run, t, 0, nil) {
		if k.kind() != jsonProp {
			out = s.of(c, root, k, out)
		}
	}
	return out
}

// of applies a step to one token.
func (s pathStep) of(c call, root, t Token, out []Token) []Token {
	switch t := t.(type) {
	case *JSONObject:
		if len(s.names) > 0 {
			for _, n := range s.names {
				if v := t.Get(n); v != nil {
					out = append(out, v)
				}
			}
			return out
		}
		for _, p := range t.props {
			if s.any || s.filter != nil && s.filter.match(c, root, p.value) {
				out = append(out, p.value)
			}
		}
	case *JSONArray:
		out = s.ofArray(c, root, t, out)
	}
	return out
}

func (s pathStep) ofArray(c call, root Token, t *JSONArray, out []Token) []Token {
	switch {
	case s.any:
		return append(out, t.items...)
	case s.filter != nil:
		for _, e := range t.items {
			c.Step()
			if s.filter.match(c, root, e) {
				out = append(out, e)
			}
		}
	case s.slice != nil:
		return append(out, sliced(t.items, s.slice)...)
	}
	for _, i := range s.indexes {
		if i >= 0 && i < len(t.items) {
			out = append(out, t.items[i])
		}
	}
	return out
}

// sliced is [start:end:step], as in Python.
func sliced(items []Token, s *[3]*int) (out []Token) {
	step, n := 1, len(items)
	if s[2] != nil {
		step = *s[2]
	}
	clamp := func(p *int, fallback, lo, hi int) int {
		if p == nil {
			return fallback
		}
		i := *p
		if i < 0 {
			i += n
		}
		return min(max(i, lo), hi)
	}
	if step > 0 {
		for i := clamp(s[0], 0, 0, n); i < clamp(s[1], n, 0, n); i += step {
			out = append(out, items[i])
		}
		return out
	}
	for i := clamp(s[0], n-1, -1, n-1); i > clamp(s[1], -1, -1, n-1); i += step {
		out = append(out, items[i])
	}
	return out
}

func (f *pathFilter) match(c call, root, t Token) bool {
	switch f.op {
	case "&&":
		return !slices.ContainsFunc(f.parts, func(p *pathFilter) bool { return !p.match(c, root, t) })
	case "||":
		return slices.ContainsFunc(f.parts, func(p *pathFilter) bool { return p.match(c, root, t) })
	}
	left := f.left.of(c, root, t)
	if f.op == "exists" {
		return len(left) > 0
	}
	for _, x := range left {
		for _, y := range f.right.of(c, root, t) {
			c.Step()
			if compareOperands(c, f.op, x, y) {
				return true
			}
		}
	}
	return false
}

func (o pathOperand) of(c call, root, t Token) []Token {
	switch {
	case o.value != nil:
		return []Token{o.value}
	case o.root:
		t = root
	}
	return walkPath(c, root, []Token{t}, o.steps, false)
}

func compareOperands(c call, op string, x, y Token) bool {
	v, ok := x.(*JSONValue)
	w, ok2 := y.(*JSONValue)
	if !ok || !ok2 {
		return (op == "!=" || op == "<>" || op == "!==") && !deepEqual(x, y, 0) || (op == "==" || op == "===") && deepEqual(x, y, 0)
	}
	if op == "=~" {
		return matchesPattern(c, v, w.v.Str())
	}
	d, comparable := compareLoosely(c, v, w, op == "===" || op == "!==")
	switch op {
	case "==", "===":
		return comparable && d == 0
	case "!=", "<>", "!==":
		return !comparable || d != 0
	case "<":
		return comparable && d < 0
	case "<=":
		return comparable && d <= 0
	case ">":
		return comparable && d > 0
	}
	return comparable && d >= 0
}

// compareLoosely compares numbers with numbers, and a text with the text of a date, Guid,
// TimeSpan or Uri.
func compareLoosely(c call, v, w *JSONValue, strict bool) (int, bool) {
	number := func(k byte) bool { return k == jsonInteger || k == jsonFloat }
	switch {
	case v.typ == w.typ:
		return compareJSON(v, w), true
	case number(v.typ) && number(w.typ):
		if strict {
			return 0, false
		}
		x, y := floatOf(v.v), floatOf(w.v)
		return map[bool]int{true: 1}[x > y] - map[bool]int{true: 1}[x < y], true
	case strict || v.typ != jsonString && w.typ != jsonString:
		return 0, false
	}
	switch k := v.typ + w.typ - jsonString; k {
	case jsonDate, jsonGuid, jsonTimeSpan, jsonURI, jsonBytes:
		return ordinal(c.Text(v.v), c.Text(w.v)), true
	}
	return 0, false
}

// matchesPattern is =~ /expression/options.
func matchesPattern(c call, v *JSONValue, pattern string) bool {
	end := strings.LastIndexByte(pattern, '/')
	if end < 1 || v.typ != jsonString {
		return false
	}
	options := 0
	for _, o := range pattern[end+1:] {
		options |= map[rune]int{'i': 1, 'm': 2, 's': 16, 'x': 4}[o]
	}
	m, err := regexOf(c, pattern[1:end], options, 0).FindStringMatch(v.v.Str())
	return err == nil && m != nil
}
