package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// jsonToXML compiles <json-to-xml>. https://learn.microsoft.com/azure/api-management/json-to-xml-policy
//
// The form is that of Json.NET's JsonConvert.DeserializeXmlNode: the one member of an object is
// the root, members of arrays repeat, names that begin with @ are attributes, #text is text.
// What has no single root gets one named Document.
func (c *compiler) jsonToXML(e *element) builder {
	c.noChildren(e)
	apply := c.needOption(e, "apply", "always", "content-type-json")
	accept := c.flag(e, "consider-accept-header", true)
	dates := c.fixedFlag(e, "parse-date", true)
	separator, prefix, block := c.text(e, "namespace-separator"), c.text(e, "namespace-prefix"), c.text(e, "attribute-block-name")
	return c.simple(e, func(ex *Exchange) error {
		considers, err := accept.get(ex)
		always, errApply := apply.is(ex, "always")
		if err := firstError(err, errApply); err != nil {
			return err
		}
		if !converts(ex, always, considers, "json", "xml") {
			return nil
		}
		w := &xmlWriter{separator: "_", dates: dates}
		for _, o := range []struct {
			from *Text
			to   *string
		}{{separator, &w.separator}, {prefix, &w.prefix}, {block, &w.block}} {
			if o.from != nil {
				if *o.to, err = o.from.get(ex); err != nil {
					return err
				}
			}
		}
		text, err := ex.messageText()
		if err != nil {
			return err
		}
		v, err := parseJSON(text)
		if err != nil {
			return conversionError("json-to-xml", "JSON", err)
		}
		var b bytes.Buffer
		writeXML(&b, w.root(v))
		ex.setMessageText(b.String())
		exchangeMessage.header(ex).Set("Content-Type", "text/xml")
		return nil
	})
}

// converts reports whether a conversion applies to the message: by its content type, and for a
// response by what the client accepts.
func converts(ex *Exchange, always, considersAccept bool, from, to string) bool {
	if considersAccept && ex.phase == responsePhase {
		accept := strings.ToLower(ex.Request.Header.Get("Accept"))
		if accept != "" && !strings.Contains(accept, to) && !strings.Contains(accept, "*/*") {
			return false
		}
	}
	return always || strings.Contains(strings.ToLower(exchangeMessage.header(ex).Get("Content-Type")), from)
}

func conversionError(policy, from string, err error) error {
	return &Error{Reason: "ContentConversionFailure", Status: http.StatusBadRequest, Message: fmt.Sprintf("%s: the body is not valid %s.", policy, from), Cause: err}
}

// xmlWriter makes elements of JSON. Members whose names begin with prefix declare namespaces; a
// name whose part before the separator has been declared stands in that namespace.
type xmlWriter struct {
	separator, prefix, block string
	declared                 map[string]bool
	dates                    bool // dates are read and written anew
}

func (w *xmlWriter) root(v any) *node {
	if o, ok := v.(object); ok && len(o) == 1 && !strings.HasPrefix(o[0].name, "@") && !strings.HasPrefix(o[0].name, "#") {
		if _, isList := o[0].value.([]any); !isList {
			return w.element(o[0].name, o[0].value)
		}
	}
	return w.element("Document", v)
}

// element makes the element of a member.
func (w *xmlWriter) element(name string, v any) *node {
	if o, ok := v.(object); ok {
		w.declare(o)
	}
	n := &node{name: w.name(name)}
	switch t := v.(type) {
	case object:
		for _, m := range t {
			w.member(n, m)
		}
	case []any:
		for _, item := range t {
			n.children = append(n.children, w.element(name, item))
		}
	default:
		n.text = w.text(v)
	}
	return n
}

// declare takes up the namespaces that members of o declare.
func (w *xmlWriter) declare(o object) {
	for _, m := range o {
		if local, ok := w.namespace(m.name); ok && local != "" {
			if w.declared == nil {
				w.declared = map[string]bool{}
			}
			w.declared[local] = true
		}
	}
}

// namespace is the prefix that a member declares; "" for the default namespace.
func (w *xmlWriter) namespace(name string) (local string, ok bool) {
	rest, ok := strings.CutPrefix(name, w.prefix)
	if !ok || w.prefix == "" || rest == "" {
		return "", ok && w.prefix != ""
	}
	return strings.CutPrefix(rest, w.separator)
}

func (w *xmlWriter) member(n *node, m member) {
	local, declares := w.namespace(m.name)
	switch {
	case declares && local == "":
		n.attributes = append(n.attributes, Field{"xmlns", scalar(m.value)})
	case declares:
		n.attributes = append(n.attributes, Field{"xmlns:" + w.name(local), scalar(m.value)})
	case w.block != "" && m.name == w.block:
		o, _ := m.value.(object)
		for _, a := range o {
			n.attributes = append(n.attributes, Field{w.name(a.name), w.text(a.value)})
		}
	case strings.HasPrefix(m.name, "@"):
		n.attributes = append(n.attributes, Field{w.name(m.name[1:]), w.text(m.value)})
	case m.name == "#text" || m.name == "#cdata-section":
		n.text += w.text(m.value)
	default:
		if list, ok := m.value.([]any); ok {
			for _, item := range list {
				n.children = append(n.children, w.element(m.name, item))
			}
			return
		}
		n.children = append(n.children, w.element(m.name, m.value))
	}
}

// name makes an XML name: a namespace's prefix stands before the separator, and a character
// that can't be in a name is written as _xHHHH_, as XmlConvert.EncodeLocalName does.
func (w *xmlWriter) name(s string) string {
	if p, local, ok := strings.Cut(s, w.separator); ok && w.separator != "" && w.declared[p] && local != "" {
		s = p + ":" + local
	}
	var b strings.Builder
	for i, r := range s {
		if r == '_' || unicode.IsLetter(r) || i > 0 && (r == ':' || r == '-' || r == '.' || unicode.IsDigit(r)) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "_x%04X_", r)
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// text is a value as Json.NET writes it into XML: a date is read, a time of another zone becomes one
// of the gateway's, which is UTC, and its fraction has at most seven digits.
func (w *xmlWriter) text(v any) string {
	s, ok := v.(string)
	if !ok || !w.dates || len(s) < 19 || s[10] != 'T' {
		return scalar(v)
	}
	const day = "2006-01-02T15:04:05"
	if t, err := time.Parse(day+".999999999", s); err == nil {
		return t.Format(day + ".9999999")
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	switch {
	case err != nil:
		return s
	case strings.HasSuffix(s, "Z"):
		return t.Format(day + ".9999999Z")
	}
	return t.UTC().Format(day+".9999999") + "+00:00"
}

func scalar(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case json.Number:
		return t.String()
	case bool:
		return strconv.FormatBool(t)
	case nil:
		return ""
	}
	var b bytes.Buffer
	writeJSON(&b, v)
	return b.String()
}
