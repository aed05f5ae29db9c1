package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
)

// refused are types of API Management that this server refuses, each with the reason.
var refused = []struct{ name, why string }{
	{"gateways", "self-hosted gateways are not needed, since this server is one: its services answer where it runs"},
	{"workspaces", "put what a workspace would hold into the service itself, or into a service of its own"},
	{"portalsettings", "there is no developer portal"},
	{"portalconfigs", "there is no developer portal"},
	{"portalRevisions", "there is no developer portal"},
	{"contentTypes", "there is no developer portal"},
	{"templates", "there is no developer portal, and nothing sends e-mails"},
	{"notifications", "nothing sends e-mails"},
	{"documentations", "there is no developer portal"},
	{"privateEndpointConnections", "bind the listener to the network that may reach it"},
	{"apis/resolvers", "GraphQL APIs are not supported"},
	{"apis/issues", "there is no developer portal"},
	{"apis/wikis", "there is no developer portal"},
	{"products/wikis", "there is no developer portal"},
}

// refusedTypes refuse by name what Resource Manager would otherwise call unknown.
func refusedTypes() []*arm.Type {
	var types []*arm.Type
	for _, t := range refused {
		name, why := TypeService+"/"+t.name, t.why
		types = append(types, &arm.Type{Name: name, ParentFree: true, Put: func(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
			return nil, azerr.APIMNotSupported.New("The resource '"+strings.TrimPrefix(r.ID.String(), serviceOf(r.ID).String()+"/")+"' of the type "+name, why)
		}})
	}
	return types
}
