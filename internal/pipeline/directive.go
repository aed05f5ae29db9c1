package pipeline

import (
	"fmt"
	"strings"

	"gatehouse/internal/pipeline/expression"
	"gatehouse/internal/pipeline/syntax"
)

// directive is a key such as `${{ if eq(a, b) }}`.
type directive struct {
	word     string // if, elseif, else, each, insert
	text     string // the expression
	variable string // of each
	key      *syntax.Node
	offset   int // of text in the key
}

// branch remembers whether an if before an elseif or else was taken.
type branch struct{ open, taken bool }

func (b *branch) closed() { *b = branch{} }

// directive recognises a key that is one expression and begins with a word of the template language.
func (x *expander) directive(key *syntax.Node) (directive, bool) {
	body, ok := strings.CutPrefix(key.Value, "${{")
	if !ok || !strings.HasSuffix(body, "}}") {
		return directive{}, false
	}
	body = strings.TrimSuffix(body, "}}")
	text := strings.TrimSpace(body)
	word := text
	if i := strings.IndexAny(text, " (\t"); i >= 0 {
		word = text[:i]
	}
	d := directive{word: word, key: key}
	rest := text[len(word):]
	d.text = strings.TrimSpace(rest)
	d.offset = 3 + strings.Index(body, text) + len(word) + len(rest) - len(strings.TrimLeft(rest, " \t"))
	switch word {
	case "if", "elseif":
		return d, true
	case "else", "insert":
		if d.text != "" {
			x.fail(key, CodeDirective, fmt.Sprintf("'%s' takes no expression.", word), "")
		}
		return d, true
	case "each":
		name, collection, ok := strings.Cut(d.text, " in ")
		if d.variable = strings.TrimSpace(name); !ok || d.variable == "" {
			x.fail(key, CodeDirective, "'each' is written '${{ each NAME in COLLECTION }}'.", "")
		}
		d.offset += len(d.text) - len(collection)
		d.text = collection
		return d, true
	}
	return directive{}, false
}

// taken decides an if, elseif or else.
func (x *expander) taken(d directive, s scope, b *branch) bool {
	switch {
	case d.word == "if":
		*b = branch{open: true}
	case !b.open:
		x.fail(d.key, CodeDirective, fmt.Sprintf("There is no 'if' before this '%s'.", d.word), "It must follow the 'if' directly, at the same level.")
		return false
	}
	yes := !b.taken
	if d.word != "else" && yes {
		yes = expression.Bool(x.evaluate(d.key, d.text, d.offset, s))
	}
	b.taken = b.taken || yes
	if d.word == "else" {
		b.open = false
	}
	return yes
}

// turns runs body once for each element of what an each names.
func (x *expander) turns(d directive, s scope, body func(scope)) {
	switch v := x.evaluate(d.key, d.text, d.offset, s).(type) {
	case expression.Array:
		for _, item := range v {
			body(s.local(d.variable, item))
		}
	case *expression.Object:
		for _, k := range v.Keys {
			value, _ := v.Get(k)
			pair := expression.NewObject()
			pair.Set("key", k)
			pair.Set("value", value)
			body(s.local(d.variable, pair))
		}
	case nil:
	default:
		x.fail(d.key, CodeDirective, "'each' needs a list or a mapping.", "")
	}
}

// pairs applies a directive that stands as a key of a mapping.
func (x *expander) pairs(out *syntax.Node, d directive, pair syntax.Pair, s scope, p place, b *branch) {
	add := func(s scope) {
		v := x.node(pair.Value, s, p)
		if v.IsNull() {
			return
		}
		if v.Kind != syntax.Mapping {
			x.fail(pair.Value, CodeDirective, fmt.Sprintf("'%s' as a key of a mapping needs a mapping below it.", d.word), "")
			return
		}
		for _, q := range v.Pairs {
			x.addPair(out, q.Key, q.Value)
		}
	}
	switch d.word {
	case "insert":
		b.closed()
		add(s)
	case "each":
		b.closed()
		x.turns(d, s, add)
	default:
		if x.taken(d, s, b) {
			add(s)
		}
	}
}

// items applies a directive that stands as an item of a sequence.
func (x *expander) items(out *syntax.Node, d directive, item *syntax.Node, s scope, p place, b *branch) {
	if len(item.Pairs) > 1 {
		x.fail(item.Pairs[1].Key, CodeDirective, "Nothing may stand beside a directive in an item of a list.", "Indent it below the directive.")
		return
	}
	body := item.Pairs[0].Value
	add := func(s scope) {
		v := x.node(body, s, p)
		switch {
		case v.IsNull():
		case v.Kind == syntax.Sequence:
			out.Items = append(out.Items, v.Items...)
		default:
			x.fail(body, CodeDirective, fmt.Sprintf("'%s' in a list needs a list below it.", d.word), "Begin what stands below it with '- '.")
		}
	}
	if d.word == "each" {
		b.closed()
		x.turns(d, s, add)
	} else if x.taken(d, s, b) {
		add(s)
	}
}

// scalar replaces the expressions in a text. A text that is one expression becomes
// whatever that gives: a list and a mapping too.
func (x *expander) scalar(n *syntax.Node, s scope) *syntax.Node {
	start := strings.Index(n.Value, "${{")
	if start < 0 {
		return n
	}
	var b strings.Builder
	rest, base := n.Value, 0
	for {
		start := strings.Index(rest, "${{")
		if start < 0 {
			b.WriteString(rest)
			break
		}
		end := expressionEnd(rest[start+3:])
		if end < 0 {
			x.fail(n, CodeExpression, "The expression '${{' is not closed.", "Close it by '}}'.")
			return n
		}
		text := rest[start+3 : start+3+end]
		v := x.evaluate(n, text, base+start+3, s)
		if start == 0 && base == 0 && strings.TrimRight(rest[start+5+end:], "\n") == "" {
			return x.fromValue(n, v)
		}
		switch v.(type) {
		case expression.Array, *expression.Object:
			x.fail(n, CodeExpression, "A list or mapping cannot stand inside of a text.", "Use convertToJson(...) or join(...).")
			return n
		}
		b.WriteString(rest[:start])
		b.WriteString(expression.String(v))
		base += start + 5 + end
		rest = rest[start+5+end:]
	}
	out := *n
	out.Value = b.String()
	if out.Style == syntax.Plain {
		out.Style = syntax.Quoted
	}
	return &out
}

// expressionEnd finds the }} that ends an expression; those in quoted texts do not.
func expressionEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case !quoted && strings.HasPrefix(s[i:], "}}"):
			return i
		}
	}
	return -1
}

func (x *expander) evaluate(n *syntax.Node, text string, offset int, s scope) expression.Value {
	e, err := expression.Parse(text, false)
	var v expression.Value
	if err == nil {
		v, err = e.Evaluate(s)
	}
	if err != nil {
		x.list = append(x.list, expressionDiagnostic(n, text, offset, err))
		return nil
	}
	return v
}
