package edge

import (
	"crypto/tls"
	"io"
	"sync/atomic"
	"testing"
	"time"
)

// trustingGateway says whom its service trusts.
type trustingGateway struct {
	*fakeGateway
	trust atomic.Value
}

func (g *trustingGateway) TrustOf(string) string { return g.trust.Load().(string) }

// TestSessionsEndWithTrust: a session is resumed until the service trusts others.
func TestSessionsEndWithTrust(t *testing.T) {
	g := &trustingGateway{}
	g.trust.Store("one")
	b := newBench(t, func(o *Options) { g.fakeGateway = o.Gateway.(*fakeGateway); o.Gateway = g })
	config := &tls.Config{RootCAs: b.ca.Pool(), ServerName: "contoso.azure-api.net", NextProtos: []string{"http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(4), Certificates: []tls.Certificate{*clientCertificate(t)}}
	resumed := func() bool {
		c, err := tls.Dial("tcp", b.addr, config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: contoso.azure-api.net\r\n\r\n")
		if _, err := c.Read(make([]byte, 1000)); err != nil { // the ticket comes before
			t.Fatal(err)
		}
		return c.ConnectionState().DidResume
	}
	for i, want := range []bool{false, true, true} {
		if got := resumed(); got != want {
			t.Errorf("connection %d is resumed: %v", i, got)
		}
	}
	g.trust.Store("two")
	for i, want := range []bool{false, true} {
		if got := resumed(); got != want {
			t.Errorf("after the change, connection %d is resumed: %v", i, got)
		}
	}
}
