package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/store"
)

// builtInGroups are there in each service. Nobody needs to make them.
var builtInGroups = []string{"administrators", "developers", "guests"}

// putGroup follows https://learn.microsoft.com/rest/api/apimanagement/group/create-or-update.
func (p *Provider) putGroup(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "description", "type", "externalId"}, []string{"builtIn"})
	f.text("displayName", true, 300)
	f.text("description", false, 1000)
	f.oneOf("type", "custom", "custom")
	f.text("externalId", false, 0)
	made.Properties["builtIn"] = false
	return made, f.err()
}

// deleteGroup takes the group out of the products, too.
func (p *Provider) deleteGroup(ctx context.Context, r *arm.DeleteRequest) error {
	if r.Cascade {
		return nil
	}
	links, err := p.arm.Below(ctx, serviceOf(r.ID), func(typ string) bool { return strings.EqualFold(typ, TypeProductGroups) })
	for _, link := range links {
		if strings.EqualFold(link.Name, r.ID.Name()) {
			r.Ops = append(r.Ops, store.Delete(arm.Key(link.ID)))
		}
	}
	return err
}

// putProductGroup gives a group a product: the name is the group's, the body may be empty.
func (p *Provider) putProductGroup(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	for _, name := range builtInGroups {
		if strings.EqualFold(name, r.ID.Name()) {
			return &arm.Resource{ID: r.ID, Properties: map[string]any{}}, nil
		}
	}
	group, err := serviceOf(r.ID).Child("groups", r.ID.Name())
	if err != nil {
		return nil, err
	}
	if there, err := p.exists(ctx, group); err != nil || !there {
		if err == nil {
			err = azerr.APIMNotFound.New("Group '" + r.ID.Name() + "'")
		}
		return nil, err
	}
	return &arm.Resource{ID: r.ID, Properties: map[string]any{}}, nil
}
