package emit

import (
	"strings"

	"gatehouse/internal/bicep/sema"
)

const definitionPrefix = "#/definitions/"

// jsonReferences are the declarations of an ARM template that one of its
// declarations refers to.
func jsonReferences(s *sema.Symbol) []*sema.Symbol {
	v, err := parseJSON(s.JSON.Raw)
	if err != nil {
		return nil
	}
	var out []*sema.Symbol
	walkRefs(v, func(ref string) string {
		name, _, _ := strings.Cut(strings.TrimPrefix(ref, definitionPrefix), "/")
		if x := s.JSON.Template.Symbols[name]; x != nil && strings.HasPrefix(ref, definitionPrefix) {
			out = append(out, x)
		}
		return ref
	})
	if s.Kind == sema.Var {
		mapExpressions(v, func(text string) string {
			return variableUse.ReplaceAllStringFunc(text, func(use string) string {
				x := s.JSON.Template.Symbols[variableUse.FindStringSubmatch(use)[2]]
				if x != nil && x.Kind == sema.Var {
					out = append(out, x)
				}
				return use
			})
		})
	}
	return out
}

// walkRefs visits every $ref and replaces it.
func walkRefs(v any, visit func(string) string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walkRefs(x, visit)
		}
	case *object:
		for i := range v.members {
			if ref, ok := v.members[i].value.(string); ok && v.members[i].key == "$ref" {
				v.members[i].value = visit(ref)
				continue
			}
			walkRefs(v.members[i].value, visit)
		}
	}
}

// jsonImport is a declaration of an ARM template as it stands in this template:
// with this template's names, and a note of where it comes from.
func (t *template) jsonImport(im *imported) *object {
	v, err := parseJSON(im.symbol.JSON.Raw)
	o, ok := v.(*object)
	if err != nil || !ok {
		return &object{}
	}
	walkRefs(o, func(ref string) string {
		name, rest, more := strings.Cut(strings.TrimPrefix(ref, definitionPrefix), "/")
		x := im.symbol.JSON.Template.Symbols[name]
		if x == nil || !strings.HasPrefix(ref, definitionPrefix) {
			return ref
		}
		ref = definitionPrefix + t.imports.names[x]
		if more {
			ref += "/" + rest
		}
		return ref
	})
	if im.symbol.Kind == sema.Func && strings.Contains(string(im.symbol.JSON.Raw), userNamespace+".") {
		t.fail(t.m.File.Decls[0], "The function \""+im.symbol.Name+"\" of \""+im.source+"\" calls other functions of an ARM template, which is not supported by this compiler.")
	}
	md := &object{}
	if old, ok := o.get("metadata").(*object); ok {
		for _, m := range old.members {
			if m.key != "__bicep_export!" && m.key != "__bicep_imported_from!" {
				md.set(m.key, m.value)
			}
		}
	}
	md.set("__bicep_imported_from!", t.origin(im))
	o.set("metadata", md)
	return o
}

// jsonStep goes one level down in a type of an ARM template.
func (r *resolved) jsonStep(pointer []string) *resolved {
	n := &resolved{pointer: append(append([]string{}, r.pointer...), pointer...), in: r.in, json: &object{}}
	var v any = r.json
	for _, p := range pointer {
		if o, ok := v.(*object); ok {
			v = o.get(p)
		}
	}
	if o, ok := v.(*object); ok {
		n.json = o
	}
	return n
}
