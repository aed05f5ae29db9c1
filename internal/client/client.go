// Package client is the HTTP client of our own public APIs: it finds the server,
// signs in, and sends requests to Azure's host names, which it reaches at the
// server's listener. Commands and the pipeline runner use nothing else. Start at
// Open; Client.Do sends one request.
//
// It knows no server package but the local socket's: what it can do, any client
// with the same right can do.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/internal/localapi"
)

// Hosts of the public APIs.
const (
	Management = "https://management.azure.com"
	LoginURL   = "https://login.microsoftonline.com"
	Graph      = "https://graph.microsoft.com"
	DevOps     = "https://dev.azure.com"
	// VaultSuffix ends the host of every vault.
	VaultSuffix = ".vault.azure.net"
)

// Audiences of tokens. DevOpsAudience is the application id of Azure DevOps.
const (
	ManagementAudience = "https://management.core.windows.net/"
	VaultAudience      = "https://vault.azure.net"
	GraphAudience      = "https://graph.microsoft.com/"
	DevOpsAudience     = "499b84ac-1321-427f-aa17-267ca6975798"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// Options say where to look for the server.
type Options struct {
	Data   string              // --data; "" to look at GATEHOUSE_DATA, the variables of `gatehouse env`, and ./.gatehouse
	Dir    string              // the working directory
	Getenv func(string) string // nil: os.Getenv
}

// Client is safe for concurrent use.
type Client struct {
	Info       localapi.Info // empty but for TenantID and SubscriptionID when reached through the proxy
	data       string        // "" when reached through the proxy
	configDir  string
	getenv     func(string) string
	http       *http.Client
	credential credential
}

// NotFoundError says that no server could be found, and what to do.
type NotFoundError struct {
	Tried []string
	Err   error // of the last try
}

func (e *NotFoundError) Error() string {
	tried := strings.Join(e.Tried, ", ")
	if errors.Is(e.Err, fs.ErrPermission) {
		return "the server of " + tried + " answers the user who started it, and nobody else; run this as that user, or start another server with `gatehouse up --data FOLDER`"
	}
	return "no running server found (tried " + tried + "); start one with `gatehouse up`, or name its data folder with --data or GATEHOUSE_DATA"
}

func (e *NotFoundError) Unwrap() error { return e.Err }

// Open finds the server: by o.Data, GATEHOUSE_DATA, the variables of `gatehouse
// env` (HTTPS_PROXY and SSL_CERT_FILE), or ./.gatehouse, in that order.
func Open(ctx context.Context, o Options) (*Client, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	c := &Client{getenv: o.Getenv, configDir: configDir(o.Getenv)}
	data := o.Data
	if data == "" {
		data = o.Getenv("GATEHOUSE_DATA")
	}
	proxied := o.Getenv("HTTPS_PROXY") != "" && o.Getenv("SSL_CERT_FILE") != ""
	switch {
	case data != "":
		return c, c.openData(ctx, absolute(o.Dir, data))
	case proxied:
		return c, c.openProxy()
	default:
		return c, c.openData(ctx, absolute(o.Dir, ".gatehouse"))
	}
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// openData asks the server's socket where it listens and whom to trust.
func (c *Client) openData(ctx context.Context, data string) error {
	c.data = data
	socket := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return localapi.Dial(ctx, data)
	}}}
	defer socket.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://local/info", nil)
	if err != nil {
		return err
	}
	resp, err := socket.Do(req)
	if err != nil {
		return &NotFoundError{Tried: []string{data}, Err: err}
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&c.Info); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server of %s gave no usable answer (status %d): is it of another version?", data, resp.StatusCode)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(c.Info.CA)) {
		return fmt.Errorf("the server of %s sent no CA certificate", data)
	}
	var d net.Dialer
	c.http = newHTTP(renamed{c.Info.Names, &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return d.DialContext(ctx, network, c.Info.Listen)
		},
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 10 * time.Second,
	}})
	c.credential, err = c.signedIn()
	return err
}

// renamed asks an instance under names of its own by those, where a command asks by Azure's.
type renamed struct {
	names map[string]string // localapi.Info's
	*http.Transport
}

// RoundTrip implements http.RoundTripper.
func (r renamed) RoundTrip(req *http.Request) (*http.Response, error) {
	if host := Rename(r.names, req.URL.Hostname()); host != req.URL.Hostname() {
		req = req.Clone(req.Context())
		req.URL.Host, req.Host = host, ""
	}
	return r.Transport.RoundTrip(req)
}

// Rename is the instance's own name for one of Azure's; others stay.
func Rename(names map[string]string, host string) string {
	if own := names[host]; own != "" {
		return own
	}
	if dot := strings.IndexByte(host, '.'); dot > 0 && names[host[dot:]] != "" {
		return host[:dot] + names[host[dot:]]
	}
	return host
}

// openProxy goes by the variables of `gatehouse env`.
func (c *Client) openProxy() error {
	proxy, err := url.Parse(c.getenv("HTTPS_PROXY"))
	if err != nil || proxy.Host == "" {
		return fmt.Errorf("HTTPS_PROXY=%q is no URL", c.getenv("HTTPS_PROXY"))
	}
	pem, err := os.ReadFile(c.getenv("SSL_CERT_FILE"))
	if err != nil {
		return fmt.Errorf("SSL_CERT_FILE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("SSL_CERT_FILE: %s holds no certificate", c.getenv("SSL_CERT_FILE"))
	}
	c.http = newHTTP(&http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		Proxy:               http.ProxyURL(proxy),
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 10 * time.Second,
	})
	c.Info.TenantID, c.Info.SubscriptionID = c.getenv("AZURE_TENANT_ID"), c.getenv("AZURE_SUBSCRIPTION_ID")
	c.credential, err = c.signedIn()
	return err
}

func newHTTP(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, Timeout: 5 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Data is the server's data folder, "" when it was reached through the proxy.
func (c *Client) Data() string { return c.data }

// Request is one call. Body may be nil, []byte (sent as it is) or any value (sent as JSON).
type Request struct {
	Method   string
	URL      string
	Audience string // of the token; "" for none
	Header   http.Header
	Body     any
}

// Response is an answer with a status below 400.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON decodes the body into out; an empty body leaves it as it is.
func (r *Response) JSON(out any) error {
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return nil
	}
	return json.Unmarshal(r.Body, out)
}

// Do sends r as whoever is signed in. An answer of 400 and above is an *Error.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	body, contentType, err := encode(r.Body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for k, v := range r.Header {
		req.Header[k] = v
	}
	if r.Audience != "" {
		token, err := c.Token(ctx, r.Audience)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return c.send(req)
}

func (c *Client) send(req *http.Request) (*Response, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server did not answer: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%s %s: reading the answer: %w", req.Method, req.URL.Redacted(), err)
	}
	if len(b) > maxAnswer {
		return nil, fmt.Errorf("%s %s: the answer is longer than %d bytes", req.Method, req.URL.Redacted(), maxAnswer)
	}
	if resp.StatusCode >= 400 {
		return nil, newError(resp.StatusCode, resp.Header, b)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: b}, nil
}

func encode(body any) (io.Reader, string, error) {
	switch b := body.(type) {
	case nil:
		return nil, "", nil
	case []byte:
		return bytes.NewReader(b), "", nil
	default:
		j, err := json.Marshal(b)
		return bytes.NewReader(j), "application/json", err
	}
}

// JSON sends in (nil for none) and decodes the answer into out (nil to drop it).
func (c *Client) JSON(ctx context.Context, method, url, audience string, in, out any) error {
	resp, err := c.Do(ctx, Request{Method: method, URL: url, Audience: audience, Body: in})
	if err != nil || out == nil {
		return err
	}
	return resp.JSON(out)
}

// ARM calls Resource Manager at path, which begins with a slash; apiVersion is added.
func (c *Client) ARM(ctx context.Context, method, path, apiVersion string, in, out any) error {
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	return c.JSON(ctx, method, Management+path+sep+"api-version="+apiVersion, ManagementAudience, in, out)
}
