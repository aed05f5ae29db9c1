package gateway

import (
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/handshake"
	"gatehouse/internal/pki"
)

// Recorder counts what the gateway does. Meters are made when a snapshot is applied, so that
// a request only adds to counters that are there.
type Recorder interface {
	// API is the meter of an API; the same one each time. Both names empty: requests that
	// reach no API.
	API(service, api string) Meter
	// PolicyError counts an error that a policy or a built-in step ended with.
	PolicyError(service, api, reason string)
}

// Meter counts the requests of one API. It neither allocates nor blocks.
type Meter interface {
	Request(status int, took time.Duration)
}

type noRecorder struct{}

func (noRecorder) API(string, string) Meter       { return noRecorder{} }
func (noRecorder) PolicyError(_, _, _ string)     {}
func (noRecorder) Request(_ int, _ time.Duration) {}

// finish counts and logs the request when its response is decided; it returns that time.
func (c *call) finish() time.Time {
	now := c.g.o.Now()
	took := now.Sub(c.Time)
	meter := c.g.meter
	if c.api != nil {
		meter = c.api.meter
	}
	meter.Request(c.Response.Status, took)
	if c.LastError.Reason != "" || c.Response.Status == http.StatusForbidden {
		c.failed()
	}
	if c.span != nil {
		c.endSpan()
	}
	if c.trace != nil {
		c.trace.finish(c, took)
		c.Tracer = nil
	}
	if c.g.log.enabled() {
		c.g.log.write(c, took)
	}
	return now
}

// failed counts an error, and explains it when it is about a client's certificate.
func (c *call) failed() {
	if c.LastError.Reason != "" {
		service, api := c.names()
		c.g.o.Recorder.PolicyError(service, api, strings.Clone(c.LastError.Reason))
	}
	required := c.service != nil && c.service.requireClient && c.Request.Certificate == nil
	if (c.g.o.Handshakes != nil || c.trace != nil) && (required || strings.HasPrefix(c.LastError.Reason, "ClientCertificate")) {
		r := c.certificateRefused()
		c.g.o.Handshakes.Add(r)
		c.explain(&r.Finding)
	}
}

func (c *call) names() (service, api string) {
	if c.service != nil {
		service = c.service.snap.Name
	}
	if c.api != nil {
		api = c.api.snap.ID
	}
	return service, api
}

// certificateRefused tells why the client's certificate, or its absence, ended the request.
func (c *call) certificateRefused() handshake.Record {
	r := handshake.Record{Direction: handshake.Inbound, Address: c.Request.Remote.String(), Host: strings.Clone(c.Request.Host), RequestID: strings.Clone(c.ID)}
	r.Service, r.API = c.names()
	sent := c.Request.Chain
	if c.Request.Certificate != nil {
		sent = append([]*x509.Certificate{c.Request.Certificate}, sent...)
	}
	r.Presented = handshake.Describe(sent...)
	s := c.service.snap
	chain, f := handshake.Judge(sent, handshake.JudgeOptions{RootList: s.Roots, System: true, Intermediates: s.Intermediates,
		Usage: x509.ExtKeyUsageClientAuth, Now: c.Time, Whose: "the client's"})
	r.Chain, r.Finding = handshake.Describe(chain...), f
	switch revoked := c.LastError.Reason == "ClientCertificateRevoked"; {
	case c.service.ignoreClient:
		r.Finding = handshake.Finding{Check: handshake.CheckClientCertificate, Reason: "a service of the tier " + s.SKU + " does not look at the certificates of clients unless it is told to",
			Remedy: "set enableClientCertificate of the service to true"}
	case f.Check == "" && revoked && errors.Is(c.LastError.Cause, pki.ErrRevoked):
		which := strings.TrimPrefix(c.LastError.Cause.Error(), pki.ErrRevoked.Error()+": ") // of the chain
		r.Finding = handshake.Finding{Check: handshake.CheckTime, Reason: "the certificate '" + which + "' is revoked",
			Remedy: "get a new one from '" + r.Presented[0].Issuer + "'"}
	case f.Check == "" && revoked && c.LastError.Cause != nil:
		r.Finding = handshake.Finding{Check: handshake.CheckTime, Reason: "nobody says whether the certificate '" + r.Presented[0].Subject + "' is revoked: " + strings.TrimPrefix(c.LastError.Cause.Error(), pki.ErrRevocation.Error()+": "),
			Remedy: "let the gateway reach the issuer's revocation list, or set validate-revocation to false"}
	case f.Check == "": // a sound certificate, and not the one that the policy asks for
		r.Finding = handshake.Finding{Check: handshake.CheckClientCertificate, Reason: "the chain of '" + r.Presented[0].Subject + "' is good, and the policy did not accept the certificate",
			Remedy: "compare it with the identities of validate-client-certificate"}
	}
	if c.LastError.Message != "" {
		r.Error = strings.TrimSpace(c.LastError.Reason + ": " + c.LastError.Message)
	}
	return r
}

func (c *call) explain(f *handshake.Finding) {
	if c.trace != nil {
		c.trace.explanation = f
	}
}

// blame explains err to who looks on; it returns the reason.
func (c *call) blame(err error) string {
	f := blame(err)
	c.explain(&f)
	return f.Reason
}

// backendHandshake keeps what is known of a failed handshake with a backend.
func (c *call) backendHandshake(r *handshake.Record) {
	c.explain(&r.Finding)
	known := *r
	known.RequestID = strings.Clone(c.ID)
	known.Service, known.API = c.names()
	c.g.o.Handshakes.Add(known)
}
