package sema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// JSONTemplate is an ARM template that is used as a module.
type JSONTemplate struct {
	Raw        json.RawMessage
	Schema     string `json:"$schema"`
	Parameters map[string]struct {
		Type         string          `json:"type"`
		DefaultValue json.RawMessage `json:"defaultValue"`
		Allowed      []any           `json:"allowedValues"`
		Nullable     bool            `json:"nullable"`
		Ref          string          `json:"$ref"`
	} `json:"parameters"`
	Outputs     map[string]json.RawMessage `json:"outputs"`
	Definitions map[string]json.RawMessage `json:"definitions"`
	Variables   map[string]json.RawMessage `json:"variables"`
	Functions   []struct {
		Namespace string                     `json:"namespace"`
		Members   map[string]json.RawMessage `json:"members"`
	} `json:"functions"`
	Metadata struct {
		Exported []struct {
			Name string `json:"name"`
		} `json:"__bicep_exported_variables!"`
	} `json:"metadata"`

	Symbols map[string]*Symbol `json:"-"` // what it declares
}

func (m *Model) newModule(d *syntax.ModuleDecl) *Module {
	mod := &Module{Decl: d}
	mod.Symbol = &Symbol{Kind: ModuleKind, Name: d.Name.Name, Ident: d.Name, Decl: d, Model: m, Module: mod}
	mod.Loop, mod.Cond, mod.Body = syntax.Body(d.Value)
	mod.Name = mod.Body.Value("name")
	m.Modules = append(m.Modules, mod)
	switch path, ok := d.Path.Text(); {
	case ok:
		m.loadModule(mod, path)
	case d.Path == nil:
		m.report(diag.Error, "BCP090", "This module declaration is missing a file path reference.", d.PathAt)
	default:
		m.report(diag.Error, "BCP092", "String interpolation is not supported in file paths.", d.Path.Span)
	}
	return mod
}

func (m *Model) loadModule(mod *Module, path string) {
	at := mod.Decl.Path.Span
	if isArtifact(path) {
		mod.JSON, _ = m.artifact(path, at)
		return
	}
	if strings.HasSuffix(strings.ToLower(path), ".json") || strings.HasSuffix(strings.ToLower(path), ".jsonc") || strings.HasSuffix(strings.ToLower(path), ".arm") {
		mod.JSON = m.loadJSON(path, at)
		return
	}
	if mod.Source = m.loadFile(path, at); mod.Source != nil && mod.Source.Diags.HasErrors() {
		m.report(diag.Error, "BCP104", "The referenced module has errors.", at)
	}
}

// resolve checks a relative path and makes it one that can be opened.
func (m *Model) resolve(path string, at syntax.Span) (string, bool) {
	if scheme, _, has := strings.Cut(path, ":"); has && len(scheme) > 1 {
		m.report(diag.Error, "BCP189", fmt.Sprintf("The specified module reference scheme \"%s\" is not recognized. Specify a path to a local module file or a module reference using one of the following schemes: \"br\", \"ts\"", scheme), at)
		return "", false
	}
	if code, text := WrongPath(path); code != "" {
		m.report(diag.Error, code, text, at)
		return "", false
	}
	return filepath.Join(filepath.Dir(m.Path), filepath.FromSlash(path)), true
}

// loadFile analyses the .bicep file that path, written at, refers to.
func (m *Model) loadFile(path string, at syntax.Span) *Model {
	full, ok := m.resolve(path, at)
	if !ok {
		return nil
	}
	if full == m.Path {
		m.report(diag.Error, "BCP094", "This module references itself, which is not allowed.", at)
		return nil
	}
	if i := slices.Index(m.workspace.loading, full); i >= 0 {
		cycle := append(slices.Clone(m.workspace.loading[i:]), full)
		m.workspace.inCycle(cycle)
		m.report(diag.Error, "BCP095", "The file is involved in a cycle (\""+strings.Join(cycle, "\" -> \"")+"\").", at)
		return nil
	}
	other, err := m.workspace.Load(full)
	if err != nil {
		m.unreadable(full, err, at)
		return nil
	}
	if cycle := m.workspace.cycles[full]; slices.Contains(cycle, m.Path) {
		m.report(diag.Error, "BCP095", "The file is involved in a cycle (\""+strings.Join(cycle, "\" -> \"")+"\").", at)
		return nil
	}
	return other
}

// unreadable reports a file that can't be read, in the words of .NET.
func (m *Model) unreadable(full string, err error, at syntax.Span) {
	text := err.Error()
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text = fmt.Sprintf("Could not find file '%s'.", full)
	case errors.Is(err, fs.ErrPermission):
		text = fmt.Sprintf("Access to the path '%s' is denied.", full)
	case errors.As(err, &pe) && strings.Contains(pe.Err.Error(), "is a directory"):
		m.report(diag.Error, "BCP275", fmt.Sprintf("Unable to open file at path \"%s\". Found a directory instead.", full), at)
		return
	}
	m.report(diag.Error, "BCP091", "An error occurred reading file. "+text, at)
}

func (m *Model) loadJSON(path string, at syntax.Span) *JSONTemplate {
	full, ok := m.resolve(path, at)
	if !ok {
		return nil
	}
	data, err := m.workspace.Read(full)
	if err != nil {
		m.unreadable(full, err, at)
		return nil
	}
	return m.parseTemplate(full, data, at)
}

// wantScope is the scope that the module's file targets.
func (mod *Module) wantScope() Scope {
	if mod.Source != nil {
		return mod.Source.TargetScope
	}
	if mod.JSON == nil {
		return mod.Scope.Scope
	}
	schema := strings.ToLower(mod.JSON.Schema)
	switch {
	case strings.Contains(schema, "subscriptiondeploymenttemplate"):
		return Subscription
	case strings.Contains(schema, "managementgroupdeploymenttemplate"):
		return ManagementGroup
	case strings.Contains(schema, "tenantdeploymenttemplate"):
		return Tenant
	}
	return ResourceGroup
}

// importDecl makes the symbols of an import.
func (m *Model) importDecl(d *syntax.ImportDecl) {
	path, ok := d.Path.Text()
	switch {
	case d.Path == nil:
		m.report(diag.Error, "BCP358", "This declaration is missing a template file path reference.", d.PathAt)
		return
	case !ok:
		m.report(diag.Error, "BCP092", "String interpolation is not supported in file paths.", d.Path.Span)
		return
	}
	im := Import{Decl: d, Path: path}
	switch {
	case isArtifact(path):
		if im.JSON, path = m.artifact(path, d.Path.Span); im.JSON != nil {
			im.Path = path
		}
	case strings.HasSuffix(strings.ToLower(path), ".json"):
		im.JSON = m.loadJSON(path, d.Path.Span)
	default:
		im.Source = m.loadFile(path, d.Path.Span)
	}
	if im.Source != nil && im.Source.Diags.HasErrors() {
		m.report(diag.Error, "BCP104", "The referenced module has errors.", d.Path.Span)
	}
	if d.Wildcard != nil {
		m.Imports = append(m.Imports, &im)
		m.add(&Symbol{Kind: Wildcard, Ident: *d.Wildcard, Decl: d, Import: &im})
		return
	}
	for i := range d.Items {
		m.importItem(d, &d.Items[i], im)
	}
}

func (m *Model) importItem(d *syntax.ImportDecl, it *syntax.ImportItem, im Import) {
	name := syntax.Ident{Span: it.Span, Name: it.Local()}
	s := &Symbol{Kind: Var, Ident: name, Decl: d, Import: &im}
	if im.Source != nil || im.JSON != nil {
		target := im.Member(it.Name)
		if target == nil {
			m.report(diag.Error, "BCP360", fmt.Sprintf("The '%s' symbol was not found in (or was not exported by) the imported template.", it.Name), it.Span)
			m.add(&Symbol{Kind: Missing, Ident: name, Decl: d})
			return
		}
		s.Kind, s.Import.Target = target.Kind, target
	}
	m.Imports = append(m.Imports, s.Import)
	m.add(s)
}

// Export finds an exported type, variable or function.
func (m *Model) Export(name string) *Symbol {
	for _, s := range m.Symbols {
		if s.Name == name && s.Exported() {
			return s
		}
	}
	return nil
}

// Exported reports whether the symbol has @export().
func (s *Symbol) Exported() bool {
	if s.Decl == nil || s.Import != nil || s.Kind != TypeKind && s.Kind != Var && s.Kind != Func {
		return false
	}
	return FindDecorator(s.Decl.Decorated(), "export") != nil
}

// FindDecorator returns the decorator of that name, or nil.
func FindDecorator(ds []*syntax.Decorator, name string) *syntax.Decorator {
	for _, d := range ds {
		if ns, n, _, ok := d.Parts(); ok && n == name && (ns == "" || ns == "sys") {
			return d
		}
	}
	return nil
}
