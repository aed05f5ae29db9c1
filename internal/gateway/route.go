package gateway

import (
	"errors"
	"net/url"
	"strings"

	"gatehouse/internal/policy"
)

// tree matches paths to values: an API's path, or the URL templates of an API's
// operations. Literal segments are compared without regard to case and win over
// {parameters}, which win over {*wildcards}.
type tree[T any] struct{ root node[T] }

type node[T any] struct {
	literals map[string]*node[T] // by lower-case segment
	patterns []*pattern[T]
	here     []leaf[T] // templates that end at this segment
	wildcard []leaf[T] // templates that take all the rest
}

// pattern is a segment with parameters in it, such as {id} or report-{year}.csv.
type pattern[T any] struct {
	text []string // what stands before, between and after the parameters, lower case
	name []string
	next node[T]
}

type leaf[T any] struct {
	method string // "*": any
	rest   string // name of a wildcard parameter
	query  []queryPart
	value  T
}

// queryPart is a query parameter of a template: q={name} or q=literal.
type queryPart struct{ name, parameter, literal string }

const maxSegments = 64

// add puts a template such as /orders/{id}?view={view} into the tree.
func (t *tree[T]) add(template, method string, value T) error {
	path, query, _ := strings.Cut(template, "?")
	l := leaf[T]{method: method, value: value, query: queryParts(query)}
	if l.method == "" {
		l.method = "*"
	}
	n := &t.root
	path = strings.Trim(path, "/")
	if path == "" {
		n.here = append(n.here, l)
		return nil
	}
	segments := strings.Split(path, "/")
	if len(segments) > maxSegments {
		return errors.New("it has too many segments")
	}
	for i, s := range segments {
		if s == "*" || strings.HasPrefix(s, "{*") && strings.HasSuffix(s, "}") {
			if i != len(segments)-1 {
				return errors.New("a wildcard must be its last segment")
			}
			l.rest = strings.Trim(s, "{*}")
			n.wildcard = append(n.wildcard, l)
			return nil
		}
		next, err := n.child(s)
		if err != nil {
			return err
		}
		n = next
	}
	n.here = append(n.here, l)
	return nil
}

func (n *node[T]) child(segment string) (*node[T], error) {
	if !strings.ContainsAny(segment, "{}") {
		key := strings.ToLower(segment)
		if n.literals == nil {
			n.literals = map[string]*node[T]{}
		}
		if n.literals[key] == nil {
			n.literals[key] = &node[T]{}
		}
		return n.literals[key], nil
	}
	p, err := newPattern[T](segment)
	if err != nil {
		return nil, err
	}
	for _, q := range n.patterns {
		if strings.Join(q.text, "{}") == strings.Join(p.text, "{}") && strings.Join(q.name, "/") == strings.Join(p.name, "/") {
			return &q.next, nil
		}
	}
	// A pattern with more literal text is tried first.
	i := 0
	for i < len(n.patterns) && n.patterns[i].weight() >= p.weight() {
		i++
	}
	n.patterns = append(n.patterns[:i:i], append([]*pattern[T]{p}, n.patterns[i:]...)...)
	return &p.next, nil
}

func newPattern[T any](segment string) (*pattern[T], error) {
	p := &pattern[T]{}
	for {
		before, rest, found := strings.Cut(segment, "{")
		if strings.Contains(before, "}") {
			return nil, errors.New("its braces are not paired")
		}
		p.text = append(p.text, strings.ToLower(before))
		if !found {
			return p, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.ContainsAny(name, "{*") {
			return nil, errors.New("its braces are not paired")
		}
		if len(p.name) > 0 && before == "" {
			return nil, errors.New("two parameters need text between them")
		}
		p.name = append(p.name, name)
		segment = after
	}
}

func (p *pattern[T]) weight() (n int) {
	for _, t := range p.text {
		n += len(t)
	}
	return n
}

// match takes a segment apart; parameters are appended to list.
func (p *pattern[T]) match(segment string, list []policy.Field) ([]policy.Field, bool) {
	first, last := p.text[0], p.text[len(p.text)-1]
	if len(segment) < p.weight()+len(p.name) || !hasPrefixFold(segment, first) || !hasSuffixFold(segment, last) {
		return list, false
	}
	rest := segment[len(first) : len(segment)-len(last)]
	for i, name := range p.name {
		if i == len(p.name)-1 {
			return append(list, policy.Field{Name: name, Value: rest}), rest != ""
		}
		at := indexFold(rest, p.text[i+1])
		if at < 1 {
			return list, false
		}
		list = append(list, policy.Field{Name: name, Value: rest[:at]})
		rest = rest[at+len(p.text[i+1]):]
	}
	return list, true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

func indexFold(s, sub string) int {
	for i := 1; i+len(sub) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// longest finds the value whose path is the longest that path begins with, and what
// follows it. Used for APIs, whose paths hold no parameters.
func (t *tree[T]) longest(path string) (value T, rest string, ok bool) {
	n, at := &t.root, path
	for {
		if len(n.here) > 0 {
			value, rest, ok = n.here[len(n.here)-1].value, at, true
		}
		if at == "" || at == "/" || n.literals == nil {
			return value, rest, ok
		}
		segment, after := cutSegment(at)
		var buf [128]byte
		n = n.literals[string(lower(buf[:0], segment))]
		if n == nil {
			return value, rest, ok
		}
		at = after
	}
}

// cutSegment cuts the first segment of a path that begins with "/".
func cutSegment(path string) (segment, rest string) {
	path = path[1:]
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// match finds the operation of a method and path; parameters are appended to list.
func (t *tree[T]) match(method, path string, q *policy.Query, list []policy.Field) (T, []policy.Field, bool) {
	m := matcher[T]{method: method, query: q, list: list}
	ok := m.walk(&t.root, path)
	return m.value, m.list, ok
}

type matcher[T any] struct {
	method string
	query  *policy.Query
	list   []policy.Field
	value  T
}

func (m *matcher[T]) walk(n *node[T], path string) bool {
	if path == "" || path == "/" {
		return m.leaf(n.here, "") || m.leaf(n.wildcard, "")
	}
	segment, rest := cutSegment(path)
	if n.literals != nil {
		var buf [128]byte
		if next := n.literals[string(lower(buf[:0], segment))]; next != nil && m.walk(next, rest) {
			return true
		}
	}
	for _, p := range n.patterns {
		was := len(m.list)
		list, ok := p.match(segment, m.list)
		if ok {
			m.list = list
			if m.walk(&p.next, rest) {
				return true
			}
		}
		m.list = list[:was]
	}
	return m.leaf(n.wildcard, path[1:])
}

func (m *matcher[T]) leaf(list []leaf[T], rest string) bool {
	for i := range list {
		l := &list[i]
		if l.method != "*" && !strings.EqualFold(l.method, m.method) || !m.queryMatches(l.query) {
			continue
		}
		if l.rest != "" {
			m.list = append(m.list, policy.Field{Name: l.rest, Value: rest})
		}
		m.value = l.value
		return true
	}
	return false
}

// queryMatches asks for the query parameters of a template and takes their values.
func (m *matcher[T]) queryMatches(parts []queryPart) bool {
	was := len(m.list)
	for _, p := range parts {
		v, ok := m.query.Get(p.name)
		if !ok || p.parameter == "" && !strings.EqualFold(v, p.literal) {
			m.list = m.list[:was]
			return false
		}
		if p.parameter != "" {
			m.list = append(m.list, policy.Field{Name: p.parameter, Value: url.PathEscape(v)}) // like those of the path, as it would stand in a URL
		}
	}
	return true
}

func queryParts(query string) (list []queryPart) {
	for query != "" {
		var part string
		part, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(part, "=")
		if name == "" {
			continue
		}
		p := queryPart{name: name, literal: value}
		if strings.HasPrefix(value, "{") && strings.HasSuffix(value, "}") {
			p.parameter, p.literal = strings.Trim(value, "{}"), ""
		}
		list = append(list, p)
	}
	return list
}

func queryNames(template string) (names []string) {
	_, query, _ := strings.Cut(template, "?")
	for _, p := range queryParts(query) {
		names = append(names, p.name)
	}
	return names
}

// cleanPath resolves "." and ".." segments, also written with %2e, as the gateway of
// Azure does before it matches, so that a path can't match one API and mean another.
func cleanPath(path string) string {
	if !mayHaveDots(path) {
		return path
	}
	var out []string
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		switch dots(s) {
		case 1:
		case 2:
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, s)
			continue
		}
		if i == len(segments)-1 {
			out = append(out, "")
		}
	}
	return "/" + strings.Join(out, "/")
}

func mayHaveDots(path string) bool {
	for i := 0; i+1 < len(path); i++ {
		if path[i] == '/' && (path[i+1] == '.' || path[i+1] == '%') {
			return true
		}
	}
	return false
}

// dots is 1 for ".", 2 for "..", 0 for all else.
func dots(s string) int {
	n := 0
	for s != "" {
		switch {
		case s[0] == '.':
			s = s[1:]
		case len(s) >= 3 && s[0] == '%' && s[1] == '2' && (s[2] == 'e' || s[2] == 'E'):
			s = s[3:]
		default:
			return 0
		}
		n++
	}
	if n > 2 {
		return 0
	}
	return n
}
