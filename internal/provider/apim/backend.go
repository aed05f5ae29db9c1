package apim

import (
	"context"
	"net/url"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// putBackend follows https://learn.microsoft.com/rest/api/apimanagement/backend/create-or-update.
func (p *Provider) putBackend(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"title", "description", "resourceId", "url", "protocol", "credentials", "tls", "type", "pool", "circuitBreaker", "proxy"}, nil)
	f.text("title", false, 300)
	f.text("description", false, 2000)
	f.text("resourceId", false, 2000)
	checkBreaker(f)
	if made.Properties["type"] != nil && f.oneOf("type", "Single", "Single", "Pool") == "Pool" {
		if err := p.checkPool(ctx, f, r.ID); err != nil {
			return nil, err
		}
		if made.Properties["proxy"] != nil {
			f.wrong("proxy", "'proxy' belongs to the backends of a pool, not to the pool.")
		}
		return made, f.err()
	}
	if made.Properties["pool"] != nil {
		f.wrong("pool", "'pool' needs the type Pool.")
	}
	f.oneOf("protocol", "", "http", "soap")
	checkURL(f, "url", true)
	if tls, ok := f.object("tls"); ok {
		tls.only([]string{"validateCertificateChain", "validateCertificateName"}, nil)
		tls.flag("validateCertificateChain", true)
		tls.flag("validateCertificateName", true)
	}
	checkProxy(f)
	certificates, err := p.checkCredentials(ctx, f, serviceOf(r.ID))
	if err != nil {
		return nil, err
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	if certificates != nil {
		made.Properties["credentials"].(map[string]any)["certificateIds"] = certificates
	}
	return made, nil
}

// checkURL wants an absolute http or https URL.
func checkURL(f *fields, name string, required bool) {
	s := f.text(name, required, 2000)
	if s == "" {
		return
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		f.wrong(name, "'%s' must be an absolute http or https URL, for example https://backend.example.com/v1.", f.at+name)
	}
}

// checkProxy wants the URL of a proxy that is spoken to in clear text: TLS to the backend goes through it.
func checkProxy(f *fields) {
	proxy, ok := f.object("proxy")
	if !ok {
		return
	}
	proxy.only([]string{"url", "username", "password"}, nil)
	checkURL(proxy, "url", true)
	if s, _ := proxy.m["url"].(string); strings.HasPrefix(strings.ToLower(s), "https:") {
		proxy.wrong("url", "'proxy.url' must begin with http://: a proxy over TLS is not supported by this server.")
	}
	proxy.text("username", false, 1000)
	if proxy.text("password", false, 1000) != "" && proxy.m["username"] == nil {
		proxy.wrong("username", "'proxy.password' needs 'proxy.username'.")
	}
}

// checkCredentials checks that the certificates are there; their IDs are kept as full ones.
func (p *Provider) checkCredentials(ctx context.Context, f *fields, service resourceid.ID) ([]any, error) {
	c, ok := f.object("credentials")
	if !ok {
		return nil, nil
	}
	c.only([]string{"certificateIds", "certificate", "header", "query", "authorization"}, nil)
	c.textMap("header")
	c.textMap("query")
	if a, ok := c.object("authorization"); ok {
		a.only([]string{"scheme", "parameter"}, nil)
		a.text("scheme", true, 100)
		a.text("parameter", true, 4096)
	}
	if err := p.checkThumbprints(ctx, c, service); err != nil {
		return nil, err
	}
	var ids []any
	for _, ref := range c.texts("certificateIds") {
		id, ok := mine(service, "certificates", ref)
		if !ok {
			c.wrong("certificateIds", "'%s' is not a certificate of the service '%s': use the ID of a %s resource.", ref, service.Name(), TypeCertificates)
			continue
		}
		found, err := p.arm.Stored(ctx, id)
		if err != nil {
			return nil, err
		}
		if found == nil {
			c.wrong("certificateIds", "Certificate with id '%s' not found.", id.Name())
			continue
		}
		if err := holdsKey(found); err != nil {
			return nil, err
		}
		ids = append(ids, found.ID.String())
	}
	return ids, nil
}

// holdsKey refuses public certificates: nothing can be signed with them.
func holdsKey(r *arm.Resource) error {
	s, err := CertificateOf(r)
	if err != nil {
		return err
	}
	if s.Key == nil {
		return azerr.APIMNoKey.New(r.Name)
	}
	return nil
}

// checkThumbprints: certificates that were uploaded may be named by thumbprint.
func (p *Provider) checkThumbprints(ctx context.Context, c *fields, service resourceid.ID) error {
	wanted := c.texts("certificate")
	if len(wanted) == 0 {
		return nil
	}
	certificates, err := p.arm.Children(ctx, service, TypeCertificates)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range certificates {
		known[text(r, "thumbprint")] = true
	}
	for _, t := range wanted {
		if !known[normalThumbprint(t)] {
			c.wrong("certificate", "Certificate with thumbprint '%s' not found.", t)
		}
	}
	return nil
}
