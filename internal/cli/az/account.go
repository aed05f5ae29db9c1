package az

import (
	"context"
	"errors"
	"strings"
	"time"

	"gatehouse/internal/client"
)

func accountCommands() []*command {
	return []*command{
		{path: words("login"), summary: "Sign in as a service principal, or as the built-in user.",
			example: "az login --service-principal -u APP_ID -p @secret.txt --tenant TENANT_ID",
			args: []arg{
				opt("--service-principal", "The credential represents a service principal.").as(flag),
				opt("--username -u", "Application (client) ID of the service principal."),
				opt("--password -p", "Client secret; @FILE reads it from a file, which keeps it out of the process list."),
				opt("--federated-token", "Federated token (client assertion); @FILE reads it from a file."),
				opt("--tenant -t", "The tenant."),
				opt("--allow-no-subscriptions", "Accept a principal without access to a subscription.").as(flag),
				opt("--identity -i", "Not available: use the managed identity endpoint of `gatehouse env` from an SDK.").as(flag),
			}, run: login, table: accountTable},
		{path: words("logout"), summary: "Sign out.", example: "az logout",
			args: []arg{opt("--username", "Ignored: one sign-in is kept for a tenant.")},
			run:  func(_ context.Context, c *call) (any, error) { return nil, c.client.RemoveLogin(false) }},
		{path: words("account show"), summary: "Show the subscription in use.", example: "az account show --query id -o tsv", run: accountShow, table: accountTable},
		{path: words("account list"), summary: "List subscriptions.", example: "az account list -o table", run: accountList,
			args: []arg{opt("--all", "List all subscriptions.").as(flag)}, table: accountTable},
		{path: words("account set"), summary: "Choose the subscription.", example: "az account set --subscription SUBSCRIPTION_ID",
			args: []arg{opt("--name -n -s", "Name or ID of the subscription.")}, run: accountSet},
		{path: words("account clear"), summary: "Forget all sign-ins.", example: "az account clear",
			run: func(_ context.Context, c *call) (any, error) { return nil, c.client.RemoveLogin(true) }},
		{path: words("account get-access-token"), summary: "Get a token.", example: "az account get-access-token --resource https://vault.azure.net",
			args: []arg{opt("--resource", "Audience; default Resource Manager."), opt("--scope", "Audience as a scope."), opt("--tenant -t", "The tenant.")}, run: accessToken},
		{path: words("version"), summary: "Show the version.", example: "az version", offline: true,
			run: func(_ context.Context, c *call) (any, error) {
				return map[string]any{"azure-cli": azureCLIVersion, "gatehouse": c.Version}, nil
			}},
	}
}

// azureCLIVersion is the Azure CLI whose grammar the commands follow.
const azureCLIVersion = "2.74.0"

var accountTable = columns("Name", "name", "CloudName", "environmentName", "SubscriptionId", "id", "TenantId", "tenantId", "State", "state", "IsDefault", "isDefault")

func words(s string) []string { return strings.Fields(s) }

func login(ctx context.Context, c *call) (any, error) {
	if c.has("identity") {
		return nil, usagef("argument --identity: the managed identity endpoint serves SDKs; az signs in with --service-principal")
	}
	if !c.has("service-principal") {
		if c.has("username") || c.has("password") {
			return nil, usagef("users sign in without a password here: `az login` acts as the built-in user; add --service-principal for an application")
		}
		return loginBuiltIn(ctx, c)
	}
	if c.get("username") == "" || (c.get("password") == "") == (c.get("federated-token") == "") {
		return nil, usagef("--service-principal needs --username APP_ID and one of --password and --federated-token")
	}
	l := client.Login{TenantID: c.either("tenant", c.client.Info.TenantID), SubscriptionID: c.client.Info.SubscriptionID, ClientID: c.get("username"),
		Secret: c.get("password"), Assertion: c.get("federated-token")}
	if l.TenantID == "" {
		return nil, usagef("the following arguments are required: --tenant")
	}
	if err := c.client.SaveLogin(ctx, l); err != nil {
		return nil, err
	}
	again, err := client.Open(ctx, client.Options{Data: c.get("data"), Dir: c.Dir, Getenv: c.Getenv})
	if err != nil {
		return nil, err
	}
	defer again.Close()
	c.client = again
	subs, err := c.subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	if len(subs) == 0 && !c.has("allow-no-subscriptions") {
		err := errors.New("no subscriptions found for " + l.ClientID + "; give it a role, or sign in with --allow-no-subscriptions")
		return nil, errors.Join(err, c.client.RemoveLogin(false))
	}
	if l.SubscriptionID == "" && len(subs) > 0 {
		l.SubscriptionID = subs[0].SubscriptionID
		if err := c.client.SaveLogin(ctx, l); err != nil {
			return nil, err
		}
		c.client.Info.SubscriptionID = l.SubscriptionID
	}
	return c.accounts(ctx, subs)
}

func loginBuiltIn(ctx context.Context, c *call) (any, error) {
	if c.client.Data() == "" {
		return nil, client.ErrSignedOut
	}
	if err := c.client.RemoveLogin(false); err != nil {
		return nil, err
	}
	again, err := client.Open(ctx, client.Options{Data: c.get("data"), Dir: c.Dir, Getenv: c.Getenv})
	if err != nil {
		return nil, err
	}
	defer again.Close()
	c.client = again
	return accountList(ctx, c)
}

type subscription struct {
	SubscriptionID string `json:"subscriptionId"`
	DisplayName    string `json:"displayName"`
	State          string `json:"state"`
	TenantID       string `json:"tenantId"`
}

func (c *call) subscriptions(ctx context.Context) ([]subscription, error) {
	return listAll[subscription](ctx, c, "/subscriptions", "2022-12-01")
}

func (c *call) accounts(ctx context.Context, subs []subscription) ([]map[string]any, error) {
	user, err := c.userEntry(ctx)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, s := range subs {
		tenant := s.TenantID
		if tenant == "" {
			tenant = c.client.Info.TenantID
		}
		list = append(list, map[string]any{"cloudName": "AzureCloud", "environmentName": "AzureCloud", "homeTenantId": tenant, "id": s.SubscriptionID,
			"isDefault": strings.EqualFold(s.SubscriptionID, c.chosenSubscription()), "name": s.DisplayName, "state": s.State, "tenantId": tenant, "user": user})
	}
	return list, nil
}

func (c *call) userEntry(ctx context.Context) (map[string]any, error) {
	if l := c.client.Login(); l != nil {
		return map[string]any{"name": l.ClientID, "type": "servicePrincipal"}, nil
	}
	me, err := signedInUser(ctx, c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"name": me["userPrincipalName"], "type": "user"}, nil
}

func accountList(ctx context.Context, c *call) (any, error) {
	subs, err := c.subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	return c.accounts(ctx, subs)
}

func accountShow(ctx context.Context, c *call) (any, error) {
	subs, err := c.subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range subs {
		if strings.EqualFold(s.SubscriptionID, c.subscription) || strings.EqualFold(s.DisplayName, c.subscription) {
			list, err := c.accounts(ctx, []subscription{s})
			if err != nil {
				return nil, err
			}
			return list[0], nil
		}
	}
	return nil, &notFoundError{"Subscription '" + c.subscription + "' not found. Check the spelling and casing and try again; `az account list` lists yours."}
}

func accountSet(ctx context.Context, c *call) (any, error) {
	want := c.either("name", c.get("subscription"))
	if want == "" {
		return nil, usagef("the following arguments are required: --subscription/-s/--name/-n")
	}
	c.subscription = want
	shown, err := accountShow(ctx, c)
	if err != nil {
		return nil, err
	}
	if l := c.client.Login(); l != nil {
		changed := *l
		changed.SubscriptionID = shown.(map[string]any)["id"].(string)
		return nil, c.client.SaveLogin(ctx, changed)
	}
	return nil, nil
}

func accessToken(ctx context.Context, c *call) (any, error) {
	audience := c.either("resource", strings.TrimSuffix(c.get("scope"), "/.default"))
	if audience == "" {
		audience = client.ManagementAudience
	}
	token, expires, err := c.client.TokenWithExpiry(ctx, audience)
	if err != nil {
		return nil, err
	}
	return map[string]any{"accessToken": token, "expiresOn": expires.Local().Format("2006-01-02 15:04:05.000000"), "expires_on": expires.Unix(),
		"subscription": c.subscription, "tenant": c.client.Info.TenantID, "tokenType": "Bearer"}, nil
}

// listAll follows nextLink to the last page of a Resource Manager list.
func listAll[T any](ctx context.Context, c *call, path, apiVersion string) ([]T, error) {
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	return pages[T](ctx, c, client.Management+path+sep+"api-version="+apiVersion, client.ManagementAudience)
}

// pages follows nextLink from url.
func pages[T any](ctx context.Context, c *call, url, audience string) ([]T, error) {
	all := []T{}
	for url != "" {
		var page struct {
			Value    []T    `json:"value"`
			NextLink string `json:"nextLink"`
			Next     string `json:"@odata.nextLink"`
		}
		if err := c.client.JSON(ctx, "GET", url, audience, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		url = page.NextLink + page.Next
	}
	return all, nil
}

// rfc3339 renders Unix seconds as Azure CLI shows times.
func rfc3339(v any) any {
	if f, ok := v.(float64); ok {
		return time.Unix(int64(f), 0).UTC().Format("2006-01-02T15:04:05-07:00")
	}
	return v
}
