package management

import (
	"context"
	"encoding/json"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

func number(v any) float64 {
	switch n := v.(type) {
	case json.Number:
		f, _ := n.Float64() // a record of ours
		return f
	case float64:
		return n
	case int:
		return float64(n)
	}
	return 0
}

// show is GET of one group; with $expand=children what is in it, with $recurse=true to the bottom.
func (p *Provider) show(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	id, err := ID(r.Params["group"])
	if err != nil {
		return nil, groupNotFound(resourceid.ID{})
	}
	g, err := p.arm.Get(ctx, r.Caller, id, r.APIVersion)
	if err != nil {
		return nil, err
	}
	w := p.arm.Wire(g)
	if expand := arm.Query(r.Query, "$expand"); strings.EqualFold(expand, "children") {
		inside, err := p.children(ctx, g.ID, strings.EqualFold(arm.Query(r.Query, "$recurse"), "true"))
		if err != nil {
			return nil, err
		}
		w["properties"].(map[string]any)["children"] = inside
	}
	return &arm.Answer{Body: w}, nil
}

// children of a group: groups and the subscription.
func (p *Provider) children(ctx context.Context, id resourceid.ID, recurse bool) ([]map[string]any, error) {
	all, err := p.groups(ctx)
	if err != nil {
		return nil, err
	}
	home, err := p.home(ctx)
	if err != nil {
		return nil, err
	}
	at := p.root()
	if home != nil {
		at = home.ID.Parent()
	}
	return p.childrenOf(all, at, id, recurse, maxDepth+1), nil
}

func (p *Provider) childrenOf(all []*arm.Resource, home, id resourceid.ID, recurse bool, left int) []map[string]any {
	out := []map[string]any{}
	for _, g := range all {
		if left == 0 || g.ID.Equal(p.root()) || !p.above(g).Equal(id) {
			continue
		}
		child := map[string]any{"type": TypeGroup, "id": g.ID.String(), "name": g.Name, "displayName": g.Properties["displayName"]}
		if recurse {
			child["children"] = p.childrenOf(all, home, g.ID, true, left-1)
		}
		out = append(out, child)
	}
	if home.Equal(id) {
		out = append(out, map[string]any{"type": "/subscriptions", "id": "/subscriptions/" + p.arm.SubscriptionID(), "name": p.arm.SubscriptionID(), "displayName": "Gatehouse"})
	}
	return out
}

// descendants lists all below a group, with each one's parent.
func (p *Provider) descendants(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	id, err := ID(r.Params["group"])
	if err != nil {
		return nil, groupNotFound(resourceid.ID{})
	}
	g, err := p.arm.Get(ctx, r.Caller, id, r.APIVersion)
	if err != nil {
		return nil, err
	}
	inside, err := p.children(ctx, g.ID, true)
	if err != nil {
		return nil, err
	}
	l := arm.Listing{}
	p.flatten(&l, g.ID, inside)
	return &arm.Answer{Body: l}, nil
}

func (p *Provider) flatten(l *arm.Listing, parent resourceid.ID, children []map[string]any) {
	for _, c := range children {
		typ := c["type"].(string)
		if typ == "/subscriptions" {
			typ = TypeSubscription
		}
		l.Items = append(l.Items, map[string]any{"id": c["id"], "type": typ, "name": c["name"],
			"properties": map[string]any{"displayName": c["displayName"], "parent": map[string]any{"id": parent.String()}}})
		l.Keys = append(l.Keys, strings.ToLower(c["id"].(string)))
		if more, ok := c["children"].([]map[string]any); ok {
			if id, err := resourceid.Parse(c["id"].(string)); err == nil {
				p.flatten(l, id, more)
			}
		}
	}
}

// entities lists the groups and the subscription that the caller may read.
// https://learn.microsoft.com/rest/api/managementgroups/entities/list
func (p *Provider) entities(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	all, err := p.groups(ctx)
	if err != nil {
		return nil, err
	}
	home, err := p.home(ctx)
	if err != nil {
		return nil, err
	}
	at := p.root()
	if home != nil {
		at = home.ID.Parent()
	}
	l := arm.Listing{}
	add := func(id resourceid.ID, typ, displayName string, parent any) {
		if !p.arm.Allowed(ctx, r.Caller, typ+"/read", id) {
			return
		}
		shown := typ
		if id.IsType(arm.TypeSubscription) {
			shown = "/subscriptions"
		}
		l.Keys = append(l.Keys, id.Key())
		l.Items = append(l.Items, map[string]any{"id": id.String(), "type": shown, "name": id.Name(), "properties": map[string]any{"tenantId": p.arm.TenantID(),
			"displayName": displayName, "parent": map[string]any{"id": parent}, "permissions": p.permission(ctx, r.Caller, typ, id), "inheritedPermissions": "noaccess"}})
	}
	for _, g := range all {
		var parent any
		if !g.ID.Equal(p.root()) {
			parent = p.above(g).String()
		}
		name, _ := g.Properties["displayName"].(string)
		add(g.ID, TypeGroup, name, parent)
	}
	add(resourceid.MustParse("/subscriptions/"+p.arm.SubscriptionID()), arm.TypeSubscription, "Gatehouse", at.String())
	return &arm.Answer{Body: l}, nil
}

func (p *Provider) permission(ctx context.Context, c identity.Caller, typ string, id resourceid.ID) string {
	switch {
	case p.arm.Allowed(ctx, c, typ+"/delete", id):
		return "delete"
	case p.arm.Allowed(ctx, c, typ+"/write", id):
		return "edit"
	}
	return "view"
}

// checkNameAvailability needs no role: names of groups are one to a tenant.
func (p *Provider) checkNameAvailability(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	name, _ := r.Body["name"].(string)
	if err := checkName(name); err != nil {
		return &arm.Answer{Body: map[string]any{"nameAvailable": false, "reason": "Invalid", "message": azerr.From(err).Message}}, nil
	}
	id, err := ID(name)
	if err != nil {
		return nil, err
	}
	switch _, err := p.group(ctx, id); {
	case err == nil:
		return &arm.Answer{Body: map[string]any{"nameAvailable": false, "reason": "AlreadyExists", "message": "The group with the specified name already exists"}}, nil
	case azerr.From(err).Kind != azerr.ManagementGroupNotFound:
		return nil, err
	}
	return &arm.Answer{Body: map[string]any{"nameAvailable": true}}, nil
}

// backfill tells that the tenant's subscriptions are in the tree; here they always are.
func (p *Provider) backfill(context.Context, *arm.Request) (*arm.Answer, error) {
	return &arm.Answer{Body: map[string]any{"tenantId": p.arm.TenantID(), "status": "Completed"}}, nil
}
