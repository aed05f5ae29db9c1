package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// schemaCheck checks JSON against a JSON Schema as APIs describe their content: the keywords of
// draft 4 and OpenAPI 3. Keywords that it does not know hold for all values, as the
// specification asks.
type schemaCheck struct {
	root   any // the whole document, for $ref
	schema any
	extra  additional
	fold   bool
	steps  int
}

// additional is what allow-additional-properties makes of properties that are not described.
type additional uint8

const (
	bySchema  additional = iota
	allowed              // whatever the schema says
	forbidden            // likewise
)

// maxSteps bounds the work of one check.
const maxSteps = 200_000

// What a schema may lack, in the words of Azure's table of validation errors.
var (
	errNoSchema     = errors.New("API's schema does not exist or it could not be resolved")
	errNoDefinition = errors.New("API's schema does not contain definition")
)

// newSchemaCheck is a check by a schema document; typeName names one of its definitions, unless the rule
// refers to a part of it. A document without definitions is one itself.
func newSchemaCheck(from Schema, typeName string, rule *contentRule) (*schemaCheck, error) {
	if from.root == nil {
		return nil, errNoSchema
	}
	s := &schemaCheck{root: from.root, schema: from.root, extra: rule.extra, fold: rule.fold}
	if rule.ref != "" {
		var ok bool
		if s.schema, ok = s.resolve(rule.ref); !ok {
			return nil, errNoSchema
		}
		return s, nil
	}
	if typeName == "" {
		return s, nil
	}
	described := false
	for _, at := range []string{"#/components/schemas", "#/definitions"} {
		if _, there := s.resolve(at); there {
			described = true
		}
		if found, ok := s.resolve(at + "/" + typeName); ok {
			s.schema = found
			return s, nil
		}
	}
	if described {
		return nil, errNoDefinition
	}
	return s, nil
}

// validate says what is wrong with v; "" when nothing is.
func (s *schemaCheck) validate(v any) string {
	s.steps = 0
	return s.check(s.schema, v, "", 0)
}

func (o object) get(name string) (any, bool) {
	for _, m := range o {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

func (o object) find(name string, fold bool) (any, bool) {
	for _, m := range o {
		if m.name == name || fold && equalFold(m.name, name) {
			return m.value, true
		}
	}
	return nil, false
}

func (s *schemaCheck) resolve(ref string) (any, bool) {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	at := s.root
	for part := range strings.SplitSeq(path, "/") {
		o, ok := at.(object)
		if !ok {
			return nil, false
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if at, ok = o.get(part); !ok {
			return nil, false
		}
	}
	return at, true
}

func (s *schemaCheck) check(schema, v any, at string, depth int) string {
	if s.steps++; s.steps > maxSteps || depth > maxDepth {
		return "The content is too large to be checked."
	}
	if b, ok := schema.(bool); ok {
		if b {
			return ""
		}
		return "No value is allowed" + where(at)
	}
	o, ok := schema.(object)
	if !ok {
		return ""
	}
	if ref, ok := o.get("$ref"); ok {
		name, _ := ref.(string)
		target, found := s.resolve(name)
		if !found {
			return "The schema has no " + name + "."
		}
		return s.check(target, v, at, depth+1)
	}
	if nullable, _ := o.get("nullable"); v == nil && nullable == true {
		return ""
	}
	for _, f := range []func(object, any, string, int) string{s.checkType, s.checkValues, s.checkCombined, s.checkObject, s.checkArray, s.checkText, s.checkNumber} {
		if problem := f(o, v, at, depth); problem != "" {
			return problem
		}
	}
	return ""
}

func where(at string) string {
	if at == "" {
		return "."
	}
	return " at " + at + "."
}

func (s *schemaCheck) checkType(o object, v any, at string, _ int) string {
	t, ok := o.get("type")
	if !ok {
		return ""
	}
	list, isList := t.([]any)
	if !isList {
		list = []any{t}
	}
	var names []string
	for _, x := range list {
		name, _ := x.(string)
		if isType(name, v) {
			return ""
		}
		names = append(names, name)
	}
	return "Expected " + strings.Join(names, " or ") + where(at)
}

func isType(name string, v any) bool {
	switch x := v.(type) {
	case object:
		return name == "object"
	case []any:
		return name == "array"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case json.Number:
		if name == "integer" {
			n, ok := rational(x)
			return ok && n.IsInt()
		}
		return name == "number"
	}
	return name == "null"
}

func sameJSON(a, b any) bool {
	var x, y bytes.Buffer
	writeJSON(&x, a)
	writeJSON(&y, b)
	return bytes.Equal(x.Bytes(), y.Bytes())
}

func (s *schemaCheck) checkValues(o object, v any, at string, _ int) string {
	if c, ok := o.get("const"); ok && !sameJSON(c, v) {
		return "The value is not the one allowed" + where(at)
	}
	e, ok := o.get("enum")
	list, _ := e.([]any)
	if !ok {
		return ""
	}
	for _, x := range list {
		if sameJSON(x, v) {
			return ""
		}
	}
	return "The value is not one of those allowed" + where(at)
}

func (s *schemaCheck) checkCombined(o object, v any, at string, depth int) string {
	count := func(name string) (matches, of int, first string) {
		x, _ := o.get(name)
		list, _ := x.([]any)
		for _, schema := range list {
			problem := s.check(schema, v, at, depth+1)
			if problem == "" {
				matches++
			} else if first == "" {
				first = problem
			}
		}
		return matches, len(list), first
	}
	if n, of, first := count("allOf"); n < of {
		return first
	}
	if n, of, first := count("anyOf"); of > 0 && n == 0 {
		return first
	}
	if n, of, _ := count("oneOf"); of > 0 && n != 1 {
		return fmt.Sprintf("The value matches %d of the alternatives, not one%s", n, where(at))
	}
	if not, ok := o.get("not"); ok && s.check(not, v, at, depth+1) == "" {
		return "The value is of a kind that is not allowed" + where(at)
	}
	return ""
}

func (s *schemaCheck) checkObject(o object, v any, at string, depth int) string {
	x, ok := v.(object)
	if !ok {
		return ""
	}
	required, _ := o.get("required")
	names, _ := required.([]any)
	for _, n := range names {
		if name, ok := n.(string); ok {
			if _, there := x.find(name, s.fold); !there {
				return "The required property " + name + " is missing" + where(at)
			}
		}
	}
	p, described := o.get("properties")
	properties, _ := p.(object)
	extra, hasExtra := o.get("additionalProperties")
	for _, m := range x {
		here := at + "/" + m.name
		if schema, ok := properties.find(m.name, s.fold); ok {
			if problem := s.check(schema, m.value, here, depth+1); problem != "" {
				return problem
			}
			continue
		}
		switch {
		case s.extra == forbidden && described:
			return "The property " + m.name + " is not described" + where(at)
		case hasExtra && (s.extra == bySchema || extra != false):
			if problem := s.check(extra, m.value, here, depth+1); problem != "" {
				return problem
			}
		}
	}
	return s.checkCount(o, "minProperties", "maxProperties", len(x), "properties", at)
}

func (s *schemaCheck) checkArray(o object, v any, at string, depth int) string {
	list, ok := v.([]any)
	if !ok {
		return ""
	}
	if items, ok := o.get("items"); ok {
		for i, x := range list {
			schema := items
			if tuple, isTuple := items.([]any); isTuple {
				if i >= len(tuple) {
					break
				}
				schema = tuple[i]
			}
			if problem := s.check(schema, x, fmt.Sprintf("%s/%d", at, i), depth+1); problem != "" {
				return problem
			}
		}
	}
	if unique, _ := o.get("uniqueItems"); unique == true {
		seen := map[string]bool{}
		for _, x := range list {
			var b bytes.Buffer
			writeJSON(&b, x)
			if seen[b.String()] {
				return "An item is there twice" + where(at)
			}
			seen[b.String()] = true
		}
	}
	return s.checkCount(o, "minItems", "maxItems", len(list), "items", at)
}

func (s *schemaCheck) checkText(o object, v any, at string, _ int) string {
	text, ok := v.(string)
	if !ok {
		return ""
	}
	if p, ok := o.get("pattern"); ok {
		pattern, _ := p.(string)
		if re, err := regexp.Compile(pattern); err == nil && !re.MatchString(text) { // one that RE2 can't read holds
			return "The text does not match the pattern" + where(at)
		}
	}
	return s.checkCount(o, "minLength", "maxLength", utf8.RuneCountInString(text), "characters", at)
}

func (s *schemaCheck) checkCount(o object, low, high string, n int, what, at string) string {
	if m, ok := number(o, low); ok && m.Cmp(big.NewRat(int64(n), 1)) > 0 {
		return "There are too few " + what + where(at)
	}
	if m, ok := number(o, high); ok && m.Cmp(big.NewRat(int64(n), 1)) < 0 {
		return "There are too many " + what + where(at)
	}
	return ""
}

// number is a keyword's number. Exponents are bounded, since they would be written out.
func number(o object, name string) (*big.Rat, bool) {
	v, _ := o.get(name)
	n, ok := v.(json.Number)
	if !ok {
		return nil, false
	}
	return rational(n)
}

func rational(n json.Number) (*big.Rat, bool) {
	if len(n) > 64 || strings.ContainsAny(n.String(), "eE") {
		f, err := n.Float64()
		if err != nil {
			return nil, false
		}
		return new(big.Rat).SetFloat64(f), true
	}
	return new(big.Rat).SetString(n.String())
}

func (s *schemaCheck) checkNumber(o object, v any, at string, _ int) string {
	n, ok := v.(json.Number)
	if !ok {
		return ""
	}
	x, ok := rational(n)
	if !ok {
		return "The number is too large" + where(at)
	}
	low, hasLow := number(o, "minimum")
	high, hasHigh := number(o, "maximum")
	noLow, _ := o.get("exclusiveMinimum")
	noHigh, _ := o.get("exclusiveMaximum")
	if hasLow && (x.Cmp(low) < 0 || noLow == true && x.Cmp(low) == 0) {
		return "The number is too small" + where(at)
	}
	if hasHigh && (x.Cmp(high) > 0 || noHigh == true && x.Cmp(high) == 0) {
		return "The number is too large" + where(at)
	}
	if m, ok := number(o, "exclusiveMinimum"); ok && x.Cmp(m) <= 0 {
		return "The number is too small" + where(at)
	}
	if m, ok := number(o, "exclusiveMaximum"); ok && x.Cmp(m) >= 0 {
		return "The number is too large" + where(at)
	}
	if m, ok := number(o, "multipleOf"); ok && m.Sign() > 0 && !new(big.Rat).Quo(x, m).IsInt() {
		return "The number is not a multiple" + where(at)
	}
	return ""
}
