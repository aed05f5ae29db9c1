package sema

import (
	"encoding/json"
	"sort"
	"strings"

	"gatehouse/internal/bicep/syntax"
)

func (m *Model) checkModule(mod *Module) {
	if m.IsParams() {
		return
	}
	if mod.Body == nil {
		m.bodyMissing(mod.Decl.Value)
		return
	}
	names, required, ok := mod.parameters()
	if !ok {
		return
	}
	item := mod.Body.Get("params")
	if item == nil {
		if len(required) > 0 {
			m.errorf("BCP035", mod.Decl.Name.Span, "The specified \"module\" declaration is missing the following required properties: \"params\".")
		}
		return
	}
	params, ok := item.Value.(*syntax.Object)
	if !ok {
		return
	}
	var missing []string
	for _, n := range required {
		if params.Get(n) == nil && !hasSpread(params) {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		m.errorf("BCP035", item.Key.Span, "The specified \"params\" declaration is missing the following required properties: %s.", quoted(missing))
	}
	for i := range params.Items {
		m.moduleParam(mod, params, &params.Items[i], names)
	}
}

func hasSpread(o *syntax.Object) bool {
	for i := range o.Items {
		if o.Items[i].Spread != nil {
			return true
		}
	}
	return false
}

func (m *Model) moduleParam(mod *Module, params *syntax.Object, it *syntax.ObjectItem, names map[string]*Symbol) {
	name, plain := it.Name()
	if !plain {
		return
	}
	s, ok := names[name]
	if !ok {
		var free []string
		for n := range names {
			if params.Get(n) == nil {
				free = append(free, n)
			}
		}
		sort.Strings(free)
		if near := Nearest(name, free); near != "" {
			m.errorf("BCP089", it.Key.Span, "The property \"%s\" is not allowed on objects of type \"params\". Did you mean \"%s\"?", name, near)
			return
		}
		clause := "No other properties are allowed."
		if len(free) > 0 {
			clause = "Permissible properties include " + quoted(free) + "."
		}
		m.errorf("BCP037", it.Key.Span, "The property \"%s\" is not allowed on objects of type \"params\". %s", name, clause)
		return
	}
	if s == nil {
		return
	}
	if d, is := s.Decl.(*syntax.ParamDecl); is {
		want, got := mod.Source.declaredType(d.Type), m.TypeOf(it.Value)
		if got != nil && want.Base != got.Base && want.Base != "any" && got.Base != "any" && got.Base != "null" {
			m.errorf("BCP036", it.Key.Span, "The property \"%s\" expected a value of type \"%s\" but the provided value is of type \"%s\".", name, want, got)
		}
	}
}

// parameters are those of the module's file, and which must be given.
func (mod *Module) parameters() (names map[string]*Symbol, required []string, ok bool) {
	names = map[string]*Symbol{}
	switch {
	case mod.Source != nil && !mod.Source.Diags.HasErrors():
		for _, s := range mod.Source.Declared(Param) {
			names[s.Name] = s
			d := s.Decl.(*syntax.ParamDecl)
			if d.Default == nil && !mod.Source.nullable(d.Type) {
				required = append(required, s.Name)
			}
		}
	case mod.JSON != nil:
		for n, p := range mod.JSON.Parameters {
			names[n] = nil
			if p.DefaultValue == nil && !p.Nullable && !mod.JSON.nullableRef(p.Ref) {
				required = append(required, n)
			}
		}
	default:
		return nil, nil, false
	}
	sort.Strings(required)
	return names, required, true
}

// nullableRef reports whether the definition that ref points to allows null.
func (t *JSONTemplate) nullableRef(ref string) bool {
	for range 8 { // a definition may refer to another one
		raw, ok := t.Definitions[strings.TrimPrefix(ref, "#/definitions/")]
		var d struct {
			Ref      string `json:"$ref"`
			Nullable bool   `json:"nullable"`
		}
		if !ok || json.Unmarshal(raw, &d) != nil {
			return false
		}
		if d.Nullable {
			return true
		}
		ref = d.Ref
	}
	return false
}
