package az

import (
	"context"
	"encoding/base64"
)

func secretCommands() []*command {
	table := columns("Name", "name", "ContentType", "contentType", "Enabled", "attributes.enabled", "Expires", "attributes.expires")
	return []*command{
		{path: words("keyvault secret set"), summary: "Create a secret, or a new version of it.", example: "az keyvault secret set --vault-name kv-mtls -n password --file password.txt",
			args: []arg{inVault, objectName("secret"), objectID, opt("--value", "The value; @FILE reads it from a file, which keeps it out of the process list."), opt("--file -f", "File with the value.").verbatim(),
				opt("--encoding -e", "Encoding of --file.").of("utf-8", "ascii", "base64"), opt("--description --content-type", "Content type."), opt("--disabled", "Create in disabled state.").as(boolean), tagsArg}, run: secretSet},
		{path: words("keyvault secret show"), summary: "Show a secret and its value.", example: "az keyvault secret show --vault-name kv-mtls -n password --query value -o tsv",
			args: []arg{inVault, objectName("secret"), objectID, versionOf},
			run: func(ctx context.Context, c *call) (any, error) {
				out, err := c.vaultCall(ctx, "GET", "secrets", c.get("version"), nil)
				return secretView(out), err
			}},
		{path: words("keyvault secret list"), summary: "List secrets, without those that certificates manage.", example: "az keyvault secret list --vault-name kv-mtls -o table", table: table,
			args: []arg{inVault, objectID, maxArg, opt("--include-managed", "Include secrets that certificates manage.").as(boolean)}, run: secretList},
		{path: words("keyvault secret list-versions"), summary: "List the versions of a secret.", example: "az keyvault secret list-versions --vault-name kv-mtls -n password", table: table,
			args: []arg{inVault, objectName("secret"), objectID, maxArg},
			run: func(ctx context.Context, c *call) (any, error) {
				return c.vaultList(ctx, "secrets", "versions", secretView)
			}},
		{path: words("keyvault secret delete"), summary: "Delete a secret.", example: "az keyvault secret delete --vault-name kv-mtls -n password",
			args: []arg{inVault, objectName("secret"), objectID},
			run: func(ctx context.Context, c *call) (any, error) {
				out, err := c.vaultCall(ctx, "DELETE", "secrets", "", nil)
				return secretView(out), err
			}},
	}
}

func secretSet(ctx context.Context, c *call) (any, error) {
	if c.has("value") == c.has("file") {
		return nil, usagef("one of --value and --file is needed")
	}
	value := c.get("value")
	body := map[string]any{}
	tags := c.tags()
	if f := c.get("file"); f != "" {
		data, err := readFile(c.Env, f)
		if err != nil {
			return nil, usagef("argument --file: %v", err)
		}
		value = string(data)
		encoding := c.either("encoding", "utf-8")
		if encoding == "base64" {
			value = base64.StdEncoding.EncodeToString(data)
		}
		tags["file-encoding"] = encoding // as Azure CLI marks it, for `secret download`
	}
	body["value"] = value
	if t := c.get("description"); t != "" {
		body["contentType"] = t
	}
	c.attributes(body)
	if len(tags) > 0 {
		body["tags"] = tags
	}
	out, err := c.vaultCall(ctx, "PUT", "secrets", "", body)
	return secretView(out), err
}

func secretView(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	out := map[string]any{"contentType": nil, "kid": nil, "managed": nil, "tags": map[string]any{}}
	for k, v := range m {
		if k == "attributes" {
			v = attributesView(v)
		}
		out[k] = v
	}
	if id, ok := m["id"].(string); ok {
		out["name"] = nameOf(id)
	}
	return out
}

func secretList(ctx context.Context, c *call) (any, error) {
	list, err := c.vaultList(ctx, "secrets", "", secretView)
	if err != nil || c.truth("include-managed", false) {
		return list, err
	}
	kept := []map[string]any{}
	for _, s := range list.([]map[string]any) {
		if s["managed"] != true {
			kept = append(kept, s)
		}
	}
	return kept, nil
}
