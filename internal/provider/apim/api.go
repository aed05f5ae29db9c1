package apim

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/arm"
)

var (
	apiKnown = []string{"displayName", "description", "path", "serviceUrl", "protocols", "subscriptionRequired", "subscriptionKeyParameterNames", "type", "apiType",
		"apiRevision", "apiRevisionDescription", "isCurrent", "apiVersion", "apiVersionDescription", "apiVersionSetId", "sourceApiId", "authenticationSettings", "contact", "license", "termsOfServiceUrl"}
	apiComputed = []string{"isOnline", "provisioningState"}
	pathForm    = regexp.MustCompile(`^[A-Za-z0-9\-._~/!$'()*+,;=:@%]*$`)
)

// putAPI follows https://learn.microsoft.com/rest/api/apimanagement/apis/create-or-update.
// With 'format' and 'value' it imports a definition (import.go).
func (p *Provider) putAPI(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	imported := p.readImport(ctx, f, r)
	f.only(apiKnown, apiComputed)
	siblings, err := p.checkRevision(ctx, f, r)
	if err != nil {
		return nil, err
	}
	root, err := rootID(r.ID)
	if err != nil {
		return nil, err
	}
	if made.Properties["displayName"] == nil {
		made.Properties["displayName"] = root.Name()
	}
	f.text("displayName", true, 300)
	f.text("description", false, 0)
	if err := p.checkVersion(ctx, f, r); err != nil {
		return nil, err
	}
	from, err := p.source(ctx, f, r)
	if err != nil {
		return nil, err
	}
	path := checkPath(f)
	socket := false
	for _, name := range []string{"type", "apiType"} {
		if made.Properties[name] != nil {
			socket = f.oneOf(name, "http", "http", "websocket") == "websocket" || socket
		}
	}
	if socket {
		checkSocket(f)
	} else {
		checkURL(f, "serviceUrl", false)
		checkProtocols(f)
	}
	f.flag("subscriptionRequired", true)
	checkKeyNames(f)
	if err := f.err(); err != nil {
		return nil, err
	}
	made.Properties["path"], made.ID = path, r.ID
	if r.Steps, err = p.stepsOf(ctx, r, from, imported, socket); err != nil || !isCurrent(made) {
		return made, err // the path belongs to the API
	}
	if err := p.moveSiblings(r, siblings, made); err != nil {
		return nil, err
	}
	before := ""
	if r.Existing != nil {
		before = pathClaim(r.Existing)
	}
	return made, p.claimFor(ctx, r, root, before, pathClaim(made), func(owner string) error {
		return fieldError("path", "Cannot create API '"+root.Name()+"' with the same Path '"+path+"' as API '"+owner[strings.LastIndexByte(owner, '/')+1:]+"'.")
	})
}

func pathClaim(r *arm.Resource) string {
	s := "path " + serviceOf(r.ID).Key() + " " + strings.Trim(text(r, "path"), "/")
	if set := text(r, "apiVersionSetId"); set != "" {
		s += " " + text(r, "apiVersion") // versions share a path
	}
	return s
}

// checkPath takes the API URL suffix; it may be empty, but has to be said.
func checkPath(f *fields) string {
	path := f.text("path", false, 400)
	if f.m["path"] == nil {
		f.wrong("path", "'path' must be given; it may be empty for one API of the service.")
	}
	if !pathForm.MatchString(path) || strings.Contains(path, "//") || slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool { return s == "." || s == ".." }) {
		f.wrong("path", "'path' must be a URL path without a query, for example orders/v1, not '%s'.", path)
	}
	return strings.Trim(path, "/")
}

// checkSocket is for WebSocket APIs: https://learn.microsoft.com/azure/api-management/websocket-api
func checkSocket(f *fields) {
	if s := f.text("serviceUrl", false, 2000); s != "" {
		if u, err := url.Parse(s); err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			f.wrong("serviceUrl", "'serviceUrl' must be an absolute ws or wss URL, for example wss://backend.example.com/events.")
		}
	}
	list := f.texts("protocols")
	if len(list) == 0 {
		f.m["protocols"] = []any{"wss"}
		return
	}
	for _, e := range list {
		if e != "ws" && e != "wss" {
			f.wrong("protocols", "'protocols' of a WebSocket API may hold ws and wss, not '%s'.", e)
		}
	}
}

func checkProtocols(f *fields) {
	list := f.texts("protocols")
	if len(list) == 0 {
		f.m["protocols"] = []any{"https"}
		return
	}
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = strings.ToLower(e)
		if out[i] != "http" && out[i] != "https" {
			f.wrong("protocols", "'protocols' may hold http and https, not '%s'.", e)
		}
	}
	f.m["protocols"] = out
}

// checkKeyNames sets the default names of the header and query parameter with the key.
func checkKeyNames(f *fields) {
	o, ok := f.object("subscriptionKeyParameterNames")
	if !ok {
		f.m["subscriptionKeyParameterNames"] = map[string]any{"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}
		return
	}
	o.only([]string{"header", "query"}, nil)
	for name, otherwise := range map[string]string{"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"} {
		if o.text(name, false, 100) == "" {
			o.m[name] = otherwise
		}
	}
}

// normalThumbprint is upper-case hex without what people copy along.
func normalThumbprint(s string) string {
	return strings.ToUpper(strings.Map(func(c rune) rune {
		if strings.ContainsRune("0123456789abcdefABCDEF", c) {
			return c
		}
		return -1
	}, s))
}

func isPolicy(typ string) bool {
	return slices.ContainsFunc([]string{TypePolicies, TypeProductPolicies, TypeAPIPolicies, TypeOperationPolicies}, func(t string) bool { return strings.EqualFold(t, typ) })
}
