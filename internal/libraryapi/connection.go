package libraryapi

import (
	"net/http"
	"strings"

	"gatehouse/internal/library"
)

const federation = "WorkloadIdentityFederation"

func endpointBody(n *library.Connection) map[string]any {
	return map[string]any{"id": n.ID, "name": n.Name, "type": "azurerm", "url": "https://management.azure.com/", "description": n.Description, "owner": "library",
		"isShared": false, "isReady": true, "createdBy": person(n.CreatedBy), "creationDate": stamp(n.Created),
		"authorization": map[string]any{"scheme": federation, "parameters": map[string]any{"tenantid": n.TenantID, "serviceprincipalid": n.ClientID,
			"workloadIdentityFederationIssuer": n.Issuer, "workloadIdentityFederationSubject": n.Subject}},
		"data": map[string]any{"environment": "AzureCloud", "scopeLevel": "Subscription", "creationMode": "Manual",
			"subscriptionId": n.SubscriptionID, "subscriptionName": n.SubscriptionName},
		"serviceEndpointProjectReferences": []any{map[string]any{"name": n.Name, "description": n.Description, "projectReference": project()}}}
}

// listEndpoints answers ?endpointNames=; with ?runId= what that run may use.
func (a *api) listEndpoints(c *call) (any, error) {
	return listNamed(c, "endpointNames", a.lib.ConnectionForRun, a.lib.ListConnections,
		func(n *library.Connection) string { return n.Name }, func(n *library.Connection, _ bool) map[string]any { return endpointBody(n) })
}

func (a *api) endpoint(c *call) (any, error) {
	n, err := a.lib.Connection(c.Context(), c.caller, c.path["id"])
	if err != nil {
		return nil, err
	}
	return endpointBody(n), nil
}

// putEndpoint creates a service connection, or changes the one whose id the path has.
func (a *api) putEndpoint(c *call) (any, error) {
	var in struct {
		Name          string `json:"name"`
		Type          string `json:"type"`
		Description   string `json:"description"`
		Authorization struct {
			Scheme     string            `json:"scheme"`
			Parameters map[string]string `json:"parameters"`
		} `json:"authorization"`
		Data map[string]string `json:"data"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if !strings.EqualFold(in.Type, "azurerm") || !strings.EqualFold(in.Authorization.Scheme, federation) {
		return nil, &httpError{http.StatusBadRequest, "InvalidServiceEndpointException", "Service connections are of the type 'azurerm' with the scheme '" + federation + "'; others are not supported."}
	}
	id, replace := c.path["id"]
	if replace {
		old, err := a.lib.Connection(c.Context(), c.caller, id)
		if err != nil {
			return nil, err
		}
		if !strings.EqualFold(old.Name, in.Name) {
			return nil, &httpError{http.StatusBadRequest, "InvalidServiceEndpointException", "A service connection cannot be renamed, since its name is part of what the application trusts. Create a new one."}
		}
	}
	p := in.Authorization.Parameters
	n, err := a.lib.PutConnection(c.Context(), c.caller, library.Connection{Name: in.Name, Description: in.Description, ClientID: parameter(p, "serviceprincipalid"),
		TenantID: parameter(p, "tenantid"), SubscriptionID: parameter(in.Data, "subscriptionId"), SubscriptionName: parameter(in.Data, "subscriptionName")}, replace)
	if err != nil {
		return nil, err
	}
	return endpointBody(n), nil
}

// parameter finds a value by a name without case: tools write serviceprincipalid in several.
func parameter(m map[string]string, name string) string {
	for k, v := range m {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

func (a *api) deleteEndpoint(c *call) (any, error) {
	return nil, a.lib.DeleteConnection(c.Context(), c.caller, c.path["id"])
}

// oidcToken is where a job gets the assertion of a service connection; the plan names its run.
func (a *api) oidcToken(c *call) (any, error) {
	id := c.URL.Query().Get("serviceConnectionId")
	if id == "" {
		return nil, &httpError{http.StatusBadRequest, "InvalidRequestException", "serviceConnectionId is missing."}
	}
	token, err := a.lib.Assertion(c.Context(), c.caller, c.path["plan"], id)
	if err != nil {
		return nil, err
	}
	return map[string]any{"oidcToken": token}, nil
}
