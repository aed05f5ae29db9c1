package sema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/types"
)

// packageType is an entry of a types file.
type packageType struct {
	Type       string                 `json:"$type"`
	Name       string                 `json:"name"`
	Value      string                 `json:"value"`
	Sensitive  bool                   `json:"sensitive"`
	MinLength  *int64                 `json:"minLength"`
	MaxLength  *int64                 `json:"maxLength"`
	MinValue   *int64                 `json:"minValue"`
	MaxValue   *int64                 `json:"maxValue"`
	Pattern    string                 `json:"pattern"`
	Properties map[string]packageProp `json:"properties"`
	Additional *packageRef            `json:"additionalProperties"`
	Base       map[string]packageProp `json:"baseProperties"`
	Key        string                 `json:"discriminator"`
	Elements   json.RawMessage        `json:"elements"`
	ItemType   packageRef             `json:"itemType"`

	// Of a resource type.
	Body     packageRef `json:"body"`
	Readable *int       `json:"readableScopes"`
	Writable *int       `json:"writableScopes"`
}

type packageProp struct {
	Type  packageRef `json:"type"`
	Flags int        `json:"flags"`
}

// packageRef is FILE#/INDEX, or #/INDEX in the same file.
type packageRef struct {
	Ref string `json:"$ref"`
}

// packagePlace is where an entry stands.
type packagePlace struct {
	file  string
	index int
}

// packageReader reads the types of an extension, each once; they may contain themselves.
type packageReader struct {
	files     map[string][]byte
	read      map[string][]packageType
	made      map[packagePlace]*types.Type
	resources map[string]packageRef // by type@version in lower case
}

// entry finds what a reference in a file refers to.
func (r *packageReader) entry(ref packageRef, file string) (packageType, packagePlace, error) {
	name, number, _ := strings.Cut(ref.Ref, "#/")
	if name == "" {
		name = file
	}
	list, known := r.read[name]
	if !known {
		if err := json.Unmarshal(r.files[name], &list); err != nil {
			return packageType{}, packagePlace{}, fmt.Errorf("its %s: %w", name, err)
		}
		r.read[name] = list
	}
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(list) {
		return packageType{}, packagePlace{}, fmt.Errorf("its %s has no type %q", name, ref.Ref)
	}
	return list[i], packagePlace{name, i}, nil
}

// resource finds a resource type; ok is false when the package does not describe it.
func (r *packageReader) resource(name string) (p packageType, body *types.Type, ok bool) {
	ref, listed := r.resources[strings.ToLower(name)]
	if !listed {
		return p, nil, false
	}
	p, place, err := r.entry(ref, "types.json")
	if err != nil || p.Type != "ResourceType" {
		return p, nil, false
	}
	body, err = r.convert(p.Body, place.file)
	return p, body, err == nil
}

// convert makes the type that a reference means. What is not told apart here is any.
func (r *packageReader) convert(ref packageRef, file string) (*types.Type, error) {
	p, place, err := r.entry(ref, file)
	if err != nil {
		return nil, err
	}
	if t := r.made[place]; t != nil {
		return t, nil
	}
	t := &types.Type{}
	r.made[place] = t
	made, err := r.newType(p, place)
	if err != nil {
		return nil, err
	}
	*t = *made
	return t, nil
}

func (r *packageReader) newType(p packageType, at packagePlace) (*types.Type, error) {
	switch p.Type {
	case "StringType":
		return &types.Type{Kind: types.StringKind, Secure: p.Sensitive, Min: p.MinLength, Max: p.MaxLength, Pattern: p.Pattern}, nil
	case "StringLiteralType":
		return types.Text(p.Value), nil
	case "IntegerType":
		return &types.Type{Kind: types.IntKind, Min: p.MinValue, Max: p.MaxValue}, nil
	case "BooleanType":
		return types.Bool, nil
	case "NullType":
		return types.Null, nil
	case "ArrayType":
		item, err := r.convert(p.ItemType, at.file)
		if err != nil {
			return nil, err
		}
		return types.ArrayOf(item), nil
	case "UnionType":
		return r.union(p, at.file)
	case "ObjectType":
		return r.object(p, at.file)
	case "DiscriminatedObjectType":
		return r.tagged(p, at.file)
	}
	return types.Any, nil
}

func (r *packageReader) union(p packageType, file string) (*types.Type, error) {
	var refs []packageRef
	if err := json.Unmarshal(p.Elements, &refs); err != nil {
		return nil, err
	}
	var members []*types.Type
	for _, ref := range refs {
		t, err := r.convert(ref, file)
		if err != nil {
			return nil, err
		}
		members = append(members, t)
	}
	return types.Union(members...), nil
}

func (r *packageReader) object(p packageType, file string) (*types.Type, error) {
	props, err := r.props(p.Properties, file)
	if err != nil {
		return nil, err
	}
	o := types.Struct(p.Name, props...)
	if p.Additional != nil {
		t, err := r.convert(*p.Additional, file)
		if err != nil {
			return nil, err
		}
		o.Additional = &types.Prop{Type: t}
	}
	return o, nil
}

// packageFlags are the flags of properties in the order of their bits; between them is that of constants.
var packageFlags = []types.Flags{types.Required, types.ReadOnly, types.WriteOnly, 0, types.Identifier}

func (r *packageReader) props(from map[string]packageProp, file string) ([]*types.Prop, error) {
	var out []*types.Prop
	for _, name := range slices.Sorted(maps.Keys(from)) {
		p := from[name]
		t, err := r.convert(p.Type, file)
		if err != nil {
			return nil, err
		}
		var flags types.Flags
		for i, f := range packageFlags {
			if p.Flags&(1<<i) != 0 {
				flags |= f
			}
		}
		if flags&(types.Required|types.ReadOnly) == 0 {
			flags |= types.ImplicitNull
		}
		out = append(out, &types.Prop{Name: name, Type: t, Flags: flags})
	}
	return out, nil
}

// tagged is an object that the value of one property selects.
func (r *packageReader) tagged(p packageType, file string) (*types.Type, error) {
	var elements map[string]packageRef
	if err := json.Unmarshal(p.Elements, &elements); err != nil {
		return nil, err
	}
	base, err := r.props(p.Base, file)
	if err != nil {
		return nil, err
	}
	u := &types.Type{Kind: types.TaggedKind, Name: p.Name, Key: p.Key}
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		o, err := r.convert(elements[name], file)
		if err != nil {
			return nil, err
		}
		one := types.Struct(name, &types.Prop{Name: p.Key, Type: types.Text(name), Flags: types.Required})
		for _, q := range slices.Concat(base, o.Props) {
			if one.Prop(q.Name) == nil {
				one.Props = append(one.Props, q)
			}
		}
		byName(one.Props)
		u.Items = append(u.Items, one)
	}
	return u, nil
}
