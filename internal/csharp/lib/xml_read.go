package lib

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

const maxXMLDepth = 1000

const xmlnsURI = "http://www.w3.org/2000/xmlns/"

// readXML reads a document. White space between elements goes unless it is to be kept. A
// document type is kept as it is; entities that it declares are not known.
func readXML(r *types.Run, text string, keep bool) *xNode {
	r.Grow(8 * len(text))
	x := &xmlReader{r: r, doc: &xNode{kind: xmlDocument}, keep: keep, text: text}
	x.at = x.doc
	x.dec = xml.NewDecoder(strings.NewReader(text))
	x.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	x.read()
	return x.doc
}

type xmlReader struct {
	r     *types.Run
	dec   *xml.Decoder
	text  string
	doc   *xNode
	at    *xNode
	depth int
	keep  bool
	names map[xName]bool // of the attributes of an element that has many
}

func (x *xmlReader) fail(message string) {
	line, column := x.dec.InputPos()
	x.r.Throw("System.Xml.XmlException", message+" Line "+strconv.Itoa(line)+", position "+strconv.Itoa(column)+".")
}

func (x *xmlReader) read() {
	for {
		start := x.dec.InputOffset()
		t, err := x.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			x.broken(err)
		}
		x.r.Step()
		switch t := t.(type) {
		case xml.StartElement:
			x.start(t)
		case xml.EndElement:
			x.at.blank = len(x.at.nodes) == 0 && !strings.HasSuffix(x.text[:start], "/>")
			x.at = x.at.parent
			x.depth--
		case xml.CharData:
			x.chars(string(t), strings.HasPrefix(x.text[start:], "<![CDATA["))
		case xml.Comment:
			x.add(&xNode{kind: xmlComment, text: string(t)})
		case xml.ProcInst:
			x.instruction(t)
		case xml.Directive:
			x.docType(string(t))
		}
	}
	if x.doc.element(nil) == nil {
		x.fail("Root element is missing.")
	}
}

func (x *xmlReader) broken(err error) {
	var syntax *xml.SyntaxError
	message := err.Error()
	if errors.As(err, &syntax) {
		message = strings.ToUpper(syntax.Msg[:1]) + syntax.Msg[1:] + "."
		if syntax.Msg == "unexpected EOF" {
			message = "Unexpected end of file has occurred."
			if x.doc.element(nil) == nil {
				message = "Root element is missing."
			}
		}
	}
	x.fail(message)
}

func (x *xmlReader) add(n *xNode) {
	x.r.Grow(64)
	n.parent = x.at
	x.at.nodes = append(x.at.nodes, n)
}

func (x *xmlReader) start(t xml.StartElement) {
	if x.at == x.doc && x.doc.element(nil) != nil {
		x.fail("There are multiple root elements.")
	}
	x.depth++
	if x.depth > maxXMLDepth {
		x.fail("The document nests too deeply.")
	}
	n := &xNode{kind: xmlElement, name: xName{t.Name.Space, t.Name.Local}}
	for _, a := range t.Attr {
		name := xName{a.Name.Space, a.Name.Local}
		switch {
		case a.Name.Space == "xmlns":
			name.space = xmlnsURI
		case a.Name.Space == "" && a.Name.Local == "xmlns":
		case a.Name.Space == "xml":
			name.space = "http://www.w3.org/XML/1998/namespace"
		}
		if x.twice(n, name) {
			x.fail("'" + a.Name.Local + "' is a duplicate attribute name.")
		}
		n.attrs = append(n.attrs, &xNode{kind: xmlAttribute, name: name, text: a.Value, parent: n})
	}
	x.add(n)
	x.at = n
}

// twice reports whether an element has an attribute already; many are looked up by name.
func (x *xmlReader) twice(n *xNode, name xName) bool {
	const few = 16
	switch k := len(n.attrs); {
	case k < few:
		return n.attribute(name) != nil
	case k == few:
		x.names = map[xName]bool{}
		for _, a := range n.attrs {
			x.names[a.name] = true
		}
	}
	if x.names[name] {
		return true
	}
	x.r.Grow(64)
	x.names[name] = true
	return false
}

func (x *xmlReader) chars(s string, cdata bool) {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	blank := strings.Trim(s, " \t\r\n") == ""
	switch {
	case x.at == x.doc:
		if !blank && strings.Trim(s, "\ufeff \t\r\n") != "" {
			x.fail("Data at the root level is invalid.")
		}
	case cdata:
		x.add(&xNode{kind: xmlCData, text: s})
	case !blank || x.keep:
		x.add(&xNode{kind: xmlText, text: s})
	}
}

func (x *xmlReader) instruction(t xml.ProcInst) {
	if t.Target != "xml" {
		x.add(&xNode{kind: xmlInstruction, name: xName{local: t.Target}, text: string(t.Inst)})
		return
	}
	d := &xDecl{}
	for name, to := range map[string]*string{"version": &d.version, "encoding": &d.encoding, "standalone": &d.standalone} {
		if _, rest, ok := strings.Cut(string(t.Inst), name+"="); ok && len(rest) > 1 {
			if value, _, ok := strings.Cut(rest[1:], rest[:1]); ok {
				*to = value
			}
		}
	}
	x.doc.decl = d
}

// xmlString writes a node: indented by two spaces, or on one line. A document's declaration
// is left out, as XDocument.ToString does.
func xmlString(r *types.Run, n *xNode, indented bool) string {
	w := &xmlWriter{r: r, indented: indented}
	if n.kind == xmlDocument {
		for i, k := range n.nodes {
			if i > 0 && indented {
				w.b.WriteString(newLine)
			}
			w.node(k, 0, indented, nil)
		}
	} else {
		w.node(n, 0, indented, nil)
	}
	r.Grow(w.b.Len())
	return w.b.String()
}

type xmlWriter struct {
	r        *types.Run
	b        strings.Builder
	indented bool
}

// scope is the prefixes that are declared around a node.
type scope struct {
	prefix, uri string
	up          *scope
}

// scopesAStep is how many declarations are looked at for one step.
const scopesAStep = 64

func (s *scope) uriOf(r *types.Run, prefix string) (string, bool) {
	for n := 1; s != nil; s, n = s.up, n+1 {
		if n%scopesAStep == 0 {
			r.Step()
		}
		if s.prefix == prefix {
			return s.uri, true
		}
	}
	return "", prefix == ""
}

// prefixOf finds a prefix that stands for uri here; attributes need one that is not empty.
func (s *scope) prefixOf(r *types.Run, uri string, attribute bool) (string, bool) {
	for p, n := s, 1; p != nil; p, n = p.up, n+1 {
		if n%scopesAStep == 0 {
			r.Step()
		}
		if p.uri == uri && (p.prefix != "" || !attribute) {
			if now, _ := s.uriOf(r, p.prefix); now == uri {
				return p.prefix, true
			}
		}
	}
	return "", false
}

func (w *xmlWriter) node(n *xNode, depth int, indent bool, names *scope) {
	tooDeep(depth)
	w.r.Step()
	switch n.kind {
	case xmlElement:
		w.element(n, depth, indent, names)
	case xmlAttribute:
		name := n.name.local
		if n.name.space == xmlnsURI {
			name = "xmlns:" + name
		}
		w.b.WriteString(name + `="` + escapeXML(n.text, true) + `"`)
	case xmlText:
		w.b.WriteString(escapeXML(n.text, false))
	case xmlCData:
		w.b.WriteString("<![CDATA[" + strings.ReplaceAll(n.text, "]]>", "]]]]><![CDATA[>") + "]]>")
	case xmlComment:
		w.b.WriteString("<!--" + n.text + "-->")
	case xmlDocType:
		w.b.WriteString(n.docTypeText())
	case xmlInstruction:
		w.b.WriteString("<?" + strings.TrimSuffix(n.name.local+" "+n.text, " ") + "?>")
	}
}

func (w *xmlWriter) element(n *xNode, depth int, indent bool, names *scope) {
	for _, a := range n.attrs {
		if a.name.space == xmlnsURI {
			names = &scope{a.name.local, a.text, names}
		} else if a.name.space == "" && a.name.local == "xmlns" {
			names = &scope{"", a.text, names}
		}
	}
	var extra []string
	prefix, ok := names.prefixOf(w.r, n.name.space, false)
	if now, _ := names.uriOf(w.r, ""); n.name.space == now {
		prefix, ok = "", true
	}
	if !ok {
		extra = append(extra, ` xmlns="`+escapeXML(n.name.space, true)+`"`)
		names = &scope{"", n.name.space, names}
	}
	name := qualified(prefix, n.name.local)
	w.b.WriteString("<" + name)
	for _, a := range n.attrs {
		label := a.name.local
		switch {
		case a.name.space == xmlnsURI:
			label = "xmlns:" + label
		case strings.HasSuffix(a.name.space, "/XML/1998/namespace"):
			label = "xml:" + label
		case a.name.space != "":
			p, ok := names.prefixOf(w.r, a.name.space, true)
			if !ok {
				p = "p" + strconv.Itoa(depth+1)
				names = &scope{p, a.name.space, names}
				extra = append(extra, " xmlns:"+p+`="`+escapeXML(a.name.space, true)+`"`)
			}
			label = qualified(p, label)
		}
		w.b.WriteString(" " + label + `="` + escapeXML(a.text, true) + `"`)
	}
	w.b.WriteString(strings.Join(extra, ""))
	if n.empty() {
		w.b.WriteString(" />")
		return
	}
	w.b.WriteString(">")
	indent = indent && len(n.nodes) > 0
	for _, k := range n.nodes { // mixed content is not indented
		indent = indent && k.kind != xmlText && k.kind != xmlCData
	}
	for _, k := range n.nodes {
		if indent {
			w.b.WriteString(newLine + strings.Repeat("  ", depth+1))
		}
		w.node(k, depth+1, indent, names)
	}
	if indent {
		w.b.WriteString(newLine + strings.Repeat("  ", depth))
	}
	w.b.WriteString("</" + name + ">")
}

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

func escapeXML(s string, attribute bool) string {
	if !strings.ContainsAny(s, "&<>\"\r\n\t") {
		return s
	}
	if attribute {
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#xD;", "\n", "&#xA;", "\t", "&#x9;").Replace(s)
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;").Replace(s)
}
