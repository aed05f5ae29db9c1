package lib

import (
	"slices"
	"strings"

	"gatehouse/internal/csharp/types"
)

func nodeOf(v val) *xNode { n, _ := v.Ref().(*xNode); return n }

func xmlNode(f func(n *xNode) val) types.Func { return self(f) }

// nodeSequence is nodes as an IEnumerable of a snapshot.
func nodeSequence(c call, list []*xNode) val {
	items := make([]val, len(list))
	for i, n := range list {
		items[i] = types.Ref(n)
	}
	return types.Ref(&sequence{typ: c.Site.Result, len: func() int { return len(items) }, each: func(_ *types.Run, yield func(val) bool) {
		for _, v := range items {
			if !yield(v) {
				return
			}
		}
	}})
}

// readName is the conversion of "{namespace}local" to XName.
func readName(c call, v val) val {
	if v.IsNull() {
		return types.Null
	}
	s := v.Str()
	space := ""
	if strings.HasPrefix(s, "{") {
		end := strings.LastIndexByte(s, '}')
		if end < 0 {
			end = 0
		}
		space, s = s[1:max(end, 1)], s[end+1:]
	}
	if s == "" {
		c.ThrowArgument("System.ArgumentException", "'"+v.Str()+"' is an invalid expanded name.", "")
	}
	if i := strings.IndexAny(s, " \t\r\n<>&\"'/=:;,!@#$%^*()+[]{}|\\?`~"); i >= 0 || s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '.' {
		at := max(i, 0)
		c.Throw("System.Xml.XmlException", "The '"+s[at:at+1]+"' character, hexadecimal value 0x"+strings.ToUpper(string("0123456789abcdef"[s[at]>>4])+string("0123456789abcdef"[s[at]&15]))+", cannot be included in a name.")
	}
	return types.Ref(&xName{space, s})
}

// documents adds System.Xml.Linq.
func documents(r *types.Registry) {
	r.AddEnum(xmlNodeType, "None=0", "Element", "Attribute", "Text", "CDATA", "EntityReference", "Entity", "ProcessingInstruction", "Comment", "Document", "DocumentType",
		"DocumentFragment", "Notation", "Whitespace", "SignificantWhitespace", "EndElement", "EndEntity", "XmlDeclaration")
	r.AddEnum(saveOptions, "None=0", "DisableFormatting=1", "OmitDuplicateNamespaces=2").Flags()
	r.Enum(xmlSpace+"LoadOptions", "None=0", "PreserveWhitespace=1", "SetBaseUri=2", "SetLineInfo=4").Flags()
	xmlNames(r)
	xmlNodes(r)
	xmlContainers(r)
	xmlElements(r)
	xmlAttributes(r)
	xmlTexts(r)
	xmlDocTypes(r)
	xmlExtensions(r)
}

func xmlNames(r *types.Registry) {
	n := r.Add(xNameType)
	n.Get("string LocalName", self(func(n *xName) val { return str(n.local) }))
	n.Get("string NamespaceName", self(func(n *xName) val { return str(n.space) }))
	n.Get("XNamespace Namespace", self(func(n *xName) val { return types.Ref(&xSpace{n.space}) }))
	n.Func("XName Get(string expandedName)", func(c call, a []val) val { c.NotNull(a[0], "expandedName"); return readName(c, a[0]) })
	n.Func("XName Get(string localName, string namespaceName)", func(_ call, a []val) val { return types.Ref(&xName{a[1].Str(), a[0].Str()}) })
	n.Implicit("XName (string expandedName)", func(c call, a []val) val { return readName(c, a[0]) })
	s := r.Add(xSpaceType)
	s.Get("string NamespaceName", self(func(s *xSpace) val { return str(s.uri) }))
	s.Func("XNamespace Get(string namespaceName)", func(_ call, a []val) val { return types.Ref(&xSpace{a[0].Str()}) })
	s.Implicit("XNamespace (string namespaceName)", func(_ call, a []val) val {
		if a[0].IsNull() {
			return types.Null
		}
		return types.Ref(&xSpace{a[0].Str()})
	})
	s.Method("XName GetName(string localName)", func(_ call, a []val) val { return types.Ref(&xName{a[0].Ref().(*xSpace).uri, a[1].Str()}) })
	s.Operator("XName operator +(XNamespace ns, string localName)", func(c call, a []val) val {
		c.NotNull(a[0], "ns")
		return types.Ref(&xName{a[0].Ref().(*xSpace).uri, a[1].Str()})
	})
	for name, uri := range map[string]string{"None": "", "Xml": "http://www.w3.org/XML/1998/namespace", "Xmlns": xmlnsURI} {
		s.Static("XNamespace "+name, func(call, []val) val { return types.Ref(&xSpace{uri}) })
	}
	for t, b := range map[string]*types.Builder{"XName": n, "XNamespace": s} {
		b.Operator("bool operator ==("+t+" left, "+t+" right)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
		b.Operator("bool operator !=("+t+" left, "+t+" right)", func(_ call, a []val) val { return types.Bool(!types.Equal(a[0], a[1])) })
	}
	d := r.Add(xDeclaration)
	d.New("(string version, string encoding, string standalone)", func(_ call, a []val) val { return types.Ref(&xDecl{a[0].Str(), a[1].Str(), a[2].Str()}) })
	d.New("(XDeclaration other)", func(c call, a []val) val {
		c.NotNull(a[0], "other")
		copied := *a[0].Ref().(*xDecl)
		return types.Ref(&copied)
	})
	for name, part := range map[string]func(*xDecl) *string{"Version": func(d *xDecl) *string { return &d.version }, "Encoding": func(d *xDecl) *string { return &d.encoding },
		"Standalone": func(d *xDecl) *string { return &d.standalone }} {
		d.GetSet("string "+name, self(func(d *xDecl) val { return orNull(*part(d), *part(d) != "") }), func(_ call, a []val) val {
			*part(a[0].Ref().(*xDecl)) = a[1].Str()
			return types.Null
		})
	}
}

func xmlNodes(r *types.Registry) {
	o := r.Add(xObjectType)
	o.Get("XElement Parent", xmlNode(func(n *xNode) val {
		if n.parent == nil || n.parent.kind != xmlElement {
			return types.Null
		}
		return types.Ref(n.parent)
	}))
	o.Get("XDocument Document", xmlNode(func(n *xNode) val {
		for n.parent != nil {
			n = n.parent
		}
		if n.kind != xmlDocument {
			return types.Null
		}
		return types.Ref(n)
	}))
	o.Get("string BaseUri", func(call, []val) val { return str("") })
	o.Get("XmlNodeType NodeType", xmlNode(func(n *xNode) val { return types.Of(xmlNodeType, uint64(n.kind)) }))
	b := r.Add(xNodeBase).Extends("XObject")
	b.Method("void Remove()", func(c call, a []val) val { nodeOf(a[0]).remove(c); return types.Null })
	b.Method("string ToString(SaveOptions options)", func(c call, a []val) val { return str(xmlString(c.Run, nodeOf(a[0]), a[1].Int()&1 == 0)) })
	b.Func("bool DeepEquals(XNode n1, XNode n2)", func(c call, a []val) val {
		x, y := nodeOf(a[0]), nodeOf(a[1])
		return types.Bool(x == y || x != nil && y != nil && xmlString(c.Run, x, false) == xmlString(c.Run, y, false))
	})
	around := func(step int) types.Func {
		return xmlNode(func(n *xNode) val {
			if n.parent == nil {
				return types.Null
			}
			if i := n.index() + step; i >= 0 && i < len(n.parent.nodes) {
				return types.Ref(n.parent.nodes[i])
			}
			return types.Null
		})
	}
	b.Get("XNode NextNode", around(1)).Get("XNode PreviousNode", around(-1))
	for name, step := range map[string]int{"AddAfterSelf": 1, "AddBeforeSelf": 0} {
		for _, form := range []string{"object content", "params object[] content"} {
			b.Method("void "+name+"("+form+")", func(c call, a []val) val {
				n := nodeOf(a[0])
				if n.parent == nil {
					invalid(c.Run, "The parent is missing.")
				}
				n.parent.put(c, n.index()+step, a[1])
				return types.Null
			})
		}
	}
	b.Method("void ReplaceWith(object content)", func(c call, a []val) val {
		n := nodeOf(a[0])
		if n.parent == nil {
			invalid(c.Run, "The parent is missing.")
		}
		p, at := n.parent, n.index()
		n.remove(c)
		p.put(c, at, a[1])
		return types.Null
	})
	xmlOrder(r, b)
	b.Method("void ReplaceWith(params object[] content)", func(c call, a []val) val {
		n := nodeOf(a[0])
		if n.parent == nil {
			invalid(c.Run, "The parent is missing.")
		}
		p, at := n.parent, n.index()
		n.remove(c)
		p.put(c, at, a[1])
		return types.Null
	})
	ancestors := func(c call, a []val) val {
		var list []*xNode
		for n := nodeOf(a[0]).parent; n != nil && n.kind == xmlElement; n = n.parent {
			if len(a) < 2 || n.name == *a[1].Ref().(*xName) {
				list = append(list, n)
			}
		}
		return nodeSequence(c, list)
	}
	b.Method("IEnumerable<XElement> Ancestors()", ancestors).Method("IEnumerable<XElement> Ancestors(XName name)", ancestors)
	for name, after := range map[string]bool{"AfterSelf": true, "BeforeSelf": false} {
		around := func(n *xNode) []*xNode {
			switch {
			case n.parent == nil:
				return nil
			case after:
				return slices.Clone(n.parent.nodes[n.index()+1:])
			}
			return slices.Clone(n.parent.nodes[:n.index()])
		}
		b.Method("IEnumerable<XNode> Nodes"+name+"()", func(c call, a []val) val { return nodeSequence(c, around(nodeOf(a[0]))) })
		elements := selecting(func(_ *types.Run, n *xNode, name *xName) []*xNode { return elementsOf(around(n), name) })
		b.Method("IEnumerable<XElement> Elements"+name+"()", elements).Method("IEnumerable<XElement> Elements"+name+"(XName name)", elements)
	}
}

// elementsOf keeps the elements, of that name when it is not nil.
func elementsOf(list []*xNode, name *xName) (out []*xNode) {
	for _, n := range list {
		if n.kind == xmlElement && (name == nil || n.name == *name) {
			out = append(out, n)
		}
	}
	return out
}

// optionalName is the XName argument after the receiver, if any. found is false for null.
func optionalName(a []val) (name *xName, found bool) {
	if len(a) < 2 {
		return nil, true
	}
	name, found = a[1].Ref().(*xName)
	return name, found
}

// selecting makes a method that lists what f finds for an optional name.
func selecting(f func(r *types.Run, n *xNode, name *xName) []*xNode) types.Func {
	return func(c call, a []val) val {
		name, found := optionalName(a)
		if !found {
			return nodeSequence(c, nil)
		}
		return nodeSequence(c, f(c.Run, nodeOf(a[0]), name))
	}
}

func descendantElements(r *types.Run, n *xNode, name *xName) (out []*xNode) {
	n.descend(r, 0, func(k *xNode) {
		if k.kind == xmlElement && (name == nil || k.name == *name) {
			out = append(out, k)
		}
	})
	return out
}

func xmlContainers(r *types.Registry) {
	b := r.Add(xContainType).Extends("XNode")
	edge := func(last bool) types.Func {
		return xmlNode(func(n *xNode) val {
			switch {
			case len(n.nodes) == 0:
				return types.Null
			case last:
				return types.Ref(n.nodes[len(n.nodes)-1])
			}
			return types.Ref(n.nodes[0])
		})
	}
	b.Get("XNode FirstNode", edge(false)).Get("XNode LastNode", edge(true))
	b.Method("XElement Element(XName name)", func(_ call, a []val) val {
		name, ok := a[1].Ref().(*xName)
		if !ok {
			return types.Null
		}
		return nodeValue(nodeOf(a[0]).element(name))
	})
	elements := selecting(func(_ *types.Run, n *xNode, name *xName) []*xNode { return elementsOf(n.nodes, name) })
	b.Method("IEnumerable<XElement> Elements()", elements).Method("IEnumerable<XElement> Elements(XName name)", elements)
	below := selecting(descendantElements)
	b.Method("IEnumerable<XElement> Descendants()", below).Method("IEnumerable<XElement> Descendants(XName name)", below)
	b.Method("IEnumerable<XNode> Nodes()", func(c call, a []val) val { return nodeSequence(c, slices.Clone(nodeOf(a[0]).nodes)) })
	b.Method("IEnumerable<XNode> DescendantNodes()", func(c call, a []val) val {
		var list []*xNode
		nodeOf(a[0]).descend(c.Run, 0, func(k *xNode) { list = append(list, k) })
		return nodeSequence(c, list)
	})
	for _, form := range []string{"object content", "params object[] content"} {
		b.Method("void Add("+form+")", func(c call, a []val) val { n := nodeOf(a[0]); n.put(c, len(n.nodes), a[1]); return types.Null })
		b.Method("void AddFirst("+form+")", func(c call, a []val) val { nodeOf(a[0]).put(c, 0, a[1]); return types.Null })
		b.Method("void ReplaceNodes("+form+")", func(c call, a []val) val {
			n := nodeOf(a[0])
			content := types.Ref(c.Types.NewArray(types.ObjectT, []val{a[1]}))
			n.setText("")
			n.blank = false
			n.put(c, 0, content)
			return types.Null
		})
	}
	b.Method("void RemoveNodes()", xmlNode(func(n *xNode) val { n.setText(""); n.blank = false; return types.Null }))
	d := r.Add(xDocumentType).Extends("XContainer")
	make := func(c call, a []val) val {
		n := &xNode{kind: xmlDocument}
		for _, v := range a {
			if decl, ok := v.Ref().(*xDecl); ok {
				n.decl = decl
				continue
			}
			n.put(c, len(n.nodes), v)
		}
		return types.Ref(n)
	}
	d.New("()", make)
	d.New("(XDocument other)", func(c call, a []val) val { c.NotNull(a[0], "other"); return types.Ref(nodeOf(a[0]).clone(c.Run, 0)) })
	d.New("(params object[] content)", make)
	d.New("(XDeclaration declaration, params object[] content)", make)
	d.Get("XDocumentType DocumentType", xmlNode(func(n *xNode) val {
		for _, k := range n.nodes {
			if k.kind == xmlDocType {
				return types.Ref(k)
			}
		}
		return types.Null
	}))
	d.Method("void Save(System.IO.TextWriter textWriter)", func(c call, a []val) val {
		c.NotNull(a[1], "textWriter")
		n, w := nodeOf(a[0]), a[1].Ref().(*stringWriter).to
		decl := &xDecl{version: "1.0", encoding: "utf-16"} // a string's encoding, as XmlWriter has it
		if n.decl != nil {
			decl.standalone = n.decl.standalone
		}
		w.add(c, decl.ToText(c.Run)+newLine+xmlString(c.Run, n, true))
		return types.Null
	})
	d.Get("XElement Root", xmlNode(func(n *xNode) val { return nodeValue(n.element(nil)) }))
	d.GetSet("XDeclaration Declaration", xmlNode(func(n *xNode) val {
		if n.decl == nil {
			return types.Null
		}
		return types.Ref(n.decl)
	}), func(_ call, a []val) val { nodeOf(a[0]).decl, _ = a[1].Ref().(*xDecl); return types.Null })
	parse := func(c call, a []val) val {
		c.NotNull(a[0], "text")
		return types.Ref(readXML(c.Run, a[0].Str(), len(a) > 1 && a[1].Int()&1 != 0))
	}
	d.Func("XDocument Parse(string text)", parse).Func("XDocument Parse(string text, LoadOptions options)", parse)
}

func xmlElements(r *types.Registry) {
	b := r.Add(xElementType).Extends("XContainer")
	make := func(c call, a []val) val {
		c.NotNull(a[0], "name")
		n := &xNode{kind: xmlElement, name: *a[0].Ref().(*xName)}
		if len(a) > 1 {
			n.put(c, 0, a[1])
		}
		return types.Ref(n)
	}
	b.New("(XName name)", make).New("(XName name, object content)", make).New("(XName name, params object[] content)", make)
	b.New("(XElement other)", func(c call, a []val) val { c.NotNull(a[0], "other"); return types.Ref(nodeOf(a[0]).clone(c.Run, 0)) })
	parse := func(c call, a []val) val {
		c.NotNull(a[0], "text")
		n := readXML(c.Run, a[0].Str(), len(a) > 1 && a[1].Int()&1 != 0).element(nil)
		n.parent = nil
		return types.Ref(n)
	}
	b.Func("XElement Parse(string text)", parse).Func("XElement Parse(string text, LoadOptions options)", parse)
	b.GetSet("XName Name", xmlNode(func(n *xNode) val { name := n.name; return types.Ref(&name) }), func(c call, a []val) val {
		c.NotNull(a[1], "value")
		nodeOf(a[0]).name = *a[1].Ref().(*xName)
		return types.Null
	})
	b.GetSet("string Value", xmlNode(func(n *xNode) val { return str(n.value(0)) }), func(c call, a []val) val {
		c.NotNull(a[1], "value")
		nodeOf(a[0]).setText(a[1].Str())
		return types.Null
	})
	b.Get("bool HasElements", xmlNode(func(n *xNode) val { return types.Bool(n.element(nil) != nil) }))
	b.Get("bool HasAttributes", xmlNode(func(n *xNode) val { return types.Bool(len(n.attrs) > 0) }))
	b.Get("bool IsEmpty", xmlNode(func(n *xNode) val { return types.Bool(n.empty()) }))
	b.Method("XAttribute Attribute(XName name)", func(_ call, a []val) val {
		name, ok := a[1].Ref().(*xName)
		if !ok {
			return types.Null
		}
		return nodeValue(nodeOf(a[0]).attribute(*name))
	})
	attributes := selecting(func(_ *types.Run, n *xNode, name *xName) []*xNode {
		return slices.DeleteFunc(slices.Clone(n.attrs), func(k *xNode) bool { return name != nil && k.name != *name })
	})
	b.Method("IEnumerable<XAttribute> Attributes()", attributes).Method("IEnumerable<XAttribute> Attributes(XName name)", attributes)
	own := selecting(func(r *types.Run, n *xNode, name *xName) []*xNode {
		return append(elementsOf([]*xNode{n}, name), descendantElements(r, n, name)...)
	})
	b.Method("IEnumerable<XElement> DescendantsAndSelf()", own).Method("IEnumerable<XElement> DescendantsAndSelf(XName name)", own)
	xmlElementParts(b)
	b.Method("void SetAttributeValue(XName name, object value)", func(c call, a []val) val {
		c.NotNull(a[1], "name")
		n, name := nodeOf(a[0]), *a[1].Ref().(*xName)
		k := n.attribute(name)
		switch {
		case a[2].IsNull() && k != nil:
			k.remove(c)
		case a[2].IsNull():
		case k != nil:
			k.text = xmlValueText(c.Run, a[2])
		default:
			n.attrs = append(n.attrs, &xNode{kind: xmlAttribute, name: name, text: xmlValueText(c.Run, a[2]), parent: n})
		}
		return types.Null
	})
	b.Method("void SetElementValue(XName name, object value)", func(c call, a []val) val {
		c.NotNull(a[1], "name")
		n, name := nodeOf(a[0]), *a[1].Ref().(*xName)
		k := n.element(&name)
		switch {
		case a[2].IsNull() && k != nil:
			k.remove(c)
		case a[2].IsNull():
		case k == nil:
			k = &xNode{kind: xmlElement, name: name, parent: n}
			n.nodes = append(n.nodes, k)
			k.setText(xmlValueText(c.Run, a[2]))
		default:
			k.setText(xmlValueText(c.Run, a[2]))
		}
		return types.Null
	})
	b.Method("void SetValue(object value)", func(c call, a []val) val {
		c.NotNull(a[1], "value")
		nodeOf(a[0]).setText(xmlValueText(c.Run, a[1]))
		return types.Null
	})
	b.Method("void RemoveAttributes()", xmlNode(func(n *xNode) val { n.attrs = nil; return types.Null }))
	b.Method("void RemoveAll()", xmlNode(func(n *xNode) val { n.attrs = nil; n.setText(""); n.blank = false; return types.Null }))
	b.Method("XNamespace GetDefaultNamespace()", xmlNode(func(n *xNode) val {
		for ; n != nil; n = n.parent {
			if k := n.attribute(xName{"", "xmlns"}); k != nil {
				return types.Ref(&xSpace{k.text})
			}
		}
		return types.Ref(&xSpace{})
	}))
	b.Method("XNamespace GetNamespaceOfPrefix(string prefix)", func(_ call, a []val) val {
		for n := nodeOf(a[0]); n != nil; n = n.parent {
			if k := n.attribute(xName{xmlnsURI, a[1].Str()}); k != nil {
				return types.Ref(&xSpace{k.text})
			}
		}
		return types.Null
	})
	xmlCasts(r, b, "XElement")
}

// xmlCasts adds the explicit conversions of XElement and XAttribute to values.
func xmlCasts(r *types.Registry, b *types.Builder, name string) {
	b.Explicit("string ("+name+" value)", func(_ call, a []val) val {
		if a[0].IsNull() {
			return types.Null
		}
		return str(nodeOf(a[0]).value(0))
	})
	for _, t := range []*types.Type{types.Boolean, types.Int32, types.UInt32, types.Int64, types.UInt64, types.SingleT, types.DoubleT, types.Decimal, dateTimeType, offsetType, timeSpanType, guidType} {
		for _, q := range []string{"", "?"} {
			b.Explicit(t.Name+q+" ("+name+" value)", func(c call, a []val) val {
				if a[0].IsNull() {
					if q == "" {
						c.NotNull(a[0], strings.ToLower(name[1:]))
					}
					return types.Null
				}
				text := strings.TrimSpace(nodeOf(a[0]).value(0))
				if t == types.Boolean && (text == "1" || text == "0") {
					return types.Bool(text == "1")
				}
				return castValue(c, &JSONValue{typ: jsonString, v: str(text)}, t)
			})
		}
	}
}

func xmlAttributes(r *types.Registry) {
	b := r.Add(xAttrType).Extends("XObject")
	b.New("(XName name, object value)", func(c call, a []val) val {
		c.NotNull(a[0], "name")
		c.NotNull(a[1], "value")
		return types.Ref(&xNode{kind: xmlAttribute, name: *a[0].Ref().(*xName), text: xmlValueText(c.Run, a[1])})
	})
	b.New("(XAttribute other)", func(c call, a []val) val { c.NotNull(a[0], "other"); return types.Ref(nodeOf(a[0]).clone(c.Run, 0)) })
	b.Get("XName Name", xmlNode(func(n *xNode) val { name := n.name; return types.Ref(&name) }))
	for name, step := range map[string]int{"NextAttribute": 1, "PreviousAttribute": -1} {
		b.Get("XAttribute "+name, xmlNode(func(n *xNode) val {
			if n.parent == nil {
				return types.Null
			}
			if i := slices.Index(n.parent.attrs, n) + step; i >= 0 && i < len(n.parent.attrs) {
				return types.Ref(n.parent.attrs[i])
			}
			return types.Null
		}))
	}
	b.Static("IEnumerable<XAttribute> EmptySequence", func(c call, _ []val) val { return nodeSequence(c, nil) })
	set := func(c call, a []val) val {
		c.NotNull(a[1], "value")
		nodeOf(a[0]).text = xmlValueText(c.Run, a[1])
		return types.Null
	}
	b.GetSet("string Value", xmlNode(func(n *xNode) val { return str(n.text) }), set)
	b.Method("void SetValue(object value)", set)
	b.Method("void Remove()", func(c call, a []val) val { nodeOf(a[0]).remove(c); return types.Null })
	b.Get("bool IsNamespaceDeclaration", xmlNode(func(n *xNode) val {
		return types.Bool(n.name.space == xmlnsURI || n.name == xName{"", "xmlns"})
	}))
	xmlCasts(r, b, "XAttribute")
}

func xmlTexts(r *types.Registry) {
	for _, row := range []struct {
		t    *types.Type
		base string
		kind int
	}{{xTextType, "XNode", xmlText}, {xCDataType, "XText", xmlCData}, {xCommentType, "XNode", xmlComment}} {
		b := r.Add(row.t).Extends(row.base)
		b.New("(string value)", func(c call, a []val) val {
			c.NotNull(a[0], "value")
			return types.Ref(&xNode{kind: row.kind, text: a[0].Str()})
		})
		b.New("("+row.t.Name+" other)", func(c call, a []val) val { c.NotNull(a[0], "other"); return types.Ref(nodeOf(a[0]).clone(c.Run, 0)) })
		b.GetSet("string Value", xmlNode(func(n *xNode) val { return str(n.text) }), func(_ call, a []val) val { nodeOf(a[0]).text = a[1].Str(); return types.Null })
	}
	r.Add(xInstruction).Extends("XNode").
		New("(XProcessingInstruction other)", func(c call, a []val) val { c.NotNull(a[0], "other"); return types.Ref(nodeOf(a[0]).clone(c.Run, 0)) }).
		New("(string target, string data)", func(_ call, a []val) val {
			return types.Ref(&xNode{kind: xmlInstruction, name: xName{local: a[0].Str()}, text: a[1].Str()})
		}).
		GetSet("string Target", xmlNode(func(n *xNode) val { return str(n.name.local) }), func(c call, a []val) val {
			c.NotNull(a[1], "value")
			nodeOf(a[0]).name.local = readName(c, a[1]).Ref().(*xName).local
			return types.Null
		}).
		GetSet("string Data", xmlNode(func(n *xNode) val { return str(n.text) }), func(c call, a []val) val {
			c.NotNull(a[1], "value")
			nodeOf(a[0]).text = a[1].Str()
			return types.Null
		})
}
