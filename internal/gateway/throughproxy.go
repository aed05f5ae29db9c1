package gateway

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/policy"
)

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// throughProxy dials by a CONNECT of the proxy or backend (RFC 9110 section 9.3.6).
func throughProxy(dial dialer, p *policy.Proxy, forbidden func(string) bool) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		u, err := url.Parse(p.URL)
		if err != nil || u.Scheme != "http" || u.Hostname() == "" {
			return nil, errors.New("the proxy must be an http:// URL with a host")
		}
		if forbidden != nil && forbidden(strings.ToLower(u.Hostname())) {
			return nil, fmt.Errorf("the host '%s' may not be a proxy: it is one of the control plane", u.Hostname())
		}
		port := u.Port()
		if port == "" {
			port = "80"
		}
		c, err := dial(ctx, network, net.JoinHostPort(u.Hostname(), port))
		if err != nil {
			return nil, err
		}
		if err := connectThrough(c, p, addr); err != nil {
			_ = c.Close()
			return nil, err
		}
		return c, nil
	}
}

func connectThrough(c net.Conn, p *policy.Proxy, addr string) error {
	if err := c.SetDeadline(time.Now().Add(proxyTimeout)); err != nil {
		return err
	}
	head := "CONNECT " + addr + " HTTP/1.1\r\nHost: " + addr + "\r\n"
	if p.Username != "" {
		head += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(p.Username+":"+p.Password)) + "\r\n"
	}
	if _, err := c.Write([]byte(head + "\r\n")); err != nil {
		return err
	}
	// Byte by byte, since what follows the head belongs to the tunnel.
	var reply []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(reply), "\r\n\r\n"); {
		if _, err := c.Read(one); err != nil {
			return fmt.Errorf("the proxy: %w", err)
		}
		if reply = append(reply, one[0]); len(reply) > maxHeader {
			return errors.New("the proxy answers with too large a head")
		}
	}
	line, _, _ := strings.Cut(string(reply), "\r\n")
	_, status, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(status, "2") {
		return fmt.Errorf("the proxy answered '%s'", status)
	}
	return c.SetDeadline(time.Time{})
}
