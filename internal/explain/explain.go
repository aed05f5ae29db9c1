// Package explain performs a request step by step and says of each step what happened and
// why: names, TCP, TLS versions, the server's chain, who asks for a client certificate, the
// HTTP answer, and what the gateway itself recorded of the same connection. It is what
// `gatehouse explain` prints. Start at Run.
//
// It verifies what it sees and goes on all the same, to find out more; nothing but the one
// request that is asked for is sent.
package explain

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
	"gatehouse/internal/pki"
)

// Server is what explain asks a running instance; nil fields are asked nothing.
type Server struct {
	Listen   string                 // its TLS listener, as this machine reaches it
	Ours     func(host string) bool // it answers for the name
	Roots    []*x509.Certificate    // that its clients trust
	Watch    func(ctx context.Context, client string, ready func()) (*gateway.Trace, error)
	Failures func(ctx context.Context, f handshake.Filter) ([]handshake.Record, error)
}

// Options say what to explain.
type Options struct {
	URL         string
	Method      string      // "": GET
	Certificate *pki.Bundle // the client's; nil: none
	Server      *Server     // nil: none was found
	Timeout     time.Duration
}

// Outcome is how a step went.
type Outcome string

// The outcomes. A Note is no fault by itself and may be the cause of one.
const (
	OK     Outcome = "ok"
	Note   Outcome = "note"
	Failed Outcome = "failed"
)

// Step is one part of the path.
type Step struct {
	Name         string             `json:"name"`
	Outcome      Outcome            `json:"outcome"`
	Text         string             `json:"text"`
	Details      []string           `json:"details,omitempty"`
	Milliseconds float64            `json:"ms"`
	Finding      *handshake.Finding `json:"finding,omitempty"`
}

// Report is the whole path.
type Report struct {
	URL      string             `json:"url"`
	Steps    []Step             `json:"steps"`
	Status   int                `json:"status,omitempty"` // of the answer
	Trace    *gateway.Trace     `json:"trace,omitempty"`
	Failures []handshake.Record `json:"failures,omitempty"` // that the gateway recorded for this connection or request
	Verdict  handshake.Finding  `json:"verdict"`            // without a check: all is well
}

// OK reports whether the request was answered without an error.
func (r *Report) OK() bool { return r.Verdict.Check == "" }

// run is one explanation under way.
type run struct {
	o      Options
	url    *url.URL
	report *Report
	began  time.Time
	ours   bool
}

// Run performs and explains the request. The error is for options that can't be used.
func Run(ctx context.Context, o Options) (*Report, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is not an https URL", o.URL)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Method == "" {
		o.Method = http.MethodGet
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	r := &run{o: o, url: u, report: &Report{URL: u.Redacted()}}
	r.walk(ctx)
	return r.report, nil
}

func (r *run) walk(ctx context.Context) {
	address, ok := r.names(ctx)
	if !ok {
		return
	}
	if !r.connect(ctx, address) {
		return
	}
	r.versions(ctx, address)
	c, ok := r.shake(ctx, address)
	if !ok {
		return
	}
	defer c.secure.Close()
	r.server(ctx, c)
	r.client(ctx, c)
	r.request(ctx, c)
}

// step begins a step; done ends it.
func (r *run) step() { r.began = time.Now() }

func (r *run) done(name string, outcome Outcome, f *handshake.Finding, text string, details ...string) {
	r.report.Steps = append(r.report.Steps, Step{Name: name, Outcome: outcome, Text: text, Details: details, Finding: f,
		Milliseconds: float64(time.Since(r.began).Microseconds()) / 1000})
	if outcome == Failed && r.report.Verdict.Check == "" && f != nil {
		r.report.Verdict = *f
	}
}

func (r *run) fail(name string, f handshake.Finding, details ...string) {
	r.done(name, Failed, &f, f.Reason, details...)
}

// names finds where the host is: at this instance, or where DNS says.
func (r *run) names(ctx context.Context) (address string, ok bool) {
	r.step()
	host, port := r.url.Hostname(), r.url.Port()
	if port == "" {
		port = "443"
	}
	if s := r.o.Server; s != nil && s.Ours != nil && s.Ours(host) {
		r.ours = true
		r.done("names", OK, nil, fmt.Sprintf("%s is a name of this instance, which listens on %s", host, s.Listen))
		return s.Listen, true
	}
	list, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		f := handshake.Unreachable("the server", host, err)
		f.Remedy += "; names of an instance are found with --data or GATEHOUSE_DATA"
		r.fail("names", f)
		return "", false
	}
	r.done("names", OK, nil, fmt.Sprintf("%s is at %s", host, strings.Join(list, ", ")))
	return net.JoinHostPort(list[0], port), true
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	return d.DialContext(ctx, "tcp", address)
}

func (r *run) connect(ctx context.Context, address string) bool {
	r.step()
	c, err := dial(ctx, address)
	if err != nil {
		r.fail("connect", handshake.Unreachable("the server", address, err))
		return false
	}
	c.Close()
	r.done("connect", OK, nil, "TCP to "+address)
	return true
}

// ours says server where the gateway's records say backend.
func ours(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "the backend's", "the server's"), "the backend", "the server")
}

// versions tries TLS 1.2 and 1.3, and HTTP/2, each on a connection of its own.
func (r *run) versions(ctx context.Context, address string) {
	r.step()
	var details []string
	supported := 0
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		state, err := probe(ctx, address, &tls.Config{ServerName: r.url.Hostname(), MinVersion: v, MaxVersion: v, InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			details = append(details, tls.VersionName(v)+": "+ours(handshake.Explain(handshake.Outbound, err, nil, nil, nil).Reason))
			continue
		}
		supported++
		protocol := state.NegotiatedProtocol
		if protocol == "" {
			protocol = "no application protocol"
		}
		details = append(details, fmt.Sprintf("%s: %s, %s", tls.VersionName(v), tls.CipherSuiteName(state.CipherSuite), protocol))
	}
	outcome := OK
	if supported == 0 {
		outcome = Note // the handshake itself says why
	}
	r.done("versions", outcome, nil, fmt.Sprintf("%d of 2 TLS versions", supported), details...)
}

func probe(ctx context.Context, address string, config *tls.Config) (tls.ConnectionState, error) {
	raw, err := dial(ctx, address)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer raw.Close()
	c := tls.Client(raw, config) // the certificate is judged later: here the versions are asked for
	if err := c.HandshakeContext(ctx); err != nil {
		return tls.ConnectionState{}, err
	}
	return c.ConnectionState(), nil
}

// connection is the one that carries the request.
type connection struct {
	secure      *tls.Conn
	state       tls.ConnectionState
	requested   bool
	authorities []string
	presented   *x509.Certificate
}

// shake makes the handshake with the client's certificate.
func (r *run) shake(ctx context.Context, address string) (*connection, bool) {
	r.step()
	raw, err := dial(ctx, address)
	if err != nil {
		r.fail("handshake", handshake.Unreachable("the server", address, err))
		return nil, false
	}
	c := &connection{}
	c.secure = tls.Client(raw, &tls.Config{ServerName: r.url.Hostname(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		InsecureSkipVerify: true, // judged in the next step, in more words
		GetClientCertificate: func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c.requested, c.authorities = true, handshake.AuthorityNames(info.AcceptableCAs)
			if r.o.Certificate == nil {
				return &tls.Certificate{}, nil
			}
			c.presented = r.o.Certificate.Leaf
			cert := r.o.Certificate.TLS()
			return &cert, nil
		}})
	if err := c.secure.HandshakeContext(ctx); err != nil {
		raw.Close()
		f := r.explain(err, c)
		r.fail("handshake", f, "in the library's words: "+err.Error())
		r.recorded(ctx, raw.LocalAddr().String(), "")
		return nil, false
	}
	c.state = c.secure.ConnectionState()
	r.done("handshake", OK, nil, fmt.Sprintf("%s, %s", tls.VersionName(c.state.Version), tls.CipherSuiteName(c.state.CipherSuite)))
	return c, true
}

// explain puts an error of the connection into words, for people who hold the client's side.
func (r *run) explain(err error, c *connection) handshake.Finding {
	f := handshake.Explain(handshake.Outbound, err, c.presented, c.authorities, nil)
	if c.requested && c.presented == nil {
		f = handshake.Unpresented(f, c.authorities)
	}
	f.Reason = ours(f.Reason)
	f.Remedy = ours(f.Remedy)
	if f.Check == handshake.CheckClientCertificate && c.presented == nil {
		f.Remedy = "present a certificate of an issuer that it accepts, with --cert"
	}
	return f
}

// spokeFirst is what net/http says when the server's first words were there before the request was sent.
const spokeFirst = "readLoopPeekFailLocked: %!w(<nil>)"

// unanswered says why a request had no answer: with TLS 1.3 servers refuse a client's certificate only now.
func (r *run) unanswered(err error, c *connection) handshake.Finding {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return handshake.Finding{Check: handshake.CheckConnection, Reason: "the server took the request and did not answer in time",
			Remedy: "find out what it waits for, often for a backend of its own; --timeout gives it more"}
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), spokeFirst):
		return handshake.Finding{Check: handshake.CheckProtocol, Reason: "the server speaks TLS, but no HTTP in it", Remedy: "check the port"}
	}
	return r.explain(err, c)
}

// server judges the server's chain.
func (r *run) server(ctx context.Context, c *connection) {
	r.step()
	o := handshake.JudgeOptions{Name: r.url.Hostname(), System: true, Usage: x509.ExtKeyUsageServerAuth, Whose: "the server's"}
	if r.o.Server != nil {
		o.RootList = r.o.Server.Roots
	}
	chain, f := handshake.Judge(c.state.PeerCertificates, o)
	details := describe(chain)
	if f.Check == "" {
		var unknown string
		if f, unknown = revoked(ctx, chain, o.Whose); unknown != "" {
			details = append(details, unknown)
		}
	}
	if f.Check != "" {
		r.fail("server", f, details...)
		return
	}
	r.done("server", OK, nil, "the certificate is for the name, in time, and of a trusted root", details...)
}

func describe(chain []*x509.Certificate) (lines []string) {
	for i, d := range handshake.Describe(chain...) {
		line := fmt.Sprintf("%s%s, until %s", strings.Repeat("  ", i), d.Subject, d.NotAfter.Format(time.DateOnly))
		if i == 0 && len(d.Names) > 0 {
			line += ", for " + strings.Join(d.Names, " ")
		}
		lines = append(lines, line)
	}
	return lines
}

// client tells who asked for a certificate, and what was presented.
func (r *run) client(ctx context.Context, c *connection) {
	r.step()
	var details []string
	switch {
	case !c.requested && r.o.Certificate != nil:
		r.done("client", Note, nil, "the server did not ask for a client certificate, so --cert was not presented")
		return
	case !c.requested:
		r.done("client", OK, nil, "the server did not ask for a client certificate")
		return
	case len(c.authorities) == 0:
		details = append(details, "it names no authorities: it decides after the handshake")
	default:
		details = append(details, "it accepts: "+strings.Join(c.authorities, "; "))
	}
	if c.presented == nil {
		r.done("client", Note, nil, "the server asks for a client certificate; none was presented", details...)
		return
	}
	chain, f := handshake.Judge(append([]*x509.Certificate{c.presented}, r.o.Certificate.Chain...), handshake.JudgeOptions{RootList: r.o.Certificate.Chain, System: true,
		Usage: x509.ExtKeyUsageClientAuth, Whose: "the client's"})
	details = append(details, describe(chain)...)
	if f.Check == "" {
		var unknown string
		if f, unknown = revoked(ctx, chain, "the client's"); unknown != "" {
			details = append(details, unknown)
		}
	}
	if f.Check == handshake.CheckTime || f.Check == handshake.CheckUsage {
		r.done("client", Note, &f, "presented, although "+f.Reason, details...)
		return
	}
	if len(c.authorities) > 0 && !named(chain, c.authorities) {
		r.done("client", Note, nil, "presented, although no certificate of its chain is of an authority that the server accepts", details...)
		return
	}
	r.done("client", OK, nil, "presented "+handshake.Describe(c.presented)[0].Subject, details...)
}

func named(chain []*x509.Certificate, authorities []string) bool {
	for _, c := range chain {
		for _, a := range authorities {
			if pki.DistinguishedName(c.RawIssuer) == a {
				return true
			}
		}
	}
	return false
}

const maxBody = 4 << 10 // of an answer, to be shown

// request sends the request on the connection, while the gateway's own view of it is listened for.
func (r *run) request(ctx context.Context, c *connection) {
	local := c.secure.LocalAddr().String()
	trace := r.listen(ctx, local)
	r.step()
	used := false
	transport := &http.Transport{DisableKeepAlives: true, DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
		if used {
			return nil, io.ErrUnexpectedEOF // no second try: the first is to be explained
		}
		used = true
		return c.secure, nil
	}}
	req, err := http.NewRequestWithContext(ctx, r.o.Method, r.url.String(), nil)
	if err != nil {
		r.fail("request", handshake.Finding{Check: handshake.CheckProtocol, Reason: err.Error()})
		return
	}
	req.Header.Set("User-Agent", "gatehouse-explain")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		r.fail("request", r.unanswered(err, c), "in the library's words: "+err.Error())
		r.recorded(ctx, local, "")
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody)) // what came is shown
	r.report.Status = resp.StatusCode
	text := fmt.Sprintf("%s in %d ms", resp.Status, time.Since(r.began).Milliseconds())
	if resp.StatusCode < 400 {
		r.done("request", OK, nil, text)
	} else {
		f := handshake.Finding{Check: "status", Reason: "the server answered " + resp.Status, Remedy: "its body and the gateway's record say more"}
		r.done("request", Failed, nil, text, strings.TrimSpace(string(body)))
		defer func() {
			if r.report.Verdict.Check == "" {
				r.report.Verdict = f
			}
		}()
	}
	if trace != nil {
		r.gateway(ctx, local, trace)
	}
}
