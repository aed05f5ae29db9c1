// Package types is the type algebra of Bicep: what kinds of values there are, how
// a type is written in a message, which values may stand where a type is wanted,
// and the signatures of the built-in functions. It knows no syntax and no
// diagnostics; package sema infers types of expressions and reports what does not
// fit. Start at Type, then Assignable and Functions.
//
// Facts: the names and rules are those of the official compiler's type system.
package types

import (
	"slices"
	"strconv"
	"strings"
)

// Kind says what a Type is.
type Kind uint8

// The kinds of types.
const (
	AnyKind   Kind = iota
	ErrorKind      // what is wrong has been reported
	NullKind
	StringKind // Text is set for a literal
	IntKind
	BoolKind
	ArrayKind // of Item
	TupleKind // of Items
	ObjectKind
	UnionKind
	TaggedKind // a union of objects, told apart by property Key
	LambdaKind
	ResourceKind
	ModuleKind
	NamespaceKind
	NeverKind
)

// Scope is a set of deployment scopes, for types that can stand for one.
type Scope uint8

// The scopes.
const (
	TenantScope Scope = 1 << iota
	ManagementGroupScope
	SubscriptionScope
	ResourceGroupScope
	ResourceScope
	ModuleScope
)

// Type is a type. Types are not changed once they are made.
type Type struct {
	Kind    Kind
	Name    string // of objects, resources and modules
	Literal bool   // of strings, integers and booleans: one value
	Text    string
	Int     int64
	Bool    bool

	Min, Max *int64 // of an integer's value, or the length of a string or array
	Pattern  string // a regular expression that a string matches; "": none
	Item     *Type
	Items    []*Type // of a tuple, of a union, of a tagged union

	Props      []*Prop
	Additional *Prop // nil: no others are allowed
	Key        string
	Scope      Scope

	Params, Optional []*Type // of a lambda
	Return           *Type
	Body             *Type // of a resource or module

	Loose  bool // a string, int or bool that may stand where a literal is wanted
	Secure bool
	Warn   bool // wrong properties are warnings, and a wrong value too unless Strict
	Strict bool
}

// Flags describe a property.
type Flags uint16

// The flags.
const (
	Required  Flags = 1 << iota
	ReadOnly        // can't be set
	WriteOnly       // can't be read
	Constant        // wants a compile-time constant
	NoAny           // values of type any are refused
	Fallback        // stands for properties that the type does not name
	NoImplicitNull
	ImplicitNull // null is as good as leaving it out
	System       // of every resource; what is wrong with it is an error
	Identifier   // tells resources of an extension apart
)

// Prop is a property of an object.
type Prop struct {
	Name  string
	Type  *Type
	Flags Flags
}

// The types without parts.
var (
	Any    = &Type{Kind: AnyKind}
	Error  = &Type{Kind: ErrorKind}
	Null   = &Type{Kind: NullKind}
	Never  = &Type{Kind: NeverKind}
	String = &Type{Kind: StringKind}
	Int    = &Type{Kind: IntKind}
	Bool   = &Type{Kind: BoolKind}
	True   = &Type{Kind: BoolKind, Literal: true, Bool: true}
	False  = &Type{Kind: BoolKind, Literal: true}
	Object = &Type{Kind: ObjectKind, Name: "object", Additional: &Prop{Type: Any}}
	Array  = &Type{Kind: ArrayKind, Item: Any}

	SecureString = &Type{Kind: StringKind, Secure: true}
	LooseString  = &Type{Kind: StringKind, Loose: true}
	LooseInt     = &Type{Kind: IntKind, Loose: true}
	LooseBool    = &Type{Kind: BoolKind, Loose: true}
)

// Text makes the type of one string.
func Text(s string) *Type { return &Type{Kind: StringKind, Literal: true, Text: s} }

// Integer makes the type of one integer.
func Integer(n int64) *Type { return &Type{Kind: IntKind, Literal: true, Int: n} }

// ArrayOf makes an array type.
func ArrayOf(item *Type) *Type { return &Type{Kind: ArrayKind, Item: item} }

// Tuple makes the type of an array whose items are known.
func Tuple(items ...*Type) *Type { return &Type{Kind: TupleKind, Items: items} }

// Struct makes an object type that has just these properties.
func Struct(name string, props ...*Prop) *Type {
	return &Type{Kind: ObjectKind, Name: name, Props: props}
}

// P makes an optional property.
func P(name string, t *Type) *Prop { return &Prop{Name: name, Type: t} }

// Lambda makes the type of a lambda.
func Lambda(result *Type, params ...*Type) *Type {
	return &Type{Kind: LambdaKind, Params: params, Return: result}
}

// Base is the name of the type of the language that t belongs to, or any.
func (t *Type) Base() string {
	switch {
	case t.IsArray():
		return "array"
	case t.Kind == ObjectKind, t.Kind == TaggedKind:
		return "object"
	case t.Kind == ResourceKind:
		return "resource"
	case t.Kind == ModuleKind:
		return "module"
	}
	if w := t.Widen(); w != nil {
		return w.String()
	}
	return "any"
}

// WarnsOfValue reports whether a wrong value where t is wanted is a warning only.
func (t *Type) WarnsOfValue() bool {
	if t.Kind == UnionKind {
		return slices.ContainsFunc(t.Items, (*Type).WarnsOfValue)
	}
	return t.Warn && !t.Strict
}

// IsArray reports whether t is an array or tuple.
func (t *Type) IsArray() bool { return t.Kind == ArrayKind || t.Kind == TupleKind }

// IsError reports whether t is, or contains as its value, an error.
func (t *Type) IsError() bool { return t == nil || t.Kind == ErrorKind }

// ItemType is the type of an array's items.
func (t *Type) ItemType() *Type {
	if t.Kind == TupleKind {
		if len(t.Items) == 0 {
			return Any
		}
		return Union(t.Items...)
	}
	return t.Item
}

// Prop finds a property by name.
func (t *Type) Prop(name string) *Prop {
	for _, p := range t.Props {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// String writes the type as messages have it.
func (t *Type) String() string {
	if t == nil {
		return "error"
	}
	switch t.Kind {
	case AnyKind:
		return "any"
	case ErrorKind:
		return "error"
	case NullKind:
		return "null"
	case NeverKind:
		return "never"
	case StringKind:
		if t.Literal {
			return quote(t.Text)
		}
		return "string"
	case IntKind:
		if t.Literal {
			return strconv.FormatInt(t.Int, 10)
		}
		return "int"
	case BoolKind:
		if t.Literal {
			return strconv.FormatBool(t.Bool)
		}
		return "bool"
	case ArrayKind:
		if t.Item.Kind == AnyKind {
			return "array"
		}
		return t.Item.inner() + "[]"
	case TupleKind:
		if len(t.Items) == 0 {
			return "<empty array>"
		}
		return "[" + join(t.Items, ", ", (*Type).String) + "]"
	case UnionKind:
		if t.Name != "" {
			return "module[] | (resource | module) | resource[]"
		}
		return join(t.Items, " | ", (*Type).inner)
	case TaggedKind:
		if t.Name != "" {
			return t.Name
		}
		return join(t.Items, " | ", (*Type).inner)
	case LambdaKind:
		return t.lambda()
	}
	return t.Name
}

var quoter = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", `\${`)

func quote(s string) string { return "'" + quoter.Replace(s) + "'" }

func join(ts []*Type, sep string, text func(*Type) string) string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = text(t)
	}
	return strings.Join(out, sep)
}

// inner is String for a part of another type.
func (t *Type) inner() string {
	if t.Kind == UnionKind || t.Kind == LambdaKind || t.Kind == TaggedKind && t.Name == "" {
		return "(" + t.String() + ")"
	}
	return t.String()
}

func (t *Type) lambda() string {
	fixed := join(t.Params, ", ", (*Type).inner)
	optional := join(t.Optional, ", ", (*Type).inner)
	result := " => " + t.Return.inner()
	switch {
	case len(t.Params)+len(t.Optional) == 0:
		return "()" + result
	case len(t.Optional) == 0 && len(t.Params) == 1:
		return fixed + result
	case len(t.Optional) == 0:
		return "(" + fixed + ")" + result
	case len(t.Params) == 0:
		return "([" + optional + "])" + result
	}
	return "(" + fixed + "[, " + optional + "])" + result
}

// ObjectName is how an object type is written that has these properties.
func ObjectName(props []*Prop, additional *Prop) string {
	var parts []string
	for _, p := range props {
		name := p.Name
		if !identifier(name) {
			name = quote(name)
		}
		parts = append(parts, name+": "+p.Type.inner())
	}
	if additional != nil && additional.Flags&Fallback == 0 {
		parts = append(parts, "*: "+additional.Type.inner())
	}
	if len(parts) == 0 {
		return "object"
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

func identifier(s string) bool {
	for i, c := range s {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// Union makes the union of types: nested ones are flattened, equal members are
// one, and the members are in order.
func Union(members ...*Type) *Type {
	var flat []*Type
	seen := map[string]bool{}
	whole := false // the array of anything takes all other arrays in
	var add func(*Type) bool
	add = func(t *Type) bool {
		switch t.Kind {
		case UnionKind:
			for _, x := range t.Items {
				if !add(x) {
					return false
				}
			}
			return true
		case AnyKind:
			return false
		case ErrorKind:
			return true
		}
		key := t.identity()
		if seen[key] || whole && t.IsArray() {
			return true
		}
		if t.Kind == ArrayKind && t.Item.Kind == AnyKind && t.Min == nil && t.Max == nil {
			whole = true
			flat = slices.DeleteFunc(flat, (*Type).IsArray)
		}
		seen[key] = true
		flat = append(flat, t)
		return true
	}
	for _, t := range members {
		if !add(t) {
			return Any
		}
	}
	switch len(flat) {
	case 0:
		return Never
	case 1:
		return flat[0]
	}
	slices.SortStableFunc(flat, func(a, b *Type) int { return strings.Compare(a.String(), b.String()) })
	return &Type{Kind: UnionKind, Items: flat}
}

// identity tells members of a union apart.
func (t *Type) identity() string {
	s := t.String()
	for _, n := range []*int64{t.Min, t.Max} {
		s += "\x00"
		if n != nil {
			s += strconv.FormatInt(*n, 10)
		}
	}
	if t.Kind == ObjectKind {
		for _, p := range t.Props {
			s += "\x00" + p.Name + ":" + p.Type.String()
		}
	}
	return s
}

// NonNull is t without null, and whether t had it.
func (t *Type) NonNull() (*Type, bool) {
	if t == nil || t.Kind != UnionKind {
		return t, false
	}
	var rest []*Type
	for _, m := range t.Items {
		if m.Kind != NullKind {
			rest = append(rest, m)
		}
	}
	if len(rest) == len(t.Items) {
		return t, false
	}
	return Union(rest...), true
}

// IsLiteral reports whether t has one value only.
func (t *Type) IsLiteral() bool {
	switch t.Kind {
	case StringKind, IntKind, BoolKind:
		return t.Literal
	case NullKind:
		return true
	case TupleKind:
		return !slices.ContainsFunc(t.Items, func(x *Type) bool { return !x.IsLiteral() })
	case ObjectKind:
		if t.Additional != nil && t.Additional.Flags&Fallback == 0 {
			return false
		}
		return !slices.ContainsFunc(t.Props, func(p *Prop) bool { return p.Flags&Required == 0 || !p.Type.IsLiteral() })
	}
	return false
}

// Widen is the type that a literal belongs to.
func (t *Type) Widen() *Type {
	switch t.Kind {
	case StringKind:
		return String
	case IntKind:
		return Int
	case BoolKind:
		return Bool
	case ObjectKind:
		return Object
	case TupleKind:
		return Array
	case NullKind:
		return Null
	}
	return nil
}
