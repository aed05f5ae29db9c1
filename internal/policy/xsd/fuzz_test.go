package xsd

import "testing"

// FuzzCompile: any text ends in a schema or an error, and a schema takes any text.
func FuzzCompile(f *testing.F) {
	f.Add(schemaOf(complexRoot(`<xs:sequence minOccurs="2" maxOccurs="2"><xs:element name="a" maxOccurs="2"/></xs:sequence>`)), root(`><a/>`))
	f.Add(schemaOf(simpleRoot(`<xs:restriction base="xs:string"><xs:pattern value="[a-z-[aeiou]]{2,3}\p{Lu}"/></xs:restriction>`)), root(`>ab`))
	f.Add(schemaOf(simpleRoot(`<xs:union memberTypes="xs:int xs:duration xs:IDREFS"/>`)), root(`>P1D`))
	f.Add(schemaOf(`<xs:element name="r"><xs:key name="k"><xs:selector xpath=".//*|a/b"/><xs:field xpath="@x"/></xs:key></xs:element>`), root(` x="1"><a x="2"/>`))
	f.Add(schemaOf(`<xs:redefine schemaLocation="x"/><xs:attributeGroup name="g"><xs:anyAttribute namespace="##other"/></xs:attributeGroup>`), root(` xsi:nil="true">`))
	f.Fuzz(func(t *testing.T, schema, text string) {
		s, err := Compile(schema, func(string, string) (string, bool) { return schema, true })
		if err != nil {
			return
		}
		s.Validate(text)
		s.ValidateSOAP(text)
	})
}

// FuzzPattern: what is taken matches in linear time, so that any text may be tried.
func FuzzPattern(f *testing.F) {
	f.Add(`[a-z-[aeiou]]{2,3}\p{Lu}`, "abC")
	f.Add(`(a|b)*\i\c{0,2000}`, "abab")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if re, err := compilePattern(pattern); err == nil {
			re.MatchString(text)
		}
	})
}
