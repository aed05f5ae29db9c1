package pipeline

import (
	"gatehouse/internal/pipeline/syntax"
)

// variables expands a 'variables' key in a scope of its own, which it fills: each
// variable may use those before it.
func (x *expander) variables(n *syntax.Node, s scope) *syntax.Node {
	return x.node(n, s, inVariables)
}

// variable expands one variable of a mapping.
func (x *expander) variable(name string, value *syntax.Node, s scope) *syntax.Node {
	out := x.node(value, s, anywhere)
	x.define(name, out, s)
	return out
}

// listedVariable expands one item of a list of variables.
func (x *expander) listedVariable(item *syntax.Node, s scope) *syntax.Node {
	out := x.node(item, s, anywhere)
	if name := out.Get("name"); name != nil {
		x.define(name.Value, out.Get("value"), s)
	}
	return out
}

// define makes a variable known to the expressions that follow. Those of the command line win.
func (x *expander) define(name string, value *syntax.Node, s scope) {
	for k := range x.o.Variables {
		if sameName(k, name) {
			return
		}
	}
	text := ""
	if value != nil && value.Kind == syntax.Scalar {
		text = value.Value
	}
	s.variables.Set(name, text)
}
