package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// The most that a link may give, and how long that may take.
const (
	maxLinked   = 4 << 20
	linkTimeout = 30 * time.Second
)

var errNotLocal = errors.New("only links to this machine are followed, for example http://localhost:8000/api.yaml: send the document itself")

// links reads what the -link formats of policies and APIs name. `up` follows links to this machine; nil
// for a site, where somebody else's machine would be asked in the server's name.
func (s *server) links() func(ctx context.Context, link string) ([]byte, error) {
	if !s.set.proxied {
		return nil
	}
	client := &http.Client{Timeout: linkTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.trusted(s.set.roots, s.set.systemRoots)}, DisableKeepAlives: true}}
	return func(ctx context.Context, link string) ([]byte, error) { return readLink(ctx, client, link) }
}

func readLink(ctx context.Context, client *http.Client, link string) ([]byte, error) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !isLoopback(u.Hostname()) {
		return nil, errNotLocal
	}
	return fetch(ctx, client, link)
}

// fetch reads a document of at most maxLinked bytes.
func fetch(ctx context.Context, client *http.Client, link string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it was answered with %s", resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxLinked+1))
	if err == nil && len(data) > maxLinked {
		err = fmt.Errorf("it is larger than %d bytes", maxLinked)
	}
	return data, err
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
