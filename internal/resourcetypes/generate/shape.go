package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"gatehouse/internal/resourcetypes/form"
)

// shape is a type of a file in the form of the table: what it is, and what it
// refers to by place in the file.
type shape struct {
	tag           int
	name          string // of an object; of a literal, its text
	discriminator string
	marks         uint64
	least, most   *int64
	pattern       *string
	properties    []shapeProperty
	values        []string // that select the members of a tagged object
	parts         []int    // items, members, the type of other members
}

type shapeProperty struct {
	name  string
	marks uint64
	typ   int
}

// shapes are the types of a file. Kinds that are no types of values are any.
func shapes(f typesFile) ([]shape, error) {
	out := make([]shape, len(f))
	for i, e := range f {
		s, err := newShape(e)
		if err != nil {
			return nil, fmt.Errorf("type %d, %s %s: %w", i, e.Kind, e.Name, err)
		}
		for _, p := range s.properties {
			s.parts = append(s.parts, p.typ)
		}
		for _, n := range s.parts {
			if n < 0 || n >= len(f) {
				return nil, fmt.Errorf("type %d, %s %s refers to what is not in its file", i, e.Kind, e.Name)
			}
		}
		s.parts = s.parts[:len(s.parts)-len(s.properties)]
		out[i] = s
	}
	return out, nil
}

func newShape(e entry) (shape, error) {
	switch e.Kind {
	case "StringType":
		s := shape{tag: form.String, least: e.MinLength, most: e.MaxLength, pattern: e.Pattern}
		if e.Sensitive {
			s.tag = form.Secret
		}
		return s, nil
	case "IntegerType":
		return shape{tag: form.Int, least: e.MinValue, most: e.MaxValue}, nil
	case "BooleanType":
		return shape{tag: form.Bool}, nil
	case "NullType":
		return shape{tag: form.Null}, nil
	case "StringLiteralType":
		return shape{tag: form.Literal, name: e.Value}, nil
	case "ArrayType":
		return shape{tag: form.Array, parts: []int{e.Item.index()}}, nil
	case "UnionType":
		return unionShape(e)
	case "ObjectType":
		return objectShape(e), nil
	case "DiscriminatedObjectType":
		return taggedShape(e)
	}
	return shape{tag: form.Any}, nil
}

func unionShape(e entry) (shape, error) {
	s := shape{tag: form.Union}
	var members []reference
	err := json.Unmarshal(e.Elements, &members)
	for _, m := range members {
		s.parts = append(s.parts, m.index())
	}
	return s, err
}

func objectShape(e entry) shape {
	s := shape{tag: form.Object, name: e.Name, properties: shapeProperties(e.Properties)}
	if e.Sensitive {
		s.marks |= form.Hidden
	}
	if e.AdditionalProperties != nil {
		s.marks |= form.Open
		s.parts = []int{e.AdditionalProperties.index()}
	}
	return s
}

func taggedShape(e entry) (shape, error) {
	s := shape{tag: form.Tagged, name: e.Name, discriminator: e.Discriminator, properties: shapeProperties(e.BaseProperties)}
	var members map[string]reference
	err := json.Unmarshal(e.Elements, &members)
	for _, value := range slices.Sorted(maps.Keys(members)) {
		s.values = append(s.values, value)
		m := members[value]
		s.parts = append(s.parts, m.index())
	}
	return s, err
}

// shapeProperties are properties in the order of names. Their marks are those of
// the source without DeployTimeConstant, which only id, name, type and apiVersion have.
func shapeProperties(all map[string]property) []shapeProperty {
	var out []shapeProperty
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		marks := uint64(p.Flags) & (form.Required | form.ReadOnly | form.WriteOnly)
		out = append(out, shapeProperty{name, marks, p.Type.index()})
	}
	return out
}
