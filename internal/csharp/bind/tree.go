package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// Expr is a typed expression.
type Expr interface{ Type() *types.Type }

// typed gives a node its type.
type typed struct{ T *types.Type }

// Type is the expression's static type.
func (t typed) Type() *types.Type { return t.T }

// Variable is a local, a parameter or a temporary.
type Variable struct {
	Name     string
	Type     *types.Type
	Slot     int       // its place in the frame of Owner
	Owner    *Function // where it is declared
	Shared   bool      // local functions may use it: its cell is made once
	Captured bool      // a lambda uses it: it lives in a cell
	Const    *types.Value
	ReadOnly string // why it can't be assigned: "foreach iteration variable"
	Start    int    // where it is declared
	Param    bool
	Out, Ref bool     // a parameter whose value goes back to the caller
	routine  *routine // a local function
}

// Function is the whole expression, or a lambda.
type Function struct {
	Parent *Function
	Slots  int // size of its frame
	Params []*Variable
	X      Expr   // the body: an expression
	Block  *Block // or a block
	Result *types.Type
}

// slot reserves room in the frame.
func (f *Function) slot() int { f.Slots++; return f.Slots - 1 }

// ConvertKind says how a conversion works at run time.
type ConvertKind uint8

// The kinds of conversions; those that change nothing at run time are made without a node of their own.
const (
	Same            ConvertKind = iota // only the static type changes
	Numeric                            // between numbers, chars and enums
	Downcast                           // checked by the run-time type
	FromNullable                       // T? to T: InvalidOperationException for null
	NullableNumeric                    // T? to U?
)

// The expressions.
type (
	// Const is a value known when compiling.
	Const struct {
		typed
		Value types.Value
	}
	// Local reads a variable.
	Local struct {
		typed
		Var *Variable
		At  syntax.Span
	}
	// Host is the context object.
	Host struct{ typed }
	// Call calls a member of the library. Recv is nil for static ones. Args whose place is
	// in Outs are written back.
	Call struct {
		typed
		Member *types.Member
		Recv   Expr
		Args   []Expr
		Outs   []int // indexes into Args that are out or ref
		Site   *types.Site
	}
	// Invoke calls a delegate.
	Invoke struct {
		typed
		Fn   Expr
		Args []Expr
		Outs []int // as of Call: local functions alone have out and ref
	}
	// Convert changes a value's type.
	Convert struct {
		typed
		Kind    ConvertKind
		X       Expr
		Checked bool
	}
	// Unary is + - ! ~ on a built-in type.
	Unary struct {
		typed
		Op string
		X  Expr
		// Lifted: X may be null, and then so is the result.
		Lifted, Checked bool
	}
	// Binary is an operator on built-in types; both operands have type Operand (or its nullable form).
	Binary struct {
		typed
		Op              string
		X, Y            Expr
		Operand         *types.Type
		Lifted, Checked bool
	}
	// LiftedCall calls a user-defined operator unless an operand is null.
	LiftedCall struct {
		typed
		Call    *Call
		Compare bool // the result is bool: false for null
	}
	// Logic is && and ||.
	Logic struct {
		typed
		And  bool
		X, Y Expr
	}
	// Coalesce is ??.
	Coalesce struct {
		typed
		X, Y Expr
	}
	// Ternary is ?:.
	Ternary struct {
		typed
		C, X, Y Expr
	}
	// Concat is string concatenation.
	Concat struct {
		typed
		Parts []Expr
	}
	// Interpolate is $"...".
	Interpolate struct {
		typed
		Parts []Piece
	}
	// Piece is text or a hole.
	Piece struct {
		Text   string
		X      Expr
		Align  int
		Format string
	}
	// Assign stores Value in Target and is that value.
	Assign struct {
		typed
		Target Target
		Value  Expr
	}
	// Modify is op=, ++ and --: the old value is put in Old, New computes the one to store.
	Modify struct {
		typed
		Target Target
		Old    *Variable
		New    Expr
		Post   bool // the result is the old value
	}
	// Element is an array's element.
	Element struct {
		typed
		X, Index Expr
	}
	// Is tests a value against a pattern.
	Is struct {
		typed
		X       Expr
		Pattern Pattern
	}
	// As converts by the run-time type, to null when that is another.
	As struct {
		typed
		X Expr
	}
	// Lambda makes a delegate.
	Lambda struct {
		typed
		Fn *Function
	}
	// NewArray has a size or items.
	NewArray struct {
		typed
		Size  Expr
		Items []Expr
	}
	// NewTuple makes a value tuple or an object of an anonymous type.
	NewTuple struct {
		typed
		Items []Expr
	}
	// Item is a tuple's element.
	Item struct {
		typed
		X     Expr
		Index int
	}
	// Sequence stores Value in Var, runs Ops and is Var's value: initialisers.
	Sequence struct {
		typed
		Var   *Variable
		Value Expr
		Ops   []Expr
		First *Declare // what is done before Value; nil: nothing
	}
	// Out is an out or ref argument: the call stores into Target.
	Out struct {
		typed
		Target Target
		Ref    bool
	}
	// Access is X?.Then: Var has X in Then.
	Access struct {
		typed
		X    Expr
		Var  *Variable
		Then Expr
	}
	// Throw raises an exception.
	Throw struct {
		typed
		X Expr
	}
	// Deconstruct is (a, b) = tuple.
	Deconstruct struct {
		typed
		X       Expr
		Targets []Target // nil where the element is discarded
		Convert []Expr   // the element's value for its target, over Vars
		Vars    []*Variable
	}
	// Group is a method group or a lambda that has no type yet.
	Group struct {
		typed
		group *group
	}
)

// Target is what may be assigned.
type Target struct {
	Var    *Variable     // a variable
	Member *types.Member // a property or indexer
	Site   *types.Site
	Recv   Expr   // of Member
	Args   []Expr // of an indexer
	Array  Expr   // an array
	Index  Expr
	Type   *types.Type
	Ignore bool // _
	New    bool // Var is declared here: anew each time
}

// Pattern is a test of a value.
type Pattern struct {
	Const *types.Value // equals
	Equal Expr         // compares Operand with a constant of other types
	Type  *types.Type  // is of that type
	Any   bool         // var x
	Var   *Variable
	Op    *Variable // holds the operand for Equal
}

// Stmt is a typed statement.
type Stmt interface{ stmt() }

type node struct{}

func (node) stmt() {}

// The statements.
type (
	// Block is a list of statements.
	Block struct {
		node
		List []Stmt
		End  int
	}
	// Declare makes a variable anew, with a value or without.
	Declare struct {
		node
		Var      *Variable
		Value    Expr
		Function bool // a local function, which may call itself
	}
	// Eval evaluates for the effect.
	Eval struct {
		node
		X Expr
	}
	// If may have no Else.
	If struct {
		node
		Cond       Expr
		Then, Else Stmt
	}
	// Loop is for, while and do.
	Loop struct {
		node
		Init  []Stmt
		Cond  Expr // nil: forever
		Post  []Expr
		Body  Stmt
		Do    bool
		Fresh []*Variable // unused by for: C# has one variable for all rounds
	}
	// ForEach walks X; Convert makes the loop variable of the element in Elem.
	ForEach struct {
		node
		Var     *Variable
		Elem    *Variable
		Convert Expr
		X       Expr
		Body    Stmt
	}
	// Switch has its operand in Var.
	Switch struct {
		node
		Var      *Variable
		X        Expr
		Sections []Section
		Table    map[types.Key]int // section by constant, when all labels are constants
		Default  int               // -1 without
		// Exhaustive: a case without a condition takes all that is left.
		Exhaustive bool
	}
	// Section is one group of labels.
	Section struct {
		Labels []Label
		Body   *Block
		At     syntax.Span // of its first label
	}
	// Label is a pattern with a filter.
	Label struct {
		Pattern Pattern
		When    Expr
		Default bool
	}
	// Try is try/catch/finally.
	Try struct {
		node
		Body    *Block
		Catches []Catch
		Finally *Block
	}
	// Catch handles exceptions of a type.
	Catch struct {
		Type   *types.Type // nil: all
		Var    *Variable
		Filter Expr
		Body   *Block
	}
	// Rethrow is throw; in a catch, whose exception is in Var.
	Rethrow struct{ node }
	// Return leaves the function.
	Return struct {
		node
		X  Expr
		at syntax.Span
	}
	// Using disposes of the variables' values at its end.
	Using struct {
		node
		Vars []Declare
		Body Stmt
	}
	// Break leaves a loop or switch.
	Break struct{ node }
	// Continue goes to the next round.
	Continue struct{ node }
)
