package template

import (
	"strings"
)

// userFunction is a member of the section "functions".
// https://learn.microsoft.com/azure/azure-resource-manager/templates/user-defined-functions
type userFunction struct {
	name   string // namespace.member
	params []*Object
	output *Object
	t      *Template
	at     int
}

// readFunctions makes them known first and compiles them when they are called, so that they
// can call each other (language version 2.0).
func (t *Template) readFunctions() error {
	v, ok := t.raw.Get("functions")
	if !ok || v == nil {
		return nil
	}
	at := t.raw.offset(t.raw.find("functions"))
	list, ok := v.([]any)
	if !ok {
		return t.parseFailed(at, "The property 'functions' must be an array, not of type '%s'.", typeName(v))
	}
	for _, e := range list {
		o, _ := e.(*Object)
		if o == nil {
			return t.parseFailed(at, "A namespace of functions must be an object, not of type '%s'.", typeName(e))
		}
		namespace, _ := o.Value("namespace").(string)
		members, _ := o.Value("members").(*Object)
		if namespace == "" || members == nil {
			return t.validation(o.pos, "A namespace of user defined functions needs a 'namespace' and 'members'")
		}
		for i, name := range members.keys {
			u, err := t.userFunction(namespace+"."+name, members.vals[i], members.offset(i))
			if err != nil {
				return err
			}
			t.users[strings.ToLower(u.name)] = u
		}
	}
	return nil
}

func (t *Template) userFunction(name string, v any, at int) (*userFunction, error) {
	o, _ := v.(*Object)
	u := &userFunction{name: name, t: t, at: at}
	if o != nil {
		u.output, _ = o.Value("output").(*Object)
	}
	if u.output == nil {
		return nil, t.validation(at, "The user defined function '%s' has no 'output'", name)
	}
	params, _ := o.Value("parameters").([]any)
	for _, p := range params {
		po, _ := p.(*Object)
		if po == nil {
			return nil, t.validation(at, "A parameter of the user defined function '%s' must be an object", name)
		}
		if s, _ := po.Value("name").(string); s == "" {
			return nil, t.validation(at, "A parameter of the user defined function '%s' has no name", name)
		}
		u.params = append(u.params, po)
	}
	return u, nil
}

// checkCount: nullable parameters at the end can be left out.
func (u *userFunction) checkCount(n int) error {
	least := len(u.params)
	for least > 0 {
		if nullable, _ := u.params[least-1].Value("nullable").(bool); !nullable {
			break
		}
		least--
	}
	if n >= least && n <= len(u.params) {
		return nil
	}
	return fault("The user defined function '%s' expects %d argument(s) while %d were provided. Please see https://aka.ms/arm-syntax-user-defined-functions for usage details.", u.name, len(u.params), n)
}

func (u *userFunction) call(f *frame, args []any) (any, error) {
	label := u.name + "()"
	depth := 0
	for r := f.resolving; r != nil; r = r.up {
		if depth++; depth > maxDepth {
			return nil, fault("The user defined function '%s' calls itself, or calls are nested deeper than %d levels. Please see https://aka.ms/arm-syntax-user-defined-functions for usage details.", u.name, maxDepth)
		}
	}
	values := NewObject()
	for i, p := range u.params {
		name := p.Value("name").(string)
		var v any
		if i < len(args) {
			v = args[i]
		}
		if err := u.t.check(p, v, "parameter '"+name+"' of the user defined function '"+u.name+"'", "", u.at); err != nil {
			return nil, err
		}
		values.set(name, v)
	}
	g := &frame{ctx: f.ctx, ev: f.ev, steps: f.steps, args: values, resolving: &resolving{label, f.resolving}}
	v, err := g.value(u.output.Value("value"))
	if err != nil {
		return nil, err
	}
	return v, u.t.check(u.output, v, "output of the user defined function '"+u.name+"'", "", u.at)
}
