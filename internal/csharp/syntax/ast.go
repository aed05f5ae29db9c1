package syntax

// Span is where a node stands: [Start, End) in the source.
type Span struct{ Start, End int }

// Pos is the span itself; nodes embed it.
func (s Span) Pos() Span { return s }

// Expr is an expression.
type Expr interface{ Pos() Span }

// Stmt is a statement.
type Stmt interface{ Pos() Span }

// Pattern stands after is and case.
type Pattern interface{ Pos() Span }

// LiteralKind says what a Literal is.
type LiteralKind uint8

// The kinds of literals.
const (
	NullLiteral LiteralKind = iota
	TrueLiteral
	FalseLiteral
	NumberLiteral
	CharLiteral
	StringLiteral
)

// The expressions.
type (
	// Literal has the digits of a number or the decoded text of a string or char.
	Literal struct {
		Span
		Kind LiteralKind
		Text string
	}
	// Interpolated is $"...".
	Interpolated struct {
		Span
		Parts []Piece
	}
	// Piece is text, or a hole with alignment and format.
	Piece struct {
		Text   string
		X      Expr
		Align  Expr
		Format string
	}
	// Name is a simple name, with type arguments after a generic method's.
	Name struct {
		Span
		Name string
		Args []*TypeRef
	}
	// Member is X.Name; in a conditional access X may be Bound.
	Member struct {
		Span
		X    Expr
		Name Name
	}
	// Conditional is X?.Then, where Then begins with Bound.
	Conditional struct {
		Span
		X    Expr
		Then Expr
	}
	// Bound stands for the receiver of the nearest Conditional.
	Bound struct{ Span }
	// Call is Fn(Args).
	Call struct {
		Span
		Fn   Expr
		Args []Arg
	}
	// Index is X[Args].
	Index struct {
		Span
		X    Expr
		Args []Arg
	}
	// Arg is an argument; Mode is "", "out" or "ref".
	Arg struct {
		Name *Name
		Mode string
		X    Expr
	}
	// Unary is a prefix operator, or a postfix one (++ and --).
	Unary struct {
		Span
		Op   string
		Post bool
		X    Expr
	}
	// Binary is an operator between two operands; && || ?? too.
	Binary struct {
		Span
		Op   string
		X, Y Expr
	}
	// Assign is X = Y or X op= Y.
	Assign struct {
		Span
		Op   string
		X, Y Expr
	}
	// Ternary is C ? X : Y.
	Ternary struct {
		Span
		C, X, Y Expr
	}
	// Cast is (T)X.
	Cast struct {
		Span
		Type *TypeRef
		X    Expr
	}
	// Is is X is Pattern; As is X as T.
	Is struct {
		Span
		X       Expr
		Pattern Pattern
	}
	// As is X as T.
	As struct {
		Span
		X    Expr
		Type *TypeRef
	}
	// Lambda has either an expression or a block as its body.
	Lambda struct {
		Span
		Params []Parameter
		// AnyParams is delegate { ... }: it takes whatever parameters the delegate has.
		AnyParams bool
		X         Expr
		Block     *Block
	}
	// Parameter of a lambda or a local function; Type may be nil. Local functions alone have
	// a Mode ("out", "ref", "params" or "") and a Default.
	Parameter struct {
		Name    Name
		Type    *TypeRef
		Mode    string
		Default Expr
	}
	// New is new T(args) { ... }.
	New struct {
		Span
		Type *TypeRef
		Args []Arg
		Init *Initializer
	}
	// NewArray is new T[n] { ... }; Elem is nil for new[] { ... }.
	NewArray struct {
		Span
		Elem  *TypeRef
		Sizes []Expr
		Init  *Initializer
	}
	// NewAnonymous is new { A = 1, x.B }.
	NewAnonymous struct {
		Span
		Names  []Name // "" where the name comes from the value
		Values []Expr
	}
	// Initializer is { a, b }, { A = 1 } or { ["k"] = v } after new.
	Initializer struct {
		Span
		Items []InitItem
	}
	// InitItem is one entry: an element (Values), a member (Name) or an index (Index).
	InitItem struct {
		Span
		Name   *Name
		Index  []Arg
		Values []Expr       // the element; several for { k, v }
		Value  Expr         // of a member or index; nil with Nested
		Nested *Initializer // A = { ... }
	}
	// TypeOf is typeof(T).
	TypeOf struct {
		Span
		Type *TypeRef
	}
	// Default is default(T) or default.
	Default struct {
		Span
		Type *TypeRef
	}
	// NameOf is nameof(X).
	NameOf struct {
		Span
		X Expr
	}
	// Tuple is (a, b: 2).
	Tuple struct {
		Span
		Names []string
		Items []Expr
	}
	// Declaration is out var x, or var (a, b) to the left of =.
	Declaration struct {
		Span
		Type *TypeRef
		Name Name
	}
	// TypeExpr is a type where an expression stands: int in int.Parse.
	TypeExpr struct {
		Span
		Type *TypeRef
	}
	// Throw is the throw expression.
	ThrowExpr struct {
		Span
		X Expr
	}
	// Checked is checked(X) or unchecked(X).
	Checked struct {
		Span
		On bool
		X  Expr
	}
	// Paren keeps (x) apart, since (x) is no name.
	Paren struct {
		Span
		X Expr
	}
	// Bad stands for what could not be read.
	Bad struct{ Span }
)

// TypeRef is a type as written.
type TypeRef struct {
	Span
	Name     string // dotted
	Args     []*TypeRef
	Tuple    []*TypeRef
	Labels   []string
	Suffixes []string // "?", "[]", "[,]" from the inside out
}

// IsVar reports whether t is var.
func (t *TypeRef) IsVar() bool {
	return t.Name == "var" && len(t.Args) == 0 && len(t.Suffixes) == 0 && t.Tuple == nil
}

// The patterns.
type (
	// ConstantPattern is a value, or a type name where that is meant.
	ConstantPattern struct {
		Span
		X Expr
	}
	// TypePattern is T x, T _ or just T; Name is nil without a variable.
	TypePattern struct {
		Span
		Type *TypeRef
		Name *Name
	}
)

// The statements.
type (
	// Block is { ... }.
	Block struct {
		Span
		List []Stmt
	}
	// Local declares variables; Type is var or a type.
	Local struct {
		Span
		Const bool
		Type  *TypeRef
		Vars  []Variable
	}
	// LocalFunction is a function inside of statements; all parameters have types.
	LocalFunction struct {
		Span
		Result     *TypeRef
		Name       Name
		TypeParams []Name
		Body       *Lambda
	}
	// Variable is one declarator; Value may be nil.
	Variable struct {
		Name  Name
		Value Expr
	}
	// ExprStmt is an expression followed by a semicolon.
	ExprStmt struct {
		Span
		X Expr
	}
	// If may have no Else.
	If struct {
		Span
		Cond Expr
		Then Stmt
		Else Stmt
	}
	// For is for (Init; Cond; Post) Body.
	For struct {
		Span
		Init []Stmt
		Cond Expr
		Post []Expr
		Body Stmt
	}
	// ForEach is foreach (Type Name in X) Body, or foreach (var (a, b) in X) with Parts.
	ForEach struct {
		Span
		Type  *TypeRef
		Name  Name
		Parts Expr // a Call of var, or a Tuple of declarations
		X     Expr
		Body  Stmt
	}
	// While is while and do ... while.
	While struct {
		Span
		Do   bool
		Cond Expr
		Body Stmt
	}
	// Switch is the switch statement.
	Switch struct {
		Span
		X        Expr
		Sections []Section
	}
	// Section is the labels and statements of one case.
	Section struct {
		Span
		Labels []Label
		List   []Stmt
	}
	// Label is case P when W, or default (P nil).
	Label struct {
		Span
		Pattern Pattern
		When    Expr
	}
	// Try is try/catch/finally.
	Try struct {
		Span
		Body    *Block
		Catches []Catch
		Finally *Block
	}
	// Catch may have no type, no name and no filter.
	Catch struct {
		Span
		Type   *TypeRef
		Name   *Name
		Filter Expr
		Body   *Block
	}
	// Throw may have no expression inside of catch.
	Throw struct {
		Span
		X Expr
	}
	// Return may have no expression.
	Return struct {
		Span
		X Expr
	}
	// Using has a declaration or an expression.
	Using struct {
		Span
		Decl *Local
		X    Expr
		Body Stmt
	}
	// Break and Continue leave or repeat a loop.
	Break struct{ Span }
	// Continue goes to the loop's next round.
	Continue struct{ Span }
	// Empty is a lone semicolon.
	Empty struct{ Span }
	// CheckedBlock is checked { } or unchecked { }.
	CheckedBlock struct {
		Span
		On   bool
		Body *Block
	}
)
