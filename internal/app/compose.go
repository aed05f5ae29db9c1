package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"gatehouse/internal/arm"
	"gatehouse/internal/audit"
	"gatehouse/internal/cli"
	"gatehouse/internal/deploy"
	"gatehouse/internal/edge"
	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
	"gatehouse/internal/identity"
	"gatehouse/internal/library"
	"gatehouse/internal/libraryapi"
	"gatehouse/internal/loginapi"
	"gatehouse/internal/observe"
	"gatehouse/internal/provider/apim"
	"gatehouse/internal/provider/authorization"
	"gatehouse/internal/provider/keyvault"
	"gatehouse/internal/provider/management"
	"gatehouse/internal/provider/resources"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/snapshot"
	"gatehouse/internal/snapshotbuild"
	"gatehouse/internal/template"
	"gatehouse/internal/vault"
	"gatehouse/internal/vaultapi"
)

// server is every room, made and not yet running.
type server struct {
	log          *slog.Logger
	set          settings
	state        *state
	listen       string // address of the TLS listener, as this machine reaches it
	proxyAddress string
	identity     *identity.Service
	roles        *authorization.Provider
	arm          *arm.Service
	vault        *vault.Service
	gateways     *apim.Provider
	gateway      *gateway.Gateway
	snapshots    *snapshotbuild.Builder
	edge         *edge.Server
	proxy        *edge.Proxy
	plain        *http.Server   // the proxy, the managed identity endpoint, health and metrics
	newcomers    edge.Newcomers // of plain
	auditor      audit.Writer
	health       *observe.Health
	metrics      *observe.Metrics
	failures     *handshake.Log
	certificates *certificates // of serve; nil for up
	background   []func(context.Context) error
	changed      chan struct{} // a snapshot was built
}

// compose makes the rooms from the ground up; every constructor stands in this file.
func compose(ctx context.Context, st *state, set settings, log *slog.Logger, listen, proxy string) (*server, error) {
	s := &server{set: set, log: log, state: st, listen: listen, proxyAddress: proxy, auditor: st.Audit, health: &observe.Health{}}
	if set.auditCopy != nil {
		s.auditor = auditCopy{st.Audit, set.auditCopy, log}
	}
	s.metrics = observe.NewMetrics(cli.Version, observe.Sources{Certificates: s.expiries, Pools: s.pools, Connections: func() int { return s.edge.Connections() }})
	s.failures = handshake.NewLog(failuresKept, s.metrics.Failure)
	if err := st.writeTrust(); err != nil {
		return nil, err
	}
	var err error
	if s.identity, err = identity.Open(ctx, st.Store, identity.Options{}); err != nil {
		return nil, err
	}
	if err := s.composeControlPlane(ctx); err != nil {
		return nil, err
	}
	s.composeGateway()
	s.composeEdge()
	return s, nil
}

// composeControlPlane makes Resource Manager, its providers and the vault behind one of them.
func (s *server) composeControlPlane(ctx context.Context) (err error) {
	st, names := s.state, s.set.names
	if s.roles, err = authorization.Open(ctx, authorization.Options{Store: st.Store, Identity: s.identity, Logger: s.log}); err != nil {
		return err
	}
	s.arm = arm.New(arm.Options{Store: st.Store, Identity: s.identity, Authorizer: s.roles, Audit: s.auditor, Logger: s.log, LoginHost: names.Login})
	resources.New(resources.Options{ARM: s.arm, LoginHost: names.Login, ManagementHost: names.Management, Vaults: names.Vaults})
	vaults := keyvault.New(keyvault.Options{ARM: s.arm, Logger: s.log, Suffix: names.Vaults})
	s.vault = vault.New(vault.Options{Store: st.Store, Directory: vaults, Authorizer: s.roles, Audit: s.auditor, Hash: st.Hasher.Hash,
		Limits: s.set.vaultLimits, Notify: s.logNotice, Suffix: names.Vaults})
	vaults.SetVault(s.vault)
	s.arm.Register(s.roles.Types()...)
	s.arm.Mount(s.roles.Routes()...)
	management.New(management.Options{ARM: s.arm, Roles: s.roles, Logger: s.log})
	s.gateways = apim.New(apim.Options{ARM: s.arm, Identity: s.identity, Vault: s.vault, Logger: s.log, Suffix: "." + names.Gateways, Vaults: names.Vaults, Client: s.tokenClient(), Links: s.links()})
	s.arm.Register(s.gateways.Types()...)
	s.arm.Mount(s.gateways.Routes()...)
	s.arm.RegisterCalls("Microsoft.ApiManagement", s.gateways.Calls())
	deployments := deploy.New(deploy.Options{ARM: s.arm, Logger: s.log, Secret: s.templateSecret, Document: s.document,
		Cloud: template.Cloud{Management: names.Management, Login: names.Login, Vaults: names.Vaults}})
	s.arm.Register(deployments.Types()...)
	s.arm.RegisterCalls("Microsoft.Resources", deployments.Calls())
	s.background = append(s.background, s.gateways.Run, vaults.Run, s.vault.Run, s.logEvents, deployments.Run)
	return nil
}

// templateSecret reads a secret that a parameter of a deployment refers to, by the right of who deploys.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/key-vault-parameter
func (s *server) templateSecret(ctx context.Context, c identity.Caller, id resourceid.ID, name, version string) (string, error) {
	if err := s.arm.Authorize(ctx, c, "Microsoft.KeyVault/vaults/deploy/action", id); err != nil {
		return "", err
	}
	secret, err := s.vault.GetSecret(ctx, c, id.Name(), name, version)
	if err != nil {
		return "", err
	}
	return secret.Value, nil
}

// composeGateway makes the data plane, which learns of resources by snapshots only.
func (s *server) composeGateway() {
	s.gateway = gateway.New(gateway.Options{Dial: s.dialBackend, Roots: s.trusted(s.set.roots, s.set.systemRoots), NoSystemRoots: !s.set.systemRoots,
		Forbidden: s.forbiddenBackend, Logger: s.log, AccessLog: s.set.accessLog, Recorder: s.metrics, Handshakes: s.failures, Tracer: s.set.tracer,
		Timeouts: s.set.timeouts, Tokens: s.gatewayTokens, Events: s.set.events})
	s.snapshots = snapshotbuild.New(s.state.Store, s.apply, s.log)
	s.snapshots.Took, s.changed = s.built, make(chan struct{}, 1)
	s.background = append(s.background, s.snapshots.Run, s.tidy)
}

// apply gives the gateway a snapshot and logs what of it does not run.
func (s *server) apply(snap *snapshot.Snapshot) {
	problems := s.gateway.Apply(snap)
	s.metrics.Retain(snap)
	s.metrics.Problems(problems)
	for _, p := range problems {
		what := "a policy does not compile"
		if p.Backend != "" {
			what = "a backend can't be used"
		}
		s.log.Error(what, "service", p.Service, "api", p.API, "operation", p.Operation, "product", p.Product, "backend", p.Backend, "lastGoodServes", p.KeptLast,
			"diagnostics", strings.TrimSpace(p.Diagnostics.Text()))
	}
}

// logEvents logs new versions in the vaults until ctx ends; what nears its end, logNotice does.
func (s *server) logEvents(ctx context.Context) error {
	for ctx.Err() == nil {
		events, err := s.vault.Watch(ctx)
		if err != nil {
			s.log.Error("the events of the vaults can't be followed", "error", err)
			return nil
		}
		for e := range events {
			if e.Change == vault.NewVersion {
				s.log.Info("key vault event", "event", e.Change, "vault", e.Vault, "kind", e.Type, "name", e.Name, "version", e.Version)
			}
		}
	}
	return nil
}

// logNotice tells the operator what nears its end or could not be renewed.
func (s *server) logNotice(n vault.Notice) {
	s.log.Warn("key vault notice", "event", n.Event, "vault", n.Vault, "kind", n.Kind, "name", n.Name, "version", n.Version, "expires", n.Expires, "error", n.Err)
}

// dialBackend connects to a backend; a name of ours is this server's own listener.
func (s *server) dialBackend(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, err := net.SplitHostPort(address); err == nil && s.set.names.Reserved(host) {
		address = s.listen
	}
	d := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return d.DialContext(ctx, network, address)
}

// forbiddenBackend keeps policies and backends from the control plane and from sign-in.
// A vault may be asked, as policies do with a token of the service's identity: it
// checks that as it checks everybody's.
func (s *server) forbiddenBackend(host string) bool {
	names := s.set.names
	return names.Reserved(host) && !names.Gateway(host) && !strings.HasSuffix(strings.ToLower(host), "."+names.Vaults)
}

// composeEdge makes the listener that everything is reached by.
func (s *server) composeEdge() {
	names := s.set.names
	login := loginapi.New(loginapi.Options{Identity: s.identity, Logger: s.log, Audit: s.auditor, Graph: names.Graph})
	vaults := vaultapi.New(vaultapi.Options{Service: s.vault, Identity: s.identity, Logger: s.log, LoginHost: names.Login, Suffix: names.Vaults})
	files := library.New(library.Options{Store: s.state.Store, Identity: s.identity, Authorizer: s.roles, Audit: s.auditor})
	s.edge = edge.New(edge.Options{
		CA: s.state.ca,
		Control: map[string]http.Handler{
			names.Management: s.arm.Handler(),
			names.Login:      login.Handler(),
			names.Graph:      login.Graph(),
			names.DevOps:     libraryapi.New(libraryapi.Options{Library: files, Identity: s.identity, Logger: s.log}),
		},
		Suffix:  map[string]http.Handler{"." + names.Vaults: vaults},
		Names:   names,
		Default: s.arm.Handler(),
		Gateway: s.gateway,
		Logger:  s.log,

		NoSessionTickets: s.set.noTickets,
		Certificate:      s.set.certificate,
		Limits:           s.set.limits,
		Handshakes:       s.failures,
		Observe:          s.metrics.Handshake,
	})
	if s.set.proxied {
		s.composeProxy(login)
	}
}

// composeProxy makes what only `up` has: the way to Azure's names, and the managed identity endpoint.
func (s *server) composeProxy(login *loginapi.API) {
	s.proxy = edge.NewProxy(edge.ProxyOptions{Ours: s.ours, Parent: parentProxy(httpproxy.FromEnvironment(), s.proxyAddress), Logger: s.log})
	mux := http.NewServeMux()
	mux.Handle(identityPath, login.ManagedIdentity())
	mux.Handle("/", observe.Handler(s.health, s.metrics.Handler(), ""))
	s.plain = s.plainServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			s.proxy.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
}

// plainServer serves HTTP without TLS, for this machine.
func (s *server) plainServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ConnState: s.newcomers.Track,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// ours sends the names that Azure owns to our listener, whether something is deployed
// under them or not: they never leave this machine.
func (s *server) ours(host string, _ int) (string, bool) {
	return s.listen, edge.Reserved(host)
}
