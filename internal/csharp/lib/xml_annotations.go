package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// xmlAnnotations adds the objects that code may hang on a node; each is found by its type.
func xmlAnnotations(r *types.Registry) {
	b := r.Add(xObjectType)
	b.Method("void AddAnnotation(object annotation)", func(c call, a []val) val {
		c.NotNull(a[1], "annotation")
		c.Grow(24)
		n := nodeOf(a[0])
		n.notes = append(n.notes, a[1])
		return types.Null
	})
	typeArgument := func(c call, a []val) *types.Type {
		if len(a) == 1 {
			return c.T(0)
		}
		c.NotNull(a[1], "type")
		return a[1].Ref().(*TypeObject).Of
	}
	first := func(c call, a []val) val {
		for _, v := range nodeOf(a[0]).notes {
			if c.Types.Is(v, typeArgument(c, a)) {
				return v
			}
		}
		return types.Null
	}
	all := func(c call, a []val) val {
		t := typeArgument(c, a)
		items := slices.DeleteFunc(slices.Clone(nodeOf(a[0]).notes), func(v val) bool { return !c.Types.Is(v, t) })
		return types.Ref(&list{typ: c.Types.Construct(c.Types.Named("System.Collections.Generic.List`1"), c.Site.Result.Args[0]), items: items})
	}
	remove := func(c call, a []val) val {
		n, t := nodeOf(a[0]), typeArgument(c, a)
		n.notes = slices.DeleteFunc(n.notes, func(v val) bool { return c.Types.Is(v, t) })
		return types.Null
	}
	b.Method("T Annotation<T>()", first).Method("object Annotation(Type type)", first)
	b.Method("IEnumerable<T> Annotations<T>()", all).Method("IEnumerable<object> Annotations(Type type)", all)
	b.Method("void RemoveAnnotations<T>()", remove).Method("void RemoveAnnotations(Type type)", remove)
}
