package app

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"time"

	"gatehouse/internal/cli"
	"gatehouse/internal/edge"
	"gatehouse/internal/gateway"
	"gatehouse/internal/seal"
	"gatehouse/internal/vault"
)

// settings are what `up` and `serve` differ in.
type settings struct {
	data        string
	passphrase  seal.Passphrase
	vaultLimits vault.Limits
	noTickets   bool
	names       edge.Names
	proxied     bool          // the CONNECT proxy and the managed identity endpoint run
	drain       time.Duration // how long running requests may take to finish after a signal

	limits      edge.Limits
	timeouts    gateway.Timeouts
	roots       []*x509.Certificate // beside the private CA and the system's
	systemRoots bool
	certificate func(name string) *tls.Certificate // nil: of the private CA alone

	accessLog io.Writer // nil: none
	auditCopy io.Writer // nil: none
	events    func(service, logger string) io.Writer
	tracer    gateway.Tracer // nil: none
}

// upSettings are those of `gatehouse up`.
func upSettings(o cli.UpOptions, accessLog io.Writer, e *events) settings {
	return settings{data: o.Data, passphrase: o.Passphrase, vaultLimits: o.VaultLimits, noTickets: o.NoSessionTickets,
		names: edge.AzureNames(), proxied: true, drain: 10 * time.Second, systemRoots: true, accessLog: accessLog, events: e.writer}
}
