package az

import (
	"context"
	"net/url"
	"time"

	"gatehouse/internal/client"
)

func adCommands() []*command {
	return []*command{
		{path: words("ad signed-in-user show"), summary: "Show who is signed in.", example: "az ad signed-in-user show --query id -o tsv",
			run: func(ctx context.Context, c *call) (any, error) { return signedInUser(ctx, c) }},
		{path: words("ad sp create-for-rbac"), summary: "Create an application with a secret, and give it a role.",
			example: "az ad sp create-for-rbac -n deployer --role Contributor --scopes /subscriptions/SUBSCRIPTION_ID",
			args: []arg{opt("--name --display-name -n", "Display name of the application."), opt("--role", "Role name or id; needs --scopes."),
				opt("--scopes", "Scopes of the role.").as(many), opt("--years", "Ignored: the secret has no end date."),
				opt("--json-auth --sdk-auth", "Print the form that SDKs read from AZURE_AUTH_LOCATION.").as(boolean)}, run: createForRBAC},
		{path: words("ad sp show"), summary: "Show a service principal.", example: "az ad sp show --id APP_ID", args: []arg{opt("--id", "Client id or object id.").must()}, run: principalShow},
	}
}

// signedInUser asks Graph for /me, without the context that Graph adds.
func signedInUser(ctx context.Context, c *call) (map[string]any, error) {
	var me map[string]any
	if err := c.client.JSON(ctx, "GET", client.Graph+"/v1.0/me", client.GraphAudience, nil, &me); err != nil {
		return nil, err
	}
	delete(me, "@odata.context")
	return me, nil
}

// createForRBAC goes the way of Azure CLI: application, secret, service principal, assignments.
func createForRBAC(ctx context.Context, c *call) (any, error) {
	if c.has("role") != c.has("scopes") {
		return nil, usagef("Usage error: To create role assignments, specify both --role and --scopes.")
	}
	for _, scope := range c.list("scopes") { // nothing is made when a role or scope does not exist
		if _, err := c.definitions(ctx, scope, c.get("role")); err != nil {
			return nil, err
		}
		if _, err := c.roleID(ctx, c.get("role"), scope); err != nil {
			return nil, err
		}
	}
	name := c.either("name", "azure-cli-"+time.Now().UTC().Format("2006-01-02-15-04-05"))
	var app, secret, sp map[string]any
	if err := c.client.JSON(ctx, "POST", client.Graph+"/v1.0/applications", client.GraphAudience, map[string]any{"displayName": name}, &app); err != nil {
		return nil, err
	}
	appID := firstString(app, "appId")
	if err := c.client.JSON(ctx, "POST", client.Graph+"/v1.0/applications/"+url.PathEscape(firstString(app, "id"))+"/addPassword", client.GraphAudience,
		map[string]any{"passwordCredential": map[string]any{"displayName": "rbac"}}, &secret); err != nil {
		return nil, err
	}
	if err := c.client.JSON(ctx, "POST", client.Graph+"/v1.0/servicePrincipals", client.GraphAudience, map[string]any{"appId": appID}, &sp); err != nil {
		return nil, err
	}
	for _, scope := range c.list("scopes") {
		c.warn("Creating '%s' role assignment under scope '%s'", c.get("role"), scope)
		sub := *c
		sub.values = map[string][]string{"role": {c.get("role")}, "scope": {scope}, "assignee-object-id": {firstString(sp, "id")}, "assignee-principal-type": {"ServicePrincipal"}}
		if _, err := assignmentCreate(ctx, &sub); err != nil {
			return nil, err
		}
	}
	c.warn("The output includes credentials that you must protect.")
	password := firstString(secret, "secretText")
	if c.truth("json-auth", false) {
		return map[string]any{"clientId": appID, "clientSecret": password, "subscriptionId": c.subscription, "tenantId": c.client.Info.TenantID,
			"activeDirectoryEndpointUrl": client.LoginURL, "resourceManagerEndpointUrl": client.Management + "/", "managementEndpointUrl": client.ManagementAudience}, nil
	}
	return map[string]any{"appId": appID, "displayName": name, "password": password, "tenant": c.client.Info.TenantID}, nil
}

func principalShow(ctx context.Context, c *call) (any, error) {
	id := c.get("id")
	found, err := pages[map[string]any](ctx, c, client.Graph+"/v1.0/servicePrincipals?$filter="+url.QueryEscape("servicePrincipalNames/any(c:c eq '"+quote(id)+"')"), client.GraphAudience)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		return found[0], nil
	}
	var sp map[string]any
	if err := c.client.JSON(ctx, "GET", client.Graph+"/v1.0/servicePrincipals/"+url.PathEscape(id), client.GraphAudience, nil, &sp); err != nil {
		return nil, err
	}
	delete(sp, "@odata.context")
	return sp, nil
}
