package policy

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// json-to-xml and xml-to-json. Objects keep the order of their members, as Json.NET, which
// API Management uses, does.

// member is one member of a JSON object.
type member struct {
	name  string
	value any
}

// object is a JSON object in order; other values are []any, string, json.Number, bool and nil.
type object []member

// maxDepth bounds how deep JSON and XML may be nested.
const maxDepth = 100

var errDeep = errors.New("the content is nested too deep")

// parseJSON reads one value.
func parseJSON(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))
	d.UseNumber()
	v, err := readJSON(d, 0)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more follows the first JSON value")
	}
	return v, nil
}

func readJSON(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		o := object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readJSON(d, depth+1)
			if err != nil {
				return nil, err
			}
			o = append(o, member{name.(string), v})
		}
		_, err = d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := readJSON(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	return t, nil
}

// writeJSON is the compact text of v.
func writeJSON(b *bytes.Buffer, v any) {
	switch t := v.(type) {
	case object:
		b.WriteByte('{')
		for i, m := range t {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, m.name)
			b.WriteByte(':')
			writeJSON(b, m.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, x := range t {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, x)
		}
		b.WriteByte(']')
	case string:
		writeString(b, t)
	case json.Number:
		b.WriteString(t.String())
	case bool:
		b.WriteString(strconv.FormatBool(t))
	default:
		b.WriteString("null")
	}
}

func writeString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)         // a string always encodes
	b.Truncate(b.Len() - 1) // the line's end
}

// node is an XML element.
type node struct {
	name       string // with its prefix, as written
	attributes []Field
	children   []*node
	text       string // of all text inside, CDATA included
}

// parseXML reads a document. Entities beside XML's own five are refused, and so is a document type.
func parseXML(text string) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("the content must be UTF-8") }
	var root *node
	var open []*node
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			n := &node{name: rawName(t.Name)}
			for _, a := range t.Attr {
				n.attributes = append(n.attributes, Field{rawName(a.Name), a.Value})
			}
			switch {
			case len(open) > maxDepth:
				return nil, errDeep
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case root != nil:
				return nil, errors.New("more follows the root element")
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].name != rawName(t.Name) {
				return nil, errors.New("</" + rawName(t.Name) + "> closes no element")
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return nil, errors.New("text stands outside of the root element")
			}
		case xml.Directive:
			return nil, errors.New("a document type is not allowed")
		}
	}
	if root == nil || len(open) > 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return root, nil
}

func rawName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// writeXML writes an element without spaces between elements.
func writeXML(b *bytes.Buffer, n *node) {
	b.WriteString("<" + n.name)
	for _, a := range n.attributes {
		b.WriteString(" " + a.Name + `="`)
		_ = xml.EscapeText(b, []byte(a.Value)) // a Buffer takes all
		b.WriteByte('"')
	}
	if n.text == "" && len(n.children) == 0 {
		b.WriteString(" />")
		return
	}
	b.WriteByte('>')
	_ = xml.EscapeText(b, []byte(n.text)) // as above
	for _, c := range n.children {
		writeXML(b, c)
	}
	b.WriteString("</" + n.name + ">")
}
