package policy

import (
	"strings"

	"gatehouse/internal/diag"
)

// spelling is a place of a document whose spelling depends on the format: the value of an attribute without its quotes,
// or text between tags.
type spelling struct {
	at, end    int
	attribute  bool
	expression bool
}

// Convert writes a document of one format in the other. In rawxml, expressions stand as C#; in xml they are escaped as
// an XML writer escapes them. All else stays byte for byte. https://learn.microsoft.com/rest/api/apimanagement/policy/get#policyexportformat
func Convert(src, from, to string) (string, diag.List) {
	raw := from == FormatRawXML
	if raw == (to == FormatRawXML) {
		return src, nil
	}
	r := &reader{src: diag.NewSource("policy", src), s: src, strict: !raw, limit: maxFragment, spellings: new([]spelling)}
	root, diags := r.run()
	if root == nil {
		return "", diags
	}
	var b strings.Builder
	at := 0
	for _, p := range *r.spellings {
		b.WriteString(src[at:p.at])
		text := src[p.at:p.end]
		switch {
		case raw && p.expression:
			text = escapeExpression(text, p.attribute)
		case raw:
			text = escapeBare(text)
		case p.expression:
			text = r.decodeLenient(p.at, p.end)
		}
		b.WriteString(text)
		at = p.end
	}
	b.WriteString(src[at:])
	return b.String(), nil
}

var (
	textEscapes      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	attributeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;", "\n", "&#xA;", "\r", "&#xD;", "\t", "&#x9;")
)

// escapeExpression also keeps the line ends of an attribute, which an XML reader would make spaces.
func escapeExpression(text string, attribute bool) string {
	if attribute {
		return attributeEscapes.Replace(text)
	}
	return textEscapes.Replace(text)
}

// escapeBare escapes what rawxml allows and XML does not: an ampersand that begins no reference, and '<' in attributes.
func escapeBare(text string) string {
	if !strings.ContainsAny(text, "&<") {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch _, n := entity(text[i:]); {
		case text[i] == '&' && n == 0:
			b.WriteString("&amp;")
		case text[i] == '<':
			b.WriteString("&lt;")
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String()
}
