package template

import (
	"strings"
)

// schema is the type of a parameter, output or definition.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/definitions
type schema struct {
	kind       string // string, securestring, int, bool, object, secureobject, array, or "" for any
	nullable   bool
	allowed    []any
	hasAllowed bool
	raw        *Object
}

var kinds = map[string]string{"string": "String", "securestring": "SecureString", "int": "Int", "bool": "Bool",
	"object": "Object", "secureobject": "SecureObject", "array": "Array"}

// schemaOf reads a type; a $ref is followed through the definitions.
func (t *Template) schemaOf(o *Object, what string, at int) (schema, error) {
	s := schema{raw: o}
	for depth := 0; ; depth++ {
		ref, ok := o.Value("$ref").(string)
		if !ok {
			break
		}
		name, local := strings.CutPrefix(ref, "#/definitions/")
		next, found := t.definitions.Value(unescapePointer(name)).(*Object)
		if !local || !found {
			return s, t.validation(at, "The type definition '%s' of the %s is not found", ref, what)
		}
		if depth > maxDepth {
			return s, t.validation(at, "The type definition '%s' of the %s refers to itself", ref, what)
		}
		o = overlay(next, o)
	}
	s.raw = o
	if n, ok := o.Value("nullable").(bool); ok {
		s.nullable = n
	}
	if v, ok := o.Get("allowedValues"); ok {
		if s.allowed, s.hasAllowed = v.([]any); !s.hasAllowed {
			return s, t.validation(at, "The 'allowedValues' of the %s must be an array", what)
		}
	}
	v, ok := o.Get("type")
	name, isString := v.(string)
	if !ok && t.symbolic {
		return s, nil // any
	}
	s.kind = strings.ToLower(name)
	if _, known := kinds[s.kind]; !isString || !known {
		return s, t.validation(at, "The type '%s' of the %s is not valid. Expected one of 'string, securestring, int, bool, object, secureObject, array'", describe(v), what)
	}
	return s, nil
}

// overlay is definition with what o adds to it, without its $ref.
func overlay(definition, o *Object) *Object {
	out := definition.clone()
	for i, k := range o.keys {
		if k != "$ref" {
			out.setFold(k, o.vals[i])
		}
	}
	return out
}

func unescapePointer(s string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(unescapeData(s))
}

func (s schema) secure() bool { return strings.HasPrefix(s.kind, "secure") }

// typeName as a deployment shows it.
func (s schema) typeName() string {
	if n := kinds[s.kind]; n != "" {
		return n
	}
	return "Object"
}

// matches reports whether v is of the kind; it does not look inside.
func (s schema) matches(v any) bool {
	switch s.kind {
	case "string", "securestring":
		_, ok := v.(string)
		return ok
	case "int":
		_, ok := v.(int64)
		return ok
	case "bool":
		_, ok := v.(bool)
		return ok
	case "object", "secureobject":
		_, ok := v.(*Object)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	}
	return true
}

// expects is the list of JSON types that Resource Manager names in errors.
func (s schema) expects() string {
	switch s.kind {
	case "string", "securestring":
		return "String, Uri"
	case "int":
		return "Integer"
	case "bool":
		return "Boolean"
	case "array":
		return "Array"
	}
	return "Object"
}

// check compares a value with its type, deeply. path is "" for the value itself.
func (t *Template) check(o *Object, v any, what, path string, at int) error {
	s, err := t.schemaOf(o, what, at)
	if err != nil {
		return err
	}
	if _, ok := v.(*Unknown); ok {
		return nil
	}
	if v == nil && (s.nullable || path != "" && s.kind == "") {
		return nil
	}
	if !s.matches(v) {
		if path != "" {
			return t.validation(at, "The provided value for the %s %sis not valid. Expected a value of type '%s', but received a value of type '%s' at the path '%s'. Please see https://aka.ms/arm-create-parameter-file for usage details.", what, t.where(at), s.expects(), typeName(v), path)
		}
		return t.validation(at, "Template parameter JToken type is not valid. Expected '%s'. Actual '%s'. Please see https://aka.ms/arm-deploy/#parameter-file for usage details.", s.expects(), typeName(v)).named(what)
	}
	if err := t.checkLimits(s, v, what, path, at); err != nil {
		return err
	}
	switch v := v.(type) {
	case []any:
		return t.checkItems(s, v, what, path, at)
	case *Object:
		return t.checkProperties(s, v, what, path, at)
	}
	return nil
}

func (e *Error) named(what string) *Error { e.Target = what; return e }

func (t *Template) checkLimits(s schema, v any, what, path string, at int) error {
	in := ""
	if path != "" {
		in = " at the path '" + path + "'"
	}
	refuse := func(format string, args ...any) error {
		return t.validation(at, "The provided value%s for the %s %sis not valid. "+format+" Please see https://aka.ms/arm-create-parameter-file for usage details.",
			append([]any{in, what, t.where(at)}, args...)...)
	}
	if s.hasAllowed {
		if err := t.checkAllowed(s, v, what, at); err != nil {
			return err
		}
	}
	size, sized := int64(0), true
	unit := "Length"
	switch v := v.(type) {
	case string:
		size = utf16Len(v)
	case []any:
		size = int64(len(v))
	case *Object:
		size = int64(v.Len())
	case int64:
		size, unit = v, "Value"
	default:
		sized = false
	}
	limit := func(name string) (int64, bool) { n, ok := s.raw.Value(name).(int64); return n, ok && sized }
	low, high := "minLength", "maxLength"
	if unit == "Value" {
		low, high = "minValue", "maxValue"
	}
	if n, ok := limit(low); ok && size < n {
		if unit == "Value" {
			return refuse("The value must be greater than or equal to '%d'.", n)
		}
		return refuse("Length of the value should be greater than or equal to '%d'.", n)
	}
	if n, ok := limit(high); ok && size > n {
		if unit == "Value" {
			return refuse("The value must be less than or equal to '%d'.", n)
		}
		return refuse("Length of the value should be less than or equal to '%d'.", n)
	}
	return nil
}

// checkAllowed: an array may also be a subset of the allowed values.
func (t *Template) checkAllowed(s schema, v any, what string, at int) error {
	if indexEqual(s.allowed, v) >= 0 {
		return nil
	}
	if a, ok := v.([]any); ok && len(s.allowed) > 0 {
		subset := true
		for _, e := range a {
			subset = subset && indexEqual(s.allowed, e) >= 0
		}
		if subset {
			return nil
		}
	}
	values := make([]string, len(s.allowed))
	for i, a := range s.allowed {
		values[i] = describe(a)
	}
	shown := "'" + describe(v) + "' "
	if s.secure() {
		shown = ""
	}
	return t.validation(at, "The provided value %sfor the %s %sis not valid. The parameter value is not part of the allowed value(s): '%s'.", shown, what, t.where(at), strings.Join(values, ","))
}

func (t *Template) checkItems(s schema, a []any, what, path string, at int) error {
	prefix, _ := s.raw.Value("prefixItems").([]any)
	items, _ := s.raw.Value("items").(*Object)
	if closed, ok := s.raw.Value("items").(bool); ok && !closed && len(a) > len(prefix) {
		return t.validation(at, "The provided value for the %s %sis not valid: at most %d items are allowed%s.", what, t.where(at), len(prefix), atPath(path))
	}
	for i, v := range a {
		o := items
		if i < len(prefix) {
			o, _ = prefix[i].(*Object)
		}
		if o == nil {
			continue
		}
		if err := t.check(o, v, what, path+"["+describe(int64(i))+"]", at); err != nil {
			return err
		}
	}
	return nil
}

func atPath(path string) string {
	if path == "" {
		return ""
	}
	return " at the path '" + path + "'"
}

func (t *Template) checkProperties(s schema, o *Object, what, path string, at int) error {
	raw := s.raw
	if d, ok := raw.Value("discriminator").(*Object); ok {
		variant, err := t.variant(d, o, what, path, at)
		if err != nil {
			return err
		}
		raw = variant
	}
	properties, _ := raw.Value("properties").(*Object)
	if properties == nil {
		properties = NewObject()
	}
	for i, k := range properties.keys {
		p, ok := properties.vals[i].(*Object)
		if !ok {
			continue
		}
		v, given := o.Get(k)
		if !given {
			ps, err := t.schemaOf(p, what, at)
			if err != nil {
				return err
			}
			if ps.nullable {
				continue
			}
			return t.validation(at, "The provided value for the %s %sis not valid: the property '%s' is required but was not provided%s. Please see https://aka.ms/arm-create-parameter-file for usage details.", what, t.where(at), k, atPath(path))
		}
		if err := t.check(p, v, what, path+"."+k, at); err != nil {
			return err
		}
	}
	return t.checkAdditional(raw, properties, o, what, path, at)
}

func (t *Template) checkAdditional(raw, properties, o *Object, what, path string, at int) error {
	additional := raw.Value("additionalProperties")
	for i, k := range o.keys {
		if properties.find(k) >= 0 {
			continue
		}
		switch a := additional.(type) {
		case bool:
			if !a {
				return t.validation(at, "The provided value for the %s %sis not valid: the property '%s' is not allowed%s. Allowed properties are '%s'.", what, t.where(at), k, atPath(path), strings.Join(properties.keys, ", "))
			}
		case *Object:
			if err := t.check(a, o.vals[i], what, path+"."+k, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// variant picks the type of a discriminated union.
func (t *Template) variant(d, o *Object, what, path string, at int) (*Object, error) {
	name, _ := d.Value("propertyName").(string)
	mapping, _ := d.Value("mapping").(*Object)
	if mapping == nil {
		mapping = NewObject()
	}
	value, _ := o.Value(name).(string)
	v, ok := mapping.Value(value).(*Object)
	if !ok {
		return nil, t.validation(at, "The provided value for the %s %sis not valid: the property '%s' must be one of '%s'%s.", what, t.where(at), name, strings.Join(mapping.keys, ", "), atPath(path))
	}
	s, err := t.schemaOf(v, what, at)
	if err != nil {
		return nil, err
	}
	properties := NewObject()
	if p, ok := s.raw.Value("properties").(*Object); ok {
		properties = p.clone()
	}
	if properties.find(name) < 0 {
		properties.set(name, object("type", "string"))
	}
	out := s.raw.clone()
	out.setFold("properties", properties)
	return out, nil
}
