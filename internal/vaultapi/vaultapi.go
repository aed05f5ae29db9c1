// Package vaultapi is the HTTP face of package vault, as Azure Key Vault's data
// plane shows itself at NAME.vault.azure.net: routes, tokens and challenges, JSON
// in and out, paging. It holds no rule of the vault: it translates.
//
// Start at New, and at routes (routes.go), the table of the operations. How a
// request becomes a caller is in authenticate.go; bodies are read in body.go; what
// is written is in wire.go and in the file of each noun.
package vaultapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/vault"
)

// TokenVerifier is what identity.Service offers.
type TokenVerifier interface {
	VerifyToken(ctx context.Context, token string, audiences ...string) (identity.Caller, error)
	TenantID() string
}

// Options are what New works with; Service and Identity are required.
type Options struct {
	Service   *vault.Service
	Identity  TokenVerifier
	LoginHost string // "": login.microsoftonline.com
	Suffix    string // "": vault.azure.net
	Region    string // x-ms-keyvault-region when the vault has none
	Logger    *slog.Logger
}

// serviceVersion is what x-ms-keyvault-service-version says; clients only log it.
const serviceVersion = "1.9.2532.1"

type handler struct {
	Options
	routes routeTable
}

// New makes the handler for all vaults: the first label of the Host names the vault.
func New(o Options) http.Handler {
	if o.LoginHost == "" {
		o.LoginHost = "login.microsoftonline.com"
	}
	if o.Suffix == "" {
		o.Suffix = "vault.azure.net"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &handler{Options: o, routes: newRouteTable(routes)}
}

// request is one request after its caller is known.
type request struct {
	*http.Request
	api           *handler
	service       *vault.Service
	caller        identity.Caller
	vault         string
	base          string // https://HOST, of identifiers
	name, version string
	header        http.Header // of the answer
}

// ServeHTTP challenges before anything else, as the clients expect.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	address := clientAddress(r)
	name, host := h.vaultOf(r.Host)
	setHeaders(w.Header(), r, id, address)
	caller, err := h.authenticate(r)
	caller.Address, caller.RequestID = address, id
	if err != nil {
		if azerr.From(err).Kind.Status == http.StatusUnauthorized {
			err = h.Service.Unauthenticated(r.Context(), caller, name, err)
		}
		h.fail(w, r, id, err)
		return
	}
	w.Header()["X-Ms-Keyvault-Region"] = []string{h.region(r.Context(), name)}
	route, rest, err := h.routes.find(r.Method, r.URL.Path)
	if err != nil {
		h.fail(w, r, id, err)
		return
	}
	q := &request{Request: r, api: h, service: h.Service, caller: caller, vault: name, base: "https://" + host,
		name: rest.name, version: rest.version, header: w.Header()}
	body, err := route.handle(q)
	if err != nil {
		h.fail(w, r, id, h.Service.Refused(r.Context(), caller, name, route.op, rest.name, err))
		return
	}
	writeJSON(w, route.status, body)
}

func (h *handler) region(ctx context.Context, vault string) string {
	if location := h.Service.Location(ctx, vault); location != "" {
		return location
	}
	return h.Region
}

// vaultOf splits the Host into the vault's name and the host of identifiers.
func (h *handler) vaultOf(host string) (name, base string) {
	base = strings.ToLower(host)
	name, _, _ = strings.Cut(base, ".")
	name, _, _ = strings.Cut(name, ":")
	return name, base
}

func clientAddress(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// sameHeaders are the same in every answer. Their values are shared, and never changed.
var sameHeaders = []struct {
	name  string
	value []string
}{
	{"X-Ms-Keyvault-Service-Version", []string{serviceVersion}},
	{"Cache-Control", []string{"no-cache"}},
	{"Pragma", []string{"no-cache"}},
	{"Expires", []string{"-1"}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Strict-Transport-Security", []string{"max-age=31536000;includeSubDomains"}},
}

func setHeaders(h http.Header, r *http.Request, id string, address netip.Addr) {
	if !address.IsValid() {
		address = netip.IPv4Unspecified()
	}
	family := "Ipv4;addr=" + address.String() + ";act_addr_fam=InterNetwork;"
	if address.Is6() {
		family = "Ipv6;addr=" + address.String() + ";act_addr_fam=InterNetworkV6;"
	}
	h["X-Ms-Request-Id"] = []string{id}
	for _, same := range sameHeaders {
		h[same.name] = same.value
	}
	h["X-Ms-Keyvault-Network-Info"] = []string{"conn_type=" + family}
	if c := r.Header.Get("x-ms-client-request-id"); c != "" && len(c) <= 128 {
		h["X-Ms-Client-Request-Id"] = []string{c}
	}
}

// fail writes Key Vault's envelope, and logs what the caller is not told.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, id string, err error) {
	e := azerr.From(err)
	if e.Kind.Status >= 500 {
		h.Logger.Error("key vault request failed", "requestId", id, "method", r.Method, "path", r.URL.Path, "host", r.Host, "code", e.Kind.Code, "cause", e.Cause)
	}
	azerr.WriteKeyVault(w, e)
}
