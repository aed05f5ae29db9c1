// Package resources is the provider of what Resource Manager itself has: the tenant,
// its subscription, resource groups, the lists of resources, providers and locations,
// and the metadata that clients read first. Deployments are package deploy's.
// Start at New.
package resources

import (
	"cmp"
	"context"
	"net/http"
	"regexp"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// The RBAC names of scopes, which differ from their types'.
const (
	rbacSubscription = "Microsoft.Resources/subscriptions"
	rbacGroup        = "Microsoft.Resources/subscriptions/resourceGroups"
	rbacResources    = "Microsoft.Resources/subscriptions/resources"
)

var apiVersions = []string{"2025-04-01", "2024-11-01", "2024-03-01", "2023-07-01", "2022-09-01", "2021-04-01", "2020-06-01", "2019-10-01"}

// Options of New.
type Options struct {
	ARM            *arm.Service
	LoginHost      string // login.microsoftonline.com when empty
	ManagementHost string // management.azure.com when empty
	Vaults         string // domain of vaults; vault.azure.net when empty
}

// Provider is Microsoft.Resources without deployments.
type Provider struct {
	arm        *arm.Service
	loginHost  string
	manageHost string
	vaults     string
}

// New makes the provider and registers its types and routes.
func New(o Options) *Provider {
	p := &Provider{arm: o.ARM, loginHost: cmp.Or(o.LoginHost, "login.microsoftonline.com"), manageHost: cmp.Or(o.ManagementHost, managementHost),
		vaults: cmp.Or(o.Vaults, "vault.azure.net")}
	p.arm.Register(p.subscriptionType(), p.groupType())
	p.arm.Mount(
		arm.Route{Method: http.MethodGet, Pattern: "/metadata/endpoints", Anonymous: true, Run: p.endpoints},
		arm.Route{Method: http.MethodGet, Pattern: "/tenants", Run: p.tenants},
		arm.Route{Method: http.MethodGet, Pattern: "/providers", Run: p.providers},
		arm.Route{Method: http.MethodGet, Pattern: "/providers/{namespace}", Run: p.provider},
		arm.Route{Method: http.MethodGet, Pattern: "/subscriptions/{subscription}/providers", Run: p.providers},
		arm.Route{Method: http.MethodGet, Pattern: "/subscriptions/{subscription}/providers/{namespace}", Run: p.provider},
		arm.Route{Method: http.MethodPost, Pattern: "/subscriptions/{subscription}/providers/{namespace}/register", Run: p.provider},
		arm.Route{Method: http.MethodGet, Pattern: "/subscriptions/{subscription}/locations", Run: p.locations},
		arm.Route{Method: http.MethodGet, Pattern: "/subscriptions/{subscription}/resources", Run: p.resources},
		arm.Route{Method: http.MethodGet, Pattern: "/subscriptions/{subscription}/resourceGroups/{group}/resources", Run: p.resources},
		arm.Route{Method: http.MethodGet, Pattern: "/subscriptions/{subscription}/tagNames", Run: p.tagNames},
	)
	return p
}

func (p *Provider) subscriptionType() *arm.Type {
	return &arm.Type{Name: arm.TypeSubscription, RBAC: rbacSubscription, Scopes: arm.TenantScope, APIVersions: apiVersions,
		Get: func(_ context.Context, id resourceid.ID) (*arm.Resource, error) {
			if !strings.EqualFold(id.Name(), p.arm.SubscriptionID()) {
				return nil, azerr.SubscriptionNotFound.New(id.Name())
			}
			return p.subscription(), nil
		},
		List: func(context.Context, *arm.ListRequest) ([]*arm.Resource, error) {
			return []*arm.Resource{p.subscription()}, nil
		},
		MayRead: func(ctx context.Context, c identity.Caller, id resourceid.ID) bool {
			return strings.EqualFold(id.Subscription(), p.arm.SubscriptionID()) && p.readsAnything(ctx, c, id)
		},
	}
}

// readsAnything reports whether c may read any group or resource of the subscription: then Azure
// shows the subscription to it.
func (p *Provider) readsAnything(ctx context.Context, c identity.Caller, id resourceid.ID) bool {
	found := false
	rs, err := p.arm.Below(ctx, id, func(typ string) bool { return !strings.EqualFold(typ, "Microsoft.Resources/deployments") })
	for i := 0; err == nil && i < len(rs) && !found; i++ {
		name := rs[i].Type
		if name == arm.TypeGroup {
			name = rbacGroup
		}
		found = p.arm.Allowed(ctx, c, name+"/read", rs[i].ID)
	}
	return found
}

func (p *Provider) subscription() *arm.Resource {
	id := p.arm.SubscriptionID()
	return &arm.Resource{ID: resourceid.MustParse("/subscriptions/" + id), Type: arm.TypeSubscription, Name: id,
		Extra: map[string]any{"authorizationSource": "RoleBased", "managedByTenants": []any{}, "subscriptionId": id, "tenantId": p.arm.TenantID(),
			"displayName": "Gatehouse", "state": "Enabled",
			"subscriptionPolicies": map[string]any{"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"}}}
}

// groupName is Azure's rule: letters and digits of any script, and _ ( ) - . without a period at the end.
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftresources
var groupName = regexp.MustCompile(`^[-\w\._\(\)\p{L}\p{N}]{0,89}[-\w_\(\)\p{L}\p{N}]$`)

func checkGroupName(name string) error {
	if !groupName.MatchString(name) {
		return azerr.InvalidResourceGroupName.New(name)
	}
	return nil
}

func (p *Provider) groupType() *arm.Type {
	return &arm.Type{Name: arm.TypeGroup, RBAC: rbacGroup, Scopes: arm.SubscriptionScope, APIVersions: apiVersions, NeedsLocation: true,
		NameRule: checkGroupName, DeleteStatus: http.StatusAccepted,
		NotFound: func(id resourceid.ID) error { return azerr.ResourceGroupNotFound.New(id.Name()) },
		Put: func(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
			g, err := r.Resource()
			if err != nil {
				return nil, err
			}
			if g.Location == "" {
				return nil, azerr.LocationRequired.New()
			}
			g.Kind, g.SKU, g.Identity, g.Plan, g.Zones = "", nil, nil, nil, nil
			g.Properties = map[string]any{"provisioningState": "Succeeded"}
			return g, nil
		}}
}

// resources lists what is tracked in a subscription or group, without properties.
func (p *Provider) resources(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	scope, err := p.scope(ctx, r)
	if err != nil {
		return nil, err
	}
	found, err := p.arm.Below(ctx, scope, func(typ string) bool { t, ok := p.arm.Type(typ); return ok && t.Tracked })
	if err != nil {
		return nil, err
	}
	all := p.arm.Allowed(ctx, r.Caller, rbacResources+"/read", scope)
	var list []*arm.Resource
	for _, res := range found {
		if all || p.arm.Allowed(ctx, r.Caller, res.Type+"/read", res.ID) {
			res.Properties = nil
			list = append(list, res)
		}
	}
	if list, err = arm.FilterResources(list, r.Query); err != nil {
		return nil, err
	}
	l := arm.Listing{}
	for _, res := range list {
		l.Items, l.Keys = append(l.Items, p.arm.Wire(res)), append(l.Keys, res.ID.Key())
	}
	return &arm.Answer{Body: l}, nil
}

// scope is the subscription or group that a route's parameters name; it must exist.
func (p *Provider) scope(ctx context.Context, r *arm.Request) (resourceid.ID, error) {
	if sub := r.Params["subscription"]; !strings.EqualFold(sub, p.arm.SubscriptionID()) {
		return resourceid.ID{}, azerr.SubscriptionNotFound.New(sub)
	}
	text := "/subscriptions/" + p.arm.SubscriptionID()
	group, ok := r.Params["group"]
	if !ok {
		return resourceid.Parse(text)
	}
	id, err := resourceid.Parse(text + "/resourceGroups/" + group)
	if err != nil {
		return id, err
	}
	g, err := p.arm.Stored(ctx, id)
	if err == nil && g == nil {
		err = azerr.ResourceGroupNotFound.New(group)
	}
	return id, err
}

// tagNames lists the tags in use; Azure's list has counts, which are kept here too.
func (p *Provider) tagNames(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	scope, err := p.scope(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := p.arm.Authorize(ctx, r.Caller, "Microsoft.Resources/subscriptions/tagNames/read", scope); err != nil {
		return nil, err
	}
	found, err := p.arm.Below(ctx, scope, func(typ string) bool {
		t, ok := p.arm.Type(typ)
		return ok && (t.Tracked || t.Name == arm.TypeGroup)
	})
	if err != nil {
		return nil, err
	}
	return &arm.Answer{Body: tagListing(scope, found)}, nil
}
