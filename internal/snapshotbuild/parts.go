package snapshotbuild

import (
	"crypto/x509"
	"regexp"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/pki"
	"gatehouse/internal/provider/apim"
	"gatehouse/internal/snapshot"
)

// One function for each resource type: from the stored properties to the part of a snapshot.

func text(m map[string]any, name string) string { s, _ := m[name].(string); return s }

func object(m map[string]any, name string) map[string]any {
	o, _ := m[name].(map[string]any)
	return o
}

func flag(m map[string]any, name string, otherwise bool) bool {
	if b, ok := m[name].(bool); ok {
		return b
	}
	return otherwise
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func lastSegment(s string) string {
	s = strings.TrimRight(s, "/")
	return s[strings.LastIndexByte(s, '/')+1:]
}

// hostname is the service's built-in name: that of its gatewayUrl, since the domain is the provider's to say.
func hostname(r *arm.Resource) string {
	if host, ok := strings.CutPrefix(text(r.Properties, "gatewayUrl"), "https://"); ok {
		return strings.ToLower(host)
	}
	return strings.ToLower(r.Name) + apim.Suffix
}

func baseOf(r *arm.Resource) *snapshot.Service {
	s := &snapshot.Service{Name: r.Name, ResourceID: r.ID.String(), SKU: text(r.SKU, "name"), Location: arm.LocationDisplayName(r.Location),
		Hostnames: []string{hostname(r)}, RequireClientCertificate: flag(r.Properties, "enableClientCertificate", false)}
	for _, a := range apim.Authorities(r) {
		c, err := x509.ParseCertificate(a.DER)
		if err != nil {
			continue // the provider took none that can't be read
		}
		if a.Store == "Root" {
			s.Roots = append(s.Roots, c)
		} else {
			s.Intermediates = append(s.Intermediates, c)
		}
	}
	clients, backends := apim.Switches(r.Properties)
	s.BackendTLS = tlsOf(backends)
	s.Hosts = hostsOf(r, tlsOf(clients))
	for _, h := range s.Hosts[1:] {
		s.Hostnames = append(s.Hostnames, h.Name)
	}
	return s
}

func tlsOf(t apim.TLSSwitches) snapshot.TLS {
	return snapshot.TLS{MinVersion: t.MinVersion, CipherSuites: t.CipherSuites, NoHTTP2: t.NoHTTP2}
}

// hostsOf are the built-in name, first, and the custom ones.
func hostsOf(r *arm.Resource, settings snapshot.TLS) []*snapshot.Host {
	first := &snapshot.Host{Name: hostname(r), TLS: settings, Default: true}
	hosts := []*snapshot.Host{first}
	said := map[string]map[string]any{}
	list, _ := r.Properties["hostnameConfigurations"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		said[strings.ToLower(text(m, "hostName"))] = m
	}
	if m := said[first.Name]; m != nil {
		first.Default, first.Negotiate = flag(m, "defaultSslBinding", true), flag(m, "negotiateClientCertificate", false)
	}
	for _, h := range apim.Hosts(r) {
		_, withKey, err := h.Certificate.Bundle()
		if err != nil {
			continue // the provider took none that can't be read
		}
		m := said[h.Name]
		hosts = append(hosts, &snapshot.Host{Name: h.Name, Certificate: withKey, TLS: settings,
			Default: flag(m, "defaultSslBinding", false), Negotiate: flag(m, "negotiateClientCertificate", false)})
	}
	return hosts
}

func policyOf(r *arm.Resource) snapshot.Policy {
	return snapshot.Policy{Text: text(r.Properties, "value"), Format: text(r.Properties, "format")}
}

func apiOf(r *arm.Resource) *snapshot.API {
	p := r.Properties
	keys := object(p, "subscriptionKeyParameterNames")
	return &snapshot.API{ID: r.Name, ResourceID: r.ID.String(), DisplayName: text(p, "displayName"), Path: strings.Trim(text(p, "path"), "/"), ServiceURL: text(p, "serviceUrl"),
		Protocols: texts(p["protocols"]), Version: text(p, "apiVersion"), Revision: text(p, "apiRevision"), NotCurrent: !flag(p, "isCurrent", true), SubscriptionRequired: flag(p, "subscriptionRequired", true),
		SubscriptionHeader: text(keys, "header"), SubscriptionQuery: text(keys, "query")}
}

func versionSetOf(r *arm.Resource) *snapshot.VersionSet {
	p := r.Properties
	s := &snapshot.VersionSet{ID: r.Name, Name: text(p, "displayName"), Header: text(p, "versionHeaderName"), Query: text(p, "versionQueryName")}
	switch text(p, "versioningScheme") {
	case "Header":
		s.Scheme = snapshot.VersionHeader
	case "Query":
		s.Scheme = snapshot.VersionQuery
	}
	return s
}

func productOf(r *arm.Resource) *snapshot.Product {
	p := r.Properties
	made := &snapshot.Product{ID: r.Name, Name: text(p, "displayName"), Published: text(p, "state") == "published", SubscriptionRequired: flag(p, "subscriptionRequired", true),
		ApprovalRequired: flag(p, "approvalRequired", false)}
	if p["subscriptionsLimit"] != nil {
		limit := apim.Number(p["subscriptionsLimit"])
		made.SubscriptionsLimit = &limit
	}
	return made
}

func operationOf(r *arm.Resource) *snapshot.Operation {
	p := r.Properties
	o := &snapshot.Operation{ID: r.Name, DisplayName: text(p, "displayName"), Method: text(p, "method"), URLTemplate: text(p, "urlTemplate")}
	describe(o, p)
	return o
}

func namedOf(r *arm.Resource) *snapshot.NamedValue {
	return &snapshot.NamedValue{Name: text(r.Properties, "displayName"), Value: apim.ValueOf(r), Secret: flag(r.Properties, "secret", false)}
}

func certificateOf(r *arm.Resource) (*snapshot.Certificate, error) {
	stored, err := apim.CertificateOf(r)
	if err != nil {
		return nil, err
	}
	leaf, withKey, err := stored.Bundle()
	if err != nil {
		return nil, err
	}
	return &snapshot.Certificate{ID: r.Name, Thumbprint: pki.Thumbprint(leaf), Subject: pki.DistinguishedName(leaf.RawSubject), TLS: withKey, Raw: leaf.Raw}, nil
}

func subscriptionOf(r *arm.Resource) *snapshot.Subscription {
	s := &snapshot.Subscription{ID: r.Name, Name: text(r.Properties, "displayName"), State: text(r.Properties, "state"), Owner: strings.ToLower(lastSegment(text(r.Properties, "ownerId"))),
		Created: timeOf(r.Properties, "createdDate"), Start: timeOf(r.Properties, "startDate"), End: timeOf(r.Properties, "expirationDate")}
	s.PrimaryKey, s.SecondaryKey = apim.KeysOf(r)
	scope := text(r.Properties, "scope")
	switch path := strings.ToLower(strings.TrimRight(scope, "/")); {
	case strings.Contains(path, "/products/"):
		s.Scope, s.Product = snapshot.ScopeProduct, lastSegment(scope)
	case strings.Contains(path, "/apis/"):
		s.Scope, s.API = snapshot.ScopeAPI, lastSegment(scope)
	}
	return s
}

// namedValue is {{name}} in the credentials of a backend.
var namedValue = regexp.MustCompile(`\{\{([A-Za-z0-9._-]+)\}\}`)

func backendOf(r *arm.Resource, values map[string]*snapshot.NamedValue) *snapshot.Backend {
	p := r.Properties
	credentials, tls := object(p, "credentials"), object(p, "tls")
	fill := func(s string) string {
		return namedValue.ReplaceAllStringFunc(s, func(m string) string {
			if v := values[strings.ToLower(m[2:len(m)-2])]; v != nil {
				return v.Value
			}
			return m
		})
	}
	b := &snapshot.Backend{ID: r.Name, URL: fill(text(p, "url")), Protocol: text(p, "protocol"), CertificateThumbprints: texts(credentials["certificate"]),
		Header: fieldsOf(object(credentials, "header"), fill), Query: fieldsOf(object(credentials, "query"), fill),
		AuthorizationScheme:    text(object(credentials, "authorization"), "scheme"),
		AuthorizationParameter: fill(text(object(credentials, "authorization"), "parameter")),
		ValidateChain:          flag(tls, "validateCertificateChain", true), ValidateName: flag(tls, "validateCertificateName", true)}
	b.Pool, b.Breaker = poolOf(p), breakerOf(object(p, "circuitBreaker"))
	if proxy := object(p, "proxy"); text(proxy, "url") != "" {
		b.Proxy = &snapshot.Proxy{URL: fill(text(proxy, "url")), Username: fill(text(proxy, "username")), Password: fill(text(proxy, "password"))}
	}
	for _, id := range texts(credentials["certificateIds"]) {
		b.CertificateIDs = append(b.CertificateIDs, strings.ToLower(lastSegment(id)))
	}
	return b
}

// fieldsOf reads header and query: each value is a list of strings, or one string.
func fieldsOf(m map[string]any, fill func(string) string) map[string][]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string][]string, len(m))
	for k, v := range m {
		if s, ok := v.(string); ok {
			v = []any{s}
		}
		for _, s := range texts(v) {
			out[k] = append(out[k], fill(s))
		}
	}
	return out
}
