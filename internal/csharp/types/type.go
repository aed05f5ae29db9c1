package types

import "strings"

// Kind says what sort of type a Type is. The numeric kinds stand in C#'s order of promotion.
type Kind uint8

// The kinds.
const (
	KindError Kind = iota // an error was reported already: converts to and from everything
	KindVoid
	KindNull // the type of the literal null
	KindBool
	KindChar
	KindSByte
	KindByte
	KindInt16
	KindUInt16
	KindInt32
	KindUInt32
	KindInt64
	KindUInt64
	KindSingle
	KindDouble
	KindDecimal
	KindString
	KindObject
	KindEnum
	KindStruct
	KindClass
	KindInterface
	KindDelegate
	KindArray
	KindNullable
	KindParam // a type parameter
	KindTuple
	KindAnonymous
)

// Type identifies a .NET type. It never changes; what members it has is in a Registry.
// Types are equal exactly when their pointers are.
type Type struct {
	Kind    Kind
	Name    string             // as C#'s messages write it: int, string[], List<int>
	Full    string             // as .NET writes it: System.Int32
	Params  []*Type            // of a generic definition
	Def     *Type              // the definition that Args were put into; nil without
	Args    []*Type            // also the elements of a tuple or of an anonymous type
	Labels  []string           // the names of those elements
	Elem    *Type              // of an array, of Nullable<T>, below an enum
	Co      []bool             // which Params are covariant
	Contra  []bool             // which are contravariant
	Static  bool               // a static class
	Default func() Value       // default(T) of structs that are objects here; nil: bits of zero
	Is      func(ref any) bool // the run-time test of types whose objects a host makes; nil: by DotNetType
}

func primitive(k Kind, name, full string) *Type { return &Type{Kind: k, Name: name, Full: full} }

// The types that the language itself knows.
var (
	Error   = primitive(KindError, "?", "?")
	Void    = primitive(KindVoid, "void", "System.Void")
	NullT   = primitive(KindNull, "<null>", "<null>")
	Boolean = primitive(KindBool, "bool", "System.Boolean")
	CharT   = primitive(KindChar, "char", "System.Char")
	SByte   = primitive(KindSByte, "sbyte", "System.SByte")
	Byte    = primitive(KindByte, "byte", "System.Byte")
	Int16   = primitive(KindInt16, "short", "System.Int16")
	UInt16  = primitive(KindUInt16, "ushort", "System.UInt16")
	Int32   = primitive(KindInt32, "int", "System.Int32")
	UInt32  = primitive(KindUInt32, "uint", "System.UInt32")
	Int64   = primitive(KindInt64, "long", "System.Int64")
	UInt64  = primitive(KindUInt64, "ulong", "System.UInt64")
	SingleT = primitive(KindSingle, "float", "System.Single")
	DoubleT = primitive(KindDouble, "double", "System.Double")
	Decimal = &Type{Kind: KindDecimal, Name: "decimal", Full: "System.Decimal", Default: func() Value { return Dec(decimalZero) }}
	String  = primitive(KindString, "string", "System.String")
	ObjectT = primitive(KindObject, "object", "System.Object")
	// EnumerableT is IEnumerable<T>, which foreach, arrays and strings need.
	EnumerableT = NewGeneric(KindInterface, "System.Collections.Generic.IEnumerable<out T>")
	NullableT   = NewGeneric(KindStruct, "System.Nullable<T>")
	ExceptionT  = New(KindClass, "System.Exception")
	DisposableT = New(KindInterface, "System.IDisposable")
	TypeT       = New(KindClass, "System.Type")
	ArrayT      = New(KindClass, "System.Array")
)

// Keywords are the types that C# has a keyword for.
func Keywords() []*Type {
	return []*Type{Void, Boolean, CharT, SByte, Byte, Int16, UInt16, Int32, UInt32, Int64, UInt64, SingleT, DoubleT, Decimal, String, ObjectT}
}

// New makes the identity of a type that is not generic, from its full name.
func New(k Kind, full string) *Type {
	return &Type{Kind: k, Name: full[strings.LastIndexByte(full, '.')+1:], Full: full}
}

// NewGeneric makes a generic definition: "System.Collections.Generic.IEnumerable<out T>".
func NewGeneric(k Kind, full string) *Type {
	head, list, _ := strings.Cut(strings.TrimSuffix(full, ">"), "<")
	t := New(k, head)
	for p := range strings.SplitSeq(list, ",") {
		p = strings.TrimSpace(p)
		name, co := strings.CutPrefix(p, "out ")
		name, contra := strings.CutPrefix(name, "in ")
		t.Params = append(t.Params, &Type{Kind: KindParam, Name: name, Full: name})
		t.Co, t.Contra = append(t.Co, co), append(t.Contra, contra)
	}
	return t
}

// IsValueType reports whether t has no null.
func (t *Type) IsValueType() bool {
	switch t.Kind {
	case KindBool, KindChar, KindEnum, KindStruct, KindTuple:
		return true
	}
	return t.IsNumeric()
}

// IsNumeric reports whether t is a number (char is not).
func (t *Type) IsNumeric() bool { return t.Kind >= KindSByte && t.Kind <= KindDecimal }

// IsIntegral reports whether t is a whole number or char.
func (t *Type) IsIntegral() bool { return t.Kind >= KindChar && t.Kind <= KindUInt64 }

// IsRef reports whether t's values may be null without being Nullable<T>.
func (t *Type) IsRef() bool {
	switch t.Kind {
	case KindString, KindObject, KindClass, KindInterface, KindDelegate, KindArray, KindAnonymous, KindNull:
		return true
	}
	return false
}

// CanBeNull reports whether null is one of t's values.
func (t *Type) CanBeNull() bool { return t.IsRef() || t.Kind == KindNullable || t.Kind == KindError }

// Underlying is the type below Nullable<T>, else t.
func (t *Type) Underlying() *Type {
	if t.Kind == KindNullable {
		return t.Elem
	}
	return t
}

// IsGenericOf reports whether t is def with arguments.
func (t *Type) IsGenericOf(def *Type) bool { return t.Def == def && def != nil }

func (t *Type) String() string { return t.Name }

// Zero is default(t).
func (t *Type) Zero() Value {
	if t.CanBeNull() || t.Kind == KindVoid || t.Kind == KindParam {
		return Null
	}
	if t.Default != nil {
		return t.Default()
	}
	if t.Kind == KindTuple {
		items := make([]Value, len(t.Args))
		for i, a := range t.Args {
			items[i] = a.Zero()
		}
		return Ref(&Tuple{Type: t, Items: items})
	}
	return Of(t, 0)
}
