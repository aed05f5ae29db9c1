package sema

import (
	"slices"
	"strings"

	"gatehouse/internal/bicep/types"
	"gatehouse/internal/resourcetypes"
)

// tableBody is the type of a resource's body by the table of resource types, or nil
// when the type is not in it.
func (m *Model) tableBody(r *Resource) *types.Type {
	key := r.Type.Full + "@" + r.Type.Version
	w := m.workspace
	body, ok := w.bodies[key]
	if !ok {
		if w.bodies == nil {
			w.bodies = map[string]*types.Type{}
		}
		if t := resourcetypes.Body(r.Type.Full, r.Type.Version); t != nil && t.Kind == resourcetypes.Object {
			body = bodyConverter{}.object(t)
			body.Warn = false // what no resource of the type has is an error
		}
		w.bodies[key] = body
	}
	if body == nil {
		return nil
	}
	own := *body
	own.Props = nil
	for _, p := range body.Props {
		if n := fold(p.Name); n != "id" && n != "name" && n != "type" && n != "apiversion" {
			q := *p
			own.Props = append(own.Props, &q)
		}
	}
	own.Props = append(own.Props, fallbackProps(&own)...)
	return &own
}

func fold(s string) string { return strings.ToLower(s) }

// fallbackProps are the properties that a resource of any type may have: not in its
// type, they are let pass with a warning.
func fallbackProps(body *types.Type) []*types.Prop {
	var out []*types.Prop
	for name, t := range map[string]*types.Type{
		"asserts": types.Object, "eTag": types.String, "extendedLocation": types.Object, "identity": types.Object, "kind": types.String,
		"location": types.String, "managedBy": types.String, "managedByExtended": types.ArrayOf(types.String), "placement": types.Object,
		"plan": types.Object, "properties": types.Object, "scale": types.Object, "sku": types.Object, "tags": types.Object, "zones": types.ArrayOf(types.String),
	} {
		if body.Prop(name) == nil {
			out = append(out, &types.Prop{Name: name, Type: t, Flags: types.Fallback})
		}
	}
	byName(out)
	return out
}

// takesScope reports whether resources of the type are deployed on others or at the tenant.
func takesScope(full string) bool {
	return slices.ContainsFunc([]string{"microsoft.authorization/", "microsoft.management/", "microsoft.resources/deployments", "microsoft.resources/tags"}, func(prefix string) bool {
		return strings.HasPrefix(fold(full), prefix)
	})
}

// bodyConverter makes the types of the table those of the language; what occurs
// twice is made once.
type bodyConverter map[*resourcetypes.Type]*types.Type

func (c bodyConverter) convert(t *resourcetypes.Type) *types.Type {
	switch t.Kind {
	case resourcetypes.String:
		return &types.Type{Kind: types.StringKind, Secure: t.Secure, Warn: true}
	case resourcetypes.Int:
		return &types.Type{Kind: types.IntKind, Warn: true}
	case resourcetypes.Bool:
		return &types.Type{Kind: types.BoolKind, Warn: true}
	case resourcetypes.Null:
		return types.Null
	case resourcetypes.Literal:
		return types.Text(t.Name)
	case resourcetypes.Array:
		a := types.ArrayOf(c.convert(t.Item))
		a.Warn = true
		return a
	case resourcetypes.Union:
		var members []*types.Type
		for _, x := range t.Members {
			members = append(members, c.convert(x))
		}
		return types.Union(members...)
	case resourcetypes.Object:
		return c.object(t)
	case resourcetypes.Discriminated:
		return c.tagged(t)
	}
	return types.Any
}

func (c bodyConverter) object(t *resourcetypes.Type) *types.Type {
	if made := c[t]; made != nil {
		return made
	}
	o := types.Struct(t.Name)
	o.Warn = true
	c[t] = o
	for _, p := range t.Properties {
		o.Props = append(o.Props, &types.Prop{Name: p.Name, Type: c.convert(p.Type), Flags: propertyFlags(p)})
	}
	if t.Item != nil {
		o.Additional = &types.Prop{Type: c.convert(t.Item)}
	}
	return o
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

// tagged is an object that one property's value selects. Each member has that value as the property's type.
func (c bodyConverter) tagged(t *resourcetypes.Type) *types.Type {
	u := &types.Type{Kind: types.TaggedKind, Name: t.Name, Key: t.Discriminator, Warn: true}
	for _, m := range t.Members {
		o := *c.object(m)
		o.Props = slices.DeleteFunc(slices.Clone(o.Props), func(p *types.Prop) bool { return p.Name == t.Discriminator })
		o.Props = append(o.Props, &types.Prop{Name: t.Discriminator, Type: types.Text(m.Name), Flags: types.Required})
		u.Items = append(u.Items, &o)
	}
	return u
}
