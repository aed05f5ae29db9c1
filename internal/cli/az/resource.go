package az

import (
	"context"
	"net/url"
	"strings"
)

func resourceCommands() []*command {
	return []*command{
		{path: words("resource list"), summary: "List resources.", example: "az resource list -g rg-mtls -o table",
			args:  []arg{groupArg, opt("--resource-type", "Type, e.g. Microsoft.KeyVault/vaults."), opt("--name -n", "Name.")},
			table: columns("Name", "name", "ResourceGroup", "resourceGroup", "Location", "location", "Type", "type"), run: resourceList},
	}
}

func resourceList(ctx context.Context, c *call) (any, error) {
	path := "/subscriptions/" + c.subscription + "/resources"
	if g := c.get("resource-group"); g != "" {
		path = c.groupPath(g) + "/resources"
	}
	var filters []string
	if t := c.get("resource-type"); t != "" {
		filters = append(filters, "resourceType eq '"+quote(t)+"'")
	}
	if n := c.get("name"); n != "" {
		filters = append(filters, "name eq '"+quote(n)+"'")
	}
	if len(filters) > 0 {
		path += "?$filter=" + url.QueryEscape(strings.Join(filters, " and "))
	}
	list, err := listAll[map[string]any](ctx, c, path, resourcesAPI)
	for _, r := range list {
		withGroup(r)
	}
	return list, err
}
