package syntax

// Span is a range of bytes in the source text, without End.
type Span struct{ Start, End int }

// At returns the span itself; embedding Span makes a struct a Node.
func (s Span) At() Span { return s }

// Kind says what a Token is.
type Kind uint8

// The kinds of tokens. Keywords are identifiers: Bicep's keywords are contextual.
const (
	EOF Kind = iota
	NewLine
	Identifier
	Integer
	StringComplete // 'abc', or a whole multi-line string
	StringLeft     // 'abc${
	StringMiddle   // }abc${
	StringRight    // }abc'
	Unknown
	LBrace
	RBrace
	LParen
	RParen
	LSquare
	RSquare
	At
	Comma
	Dot
	Question
	Colon
	DoubleColon
	Semicolon
	Assign
	Plus
	Minus
	Star
	Slash
	Percent
	Not
	Less
	Greater
	LessEq
	GreaterEq
	Equals
	NotEquals
	EqualsFold    // =~
	NotEqualsFold // !~
	AndAnd
	OrOr
	Pipe
	Coalesce
	Arrow
	Ellipsis
	Hat
)

// Token is one lexical element. Text is the source text; Value is what a string
// token stands for, its escapes resolved.
type Token struct {
	Kind Kind
	Span
	Text  string
	Value string

	// Malformed is set for a piece of a string that is not terminated or has a bad escape.
	Malformed bool
}

// Directive is a `#disable-...` line or `#restore-diagnostics`.
type Directive struct {
	Span
	Name  string   // disable-next-line, disable-diagnostics, restore-diagnostics
	Codes []string // the codes that it names
}
