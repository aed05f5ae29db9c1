package emit

import (
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// TestParameters is a template without resources whose output "parameters" has what
// a test gives the file that it is for. The variables and functions of m are in it.
func TestParameters(m *sema.Model, d *syntax.TestDecl, o Options) ([]byte, diag.List) {
	s := &session{o: o, done: map[*sema.Model]*object{}}
	t := &template{s: s, m: m, symbolic: true, imports: newClosure(m)}
	var given any = &object{}
	if body, ok := d.Value.(*syntax.Object); ok && body.Value("params") != nil {
		given = t.converter().value(body.Value("params"))
	}
	vars := t.variables()
	out := obj("$schema", schemas[sema.ResourceGroup], "languageVersion", "2.0", "contentVersion", "1.0.0.0")
	if definitions := t.definitions(); definitions != nil {
		out.set("definitions", definitions)
	}
	if functions := t.functions(); functions != nil {
		out.set("functions", functions)
	}
	out.set("variables", t.withLoaded(vars))
	out.set("resources", &object{})
	out.set("outputs", obj("parameters", obj("type", "object", "value", given)))
	return format(out), s.diags
}
