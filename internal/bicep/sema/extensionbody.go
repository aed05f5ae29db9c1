package sema

import (
	"slices"

	"gatehouse/internal/bicep/types"
)

// extensionType is the type of an extension's resource: what its package says, or
// anything where no package describes it.
func extensionType(r *Resource) *types.Type {
	name := r.Type.Text()
	body := packageBody(r)
	if body == nil {
		body = &types.Type{Kind: types.ObjectKind, Name: name, Additional: &types.Prop{Type: types.Any}}
		body.Props = []*types.Prop{{Name: "dependsOn", Type: dependenciesType(), Flags: types.WriteOnly | types.NoAny | types.System}}
	}
	return &types.Type{Kind: types.ResourceKind, Name: name, Body: body, Scope: types.ResourceScope}
}

func packageBody(r *Resource) *types.Type {
	if r.Extension.reader == nil {
		return nil
	}
	_, body, ok := r.Extension.reader.resource(r.Type.Text())
	switch {
	case !ok:
	case body.Kind == types.ObjectKind:
		return deployedBody(body, r.Existing)
	case body.Kind == types.TaggedKind:
		own := *body
		own.Items = nil
		for _, x := range body.Items {
			own.Items = append(own.Items, deployedBody(x, r.Existing))
		}
		return &own
	}
	return nil
}

// deployedBody is a body as a declaration has it: of a resource that exists only what
// tells it apart can be set.
func deployedBody(body *types.Type, existing bool) *types.Type {
	own := *body
	own.Props = nil
	for _, p := range body.Props {
		q := *p
		switch {
		case existing && q.Flags&types.Identifier == 0:
			q.Flags = q.Flags&^types.Required | types.ReadOnly
		case q.Flags&types.Identifier != 0 && q.Flags&types.Required != 0:
			q.Flags |= types.System
		}
		own.Props = append(own.Props, &q)
	}
	if !existing {
		own.Props = append(own.Props, &types.Prop{Name: "dependsOn", Type: dependenciesType(), Flags: types.WriteOnly | types.NoAny})
	}
	if existing && own.Additional != nil {
		others := *own.Additional
		others.Flags |= types.ReadOnly
		own.Additional = &others
	}
	own.Props = slices.Clip(own.Props)
	return &own
}

// packageUse reports a resource type that is only to be referred to, or never.
func (m *Model) packageUse(r *Resource) {
	if r.IsAz() || r.Extension.reader == nil {
		return
	}
	p, _, ok := r.Extension.reader.resource(r.Type.Text())
	if !ok || p.Readable == nil || p.Writable == nil {
		return
	}
	at := r.Decl.Type.Span
	switch {
	case *p.Writable == 0 && *p.Readable != 0 && !r.Existing:
		m.warnf("BCP245", at, "Resource type \"%s\" can only be used with the 'existing' keyword.", r.Type.Text())
	case *p.Readable == 0 && *p.Writable != 0 && r.Existing:
		m.errorf("BCP441", at, "Resource type \"%s\" cannot be used with the 'existing' keyword.", r.Type.Text())
	}
}
