// Package sema gives meaning to a Bicep syntax tree: which declaration a name
// means, what the parent and scope of a resource are, what a resource depends on,
// which variables must be inlined, and everything that is wrong with it. It knows
// nothing of ARM JSON; package emit writes that from a Model, and an editor could
// use a Model as well.
//
// Start at Workspace.Load, which analyses a file and the files that it refers to.
package sema

import (
	"fmt"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

// Kind says what a Symbol is.
type Kind uint8

// The kinds of symbols.
const (
	Param Kind = iota
	Var
	ResourceKind
	ModuleKind
	Output
	TypeKind
	Func
	Metadata
	Assert
	Namespace     // az or sys
	Wildcard      // import * as x
	LoopItem      // for item in ...
	LoopIndex     // for (_, index) in ...
	LambdaVar     // item => ...
	FuncParam     // func f(x string) ...
	ExtensionKind // extension x
	Test          // test x, of the experimental test framework
	ConfigKind    // extensionConfig x, of a parameters file
	BaseParams    // base, of a parameters file that extends another
	Missing       // an import that its file does not export, which has been reported
)

// Symbol is something that a name can mean.
type Symbol struct {
	Kind  Kind
	Name  string
	Ident syntax.Ident
	Decl  syntax.Decl // nil for locals and namespaces
	Model *Model      // the file that declares it

	For       *syntax.For    // of loop variables
	Lambda    *syntax.Lambda // of a lambda's parameters, with their position
	Position  int
	Type      syntax.TypeExpr // of a function's parameter
	Resource  *Resource
	Module    *Module
	Import    *Import    // of an imported symbol or wildcard: where it comes from
	JSON      *JSONDecl  // of what an ARM template declares
	Extension *Extension // of an extension; nil when it could not be read
}

// Import says where an imported symbol comes from.
type Import struct {
	Decl   *syntax.ImportDecl
	Source *Model        // nil when it could not be read, or is an ARM template
	JSON   *JSONTemplate // an ARM template
	Path   string        // as written; of a registry, its full reference
	Target *Symbol       // nil for a wildcard
}

// Model is an analysed file.
type Model struct {
	File        *syntax.File
	Path        string
	TargetScope Scope
	Diags       diag.List

	Symbols    []*Symbol // declared at the file's level, in order
	Resources  []*Resource
	Modules    []*Module
	Imports    []*Import
	Extensions []*Extension      // declared in the file
	Using      *syntax.UsingDecl // of a parameter file
	UsingOf    *Model            // what it means, when it is a .bicep file
	UsingJSON  *JSONTemplate     // the same, when it is an ARM template
	Extends    *Model
	extending  bool // there is one extends declaration, readable or not
	tested     map[*syntax.TestDecl]*Model
	late       map[*Resource]bool
	leftOut    map[*Resource]bool
	lateNames  map[*Symbol][]string

	Names    map[string]*Symbol
	Uses     map[syntax.Expr]*Symbol      // *Variable, *ResourceAccess, *Call of a user function
	TypeUses map[*syntax.TypeName]*Symbol // nil entry for ambient types
	LoopName map[*syntax.For]string       // the name of a copy loop; absent for resource, module and output loops
	Inline   map[*Symbol]bool             // variables that can't be template variables
	cyclic   map[*Symbol]bool             // what needs itself, which has been reported
	Depends  map[*Symbol][]Dependency     // of resources, modules and variables

	types           map[syntax.Expr]*types.Type
	symbolTypes     map[*Symbol]*types.Type
	aliases         map[*Symbol]*types.Type
	lambdaTypes     map[*syntax.Lambda]*types.Type
	typeCycles      map[*Symbol]bool        // types that need themselves
	containerCycles map[*Symbol]bool        // types that need themselves in a member
	duplicated      map[*syntax.Object]bool // objects with members of the same name
	unresolved      map[syntax.Expr]bool    // calls of what is not a function
	syntaxErrors    diag.List
	artifacts       []diag.Range  // where registries are referred to
	badParents      []syntax.Expr // values of parent that name no resource
	inBranch        int           // how many ternaries are around what is inferred

	workspace *Workspace
}

// Resource is a declared resource.
type Resource struct {
	Symbol    *Symbol
	Decl      *syntax.ResourceDecl
	Type      ResourceType
	Extension *Extension // which has the type; nil for Azure
	Existing  bool
	Loop      *syntax.For
	Cond      *syntax.If
	Body      *syntax.Object
	Name      syntax.Expr // the name property
	Scope     ScopeData   // of the outermost ancestor
	typ       *types.Type

	Parent      *Resource
	Nested      bool        // declared inside Parent, which is then not nil
	ParentIndex syntax.Expr // of parent: x[i]
}

// SymbolicName is the key of the resource in a template with symbolic names.
func (r *Resource) SymbolicName() string {
	if r.Nested {
		return r.Parent.SymbolicName() + "::" + r.Symbol.Name
	}
	return r.Symbol.Name
}

// Collection reports whether the resource is declared with a loop, its own or
// that of a resource around it.
func (r *Resource) Collection() bool { return r.EffectiveLoop() != nil }

// EffectiveLoop is its own loop or that of a resource around it.
func (r *Resource) EffectiveLoop() *syntax.For {
	if r.Loop != nil || !r.Nested {
		return r.Loop
	}
	return r.Parent.EffectiveLoop()
}

// Ancestors are the parents, the outermost first.
func (r *Resource) Ancestors() []*Resource {
	var out []*Resource
	for p := r.Parent; p != nil; p = p.Parent {
		out = append([]*Resource{p}, out...)
	}
	return out
}

// Module is a declared module.
type Module struct {
	Symbol *Symbol
	Decl   *syntax.ModuleDecl
	Loop   *syntax.For
	Cond   *syntax.If
	Body   *syntax.Object
	Name   syntax.Expr // nil when left out
	Scope  ScopeData
	Source *Model        // a .bicep module
	JSON   *JSONTemplate // a .json module
	typ    *types.Type
}

// Dependency is an edge to a resource or module, perhaps through a loop index.
type Dependency struct {
	On    *Symbol
	Index syntax.Expr
	Weak  bool // only what is known before deployment is used
}

// Declared returns the symbols of one kind, in order.
func (m *Model) Declared(k Kind) []*Symbol {
	var out []*Symbol
	for _, s := range m.Symbols {
		if s.Kind == k {
			out = append(out, s)
		}
	}
	return out
}

func (m *Model) reportf(sev diag.Severity, code string, at syntax.Span, format string, args ...any) {
	m.report(sev, code, fmt.Sprintf(format, args...), at)
}

func (m *Model) report(sev diag.Severity, code, text string, at syntax.Span) {
	m.Diags = append(m.Diags, diag.Diagnostic{Severity: sev, Code: code, Message: text, File: m.File.Source.Name, Range: m.File.Source.Range(at.Start, at.End)})
}
