package gateway_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"gatehouse/internal/snapshot"
)

// TestHostOfAnotherHandshake: a service whose TLS settings the connection does not have is not reached over it,
// under whatever server name it was made.
func TestHostOfAnotherHandshake(t *testing.T) {
	b := newBench(t, echo)
	for _, c := range []struct {
		name        string
		host        snapshot.TLS
		client      *tls.Config
		misdirected bool
	}{
		{"no settings", snapshot.TLS{}, &tls.Config{MaxVersion: tls.VersionTLS12}, false},
		{"TLS 1.3 alone, by 1.2", snapshot.TLS{MinVersion: tls.VersionTLS13}, &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"TLS 1.3 alone, by 1.3", snapshot.TLS{MinVersion: tls.VersionTLS13}, &tls.Config{}, false},
		{"another cipher", snapshot.TLS{CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}}, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, true},
		{"the cipher", snapshot.TLS{CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, false},
		{"a cipher of TLS 1.3", snapshot.TLS{CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, &tls.Config{}, false},
	} {
		s := b.service()
		s.Hosts = []*snapshot.Host{{Name: clientHost, TLS: c.host}}
		b.apply(s)
		c.client.RootCAs, c.client.ServerName = b.ca.pool, clientHost
		conn, err := tls.Dial("tcp", b.gateway, c.client)
		if err != nil {
			t.Fatal(c.name, err)
		}
		conn.Write([]byte("GET /status-0123456789abcdef HTTP/1.1\r\nHost: " + strings.ToUpper(clientHost) + "\r\nConnection: close\r\n\r\n"))
		answer := make([]byte, 12)
		if _, err := conn.Read(answer); err != nil || (string(answer) == "HTTP/1.1 421") != c.misdirected || !c.misdirected && string(answer) != "HTTP/1.1 200" {
			t.Errorf("%s: %s %v", c.name, answer, err)
		}
		conn.Close()
	}
	s := b.service()
	s.Hosts = []*snapshot.Host{{Name: clientHost, TLS: snapshot.TLS{NoHTTP2: true}}}
	b.apply(s)
	for _, e := range engines {
		if resp, _ := get(t, b.client(e, nil), "/status-0123456789abcdef"); (resp.StatusCode == 421) != e.h2 {
			t.Errorf("%s: %d where HTTP/2 is off", e.name, resp.StatusCode)
		}
	}
}
