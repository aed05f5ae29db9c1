package template

import (
	"strings"
)

// asserts evaluates the conditions that must hold before anything is deployed: those of the template and those of the
// resources that are to be deployed. All that do not hold are named.
// https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-config#enable-experimental-features
func (b *builder) asserts() error {
	o, err := b.t.section("asserts")
	if err != nil {
		return err
	}
	unmet, err := b.unmet(o, nil, "assertion")
	if err != nil {
		return err
	}
	for _, n := range b.all {
		own, ok := n.raw.Value("asserts").(*Object)
		if !ok || !n.Condition || n.unnamed != nil {
			continue
		}
		more, err := b.unmet(own, n.copies, "assertion of '"+n.ID.String()+"'")
		if err != nil {
			return err
		}
		for _, name := range more {
			unmet = append(unmet, typeWithNames(n)+": "+name)
		}
	}
	if len(unmet) == 0 {
		return nil
	}
	return b.t.validation(o.pos, "The template's assertions are not met: '%s'", strings.Join(unmet, "', '"))
}

// unmet are the names of the assertions that are false.
func (b *builder) unmet(o *Object, copies *copyScope, what string) ([]string, error) {
	var names []string
	for i, name := range o.keys {
		v, err := b.frame(copies).value(o.vals[i])
		if err == nil {
			if _, isBool := v.(bool); !isBool {
				err = wrongType(v, "an assertion must be a boolean that is known before the deployment starts, not of type '%s'")
			}
		}
		if err != nil {
			return nil, b.t.locate(err, what+" '"+name+"'", o.offset(i))
		}
		if v == false {
			names = append(names, name)
		}
	}
	return names, nil
}
