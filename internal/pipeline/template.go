package pipeline

import (
	"fmt"
	"path"
	"strings"

	"gatehouse/internal/pipeline/expression"
	"gatehouse/internal/pipeline/syntax"
)

// template expands `- template: FILE` to the items of the file.
func (x *expander) template(item, name *syntax.Node, s scope, p place) []*syntax.Node {
	for _, pair := range item.Pairs {
		if k := pair.Key.Value; k != "template" && k != "parameters" {
			x.fail(pair.Key, CodeKey, fmt.Sprintf("Beside 'template' stands no key '%s'.", k), nearHint(k, []string{"template", "parameters"}))
		}
	}
	root, inner, ok := x.open(name, item.Get("parameters"), s)
	if !ok {
		return nil
	}
	key := p.listKey()
	for _, pair := range root.Pairs {
		if k := pair.Key.Value; k != "parameters" && k != key && !strings.HasPrefix(k, "${{") {
			x.fail(pair.Key, CodeTemplate, fmt.Sprintf("A template that is used among %s has no key '%s'.", key, k), nearHint(k, []string{"parameters", key}))
			return nil
		}
	}
	body := root.Get(key)
	if body == nil {
		x.fail(name, CodeTemplate, fmt.Sprintf("The template '%s' has no '%s', so it cannot be used here.", name.Value, key), "")
		return nil
	}
	out := x.node(body, inner, p)
	if p == inVariables && out.Kind == syntax.Mapping {
		return listed(out)
	}
	if out.Kind != syntax.Sequence {
		x.fail(body, CodeShape, fmt.Sprintf("'%s' must be a list.", key), "")
		return nil
	}
	return out.Items
}

// listed turns a mapping of variables into the list form.
func listed(m *syntax.Node) []*syntax.Node {
	var out []*syntax.Node
	for _, p := range m.Pairs {
		out = append(out, &syntax.Node{Kind: syntax.Mapping, File: p.Key.File, Pos: p.Key.Pos, Pairs: []syntax.Pair{
			{Key: syntax.NewScalar(p.Key, "name"), Value: p.Key}, {Key: syntax.NewScalar(p.Key, "value"), Value: p.Value}}})
	}
	return out
}

// extends puts the keys of the template in the place of the root's.
func (x *expander) extends(root, e *syntax.Node, s scope) *syntax.Node {
	name := e.Get("template")
	if name == nil || e.Kind != syntax.Mapping {
		x.fail(e, CodeMissing, "'extends' needs a 'template'.", "")
		return root
	}
	for _, pair := range root.Pairs {
		switch k := pair.Key.Value; k {
		case "stages", "jobs", "steps":
			x.fail(pair.Key, CodeShape, fmt.Sprintf("A pipeline that extends a template has no '%s' of its own.", k), "Move them to the template, or give them as a parameter of type stepList.")
		}
	}
	outer := *root
	outer.Pairs = nil
	for _, pair := range root.Pairs {
		if pair.Key.Value != "extends" {
			outer.Pairs = append(outer.Pairs, pair)
		}
	}
	s = s.inner()
	if v := root.Get("variables"); v != nil {
		x.variables(v, s)
	}
	out := x.mapping(&outer, s, inRoot)
	t, inner, ok := x.open(name, e.Get("parameters"), s)
	if !ok {
		return out
	}
	for _, p := range x.mapping(t, inner, inRoot).Pairs {
		x.addPair(out, p.Key, p.Value)
	}
	return out
}

// open reads a template and binds its parameters.
func (x *expander) open(name, given *syntax.Node, s scope) (*syntax.Node, scope, bool) {
	name = x.scalar(name, s)
	file, ok := x.resolve(name)
	if !ok {
		return nil, s, false
	}
	if x.templates++; x.templates > maxTemplates || s.depth >= maxTemplateDepth {
		x.fail(name, CodeTemplate, fmt.Sprintf("More than %d templates are used, or they are nested deeper than %d.", maxTemplates, maxTemplateDepth), "Does a template use itself?")
		return nil, s, false
	}
	data, err := x.o.ReadFile(file)
	if err != nil {
		x.fail(name, CodeTemplate, fmt.Sprintf("The template '%s' cannot be read: %v.", name.Value, err), "Paths are relative to the file that uses the template; '/' begins at the root of the sources.")
		return nil, s, false
	}
	root, list := syntax.Read(file, string(data))
	x.list = append(x.list, list...)
	if list.HasErrors() {
		return nil, s, false
	}
	if root == nil || root.Kind != syntax.Mapping {
		x.fail(name, CodeTemplate, fmt.Sprintf("The template '%s' is not a mapping.", name.Value), "")
		return nil, s, false
	}
	s.parameters = x.templateParameters(name, given, root, s)
	s.locals = nil
	s.depth++
	return root, s, true
}

func (x *expander) resolve(name *syntax.Node) (string, bool) {
	file, repository, _ := strings.Cut(name.Value, "@")
	if repository != "" && repository != "self" {
		x.fail(name, CodeUnsupported, fmt.Sprintf("The template stands in another repository, '%s'; only local templates are read.", repository), "Copy it into the sources.")
		return "", false
	}
	base := path.Dir(name.File)
	if strings.HasPrefix(file, "/") {
		base = x.o.Root
	}
	return path.Join(base, file), true
}

func (x *expander) templateParameters(name, given, root *syntax.Node, s scope) *expression.Object {
	out := expression.NewObject()
	values := map[string]*syntax.Node{}
	if !given.IsNull() {
		given = x.node(given, s, anywhere)
		if given.Kind != syntax.Mapping {
			x.fail(given, CodeShape, "The parameters of a template are a mapping.", "")
			return out
		}
		for _, p := range given.Pairs {
			values[strings.ToLower(p.Key.Value)] = p.Value
		}
	}
	var names []string
	for _, p := range x.declared(root.Get("parameters")) {
		names = append(names, p.name)
		n, ok := values[strings.ToLower(p.name)]
		if !ok {
			n = p.def
		}
		if n == nil {
			x.fail(name, CodeParameter, fmt.Sprintf("The template '%s' needs the parameter '%s'.", name.Value, p.name), "Add it to 'parameters' below 'template'.")
			continue
		}
		out.Set(p.name, x.bind(p, n))
	}
	if given != nil {
		for _, p := range given.Pairs {
			if _, ok := out.Get(p.Key.Value); !ok && !containsName(names, p.Key.Value) {
				x.fail(p.Key, CodeParameter, fmt.Sprintf("The template '%s' has no parameter '%s'.", name.Value, p.Key.Value), nearHint(p.Key.Value, names))
			}
		}
	}
	return out
}

func containsName(names []string, name string) bool {
	for _, n := range names {
		if sameName(n, name) {
			return true
		}
	}
	return false
}

// sameName compares names as the service does: without case.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }
