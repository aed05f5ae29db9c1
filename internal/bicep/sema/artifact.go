package sema

import (
	"encoding/json"
	"slices"
	"sort"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// artifact finds a module of a registry or a template spec in the module cache.
func (m *Model) artifact(ref string, at syntax.Span) (t *JSONTemplate, full string) {
	a, ok := m.address(ref, at)
	if !ok {
		return nil, ""
	}
	if data, file := m.cached(a, "main.json"); data != nil {
		return m.parseTemplate(file, data, at), a.full
	}
	m.notRestored(a, at)
	return nil, a.full
}

// Unresolved are the errors of references to registries.
func (m *Model) Unresolved() diag.List {
	var out diag.List
	for _, d := range m.Diags {
		if d.Severity == diag.Error && slices.Contains(m.artifacts, d.Range) {
			out = append(out, d)
		}
	}
	return out
}

// isArtifact reports whether a module path names a registry or template spec.
func isArtifact(path string) bool {
	scheme, _, has := strings.Cut(path, ":")
	return has && (scheme == "br" || scheme == "ts" || strings.HasPrefix(scheme, "br/") || strings.HasPrefix(scheme, "ts/"))
}

// parseTemplate reads an ARM template, once for each file.
func (m *Model) parseTemplate(file string, data []byte, at syntax.Span) *JSONTemplate {
	if t := m.workspace.templates[file]; t != nil {
		return t
	}
	t := &JSONTemplate{Raw: json.RawMessage(data)}
	if err := json.Unmarshal(data, t); err != nil {
		m.report(diag.Error, "BCP188", "The referenced ARM template has errors. Please see https://aka.ms/arm-template for information on how to diagnose and fix the template.", at)
		return nil
	}
	if t.Schema != "" && !strings.Contains(strings.ToLower(t.Schema), "deploymenttemplate.json") {
		m.report(diag.Error, "BCP188", "The referenced ARM template has errors. Please see https://aka.ms/arm-template for information on how to diagnose and fix the template.", at)
		return nil
	}
	t.symbols()
	if m.workspace.templates == nil {
		m.workspace.templates = map[string]*JSONTemplate{}
	}
	m.workspace.templates[file] = t
	return t
}

// JSONDecl is a type, function or variable that an ARM template declares.
type JSONDecl struct {
	Template *JSONTemplate
	Raw      json.RawMessage
	Exported bool
	Loop     bool // a variable of a copy loop; Raw is the loop then
}

// symbols makes a symbol for everything that can be imported from t or that such
// a thing may need.
func (t *JSONTemplate) symbols() {
	t.Symbols = map[string]*Symbol{}
	add := func(k Kind, name string, raw json.RawMessage, exported bool) {
		t.Symbols[name] = &Symbol{Kind: k, Name: name, JSON: &JSONDecl{Template: t, Raw: raw, Exported: exported}}
	}
	for name, raw := range t.Definitions {
		add(TypeKind, name, raw, exportMark(raw))
	}
	for _, ns := range t.Functions {
		for name, raw := range ns.Members {
			if ns.Namespace != "__bicep" {
				name = ns.Namespace + "." + name
			}
			add(Func, name, raw, exportMark(raw))
		}
	}
	var copies []json.RawMessage
	for name, raw := range t.Variables {
		if name == "copy" && json.Unmarshal(raw, &copies) == nil {
			continue
		}
		if t.Symbols[name] == nil {
			add(Var, name, raw, false)
		}
	}
	for _, raw := range copies {
		var loop struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(raw, &loop) == nil && loop.Name != "" && t.Symbols[loop.Name] == nil {
			add(Var, loop.Name, raw, false)
			t.Symbols[loop.Name].JSON.Loop = true
		}
	}
	for _, v := range t.Metadata.Exported {
		if s := t.Symbols[v.Name]; s != nil && s.Kind == Var {
			s.JSON.Exported = true
			continue
		}
		add(Var, v.Name, t.Variables[v.Name], true)
	}
}

func exportMark(raw json.RawMessage) bool {
	var d struct {
		Metadata struct {
			Export bool `json:"__bicep_export!"`
		} `json:"metadata"`
	}
	return json.Unmarshal(raw, &d) == nil && d.Metadata.Export
}

// Export finds what the template exports under that name.
func (t *JSONTemplate) Export(name string) *Symbol {
	if s := t.Symbols[name]; s != nil && s.JSON.Exported {
		return s
	}
	return nil
}

// Exports lists what the template exports, by name.
func (t *JSONTemplate) Exports() []*Symbol {
	var out []*Symbol
	for _, s := range t.Symbols {
		if s.JSON.Exported {
			out = append(out, s)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Member finds what a wildcard import makes known as name.
func (im *Import) Member(name string) *Symbol {
	switch {
	case im.Source != nil:
		return im.Source.Export(name)
	case im.JSON != nil:
		return im.JSON.Export(name)
	}
	return nil
}

// Members lists what a wildcard import makes known.
func (im *Import) Members() []*Symbol {
	if im.JSON != nil {
		return im.JSON.Exports()
	}
	var out []*Symbol
	if im.Source != nil {
		for _, s := range im.Source.Symbols {
			if s.Exported() {
				out = append(out, s)
			}
		}
	}
	return out
}
