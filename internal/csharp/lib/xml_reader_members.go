package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

// reader makes a member of what looks at an XmlReader.
func reader(f func(c call, x *xmlCursor, a []val) val) types.Func {
	return func(c call, a []val) val { return f(c, a[0].Ref().(*xmlCursor), a[1:]) }
}

func readerText(f func(x *xmlCursor) string) types.Func {
	return reader(func(_ call, x *xmlCursor, _ []val) val { return str(f(x)) })
}

func readerFlag(f func(x *xmlCursor) bool) types.Func {
	return reader(func(_ call, x *xmlCursor, _ []val) val { return types.Bool(f(x)) })
}

// xmlReaders adds System.Xml.XmlReader over texts, which API Management allows beside LINQ to XML (its
// assembly is on the gateway's list), and LINQ to XML's members that read from one.
func xmlReaders(r *types.Registry) {
	b := r.Add(xmlReaderType).Extends("", "IDisposable")
	b.Func("XmlReader Create(System.IO.TextReader input)", func(c call, a []val) val {
		return types.Ref(newXMLCursor(c.Run, readXML(c.Run, restOf(c, a[0]), true)))
	})
	for name, f := range map[string]func(x *xmlCursor) string{
		"Name":         func(x *xmlCursor) string { return x.name(x.node()) },
		"LocalName":    func(x *xmlCursor) string { return x.node().name.local },
		"NamespaceURI": func(x *xmlCursor) string { return x.node().name.space },
		"Prefix":       func(x *xmlCursor) string { return prefixAt(x.node()) },
		"Value":        (*xmlCursor).text,
		"BaseURI":      func(*xmlCursor) string { return "" },
	} {
		b.Get("string "+name, readerText(f))
	}
	for name, f := range map[string]func(x *xmlCursor) bool{
		"EOF":            func(x *xmlCursor) bool { return x.at >= len(x.events) },
		"IsEmptyElement": func(x *xmlCursor) bool { return x.kind() == xmlElement && x.node().empty() },
		"HasValue":       func(x *xmlCursor) bool { k := x.kind(); return k != 0 && k != xmlElement && k != xmlEndElement },
		"HasAttributes":  func(x *xmlCursor) bool { return len(x.attributes()) > 0 },
	} {
		b.Get("bool "+name, readerFlag(f))
	}
	b.Get("XmlNodeType NodeType", reader(func(_ call, x *xmlCursor, _ []val) val { return types.Of(xmlNodeType, uint64(x.kind())) }))
	b.Get("int Depth", reader(func(_ call, x *xmlCursor, _ []val) val {
		e, _ := x.event()
		if x.attr != nil {
			return integer(e.depth + 1)
		}
		return integer(e.depth)
	}))
	b.Get("int AttributeCount", reader(func(_ call, x *xmlCursor, _ []val) val { return integer(len(x.attributes())) }))
	for _, name := range []string{"Close", "Dispose"} {
		b.Method("void "+name+"()", reader(func(_ call, x *xmlCursor, _ []val) val { x.move(len(x.events)); return types.Null }))
	}
	readerMoves(b)
	readerAttributes(b)
	readerTexts(b)
	readerTrees(r)
}

func (x *xmlCursor) text() string {
	switch x.kind() {
	case xmlElement, xmlEndElement, 0:
		return ""
	}
	return x.node().text
}

// attributes are those of the element at hand.
func (x *xmlCursor) attributes() []*xNode {
	if e, ok := x.event(); ok && e.n.kind == xmlElement && !e.end {
		return e.n.attrs
	}
	return nil
}

func readerMoves(b *types.Builder) {
	b.Method("bool Read()", reader(func(c call, x *xmlCursor, _ []val) val {
		c.Step()
		return types.Bool(x.at < len(x.events) && x.move(x.at+1))
	}))
	b.Method("void Skip()", reader(func(_ call, x *xmlCursor, _ []val) val {
		if e, ok := x.event(); ok {
			x.move(max(e.next, x.at+1))
		}
		return types.Null
	}))
	b.Method("XmlNodeType MoveToContent()", reader(func(_ call, x *xmlCursor, _ []val) val { return types.Of(xmlNodeType, uint64(x.content())) }))
	for name, find := range map[string]func(x *xmlCursor) (from, before, where int){
		"ReadToFollowing": func(x *xmlCursor) (int, int, int) { return x.at + 1, len(x.events), -1 },
		"ReadToDescendant": func(x *xmlCursor) (int, int, int) {
			e, _ := x.event()
			return x.at + 1, e.next, -1
		},
		"ReadToNextSibling": func(x *xmlCursor) (int, int, int) {
			e, _ := x.event()
			end := e.next
			for end < len(x.events) && x.events[end].depth >= e.depth {
				end++
			}
			return e.next, end, e.depth
		},
	} {
		for _, form := range []string{"(string name)", "(string localName, string namespaceURI)"} {
			b.Method("bool "+name+form, reader(func(c call, x *xmlCursor, a []val) val {
				from, before, where := find(x)
				if x.seek(c.Run, from, before, where, named(x, a)) {
					return types.Bool(true)
				}
				if name != "ReadToDescendant" {
					x.move(before)
				}
				return types.Bool(false)
			}))
		}
	}
	for _, form := range []string{"()", "(string name)", "(string localname, string ns)"} {
		b.Method("bool IsStartElement"+form, reader(func(_ call, x *xmlCursor, a []val) val {
			return types.Bool(x.content() == xmlElement && named(x, a)(x.node()))
		}))
		b.Method("void ReadStartElement"+form, reader(func(c call, x *xmlCursor, a []val) val {
			if x.content() != xmlElement || !named(x, a)(x.node()) {
				c.Throw("System.Xml.XmlException", "'"+x.kindName(c)+"' is an invalid XmlNodeType.")
			}
			x.move(x.at + 1)
			return types.Null
		}))
	}
	b.Method("void ReadEndElement()", reader(func(c call, x *xmlCursor, _ []val) val {
		if x.content() != xmlEndElement {
			c.Throw("System.Xml.XmlException", "'"+x.kindName(c)+"' is an invalid XmlNodeType.")
		}
		x.move(x.at + 1)
		return types.Null
	}))
}

// named tests an element's name: none, a qualified one, or a local name with its namespace.
func named(x *xmlCursor, a []val) func(n *xNode) bool {
	return func(n *xNode) bool {
		switch len(a) {
		case 0:
			return true
		case 1:
			return x.name(n) == a[0].Str()
		}
		return n.name == xName{a[1].Str(), a[0].Str()}
	}
}

func readerAttributes(b *types.Builder) {
	find := func(x *xmlCursor, a []val) (int, *xNode) {
		for i, n := range x.attributes() {
			if named(x, a)(n) {
				return i, n
			}
		}
		return -1, nil
	}
	value := reader(func(c call, x *xmlCursor, a []val) val {
		if i, ok := a[0].ValueType(), len(a) == 1; ok && i == types.Int32 {
			list := x.attributes()
			if n := a[0].Int(); n < 0 || n >= len(list) {
				c.OutOfRange("i", "")
			}
			return str(list[a[0].Int()].text)
		}
		if _, n := find(x, a); n != nil {
			return str(n.text)
		}
		return types.Null
	})
	for _, form := range []string{"string name", "string name, string namespaceURI", "int i"} {
		b.Method("string GetAttribute("+form+")", value).Index("string this["+form+"]", value, nil)
	}
	at := func(x *xmlCursor, i int) val {
		list := x.attributes()
		if i < 0 || i >= len(list) {
			return types.Bool(false)
		}
		x.attr, x.attrAt = list[i], i
		return types.Bool(true)
	}
	for _, form := range []string{"(string name)", "(string name, string ns)"} {
		b.Method("bool MoveToAttribute"+form, reader(func(_ call, x *xmlCursor, a []val) val { i, _ := find(x, a); return at(x, i) }))
	}
	b.Method("bool MoveToFirstAttribute()", reader(func(_ call, x *xmlCursor, _ []val) val { return at(x, 0) }))
	b.Method("bool MoveToNextAttribute()", reader(func(_ call, x *xmlCursor, _ []val) val { return at(x, x.attrAt+1) }))
	b.Method("bool MoveToElement()", reader(func(_ call, x *xmlCursor, _ []val) val {
		moved := x.attr != nil
		x.attr, x.attrAt = nil, -1
		return types.Bool(moved)
	}))
}

func readerTexts(b *types.Builder) {
	text := reader(func(c call, x *xmlCursor, _ []val) val { return str(x.elementText(c)) })
	b.Method("string ReadElementContentAsString()", text).Method("string ReadElementString()", text)
	for name, t := range map[string]*types.Type{"Int": types.Int32, "Long": types.Int64, "Double": types.DoubleT, "Decimal": types.Decimal, "Boolean": types.Boolean} {
		b.Method(t.Name+" ReadElementContentAs"+name+"()", reader(func(c call, x *xmlCursor, _ []val) val {
			text := strings.TrimSpace(x.elementText(c))
			if t == types.Boolean && (text == "1" || text == "0") {
				return types.Bool(text == "1")
			}
			return castValue(c, &JSONValue{typ: jsonString, v: str(text)}, t)
		}))
	}
	content := reader(func(_ call, x *xmlCursor, _ []val) val {
		if x.kind() == xmlElement {
			x.move(x.at + 1)
		}
		var b strings.Builder
		for k := x.kind(); k == xmlText || k == xmlCData || k == xmlWhitespace; k = x.kind() {
			b.WriteString(x.text())
			x.move(x.at + 1)
		}
		return str(b.String())
	})
	b.Method("string ReadString()", content).Method("string ReadContentAsString()", content)
	for name, outer := range map[string]bool{"ReadOuterXml": true, "ReadInnerXml": false} {
		b.Method("string "+name+"()", reader(func(c call, x *xmlCursor, _ []val) val {
			if x.kind() != xmlElement {
				return str("")
			}
			n := x.take(c)
			if outer {
				return str(xmlString(c.Run, n, false))
			}
			var b strings.Builder
			for _, k := range n.nodes {
				b.WriteString(xmlString(c.Run, k, false))
			}
			return str(b.String())
		}))
	}
}

// readerTrees adds what LINQ to XML reads of a reader or writes to a writer of text.
func readerTrees(r *types.Registry) {
	b := r.Add(xNodeBase)
	b.Func("XNode ReadFrom(XmlReader reader)", func(c call, a []val) val {
		c.NotNull(a[0], "reader")
		return types.Ref(a[0].Ref().(*xmlCursor).take(c))
	})
	b.Method("XmlReader CreateReader()", func(c call, a []val) val { return types.Ref(newXMLCursor(c.Run, nodeOf(a[0]))) })
	e := r.Add(xElementType)
	for _, form := range []string{"", ", LoadOptions options"} {
		e.Func("XElement Load(System.IO.TextReader textReader"+form+")", func(c call, a []val) val {
			root := readXML(c.Run, restOf(c, a[0]), len(a) > 1 && a[1].Int()&1 != 0).element(nil)
			root.parent = nil
			return types.Ref(root)
		})
		e.Func("XElement Load(XmlReader reader"+form+")", func(c call, a []val) val {
			c.NotNull(a[0], "reader")
			x := a[0].Ref().(*xmlCursor)
			if x.content() != xmlElement {
				invalid(c.Run, "The XmlReader must be on a node of type Element instead of a node of type "+x.kindName(c)+".")
			}
			return types.Ref(x.take(c))
		})
	}
}

// restOf is what a StringReader has not read yet.
func restOf(c call, v val) string {
	c.NotNull(v, "input")
	s, ok := v.Ref().(*stringReader)
	if !ok {
		c.ThrowArgument("System.ArgumentException", "A StringReader is needed.", "input")
	}
	s.open(c)
	text := s.rest
	s.rest = ""
	return text
}
