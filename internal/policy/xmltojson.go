package policy

import (
	"bytes"
	"strings"
)

// xmlToJSON compiles <xml-to-json>. https://learn.microsoft.com/azure/api-management/xml-to-json-policy
//
// With kind direct the form is that of Json.NET's SerializeXmlNode: attributes are members that
// begin with @, text beside them is #text. With javascript-friendly names keep
// no such marks, and text beside attributes is named value.
func (c *compiler) xmlToJSON(e *element) builder {
	c.noChildren(e)
	kind, apply := c.needOption(e, "kind", "javascript-friendly", "direct"), c.needOption(e, "apply", "always", "content-type-xml")
	accept, arrays := c.flag(e, "consider-accept-header", true), c.flag(e, "always-array-child-elements", false)
	return c.simple(e, func(ex *Exchange) error {
		considers, err := accept.get(ex)
		list, errList := arrays.get(ex)
		direct, errKind := kind.is(ex, "direct")
		always, errApply := apply.is(ex, "always")
		if err := firstError(err, errList, errKind, errApply); err != nil {
			return err
		}
		if !converts(ex, always, considers, "xml", "json") {
			return nil
		}
		text, err := ex.messageText()
		if err != nil {
			return err
		}
		root, err := parseXML(text)
		if err != nil {
			return conversionError("xml-to-json", "XML", err)
		}
		r := &jsonMaker{direct: direct, arrays: list}
		var b bytes.Buffer
		writeJSON(&b, object{{r.name(root.name), r.value(root)}})
		ex.setMessageText(b.String())
		exchangeMessage.header(ex).Set("Content-Type", "application/json")
		return nil
	})
}

type jsonMaker struct{ direct, arrays bool }

func (r *jsonMaker) name(s string) string {
	if r.direct {
		return s
	}
	return s[strings.IndexByte(s, ':')+1:]
}

// value is the JSON of an element.
func (r *jsonMaker) value(n *node) any {
	text := n.text
	if strings.TrimSpace(text) == "" {
		text = ""
	}
	o := object{}
	for _, a := range n.attributes {
		switch {
		case r.direct:
			o = append(o, member{"@" + a.Name, a.Value})
		case !strings.HasPrefix(a.Name, "xmlns"):
			o = append(o, member{r.name(a.Name), a.Value})
		}
	}
	if len(o) == 0 && len(n.children) == 0 {
		if text == "" {
			return nil
		}
		return text
	}
	if text != "" {
		name := "value"
		if r.direct {
			name = "#text"
		}
		o = append(o, member{name, text})
	}
	at := map[string]int{}
	for _, c := range n.children {
		name, v := r.name(c.name), r.value(c)
		i, again := at[name]
		switch {
		case !again && r.arrays:
			at[name] = len(o)
			o = append(o, member{name, []any{v}})
		case !again:
			at[name] = len(o)
			o = append(o, member{name, v})
		default:
			list, isList := o[i].value.([]any)
			if !isList {
				list = []any{o[i].value}
			}
			o[i].value = append(list, v)
		}
	}
	return o
}
