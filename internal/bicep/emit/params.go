package emit

import (
	"strconv"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// Parameters is an emitted .bicepparam file: either File, when all values are
// constants, or Template, whose output "parameters" evaluates to them.
type Parameters struct {
	File     []byte
	Template []byte
}

// Params emits the parameters that a .bicepparam file assigns.
func Params(m *sema.Model, o Options) (*Parameters, diag.List) {
	s := &session{o: o, done: map[*sema.Model]*object{}}
	t := &template{s: s, m: m, symbolic: true}
	t.imports = newClosure(m)
	values := &object{}
	constant := true
	for _, sym := range m.Assignments() {
		d := sym.Decl.(*syntax.ParamDecl)
		c := t.converterFor(sym.Model)
		v := c.moduleParameter(orNull(d.Default))
		constant = constant && isConstant(v)
		values.set(sym.Name, v)
	}
	if s.diags.HasErrors() {
		return nil, s.diags
	}
	if constant && t.loaded == nil {
		return &Parameters{File: ParametersFile(format(unescape(values)))}, s.diags
	}
	return &Parameters{Template: format(t.evaluation(values))}, s.diags
}

func orNull(e syntax.Expr) syntax.Expr {
	if e == nil {
		return &syntax.NullLit{}
	}
	return e
}

// evaluation is a template without resources that gives the values as an output.
// Parameters of the file are variables of it, since they may use each other.
func (t *template) evaluation(values *object) *object {
	vars := t.variables()
	for _, sym := range t.m.Assignments() {
		if d := sym.Decl.(*syntax.ParamDecl); d.Default != nil {
			vars.set(assignment(sym), t.converterFor(sym.Model).value(d.Default))
		}
	}
	if t.m.Extends != nil {
		for _, m := range extended(t.m) {
			for _, s := range m.Declared(sema.Var) {
				if d, ok := s.Decl.(*syntax.VarDecl); ok {
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
	if v := t.withLoaded(vars); v != nil {
		out.set("variables", v)
	}
	out.set("resources", &object{})
	out.set("outputs", obj("parameters", obj("type", "object", "value", values)))
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

// ParametersFile wraps the JSON of the values as a parameters file.
func ParametersFile(values []byte) []byte {
	v, err := parseJSON(values)
	if err != nil {
		return nil
	}
	return format(obj("$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "contentVersion", "1.0.0.0", "parameters", v))
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
func literalID(sub, group, vault expr) expr {
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
