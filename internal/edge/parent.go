package edge

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// connectThrough reaches target by CONNECT over another proxy (RFC 9110, section 9.3.6).
func connectThrough(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error), parent *url.URL, target string) (net.Conn, error) {
	c, err := dialParent(ctx, dial, parent)
	if err != nil {
		return nil, fmt.Errorf("the proxy %s: %w", parent.Host, err)
	}
	deadline, ok := ctx.Deadline()
	if ok {
		_ = c.SetDeadline(deadline)
	}
	reader, err := askParent(c, parent, target)
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("the proxy %s: %w", parent.Host, err)
	}
	_ = c.SetDeadline(time.Time{})
	return &readAhead{Conn: c, reader: reader}, nil
}

func dialParent(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error), parent *url.URL) (net.Conn, error) {
	port := map[string]string{"http": "80", "https": "443"}[parent.Scheme]
	if port == "" {
		return nil, fmt.Errorf("its scheme %q is not supported; use http or https", parent.Scheme)
	}
	if parent.Port() != "" {
		port = parent.Port()
	}
	c, err := dial(ctx, "tcp", net.JoinHostPort(parent.Hostname(), port))
	if err != nil || parent.Scheme == "http" {
		return c, err
	}
	secure := tls.Client(c, &tls.Config{ServerName: parent.Hostname(), MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return secure, nil
}

func askParent(c net.Conn, parent *url.URL, target string) (*bufio.Reader, error) {
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: http.Header{}}
	if user := parent.User; user != nil {
		password, _ := user.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := request.Write(c); err != nil {
		return nil, err
	}
	limited := &boundedReader{Conn: c, left: maxHeaderBytes}
	reader := bufio.NewReader(limited)
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("it answered %s", response.Status)
	}
	limited.left = -1 // the tunnel has begun
	return reader, nil
}

// boundedReader ends after left bytes, so that a proxy's answer cannot be endless; below
// zero it is unbounded.
type boundedReader struct {
	net.Conn
	left int
}

// Read reads from the connection.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left < 0 {
		return b.Conn.Read(p)
	}
	if b.left == 0 {
		return 0, fmt.Errorf("its answer is longer than %d bytes", maxHeaderBytes)
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// readAhead is a connection of which reader holds the next bytes.
type readAhead struct {
	net.Conn
	reader *bufio.Reader
}

// Read reads from the reader first.
func (r *readAhead) Read(p []byte) (int, error) { return r.reader.Read(p) }

// CloseWrite passes the end of one direction on.
func (r *readAhead) CloseWrite() error {
	if half, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return net.ErrClosed
}
