package xsd

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
)

// schemaOf wraps declarations.
func schemaOf(declarations string) string {
	return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" xmlns="urn:t" elementFormDefault="qualified">` + declarations + `</xs:schema>`
}

// root is a document with the root element r; attributes and content are one text, e.g. ` a="1">x`.
func root(text string) string {
	return `<r xmlns="urn:t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"` + text + `</r>`
}

func simpleRoot(restriction string) string {
	return `<xs:element name="r"><xs:simpleType>` + restriction + `</xs:simpleType></xs:element>`
}

func complexRoot(content string) string {
	return `<xs:element name="r"><xs:complexType>` + content + `</xs:complexType></xs:element>`
}

// TestValidate: a schema, then texts; "" after a text: it is valid, else a part of what is said.
func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		schema string
		texts  map[string]string
	}{
		"sequence": {complexRoot(`<xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" minOccurs="0" maxOccurs="2"/></xs:sequence>`), map[string]string{
			`><a>1</a>`: "", `><a>1</a><b/><b/>`: "", `><a>1</a><b/><b/><b/>`: "has invalid child element 'b'", `><b/>`: "expected: 'a' in namespace 'urn:t'", `>`: "incomplete content",
			`>x<a>1</a>`: "cannot contain text", `><a>x</a>`: "not a valid Int32 value", `><a>2147483648</a>`: "MaxInclusive"}},
		"choice": {complexRoot(`<xs:choice maxOccurs="2"><xs:element name="a"/><xs:sequence><xs:element name="b"/><xs:element name="c"/></xs:sequence></xs:choice>`), map[string]string{
			`><a/>`: "", `><b/><c/><a/>`: "", `><b/><a/>`: "invalid child", `><a/><a/><a/>`: "invalid child", `>`: "incomplete"}},
		"counts of counts": {complexRoot(`<xs:sequence minOccurs="2" maxOccurs="2"><xs:element name="a" maxOccurs="2"/></xs:sequence>`), map[string]string{
			`><a/>`: "incomplete", `><a/><a/>`: "", `><a/><a/><a/>`: "", `><a/><a/><a/><a/>`: "", `><a/><a/><a/><a/><a/>`: "invalid child"}},
		"empty loops": {complexRoot(`<xs:sequence minOccurs="3" maxOccurs="5"><xs:element name="a" minOccurs="0"/><xs:element name="b" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>`), map[string]string{
			`>`: ""}},
		"large counts": {complexRoot(`<xs:sequence><xs:element name="a" minOccurs="2" maxOccurs="999999999"/></xs:sequence>`), map[string]string{
			`>` + strings.Repeat("<a/>", 1000): "", `><a/>`: "incomplete"}},
		"all": {complexRoot(`<xs:all><xs:element name="a"/><xs:element name="b" minOccurs="0"/></xs:all>`), map[string]string{
			`><b/><a/>`: "", `><a/>`: "", `><b/>`: "incomplete", `><a/><a/>`: "invalid child"}},
		"any": {complexRoot(`<xs:sequence><xs:any namespace="##other" processContents="lax"/></xs:sequence>`), map[string]string{
			`><x xmlns="urn:other"/>`: "", `><x/>`: "invalid child", `><x xmlns=""/>`: "invalid child"}},
		"groups": {`<xs:group name="g"><xs:choice><xs:element name="a"/><xs:element name="b"/></xs:choice></xs:group><xs:attributeGroup name="h"><xs:attribute name="x" type="xs:boolean"/></xs:attributeGroup>` +
			complexRoot(`<xs:group ref="g"/><xs:attributeGroup ref="h"/>`), map[string]string{` x="1"><b/>`: "", ` x="2"><b/>`: "not a valid Boolean value", `><c/>`: "invalid child"}},
		"attributes": {complexRoot(`<xs:attribute name="a" use="required"/><xs:attribute name="f" fixed="1" type="xs:int"/>`), map[string]string{
			` a="">`: "", `>`: "The required attribute 'a' is missing.", ` a="" b="">`: "The 'b' attribute is not declared.", ` a="" f="01">`: "", ` a="" f="2">`: "does not equal its fixed value",
			` a=""> `: "white space", ` a="" xml:lang="en">`: "is not declared"}},
		"any attributes": {complexRoot(`<xs:anyAttribute namespace="##local" processContents="lax"/>`), map[string]string{` x="1">`: "", ` xml:lang="en">`: "not declared"}},
		"facets": {simpleRoot(`<xs:restriction base="xs:string"><xs:minLength value="2"/><xs:maxLength value="3"/><xs:pattern value="[a-z]*"/></xs:restriction>`), map[string]string{
			`>ab`: "", `>a`: "MinLength", `>abcd`: "MaxLength", `>AB`: "Pattern"}},
		"enumeration": {simpleRoot(`<xs:restriction base="xs:decimal"><xs:enumeration value="1.0"/><xs:enumeration value="2"/></xs:restriction>`), map[string]string{
			`>1`: "", `> 02.00 `: "", `>3`: "Enumeration"}},
		"digits": {simpleRoot(`<xs:restriction base="xs:decimal"><xs:totalDigits value="4"/><xs:fractionDigits value="2"/><xs:minExclusive value="0"/></xs:restriction>`), map[string]string{
			`>12.34`: "", `>123.45`: "TotalDigits", `>1.234`: "FractionDigits", `>0`: "MinExclusive", `>-1`: "MinExclusive", `>1e1`: "not a valid Decimal"}},
		"list":  {simpleRoot(`<xs:restriction><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType><xs:maxLength value="2"/></xs:restriction>`), map[string]string{`>1  2`: "", `>1 2 3`: "MaxLength", `>1 x`: "Int32"}},
		"union": {simpleRoot(`<xs:union memberTypes="xs:int xs:date"/>`), map[string]string{`>1`: "", `>2024-02-29`: "", `>2023-02-29`: "memberTypes"}},
		"extension": {`<xs:complexType name="base"><xs:sequence><xs:element name="a"/></xs:sequence></xs:complexType><xs:complexType name="more"><xs:complexContent><xs:extension base="base"><xs:sequence><xs:element name="b"/></xs:sequence><xs:attribute name="x"/></xs:extension></xs:complexContent></xs:complexType><xs:element name="r" type="base"/>`, map[string]string{
			`><a/>`: "", `><a/><b/>`: "invalid child", ` xsi:type="more" x=""><a/><b/>`: "", ` xsi:type="xs:int">`: "not a type validly derived", ` xsi:type="less">`: "invalid xsi:type"}},
		"blocked": {`<xs:complexType name="base" block="extension"/><xs:complexType name="more"><xs:complexContent><xs:extension base="base"/></xs:complexContent></xs:complexType><xs:element name="r" type="base"/>`, map[string]string{
			`>`: "", ` xsi:type="more">`: "derivation blocked"}},
		"restriction": {`<xs:complexType name="base"><xs:sequence><xs:element name="a" minOccurs="0"/></xs:sequence><xs:attribute name="x"/><xs:attribute name="y"/></xs:complexType><xs:element name="r"><xs:complexType><xs:complexContent><xs:restriction base="base"><xs:sequence/><xs:attribute name="x" use="prohibited"/></xs:restriction></xs:complexContent></xs:complexType></xs:element>`, map[string]string{
			` y="">`: "", ` x="">`: "not declared", `><a/>`: "content model is empty"}},
		"abstract":       {`<xs:complexType name="base" abstract="true"/><xs:element name="r" type="base"/>`, map[string]string{`>`: "is abstract"}},
		"substitution":   {`<xs:element name="h" type="xs:int"/><xs:element name="s" type="xs:short" substitutionGroup="h"/>` + complexRoot(`<xs:sequence><xs:element ref="h"/></xs:sequence>`), map[string]string{`><s>1</s>`: "", `><h>70000</h>`: "", `><s>70000</s>`: "MaxInclusive"}},
		"simple content": {complexRoot(`<xs:simpleContent><xs:extension base="xs:int"><xs:attribute name="u"/></xs:extension></xs:simpleContent>`), map[string]string{` u="m">1`: "", `>x`: "Int32", `><a/>`: "text only"}},
		"mixed":          {`<xs:element name="r"><xs:complexType mixed="true"><xs:sequence><xs:element name="b" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>`, map[string]string{`>x<b/>y`: "", `><c/>`: "invalid child"}},
		"nil":            {`<xs:element name="r" type="xs:int" nillable="true"/>`, map[string]string{` xsi:nil="true">`: "", ` xsi:nil="true">1`: "must have no character", ` xsi:nil="false">`: "Int32", ` xsi:nil="x">`: "invalid"}},
		"not nillable":   {`<xs:element name="r" type="xs:int"/>`, map[string]string{` xsi:nil="true">`: "nillable"}},
		"default":        {`<xs:element name="r" type="xs:int" default="7"/>`, map[string]string{`>`: "", `>x`: "Int32"}},
		"fixed":          {`<xs:element name="r" type="xs:int" fixed="7"/>`, map[string]string{`>`: "", `>07`: "", `>8`: "fixed value"}},
		"keys": {`<xs:element name="r"><xs:complexType><xs:choice maxOccurs="unbounded"><xs:element name="k" type="xs:int"/><xs:element name="u"><xs:complexType><xs:attribute name="to" type="xs:int"/></xs:complexType></xs:element></xs:choice></xs:complexType>
			<xs:key name="key"><xs:selector xpath="p:k" xmlns:p="urn:t"/><xs:field xpath="."/></xs:key><xs:keyref name="ref" refer="key"><xs:selector xpath=".//p:u" xmlns:p="urn:t"/><xs:field xpath="@to"/></xs:keyref></xs:element>`, map[string]string{
			`><k>1</k><u to="01"/>`: "", `><k>1</k><k>1</k>`: "duplicate key sequence '1.'", `><k>1</k><u to="2"/>`: "fails to refer", `><u/>`: ""}},
		"unique": {`<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a" maxOccurs="9"><xs:complexType><xs:attribute name="x"/><xs:attribute name="y"/></xs:complexType></xs:element></xs:sequence></xs:complexType>
			<xs:unique name="u"><xs:selector xpath="*"/><xs:field xpath="@x"/><xs:field xpath="@y"/></xs:unique></xs:element>`, map[string]string{
			`><a x="1" y="1"/><a x="1" y="2"/><a x="1"/><a x="1"/>`: "", `><a x="1" y="1"/><a x="1" y="1"/>`: "duplicate"}},
		"ids": {complexRoot(`<xs:sequence><xs:element name="a" maxOccurs="9"><xs:complexType><xs:attribute name="i" type="xs:ID"/><xs:attribute name="to" type="xs:IDREFS"/></xs:complexType></xs:element></xs:sequence>`), map[string]string{
			`><a i="x"/><a to="x x"/>`: "", `><a i="x"/><a i="x"/>`: "already used as an ID", `><a to="y"/>`: "undeclared ID"}},
		"not well-formed": {`<xs:element name="r"/>`, map[string]string{`><a>`: "closes no element", `><p:a/>`: "undeclared prefix", ` a="1" a="2">`: "duplicate attribute", `>&e;`: "entity"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Compile(schemaOf(c.schema), nil)
			if err != nil {
				t.Fatal(err)
			}
			for text, want := range c.texts {
				if got := s.Validate(root(text)); want == "" && got != "" || !strings.Contains(got, want) {
					t.Errorf("%s: %q, want %q", text, got, want)
				}
			}
		})
	}
}

// TestSimpleValues are texts that are values of a built-in type, and texts that are not.
func TestSimpleValues(t *testing.T) {
	for typ, c := range map[string]struct{ good, bad string }{
		"boolean": {"true|0", "TRUE|yes|"}, "decimal": {"-1.50|+.5|5.", "1e3|.|"}, "double": {"1e3|INF|-INF|NaN|-0", "+INF|inf|0x1|"}, "integer": {"-0|99999999999999999999", "1.0|"},
		"unsignedByte": {"255|+0", "256|-1"}, "duration": {"P1Y2M3DT4H5M6.7S|-P1D|PT0S", "P|PT|P1S|1Y"}, "dateTime": {"2024-02-29T24:00:00|2024-01-01T00:00:00.5+14:00|-0001-01-01T00:00:00Z", "2023-02-29T00:00:00|2024-01-01T24:00:01|0000-01-01T00:00:00|2024-01-01T00:00:00+14:01|2024-01-01"},
		"time": {"23:59:59.999Z", "24:00:01|1:00:00"}, "date": {"2024-12-31Z", "2024-13-01|24-01-01"}, "gYearMonth": {"2024-02", "2024-13"}, "gYear": {"2024|-10000", "02024|24"}, "gMonthDay": {"--02-29", "--02-30"},
		"gDay": {"---31", "---32"}, "gMonth": {"--12", "--13"}, "hexBinary": {"0aF9|", "0|zz"}, "base64Binary": {"QUI=|QU I=|", "QUI|?"}, "anyURI": {"http://a/b#c|../x|", "a#b#c"}, "QName": {"xs:a|a", "q:a|a:b:c|1"},
		"language": {"en-GB", "en_GB|toolonglanguage"}, "NCName": {"a.b-c|é", "a:b|1a|"}, "NMTOKENS": {"1 2", ""}, "Name": {"a:b", "1"},
	} {
		s := builtins()[typ].simple
		at := &context{spaces: &scope{"xs", schemaSpace, nil}}
		for text := range strings.SplitSeq(c.good, "|") {
			if _, problem := s.parse(text, at); problem != "" {
				t.Errorf("%s %q: %s", typ, text, problem)
			}
		}
		for text := range strings.SplitSeq(c.bad, "|") {
			if _, problem := s.parse(text, at); problem == "" {
				t.Errorf("%s %q is taken", typ, text)
			}
		}
	}
}

// TestOrder compares values; = says that neither is known to be the larger one.
func TestOrder(t *testing.T) {
	for _, c := range []struct{ typ, a, order, b string }{
		{"decimal", "-10", "<", "-9.5"}, {"decimal", "10", ">", "9.99"}, {"decimal", "0.1", "<", "0.11"}, {"duration", "P1M", "=", "P30D"}, {"duration", "P1M", "<", "P32D"}, {"duration", "-PT1.25S", "<", "-PT1.2S"},
		{"duration", "-PT0.5S", "<", "PT0S"}, {"dateTime", "2024-01-01T00:00:00Z", "=", "2024-01-01T10:00:00"}, {"dateTime", "2024-01-01T00:00:00Z", "<", "2024-01-01T15:00:00"},
		{"dateTime", "2024-01-01T12:00:00+02:00", "<", "2024-01-01T10:00:01Z"}, {"date", "-0001-12-31", "<", "0001-01-01"}, {"time", "01:00:00.5", ">", "01:00:00.25"}, {"gMonthDay", "--02-28", "<", "--03-01"},
	} {
		s := builtins()[c.typ].simple
		a, _ := s.parse(c.a, nil)
		b, _ := s.parse(c.b, nil)
		n, ok := a.order.compare(b.order)
		back, _ := b.order.compare(a.order)
		got := map[int]string{-1: "<", 0: "=", 1: ">"}[n]
		if !ok {
			got = "="
		}
		if got != c.order || n != -back {
			t.Errorf("%s %s %s %s, want %s", c.typ, c.a, got, c.b, c.order)
		}
	}
}

// TestPatterns: texts that match, and texts that do not.
func TestPatterns(t *testing.T) {
	for pattern, c := range map[string]struct{ good, bad string }{
		`a|bc`: {"a|bc", "ab|abc"}, `^a$`: {"^a$", "a"}, `[a-z-[aeiou]]+`: {"xyz", "xaz"}, `\d{3}`: {"123", "12|1234"}, `[^\d]`: {"a", "1"}, `\i\c*`: {"_a-1|é", "1a"}, `\p{Lu}\P{Lu}`: {"Aa", "AA"}, `\p{IsGreek}+`: {"αβ", "ab"},
		`[\-a]`: {"-|a", "b"}, `[a\]]`: {"]", "["}, `.`: {"x", "\n"}, `\w+`: {"aé1", "a b"}, `a{2,}`: {"aaa", "a"}, `(ab){1,1500}`: {"ab|abab", "aba"}, `a*b{0}`: {"aa", "b"}, `[\s\S]`: {"\n", "ab"}, `()`: {"", "a"}, `[a-]`: {"-", "b"},
	} {
		re, err := compilePattern(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		for text := range strings.SplitSeq(c.good, "|") {
			if !re.MatchString(text) {
				t.Errorf("%s does not match %q", pattern, text)
			}
		}
		for text := range strings.SplitSeq(c.bad, "|") {
			if re.MatchString(text) {
				t.Errorf("%s matches %q", pattern, text)
			}
		}
	}
	for _, bad := range []string{`(`, `)`, `[`, `[]`, `a**`, `a{2,1}`, `a{x}`, `a{99999}`, `\q`, `\p{Xx}`, `\p{IsNone}`, `[b-a]`, `[a-\d]`, `*`, `(?i)a`, `a{`, `\`, `[\`, `((((a{1000}){1000}){1000}){1000})`, strings.Repeat("(", 200) + strings.Repeat(")", 200)} {
		if _, err := compilePattern(bad); err == nil {
			t.Errorf("%s is taken", short(bad))
		}
	}
}

// TestRefused are schemas that are wrong, each with a part of what is said.
func TestRefused(t *testing.T) {
	for declarations, want := range map[string]string{
		`<xs:element/>`:                                "needs the attribute 'name'",
		`<xs:element name="a" tpye="xs:int"/>`:         "'tpye' is not allowed",
		`<xs:element name="1a"/>`:                      "can't be '1a'",
		`<xs:element name="a" type="xs:intt"/>`:        "is not declared",
		`<xs:element name="a" type="p:x"/>`:            "declared prefix",
		`<xs:element name="a"/><xs:element name="a"/>`: "declared twice",
		`<xs:assert test="1"/>`:                        "children of 'schema'",
		`<a/>`:                                         "not allowed in 'schema'",
		`<xs:element name="a">x</xs:element>`:          "can't contain text",
		`<xs:simpleType name="a"><xs:restriction base="a"/></xs:simpleType>`:                                                                                               "defined by itself",
		`<xs:group name="g"><xs:sequence><xs:group ref="g"/></xs:sequence></xs:group>`:                                                                                     "defined by itself",
		complexRoot(`<xs:sequence><xs:element name="a" minOccurs="0"/><xs:element name="a"/></xs:sequence>`):                                                               "ambiguous",
		complexRoot(`<xs:sequence><xs:element name="a" minOccurs="0"/><xs:any/></xs:sequence>`):                                                                            "ambiguous",
		complexRoot(`<xs:choice><xs:element name="a" type="xs:int"/><xs:sequence><xs:element name="b"/><xs:element name="a" type="xs:string"/></xs:sequence></xs:choice>`): "different types",
		complexRoot(`<xs:sequence><xs:all/></xs:sequence>`):                                                                                                                "children of 'sequence'",
		complexRoot(`<xs:sequence minOccurs="2" maxOccurs="1"/>`):                                                                                                          "greater than",
		simpleRoot(`<xs:restriction base="xs:int"><xs:minInclusive value="x"/></xs:restriction>`):                                                                          "can't be 'x'",
		simpleRoot(`<xs:restriction base="xs:int"><xs:length value="1"/></xs:restriction>`):                                                                                "not allowed for this type",
		simpleRoot(`<xs:restriction base="xs:byte"><xs:maxInclusive value="200"/></xs:restriction>`):                                                                       "MaxInclusive",
		simpleRoot(`<xs:restriction base="xs:string"><xs:minLength value="3"/><xs:maxLength value="2"/></xs:restriction>`):                                                 "minLength is greater",
		simpleRoot(`<xs:restriction base="xs:string"><xs:pattern value="("/></xs:restriction>`):                                                                            "can't be used",
		simpleRoot(`<xs:list itemType="xs:NMTOKENS"/>`):                                                                                                                    "can't be lists",
		`<xs:element name="a" type="xs:int" default="x"/>`:                                                                                                                 "default or fixed",
		`<xs:complexType name="a"><xs:complexContent><xs:extension base="a"/></xs:complexContent></xs:complexType>`:                                                        "defined by itself",
		`<xs:complexType name="a" final="#all"/><xs:complexType name="b"><xs:complexContent><xs:extension base="a"/></xs:complexContent></xs:complexType>`:                 "final",
		`<xs:element name="a"><xs:key name="k"><xs:selector xpath="/x"/><xs:field xpath="@a"/></xs:key></xs:element>`:                                                      "not an XPath",
		`<xs:element name="a"><xs:keyref name="k" refer="none"><xs:selector xpath="x"/><xs:field xpath="@a"/></xs:keyref></xs:element>`:                                    "is not declared",
		complexRoot(`<xs:attribute name="a"/><xs:attribute name="a"/>`):                                                                                                    "declared twice",
		`<xs:element name="a" substitutionGroup="b" type="xs:string"/><xs:element name="b" type="xs:int"/>`:                                                                "not derived",
		`<xs:element name="a" substitutionGroup="b"/><xs:element name="b" substitutionGroup="a"/>`:                                                                         "circle",
	} {
		_, err := Compile(schemaOf(declarations), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", declarations, err, want)
		}
	}
	for text, want := range map[string]string{"": "EOF", "<a/>": "root element", `<!DOCTYPE a>` + schemaOf(""): "document type", schemaOf("") + "<a/>": "more follows"} {
		if _, err := Compile(text, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestDocuments(t *testing.T) {
	documents := map[string]string{
		"a": schemaOf(`<xs:include schemaLocation="b"/><xs:import namespace="urn:o" schemaLocation="c"/><xs:import namespace="urn:unused" schemaLocation="none"/><xs:element name="r" type="B"/><xs:element name="s" xmlns:o="urn:o" type="o:C"/>`),
		"b": `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="a"/><xs:simpleType name="B"><xs:restriction base="A"/></xs:simpleType><xs:simpleType name="A"><xs:restriction base="xs:int"/></xs:simpleType></xs:schema>`,
		"c": `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:o"><xs:simpleType name="C"><xs:restriction base="xs:int"/></xs:simpleType></xs:schema>`,
		"d": schemaOf(`<xs:redefine schemaLocation="b"><xs:simpleType name="A"><xs:restriction base="A"><xs:maxInclusive value="5"/></xs:restriction></xs:simpleType></xs:redefine>`),
		"e": schemaOf(`<xs:include schemaLocation="c"/>`),
		"f": schemaOf(`<xs:include schemaLocation="none"/>`),
		"g": schemaOf(`<xs:import namespace="urn:none" schemaLocation="none"/><xs:element name="r" xmlns:n="urn:none" type="n:x"/>`),
	}
	compile := func(name string) (*Schema, error) {
		return Compile(documents[name], func(location, _ string) (string, bool) { text, ok := documents[location]; return text, ok })
	}
	s, err := compile("a")
	if err != nil {
		t.Fatal(err)
	}
	if problem := s.Validate(root(">6")); problem != "" {
		t.Error(problem)
	}
	if s, err = compile("d"); err != nil {
		t.Fatal(err)
	}
	if problem := s.Validate(root(">6")); !strings.Contains(problem, "MaxInclusive") {
		t.Errorf("the redefinition does not hold: %q", problem)
	}
	if _, err := compile("e"); err == nil || !strings.Contains(err.Error(), "target namespace 'urn:o'") {
		t.Error(err)
	}
	for _, name := range []string{"f", "g"} {
		if _, err := compile(name); !errors.As(err, new(*MissingError)) || !strings.Contains(err.Error(), "'none' could not be found") {
			t.Errorf("%s: %v", name, err)
		}
		if err := Check(documents[name]); err != nil {
			t.Errorf("%s alone: %v", name, err)
		}
	}
}

// TestBounds: what could cost much ends soon.
func TestBounds(t *testing.T) {
	doubling := `<xs:group name="g0"><xs:sequence><xs:element name="a"/></xs:sequence></xs:group>`
	for i := range 40 {
		doubling += `<xs:group name="g` + strconv.Itoa(i+1) + `"><xs:sequence><xs:group ref="g` + strconv.Itoa(i) + `"/><xs:group ref="g` + strconv.Itoa(i) + `"/></xs:sequence></xs:group>`
	}
	begin := time.Now()
	if _, err := Compile(schemaOf(doubling+complexRoot(`<xs:group ref="g40"/>`)), nil); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
	s, err := Compile(schemaOf(complexRoot(`<xs:sequence minOccurs="0" maxOccurs="500"><xs:sequence minOccurs="0" maxOccurs="500"><xs:element name="a" minOccurs="0" maxOccurs="500"/></xs:sequence></xs:sequence>`)), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Validate(root(">" + strings.Repeat("<a/>", 300)))
	if problem := s.Validate(strings.Repeat("<a>", 300)); !strings.Contains(problem, "nested") && !strings.Contains(problem, "declared") {
		t.Error(problem)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}
