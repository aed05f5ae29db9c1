package app

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"

	"gatehouse/internal/audit"
	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
	"gatehouse/internal/observe"
)

// failuresKept bounds the records of failed handshakes and refused certificates.
const failuresKept = 512

// witness tells `gatehouse explain` and `gatehouse trace` what the gateway saw.
type witness struct{ s *server }

func (w witness) Failures(f handshake.Filter) []handshake.Record { return w.s.failures.Records(f) }

func (w witness) Watch(f gateway.TraceFilter, each func(*gateway.Trace)) (stop func()) {
	return w.s.gateway.Watch(f, each)
}

// expiries are the certificates whose end operators watch.
func (s *server) expiries() []observe.Certificate {
	ca := s.state.ca.Certificate()
	list := []observe.Certificate{{Kind: "ca", Name: ca.Subject.CommonName, Expires: ca.NotAfter}}
	if s.certificates != nil {
		list = append(list, s.certificates.expiries()...)
	}
	for _, c := range s.gateway.Certificates() {
		list = append(list, observe.Certificate{Kind: "service", Name: c.Service + "/" + c.ID, Expires: c.Expires})
	}
	return list
}

func (s *server) pools() (list []observe.Pool) {
	for _, p := range s.gateway.Pools() {
		list = append(list, observe.Pool{Address: p.Address, Idle: p.Idle, Busy: p.Busy})
	}
	return list
}

// trusted are the roots for backends: the system's, the operator's, and the private CA.
func (s *server) trusted(own []*x509.Certificate, system bool) *x509.CertPool {
	pool := rootsOf(own, system, s.log)
	pool.AddCert(s.state.ca.Certificate())
	return pool
}

// rootsOf are the system's roots, where they are wanted, and the operator's.
func rootsOf(own []*x509.Certificate, system bool, log *slog.Logger) *x509.CertPool {
	pool := x509.NewCertPool()
	if system {
		if roots, err := x509.SystemCertPool(); err == nil {
			pool = roots
		} else {
			log.Warn("the system's CA certificates can't be read; the private CA and the configured roots alone are trusted", "error", err)
		}
	}
	for _, c := range own {
		pool.AddCert(c)
	}
	return pool
}

// auditCopy writes each record to the data folder, and then to a second place. The folder's is
// the one that counts: where the copy fails, the log says so.
type auditCopy struct {
	audit.Writer
	to  io.Writer
	log *slog.Logger
}

func (a auditCopy) Write(ctx context.Context, r audit.Record) error {
	if err := a.Writer.Write(ctx, r); err != nil {
		return err
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = a.to.Write(append(line, '\n'))
	}
	if err != nil {
		a.log.Error("the copy of an audit record could not be written", "error", err)
	}
	return nil
}
