package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// path are the nodes from the root to n.
func (n *xNode) path() (list []*xNode) {
	for ; n != nil; n = n.parent {
		list = append(list, n)
	}
	slices.Reverse(list)
	return list
}

// documentOrder compares two nodes of one tree: -1 when the first comes first.
func documentOrder(r *types.Run, x, y *xNode) int {
	if x == y {
		return 0
	}
	p, q := x.path(), y.path()
	if p[0] != q[0] {
		invalid(r, "The nodes do not have a common ancestor.")
	}
	i := 0
	for i < len(p) && i < len(q) && p[i] == q[i] {
		r.Step()
		i++
	}
	switch {
	case i == len(p):
		return -1
	case i == len(q):
		return 1
	}
	return sign(p[i].index() - q[i].index())
}

// nodeOrder compares values that are nodes or null, which is first.
func nodeOrder(r *types.Run, x, y val) int {
	p, q := nodeOf(x), nodeOf(y)
	switch {
	case p == q:
		return 0
	case p == nil:
		return -1
	case q == nil:
		return 1
	}
	return documentOrder(r, p, q)
}

// deepText is equal for nodes that DeepEquals calls equal.
func deepText(r *types.Run, v val) string {
	n := nodeOf(v)
	if n == nil {
		return ""
	}
	return xmlString(r, n, false)
}

// xmlOrder adds what compares nodes: members of XNode, and its two comparers.
func xmlOrder(r *types.Registry, b *types.Builder) {
	other := func(c call, v val, name string) *xNode { c.NotNull(v, name); return nodeOf(v) }
	b.Func("int CompareDocumentOrder(XNode n1, XNode n2)", func(c call, a []val) val { return integer(nodeOrder(c.Run, a[0], a[1])) })
	b.Method("bool IsAfter(XNode node)", func(c call, a []val) val {
		return types.Bool(documentOrder(c.Run, nodeOf(a[0]), other(c, a[1], "node")) > 0)
	})
	b.Method("bool IsBefore(XNode node)", func(c call, a []val) val {
		return types.Bool(documentOrder(c.Run, nodeOf(a[0]), other(c, a[1], "node")) < 0)
	})
	equals := r.Class(xmlSpace+"XNodeEqualityComparer").Extends("", "IEqualityComparer<XNode>")
	make := func(t *types.Type, c comparer) types.Func {
		c.typ = t
		return func(call, []val) val { return types.Ref(&c) }
	}
	sameNodes := make(equals.Type(), comparer{key: deepText})
	equals.New("()", sameNodes)
	equals.Method("bool Equals(XNode x, XNode y)", func(c call, a []val) val {
		return types.Bool(a[1].IsNull() == a[2].IsNull() && deepText(c.Run, a[1]) == deepText(c.Run, a[2]))
	})
	equals.Method("int GetHashCode(XNode obj)", func(c call, a []val) val { return types.Int(hashCode(str(deepText(c.Run, a[1])))) })
	order := r.Class(xmlSpace+"XNodeDocumentOrderComparer").Extends("", "IComparer<XNode>")
	inOrder := make(order.Type(), comparer{order: nodeOrder})
	order.New("()", inOrder)
	order.Method("int Compare(XNode x, XNode y)", func(c call, a []val) val { return integer(nodeOrder(c.Run, a[1], a[2])) })
	b.Static("XNodeEqualityComparer EqualityComparer", sameNodes)
	b.Static("XNodeDocumentOrderComparer DocumentOrderComparer", inOrder)
}
