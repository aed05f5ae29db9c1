package pki

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Revocation asks the OCSP responders and fetches the revocation lists that certificates name.
// Answers are kept until they must be renewed; a certificate that names neither is
// of unknown state, as it is to .NET. Only chains that end in a trusted root may be
// checked: what else may name any address.
type Revocation struct {
	client  *http.Client
	now     func() time.Time
	timeout time.Duration

	mu      sync.Mutex
	answers map[string]*answer // by URL, and for OCSP certificate
	flights map[string]chan struct{}
}

// answer is a revocation list or a single certificate's state.
type answer struct {
	list    *x509.RevocationList
	revoked bool
	err     error
	expires time.Time
}

// RevocationOptions are what a Revocation may be told; zero values have a meaning.
type RevocationOptions struct {
	Client  *http.Client  // how addresses are reached; nil: the default client
	Timeout time.Duration // for all answers of one chain; 0: 15 s, as .NET's default
	Now     func() time.Time
}

// Limits of answers.
const (
	maxList     = 16 << 20
	maxAnswers  = 1024
	keepError   = time.Minute
	keepUndated = time.Minute // of an OCSP answer that does not say when the next one comes
	keepLongest = 24 * time.Hour
)

// NewRevocation makes one that knows nothing yet.
func NewRevocation(o RevocationOptions) *Revocation {
	r := &Revocation{client: o.Client, now: clock(o.Now), timeout: o.Timeout, answers: map[string]*answer{}, flights: map[string]chan struct{}{}}
	if r.client == nil {
		r.client = http.DefaultClient
	}
	if r.timeout == 0 {
		r.timeout = 15 * time.Second
	}
	return r
}

// Check looks at each certificate of a verified chain but the root. The error wraps ErrRevoked or
// ErrRevocation.
func (r *Revocation) Check(ctx context.Context, chain []*x509.Certificate) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	for i := range len(chain) - 1 {
		revoked, err := r.state(ctx, chain[i], chain[i+1])
		switch {
		case err != nil:
			return fmt.Errorf("%w: %s: %w", ErrRevocation, DistinguishedName(chain[i].RawSubject), err)
		case revoked:
			return fmt.Errorf("%w: %s", ErrRevoked, DistinguishedName(chain[i].RawSubject))
		}
	}
	return nil
}

var errNoAddress = errors.New("it names neither an OCSP responder nor a revocation list")

// state asks OCSP first; the list answers when no responder does.
func (r *Revocation) state(ctx context.Context, c, issuer *x509.Certificate) (bool, error) {
	err := errNoAddress
	for _, address := range c.OCSPServer {
		key := "ocsp " + address + " " + string(issuer.SubjectKeyId) + " " + c.SerialNumber.String()
		a := r.answer(ctx, key, func() *answer { return r.ask(ctx, address, c, issuer) })
		if a.err == nil {
			return a.revoked, nil
		}
		err = a.err
	}
	for _, address := range c.CRLDistributionPoints {
		hash := sha256.Sum256(issuer.Raw)
		a := r.answer(ctx, "crl "+address+" "+string(hash[:]), func() *answer { return r.list(ctx, address, issuer) })
		if a.err != nil {
			err = a.err
			continue
		}
		for _, e := range a.list.RevokedCertificateEntries {
			if e.SerialNumber.Cmp(c.SerialNumber) == 0 {
				return e.ReasonCode != 8, nil // removeFromCRL, RFC 5280 section 5.3.1
			}
		}
		return false, nil
	}
	return false, err
}

// answer is the kept answer or get's; requests for the same wait for one.
func (r *Revocation) answer(ctx context.Context, key string, get func() *answer) *answer {
	for {
		r.mu.Lock()
		if a := r.answers[key]; a != nil && r.now().Before(a.expires) {
			r.mu.Unlock()
			return a
		}
		flight, running := r.flights[key]
		if !running {
			flight = make(chan struct{})
			r.flights[key] = flight
		}
		r.mu.Unlock()
		if !running {
			return r.fetch(ctx, key, flight, get)
		}
		select {
		case <-flight:
		case <-ctx.Done():
			return &answer{err: ctx.Err()}
		}
	}
}

func (r *Revocation) fetch(ctx context.Context, key string, flight chan struct{}, get func() *answer) *answer {
	a := get()
	now := r.now()
	switch {
	case a.err != nil:
		a.expires = now.Add(keepError)
	case a.expires.IsZero() || a.expires.After(now.Add(keepLongest)):
		a.expires = now.Add(keepLongest)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answers) >= maxAnswers {
		clear(r.answers)
	}
	if ctx.Err() == nil || a.err == nil {
		r.answers[key] = a
	}
	delete(r.flights, key)
	close(flight)
	return a
}

func (r *Revocation) ask(ctx context.Context, address string, c, issuer *x509.Certificate) *answer {
	request, err := ocsp.CreateRequest(c, issuer, &ocsp.RequestOptions{Hash: crypto.SHA1}) // RFC 5019 section 2.1.1
	if err != nil {
		return &answer{err: err}
	}
	data, err := r.do(ctx, http.MethodPost, address, "application/ocsp-request", request, 1<<20)
	if err != nil {
		return &answer{err: err}
	}
	reply, err := ocsp.ParseResponseForCert(data, c, issuer)
	switch {
	case err != nil:
		return &answer{err: err}
	case reply.Status == ocsp.Unknown:
		return &answer{err: errors.New("the OCSP responder does not know the certificate")}
	case !reply.NextUpdate.IsZero() && r.now().After(reply.NextUpdate):
		return &answer{err: errors.New("the answer of the OCSP responder is out of date")}
	}
	expires := reply.NextUpdate
	if expires.IsZero() { // newer answers are there at any time: RFC 6960 section 4.2.2.1
		expires = r.now().Add(keepUndated)
	}
	return &answer{revoked: reply.Status == ocsp.Revoked, expires: expires}
}

func (r *Revocation) list(ctx context.Context, address string, issuer *x509.Certificate) *answer {
	data, err := r.do(ctx, http.MethodGet, address, "", nil, maxList)
	if err != nil {
		return &answer{err: err}
	}
	list, err := x509.ParseRevocationList(data)
	if err != nil {
		return &answer{err: err}
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return &answer{err: fmt.Errorf("the revocation list at %s is not signed by the issuer: %w", address, err)}
	}
	if !list.NextUpdate.IsZero() && r.now().After(list.NextUpdate) {
		return &answer{err: fmt.Errorf("the revocation list at %s is out of date", address)}
	}
	return &answer{list: list, expires: list.NextUpdate}
}

func (r *Revocation) do(ctx context.Context, method, address, contentType string, body []byte, limit int64) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the address %q is not one of HTTP", address)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered with status %d", address, res.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("the answer of %s is longer than %d bytes", address, limit)
	}
	return data, err
}
