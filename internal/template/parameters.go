package template

import (
	"context"
	"fmt"
	"strings"
)

// Parameter is a declared parameter.
type Parameter struct {
	Name       string
	Type       string // String, SecureString, Int, Bool, Object, SecureObject or Array
	Secure     bool
	HasDefault bool

	fallback any
	raw      *Object
	at       int
	schema   schema
}

func (t *Template) readParameters() error {
	o, err := t.section("parameters")
	if err != nil {
		return err
	}
	for i, name := range o.keys {
		raw, ok := o.vals[i].(*Object)
		if !ok {
			return t.validation(o.offset(i), "The template parameter '%s' must be an object", name)
		}
		s, err := t.schemaOf(raw, "template parameter '"+name+"'", o.offset(i))
		if err != nil {
			return err
		}
		p := &Parameter{Name: name, Type: s.typeName(), Secure: s.secure(), raw: raw, at: o.offset(i), schema: s}
		p.fallback, p.HasDefault = raw.Get("defaultValue")
		t.Parameters = append(t.Parameters, p)
	}
	return nil
}

func (t *Template) parameterNamed(name string) *Parameter {
	for _, p := range t.Parameters {
		if strings.EqualFold(p.Name, name) {
			return p
		}
	}
	return nil
}

// bind checks what is given, then evaluates every parameter once.
func (ev *evaluator) bind(ctx context.Context) error {
	if err := ev.checkGiven(); err != nil {
		return err
	}
	steps := maxSteps
	f := &frame{ctx: ctx, ev: ev, rt: ev.in.Runtime, can: canGenerate, steps: &steps}
	for _, p := range ev.t.Parameters {
		if _, err := ev.parameter(f, p.Name); err != nil {
			return ev.t.locate(err, "template parameter '"+p.Name+"'", p.at)
		}
	}
	return nil
}

// checkGiven refuses parameters that the template does not declare, and lists those it lacks.
func (ev *evaluator) checkGiven() error {
	t := ev.t
	var unknown, known []string
	for _, p := range t.Parameters {
		known = append(known, p.Name)
	}
	for i, name := range ev.given.keys {
		if t.parameterNamed(name) == nil {
			unknown = append(unknown, name)
		} else if !isParameterValue(ev.given.vals[i]) {
			return t.validation(0, "The value of the template parameter '%s' must be an object with a 'value' or a 'reference'", name)
		}
	}
	if len(unknown) > 0 {
		return t.validation(0, "The template parameters '%s' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time. The only supported parameters for this template are '%s'. Please see https://aka.ms/arm-pass-parameter-values for usage details.",
			strings.Join(unknown, ", "), strings.Join(known, ", "))
	}
	for _, p := range t.Parameters {
		if !ev.isGiven(p) && !p.HasDefault && !p.schema.nullable {
			e := t.validation(p.at, "The value for the template parameter '%s' %sis not provided. Please see https://aka.ms/arm-create-parameter-file for usage details.", p.Name, t.where(p.at))
			e.Target = p.Name
			return e
		}
	}
	return nil
}

// isParameterValue: an object, or Unknown where an expression makes the object.
func isParameterValue(v any) bool {
	switch v.(type) {
	case *Object, *Unknown:
		return true
	}
	return false
}

func (ev *evaluator) isGiven(p *Parameter) bool {
	if _, ok := ev.given.Value(p.Name).(*Unknown); ok {
		return true
	}
	o, ok := ev.given.Value(p.Name).(*Object)
	if !ok {
		return false
	}
	for _, k := range []string{"reference", "expression"} {
		if _, ok := o.Get(k); ok {
			return true
		}
	}
	v, ok := o.Get("value")
	// A null counts as absent where the parameter has a default value.
	return ok && (v != nil || !p.HasDefault)
}

// parameter gives the value of a parameter, evaluated once.
func (ev *evaluator) parameter(f *frame, name string) (any, error) {
	if ev.outer != nil {
		return ev.outer.parameter(f, name)
	}
	p := ev.t.parameterNamed(name)
	if p == nil {
		return nil, fault("The template parameter '%s' is not found. Please see https://aka.ms/arm-syntax-parameters for usage details.", name)
	}
	if v, ok := ev.params[p.Name]; ok {
		return v, nil
	}
	if ev.bound {
		return nil, nil
	}
	label := "parameters('" + p.Name + "')"
	if err := f.resolving.circular(label); err != nil {
		return nil, err
	}
	v, err := ev.parameterValue(f.with(func(g *frame) { g.resolving = &resolving{label, f.resolving} }), p)
	if err != nil {
		return nil, err
	}
	ev.params[p.Name] = v
	return v, nil
}

func (ev *evaluator) parameterValue(f *frame, p *Parameter) (any, error) {
	what := "template parameter '" + p.Name + "'"
	var v any
	var err error
	switch {
	case ev.isGiven(p):
		v, err = ev.givenValue(f, p)
	case p.HasDefault:
		v, err = f.value(p.fallback)
	}
	if err != nil {
		return nil, err
	}
	if v == nil && !ev.isGiven(p) && !p.HasDefault {
		return nil, nil // nullable and absent
	}
	v = lenient(p.schema, v)
	return v, ev.t.check(p.raw, v, what, "", p.at)
}

// lenient accepts what Resource Manager accepts beyond the declared type: the command line
// gives texts for numbers and booleans.
func lenient(s schema, v any) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	switch s.kind {
	case "int":
		if n, ok := number(text).(int64); ok && validNumber(text) {
			return n
		}
	case "bool":
		switch strings.ToLower(text) {
		case "true":
			return true
		case "false":
			return false
		}
	}
	return v
}

// givenValue is a parameter's value, or the secret that it refers to.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/key-vault-parameter
func (ev *evaluator) givenValue(f *frame, p *Parameter) (any, error) {
	if u, ok := ev.given.Value(p.Name).(*Unknown); ok {
		return u, nil
	}
	o := ev.given.Value(p.Name).(*Object)
	if text, ok := o.Value("expression").(string); ok {
		return f.with(func(g *frame) { g.can = canExternal }).text(text)
	}
	ref, ok := o.Value("reference").(*Object)
	if !ok {
		return o.Value("value"), nil
	}
	if !p.Secure {
		return nil, fault("The template parameter '%s' is of type '%s'. A reference to a Key Vault secret is allowed for 'securestring' and 'secureObject' only.", p.Name, p.Type)
	}
	vault, _ := ref.Value("keyVault").(*Object)
	if vault == nil {
		return nil, fault("The reference of the template parameter '%s' has no 'keyVault' with an 'id'.", p.Name)
	}
	id, _ := vault.Value("id").(string)
	name, _ := ref.Value("secretName").(string)
	version, _ := ref.Value("secretVersion").(string)
	if ev.in.Secret == nil || id == "" || name == "" {
		return nil, fault("The secret '%s' that the template parameter '%s' refers to can't be read.", name, p.Name)
	}
	secret, err := ev.in.Secret(f.ctx, id, name, version)
	if err != nil {
		return nil, &evalError{message: fmt.Sprintf("The secret '%s' of the vault '%s' that the template parameter '%s' refers to can't be read: %s", name, id, p.Name, err), cause: err}
	}
	if p.schema.kind == "secureobject" {
		return readJSON(name, []byte(secret))
	}
	return secret, nil
}

// Values are the evaluated parameters, with their types as deployments show them. Those of
// secure parameters are withheld.
func (p *Plan) Parameters() map[string]any {
	out := map[string]any{}
	for _, q := range p.ev.t.Parameters {
		v, ok := p.ev.params[q.Name]
		if !ok {
			continue
		}
		entry := map[string]any{"type": q.Type}
		if !q.Secure {
			entry["value"] = To(v)
		}
		out[q.Name] = entry
	}
	return out
}

// Again are the parameters with which the plan can be made again as it was: what was generated (newGuid, utcNow) or came
// from outside keeps its value, and a reference to a secret stays one. Secure values are in it.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/rollback-on-error
func (p *Plan) Again() map[string]any {
	out := map[string]any{}
	for _, q := range p.ev.t.Parameters {
		if o, ok := p.ev.given.Value(q.Name).(*Object); ok && o.Value("reference") != nil {
			out[q.Name] = To(o)
			continue
		}
		if v, ok := p.ev.params[q.Name]; ok && v != nil && !HasUnknown(v) {
			out[q.Name] = map[string]any{"value": To(v)}
		}
	}
	return out
}
