package template

import (
	"strings"
)

// checkExpressions parses every expression of the template, so that a function that is not known, or a call that can't
// be right, is refused at validation and not when its turn comes. What stands in a nested template with expressions of
// its own is checked when that is parsed.
func (t *Template) checkExpressions() error {
	for _, p := range t.Parameters {
		if err := t.compiles(p.fallback, "template parameter '"+p.Name+"'", p.at); err != nil {
			return err
		}
	}
	for i, name := range t.variables.keys {
		v := t.variables.vals[i]
		if l, ok := v.(variableLoop); ok {
			v = l.loop
		}
		if err := t.compiles(v, "template variable '"+name+"'", t.variables.offset(i)); err != nil {
			return err
		}
	}
	if err := t.compilesAll(t.resources); err != nil {
		return err
	}
	for i, name := range t.outputs.keys {
		if err := t.compiles(t.outputs.vals[i], "template output '"+name+"'", t.outputs.offset(i)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Template) compilesAll(list []*resource) error {
	for _, r := range list {
		what := "template resource '" + describe(r.raw.Value("name")) + "'"
		for i, k := range r.raw.keys {
			v := r.raw.vals[i]
			if props, ok := v.(*Object); ok && strings.EqualFold(k, "properties") && isDeployment(r.raw) {
				v = withoutMember(props, "template")
			}
			if strings.EqualFold(k, "resources") {
				continue // children
			}
			if err := t.compiles(v, what, r.raw.pos); err != nil {
				return err
			}
		}
		if err := t.compilesAll(r.children); err != nil {
			return err
		}
	}
	return nil
}

func isDeployment(raw *Object) bool {
	typ, _ := raw.Value("type").(string)
	return strings.EqualFold(typ, "Microsoft.Resources/deployments")
}

func withoutMember(o *Object, name string) *Object {
	out := NewObject()
	for i, k := range o.keys {
		if !strings.EqualFold(k, name) {
			out.set(k, o.vals[i])
		}
	}
	return out
}

// compiles parses the expressions in v.
func (t *Template) compiles(v any, what string, at int) (err error) {
	visitStrings(v, func(s string) {
		if err == nil && isExpression(s) {
			_, err = t.compile(s)
		}
	})
	if err != nil {
		return t.locate(err, what, at)
	}
	return nil
}
