package apim

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// A link is a resource whose name is that of another entity of the service: an API or a group of a
// product, a user of a group, a tag of an API. Its PUT has no body; it shows the properties of what it names.

// links are the types of links by the word of what they name.
var links = map[string][]string{
	"apis":   {TypeProductAPIs},
	"groups": {TypeProductGroups},
	"users":  {TypeGroupUsers},
	"tags":   {TypeAPITags, TypeOperationTags, TypeProductTags},
}

var linkWords = map[string]string{"apis": "API", "groups": "Group", "users": "User", "tags": "Tag"}

// linkType is the type of a link to an entity of the service below word.
func (p *Provider) linkType(name, word string) *arm.Type {
	return &arm.Type{Name: name, NoPatch: true,
		Put: func(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
			there, err := p.linked(ctx, r.ID, word)
			if err == nil && there == nil && !(word == "groups" && isBuiltInGroup(r.ID.Name())) {
				err = azerr.APIMNotFound.New(linkWords[word] + " '" + r.ID.Name() + "'")
			}
			if err != nil {
				return nil, err
			}
			return &arm.Resource{ID: r.ID, Properties: map[string]any{}}, nil
		},
		View: func(ctx context.Context, r *arm.Resource) (*arm.Resource, error) {
			there, err := p.linked(ctx, r.ID, word)
			if there != nil {
				r.Properties = there.Properties
			}
			return r, err
		}}
}

// membership is a link whose HEAD answers 204, as CheckEntityExists of products and groups does.
func membership(t *arm.Type) *arm.Type {
	t.HeadStatus = http.StatusNoContent
	return t
}

// linked is what a link names, as clients see it; nil when there is none.
func (p *Provider) linked(ctx context.Context, link resourceid.ID, word string) (*arm.Resource, error) {
	id, err := serviceOf(link).Child(word, link.Name())
	if err != nil {
		return nil, err
	}
	if there, err := p.exists(ctx, id); err != nil || !there {
		return nil, err
	}
	return p.arm.Lookup(ctx, id)
}

// unlink takes an entity that is deleted out of what names it.
func (p *Provider) unlink(ctx context.Context, r *arm.DeleteRequest, word, name string) error {
	if r.Cascade {
		return nil // all of the service goes
	}
	found, err := p.arm.Below(ctx, serviceOf(r.ID), func(typ string) bool {
		return slices.ContainsFunc(links[word], func(l string) bool { return strings.EqualFold(l, typ) })
	})
	for _, link := range found {
		if strings.EqualFold(link.Name, name) {
			r.Ops = append(r.Ops, store.Delete(arm.Key(link.ID)))
		}
	}
	return err
}
