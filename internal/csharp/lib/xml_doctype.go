package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

// docTypeIDs are the identifiers of a document type; null values are absent.
type docTypeIDs struct{ public, system, subset val }

// docTypeText writes <!DOCTYPE name PUBLIC "..." "..."[...]> as XmlWriter does.
func (n *xNode) docTypeText() string {
	s := "<!DOCTYPE " + n.name.local
	switch {
	case !n.ids.public.IsNull():
		s += ` PUBLIC "` + n.ids.public.Str() + `" "` + n.ids.system.Str() + `"`
	case !n.ids.system.IsNull():
		s += ` SYSTEM "` + n.ids.system.Str() + `"`
	default:
		s += " "
	}
	if !n.ids.subset.IsNull() {
		s += "[" + n.ids.subset.Str() + "]"
	}
	return s + ">"
}

// docType reads a directive: DOCTYPE name, identifiers, and the subset, which is kept as text.
func (x *xmlReader) docType(directive string) {
	rest, ok := strings.CutPrefix(directive, "DOCTYPE")
	if !ok || x.doc.element(nil) != nil || x.at != x.doc {
		x.fail("Unexpected DTD declaration.")
	}
	head, subset, _ := strings.Cut(rest, "[")
	subset = subset[:max(0, strings.LastIndexByte(subset, ']'))]
	ids := &docTypeIDs{subset: str(subset)}
	head = strings.TrimSpace(head)
	name, head, _ := strings.Cut(head, " ")
	head = strings.TrimSpace(head)
	literal := func() val {
		head = strings.TrimSpace(head)
		if head == "" || head[0] != '"' && head[0] != '\'' {
			return types.Null
		}
		text, after, ok := strings.Cut(head[1:], head[:1])
		if !ok {
			x.fail("Unexpected end of file has occurred.")
		}
		head = after
		return str(text)
	}
	if after, isPublic := strings.CutPrefix(head, "PUBLIC"); isPublic {
		head = after
		ids.public = literal()
		ids.system = literal()
	} else if after, isSystem := strings.CutPrefix(head, "SYSTEM"); isSystem {
		head = after
		ids.system = literal()
	}
	x.add(&xNode{kind: xmlDocType, name: xName{local: name}, ids: ids})
}

// xmlDocTypes adds XDocumentType.
func xmlDocTypes(r *types.Registry) {
	b := r.Add(xDocTypeType).Extends("XNode")
	b.New("(string name, string publicId, string systemId, string internalSubset)", func(c call, a []val) val {
		c.NotNull(a[0], "name")
		return types.Ref(&xNode{kind: xmlDocType, name: xName{local: a[0].Str()}, ids: &docTypeIDs{a[1], a[2], a[3]}})
	})
	b.New("(XDocumentType other)", func(c call, a []val) val { c.NotNull(a[0], "other"); return types.Ref(nodeOf(a[0]).clone(c.Run, 0)) })
	b.GetSet("string Name", xmlNode(func(n *xNode) val { return str(n.name.local) }), func(_ call, a []val) val {
		nodeOf(a[0]).name.local = a[1].Str()
		return types.Null
	})
	for name, field := range map[string]func(d *docTypeIDs) *val{"PublicId": func(d *docTypeIDs) *val { return &d.public }, "SystemId": func(d *docTypeIDs) *val { return &d.system },
		"InternalSubset": func(d *docTypeIDs) *val { return &d.subset }} {
		b.GetSet("string "+name, xmlNode(func(n *xNode) val { return *field(n.ids) }), func(_ call, a []val) val {
			n := nodeOf(a[0])
			changed := *n.ids // a copy of the node shares them
			*field(&changed) = a[1]
			n.ids = &changed
			return types.Null
		})
	}
}
