package pki_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// revocationServer answers for one client certificate of one authority, at a time that the test sets.
type revocationServer struct {
	*httptest.Server
	t       *testing.T
	ca      *testca.Authority
	signer  *testca.Authority // of lists
	now     atomic.Int64
	keep    time.Duration // until the next update; 0: not said
	revoked atomic.Bool
	asked   atomic.Int32
}

func newRevocationServer(t *testing.T) *revocationServer {
	c := newChain(t)
	s := &revocationServer{t: t, ca: c.root, signer: c.root, keep: time.Hour}
	s.now.Store(time.Now().Unix())
	mux := http.NewServeMux()
	mux.HandleFunc("/crl", s.list)
	mux.HandleFunc("/ocsp", s.answer)
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client goes
		<-r.Context().Done()
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *revocationServer) time() time.Time { return time.Unix(s.now.Load(), 0) }

func (s *revocationServer) next() (at time.Time) {
	if s.keep != 0 {
		at = s.time().Add(s.keep)
	}
	return at
}

func (s *revocationServer) list(w http.ResponseWriter, _ *http.Request) {
	s.asked.Add(1)
	l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: s.time().Add(-time.Minute), NextUpdate: s.next()}
	if s.revoked.Load() {
		l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: big.NewInt(5), RevocationTime: s.time()}}
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, s.signer.Certificate, s.signer.Key)
	if err != nil {
		s.t.Error(err)
	}
	w.Write(der)
}

func (s *revocationServer) answer(w http.ResponseWriter, _ *http.Request) {
	s.asked.Add(1)
	a := ocsp.Response{Status: ocsp.Good, SerialNumber: big.NewInt(5), ThisUpdate: s.time().Add(-time.Minute), NextUpdate: s.next()}
	if s.revoked.Load() {
		a.Status, a.RevokedAt = ocsp.Revoked, s.time()
	}
	der, err := ocsp.CreateResponse(s.ca.Certificate, s.ca.Certificate, a, s.ca.Key)
	if err != nil {
		s.t.Error(err)
	}
	w.Write(der)
}

// chain is a client certificate that names the addresses, and its authority.
func (s *revocationServer) chain(responder, list string) []*x509.Certificate {
	template := &x509.Certificate{SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "Client"}, NotBefore: s.time().Add(-time.Hour), NotAfter: s.time().Add(100 * time.Hour)}
	if responder != "" {
		template.OCSPServer = []string{s.URL + responder}
	}
	if list != "" {
		template.CRLDistributionPoints = []string{s.URL + list}
	}
	return []*x509.Certificate{sign(s.t, template, s.ca, s.ca), s.ca.Certificate}
}

// TestRevocationIsKept: an answer is kept until its next update, a day at most, and one that does not say when for a minute.
func TestRevocationIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		responder, list string
		says, kept      time.Duration
	}{
		"list":          {"", "/crl", time.Hour, time.Hour},
		"long list":     {"", "/crl", 90 * time.Hour, 24 * time.Hour},
		"OCSP":          {"/ocsp", "", time.Hour, time.Hour},
		"long OCSP":     {"/ocsp", "", 90 * time.Hour, 24 * time.Hour},
		"undated OCSP":  {"/ocsp", "", 0, time.Minute},
		"OCSP is first": {"/ocsp", "/crl", time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRevocationServer(t)
			s.keep = c.says
			r := pki.NewRevocation(pki.RevocationOptions{Now: s.time})
			chain := s.chain(c.responder, c.list)
			check := func(after time.Duration, asked int32, want error) {
				t.Helper()
				s.now.Add(int64(after / time.Second))
				if err := r.Check(context.Background(), chain); !errors.Is(err, want) || s.asked.Load() != asked {
					t.Errorf("%v after %d questions, want %v after %d", err, s.asked.Load(), want, asked)
				}
			}
			check(0, 1, nil)
			s.revoked.Store(true)
			check(c.kept-time.Second, 1, nil)
			check(time.Second, 2, pki.ErrRevoked)
		})
	}
}

// TestRevocationProblems: what can't be had or trusted is no answer.
func TestRevocationProblems(t *testing.T) {
	t.Run("no address", func(t *testing.T) {
		s := newRevocationServer(t)
		if err := pki.NewRevocation(pki.RevocationOptions{}).Check(context.Background(), s.chain("", "")); !errors.Is(err, pki.ErrRevocation) {
			t.Error(err)
		}
	})
	t.Run("forged list", func(t *testing.T) {
		s := newRevocationServer(t)
		s.signer = newChain(t).root
		err := pki.NewRevocation(pki.RevocationOptions{}).Check(context.Background(), s.chain("", "/crl"))
		if !errors.Is(err, pki.ErrRevocation) || !strings.Contains(err.Error(), "not signed by the issuer") {
			t.Error(err)
		}
	})
	t.Run("list out of date", func(t *testing.T) {
		s := newRevocationServer(t)
		r := pki.NewRevocation(pki.RevocationOptions{Now: func() time.Time { return s.time().Add(2 * time.Hour) }})
		if err := r.Check(context.Background(), s.chain("", "/crl")); !errors.Is(err, pki.ErrRevocation) || !strings.Contains(err.Error(), "out of date") {
			t.Error(err)
		}
	})
	t.Run("a responder that is down has the list answer", func(t *testing.T) {
		s := newRevocationServer(t)
		s.revoked.Store(true)
		if err := pki.NewRevocation(pki.RevocationOptions{}).Check(context.Background(), s.chain("/none", "/crl")); !errors.Is(err, pki.ErrRevoked) {
			t.Error(err)
		}
	})
	t.Run("silence ends", func(t *testing.T) {
		s := newRevocationServer(t)
		begin := time.Now()
		err := pki.NewRevocation(pki.RevocationOptions{Timeout: 50 * time.Millisecond}).Check(context.Background(), s.chain("/silent", ""))
		if !errors.Is(err, pki.ErrRevocation) || time.Since(begin) > 10*time.Second {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
	})
}

// TestRevocationAsksOnce: checks at the same time share one question.
func TestRevocationAsksOnce(t *testing.T) {
	s := newRevocationServer(t)
	r, chain := pki.NewRevocation(pki.RevocationOptions{}), s.chain("", "/crl")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := r.Check(context.Background(), chain); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("%d questions", n)
	}
}
