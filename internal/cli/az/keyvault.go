package az

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"gatehouse/internal/client"
)

const (
	vaultsAPI = "2023-07-01"
	vaultAPI  = "7.4" // data plane
)

var vaultName = opt("--name -n", "Name of the Key Vault.")

func keyvaultCommands() []*command {
	table := columns("Location", "location", "Name", "name", "ResourceGroup", "resourceGroup")
	return []*command{
		{path: words("keyvault create"), summary: "Create a Key Vault; RBAC authorization is on by default.", example: "az keyvault create -n kv-mtls -g rg-mtls -l westeurope",
			args: []arg{vaultName.must(), groupArg.must(), locationArg, tagsArg, opt("--sku", "SKU.").of("standard", "premium"),
				opt("--enable-rbac-authorization", "Authorise data actions by role assignments (default true).").as(boolean),
				opt("--retention-days", "Soft delete data retention days, 7 to 90."),
				opt("--enable-purge-protection", "Protect against purge.").as(boolean),
				opt("--default-action", "Network rule when no other matches.").of("Allow", "Deny"),
				opt("--bypass", "Traffic that passes the network rules.").of("AzureServices", "None"),
				opt("--network-acls-ips", "Addresses or ranges that are allowed.").as(many), noWaitArg}, run: keyvaultCreate, table: table},
		{path: words("keyvault show"), summary: "Show a Key Vault.", example: "az keyvault show -n kv-mtls", args: []arg{vaultName.must(), groupArg}, run: keyvaultShow, table: table},
		{path: words("keyvault list"), summary: "List Key Vaults.", example: "az keyvault list -o table", args: []arg{groupArg}, run: keyvaultList, table: table},
		{path: words("keyvault delete"), summary: "Delete a Key Vault; it can be recovered until it is purged.", example: "az keyvault delete -n kv-mtls",
			args: []arg{vaultName.must(), groupArg, noWaitArg}, run: keyvaultDelete},
		{path: words("keyvault purge"), summary: "Delete a deleted Key Vault for ever.", example: "az keyvault purge -n kv-mtls",
			args: []arg{vaultName.must(), locationArg, noWaitArg}, run: keyvaultPurge},
		{path: words("keyvault list-deleted"), summary: "List deleted Key Vaults.", example: "az keyvault list-deleted",
			run: func(ctx context.Context, c *call) (any, error) {
				return listAll[map[string]any](ctx, c, "/subscriptions/"+c.subscription+"/providers/Microsoft.KeyVault/deletedVaults", vaultsAPI)
			}},
	}
}

func (c *call) vaultPath() string {
	return c.groupPath(c.get("resource-group")) + "/providers/Microsoft.KeyVault/vaults/" + url.PathEscape(c.get("name"))
}

func keyvaultCreate(ctx context.Context, c *call) (any, error) {
	location := c.get("location")
	if location == "" {
		group, err := c.getARM(ctx, c.groupPath(c.get("resource-group")), resourcesAPI)
		if err != nil {
			return nil, err
		}
		location, _ = group["location"].(string)
	}
	props := map[string]any{"tenantId": c.client.Info.TenantID, "sku": map[string]any{"family": "A", "name": c.either("sku", "standard")},
		"enableRbacAuthorization": c.truth("enable-rbac-authorization", true), "accessPolicies": []any{}, "enableSoftDelete": true}
	if d := c.get("retention-days"); d != "" {
		n, err := strconv.Atoi(d)
		if err != nil {
			return nil, usagef("argument --retention-days: invalid int value: '%s'", d)
		}
		props["softDeleteRetentionInDays"] = n
	}
	if c.truth("enable-purge-protection", false) {
		props["enablePurgeProtection"] = true
	}
	if c.has("default-action") || c.has("bypass") || c.has("network-acls-ips") {
		rules := []any{}
		for _, ip := range c.list("network-acls-ips") {
			rules = append(rules, map[string]any{"value": ip})
		}
		props["networkAcls"] = map[string]any{"defaultAction": c.either("default-action", "Allow"), "bypass": c.either("bypass", "AzureServices"), "ipRules": rules}
	}
	body := map[string]any{"location": location, "properties": props}
	if c.has("tags") {
		body["tags"] = c.tags()
	}
	// Azure CLI refuses to change an existing vault by create.
	if _, err := c.getARM(ctx, c.vaultPath(), vaultsAPI); err == nil {
		return nil, fmt.Errorf("(VaultAlreadyExists) The vault '%s' already exists in resource group '%s'; deploy a template to change it", c.get("name"), c.get("resource-group"))
	}
	var out map[string]any
	if err := c.client.ARM(ctx, "PUT", c.vaultPath(), vaultsAPI, body, &out); err != nil {
		return nil, err
	}
	return withGroup(out), nil
}

// truth is a boolean argument: the flag alone means true.
func (c *call) truth(name string, otherwise bool) bool {
	if !c.has(name) {
		return otherwise
	}
	return !strings.EqualFold(c.get(name), "false")
}

// withGroup adds resourceGroup, as Azure CLI does.
func withGroup(resource map[string]any) map[string]any {
	id, _ := resource["id"].(string)
	parts := strings.Split(id, "/")
	for i := 0; i+1 < len(parts); i++ {
		if strings.EqualFold(parts[i], "resourceGroups") {
			resource["resourceGroup"] = parts[i+1]
		}
	}
	return resource
}

// vaultID finds a vault by its name, as Azure CLI does without a group.
func (c *call) vaultID(ctx context.Context, name string) (string, error) {
	if c.get("resource-group") != "" {
		return c.groupPath(c.get("resource-group")) + "/providers/Microsoft.KeyVault/vaults/" + url.PathEscape(name), nil
	}
	filter := url.QueryEscape("resourceType eq 'Microsoft.KeyVault/vaults' and name eq '" + quote(name) + "'")
	found, err := listAll[map[string]any](ctx, c, "/subscriptions/"+c.subscription+"/resources?$filter="+filter, resourcesAPI)
	if err != nil {
		return "", err
	}
	for _, r := range found {
		if n, _ := r["name"].(string); strings.EqualFold(n, name) {
			id, _ := r["id"].(string)
			return id, nil
		}
	}
	return "", &notFoundError{"(ResourceNotFound) The Resource 'Microsoft.KeyVault/vaults/" + name + "' not found within subscription " + c.subscription + "."}
}

func keyvaultShow(ctx context.Context, c *call) (any, error) {
	id, err := c.vaultID(ctx, c.get("name"))
	if err != nil {
		return nil, err
	}
	out, err := c.getARM(ctx, id, vaultsAPI)
	if err != nil {
		return nil, err
	}
	return withGroup(out), nil
}

func keyvaultList(ctx context.Context, c *call) (any, error) {
	scope := "/subscriptions/" + c.subscription
	if g := c.get("resource-group"); g != "" {
		scope = c.groupPath(g)
	}
	list, err := listAll[map[string]any](ctx, c, scope+"/providers/Microsoft.KeyVault/vaults", vaultsAPI)
	for _, v := range list {
		withGroup(v)
	}
	return list, err
}

func keyvaultDelete(ctx context.Context, c *call) (any, error) {
	id, err := c.vaultID(ctx, c.get("name"))
	if err != nil {
		return nil, err
	}
	return nil, c.deleteARM(ctx, id, vaultsAPI)
}

func keyvaultPurge(ctx context.Context, c *call) (any, error) {
	location := c.get("location")
	if location == "" {
		deleted, err := listAll[map[string]any](ctx, c, "/subscriptions/"+c.subscription+"/providers/Microsoft.KeyVault/deletedVaults", vaultsAPI)
		if err != nil {
			return nil, err
		}
		for _, v := range deleted {
			if n, _ := v["name"].(string); strings.EqualFold(n, c.get("name")) {
				location, _ = at(v, "properties.location").(string)
			}
		}
		if location == "" {
			return nil, &notFoundError{"No deleted Vault or HSM was found with name " + c.get("name")}
		}
	}
	path := "/subscriptions/" + c.subscription + "/providers/Microsoft.KeyVault/locations/" + url.PathEscape(location) + "/deletedVaults/" + url.PathEscape(c.get("name")) + "/purge"
	resp, err := c.client.Do(ctx, client.Request{Method: "POST", URL: client.Management + path + "?api-version=" + vaultsAPI, Audience: client.ManagementAudience})
	if err != nil || c.has("no-wait") {
		return nil, err
	}
	return nil, c.wait(ctx, resp)
}
