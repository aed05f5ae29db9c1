package syntax

import (
	"gatehouse/internal/diag"
)

// Node is any part of the tree.
type Node interface{ At() Span }

// Ident is a name. Name is empty when it was missing or malformed.
type Ident struct {
	Span
	Name string
}

// File is a parsed file.
type File struct {
	Source     *diag.Source
	Decls      []Decl
	Directives []Directive
	// For tools that print source: all tokens, the comments and directives between
	// them, and how the tokens were taken at the top of the file.
	Tokens   []Token
	Comments []Span
	Pieces   []Piece
}

// Piece is a run of tokens, up to End without it.
type Piece struct {
	Kind       PieceKind
	First, End int
}

// PieceKind says what a run of tokens was taken as.
type PieceKind uint8

// The kinds of pieces.
const (
	Declared   PieceKind = iota // a declaration
	Decorating                  // decorators without a declaration
	Ending                      // a run of line ends
	Skipped                     // nothing that was expected
)

// Expr is an expression.
type Expr interface{ Node }

// The expressions.
type (
	// StringLit is a string; with Exprs, it has one more segment than expressions.
	StringLit struct {
		Span
		Segments []string
		Exprs    []Expr
	}
	// IntLit is an integer literal without its sign.
	IntLit struct {
		Span
		Value uint64
	}
	// BoolLit is true or false.
	BoolLit struct {
		Span
		Value bool
	}
	// NullLit is null.
	NullLit struct{ Span }
	// Variable is a name used as a value.
	Variable struct{ Name Ident }
	// Call is f(...).
	Call struct {
		Span
		Name   Ident
		Args   []Expr
		Closed bool // has its closing bracket
	}
	// MethodCall is x.f(...).
	MethodCall struct {
		Span
		Base   Expr
		Name   Ident
		Args   []Expr
		Closed bool
	}
	// Property is x.name, or x.?name when Safe.
	Property struct {
		Span
		Base Expr
		Name Ident
		Safe bool
	}
	// Index is x[i], x[?i] when Safe, x[^i] when FromEnd.
	Index struct {
		Span
		Base, Index   Expr
		Safe, FromEnd bool
	}
	// ResourceAccess is x::name.
	ResourceAccess struct {
		Span
		Base Expr
		Name Ident
	}
	// Unary is !x, -x or +x.
	Unary struct {
		Span
		Op Kind
		X  Expr
	}
	// Binary is x op y.
	Binary struct {
		Span
		Op   Kind
		X, Y Expr
	}
	// Ternary is c ? x : y.
	Ternary struct {
		Span
		Cond, Then, Else Expr
	}
	// Paren is (x).
	Paren struct {
		Span
		X Expr
	}
	// NonNull is x!.
	NonNull struct {
		Span
		X Expr
	}
	// Object is {...}.
	Object struct {
		Span
		Items []ObjectItem
	}
	// Array is [...].
	Array struct {
		Span
		Items []ArrayItem
	}
	// Lambda is (a, b) => x; Types and Return are set in a func declaration.
	Lambda struct {
		Span
		Params []Ident
		Types  []TypeExpr
		Return TypeExpr
		Body   Expr
	}
	// For is [for item in x: body].
	For struct {
		Span
		Keyword Span // the word for
		Item    Ident
		Index   *Ident
		In      Expr
		Body    Expr
	}
	// If is the `if (c) {...}` of a resource or module.
	If struct {
		Span
		Cond   Expr
		CondAt Span // with its parentheses
		Body   Expr
	}
	// Bad is where no expression could be read; a diagnostic says why.
	Bad struct{ Span }
)

// At is the span of the name.
func (v *Variable) At() Span { return v.Name.Span }

// ArrayItem is an element, or ...x when Spread.
type ArrayItem struct {
	Value  Expr
	Spread bool
}

// ObjectItem is one member of an object: exactly one of Value, Spread, Resource and
// Missing is set.
type ObjectItem struct {
	Span
	Key      *StringLit // the key, whether written bare or quoted
	Bare     bool       // written without quotes
	Value    Expr
	Spread   Expr
	Resource *ResourceDecl
	Missing  *MissingDecl // decorators that no resource follows
}

// Name returns the key when it has no interpolation.
func (i *ObjectItem) Name() (string, bool) {
	if i.Key == nil || len(i.Key.Exprs) > 0 {
		return "", false
	}
	return i.Key.Segments[0], true
}

// Text returns the value of a string without interpolation.
func (s *StringLit) Text() (string, bool) {
	if s == nil || len(s.Exprs) > 0 {
		return "", false
	}
	return s.Segments[0], true
}

// Get returns the property of that name, or nil.
func (o *Object) Get(name string) *ObjectItem {
	if o == nil {
		return nil
	}
	for i := range o.Items {
		if n, ok := o.Items[i].Name(); ok && n == name {
			return &o.Items[i]
		}
	}
	return nil
}

// Value returns the value of the property of that name, or nil.
func (o *Object) Value(name string) Expr {
	if i := o.Get(name); i != nil {
		return i.Value
	}
	return nil
}

// Decorator is @expr; its expression is a *Call or *MethodCall unless malformed.
type Decorator struct {
	Span
	Expr Expr
}

// Parts returns namespace, name and arguments of a well-formed decorator.
func (d *Decorator) Parts() (namespace, name string, args []Expr, ok bool) {
	switch e := d.Expr.(type) {
	case *Call:
		return "", e.Name.Name, e.Args, true
	case *MethodCall:
		if v, isVar := e.Base.(*Variable); isVar {
			return v.Name.Name, e.Name.Name, e.Args, true
		}
	}
	return "", "", nil, false
}

// Decl is a declaration.
type Decl interface {
	Node
	Decorated() []*Decorator
}

// Decorators are those in front of a declaration.
type Decorators []*Decorator

// Decorated returns them.
func (d Decorators) Decorated() []*Decorator { return d }

// The declarations.
type (
	// MissingDecl stands for a declaration that its decorators lack.
	MissingDecl struct {
		Span
		Decorators
	}
	// TargetScopeDecl is targetScope = 'x'.
	TargetScopeDecl struct {
		Span
		Decorators
		Value Expr
	}
	// MetadataDecl is metadata name = x.
	MetadataDecl struct {
		Span
		Decorators
		Name  Ident
		Value Expr
	}
	// ParamDecl is param name type = default. In a .bicepparam file it has no Type.
	ParamDecl struct {
		Span
		Decorators
		Name    Ident
		Type    TypeExpr
		Default Expr // nil when absent
	}
	// VarDecl is var name type = x.
	VarDecl struct {
		Span
		Decorators
		Name  Ident
		Type  TypeExpr // nil when absent
		Value Expr
	}
	// OutputDecl is output name type = x.
	OutputDecl struct {
		Span
		Decorators
		Name  Ident
		Type  TypeExpr
		Value Expr
	}
	// ResourceDecl is resource name 'type' [existing] = body.
	ResourceDecl struct {
		Span
		Decorators
		Name     Ident
		Type     *StringLit // nil when missing; TypeAt is where it was wanted
		TypeAt   Span
		Existing bool
		Value    Expr // *Object, *If, *For or *Bad
		Parent   *ResourceDecl
	}
	// ModuleDecl is module name 'path' = body.
	ModuleDecl struct {
		Span
		Decorators
		Name   Ident
		Path   *StringLit // nil when missing; PathAt is where it was wanted
		PathAt Span
		Value  Expr
	}
	// TestDecl is test name 'path' = {...}, of the experimental test framework.
	TestDecl struct {
		Span
		Decorators
		Name   Ident
		Path   *StringLit // nil when missing; PathAt is where it was wanted
		PathAt Span
		Value  Expr
	}
	// TypeDecl is type name = t.
	TypeDecl struct {
		Span
		Decorators
		Name  Ident
		Value TypeExpr
	}
	// FuncDecl is func name(a t) t => x.
	FuncDecl struct {
		Span
		Decorators
		Name   Ident
		Lambda *Lambda
	}
	// AssertDecl is assert name = x.
	AssertDecl struct {
		Span
		Decorators
		Name  Ident
		Value Expr
	}
	// ImportDecl is import {a as b} from 'path', or import * as ns from 'path'.
	ImportDecl struct {
		Span
		Decorators
		Wildcard *Ident
		Items    []ImportItem
		Path     *StringLit // nil when missing; PathAt is where it was wanted
		PathAt   Span
	}
	// ExtensionDecl is extension name with {...} as alias.
	ExtensionDecl struct {
		Span
		Decorators
		Name   Ident
		Spec   *StringLit
		Config Expr
		Alias  *Ident
	}
	// UsingDecl is using 'path' or using none.
	UsingDecl struct {
		Span
		Decorators
		Keyword Span // the word using
		Path    *StringLit
		None    bool
		With    Expr // of the experimental with clause; nil when absent
	}
	// ExtensionConfigDecl is extensionConfig alias with {...}.
	ExtensionConfigDecl struct {
		Span
		Decorators
		Name   Ident
		Config Expr
	}
	// ExtendsDecl is extends 'path'.
	ExtendsDecl struct {
		Span
		Decorators
		Keyword Span // the word extends
		Path    *StringLit
	}
)

// ImportItem is one name of an import list.
type ImportItem struct {
	Span
	Name  string
	Alias *Ident
}

// Local is the name under which the item is known.
func (i *ImportItem) Local() string {
	if i.Alias != nil {
		return i.Alias.Name
	}
	return i.Name
}

// Body takes a resource's or module's value apart: loop, condition and object,
// each nil when absent. Several conditions cannot occur.
func Body(value Expr) (loop *For, cond *If, body *Object) {
	if p, ok := value.(*For); ok {
		loop, value = p, p.Body
	}
	if p, ok := value.(*If); ok {
		cond, value = p, p.Body
	}
	body, _ = value.(*Object)
	return loop, cond, body
}
