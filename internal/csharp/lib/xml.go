package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

const xmlSpace = "System.Xml.Linq."

var (
	xNameType     = types.New(types.KindClass, xmlSpace+"XName")
	xSpaceType    = types.New(types.KindClass, xmlSpace+"XNamespace")
	xObjectType   = types.New(types.KindClass, xmlSpace+"XObject")
	xNodeBase     = types.New(types.KindClass, xmlSpace+"XNode")
	xContainType  = types.New(types.KindClass, xmlSpace+"XContainer")
	xElementType  = types.New(types.KindClass, xmlSpace+"XElement")
	xDocumentType = types.New(types.KindClass, xmlSpace+"XDocument")
	xAttrType     = types.New(types.KindClass, xmlSpace+"XAttribute")
	xTextType     = types.New(types.KindClass, xmlSpace+"XText")
	xCDataType    = types.New(types.KindClass, xmlSpace+"XCData")
	xCommentType  = types.New(types.KindClass, xmlSpace+"XComment")
	xInstruction  = types.New(types.KindClass, xmlSpace+"XProcessingInstruction")
	xDocTypeType  = types.New(types.KindClass, xmlSpace+"XDocumentType")
	xDeclaration  = types.New(types.KindClass, xmlSpace+"XDeclaration")
	saveOptions   = types.New(types.KindEnum, xmlSpace+"SaveOptions")
	xmlNodeType   = types.New(types.KindEnum, "System.Xml.XmlNodeType")
)

// The kinds of XmlNodeType.
const (
	xmlElement     = 1
	xmlAttribute   = 2
	xmlText        = 3
	xmlCData       = 4
	xmlInstruction = 7
	xmlComment     = 8
	xmlDocument    = 9
	xmlDocType     = 10
)

// xName is an XName; it is a value.
type xName struct{ space, local string }

// DotNetType implements types.Object.
func (*xName) DotNetType() *types.Type { return xNameType }

// ToText implements types.TextOf.
func (n *xName) ToText(*types.Run) string { return n.full() }

func (n *xName) full() string {
	if n.space == "" {
		return n.local
	}
	return "{" + n.space + "}" + n.local
}

// EqualTo implements types.Equatable.
func (n *xName) EqualTo(v val) bool { m, ok := v.Ref().(*xName); return ok && *m == *n }

// Key implements types.Equatable.
func (n *xName) Key() string { return n.full() }

// xSpace is an XNamespace.
type xSpace struct{ uri string }

// DotNetType implements types.Object.
func (*xSpace) DotNetType() *types.Type { return xSpaceType }

// ToText implements types.TextOf.
func (s *xSpace) ToText(*types.Run) string { return s.uri }

// EqualTo implements types.Equatable.
func (s *xSpace) EqualTo(v val) bool { t, ok := v.Ref().(*xSpace); return ok && *s == *t }

// Key implements types.Equatable.
func (s *xSpace) Key() string { return s.uri }

// xDecl is an XDeclaration.
type xDecl struct{ version, encoding, standalone string }

// DotNetType implements types.Object.
func (*xDecl) DotNetType() *types.Type { return xDeclaration }

// ToText implements types.TextOf.
func (d *xDecl) ToText(*types.Run) string {
	s := "<?xml"
	for _, p := range [][2]string{{"version", d.version}, {"encoding", d.encoding}, {"standalone", d.standalone}} {
		if p[1] != "" {
			s += " " + p[0] + `="` + p[1] + `"`
		}
	}
	return s + "?>"
}

// xNode is an XElement, XDocument, XAttribute, XText, XCData, XComment or
// XProcessingInstruction: kind says which. name and attrs are of elements and attributes.
type xNode struct {
	kind   int
	name   xName // of an instruction: local is the target
	text   string
	attrs  []*xNode
	nodes  []*xNode
	parent *xNode
	decl   *xDecl
	notes  []val       // annotations
	blank  bool        // of an element without nodes: its content is "", and it is written <a></a>
	ids    *docTypeIDs // of a document type, whose name is name.local and whose subset is text
}

// DotNetType implements types.Object.
func (n *xNode) DotNetType() *types.Type {
	return map[int]*types.Type{xmlElement: xElementType, xmlAttribute: xAttrType, xmlText: xTextType, xmlCData: xCDataType,
		xmlInstruction: xInstruction, xmlComment: xCommentType, xmlDocument: xDocumentType, xmlDocType: xDocTypeType}[n.kind]
}

// ToText implements types.TextOf.
func (n *xNode) ToText(r *types.Run) string { return xmlString(r, n, true) }

// empty reports whether an element is written <a />.
func (n *xNode) empty() bool { return len(n.nodes) == 0 && !n.blank }

func nodeValue(n *xNode) val {
	if n == nil {
		return types.Null
	}
	return types.Ref(n)
}

// value is the text of all text nodes within, or of the node itself.
func (n *xNode) value(depth int) string {
	tooDeep(depth)
	switch n.kind {
	case xmlElement, xmlDocument:
		if len(n.nodes) == 1 && n.nodes[0].kind == xmlText {
			return n.nodes[0].text
		}
		var b strings.Builder
		for _, k := range n.nodes {
			if k.kind == xmlElement || k.kind == xmlText || k.kind == xmlCData {
				b.WriteString(k.value(depth + 1))
			}
		}
		return b.String()
	}
	return n.text
}

func (n *xNode) clone(r *types.Run, depth int) *xNode {
	tooDeep(depth)
	r.Step()
	r.Grow(192)
	c := &xNode{kind: n.kind, name: n.name, text: n.text, decl: n.decl, ids: n.ids, blank: n.blank}
	for _, a := range n.attrs {
		k := a.clone(r, depth+1)
		k.parent = c
		c.attrs = append(c.attrs, k)
	}
	for _, e := range n.nodes {
		k := e.clone(r, depth+1)
		k.parent = c
		c.nodes = append(c.nodes, k)
	}
	return c
}

func (n *xNode) attribute(name xName) *xNode {
	for _, a := range n.attrs {
		if a.name == name {
			return a
		}
	}
	return nil
}

func (n *xNode) element(name *xName) *xNode {
	for _, k := range n.nodes {
		if k.kind == xmlElement && (name == nil || k.name == *name) {
			return k
		}
	}
	return nil
}

// put adds content at a place: nodes, attributes, values and sequences of them. A node that
// has a parent is copied, as LINQ to XML does.
func (n *xNode) put(c call, at int, v val) int {
	c.Step()
	c.Grow(64)
	if v.IsNull() {
		return at
	}
	if isMulti(v) {
		c.Each(v, func(e val) bool { at = n.put(c, at, e); return true })
		return at
	}
	k, ok := v.Ref().(*xNode)
	if !ok {
		if n.kind == xmlDocument {
			c.ThrowArgument("System.ArgumentException", "Non-whitespace characters cannot be added to content.", "")
		}
		k = &xNode{kind: xmlText, text: xmlValueText(c.Run, v)}
		if k.text == "" {
			n.blank = n.blank || len(n.nodes) == 0
			return at
		}
	}
	switch {
	case k.kind == xmlDocument:
		c.ThrowArgument("System.ArgumentException", "A node of type Document cannot be added to content.", "")
	case k.parent != nil || k.above(n):
		k = k.clone(c.Run, 0)
	}
	if k.kind == xmlAttribute {
		if n.attribute(k.name) != nil {
			invalid(c.Run, "Duplicate attribute.")
		}
		k.parent = n
		n.attrs = append(n.attrs, k)
		return at
	}
	if n.kind == xmlDocument && k.kind == xmlElement && n.element(nil) != nil {
		invalid(c.Run, "This operation would create an incorrectly structured document.")
	}
	if k.kind == xmlText && at > 0 && n.nodes[at-1].kind == xmlText && !ok {
		n.nodes[at-1].text += k.text
		return at
	}
	k.parent, n.blank = n, false
	n.nodes = append(n.nodes, nil)
	copy(n.nodes[at+1:], n.nodes[at:])
	n.nodes[at] = k
	return at + 1
}

// above reports whether n is m or one of its ancestors.
func (n *xNode) above(m *xNode) bool {
	for ; m != nil; m = m.parent {
		if m == n {
			return true
		}
	}
	return false
}

func (n *xNode) index() int {
	for i, k := range n.parent.nodes {
		if k == n {
			return i
		}
	}
	return -1
}

func (n *xNode) remove(c call) {
	if n.parent == nil {
		invalid(c.Run, "The parent is missing.")
	}
	from := &n.parent.nodes
	if n.kind == xmlAttribute {
		from = &n.parent.attrs
	}
	kept := make([]*xNode, 0, len(*from))
	for _, k := range *from {
		if k != n {
			kept = append(kept, k)
		}
	}
	*from, n.parent = kept, nil
}

// setText makes a text the only content.
func (n *xNode) setText(s string) {
	if n.kind != xmlElement && n.kind != xmlDocument {
		n.text = s
		return
	}
	for _, k := range n.nodes {
		k.parent = nil
	}
	n.nodes, n.blank = nil, s == "" && n.kind == xmlElement
	if s != "" {
		n.nodes = []*xNode{{kind: xmlText, text: s, parent: n}}
	}
}

// xmlValueText is how LINQ to XML writes a value: as XML Schema does.
func xmlValueText(r *types.Run, v val) string {
	switch t := types.TypeOf(v); {
	case t == types.Boolean:
		return strings.ToLower(r.Text(v))
	case t == types.DoubleT:
		return strings.ReplaceAll(roundTrip(v.Double(), 64), "Infinity", "INF")
	case t == types.SingleT:
		return strings.ReplaceAll(roundTrip(v.Double(), 32), "Infinity", "INF")
	case t == dateTimeType || t == offsetType:
		s := jsonDateText(v)
		if t == offsetType {
			s = strings.TrimSuffix(s, "+00:00") + map[bool]string{true: "Z"}[strings.HasSuffix(s, "+00:00")]
		}
		return s
	}
	return r.Text(v)
}

// descend walks the nodes below n in document order.
func (n *xNode) descend(r *types.Run, depth int, f func(*xNode)) {
	tooDeep(depth)
	for _, k := range n.nodes {
		r.Step()
		f(k)
		k.descend(r, depth+1, f)
	}
}
