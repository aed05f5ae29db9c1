package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// productLinkType is the newer form of a product's APIs and groups: a resource of any name whose property
// names the entity. It makes the link of products/apis or products/groups, and takes it away.
// https://learn.microsoft.com/rest/api/apimanagement/product-api-link/create-or-update
func (p *Provider) productLinkType(name, word, property string) *arm.Type {
	return &arm.Type{Name: name, NameRule: entityName(80), NoPatch: true,
		Put: func(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
			made, err := r.Resource()
			if err != nil {
				return nil, err
			}
			f := newFields(made.Properties)
			f.only([]string{property}, nil)
			id, ok := mine(serviceOf(r.ID), word, f.text(property, true, 0))
			if ok {
				if ok, err = p.exists(ctx, id); err != nil {
					return nil, err
				}
			}
			if !ok && len(*f.problems) == 0 {
				f.wrong(property, "'%s' must be the ID of one of the service's %s: '%v' is not found.", property, word, f.m[property])
			}
			if err := f.err(); err != nil {
				return nil, err
			}
			made.Properties[property] = id.String()
			if r.Existing != nil && text(r.Existing, property) != id.String() {
				if err := dropProductLink(r.ID, word, text(r.Existing, property), &r.Ops); err != nil {
					return nil, err
				}
			}
			return made, p.makeProductLink(r, word, id)
		},
		Delete: func(_ context.Context, r *arm.DeleteRequest) error {
			if r.Cascade {
				return nil // the product goes, or all of the service
			}
			return dropProductLink(r.ID, word, text(r.Existing, property), &r.Ops)
		}}
}

func (p *Provider) makeProductLink(r *arm.PutRequest, word string, to resourceid.ID) error {
	id, err := r.ID.Parent().Child(word, to.Name())
	if err != nil {
		return err
	}
	op, err := arm.StoreOp(&arm.Resource{ID: id, Type: TypeProducts + "/" + word, Name: id.Name(), Created: p.now().UTC(), Changed: p.now().UTC(), ETag: `"1"`})
	r.Ops = append(r.Ops, op)
	return err
}

func dropProductLink(link resourceid.ID, word, to string, ops *[]store.Op) error {
	id, err := link.Parent().Child(word, to[strings.LastIndexByte(to, '/')+1:])
	if err == nil {
		*ops = append(*ops, store.Delete(arm.Key(id)))
	}
	return err
}
