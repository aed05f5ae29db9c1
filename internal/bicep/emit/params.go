package emit

import (
	"strconv"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// Parameters is an emitted .bicepparam file: either File, when all values are
// constants, or Template, whose output "parameters" Complete makes the file of.
type Parameters struct {
	File     []byte
	Template []byte

	names       []string
	expressions map[string]expr // of parameters that depend on external inputs
	references  map[string]*object
	inputs      any // definitions of those
}

// Params emits the parameters that a .bicepparam file assigns.
func Params(m *sema.Model, o Options) (*Parameters, diag.List) {
	s := &session{o: o, done: map[*sema.Model]*object{}}
	t := &template{s: s, m: m, symbolic: true}
	t.imports = newClosure(m)
	x := newExternals(t)
	p := &Parameters{expressions: map[string]expr{}, references: map[string]*object{}}
	values := &object{}
	constant := true
	for _, sym := range m.Assignments() {
		d := sym.Decl.(*syntax.ParamDecl)
		c := t.converterFor(sym.Model)
		p.names = append(p.names, sym.Name)
		if x.symbol(sym) {
			p.expressions[sym.Name], p.references[sym.Name] = x.parameter(c, d.Default)
			continue
		}
		v := c.moduleParameter(orNull(d.Default))
		constant = constant && isConstant(v)
		values.set(sym.Name, v)
	}
	if s.diags.HasErrors() {
		return nil, s.diags
	}
	if constant && t.loaded == nil && len(p.expressions) == 0 {
		p.File = parametersFile(unescape(values), nil)
		return p, s.diags
	}
	fragments := make([]any, len(x.fragments))
	for i, f := range x.fragments {
		fragments[i] = jsonValue(f)
	}
	p.inputs = x.definitions()
	p.Template = format(t.evaluation(x, obj("parameters", values, "fragments", fragments)))
	return p, s.diags
}

// Complete is the parameters file, from the JSON of the Template's output.
func (p *Parameters) Complete(evaluated []byte) ([]byte, error) {
	v, err := parseJSON(evaluated)
	if text, ok := v.(string); ok {
		v, err = parseJSON([]byte(text))
	}
	if err != nil {
		return nil, err
	}
	output, _ := v.(*object)
	if output == nil {
		output = &object{}
	}
	values, _ := output.get("parameters").(*object)
	fragments, _ := output.get("fragments").([]any)
	file := &object{}
	for _, name := range p.names {
		if o := p.references[name]; o != nil {
			file.set(name, o)
		} else if e, ok := p.expressions[name]; ok {
			file.set(name, obj("expression", text(filled(e, fragments))))
		} else if values != nil {
			file.set(name, values.get(name))
		}
	}
	return parametersFile(file, p.inputs), nil
}

func orNull(e syntax.Expr) syntax.Expr {
	if e == nil {
		return &syntax.NullLit{}
	}
	return e
}

// allParameters is the variable that holds the values.
const allParameters = "parameters of the file"

// evaluation is a template without resources that gives the values as an output, as
// the text of JSON, which keeps the order of members.
// Parameters of the file are variables of it, since they may use each other.
func (t *template) evaluation(x *externals, values *object) *object {
	t.skip = x.symbol
	vars := t.variables()
	for _, sym := range t.m.Assignments() {
		if d := sym.Decl.(*syntax.ParamDecl); d.Default != nil && !x.symbol(sym) {
			vars.set(assignment(sym), t.converterFor(sym.Model).value(d.Default))
		}
	}
	if t.m.Extends != nil {
		for _, m := range extended(t.m) {
			for _, s := range m.Declared(sema.Var) {
				if d, ok := s.Decl.(*syntax.VarDecl); ok && !x.symbol(s) {
					vars.set(s.Name, t.converterFor(m).value(d.Value))
				}
			}
		}
	}
	out := obj("$schema", schemas[sema.ResourceGroup], "languageVersion", "2.0", "contentVersion", "1.0.0.0")
	if d := t.definitions(); d != nil {
		out.set("definitions", d)
	}
	if f := t.functions(); f != nil {
		out.set("functions", f)
	}
	vars.set(allParameters, values)
	out.set("variables", t.withLoaded(vars))
	out.set("resources", &object{})
	out.set("outputs", obj("parameters", obj("type", "string", "value", text(call("string", call("variables", str(allParameters)))))))
	return out
}

func extended(m *sema.Model) []*sema.Model {
	var out []*sema.Model
	for m = m.Extends; m != nil; m = m.Extends {
		out = append(out, m)
	}
	return out
}

// assignment is the variable that stands for an assigned parameter.
func assignment(s *sema.Symbol) string { return "param:" + s.Name }

// isConstant reports whether v has no expression in it.
func isConstant(v any) bool {
	switch v := v.(type) {
	case string:
		return !isExpression(v)
	case []any:
		for _, x := range v {
			if !isConstant(x) {
				return false
			}
		}
	case *object:
		for _, m := range v.members {
			if isExpression(m.key) || m.key == "copy" || !isConstant(m.value) {
				return false
			}
		}
	}
	return true
}

func isExpression(s string) bool {
	return strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") && !strings.HasPrefix(s, "[[")
}

// unescape takes back escapeText: a parameters file holds values, not expressions.
func unescape(v any) any {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "[[") && strings.HasSuffix(v, "]") {
			return v[1:]
		}
	case []any:
		for i := range v {
			v[i] = unescape(v[i])
		}
	case *object:
		for i := range v.members {
			v.members[i].value = unescape(v.members[i].value)
		}
	}
	return v
}

// parametersFile wraps the values as a parameters file.
func parametersFile(values, inputs any) []byte {
	file := obj("$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "contentVersion", "1.0.0.0", "parameters", values)
	if inputs != nil {
		file.set("externalInputDefinitions", inputs)
	}
	return format(file)
}

// environment is readEnvironmentVariable(name, default).
func (c *converter) environment(at syntax.Expr, args []syntax.Expr) expr {
	name, ok := c.constantString(args, 0)
	if !ok {
		return call("null")
	}
	if v, set := c.t.s.o.lookup(name); set {
		return str(v)
	}
	if len(args) > 1 {
		return c.expr(args[1])
	}
	c.fail(at, "BCP338", "Failed to evaluate parameter: Environment variable \""+name+"\" does not exist, and no default value set.")
	return call("null")
}

func (o *Options) lookup(name string) (string, bool) {
	if o.Getenv == nil {
		return "", false
	}
	v := o.Getenv(name)
	return v, v != ""
}

// Combined is what build-params writes to standard output: both files as text.
func Combined(parameters, template []byte) []byte {
	var t any
	if template != nil {
		t = string(template)
	}
	return format(obj("parametersJson", string(parameters), "templateJson", t, "templateSpecId", nil))
}

// literalID is the id of a vault whose subscription, group and name are given.
func (c *converter) literalID(sub, group, vault expr) expr {
	if c.externals != nil {
		return call("resourceId", sub, group, str("Microsoft.KeyVault"), str("vaults"), vault)
	}
	parts := []expr{sub, group, vault}
	text := []string{"/subscriptions/", "/resourceGroups/", "/providers/Microsoft.KeyVault/vaults/"}
	var b strings.Builder
	var args []expr
	for i, p := range parts {
		b.WriteString(text[i])
		if s, ok := p.(str); ok {
			b.WriteString(string(s))
			continue
		}
		b.WriteString("{" + strconv.Itoa(len(args)) + "}")
		args = append(args, p)
	}
	if len(args) == 0 {
		return str(b.String())
	}
	return call("format", append([]expr{str(b.String())}, args...)...)
}
