package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// xmlExtensions adds System.Xml.Linq.Extensions.
func xmlExtensions(r *types.Registry) {
	b := r.StaticClass(xmlSpace + "Extensions")
	each := func(f func(r *types.Run, n *xNode, name *xName) []*xNode) types.Func {
		return func(c call, a []val) val {
			c.NotNull(a[0], "source")
			name, found := optionalName(a)
			var list []*xNode
			c.Each(a[0], func(v val) bool {
				if n := nodeOf(v); n != nil && found {
					list = append(list, f(c.Run, n, name)...)
				}
				return true
			})
			return nodeSequence(c, list)
		}
	}
	for _, rest := range []string{"", ", XName name"} {
		b.Func("IEnumerable<XElement> Elements<T>(this IEnumerable<T> source"+rest+")", each(func(_ *types.Run, n *xNode, name *xName) []*xNode { return elementsOf(n.nodes, name) }))
		b.Func("IEnumerable<XElement> Descendants<T>(this IEnumerable<T> source"+rest+")", each(descendantElements))
		b.Func("IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source"+rest+")", each(func(_ *types.Run, n *xNode, name *xName) []*xNode {
			return slices.DeleteFunc(slices.Clone(n.attrs), func(k *xNode) bool { return name != nil && k.name != *name })
		}))
	}
	for _, rest := range []string{"", ", XName name"} {
		b.Func("IEnumerable<XElement> Ancestors<T>(this IEnumerable<T> source"+rest+")", each(func(_ *types.Run, n *xNode, name *xName) []*xNode { return n.ancestors(name, false) }))
		b.Func("IEnumerable<XElement> AncestorsAndSelf(this IEnumerable<XElement> source"+rest+")", each(func(_ *types.Run, n *xNode, name *xName) []*xNode { return n.ancestors(name, true) }))
		b.Func("IEnumerable<XElement> DescendantsAndSelf(this IEnumerable<XElement> source"+rest+")", each(func(r *types.Run, n *xNode, name *xName) []*xNode {
			return append(elementsOf([]*xNode{n}, name), descendantElements(r, n, name)...)
		}))
	}
	b.Func("IEnumerable<XNode> Nodes<T>(this IEnumerable<T> source)", each(func(_ *types.Run, n *xNode, _ *xName) []*xNode { return n.nodes }))
	b.Func("IEnumerable<XNode> DescendantNodes<T>(this IEnumerable<T> source)", each(func(r *types.Run, n *xNode, _ *xName) []*xNode { return n.below(r, false) }))
	b.Func("IEnumerable<XNode> DescendantNodesAndSelf(this IEnumerable<XElement> source)", each(func(r *types.Run, n *xNode, _ *xName) []*xNode { return n.below(r, true) }))
	b.Func("IEnumerable<T> InDocumentOrder<T>(this IEnumerable<T> source)", func(c call, a []val) val {
		c.NotNull(a[0], "source")
		var nodes []*xNode
		c.Each(a[0], func(v val) bool { nodes = append(nodes, nodeOf(v)); return true })
		slices.SortStableFunc(nodes, func(x, y *xNode) int { return nodeOrder(c.Run, nodeValue(x), nodeValue(y)) })
		return nodeSequence(c, nodes)
	})
	b.Func("void Remove<T>(this IEnumerable<T> source)", func(c call, a []val) val {
		c.NotNull(a[0], "source")
		for _, v := range c.Collect(a[0]) {
			nodeOf(v).remove(c)
		}
		return types.Null
	})
}

// ancestors are the elements around n, the nearest first.
func (n *xNode) ancestors(name *xName, self bool) (list []*xNode) {
	if !self {
		n = n.parent
	}
	for ; n != nil && n.kind == xmlElement; n = n.parent {
		if name == nil || n.name == *name {
			list = append(list, n)
		}
	}
	return list
}

// below are the nodes below n in document order.
func (n *xNode) below(r *types.Run, self bool) (list []*xNode) {
	if self {
		list = append(list, n)
	}
	n.descend(r, 0, func(k *xNode) { list = append(list, k) })
	return list
}

// xmlElementParts adds members of XElement that list or replace its parts.
func xmlElementParts(b *types.Builder) {
	ancestors := selecting(func(_ *types.Run, n *xNode, name *xName) []*xNode { return n.ancestors(name, true) })
	b.Method("IEnumerable<XElement> AncestorsAndSelf()", ancestors).Method("IEnumerable<XElement> AncestorsAndSelf(XName name)", ancestors)
	b.Method("IEnumerable<XNode> DescendantNodesAndSelf()", func(c call, a []val) val { return nodeSequence(c, nodeOf(a[0]).below(c.Run, true)) })
	b.Static("IEnumerable<XElement> EmptySequence", func(c call, _ []val) val { return nodeSequence(c, nil) })
	b.Get("XAttribute FirstAttribute", xmlNode(func(n *xNode) val {
		if len(n.attrs) == 0 {
			return types.Null
		}
		return types.Ref(n.attrs[0])
	}))
	b.Get("XAttribute LastAttribute", xmlNode(func(n *xNode) val {
		if len(n.attrs) == 0 {
			return types.Null
		}
		return types.Ref(n.attrs[len(n.attrs)-1])
	}))
	b.Method("string GetPrefixOfNamespace(XNamespace ns)", func(c call, a []val) val {
		c.NotNull(a[1], "ns")
		uri := a[1].Ref().(*xSpace).uri
		for n := nodeOf(a[0]); n != nil; n = n.parent {
			for _, k := range n.attrs {
				if k.name.space == xmlnsURI && k.text == uri {
					return str(k.name.local)
				}
			}
		}
		switch uri {
		case "http://www.w3.org/XML/1998/namespace":
			return str("xml")
		case xmlnsURI:
			return str("xmlns")
		}
		return types.Null
	})
	for _, form := range []string{"object content", "params object[] content"} {
		b.Method("void ReplaceAll("+form+")", func(c call, a []val) val {
			n, content := nodeOf(a[0]), types.Ref(c.Types.NewArray(types.ObjectT, []val{a[1]}))
			n.attrs = nil
			n.setText("")
			n.put(c, 0, content)
			return types.Null
		})
		b.Method("void ReplaceAttributes("+form+")", func(c call, a []val) val {
			n := nodeOf(a[0])
			n.attrs = nil
			n.put(c, len(n.nodes), a[1])
			return types.Null
		})
	}
}
