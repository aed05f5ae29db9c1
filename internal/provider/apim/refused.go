package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/resourcetypes"
)

// refused are types of API Management that this server refuses, each with the reason, which holds for the types below
// it, too. The longest name that fits counts.
var refused = []struct{ name, why string }{
	{"service/gateways", "self-hosted gateways are not needed, since this server is one: its services answer where it runs"},
	{"gateways", "gateways of workspaces are not needed, since this server is one"},
	{"service/workspaces", "put what a workspace would hold into the service itself, or into a service of its own"},
	{"service/workspaceLinks", "there are no workspaces"},
	{"service/portalsettings", noPortal}, {"service/portalconfigs", noPortal}, {"service/portalRevisions", noPortal}, {"service/contentTypes", noPortal},
	{"service/documentations", noPortal}, {"service/issues", noPortal}, {"service/apis/issues", noPortal}, {"service/apis/wikis", noPortal}, {"service/products/wikis", noPortal},
	{"service/templates", "there is no developer portal, and nothing sends e-mails"},
	{"service/notifications", "nothing sends e-mails"},
	{"service/privateEndpointConnections", noEndpoint}, {"service/privateLinkResources", noEndpoint},
	{"service/apis/resolvers", "GraphQL APIs are not supported"},
	{"service/apis/tools", "MCP servers are not supported"},
	{"service/clientApplications", "register applications with the identity provider itself"},
	{"service/policyRestrictions", "grant the right to write policies by roles on the service or the API"},
	{"service/diagnostics/loggers", "name the logger in the diagnostic's 'loggerId'"}, {"service/apis/diagnostics/loggers", "name the logger in the diagnostic's 'loggerId'"},
	{"service/properties", "properties are called namedValues since 2019-12-01"},
	{"service/api-version-sets", "version sets are called apiVersionSets since 2018-06-01-preview"},
	{"service/tenant", "manage the service through Resource Manager: it has no management API of its own, and no Git repository"},
	{"service/settings", "manage the service through Resource Manager: it has no management API of its own, and no Git repository"},
	{"service/tags/apiLinks", linkTag}, {"service/tags/operationLinks", linkTag}, {"service/tags/productLinks", linkTag},
	{"service/reports", "the server's metrics and access log tell what was called (gatehouse serve, 'observe')"},
	{"service/quotas", "quotas are counted by the policies that set them, and start anew with their period"},
	{"service/networkstatus", "the server depends on no other network services"},
	{"service/outboundNetworkDependenciesEndpoints", "the server depends on no other network services"},
	{"service/users/identities", "users have no identities beside their e-mail address"},
	{"locations/deletedservices", notDeleted},
}

const (
	noPortal   = "there is no developer portal"
	noEndpoint = "bind the listener to the network that may reach it"
	linkTag    = "put the tag below what has it: apis/API/tags/TAG, apis/API/operations/OPERATION/tags/TAG, products/PRODUCT/tags/TAG"
	notDeleted = "a deleted service is gone, its name is free, and there is nothing to restore or to purge"
)

const namespace = "Microsoft.ApiManagement/"

// whyRefused is the reason for a type; "" when there is none.
func whyRefused(name string) string {
	best, why := "", ""
	for _, r := range refused {
		if name := strings.ToLower(name); strings.HasPrefix(name+"/", strings.ToLower(namespace+r.name)+"/") && len(r.name) > len(best) {
			best, why = r.name, r.why
		}
	}
	return why
}

// refusedTypes refuse by name what Resource Manager would otherwise call unknown: all that Azure publishes and that is
// not among known.
func refusedTypes(known []*arm.Type) []*arm.Type {
	seen := map[string]bool{}
	for _, t := range known {
		seen[strings.ToLower(t.Name)] = true
	}
	var names []string
	for _, r := range refused {
		names = append(names, namespace+r.name)
	}
	for _, n := range resourcetypes.Names() {
		if strings.HasPrefix(strings.ToLower(n), strings.ToLower(namespace)) {
			names = append(names, n)
		}
	}
	var types []*arm.Type
	for _, n := range names {
		if why := whyRefused(n); why != "" && !seen[strings.ToLower(n)] {
			seen[strings.ToLower(n)] = true
			types = append(types, refusedType(n, why))
		}
	}
	return types
}

// refusedType answers each request for one with the reason. Lists are empty, which is true.
func refusedType(name, why string) *arm.Type {
	refuse := func(id resourceid.ID) *azerr.Error {
		shown := id.String()
		if at := serviceOf(id); at.IsType(TypeService) {
			shown = strings.TrimPrefix(shown, at.String()+"/")
		}
		return azerr.APIMNotSupported.New("The resource '"+shown+"' of the type "+name, why)
	}
	return &arm.Type{Name: name, ParentFree: true, Scopes: arm.GroupScope | arm.SubscriptionScope,
		Put:      func(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) { return nil, refuse(r.ID) },
		NotFound: func(id resourceid.ID) error { return refuse(id) }}
}

// refusedActions are the POSTs on a service that this server refuses, each with the reason.
func refusedActions(actions map[string]string) map[string]*arm.Action {
	out := map[string]*arm.Action{}
	for name, why := range actions {
		out[name] = &arm.Action{Quiet: true, Run: func(_ context.Context, r *arm.ActionRequest) (any, error) {
			return nil, azerr.APIMNotSupported.New("The action '"+name+"' on '"+r.ID.Name()+"'", why)
		}}
	}
	return out
}

var (
	serviceActions = map[string]string{"getSsoToken": noPortal, "backup": backup, "restore": backup,
		"applyNetworkConfigurationUpdates": "there is no virtual network to apply", "migrateToStv2": "there is one platform", "refreshHostnames": "host names follow their certificates at once"}
	userActions = map[string]string{"generateSsoUrl": noPortal, "token": noPortal}
)

const backup = "use 'gatehouse backup' and 'gatehouse restore', which take all services"
