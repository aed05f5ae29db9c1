package xsd

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// form is what an element of a schema document may look like: its attributes, and its children as a regular expression of names, each
// with a blank after it. https://www.w3.org/TR/xmlschema-1/#normative-schemaSchema
type form struct{ attributes, children string }

const (
	group      = `((element|group|choice|sequence|any) )*`
	facetNames = `((minExclusive|minInclusive|maxExclusive|maxInclusive|totalDigits|fractionDigits|length|minLength|maxLength|enumeration|whiteSpace|pattern) )*`
	attributes = `((attribute|attributeGroup) )*(anyAttribute )?`
	content    = `((group|all|choice|sequence) )?` + attributes
	note       = `^(annotation )?`
)

// formOf has an entry for each element; NAME^ is one that stands at the top, PARENT/NAME one inside of PARENT.
var formOf = map[string]form{
	"schema": {"targetNamespace version finalDefault blockDefault attributeFormDefault elementFormDefault id",
		`^((include|import|redefine|annotation) )*((simpleType|complexType|group|attributeGroup|element|attribute|notation) (annotation )*)*$`},
	"include":         {"id schemaLocation!", note + `$`},
	"import":          {"id namespace schemaLocation", note + `$`},
	"redefine":        {"id schemaLocation!", `^((annotation|simpleType|complexType|group|attributeGroup) )*$`},
	"annotation":      {"id", `^((appinfo|documentation) )*$`},
	"element^":        {"abstract block default fixed final id name! nillable substitutionGroup type", note + `((simpleType|complexType) )?((unique|key|keyref) )*$`},
	"element":         {"block default fixed form id name maxOccurs minOccurs nillable ref type", note + `((simpleType|complexType) )?((unique|key|keyref) )*$`},
	"attribute^":      {"default fixed id name! type", note + `(simpleType )?$`},
	"attribute":       {"default fixed form id name ref type use", note + `(simpleType )?$`},
	"attributeGroup^": {"id name!", note + attributes + `$`},
	"attributeGroup":  {"id ref!", note + `$`},
	"anyAttribute":    {"id namespace processContents", note + `$`},
	"complexType^":    {"abstract block final id mixed name!", note + `((simpleContent |complexContent )|` + content + `)$`},
	"complexType":     {"id mixed", note + `((simpleContent |complexContent )|` + content + `)$`},
	"simpleContent":   {"id", note + `(restriction|extension) $`},
	"complexContent":  {"id mixed", note + `(restriction|extension) $`},
	"group^":          {"id name!", note + `(all|choice|sequence) $`},
	"group":           {"id maxOccurs minOccurs ref!", note + `$`},
	"all":             {"id maxOccurs minOccurs", note + `(element )*$`},
	"choice":          {"id maxOccurs minOccurs", note + group + `$`},
	"sequence":        {"id maxOccurs minOccurs", note + group + `$`},
	"any":             {"id maxOccurs minOccurs namespace processContents", note + `$`},
	"unique":          {"id name!", note + `selector (field )+$`},
	"key":             {"id name!", note + `selector (field )+$`},
	"keyref":          {"id name! refer!", note + `selector (field )+$`},
	"selector":        {"id xpath!", note + `$`},
	"field":           {"id xpath!", note + `$`},
	"notation^":       {"id name! public system", note + `$`},
	"simpleType^":     {"final id name!", note + `(restriction|list|union) $`},
	"simpleType":      {"id", note + `(restriction|list|union) $`},
	"list":            {"id itemType", note + `(simpleType )?$`},
	"union":           {"id memberTypes", note + `(simpleType )*$`},

	"simpleType/restriction":     {"base id", note + `(simpleType )?` + facetNames + `$`},
	"simpleContent/restriction":  {"base! id", note + `(simpleType )?` + facetNames + attributes + `$`},
	"simpleContent/extension":    {"base! id", note + attributes + `$`},
	"complexContent/restriction": {"base! id", note + content + `$`},
	"complexContent/extension":   {"base! id", note + content + `$`},

	"enumeration": {"id value!", note + `$`},
	"pattern":     {"id value!", note + `$`},
}

// facetForm is that of the facets that can be fixed.
var facetForm = form{"fixed id value!", note + `$`}

// childrenOf compiles the regular expressions when they are first used.
var childrenOf = sync.OnceValue(func() map[string]*regexp.Regexp {
	made := map[string]*regexp.Regexp{facetForm.children: regexp.MustCompile(facetForm.children)}
	for _, f := range formOf {
		made[f.children] = regexp.MustCompile(f.children)
	}
	return made
})

// checker checks the elements of one document.
type checker struct{ ids map[string]bool }

func (s *checker) check(n *node, parent string) {
	if n.name.Space != schemaSpace {
		fail(n.line, "the element %s is not allowed in a schema", n.name)
	}
	f, ok := formFor(n.name.Local, parent)
	if !ok {
		fail(n.line, "the element '%s' is not one of XML Schema 1.0, or not allowed in '%s'", n.name.Local, parent)
	}
	if n.text {
		fail(n.line, "the element '%s' can't contain text", n.name.Local)
	}
	s.attributes(n, f)
	var names strings.Builder
	for _, c := range n.children {
		if c.name.Space != schemaSpace {
			fail(c.line, "the element %s is not allowed in '%s'", c.name, n.name.Local)
		}
		names.WriteString(c.name.Local + " ")
	}
	if !childrenOf()[f.children].MatchString(names.String()) {
		fail(n.line, "the children of '%s' are not those of XML Schema 1.0, or not in its order: %s", n.name.Local, short(strings.TrimSpace(names.String())))
	}
	if n.is("annotation") {
		s.annotation(n)
		return
	}
	for _, c := range n.children {
		s.check(c, n.name.Local)
	}
}

func (s *checker) annotation(n *node) {
	for _, c := range n.children {
		for _, a := range c.attrs {
			if a.name.Space == "" && a.name.Local != "source" {
				fail(c.line, "the attribute '%s' is not allowed in '%s'", a.name.Local, c.name.Local)
			}
		}
	}
}

func formFor(name, parent string) (form, bool) {
	if parent == "schema" || parent == "redefine" {
		if f, ok := formOf[name+"^"]; ok {
			return f, true
		}
	}
	if f, ok := formOf[parent+"/"+name]; ok {
		return f, true
	}
	if f, ok := formOf[name]; ok {
		return f, true
	}
	if strings.Contains(facetNames, name) && parent == "restriction" {
		return facetForm, true
	}
	return form{}, false
}

func (s *checker) attributes(n *node, f form) {
	for _, a := range n.attrs {
		switch a.name.Space {
		case "":
			if !hasWord(f.attributes, a.name.Local) && !hasWord(f.attributes, a.name.Local+"!") {
				fail(n.line, "the attribute '%s' is not allowed in '%s'", a.name.Local, n.name.Local)
			}
			s.value(n, a.name.Local)
		case schemaSpace:
			fail(n.line, "the attribute %s is not allowed in '%s'", a.name, n.name.Local)
		}
	}
	for word := range strings.FieldsSeq(f.attributes) {
		if name, needed := strings.CutSuffix(word, "!"); needed {
			if _, ok := n.get(name); !ok {
				fail(n.line, "'%s' needs the attribute '%s'", n.name.Local, name)
			}
		}
	}
}

func hasWord(list, word string) bool {
	return slices.Contains(strings.Fields(list), word)
}

// value checks those attributes whose form tells whether they are right.
func (s *checker) value(n *node, attribute string) {
	v, _ := n.get(attribute)
	ok := true
	switch attribute {
	case "id":
		if ok = isNCName(v); ok {
			ok, s.ids[v] = !s.ids[v], true
		}
	case "name":
		ok = isNCName(v)
	case "abstract", "mixed", "nillable":
		ok = isBoolean(v)
	case "fixed":
		ok = n.name.Local == "element" || n.name.Local == "attribute" || isBoolean(v)
	case "form", "elementFormDefault", "attributeFormDefault":
		ok = v == "qualified" || v == "unqualified"
	case "use":
		ok = hasWord("optional required prohibited", v)
	case "processContents":
		ok = hasWord("strict lax skip", v)
	case "minOccurs", "maxOccurs":
		_, err := strconv.ParseUint(strings.TrimPrefix(v, "+"), 10, 64)
		ok = err == nil || v == "unbounded" && attribute == "maxOccurs" || isDigits(v)
	case "block", "blockDefault", "final", "finalDefault":
		ok = isDerivationSet(v, derivationWords(n.name.Local, attribute))
	}
	if !ok {
		fail(n.line, "the attribute '%s' of '%s' can't be '%s'", attribute, n.name.Local, short(v))
	}
}

func isBoolean(v string) bool { return hasWord("true false 1 0", v) && v != "" }

func isDigits(v string) bool { return v != "" && strings.Trim(v, "0123456789") == "" }

// derivationWords are those that block and final may have.
func derivationWords(element, attribute string) string {
	switch {
	case attribute == "finalDefault":
		return "extension restriction list union"
	case attribute == "final" && element == "simpleType":
		return "restriction list union"
	case strings.HasPrefix(attribute, "block") && element != "complexType":
		return "extension restriction substitution"
	}
	return "extension restriction"
}

func isDerivationSet(v, words string) bool {
	if v == "#all" {
		return true
	}
	for w := range strings.FieldsSeq(v) {
		if !hasWord(words, w) {
			return false
		}
	}
	return true
}

// short bounds what a message quotes.
func short(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
