package emit

import (
	"sort"
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
	inputs      any  // definitions of those
	config      expr // of the using declaration, when it depends on external inputs
}

// Params emits the parameters that a .bicepparam file assigns.
func Params(m *sema.Model, o Options) (*Parameters, diag.List) {
	s := &session{o: o, done: map[*sema.Model]*object{}}
	t := &template{s: s, m: m, symbolic: true}
	t.imports = newClosure(m)
	x := newExternals(t)
	p := &Parameters{expressions: map[string]expr{}, references: map[string]*object{}}
	values := &object{}
	for _, sym := range m.Assignments() {
		d := sym.Decl.(*syntax.ParamDecl)
		c := t.converterFor(sym.Model)
		p.names = append(p.names, sym.Name)
		if x.symbol(sym) {
			p.expressions[sym.Name], p.references[sym.Name] = x.parameter(c, d.Default)
			continue
		}
		values.set(sym.Name, c.moduleParameter(orNull(d.Default)))
	}
	parts := obj("parameters", values)
	if configs := t.extensionConfigs(); configs != nil {
		parts.set("extensionConfigs", configs)
	}
	p.usingConfig(x, parts)
	if s.diags.HasErrors() {
		return nil, s.diags
	}
	if isConstant(parts) && t.loaded == nil && len(p.expressions) == 0 && p.config == nil {
		unescape(parts)
		p.File = parametersFile(parts, nil)
		return p, s.diags
	}
	fragments := make([]any, len(x.fragments))
	for i, f := range x.fragments {
		fragments[i] = jsonValue(f)
	}
	p.inputs = x.definitions()
	parts.set("fragments", fragments)
	p.Template = format(t.evaluation(x, parts))
	return p, s.diags
}

// usingConfig emits what the using declaration configures the deployment with.
func (p *Parameters) usingConfig(x *externals, parts *object) {
	m := x.t.m
	if m.Using == nil || m.Using.With == nil {
		return
	}
	c := x.t.converterFor(m)
	if !x.in(m, m.Using.With) {
		parts.set("usingConfig", obj("value", c.value(m.Using.With)))
		return
	}
	p.config, _ = x.parameter(c, m.Using.With)
}

// extensionConfigs are the configurations that the file gives extensions, by name;
// nil when there can be none.
func (t *template) extensionConfigs() *object {
	if !t.m.ModuleExtensionConfigs() {
		return nil
	}
	out := &object{}
	for _, s := range t.m.Declared(sema.ConfigKind) {
		o, _ := s.Decl.(*syntax.ExtensionConfigDecl).Config.(*syntax.Object)
		config := t.converter().extensionConfig(o)
		sort.SliceStable(config.members, func(i, j int) bool { return cultureLess(config.members[i].key, config.members[j].key) })
		out.set(s.Name, config)
	}
	sort.SliceStable(out.members, func(i, j int) bool { return cultureLess(out.members[i].key, out.members[j].key) })
	return out
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
	parameters := &object{}
	for _, name := range p.names {
		if o := p.references[name]; o != nil {
			parameters.set(name, o)
		} else if e, ok := p.expressions[name]; ok {
			parameters.set(name, obj("expression", text(filled(e, fragments))))
		} else if values != nil {
			parameters.set(name, values.get(name))
		}
	}
	output.set("parameters", parameters)
	if p.config != nil {
		output.set("usingConfig", obj("expression", text(filled(p.config, fragments))))
	}
	return parametersFile(output, p.inputs), nil
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
	for _, m := range append([]*sema.Model{t.m}, extended(t.m)...) {
		for _, sym := range m.Declared(sema.Param) {
			d := sym.Decl.(*syntax.ParamDecl)
			if d.Default == nil || x.symbol(sym) {
				continue
			}
			c := t.converterFor(m)
			if _, secret := c.moduleParameterReference(d.Default); !secret { // which nothing may refer to
				vars.set(t.assignment(sym), c.value(d.Default))
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

// assignment is the variable that stands for an assigned parameter: a file has its
// own, whatever those that extend it assign.
func (t *template) assignment(s *sema.Symbol) string {
	name := "param:" + s.Name
	for m := t.m; m != nil && m != s.Model; m = m.Extends {
		name = "base " + name
	}
	return name
}

// baseMember converts base.x.
func (c *converter) baseMember(s *sema.Symbol) expr {
	if s == nil {
		return call("null")
	}
	if c.externals.symbol(s) {
		inner := *c.t.converterFor(s.Model)
		inner.externals = c.externals
		return inner.expr(assigned(s))
	}
	value := call("variables", str(c.t.assignment(s)))
	if c.externals != nil {
		return c.externals.fragment(value)
	}
	return value
}

// base converts base: all that the extended file assigns.
func (c *converter) base() expr {
	var args []expr
	for _, s := range c.m.Extends.Assignments() {
		args = append(args, str(s.Name), c.baseMember(s))
	}
	return call("createObject", args...)
}

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

// parametersFile makes a parameters file of its parts.
func parametersFile(parts *object, inputs any) []byte {
	file := obj("$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "contentVersion", "1.0.0.0", "parameters", parts.get("parameters"))
	if inputs != nil {
		file.set("externalInputDefinitions", inputs)
	}
	for _, name := range []string{"extensionConfigs", "usingConfig"} {
		if v := parts.get(name); v != nil {
			file.set(name, v)
		}
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
	c.fail(at, "BCP427", "Environment variable \""+name+"\" does not exist and there's no default value set.")
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
