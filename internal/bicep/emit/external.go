package emit

import (
	"sort"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// externals are the external inputs of a parameters file: values that only the
// tool which deploys knows. A parameter that depends on one is emitted as an
// expression of externalInputs, with everything else in it evaluated.
type externals struct {
	t         *template
	inputs    []externalInput
	depends   map[*sema.Symbol]bool
	fragments []expr // what is to be evaluated, to stand in expressions
}

type externalInput struct {
	key    string
	kind   string
	config any // nil: none
	text   string
}

// newExternals finds the inputs: those in assignments first, then those in variables.
func newExternals(t *template) *externals {
	x := &externals{t: t, depends: map[*sema.Symbol]bool{}}
	models := append([]*sema.Model{t.m}, extended(t.m)...)
	for _, kind := range []sema.Kind{sema.Param, sema.Var} {
		for _, m := range models {
			for _, s := range m.Declared(kind) {
				if s.Decl != nil && s.Import == nil {
					x.collect(m, s.Decl)
				}
			}
		}
	}
	if t.m.Using != nil {
		x.collect(t.m, t.m.Using)
	}
	return x
}

func (x *externals) collect(m *sema.Model, d syntax.Decl) {
	for _, c := range syntax.Children(d) {
		syntax.Walk(c, func(n syntax.Node) bool {
			if args, ok := externalCall(m, n); ok {
				x.input(m, args)
				return false
			}
			return true
		})
	}
}

// externalCall are the arguments of a call of externalInput, or those of the call
// for which a shorter function stands.
func externalCall(m *sema.Model, n syntax.Node) ([]syntax.Expr, bool) {
	name, args, ok := m.BuiltinCall(n)
	switch {
	case !ok:
		return nil, false
	case name == "readCliArg":
		return append([]syntax.Expr{&syntax.StringLit{Segments: []string{"sys.cliArg"}}}, args...), true
	case name == "readEnvVar":
		return append([]syntax.Expr{&syntax.StringLit{Segments: []string{"sys.envVar"}}}, args...), true
	}
	return args, name == "externalInput"
}

// input is the key of an input; equal ones have one.
func (x *externals) input(m *sema.Model, args []syntax.Expr) string {
	c := x.t.converterFor(m)
	kind, ok := c.constantString(args, 0)
	if !ok {
		return ""
	}
	in := externalInput{kind: kind, text: kind}
	if len(args) > 1 {
		if in.config = c.value(args[1]); !isConstant(in.config) {
			c.fail(args[1], "BCP032", "The value must be a compile-time constant.")
			return ""
		}
		in.config = unescape(in.config)
		in.text += "\x00" + string(format(in.config))
	}
	for _, known := range x.inputs {
		if known.text == in.text {
			return known.key
		}
	}
	in.key = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' {
			return r
		}
		return '_'
	}, kind) + "_" + strconv.Itoa(len(x.inputs))
	x.inputs = append(x.inputs, in)
	return in.key
}

// definitions are the inputs as a parameters file declares them, or nil.
func (x *externals) definitions() any {
	sort.Slice(x.inputs, func(i, j int) bool { return x.inputs[i].key < x.inputs[j].key })
	var out *object
	for _, in := range x.inputs {
		o := obj("kind", in.kind)
		if in.config != nil {
			o.set("config", in.config)
		}
		out = put(out, in.key, o)
	}
	return orNil(out)
}

// in reports whether the value of n depends on an input.
func (x *externals) in(m *sema.Model, n syntax.Node) bool {
	found := false
	syntax.Walk(n, func(n syntax.Node) bool {
		if _, ok := externalCall(m, n); ok {
			found = true
		} else if s, ok := m.BaseMember(n); ok {
			found = found || x.symbol(s)
			return false
		} else if v, ok := n.(*syntax.Variable); ok && x.uses(m, v) {
			found = true
		}
		return !found
	})
	return found
}

// uses reports whether what v names depends on an input.
func (x *externals) uses(m *sema.Model, v *syntax.Variable) bool {
	s := m.Uses[v]
	if s == nil || s.Kind != sema.BaseParams {
		return x.symbol(s)
	}
	for _, inherited := range m.Extends.Assignments() {
		if x.symbol(inherited) {
			return true
		}
	}
	return false
}

// symbol reports whether a variable or an assigned parameter depends on an input.
func (x *externals) symbol(s *sema.Symbol) bool {
	value := assigned(s)
	if x == nil || value == nil {
		return false
	}
	known, ok := x.depends[s]
	if !ok {
		x.depends[s] = false // a cycle has been reported
		known = x.in(s.Model, value)
		x.depends[s] = known
	}
	return known
}

// assigned is the value of a variable or parameter of a parameters file.
func assigned(s *sema.Symbol) syntax.Expr {
	if s == nil || s.Import != nil || s.Model == nil || !s.Model.IsParams() {
		return nil
	}
	switch d := s.Decl.(type) {
	case *syntax.VarDecl:
		return d.Value
	case *syntax.ParamDecl:
		return d.Default
	}
	return nil
}

// parameter is an assignment that depends on an input: an expression, or the
// reference to a secret whose place does.
func (x *externals) parameter(c *converter, value syntax.Expr) (e expr, reference *object) {
	in := *c
	in.externals = x
	if o, ok := in.moduleParameterReference(value); ok {
		if len(x.fragments) > 0 && strings.Contains(string(format(o)), fragmentName) {
			c.fail(value, sema.Unsupported, "The place of a secret can't use variables together with external inputs. Write their values out.")
		}
		return nil, o
	}
	return in.expr(value), nil
}

const fragmentName = "fragment of the parameters file"

// external converts e where the expression of an external input stands: variables
// that depend on one are written out, what needs the file is evaluated. It returns nil
// for what is converted as usual.
func (c *converter) external(e syntax.Expr) expr {
	x := c.externals
	if args, ok := externalCall(c.m, e); ok {
		return call("externalInputs", str(x.input(c.m, args)))
	}
	if s, ok := c.m.BaseMember(e); ok && x.symbol(s) {
		return c.baseMember(s)
	}
	if v, ok := e.(*syntax.Variable); ok && x.symbol(c.m.Uses[v]) {
		s := c.m.Uses[v]
		inner := *c.t.converterFor(s.Model)
		inner.externals = x
		return inner.expr(assigned(s))
	}
	if !c.needsFile(e) {
		return nil
	}
	if x.in(c.m, e) {
		if _, user := e.(*syntax.Call); user {
			c.fail(e, sema.Unsupported, "A function of the user can't be called with an external input. Write its value out.")
			return call("null")
		}
		return nil
	}
	plain := *c
	plain.externals = nil
	return x.fragment(plain.expr(e))
}

// fragment has e evaluated and put where the result stands.
func (x *externals) fragment(e expr) expr {
	x.fragments = append(x.fragments, e)
	return call(fragmentName, num(len(x.fragments)-1))
}

// needsFile reports whether e refers to what only the file has: a variable, a
// parameter, an import or a function of the user.
func (c *converter) needsFile(e syntax.Expr) bool {
	switch x := e.(type) {
	case *syntax.Variable:
		s := c.m.Uses[x]
		return s != nil && (s.Kind == sema.Var || s.Kind == sema.Param || s.Kind == sema.BaseParams)
	case *syntax.Call:
		return c.m.Uses[x] != nil
	case *syntax.MethodCall:
		s := c.m.Uses[syntax.Unparen(x.Base)]
		return s != nil && s.Kind == sema.Wildcard
	case *syntax.Property:
		s := c.m.Uses[syntax.Unparen(x.Base)]
		return s != nil && s.Kind == sema.Wildcard || c.needsFile(syntax.Unparen(x.Base))
	case *syntax.Index:
		return c.needsFile(syntax.Unparen(x.Base))
	}
	return false
}

// filled puts the values of fragments into e.
func filled(e expr, values []any) expr {
	f, ok := e.(*fn)
	if !ok {
		return e
	}
	if f.name == fragmentName {
		i := int(f.args[0].(num))
		if i >= len(values) {
			return call("null")
		}
		value := constant(escapeAll(values[i]))
		if len(f.props) == 0 {
			return value
		}
		return access(value, f.props...)
	}
	out := &fn{name: f.name}
	for _, a := range f.args {
		out.args = append(out.args, filled(a, values))
	}
	for _, p := range f.props {
		out.props = append(out.props, filled(p, values))
	}
	return out
}
