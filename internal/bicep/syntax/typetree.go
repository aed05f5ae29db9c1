package syntax

// TypeExpr is a type as written.
type TypeExpr interface{ Node }

// The type expressions.
type (
	// TypeName is a name: an ambient type or a type symbol.
	TypeName struct{ Name Ident }
	// TypeMember is t.name.
	TypeMember struct {
		Span
		Base TypeExpr
		Name Ident
	}
	// TypeIndex is t[0]. Wrong is set instead when no integer is in the brackets.
	TypeIndex struct {
		Span
		Base  TypeExpr
		Index uint64
		Wrong Expr
	}
	// TypeItems is t[*].
	TypeItems struct {
		Span
		Base TypeExpr
	}
	// TypeAdditional is t.*.
	TypeAdditional struct {
		Span
		Base TypeExpr
	}
	// TypeLiteral is a string, integer, boolean or null literal as a type; Value is
	// a *StringLit, *IntLit, *BoolLit, *NullLit, or *Unary over one.
	TypeLiteral struct {
		Span
		Value Expr
	}
	// TypeObject is {...}.
	TypeObject struct {
		Span
		Props      []*TypeProp
		Additional *TypeProp // nil when absent
	}
	// TypeTuple is [...].
	TypeTuple struct {
		Span
		Items []*TypeProp
	}
	// TypeArray is t[].
	TypeArray struct {
		Span
		Item TypeExpr
	}
	// TypeUnion is a | b.
	TypeUnion struct {
		Span
		Members []TypeExpr
	}
	// TypeNullable is t?.
	TypeNullable struct {
		Span
		Base TypeExpr
	}
	// TypeNonNull is t!.
	TypeNonNull struct {
		Span
		Base TypeExpr
	}
	// TypeParen is (t).
	TypeParen struct {
		Span
		X TypeExpr
	}
	// TypeGeneric is name<args>.
	TypeGeneric struct {
		Span
		Name Ident
		Args []TypeExpr
	}
	// TypeResource is resource 'type@version'.
	TypeResource struct {
		Span
		Type *StringLit
	}
	// BadType is where no type could be read.
	BadType struct{ Span }
)

// At is the span of the name.
func (t *TypeName) At() Span { return t.Name.Span }

// TypeProp is a member of an object type or an item of a tuple type.
type TypeProp struct {
	Span
	Decorators
	Name  Ident
	Value TypeExpr
}
