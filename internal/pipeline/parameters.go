package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline/expression"
	"gatehouse/internal/pipeline/syntax"
)

// parameterTypes are those of the language, by lower-case name.
var parameterTypes = []string{"string", "stringList", "number", "boolean", "object", "step", "stepList", "job", "jobList", "deployment", "deploymentList",
	"stage", "stageList", "environment", "pool", "secureFile", "serviceConnection", "filePath", "container", "containerList"}

// parameter is one declaration.
type parameter struct {
	name, typ string
	values    []string
	def       *syntax.Node
	node      *syntax.Node
}

// declared reads a 'parameters' key: a list of declarations, or, in templates, a mapping of defaults.
func (x *expander) declared(n *syntax.Node) []parameter {
	var out []parameter
	switch {
	case n.IsNull():
	case n.Kind == syntax.Mapping:
		for _, p := range n.Pairs {
			out = append(out, parameter{name: p.Key.Value, typ: "object", def: p.Value, node: p.Key})
		}
	case n.Kind == syntax.Scalar:
		x.fail(n, CodeShape, "'parameters' is a list of declarations.", "Write '- name: ...' below it.")
	default:
		for _, item := range n.Items {
			if p, ok := x.declaration(item); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

func (x *expander) declaration(item *syntax.Node) (parameter, bool) {
	p := parameter{typ: "string", node: item}
	if item.Kind != syntax.Mapping || item.Get("name") == nil {
		x.fail(item, CodeShape, "A parameter is a mapping with 'name', 'type' and 'default'.", "")
		return p, false
	}
	for _, pair := range item.Pairs {
		switch pair.Key.Value {
		case "name":
			p.name = pair.Value.Value
		case "type":
			i := slices.IndexFunc(parameterTypes, func(t string) bool { return strings.EqualFold(t, pair.Value.Value) })
			if i < 0 {
				x.fail(pair.Value, CodeParameter, fmt.Sprintf("'%s' is not a type of parameters.", pair.Value.Value), nearHint(pair.Value.Value, parameterTypes))
				continue
			}
			p.typ = parameterTypes[i]
		case "values":
			for _, v := range pair.Value.Items {
				p.values = append(p.values, v.Value)
			}
		case "default":
			p.def = pair.Value
		case "displayName":
		default:
			x.fail(pair.Key, CodeKey, fmt.Sprintf("A parameter has no key '%s'.", pair.Key.Value), nearHint(pair.Key.Value, []string{"name", "type", "values", "default", "displayName"}))
		}
	}
	return p, true
}

// nearHint asks whether the nearest known word was meant.
func nearHint(word string, known []string) string {
	if near := diag.Nearest(word, known); near != "" {
		return fmt.Sprintf("Did you mean '%s'?", near)
	}
	sorted := slices.Clone(known)
	sort.Strings(sorted)
	sorted = slices.Compact(sorted)
	return "Known are " + strings.Join(sorted, ", ") + "."
}

// rootParameters gives the root's parameters their values from the command line.
func (x *expander) rootParameters(root *syntax.Node) *expression.Object {
	out := expression.NewObject()
	left := map[string]string{}
	for k, v := range x.o.Parameters {
		left[strings.ToLower(k)] = v
	}
	var names []string
	for _, p := range x.declared(root.Get("parameters")) {
		names = append(names, p.name)
		value := p.def
		if text, ok := left[strings.ToLower(p.name)]; ok {
			delete(left, strings.ToLower(p.name))
			value = x.given(p, text)
		}
		if value == nil {
			x.fail(p.node, CodeParameter, fmt.Sprintf("The parameter '%s' has no default, and no value was given.", p.name), fmt.Sprintf("Give one by --param %s=VALUE.", p.name))
			continue
		}
		out.Set(p.name, x.bind(p, value))
	}
	for _, k := range slices.Sorted(maps.Keys(left)) {
		x.fail(root, CodeParameter, fmt.Sprintf("The pipeline has no parameter '%s', which the command line sets.", k), nearHint(k, names))
	}
	return out
}

// given reads a value of the command line: YAML for lists and mappings, else a text.
func (x *expander) given(p parameter, text string) *syntax.Node {
	switch p.typ {
	case "object", "stringList", "step", "stepList", "job", "jobList", "stage", "stageList", "deployment", "deploymentList":
		n, list := syntax.Read("--param "+p.name, text)
		x.list = append(x.list, list...)
		if n != nil {
			return n
		}
	}
	return syntax.NewScalar(p.node, text)
}

// bind checks a value against a declaration.
func (x *expander) bind(p parameter, n *syntax.Node) expression.Value {
	wrong := func(want string) expression.Value {
		x.fail(n, CodeParameter, fmt.Sprintf("The parameter '%s' must be %s.", p.name, want), "")
		return nil
	}
	if len(p.values) > 0 && n.Kind == syntax.Scalar && !slices.Contains(p.values, n.Value) {
		return wrong("one of " + strings.Join(p.values, ", "))
	}
	switch p.typ {
	case "boolean":
		if n.Kind != syntax.Scalar || !strings.EqualFold(n.Value, "true") && !strings.EqualFold(n.Value, "false") {
			return wrong("true or false")
		}
		return strings.EqualFold(n.Value, "true")
	case "number":
		f, err := strconv.ParseFloat(n.Value, 64)
		if n.Kind != syntax.Scalar || err != nil {
			return wrong("a number")
		}
		return f
	case "object":
		return x.toValue(n)
	case "stringList", "stepList", "jobList", "stageList", "deploymentList", "containerList":
		if n.Kind != syntax.Sequence && !n.IsNull() {
			return wrong("a list")
		}
		if n.IsNull() {
			return expression.Array{}
		}
		return x.toValue(n)
	case "step", "job", "stage", "deployment":
		if n.Kind != syntax.Mapping {
			return wrong("a mapping")
		}
		return x.toValue(n)
	}
	if n.Kind != syntax.Scalar {
		return wrong("a text")
	}
	if n.IsNull() {
		return ""
	}
	return n.Value
}
