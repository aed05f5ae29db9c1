package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse/internal/config"
	"gatehouse/internal/identity"
	"gatehouse/internal/observe"
	"gatehouse/internal/pki"
	"gatehouse/internal/vault"
)

// certificates are the server certificates of a configuration, from files and vaults. They are
// swapped as a whole; handshakes take the ones of the moment.
type certificates struct {
	log   *slog.Logger
	read  func(ctx context.Context, vault, name string) (string, error) // a vault's secret; set before vaults are asked
	table atomic.Pointer[[]served]
}

// served is one certificate and the names that it is for. bundle is nil until a vault has it.
type served struct {
	config.Certificate
	names []string
	tls   *tls.Certificate
}

// load reads the files of c, and keeps what vaults gave before. Nothing changes after an error.
func (s *certificates) load(c *config.Config) error {
	var list []served
	for _, x := range c.Certificates {
		one := served{Certificate: x, names: x.Names}
		if x.Vault != "" {
			one.tls = s.known(x)
			list = append(list, one)
			continue
		}
		b, err := x.Load()
		if err != nil {
			return err
		}
		one.set(b)
		list = append(list, one)
	}
	s.table.Store(&list)
	return nil
}

func (s *certificates) known(x config.Certificate) *tls.Certificate {
	for _, old := range s.all() {
		if old.Vault == x.Vault && old.Certificate.Certificate == x.Certificate {
			return old.tls
		}
	}
	return nil
}

func (one *served) set(b *pki.Bundle) {
	cert := b.TLS()
	cert.Leaf = b.Leaf
	one.tls = &cert
	if len(one.names) == 0 {
		one.names = b.Leaf.DNSNames
	}
}

func (s *certificates) all() []served {
	if list := s.table.Load(); list != nil {
		return *list
	}
	return nil
}

// find is the certificate of a name: one that is for it exactly, else one with a star.
func (s *certificates) find(name string) *tls.Certificate {
	var star *tls.Certificate
	for _, one := range s.all() {
		for _, pattern := range one.names {
			switch {
			case one.tls == nil || !config.Match(pattern, name):
			case !strings.HasPrefix(pattern, "*."):
				return one.tls
			case star == nil:
				star = one.tls
			}
		}
	}
	return star
}

// leaves are the certificates themselves, for local clients to trust.
func (s *certificates) leaves() (list []*x509.Certificate) {
	for _, one := range s.all() {
		if one.tls != nil {
			list = append(list, one.tls.Leaf)
		}
	}
	return list
}

func (s *certificates) expiries() (list []observe.Certificate) {
	for _, one := range s.all() {
		if one.tls != nil {
			list = append(list, observe.Certificate{Kind: "server", Name: strings.Join(one.names, " "), Expires: one.tls.Leaf.NotAfter})
		}
	}
	return list
}

// fetch reads the certificates of vaults; which is nil for all. What can't be read stays as it was.
func (s *certificates) fetch(ctx context.Context, which *vault.Event) {
	list := append([]served(nil), s.all()...)
	changed := false
	for i := range list {
		one := &list[i]
		if one.Vault == "" || which != nil && (!strings.EqualFold(which.Vault, one.Vault) || !strings.EqualFold(which.Name, one.Certificate.Certificate)) {
			continue
		}
		b, err := s.fetchOne(ctx, one)
		if err != nil {
			s.log.Warn("a server certificate can't be read from its vault; what served before serves on", "vault", one.Vault, "certificate", one.Certificate.Certificate,
				"names", one.names, "error", err)
			continue
		}
		one.set(b)
		changed = true
		s.log.Info("server certificate read from its vault", "vault", one.Vault, "certificate", one.Certificate.Certificate, "names", one.names, "expires", b.Leaf.NotAfter.UTC())
	}
	if changed {
		s.table.Store(&list)
	}
}

// fetchOne reads the secret beside a certificate: PKCS #12 in base64, or PEM.
func (s *certificates) fetchOne(ctx context.Context, one *served) (*pki.Bundle, error) {
	value, err := s.read(ctx, one.Vault, one.Certificate.Certificate)
	if err != nil {
		return nil, err
	}
	data := []byte(value)
	if pfx, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value)); err == nil {
		data = pfx
	}
	b, err := pki.Decode(data, "", false)
	if err != nil {
		return nil, err
	}
	if err := b.RequireKey(); err != nil {
		return nil, err
	}
	return b, nil
}

// follow reads a certificate again when its vault has a new version, until ctx ends.
func (s *certificates) follow(ctx context.Context, watch func(context.Context) (<-chan vault.Event, error)) error {
	for ctx.Err() == nil {
		events, err := watch(ctx)
		if err != nil {
			return err
		}
		s.fetch(ctx, nil)
		for e := range events {
			if e.Type == vault.Secrets && !e.Deleted {
				s.fetch(ctx, &e)
			}
		}
		select { // the watch fell behind
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

// serverSecret reads a secret as the built-in user, the owner of the instance.
func (s *server) serverSecret(ctx context.Context, vaultName, name string) (string, error) {
	user := s.identity.User()
	caller := identity.Caller{TenantID: s.identity.TenantID(), ObjectID: user.ObjectID, Name: user.UPN, Type: user.Type, Issuer: s.identity.Issuer(), TrustedService: true}
	secret, err := s.vault.GetSecret(ctx, caller, vaultName, name, "")
	if err != nil {
		return "", err
	}
	if secret.Value == "" {
		return "", errors.New("the secret is empty")
	}
	return secret.Value, nil
}
