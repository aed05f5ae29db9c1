package sema

import (
	"slices"
	"sync"

	"gatehouse/internal/bicep/types"
	"gatehouse/internal/resourcetypes"
)

// tableTypes are the types of the table of resource types as types of the language.
// Like the table's own they are made when they are first asked for, once in the
// process, and not changed.
var tableTypes = [...]*tableConverter{
	asDeclared: {made: map[*resourcetypes.Type]*types.Type{}},
	asInput:    {made: map[*resourcetypes.Type]*types.Type{}, without: types.WriteOnly},
	asOutput:   {made: map[*resourcetypes.Type]*types.Type{}, without: types.ReadOnly},
}

// variant says what the type of a resource stands for.
type variant uint8

const (
	asDeclared variant = iota
	asInput            // resourceInput<>: what is written can also be read
	asOutput           // resourceOutput<>: what is read can also be written
)

type tableConverter struct {
	mu      sync.Mutex
	made    map[*resourcetypes.Type]*types.Type
	without types.Flags // of properties
}

// of is what t is in the language.
func (c *tableConverter) of(t *resourcetypes.Type) *types.Type {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.convert(t)
}

func (c *tableConverter) convert(t *resourcetypes.Type) *types.Type {
	if made := c.made[t]; made != nil {
		return made
	}
	switch t.Kind {
	case resourcetypes.Object:
		return c.object(t)
	case resourcetypes.Discriminated:
		return c.tagged(t)
	}
	made := c.plain(t)
	c.made[t] = made
	return made
}

func (c *tableConverter) plain(t *resourcetypes.Type) *types.Type {
	switch t.Kind {
	case resourcetypes.String:
		return &types.Type{Kind: types.StringKind, Secure: t.Secure, Min: t.Min, Max: t.Max, Pattern: t.Pattern, Warn: true}
	case resourcetypes.Int:
		return &types.Type{Kind: types.IntKind, Min: t.Min, Max: t.Max, Warn: true}
	case resourcetypes.Bool:
		return &types.Type{Kind: types.BoolKind, Warn: true}
	case resourcetypes.Null:
		return types.Null
	case resourcetypes.Literal:
		return &types.Type{Kind: types.StringKind, Literal: true, Text: t.Name, Warn: true}
	case resourcetypes.Array:
		return &types.Type{Kind: types.ArrayKind, Item: c.convert(t.Item), Warn: true}
	case resourcetypes.Union:
		members := make([]*types.Type, len(t.Members))
		for i, x := range t.Members {
			members[i] = c.convert(x)
		}
		return types.Union(members...)
	}
	return types.Any
}

// object is known before its properties are made, which may refer to it.
func (c *tableConverter) object(t *resourcetypes.Type) *types.Type {
	o := types.Struct(t.Name)
	o.Warn, o.Secure = true, t.Secure
	c.made[t] = o
	c.fill(o, t)
	return o
}

func (c *tableConverter) fill(o *types.Type, t *resourcetypes.Type) {
	o.Props = make([]*types.Prop, len(t.Properties))
	props := make([]types.Prop, len(t.Properties))
	for i, p := range t.Properties {
		props[i] = types.Prop{Name: p.Name, Type: c.convert(p.Type), Flags: propertyFlags(p) &^ c.without}
		o.Props[i] = &props[i]
	}
	if t.Item != nil {
		o.Additional = &types.Prop{Type: c.convert(t.Item)}
	}
}

func propertyFlags(p resourcetypes.Property) types.Flags {
	var f types.Flags
	if p.Required {
		f |= types.Required
	}
	if p.ReadOnly {
		f |= types.ReadOnly
	}
	if p.WriteOnly {
		f |= types.WriteOnly
	}
	if !p.Required && !p.ReadOnly {
		f |= types.ImplicitNull
	}
	return f
}

// tagged is an object that one property's value selects. Each member has that value
// as the property's type.
func (c *tableConverter) tagged(t *resourcetypes.Type) *types.Type {
	u := &types.Type{Kind: types.TaggedKind, Name: t.Name, Key: t.Discriminator, Warn: true}
	c.made[t] = u
	for _, m := range t.Members {
		o := types.Struct(m.Name)
		o.Warn, o.Secure = true, m.Secure
		c.fill(o, m)
		o.Props = slices.DeleteFunc(o.Props, func(p *types.Prop) bool { return p.Name == t.Discriminator })
		key := &types.Type{Kind: types.StringKind, Literal: true, Text: m.Name, Warn: true}
		o.Props = append(o.Props, &types.Prop{Name: t.Discriminator, Type: key, Flags: types.Required})
		u.Items = append(u.Items, o)
	}
	return u
}
