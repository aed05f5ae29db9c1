package resourcetypes

import (
	"slices"
	"strings"
)

// Kind says what values of a Type are.
type Kind uint8

// The kinds of types.
const (
	Any Kind = iota
	String
	Int
	Bool
	Null
	Literal // one string
	Union   // one of Members
	Array   // of Item
	Object
	Discriminated // one of Members, which the property Discriminator tells apart
)

// Type is the type of a property or of a whole resource. It is shared, and not to be
// changed; an object may refer to itself.
type Type struct {
	Kind          Kind
	Name          string // of an object, as Azure calls it; of a literal, the string; of a member of Discriminated, the value that selects it
	Secure        bool   // a string or object that is a secret
	Min, Max      *int64 // of an integer's value, or of a string's length; nil: no bound
	Pattern       string // a regular expression that a string matches; "": none
	Item          *Type  // of an array; of an object, what members besides Properties may be, or nil when there may be none
	Members       []*Type
	Properties    []Property // of an object; of Discriminated, those of every member. In the order of names
	Discriminator string
}

// Property is a property of an object.
type Property struct {
	Name                          string
	Type                          *Type
	Required, ReadOnly, WriteOnly bool
}

// Property finds a property by its name, without regard to case as Resource
// Manager does; of a discriminated object those that every member has.
func (t *Type) Property(name string) *Property {
	for i := range t.Properties {
		if strings.EqualFold(t.Properties[i].Name, name) {
			return &t.Properties[i]
		}
	}
	return nil
}

// Member is the member of a discriminated object that a value selects.
func (t *Type) Member(value string) *Type {
	for _, m := range t.Members {
		if m.Name == value {
			return m
		}
	}
	return nil
}

// Primitive is the name of the JSON type of the values: string, int, bool, object,
// array, null, or any when there are several.
func (t *Type) Primitive() string {
	switch t.Kind {
	case String, Literal:
		return "string"
	case Int:
		return "int"
	case Bool:
		return "bool"
	case Null:
		return "null"
	case Array:
		return "array"
	case Object, Discriminated:
		return "object"
	case Union:
		name := t.Members[0].Primitive()
		for _, m := range t.Members {
			if m.Primitive() != name {
				return "any"
			}
		}
		return name
	}
	return "any"
}

// Open reports whether a string outside a union's literals is one of its values too.
func (t *Type) Open() bool {
	return slices.ContainsFunc(t.Members, func(m *Type) bool { return m.Kind == String || m.Kind == Any })
}

// String is the type as diagnostics name it: members in the order of their names.
func (t *Type) String() string {
	switch t.Kind {
	case Literal:
		return "'" + strings.ReplaceAll(t.Name, "'", `\'`) + "'"
	case Object, Discriminated:
		return t.Name
	case Array:
		item := t.Item.String()
		if t.Item.Kind == Union {
			item = "(" + item + ")"
		}
		return item + "[]"
	case Union:
		names := make([]string, len(t.Members))
		for i, m := range t.Members {
			names[i] = m.String()
		}
		slices.Sort(names)
		return strings.Join(slices.Compact(names), " | ")
	}
	return t.Primitive()
}
