package handshake

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// TestAlerts: what the far end says, in words, seen from each side (RFC 8446 section 6.2).
func TestAlerts(t *testing.T) {
	root := must[*testca.Authority](t)(testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"}))
	own := must[*pki.Bundle](t)(root.Client(testca.Options{CommonName: "client", KeyType: "ec"})).Leaf
	accepts := []string{"CN=Partner CA"}
	const ours = "'CN=client' (issued by 'CN=Contoso Root')"
	for alert, want := range map[uint8]struct{ check, inbound, outbound string }{
		40:  {CheckCipher, "the client found no parameters of both sides", "the backend found no parameters"},
		42:  {CheckClientCertificate, "the client refused our certificate " + ours, "the backend refused our certificate " + ours},
		43:  {CheckUsage, "the client can't use a certificate of this kind " + ours, "the backend can't use a certificate of this kind " + ours},
		44:  {CheckTime, "the client says that our certificate " + ours + " is revoked", "the backend says that our certificate " + ours + " is revoked"},
		45:  {CheckTime, "the client says that our certificate " + ours + " has expired", "the backend says that our certificate " + ours + " has expired"},
		46:  {CheckChain, "the client did not accept our certificate 'CN=client'", "the backend did not accept our certificate 'CN=client'"},
		48:  {CheckChain, "the client does not trust the issuer of our certificate 'CN=client', which is 'CN=Contoso Root'", "the backend does not trust the issuer of our certificate 'CN=client', which is 'CN=Contoso Root'"},
		49:  {CheckClientCertificate, "the client refused to go on", "the backend accepted the certificate"},
		51:  {CheckSignature, "the client could not verify our signature", "the backend could not verify our signature"},
		70:  {CheckVersion, "the client supports none of our TLS versions", "the backend supports none of TLS 1.2 and 1.3"},
		112: {CheckName, "the client does not know the name", "the backend knows no server of the name that we asked for"},
		116: {CheckClientCertificate, "the client asks for a certificate, which clients do not", "the backend requires a client certificate"},
		120: {CheckALPN, "the client speaks neither HTTP/2 nor HTTP/1.1", "the backend does not speak HTTP/1.1"},
		80:  {CheckProtocol, "the far end refused the handshake", "the far end refused the handshake"},
	} {
		err := &net.OpError{Op: "remote error", Err: tls.AlertError(alert)}
		in, out := Explain(Inbound, err, own, nil, nil), Explain(Outbound, err, own, accepts, nil)
		if in.Check != want.check || !strings.HasPrefix(in.Reason, want.inbound) || in.Remedy == "" {
			t.Errorf("%d (%v), inbound: %+v", alert, err, in)
		}
		if out.Check != want.check || !strings.HasPrefix(out.Reason, want.outbound) || out.Remedy == "" {
			t.Errorf("%d (%v), outbound: %+v", alert, err, out)
		}
		if known := out.Check != CheckProtocol && out.Check != CheckVersion; known && !strings.HasSuffix(out.Reason, "; it accepts: 'CN=Partner CA'") {
			t.Errorf("%d: %s", alert, out.Reason)
		}
	}
}

// hello12 is a ClientHello of TLS 1.2 that knows one signature algorithm.
func hello12(algorithm uint16) []byte {
	extensions := []byte{0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, byte(algorithm >> 8), byte(algorithm)}
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0, 2, 0xc0, 0x2b, 1, 0, 0, byte(len(extensions)))
	body = append(body, extensions...)
	message := append([]byte{1, 0, 0, byte(len(body))}, body...)
	return append([]byte{22, 3, 1, 0, byte(len(message))}, message...)
}

// TestBrokenHandshakes: a connection that ends, stalls or speaks something else half-way, from both sides.
func TestBrokenHandshakes(t *testing.T) {
	root := must[*testca.Authority](t)(testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"}))
	cert := must[*pki.Bundle](t)(root.Server(testca.Options{CommonName: "server.contoso.example", KeyType: "ec"})).TLS()
	listen := func(serve func(net.Conn)) (client net.Conn) {
		l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
		t.Cleanup(func() { l.Close() })
		go func() {
			if c, err := l.Accept(); err == nil {
				serve(c)
			}
		}()
		return must[net.Conn](t)(net.Dial("tcp", l.Addr().String()))
	}
	reset := func(c net.Conn) {
		c.Read(make([]byte, 16))
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	for name, c := range map[string]struct {
		far             func(net.Conn)
		check, in, outs string
	}{
		"a reset":     {reset, CheckConnection, "the client ended the connection during the handshake", "the backend ended the connection during the handshake"},
		"an end":      {func(c net.Conn) { c.Read(make([]byte, 1024)); c.Close() }, CheckConnection, "the client ended the connection during the handshake", "the backend ended the connection during the handshake"},
		"silence":     {func(c net.Conn) { <-t.Context().Done() }, CheckConnection, "the client did not complete the handshake in time", "the backend did not complete the handshake in time"},
		"plain HTTP":  {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); io.Copy(io.Discard, c) }, CheckProtocol, "the client speaks plain HTTP", "the backend speaks plain HTTP"},
		"no protocol": {func(c net.Conn) { io.WriteString(c, "SSH-2.0-x\r\n\r\n"); io.Copy(io.Discard, c) }, CheckProtocol, "the client does not speak TLS", "the backend does not speak TLS"},
	} {
		conn := listen(c.far)
		conn.SetDeadline(time.Now().Add(300 * time.Millisecond))
		f := Explain(Outbound, tls.Client(conn, &tls.Config{ServerName: "server.contoso.example", RootCAs: root.Pool()}).Handshake(), nil, nil, nil)
		if f.Check != c.check || !strings.HasPrefix(f.Reason, c.outs) || f.Remedy == "" {
			t.Errorf("%s, outbound: %+v", name, f)
		}
		conn.Close()
		if name == "an end" || name == "a reset" {
			continue // a server waits for the client's bytes first: below
		}
		conn = listen(c.far)
		conn.SetDeadline(time.Now().Add(300 * time.Millisecond))
		f = Explain(Inbound, tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake(), nil, nil, nil)
		if f.Check != c.check || !strings.HasPrefix(f.Reason, c.in) || f.Remedy == "" {
			t.Errorf("%s, inbound: %+v", name, f)
		}
		conn.Close()
	}
	serve := func(send []byte, end func(net.Conn)) Finding {
		got := make(chan Finding, 1)
		client := listen(func(c net.Conn) {
			defer c.Close()
			c.SetDeadline(time.Now().Add(5 * time.Second))
			var hello *Hello
			err := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				hello = DescribeHello(h)
				return nil, nil
			}}).Handshake()
			if err == nil {
				err = errors.New("the handshake succeeded")
			}
			got <- Explain(Inbound, err, cert.Leaf, nil, hello)
		})
		defer client.Close()
		client.Write(send)
		end(client)
		return <-got
	}
	const rsa, ecdsa = 0x0401, 0x0403
	if f := serve(hello12(rsa), func(net.Conn) {}); f.Check != CheckSignature || !strings.HasPrefix(f.Reason, "no shared signature algorithm: the client offers PKCS1WithSHA256") {
		t.Errorf("no shared signature algorithm: %+v", f)
	}
	if f := serve(hello12(ecdsa), reset); f.Check != CheckConnection || !strings.HasPrefix(f.Reason, "the client ended the connection during the handshake") {
		t.Errorf("a reset of a client: %+v", f)
	}
	if f := serve(hello12(ecdsa)[:20], func(c net.Conn) { c.Close() }); f.Check != CheckConnection || !strings.HasPrefix(f.Reason, "the client ended the connection during the handshake") {
		t.Errorf("half a hello: %+v", f)
	}
}
