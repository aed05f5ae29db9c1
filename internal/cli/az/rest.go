package az

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"

	"gatehouse/internal/client"
)

func restCommands() []*command {
	return []*command{{path: words("rest"), summary: "Send a request with a token.",
		example: `az rest -m get -u "/subscriptions/{subscriptionId}/resources?api-version=2022-09-01"`,
		args: []arg{opt("--method -m", "HTTP method.").of("delete", "get", "head", "options", "patch", "post", "put"), opt("--url --uri -u", "URL, or a path of Resource Manager.").must(),
			opt("--body -b", "The body; @FILE reads it from a file."), opt("--headers", "Space-separated headers: KEY=VALUE, or a JSON object.").as(many),
			opt("--uri-parameters --url-parameters", "Query parameters: KEY=VALUE.").as(many), opt("--resource", "Audience of the token; default by the URL's host."),
			opt("--skip-authorization-header", "Send no token.").as(flag), opt("--output-file", "File for the answer's body.")}, run: rest}}
}

func rest(ctx context.Context, c *call) (any, error) {
	u := strings.ReplaceAll(c.get("url"), "{subscriptionId}", c.subscription)
	if strings.HasPrefix(u, "/") {
		u = client.Management + u
	}
	target, err := url.Parse(u)
	if err != nil || target.Scheme != "https" || target.Host == "" {
		return nil, usagef("argument --url: %q is neither an https URL nor a path that begins with '/'", u)
	}
	params, err := pairs(c.list("uri-parameters"), "uri-parameters")
	if err != nil {
		return nil, err
	}
	if len(params) > 0 {
		q := target.Query()
		for k, v := range params {
			q.Set(k, v)
		}
		target.RawQuery = q.Encode()
	}
	headers, err := pairs(c.list("headers"), "headers")
	if err != nil {
		return nil, err
	}
	req := client.Request{Method: strings.ToUpper(c.either("method", "get")), URL: target.String(), Header: http.Header{}}
	if b := c.get("body"); b != "" {
		req.Body = []byte(b)
		if json.Valid([]byte(b)) {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	if !c.has("skip-authorization-header") && req.Header.Get("Authorization") == "" {
		if req.Audience, err = c.audience(target.Hostname()); err != nil {
			return nil, err
		}
	}
	resp, err := c.client.Do(ctx, req)
	if err != nil {
		return nil, err
	}
	if f := c.get("output-file"); f != "" {
		return nil, os.WriteFile(inDir(c.Env, f), resp.Body, 0o600)
	}
	var out any
	if err := resp.JSON(&out); err != nil {
		c.warn("Not a json response, outputting to stdout. For binary data suggest use --output-file to write to a file.")
		_, err = c.Stdout.Write(resp.Body)
		return nil, err
	}
	return out, nil
}

// audience of the token for a host. A token goes to our own names only.
func (c *call) audience(host string) (string, error) {
	if r := c.get("resource"); r != "" {
		return r, nil
	}
	host = strings.ToLower(host)
	switch {
	case host == "management.azure.com":
		return client.ManagementAudience, nil
	case host == "graph.microsoft.com":
		return client.GraphAudience, nil
	case host == "dev.azure.com":
		return client.DevOpsAudience, nil
	case strings.HasSuffix(host, client.VaultSuffix):
		return client.VaultAudience, nil
	}
	return "", usagef("Can't derive appropriate Azure AD resource from --url to acquire an access token. If access token is required, use --resource to specify the resource")
}

// pairs reads KEY=VALUE words or one JSON object.
func pairs(list []string, name string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range list {
		if strings.HasPrefix(strings.TrimSpace(s), "{") && json.Unmarshal([]byte(s), &out) == nil {
			continue
		}
		k, v, ok := strings.Cut(s, "=")
		if !ok {
			return nil, usagef("argument --%s: %q is not KEY=VALUE", name, s)
		}
		out[k] = v
	}
	return out, nil
}
