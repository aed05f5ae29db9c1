package sema

import (
	"encoding/json"
	"path/filepath"
	"sort"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// artifact finds a module of a registry in the official tool's module cache:
// CACHE/br/REGISTRY/REPOSITORY/TAG$/main.json, where the repository's slashes are
// written as $. Nothing is downloaded.
func (m *Model) artifact(ref string, at syntax.Span) (t *JSONTemplate, full string) {
	scheme, rest, _ := strings.Cut(ref, ":")
	alias := ""
	if i := strings.IndexByte(scheme, '/'); i >= 0 {
		scheme, alias = scheme[:i], scheme[i+1:]
	}
	if scheme == "ts" {
		m.errorf(Unsupported, at, "Template specs are not supported by this compiler: \"%s\". Save the template as a local file and refer to that.", ref)
		return nil, ""
	}
	switch alias {
	case "":
	case "public":
		rest = "mcr.microsoft.com/bicep/" + rest
	default:
		m.errorf("BCP213", at, "The OCI artifact module alias name \"%s\" does not exist in the built-in Bicep configuration.", alias)
		return nil, ""
	}
	colon := strings.LastIndexByte(rest, ':')
	slash := strings.IndexByte(rest, '/')
	if colon < 0 || slash < 0 || colon < slash || colon == len(rest)-1 {
		m.errorf("BCP196", at, "The specified OCI artifact reference \"%s\" is not valid. The module tag or digest is missing.", "br:"+rest)
		return nil, ""
	}
	full = "br:" + rest
	repository := strings.ReplaceAll(rest[slash+1:colon], "/", "$")
	file := filepath.Join(m.workspace.CacheDir, "br", rest[:slash], repository, rest[colon+1:]+"$", "main.json")
	if m.workspace.CacheDir != "" {
		if data, err := m.workspace.read(file); err == nil {
			return m.parseTemplate(file, data, at), full
		}
	}
	m.errorf("BCP190", at, "The artifact with reference \"%s\" has not been restored.", full)
	return nil, full
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
