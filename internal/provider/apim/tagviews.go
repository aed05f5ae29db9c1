package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/policy"
	"gatehouse/internal/resourceid"
)

// tagged are the kinds of entities that have tags, by the type of the link.
var tagged = map[string]string{TypeAPITags: "api", TypeOperationTags: "operation", TypeProductTags: "product"}

// listTagged lists what has tags of the kinds given, as TagResourceContract, whose members stand at the top.
// https://learn.microsoft.com/rest/api/apimanagement/tag-resource/list-by-service
func (p *Provider) listTagged(typ string, links ...string) *arm.Type {
	return viewType(typ, func(ctx context.Context, of resourceid.ID) ([]*arm.Resource, error) {
		wanted := map[string]string{}
		for _, l := range links {
			wanted[strings.ToLower(l)] = tagged[l]
		}
		found, err := p.arm.Below(ctx, of, func(typ string) bool { return wanted[strings.ToLower(typ)] != "" })
		if err != nil {
			return nil, err
		}
		var out []*arm.Resource
		for _, link := range found {
			shown, err := p.tagResource(ctx, link, wanted[strings.ToLower(link.Type)])
			if err != nil {
				return nil, err
			}
			if shown != nil {
				shown.Type = typ
				out = append(out, shown)
			}
		}
		return out, nil
	})
}

// tagResource is one tag of one entity; nil where either has gone, and for revisions that are not current.
func (p *Provider) tagResource(ctx context.Context, link *arm.Resource, kind string) (*arm.Resource, error) {
	tag, err := p.linked(ctx, link.ID, "tags")
	if err != nil || tag == nil {
		return nil, err
	}
	entity, err := p.arm.Stored(ctx, link.ID.Parent())
	if err != nil || entity == nil {
		return nil, err
	}
	shown := map[string]any{"id": "/" + strings.TrimPrefix(entity.ID.String(), serviceOf(entity.ID).String()+"/"), "name": text(entity, "displayName")}
	for k, v := range entity.Properties {
		if k != "displayName" {
			shown[k] = v
		}
	}
	for at := entity.ID; ; at = at.Parent() {
		if at.IsType(TypeService) {
			break
		}
		if !at.IsType(TypeAPIs) {
			continue
		}
		api, err := p.arm.Stored(ctx, at)
		if err != nil || api == nil || !isCurrent(api) {
			return nil, err
		}
	}
	return &arm.Resource{ID: link.ID, Name: link.Name, Extra: map[string]any{
		"tag": map[string]any{"id": "/tags/" + tag.Name, "name": text(tag, "displayName")}, kind: shown}}, nil
}

// scopeBits are the scopes of a policy as PolicyDescription counts them.
var scopeBits = map[policy.Scope]int{policy.GlobalScope: 1, policy.ProductScope: 2, policy.APIScope: 4, policy.OperationScope: 8}

// listPolicyDescriptions: https://learn.microsoft.com/rest/api/apimanagement/policy-description/list-by-service
func listPolicyDescriptions(_ context.Context, of resourceid.ID) ([]*arm.Resource, error) {
	var out []*arm.Resource
	for _, d := range policy.Descriptions() {
		id, err := of.Child("policyDescriptions", d.Name)
		if err != nil {
			return nil, err
		}
		bits := 0
		for _, s := range d.Scopes {
			bits |= scopeBits[s]
		}
		out = append(out, &arm.Resource{ID: id, Type: TypeService + "/policyDescriptions", Name: d.Name, Properties: map[string]any{
			"description": "https://learn.microsoft.com/azure/api-management/" + d.Name + "-policy", "scope": bits}})
	}
	return out, nil
}

// listRegions: a service is in one region. https://learn.microsoft.com/rest/api/apimanagement/region/list-by-service
func (p *Provider) listRegions(ctx context.Context, of resourceid.ID) ([]*arm.Resource, error) {
	service, err := p.arm.Stored(ctx, of)
	if err != nil || service == nil {
		return nil, err
	}
	id, err := of.Child("regions", service.Location)
	return []*arm.Resource{{ID: id, Type: TypeService + "/regions", Name: arm.LocationDisplayName(service.Location), Extra: map[string]any{"isMasterRegion": true, "isDeleted": false}}}, err
}
