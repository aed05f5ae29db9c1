package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
)

// Lists of what lies elsewhere: the revisions and products of an API, the subscriptions of a product
// or user, the groups of a user. Nothing of these is stored or put.

// viewType is a type that is listed only.
func viewType(name string, list func(ctx context.Context, of resourceid.ID) ([]*arm.Resource, error)) *arm.Type {
	return &arm.Type{Name: name, List: func(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) { return list(ctx, r.Scope) }}
}

func (p *Provider) viewTypes() []*arm.Type {
	return []*arm.Type{
		{Name: namespace + "deletedServices", Scopes: arm.SubscriptionScope, List: func(context.Context, *arm.ListRequest) ([]*arm.Resource, error) { return nil, nil }},
		viewType(TypeService+"/policyDescriptions", listPolicyDescriptions),
		viewType(TypeService+"/regions", p.listRegions),
		p.listTagged(TypeService+"/tagResources", TypeAPITags, TypeOperationTags, TypeProductTags),
		p.listTagged(TypeService+"/apisByTags", TypeAPITags),
		p.listTagged(TypeService+"/productsByTags", TypeProductTags),
		p.listTagged(TypeAPIs+"/operationsByTags", TypeOperationTags),
		viewType(TypeAPIs+"/revisions", p.listRevisions),
		viewType(TypeAPIs+"/products", p.listProducts),
		viewType(TypeProducts+"/subscriptions", func(ctx context.Context, of resourceid.ID) ([]*arm.Resource, error) {
			return p.subscriptionsOf(ctx, of, "scope")
		}),
		viewType(TypeUsers+"/subscriptions", func(ctx context.Context, of resourceid.ID) ([]*arm.Resource, error) {
			return p.subscriptionsOf(ctx, of, "ownerId")
		}),
		viewType(TypeUsers+"/groups", func(ctx context.Context, of resourceid.ID) ([]*arm.Resource, error) {
			groups, err := p.memberships(ctx, serviceOf(of))
			return groups[strings.ToLower(of.Name())], err
		}),
	}
}

// listRevisions shows ApiRevisionContract, whose members stand at the top.
// https://learn.microsoft.com/rest/api/apimanagement/api-revision/list-by-service
func (p *Provider) listRevisions(ctx context.Context, of resourceid.ID) ([]*arm.Resource, error) {
	root, err := rootID(of)
	if err != nil {
		return nil, err
	}
	apis, err := p.revisions(ctx, root)
	if err != nil {
		return nil, err
	}
	var out []*arm.Resource
	for _, a := range apis {
		revision := text(a, "apiRevision")
		name := root.Name() + ";rev=" + revision
		id, err := root.Parent().Child("apis", name)
		if err != nil {
			return nil, err
		}
		out = append(out, &arm.Resource{ID: id, Type: TypeAPIs + "/revisions", Name: name, Extra: map[string]any{
			"apiId": "/apis/" + name, "apiRevision": revision, "createdDateTime": wireTime(a.Created), "updatedDateTime": wireTime(a.Changed),
			"description": text(a, "apiRevisionDescription"), "privateUrl": "/" + text(a, "path") + ";rev=" + revision, "isOnline": true, "isCurrent": isCurrent(a)}})
	}
	return out, nil
}

// listProducts are the products that the API is in.
func (p *Provider) listProducts(ctx context.Context, of resourceid.ID) ([]*arm.Resource, error) {
	root, _ := cutRevision(of.Name())
	links, err := p.arm.Below(ctx, serviceOf(of), func(typ string) bool { return strings.EqualFold(typ, TypeProductAPIs) })
	if err != nil {
		return nil, err
	}
	var out []*arm.Resource
	for _, l := range links {
		if !strings.EqualFold(l.Name, root) {
			continue
		}
		product, err := p.arm.Stored(ctx, l.ID.Parent())
		if err != nil {
			return nil, err
		}
		if product != nil {
			out = append(out, product)
		}
	}
	return out, nil
}
