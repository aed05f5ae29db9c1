package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// document reads a template or parameters file that a deployment links to. Who deploys names the address and the server
// asks, so only this machine is asked: the APIs of its own gateways and, by `up`, https on loopback.
func (s *server) document(ctx context.Context, uri string) ([]byte, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return nil, fmt.Errorf("it is no URI: %w", err)
	}
	if err := s.linkable(u); err != nil {
		return nil, err
	}
	data, err := fetch(ctx, s.documents(), uri)
	var wrapped *url.Error
	if errors.As(err, &wrapped) { // its text has the whole URI, with a signature perhaps
		err = wrapped.Err
	}
	return data, err
}

// linkable refuses what is not on this machine.
func (s *server) linkable(u *url.URL) error {
	host := u.Hostname()
	switch {
	case u.Scheme != "https" || u.User != nil:
		return errors.New("it must be an https URI without credentials")
	case s.set.proxied && isLoopback(host), s.set.names.Gateway(host):
		return nil
	case s.set.proxied:
		return fmt.Errorf("the host %q is not this machine: templates are read from https://localhost and from the gateways of this server; put it there, or give it inline", host)
	}
	return fmt.Errorf("the host %q is no gateway of this server, and templates are read from those alone; put it there, or give it inline", host)
}

// documents asks without a proxy, and follows redirects to what is linkable only.
func (s *server) documents() *http.Client {
	transport := &http.Transport{DialContext: s.dialDocument, TLSClientConfig: &tls.Config{RootCAs: s.trusted(s.set.roots, s.set.systemRoots), MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 20 * time.Second}
	return &http.Client{Transport: transport, Timeout: 30 * time.Second, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return errors.New("it redirects more than three times")
		}
		return s.linkable(req.URL)
	}}
}

// dialDocument connects to this machine whatever name services say of localhost.
func (s *server) dialDocument(ctx context.Context, network, address string) (net.Conn, error) {
	if host, port, err := net.SplitHostPort(address); err == nil && strings.EqualFold(host, "localhost") {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return s.dialBackend(ctx, network, address)
}
