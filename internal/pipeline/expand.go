package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline/expression"
	"gatehouse/internal/pipeline/syntax"
)

// LoadOptions is what the texts of a pipeline are read with.
type LoadOptions struct {
	// ReadFile reads a template; the path is relative to where File is relative to, with slashes.
	ReadFile func(path string) ([]byte, error)
	// Root is the folder of the sources as a slash path, "" for the current one: templates that begin with / stand below it.
	Root       string
	Parameters map[string]string // values of the root's parameters, from the command line
	Variables  map[string]string // variables of the command line; they win over the root's
	Predefined map[string]string // predefined variables known at expansion, e.g. Build.SourceBranch
}

// Limits of one expansion: those of the service where it has one.
const (
	maxTemplates     = 100
	maxTemplateDepth = 50
	maxExpanded      = 100_000
)

// Expand reads a file and replaces all of its `${{ }}`. The tree is nil when the list has errors.
func Expand(file string, text []byte, o LoadOptions) (*syntax.Node, diag.List) {
	root, list := syntax.Read(file, string(text))
	if list.HasErrors() {
		return nil, list
	}
	x := &expander{o: o, origin: map[*expression.Object]*syntax.Node{}}
	if root == nil || root.Kind != syntax.Mapping {
		at := root
		if at == nil {
			at = &syntax.Node{File: file, Pos: diag.Position{Line: 1, Column: 1}}
		}
		return nil, diag.List{at.At(CodeShape, "A pipeline is a mapping with 'steps', 'jobs' or 'stages'.", "Begin with 'steps:'.")}
	}
	out := x.root(root)
	if x.list.HasErrors() {
		x.list.Sort()
		return nil, x.list
	}
	return out, nil
}

// place says what the items of a mapping or sequence are, since variables have a
// scope and templates may stand only in some places.
type place uint8

const (
	anywhere place = iota
	inRoot
	inStages
	inStage
	inJobs
	inJob
	inSteps
	inVariables
)

// below gives the place of a key's value.
func (p place) below(key string) place {
	switch {
	case key == "stages" && p == inRoot:
		return inStages
	case key == "jobs" && (p == inRoot || p == inStage):
		return inJobs
	case key == "steps" && (p == inRoot || p == inJob):
		return inSteps
	case key == "variables" && p.scoped():
		return inVariables
	case p == inJob && (key == "strategy" || key == "runOnce" || key == "deploy"):
		return inJob
	}
	return anywhere
}

// item gives the place of a sequence's items.
func (p place) item() place {
	switch p {
	case inStages:
		return inStage
	case inJobs:
		return inJob
	}
	return anywhere
}

// scoped reports whether variables of a mapping in this place hold for all of it.
func (p place) scoped() bool { return p == inRoot || p == inStage || p == inJob }

// listKey is the key under which a template has the items for this place.
func (p place) listKey() string {
	return map[place]string{inStages: "stages", inJobs: "jobs", inSteps: "steps", inVariables: "variables"}[p]
}

type expander struct {
	o         LoadOptions
	list      diag.List
	templates int
	nodes     int
	origin    map[*expression.Object]*syntax.Node // whence a mapping came that went through an expression
}

// scope is what names mean at a place.
type scope struct {
	parameters *expression.Object
	variables  *expression.Object
	locals     map[string]expression.Value
	depth      int // of templates
}

func (s scope) Root(name string) (expression.Value, bool) {
	switch name {
	case "parameters":
		return s.parameters, true
	case "variables":
		return s.variables, true
	}
	v, ok := s.locals[name]
	return v, ok
}

func (s scope) Roots() []string {
	names := []string{"parameters", "variables"}
	for n := range s.locals {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (s scope) Status(string, []string) (bool, error) { return false, nil }

func (s scope) Counter(string, int) (int, error) { return 0, nil }

// inner copies the variables, so that those of a job are not those of the next.
func (s scope) inner() scope {
	v := expression.NewObject()
	for _, k := range s.variables.Keys {
		value, _ := s.variables.Get(k)
		v.Set(k, value)
	}
	s.variables = v
	return s
}

func (s scope) local(name string, v expression.Value) scope {
	locals := map[string]expression.Value{strings.ToLower(name): v}
	for k, old := range s.locals {
		if _, hidden := locals[k]; !hidden {
			locals[k] = old
		}
	}
	s.locals = locals
	return s
}

func (x *expander) fail(n *syntax.Node, code, message, hint string) {
	if len(x.list) < 100 {
		x.list = append(x.list, n.At(code, message, hint))
	}
}

func (x *expander) count(n *syntax.Node) bool {
	if x.nodes++; x.nodes == maxExpanded {
		x.fail(n, syntax.CodeLimit, fmt.Sprintf("The pipeline has more than %d values after expansion.", maxExpanded), "")
	}
	return x.nodes < maxExpanded
}

func (x *expander) root(n *syntax.Node) *syntax.Node {
	s := scope{variables: expression.NewObject()}
	for k, v := range x.o.Predefined {
		s.variables.Set(k, v)
	}
	s.parameters = x.rootParameters(n)
	for k, v := range x.o.Variables {
		s.variables.Set(k, v)
	}
	if e := n.Get("extends"); e != nil {
		return x.extends(n, e, s)
	}
	return x.mapping(n, s, inRoot)
}

// node expands a value.
func (x *expander) node(n *syntax.Node, s scope, p place) *syntax.Node {
	if !x.count(n) {
		return n
	}
	switch n.Kind {
	case syntax.Mapping:
		return x.mapping(n, s, p)
	case syntax.Sequence:
		return x.sequence(n, s, p)
	}
	return x.scalar(n, s)
}

// mapping expands a mapping. Where variables have a scope, they come first: they
// hold for the other keys, wherever they are written.
func (x *expander) mapping(n *syntax.Node, s scope, p place) *syntax.Node {
	out := *n
	out.Pairs = nil
	var variables *syntax.Node
	if p.scoped() {
		s = s.inner()
		if v := n.Get("variables"); v != nil {
			variables = x.variables(v, s)
		}
	}
	b := branch{}
	for _, pair := range n.Pairs {
		if d, ok := x.directive(pair.Key); ok {
			x.pairs(&out, d, pair, s, p, &b)
			continue
		}
		b.closed()
		key := x.key(pair.Key, s)
		switch {
		case p == inRoot && key.Value == "parameters":
			continue
		case variables != nil && key.Value == "variables":
			x.addPair(&out, key, variables)
		case p == inVariables:
			x.addPair(&out, key, x.variable(key.Value, pair.Value, s))
		default:
			x.addPair(&out, key, x.node(pair.Value, s, p.below(key.Value)))
		}
	}
	return &out
}

func (x *expander) addPair(out *syntax.Node, key, value *syntax.Node) {
	if out.Get(key.Value) != nil {
		x.fail(key, CodeDirective, fmt.Sprintf("The key '%s' stands twice in this mapping after expansion.", key.Value), "Keep one of them.")
		return
	}
	out.Pairs = append(out.Pairs, syntax.Pair{Key: key, Value: value})
}

func (x *expander) key(k *syntax.Node, s scope) *syntax.Node {
	out := x.scalar(k, s)
	if out.Kind != syntax.Scalar {
		x.fail(k, CodeDirective, "An expression as a key must give a text.", "To insert a mapping, write '${{ insert }}: ${{ ... }}'.")
		return k
	}
	return out
}

// sequence expands a list; directives, templates and expressions that give a list are spliced in.
func (x *expander) sequence(n *syntax.Node, s scope, p place) *syntax.Node {
	out := *n
	out.Items = nil
	b := branch{}
	for _, item := range n.Items {
		if item.Kind == syntax.Mapping && len(item.Pairs) > 0 {
			if d, ok := x.directive(item.Pairs[0].Key); ok && d.word != "insert" && (d.word != "each" || item.Pairs[0].Value.Kind == syntax.Sequence || item.Pairs[0].Value.Kind == syntax.Scalar) {
				x.items(&out, d, item, s, p, &b)
				continue
			}
			if t := item.Get("template"); t != nil && p.listKey() != "" {
				b.closed()
				out.Items = append(out.Items, x.template(item, t, s, p)...)
				continue
			}
		}
		b.closed()
		out.Items = append(out.Items, x.item(item, s, p)...)
	}
	return &out
}

func (x *expander) item(item *syntax.Node, s scope, p place) []*syntax.Node {
	if p == inVariables {
		return []*syntax.Node{x.listedVariable(item, s)}
	}
	v := x.node(item, s, p.item())
	if item.Kind == syntax.Scalar && v.Kind == syntax.Sequence {
		return v.Items
	}
	return []*syntax.Node{v}
}
