package sema

import (
	"fmt"
	"io"
	"os"
	"strings"

	"gatehouse/internal/bicep/config"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

// maxFile is the largest file that is read (the official limit of a source file
// is that of a template, 4 MB; load functions stop at 131072 characters).
const maxFile = 16 << 20

// Workspace loads files, each once.
type Workspace struct {
	ReadFile func(path string) ([]byte, error) // nil: os.ReadFile

	// CacheDir is the official tool's module cache, in which modules of registries
	// are looked up. Empty: there is none.
	CacheDir string

	templates map[string]*JSONTemplate
	models    map[string]*Model
	order     []*Model
	bodies    map[bodyKey]*types.Type // of resource types
	loading   []string
	cycles    map[string][]string       // of files that refer to themselves: the way round
	configs   map[string]*config.Config // by folder
}

// inCycle notes the files of a cycle, the last of which is the first again.
func (w *Workspace) inCycle(cycle []string) {
	if w.cycles == nil {
		w.cycles = map[string][]string{}
	}
	for _, path := range cycle[1:] {
		w.cycles[path] = cycle
	}
}

// Models are the files analysed so far, each before those that refer to it.
func (w *Workspace) Models() []*Model { return w.order }

// Read is a source file's text. No more is read than can be used.
func (w *Workspace) Read(path string) ([]byte, error) {
	read := w.ReadFile
	if read == nil {
		read = readFile
	}
	data, err := read(path)
	if err == nil && len(data) > maxFile {
		return nil, fmt.Errorf("The file '%s' has more than %d bytes, which is the most that is read.", path, maxFile)
	}
	return data, err
}

// readFile reads a file until it is larger than any that is taken.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// Load analyses the file at path and what it refers to. An error means that the
// file could not be read; what is wrong in it is in Model.Diags.
func (w *Workspace) Load(path string) (*Model, error) {
	if m := w.models[path]; m != nil {
		return m, nil
	}
	data, err := w.Read(path)
	if err != nil {
		return nil, err
	}
	w.loading = append(w.loading, path)
	m := w.analyze(path, strings.TrimPrefix(string(data), "\ufeff"))
	w.loading = w.loading[:len(w.loading)-1]
	if w.models == nil {
		w.models = map[string]*Model{}
	}
	w.models[path] = m
	w.order = append(w.order, m)
	return m, nil
}

func (w *Workspace) analyze(path, text string) *Model {
	file, diags := syntax.Parse(path, text)
	m := &Model{File: file, Path: path, Diags: diags, workspace: w}
	m.syntaxErrors = append(diag.List{}, diags...)
	m.targetScope()
	if m.IsParams() {
		m.paramsFile()
	}
	m.declare()
	m.orderResources()
	m.bind()
	m.resolveParents()
	m.resolveScopes()
	m.cycles()
	m.dependencies()
	m.findTypeCycles()
	m.check()
	if m.IsParams() {
		m.checkAssignments()
		m.checkParamsImports()
		m.checkUnknown()
	}
	m.finish()
	return m
}

// targetScope reads the targetScope declaration.
func (m *Model) targetScope() {
	const twice = "The \"targetScope\" cannot be declared multiple times in one file."
	var first *syntax.TargetScopeDecl
	again := 0
	for _, d := range m.File.Decls {
		t, ok := d.(*syntax.TargetScopeDecl)
		if !ok {
			continue
		}
		if first != nil {
			if again == 0 {
				m.report(diag.Error, "BCP112", twice, first.Span)
			}
			again++
			m.report(diag.Error, "BCP112", twice, t.Span)
		} else {
			first = t
		}
		s, isString := t.Value.(*syntax.StringLit)
		text, plain := s.Text()
		sc, known := scopeWords[text]
		if _, bad := t.Value.(*syntax.Bad); bad {
			continue
		}
		if !isString || !plain || !known {
			continue // its type is checked with the others
		}
		if t == first {
			m.TargetScope = sc
		}
	}
}

// finish applies directives, orders the diagnostics and gives them their documentation.
func (m *Model) finish() {
	kept := m.Diags[:0]
	for _, d := range m.Diags {
		if d.Severity == diag.Error || !m.disabled(d) {
			if strings.HasPrefix(d.Code, "BCP") {
				d.URL = "https://aka.ms/bicep/core-diagnostics#" + d.Code
			}
			kept = append(kept, d)
		}
	}
	m.Diags = kept
	m.Diags.Sort()
}

// disabled reports whether a directive silences d. Errors can't be silenced.
func (m *Model) disabled(d diag.Diagnostic) bool {
	off := false
	for _, dir := range m.File.Directives {
		line := m.File.Source.Position(dir.Start).Line
		names := false
		for _, c := range dir.Codes {
			names = names || c == d.Code
		}
		switch {
		case !names:
		case dir.Name == "disable-next-line" && line+1 == d.Range.Start.Line:
			return true
		case dir.Name == "disable-diagnostics" && line < d.Range.Start.Line:
			off = true
		case dir.Name == "restore-diagnostics" && line < d.Range.Start.Line:
			off = false
		}
	}
	return off
}
