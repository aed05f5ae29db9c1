package xsd

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// scanner reads XML with namespaces: what encoding/xml's RawToken leaves to its caller, which is that tags match,
// prefixes are declared and attributes are there once.
type scanner struct {
	d     *xml.Decoder
	row   int // where the last token begins
	col   int
	name  int // from there to the name of a tag
	open  []openTag
	begun bool
}

type openTag struct {
	raw    xml.Name
	spaces *scope
}

// scope is a chain of namespace declarations.
type scope struct {
	prefix, uri string
	up          *scope
}

// find is the namespace of a prefix.
func (s *scope) find(prefix string) (uri string, ok bool) {
	for ; s != nil; s = s.up {
		if s.prefix == prefix {
			return s.uri, s.uri != "" || prefix == ""
		}
	}
	if prefix == "xml" {
		return xmlSpace, true
	}
	return "", prefix == ""
}

// name expands a QName. Attributes without a prefix have no namespace.
func (s *scope) name(qname string, attribute bool) (Name, bool) {
	prefix, local, cut := strings.Cut(qname, ":")
	if !cut {
		prefix, local = "", qname
		if attribute {
			return Name{"", local}, isNCName(local)
		}
	}
	uri, ok := s.find(prefix)
	return Name{uri, local}, ok && isNCName(local) && (!cut || isNCName(prefix))
}

type eventKind uint8

const (
	startEvent eventKind = iota
	endEvent
	textEvent
)

type event struct {
	kind   eventKind
	name   Name
	attrs  []attr
	text   string
	spaces *scope
}

type attr struct {
	name  Name
	value string
}

// errDeep, errEncoding and errType are refusals of XML that may be right.
var (
	errDeep     = fmt.Errorf("elements are nested more than %d times", maxDepth)
	errEncoding = errors.New("the content must be UTF-8")
	errType     = errors.New("a document type is not allowed")
)

// newScanner reads text. The text of a schema has been decoded already, whatever its declaration says.
func newScanner(text string, decoded bool) *scanner {
	s := &scanner{d: xml.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))}
	s.d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) {
		if decoded {
			return in, nil
		}
		return nil, errEncoding
	}
	return s
}

func (s *scanner) line() int {
	line, _ := s.d.InputPos()
	return line
}

// next is the next event; io.EOF after the root element.
func (s *scanner) next() (event, error) {
	for {
		s.row, s.col = s.d.InputPos()
		t, err := s.d.RawToken()
		switch {
		case errors.Is(err, io.EOF) && (len(s.open) > 0 || !s.begun):
			return event{}, io.ErrUnexpectedEOF
		case err != nil:
			return event{}, err
		}
		s.name = 0
		switch t := t.(type) {
		case xml.StartElement:
			s.name = len("<")
			return s.start(t)
		case xml.EndElement:
			s.name = len("</")
			return s.end(t)
		case xml.CharData:
			if len(s.open) > 0 {
				return event{kind: textEvent, text: string(t), spaces: s.spaces()}, nil
			}
			if strings.Trim(string(t), " \t\r\n") != "" {
				return event{}, errors.New("text stands outside of the root element")
			}
		case xml.Directive:
			return event{}, errType
		}
	}
}

func (s *scanner) spaces() *scope {
	if len(s.open) == 0 {
		return nil
	}
	return s.open[len(s.open)-1].spaces
}

func (s *scanner) start(t xml.StartElement) (event, error) {
	switch {
	case len(s.open) == 0 && s.begun:
		return event{}, errors.New("more follows the root element")
	case len(s.open) >= maxDepth:
		return event{}, errDeep
	}
	s.begun = true
	e := event{kind: startEvent, spaces: s.spaces()}
	rest := t.Attr[:0:0]
	for _, a := range t.Attr {
		switch {
		case a.Name.Space == "xmlns":
			if a.Value == "" || a.Name.Local == "xmlns" || (a.Name.Local == "xml") != (a.Value == xmlSpace) {
				return event{}, fmt.Errorf("the prefix '%s' can't be declared like this", a.Name.Local)
			}
			e.spaces = &scope{a.Name.Local, a.Value, e.spaces}
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			e.spaces = &scope{"", a.Value, e.spaces}
		default:
			rest = append(rest, a)
		}
	}
	s.open = append(s.open, openTag{t.Name, e.spaces})
	var err error
	if e.name, err = e.spaces.expand(t.Name, false); err != nil {
		return event{}, err
	}
	return e, e.attributes(rest)
}

func (e *event) attributes(list []xml.Attr) error {
	seen := make(map[Name]bool, len(list))
	for _, a := range list {
		name, err := e.spaces.expand(a.Name, true)
		if err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("'%s' is a duplicate attribute name", a.Name.Local)
		}
		seen[name] = true
		e.attrs = append(e.attrs, attr{name, normalizeAttribute(a.Value)})
	}
	return nil
}

// normalizeAttribute is section 3.3.3 of XML 1.0: white space in attributes is spaces.
func normalizeAttribute(s string) string {
	if !strings.ContainsAny(s, "\t\r\n") {
		return s
	}
	return strings.NewReplacer("\t", " ", "\r", " ", "\n", " ").Replace(s)
}

func (s *scope) expand(raw xml.Name, attribute bool) (Name, error) {
	if raw.Space == "" && attribute {
		return Name{"", raw.Local}, nil
	}
	uri, ok := s.find(raw.Space)
	if !ok || raw.Space == "xmlns" {
		return Name{}, fmt.Errorf("'%s' is an undeclared prefix", raw.Space)
	}
	return Name{uri, raw.Local}, nil
}

func (s *scanner) end(t xml.EndElement) (event, error) {
	if len(s.open) == 0 || s.open[len(s.open)-1].raw != t.Name {
		return event{}, fmt.Errorf("</%s> closes no element", t.Name.Local)
	}
	e := event{kind: endEvent, spaces: s.spaces()}
	s.open = s.open[:len(s.open)-1]
	return e, nil
}

// Namespace is the target namespace of a schema document; ok is false when the text is none.
func Namespace(text string) (target string, ok bool) {
	e, err := newScanner(text, true).next()
	if err != nil || e.name != (Name{schemaSpace, "schema"}) {
		return "", false
	}
	root := node{attrs: e.attrs}
	target, _ = root.get("targetNamespace")
	return target, true
}

// node is an element of a schema document.
type node struct {
	name     Name
	attrs    []attr
	children []*node
	text     bool // there is more than white space
	line     int
	spaces   *scope
	doc      *documentInfo

	redefines *redefinition // that n is a part of
}

// readNodes reads a schema document.
func readNodes(text string) (root *node, err error) {
	s := newScanner(text, true)
	var open []*node
	for {
		e, err := s.next()
		switch {
		case errors.Is(err, io.EOF) && root != nil:
			return root, nil
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", s.line(), err)
		}
		switch e.kind {
		case startEvent:
			n := &node{name: e.name, attrs: e.attrs, line: s.line(), spaces: e.spaces}
			if len(open) > 0 {
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			} else {
				root = n
			}
			open = append(open, n)
		case endEvent:
			open = open[:len(open)-1]
		case textEvent:
			at := open[len(open)-1]
			at.text = at.text || strings.Trim(e.text, " \t\r\n") != ""
		}
	}
}

// get is an attribute without a namespace, its white space collapsed.
func (n *node) get(name string) (value string, ok bool) {
	for _, a := range n.attrs {
		if a.name == (Name{"", name}) {
			return collapse(a.value), true
		}
	}
	return "", false
}

// raw is get with white space as it is.
func (n *node) raw(name string) (value string, ok bool) {
	for _, a := range n.attrs {
		if a.name == (Name{"", name}) {
			return a.value, true
		}
	}
	return "", false
}

func (n *node) is(local string) bool { return n.name.Space == schemaSpace && n.name.Local == local }

// child is the first child of one of the names.
func (n *node) child(locals ...string) *node {
	for _, c := range n.children {
		for _, l := range locals {
			if c.is(l) {
				return c
			}
		}
	}
	return nil
}

// qname expands the value of an attribute.
func (n *node) qname(attribute string) (Name, bool) {
	if n == nil {
		return Name{}, false
	}
	v, ok := n.get(attribute)
	if !ok {
		return Name{}, false
	}
	return n.expand(attribute, v), true
}

// expand is the name that a QName of the document means. One without a prefix means, in a document without a target namespace
// that is included by one with it, the latter.
func (n *node) expand(attribute, v string) Name {
	name, ok := n.spaces.name(v, false)
	if !ok {
		fail(n.line, "the attribute '%s' has '%s', which is no name with a declared prefix", attribute, v)
	}
	if name.Space == "" && n.doc.chameleon {
		name.Space = n.doc.target
	}
	return name
}
