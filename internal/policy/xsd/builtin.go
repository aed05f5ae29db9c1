package xsd

import (
	"regexp"
	"strings"
	"sync"
)

// builtins are the types of https://www.w3.org/TR/xmlschema-2/#built-in-datatypes by their local names.
var builtins = sync.OnceValue(func() map[string]*typ {
	b := builtinTypes{}
	b.add("anyType", nil, nil)
	any := b["anyType"]
	any.base, any.mixed, any.complex = any, true, true
	open := &wildcard{any: true, process: lax}
	any.attributes = &attributeUses{any: open}
	any.particle = &particle{min: 1, max: 1, group: &modelGroup{kind: sequence, list: []*particle{{min: 0, max: unbounded, any: open}}}}
	any.model = compileModel(any.particle)
	b.add("anySimpleType", any, &simple{})
	for _, p := range []*primitive{stringType, booleanType, decimalType, floatType, doubleType, durationType, hexType, base64Type, uriType, qnameType, notationType,
		dateTimeType, timeType, dateOnlyType, gYearMonthType, gYearType, gMonthDayType, gDayType, gMonthType} {
		white := collapseSpace
		if p == stringType {
			white = preserve
		}
		b.add(p.name, b["anySimpleType"], &simple{prim: p, white: white})
	}
	b.texts()
	b.integers()
	return b
})

type builtinTypes map[string]*typ

func (b builtinTypes) add(name string, base *typ, s *simple) {
	b[name] = &typ{name: Name{schemaSpace, name}, base: base, method: byRestriction, simple: s}
	if s != nil {
		s.typ = b[name]
	}
}

// derive copies a type's simple type to change it.
func (b builtinTypes) derive(name, base string, change func(s *simple)) {
	s := *b[base].simple
	s.facets.fixed = nil
	change(&s)
	b.add(name, b[base], &s)
}

var languageForm = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)

func (b builtinTypes) texts() {
	b.derive("normalizedString", "string", func(s *simple) { s.white = replaceSpace })
	b.derive("token", "normalizedString", func(s *simple) { s.white = collapseSpace })
	for _, t := range []struct {
		name, base string
		form       func(string) bool
		special    special
	}{
		{"language", "token", languageForm.MatchString, ordinary}, {"NMTOKEN", "token", isNameToken, ordinary}, {"Name", "token", isName, ordinary},
		{"NCName", "Name", isNCName, ordinary}, {"ID", "NCName", isNCName, idSpecial}, {"IDREF", "NCName", isNCName, idrefSpecial}, {"ENTITY", "NCName", isNCName, entitySpecial},
	} {
		b.derive(t.name, t.base, func(s *simple) { s.lexical, s.special, s.dotnet = t.form, t.special, t.name })
	}
	one := 1
	for _, name := range []string{"NMTOKEN", "IDREF", "ENTITY"} {
		plural := map[string]string{"NMTOKEN": "NMTOKENS", "IDREF": "IDREFS", "ENTITY": "ENTITIES"}[name]
		b.add(plural, b["anySimpleType"], &simple{variety: list, item: b[name].simple, white: collapseSpace, facets: facets{minLength: &one}})
	}
}

func (b builtinTypes) integers() {
	zero := 0
	for _, t := range []struct{ name, base, low, high, dotnet string }{
		{"integer", "decimal", "", "", "Integer"},
		{"nonPositiveInteger", "integer", "", "0", "Integer"}, {"negativeInteger", "nonPositiveInteger", "", "-1", "Integer"},
		{"long", "integer", "-9223372036854775808", "9223372036854775807", "Int64"}, {"int", "long", "-2147483648", "2147483647", "Int32"},
		{"short", "int", "-32768", "32767", "Int16"}, {"byte", "short", "-128", "127", "SByte"},
		{"nonNegativeInteger", "integer", "0", "", "Integer"}, {"positiveInteger", "nonNegativeInteger", "1", "", "Integer"},
		{"unsignedLong", "nonNegativeInteger", "0", "18446744073709551615", "UInt64"}, {"unsignedInt", "unsignedLong", "0", "4294967295", "UInt32"},
		{"unsignedShort", "unsignedInt", "0", "65535", "UInt16"}, {"unsignedByte", "unsignedShort", "0", "255", "Byte"},
	} {
		b.derive(t.name, t.base, func(s *simple) {
			s.special, s.dotnet, s.facets.fraction = integerSpecial, t.dotnet, &zero
			s.lexical = func(text string) bool { return !strings.Contains(text, ".") }
			for text, at := range map[string]**bound{t.low: &s.facets.low, t.high: &s.facets.high} {
				if v, ok := parseDecimal(text, nil); ok {
					v.key = "decimal " + v.key
					*at = &bound{value: v}
				}
			}
		})
	}
}
