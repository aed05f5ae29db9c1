package az

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"unicode"

	"gatehouse/internal/client"
)

var (
	inVault   = opt("--vault-name", "Name of the Key Vault.")
	objectID  = opt("--id", "Identifier of the object; instead of --vault-name and --name.")
	versionOf = opt("--version -v", "The version; default the current one.")
	maxArg    = opt("--maxresults", "Maximum number of results to return.")
)

func objectName(what string) arg { return opt("--name -n", "Name of the "+what+".") }

func certificateCommands() []*command {
	list := columns("Name", "name", "Enabled", "attributes.enabled", "Expires", "attributes.expires", "Thumbprint", "x509ThumbprintHex")
	return []*command{
		{path: words("keyvault certificate import"), summary: "Import a certificate with its private key: a PFX or PEM file.",
			example: "az keyvault certificate import --vault-name kv-mtls -n client --file client.pfx --password @password.txt",
			args: []arg{inVault, objectName("certificate"), objectID, opt("--file -f", "PFX or PEM file with certificate and private key.").must().verbatim(), opt("--password", "Password of the file; @FILE reads it from a file."),
				opt("--policy -p", "Certificate policy in the CLI's JSON; @FILE reads it from a file."), opt("--disabled", "Import in disabled state.").as(boolean), tagsArg}, run: certificateImport},
		{path: words("keyvault certificate create"), summary: "Create a certificate by a policy.",
			example: "az keyvault certificate create --vault-name kv-mtls -n client -p @policy.json",
			args: []arg{inVault, objectName("certificate"), objectID, opt("--policy -p", "Certificate policy in the CLI's JSON; @FILE reads it from a file.").must(),
				opt("--validity", "Months for which the certificate is valid."), opt("--disabled", "Create in disabled state.").as(boolean), tagsArg}, run: certificateCreate},
		{path: words("keyvault certificate list"), summary: "List certificates.", example: "az keyvault certificate list --vault-name kv-mtls -o table", table: list,
			args: []arg{inVault, objectID, maxArg, opt("--include-pending", "Include certificates that are not complete.").as(boolean)}, run: certificateList},
		{path: words("keyvault certificate list-versions"), summary: "List the versions of a certificate.", example: "az keyvault certificate list-versions --vault-name kv-mtls -n client", table: list,
			args: []arg{inVault, objectName("certificate"), objectID, maxArg}, run: certificateVersions},
		{path: words("keyvault certificate show"), summary: "Show a certificate.", example: "az keyvault certificate show --vault-name kv-mtls -n client --query sid -o tsv",
			args: []arg{inVault, objectName("certificate"), objectID, versionOf},
			run: func(ctx context.Context, c *call) (any, error) {
				out, err := c.vaultCall(ctx, "GET", "certificates", c.get("version"), nil)
				return certificateView(out), err
			}},
		{path: words("keyvault certificate delete"), summary: "Delete a certificate with its key and secret.", example: "az keyvault certificate delete --vault-name kv-mtls -n client",
			args: []arg{inVault, objectName("certificate"), objectID},
			run: func(ctx context.Context, c *call) (any, error) {
				out, err := c.vaultCall(ctx, "DELETE", "certificates", "", nil)
				return certificateView(out), err
			}},
		{path: words("keyvault certificate get-default-policy"), summary: "Print the default policy for self-signed certificates.", example: "az keyvault certificate get-default-policy > policy.json",
			args: []arg{opt("--scaffold", "Print the policy with every property.").as(flag)}, offline: true,
			run: func(context.Context, *call) (any, error) { return json.RawMessage(defaultPolicy), nil }},
	}
}

const defaultPolicy = `{"issuerParameters":{"certificateTransparency":null,"name":"Self"},"keyProperties":{"curve":null,"exportable":true,"keySize":2048,"keyType":"RSA","reuseKey":true},` +
	`"lifetimeActions":[{"action":{"actionType":"AutoRenew"},"trigger":{"daysBeforeExpiry":90}}],"secretProperties":{"contentType":"application/x-pkcs12"},` +
	`"x509CertificateProperties":{"keyUsage":["cRLSign","dataEncipherment","digitalSignature","keyEncipherment","keyAgreement","keyCertSign"],"subject":"CN=CLIGetDefaultPolicy","validityInMonths":12}}`

// objectURL is the data-plane URL of the object that --id or --vault-name and --name say.
func (c *call) objectURL(kind, version string) (string, error) {
	if id := c.get("id"); id != "" {
		u, err := url.Parse(id)
		if err != nil || u.Scheme != "https" || !strings.HasSuffix(u.Hostname(), client.VaultSuffix) || !strings.HasPrefix(u.Path, "/"+kind+"/") {
			return "", usagef("argument --id: %q is not https://VAULT%s/%s/NAME[/VERSION]", id, client.VaultSuffix, kind)
		}
		return strings.TrimRight(id, "/"), nil
	}
	if c.get("vault-name") == "" || c.get("name") == "" {
		return "", usagef("the following arguments are required: --name/-n --vault-name, or --id\n\nExample:\n  %s", c.cmd.example)
	}
	u := c.vaultURL() + "/" + kind + "/" + url.PathEscape(c.get("name"))
	if version != "" {
		u += "/" + url.PathEscape(version)
	}
	return u, nil
}

func (c *call) vaultURL() string {
	return "https://" + strings.ToLower(c.get("vault-name")) + client.VaultSuffix
}

// vaultCall sends one data-plane request about the object; suffix is a version or a verb.
func (c *call) vaultCall(ctx context.Context, method, kind, suffix string, body any) (map[string]any, error) {
	u, err := c.objectURL(kind, suffix)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, c.client.JSON(ctx, method, u+"?api-version="+vaultAPI, client.VaultAudience, body, &out)
}

func certificateImport(ctx context.Context, c *call) (any, error) {
	data, err := readFile(c.Env, c.get("file"))
	if err != nil {
		return nil, usagef("argument --file: %v", err)
	}
	if len(data) == 0 {
		return nil, usagef("argument --file: %s is empty; it must be a PFX or PEM file", c.get("file"))
	}
	body := map[string]any{}
	policy, err := c.policy()
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(data), "-----BEGIN ") {
		body["value"] = string(data)
		policy = withContentType(policy, "application/x-pem-file")
	} else {
		body["value"] = base64.StdEncoding.EncodeToString(data)
		policy = withContentType(policy, "application/x-pkcs12")
	}
	body["policy"] = policy
	if p := c.get("password"); p != "" {
		body["pwd"] = p
	}
	c.attributes(body)
	c.verbose("importing %s", c.get("file"))
	out, err := c.vaultCall(ctx, "POST", "certificates", "import", body)
	return certificateView(out), err
}

func (c *call) attributes(body map[string]any) {
	if c.has("disabled") {
		body["attributes"] = map[string]any{"enabled": !c.truth("disabled", false)}
	}
	if c.has("tags") {
		body["tags"] = c.tags()
	}
}

func withContentType(policy map[string]any, contentType string) map[string]any {
	if policy == nil {
		policy = map[string]any{}
	}
	if _, ok := policy["secret_props"]; !ok {
		policy["secret_props"] = map[string]any{"contentType": contentType}
	}
	return policy
}

// policy reads --policy. A value that names a file without "@" is read too, as people expect.
func (c *call) policy() (map[string]any, error) {
	text := c.get("policy")
	if text == "" {
		return nil, nil
	}
	if b, err := os.ReadFile(inDir(c.Env, text)); err == nil && !strings.HasPrefix(strings.TrimSpace(text), "{") {
		text = string(b)
	}
	var p map[string]any
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, usagef("argument --policy: not a JSON object: %v", err)
	}
	return wirePolicy(p)
}

// policyNames pairs the CLI's names with the wire's; the rest differs in nothing but case.
var policyNames = [][2]string{
	{"issuerParameters", "issuer"}, {"keyProperties", "key_props"}, {"secretProperties", "secret_props"},
	{"x509CertificateProperties", "x509_props"}, {"lifetimeActions", "lifetime_actions"}, {"attributes", "attributes"}, {"id", "id"},
	// below
	{"certificateTransparency", "cert_transparency"}, {"certificateType", "cty"}, {"name", "name"},
	{"curve", "crv"}, {"exportable", "exportable"}, {"keySize", "key_size"}, {"keyType", "kty"}, {"reuseKey", "reuse_key"},
	{"contentType", "contentType"}, {"ekus", "ekus"}, {"keyUsage", "key_usage"}, {"subject", "subject"}, {"validityInMonths", "validity_months"},
	{"subjectAlternativeNames", "sans"}, {"dnsNames", "dns_names"}, {"emails", "emails"}, {"upns", "upns"},
	{"action", "action"}, {"actionType", "action_type"}, {"trigger", "trigger"}, {"daysBeforeExpiry", "days_before_expiry"}, {"lifetimePercentage", "lifetime_percentage"},
	{"created", "created"}, {"enabled", "enabled"}, {"updated", "updated"}, {"expires", "exp"}, {"notBefore", "nbf"}, {"recoveryLevel", "recoveryLevel"}, {"recoverableDays", "recoverableDays"},
}

// wirePolicy renames the CLI's camelCase; names that neither side has are refused. Nulls are dropped.
func wirePolicy(p map[string]any) (map[string]any, error) {
	out, err := rename(p, 0, 1)
	if err != nil {
		return nil, err
	}
	m := out.(map[string]any)
	delete(m, "id")
	delete(m, "attributes")
	return m, nil
}

func rename(v any, from, to int) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, val := range v {
			name, ok := renamed(k, from, to)
			if !ok {
				var known []string
				for _, n := range policyNames {
					known = append(known, n[from])
				}
				return nil, usagef("argument --policy: unknown property '%s'; did you mean '%s'?", k, Nearest(k, known))
			}
			inner, err := rename(val, from, to)
			if err != nil {
				return nil, err
			}
			if inner != nil || to == 0 {
				out[name] = inner
			}
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = rename(v[i], from, to); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

func renamed(k string, from, to int) (string, bool) {
	for _, n := range policyNames {
		if n[from] == k || n[to] == k {
			return n[to], true
		}
	}
	if from == 1 { // what the server may add is shown in camelCase
		return camel(k), true
	}
	return "", false
}

func camel(s string) string {
	var b strings.Builder
	up := false
	for _, r := range s {
		switch {
		case r == '_':
			up = true
			continue
		case up:
			r = unicode.ToUpper(r)
		}
		up = false
		b.WriteRune(r)
	}
	return b.String()
}

// certificateView is a certificate, list item or operation as Azure CLI shows it.
func certificateView(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	out := map[string]any{}
	for k, v := range m {
		switch k {
		case "x5t":
			out["x509Thumbprint"] = v
			if s, ok := v.(string); ok {
				if b, err := base64.RawURLEncoding.DecodeString(s); err == nil {
					out["x509ThumbprintHex"] = strings.ToUpper(hex.EncodeToString(b))
				}
			}
		case "attributes":
			out[k] = attributesView(v)
		case "policy":
			p, err := rename(v, 1, 0)
			if err != nil {
				p = v
			}
			out[k] = p
		default:
			out[camel(k)] = v
		}
	}
	if id, ok := m["id"].(string); ok {
		out["name"] = nameOf(id)
	}
	return out
}

func attributesView(v any) any {
	a, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := map[string]any{}
	for k, v := range a {
		switch k {
		case "exp":
			out["expires"] = rfc3339(v)
		case "nbf":
			out["notBefore"] = rfc3339(v)
		case "created", "updated":
			out[k] = rfc3339(v)
		default:
			out[k] = v
		}
	}
	return out
}

// nameOf is NAME in https://VAULT/KIND/NAME[/VERSION].
func nameOf(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) < 5 {
		return ""
	}
	return parts[4]
}

func certificateCreate(ctx context.Context, c *call) (any, error) {
	policy, err := c.policy()
	if err != nil {
		return nil, err
	}
	if v := c.get("validity"); v != "" {
		x, _ := policy["x509_props"].(map[string]any)
		if x == nil {
			x = map[string]any{}
			policy["x509_props"] = x
		}
		x["validity_months"] = json.Number(v)
	}
	body := map[string]any{"policy": policy}
	c.attributes(body)
	op, err := c.vaultCall(ctx, "POST", "certificates", "create", body)
	if err != nil {
		return nil, err
	}
	for op["status"] == "inProgress" {
		if issuer, _ := at(op, "issuer.name").(string); strings.EqualFold(issuer, "Unknown") {
			c.warn("the certificate waits for its CSR to be signed and merged")
			break
		}
		if err := pause(ctx, pollInterval); err != nil {
			return nil, err
		}
		if op, err = c.vaultCall(ctx, "GET", "certificates", "pending", nil); err != nil {
			return nil, err
		}
	}
	return certificateView(op), nil
}

func certificateList(ctx context.Context, c *call) (any, error) {
	return c.vaultList(ctx, "certificates", "", certificateView)
}

func certificateVersions(ctx context.Context, c *call) (any, error) {
	return c.vaultList(ctx, "certificates", "versions", certificateView)
}

// vaultList lists the objects of a kind, or with suffix "versions" those of --name.
func (c *call) vaultList(ctx context.Context, kind, suffix string, view func(map[string]any) map[string]any) (any, error) {
	u := ""
	if suffix != "" {
		var err error
		if u, err = c.objectURL(kind, suffix); err != nil {
			return nil, err
		}
	} else {
		if c.get("vault-name") == "" {
			return nil, usagef("the following arguments are required: --vault-name\n\nExample:\n  %s", c.cmd.example)
		}
		u = c.vaultURL() + "/" + kind
	}
	items, err := pages[map[string]any](ctx, c, u+"?api-version="+vaultAPI, client.VaultAudience)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, i := range items {
		out = append(out, view(i))
	}
	return out, nil
}
