package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/diag"
)

// Template is a parsed template. It is never changed after Parse and safe for
// concurrent use.
type Template struct {
	Parameters []*Parameter // in the order of the template

	name        string
	raw         *Object
	source      *diag.Source // nil for a template inside of another, whose text that is
	symbolic    bool         // language version 2.0: resources have symbolic names
	definitions *Object
	variables   *Object // values are any or variableLoop
	resources   []*resource
	outputs     *Object
	*compiler
}

// resource is one entry of resources, before its copies are made.
type resource struct {
	symbol   string
	raw      *Object
	children []*resource
}

// members of a template. imports and extensions are known, but refused.
var members = []string{"$schema", "contentVersion", "languageVersion", "apiProfile", "definitions", "parameters", "variables",
	"functions", "resources", "outputs", "metadata", "imports", "extensions", "asserts", "parameterSets", "deploymentMetadata"}

// Parse reads a template; name is for messages.
func Parse(name string, data []byte) (*Template, error) {
	v, err := readJSON(name, data)
	if err != nil {
		var se *SyntaxError
		e := &Error{Code: InvalidTemplate, Message: "Deployment template parse failed: '" + err.Error() + "'.", Cause: err}
		if errors.As(err, &se) {
			e.Line, e.Column = se.Line, se.Column
		}
		return nil, e
	}
	return parseValue(name, v, diag.NewSource(name, strings.TrimPrefix(string(data), "\ufeff")), nil)
}

// FromValue makes a template of what a JSON decoder, or Decode, gave. text is the body
// that Decode read, for lines and columns, or empty.
func FromValue(name string, v any, text string) (*Template, error) {
	var source *diag.Source
	if _, read := v.(*Object); read && text != "" {
		source = diag.NewSource(name, strings.TrimPrefix(text, "\ufeff"))
	}
	return parseValue(name, From(v), source, nil)
}

// parseValue makes a template; outer is the compiler of the template around it, when
// expressions are evaluated there.
func parseValue(name string, v any, source *diag.Source, outer *compiler) (*Template, error) {
	raw, ok := v.(*Object)
	if !ok {
		return nil, &Error{Code: InvalidTemplate, Message: fmt.Sprintf("Deployment template parse failed: 'The template must be a JSON object, not of type '%s'.'.", typeName(v))}
	}
	t := &Template{name: name, raw: raw, source: source, compiler: outer}
	if outer == nil {
		t.compiler = newCompiler()
	}
	for _, read := range []func() error{t.readMembers, t.readDefinitions, t.readFunctions, t.readParameters, t.readVariables, t.readResources, t.readOutputs, t.checkCounts, t.checkExpressions} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Template) parseFailed(at int, format string, args ...any) *Error {
	line, column := t.place(at)
	return &Error{Code: InvalidTemplate, Message: "Deployment template parse failed: '" + fmt.Sprintf(format, args...) + "'.", Line: line, Column: column}
}

func (t *Template) readMembers() error {
	for i, k := range t.raw.keys {
		if !slices.ContainsFunc(members, func(m string) bool { return strings.EqualFold(m, k) }) {
			line, column := t.place(t.raw.offset(i))
			return t.parseFailed(t.raw.offset(i), "Could not find member '%s' on object of type 'Template'. Path '%s', line %d, position %d.", k, k, line, column)
		}
	}
	for _, k := range []string{"$schema", "contentVersion", "resources"} {
		if _, ok := t.raw.Get(k); !ok {
			line, column := t.place(t.raw.pos)
			return t.parseFailed(t.raw.pos, "Required property '%s' not found in JSON. Path '', line %d, position %d.", k, line, column)
		}
	}
	return t.readVersion()
}

// versions are those of the language. From 1.1 resources have symbolic names, from 2.1 templates have asserts.
var versions = map[string]struct{ symbolic, experimental bool }{
	"": {}, "1.0": {}, "1.1-experimental": {symbolic: true}, "1.9-experimental": {symbolic: true}, "1.10-experimental": {symbolic: true}, "2.0": {symbolic: true},
	"2.1-experimental": {symbolic: true, experimental: true}, "2.2-experimental": {symbolic: true, experimental: true},
}

func (t *Template) readVersion() error {
	given := t.raw.Value("languageVersion")
	name, isText := given.(string)
	version, ok := versions[strings.ToLower(name)]
	if !ok || given != nil && !isText {
		return t.parseFailed(t.raw.offset(t.raw.find("languageVersion")), "The template language version '%s' is not supported. Supported versions are '1.0', '2.0', '2.1-experimental' and '2.2-experimental'.", describe(given))
	}
	t.symbolic = version.symbolic
	if o, ok := t.raw.Value("asserts").(*Object); ok && o.Len() > 0 && !version.experimental {
		return t.parseFailed(o.pos, "The member 'asserts' of a template needs the 'languageVersion' 2.1-experimental.")
	}
	for _, k := range []string{"imports", "extensions"} {
		if o, ok := t.raw.Value(k).(*Object); ok && o.Len() > 0 {
			return t.unsupported(o.pos, "The template uses the extension '%s'; extensions are not supported by this server.", o.keys[0])
		}
	}
	if _, ok := t.raw.Value("parameterSets").(*Object); ok {
		return t.unsupported(t.raw.pos, "The template has 'parameterSets', which are not supported by this server.")
	}
	return nil
}

// unsupported is the error for what this server does not do.
func (t *Template) unsupported(at int, format string, args ...any) error {
	line, column := t.place(at)
	return &Error{Code: UnsupportedFeature, Line: line, Column: column, Message: "Deployment template validation failed: '" + fmt.Sprintf(format, args...) + "'."}
}

// section is a member that must be an object, or absent.
func (t *Template) section(name string) (*Object, error) {
	v, ok := t.raw.Get(name)
	if !ok || v == nil {
		return NewObject(), nil
	}
	o, ok := v.(*Object)
	if !ok {
		return nil, t.parseFailed(t.raw.offset(t.raw.find(name)), "The property '%s' must be an object, not of type '%s'.", name, typeName(v))
	}
	return o, nil
}

func (t *Template) readDefinitions() (err error) {
	t.definitions, err = t.section("definitions")
	return err
}

func (t *Template) readVariables() error {
	o, err := t.section("variables")
	if err != nil {
		return err
	}
	t.variables = &Object{pos: o.pos}
	for i, k := range o.keys {
		loops, isLoops := o.vals[i].([]any)
		if !isLoops || !strings.EqualFold(k, "copy") || !areLoops(loops) {
			t.variables.add(k, o.vals[i], o, i)
			continue
		}
		for _, l := range loops {
			name, ok := l.(*Object).Value("name").(string)
			if !ok {
				return t.validation(o.offset(i), "The name of a copy loop of 'variables' must be a string")
			}
			t.variables.add(name, variableLoop{l.(*Object)}, o, i)
		}
	}
	return nil
}

// add appends, with the place that from has for its value i.
func (o *Object) add(key string, v any, from *Object, i int) {
	o.set(key, v)
	if len(o.at) < len(o.keys) {
		o.at = append(o.at, max(0, from.offset(i)-1))
	}
}

func (t *Template) readResources() error {
	v := t.raw.Value("resources")
	var err error
	t.resources, err = t.resourceList(v, t.raw.offset(t.raw.find("resources")), t.symbolic)
	return err
}

// resourceList reads an array of resources, or an object of them by symbolic name.
func (t *Template) resourceList(v any, at int, symbolic bool) ([]*resource, error) {
	var out []*resource
	add := func(symbol string, v any, at int) error {
		o, ok := v.(*Object)
		if !ok {
			return t.parseFailed(at, "A resource must be an object, not of type '%s'.", typeName(v))
		}
		for _, k := range []string{"import", "extension"} {
			if e := o.Value(k); e != nil {
				return t.unsupported(o.pos, "A resource of type '%s' belongs to the extension '%s'; extensions are not supported by this server.", describe(o.Value("type")), describe(e))
			}
		}
		r := &resource{symbol: symbol, raw: o}
		if children, ok := o.Get("resources"); ok && children != nil {
			var err error
			if r.children, err = t.resourceList(children, o.pos, false); err != nil {
				return err
			}
		}
		out = append(out, r)
		return nil
	}
	switch list := v.(type) {
	case []any:
		for _, e := range list {
			if err := add("", e, at); err != nil {
				return nil, err
			}
		}
	case *Object:
		if !symbolic && list.Len() > 0 {
			return nil, t.parseFailed(at, "The property 'resources' is an object with symbolic names; that needs 'languageVersion' 2.0.")
		}
		for i, k := range list.keys {
			if err := add(k, list.vals[i], list.offset(i)); err != nil {
				return nil, err
			}
		}
	default:
		return nil, t.parseFailed(at, "The property 'resources' must be an array, not of type '%s'.", typeName(v))
	}
	return out, nil
}

func (t *Template) readOutputs() (err error) {
	t.outputs, err = t.section("outputs")
	if err != nil {
		return err
	}
	for i, k := range t.outputs.keys {
		if _, ok := t.outputs.vals[i].(*Object); !ok {
			return t.validation(t.outputs.offset(i), "The template output '%s' must be an object", k)
		}
	}
	return nil
}

// Raw is the template as it was given.
func (t *Template) Raw() *Object { return t.raw }

// ContentVersion as the template states it.
func (t *Template) ContentVersion() string { s, _ := t.raw.Value("contentVersion").(string); return s }
