package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

var xmlReaderType = types.New(types.KindClass, "System.Xml.XmlReader")

// What XmlNodeType has beside the kinds of nodes.
const (
	xmlWhitespace  = 13
	xmlEndElement  = 15
	xmlDeclaration = 17
)

// xmlEvent is what an XmlReader stands on: the start or the end of an element, or another node.
type xmlEvent struct {
	n     *xNode
	end   bool
	depth int
	next  int // the event after the node's end
}

// xmlCursor is an XmlReader over a tree that was read before.
type xmlCursor struct {
	events []xmlEvent
	at     int    // -1 before the first
	attr   *xNode // the attribute that the reader has moved to
	attrAt int
}

// DotNetType implements types.Object.
func (*xmlCursor) DotNetType() *types.Type { return xmlReaderType }

func newXMLCursor(r *types.Run, n *xNode) *xmlCursor {
	x := &xmlCursor{at: -1, attrAt: -1}
	if n.kind == xmlDocument {
		if n.decl != nil {
			x.events = append(x.events, xmlEvent{n: &xNode{kind: xmlDeclaration, name: xName{local: "xml"}, text: declText(n.decl)}, next: 1})
		}
		for _, k := range n.nodes {
			x.add(r, k, 0)
		}
	} else {
		x.add(r, n, 0)
	}
	return x
}

func declText(d *xDecl) string {
	return strings.TrimSuffix(strings.TrimPrefix(d.ToText(nil), "<?xml "), "?>")
}

func (x *xmlCursor) add(r *types.Run, n *xNode, depth int) {
	tooDeep(depth)
	r.Step()
	r.Grow(48)
	i := len(x.events)
	x.events = append(x.events, xmlEvent{n: n, depth: depth})
	if n.kind == xmlElement && !n.empty() {
		for _, k := range n.nodes {
			x.add(r, k, depth+1)
		}
		x.events = append(x.events, xmlEvent{n: n, end: true, depth: depth, next: len(x.events) + 1})
	}
	x.events[i].next = len(x.events)
}

// event is where the reader stands; ok is false before the beginning and after the end.
func (x *xmlCursor) event() (e xmlEvent, ok bool) {
	if x.at < 0 || x.at >= len(x.events) {
		return xmlEvent{n: &xNode{}}, false
	}
	return x.events[x.at], true
}

func (x *xmlCursor) move(to int) bool {
	x.at, x.attr, x.attrAt = to, nil, -1
	return to < len(x.events)
}

// node is the attribute or node that the reader stands on.
func (x *xmlCursor) node() *xNode {
	if x.attr != nil {
		return x.attr
	}
	e, _ := x.event()
	return e.n
}

func (x *xmlCursor) kind() int {
	e, ok := x.event()
	switch {
	case !ok:
		return 0
	case x.attr != nil:
		return xmlAttribute
	case e.end:
		return xmlEndElement
	case e.n.kind == xmlText && strings.Trim(e.n.text, " \t\r\n") == "":
		return xmlWhitespace
	}
	return e.n.kind
}

// content moves over what is no content: comments, instructions, white space and the declaration.
func (x *xmlCursor) content() int {
	if x.attr != nil {
		x.attr, x.attrAt = nil, -1
	}
	if x.at < 0 {
		x.move(0)
	}
	for {
		switch k := x.kind(); k {
		case xmlComment, xmlInstruction, xmlWhitespace, xmlDeclaration, xmlDocType:
			x.move(x.at + 1)
		default:
			return k
		}
	}
}

// name is the qualified name of a node, with the prefix that its namespace has there.
func (x *xmlCursor) name(n *xNode) string { return qualified(prefixAt(n), n.name.local) }

// prefixAt is the nearest prefix that is declared for a node's namespace.
func prefixAt(n *xNode) string {
	switch {
	case n.name.space == "" || n.name == xName{"", "xmlns"}:
		return ""
	case n.name.space == xmlnsURI:
		return "xmlns"
	case n.name.space == "http://www.w3.org/XML/1998/namespace":
		return "xml"
	}
	for p := n; p != nil; p = p.parent {
		for _, a := range p.attrs {
			if a.text != n.name.space {
				continue
			}
			if a.name.space == xmlnsURI {
				return a.name.local
			}
			if a.name == (xName{"", "xmlns"}) && n.kind == xmlElement {
				return ""
			}
		}
	}
	return ""
}

// seek moves on to the next element of that name before an event; where is how deep it may stand, -1 anywhere.
func (x *xmlCursor) seek(r *types.Run, from, before, where int, name func(n *xNode) bool) bool {
	for i := from; i < before; i++ {
		r.Step()
		if e := x.events[i]; e.n.kind == xmlElement && !e.end && (where < 0 || e.depth == where) && name(e.n) {
			return x.move(i)
		}
	}
	return false
}

// elementText reads the text of the element at hand and moves after its end.
func (x *xmlCursor) elementText(c call) string {
	if x.content() != xmlElement {
		invalid(c.Run, "The ReadElementContentAsString method is not supported on node type "+x.kindName(c)+".")
	}
	e, _ := x.event()
	if e.n.element(nil) != nil {
		c.Throw("System.Xml.XmlException", "Unexpected node type Element. ReadElementContentAsString method can only be called on elements with simple or empty content.")
	}
	x.move(e.next)
	return e.n.value(0)
}

func (x *xmlCursor) kindName(c call) string { return c.Text(types.Of(xmlNodeType, uint64(x.kind()))) }

// take is the node at hand as a tree of its own, and the reader moves after it.
func (x *xmlCursor) take(c call) *xNode {
	e, ok := x.event()
	if !ok || e.end || x.attr != nil {
		invalid(c.Run, "The XmlReader state should be Interactive.")
	}
	x.move(e.next)
	return e.n.clone(c.Run, 0)
}
