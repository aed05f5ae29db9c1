package emit

import (
	"fmt"
	"regexp"
	"strings"

	"gatehouse/internal/bicep/sema"
)

// variableUse finds the names of variables and of their loops in an expression.
// Inside a string literal of the expression the quotes would be doubled.
var variableUse = regexp.MustCompile(`(variables|copyIndex)\('([^']+)'`)

// mapExpressions returns v with every expression in it replaced.
func mapExpressions(v any, replace func(string) string) any {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "[") && !strings.HasPrefix(v, "[[") {
			return replace(v)
		}
	case []any:
		for i := range v {
			v[i] = mapExpressions(v[i], replace)
		}
	case *object:
		for i := range v.members {
			v.members[i].value = mapExpressions(v.members[i].value, replace)
		}
	}
	return v
}

// jsonVariable is a variable of an ARM template with the names of this template:
// its value, or its copy loop.
func (t *template) jsonVariable(im *imported) (value any, loop *object) {
	v, err := parseJSON(im.symbol.JSON.Raw)
	if err != nil {
		return nil, nil
	}
	v = mapExpressions(v, func(text string) string { return t.renameVariables(im.symbol.JSON.Template, text) })
	o, ok := v.(*object)
	if !im.symbol.JSON.Loop || !ok {
		return v, nil
	}
	count := fmt.Sprint(o.get("count"))
	if strings.HasPrefix(count, "[") && strings.HasSuffix(count, "]") {
		count = count[1 : len(count)-1]
	}
	return nil, obj("name", im.name, "count", "[length(range(0, "+count+"))]", "input", o.get("input"))
}

// renameVariables gives the variables in an expression of from their names here.
func (t *template) renameVariables(from *sema.JSONTemplate, text string) string {
	return variableUse.ReplaceAllStringFunc(text, func(use string) string {
		m := variableUse.FindStringSubmatch(use)
		x := from.Symbols[m[2]]
		if x == nil || x.Kind != sema.Var || t.imports.names[x] == "" {
			return use
		}
		return m[1] + "('" + t.imports.names[x] + "'"
	})
}
