package handshake

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Hello is what a client offered.
type Hello struct {
	ServerName string   `json:"serverName,omitempty"`
	Versions   []string `json:"versions,omitempty"`
	Ciphers    []string `json:"ciphers,omitempty"`
	Signatures []string `json:"signatures,omitempty"`
	Protocols  []string `json:"protocols,omitempty"` // ALPN
}

// DescribeHello reads what a client offered.
func DescribeHello(h *tls.ClientHelloInfo) *Hello {
	d := &Hello{ServerName: h.ServerName, Protocols: h.SupportedProtos}
	for _, v := range h.SupportedVersions {
		if known := tls.VersionName(v); !strings.HasPrefix(known, "0x") { // GREASE (RFC 8701)
			d.Versions = append(d.Versions, known)
		}
	}
	for _, c := range h.CipherSuites[:min(len(h.CipherSuites), 4*maxListed)] {
		if known := tls.CipherSuiteName(c); !strings.HasPrefix(known, "0x") {
			d.Ciphers = append(d.Ciphers, known)
		}
	}
	for _, s := range h.SignatureSchemes[:min(len(h.SignatureSchemes), 2*maxListed)] {
		d.Signatures = append(d.Signatures, s.String())
	}
	return d
}

// remoteAlerts are what the far end says, by the words of crypto/tls for its alerts (RFC 8446
// section 6.2).
type alertWords struct{ text, check, inbound, outbound, remedy string }

var remoteAlerts = []alertWords{
	{"unknown certificate authority", CheckChain, "the client does not trust the issuer of our certificate%s", "the backend does not trust the issuer of our certificate%s",
		"add our issuer to the far end's trusted authorities, or present a certificate of an issuer that it trusts"},
	{"certificate required", CheckClientCertificate, "the client asks for a certificate, which clients do not", "the backend requires a client certificate%s",
		"give the backend entity a certificate (credentials.certificateIds)"},
	{"bad certificate", CheckClientCertificate, "the client refused our certificate%s", "the backend refused our certificate%s, or requires one that was not presented",
		"compare the certificate with what the far end expects; its log says more"},
	{"expired certificate", CheckTime, "the client says that our certificate%s has expired", "the backend says that our certificate%s has expired", "renew it, and check the far end's clock"},
	{"revoked certificate", CheckTime, "the client says that our certificate%s is revoked", "the backend says that our certificate%s is revoked", "replace it"},
	{"unsupported certificate", CheckUsage, "the client can't use a certificate of this kind%s", "the backend can't use a certificate of this kind%s", "use another key type or usage"},
	{"unknown certificate", CheckChain, "the client did not accept our certificate%s", "the backend did not accept our certificate%s", "the far end's log says why"},
	{"access denied", CheckClientCertificate, "the client refused to go on", "the backend accepted the certificate%s and then denied access", "ask its operator to allow this certificate"},
	{"protocol version not supported", CheckVersion, "the client supports none of our TLS versions", "the backend supports none of TLS 1.2 and 1.3", "switch on TLS 1.2 or 1.3 at the far end"},
	{"unrecognized name", CheckName, "the client does not know the name", "the backend knows no server of the name that we asked for", "check the host of the backend's URL"},
	{"no application protocol", CheckALPN, "the client speaks neither HTTP/2 nor HTTP/1.1", "the backend does not speak HTTP/1.1", "switch it on at the far end"},
	{"error decrypting message", CheckSignature, "the client could not verify our signature: its certificate and key may not belong together%s", "the backend could not verify our signature: certificate and key may not belong together%s", "import the certificate with its own key"},
	{"handshake failure", CheckCipher, "the client found no parameters of both sides", "the backend found no parameters (cipher suites, curves, signature algorithms) of both sides, or requires a client certificate%s", "compare what both sides support"},
}

// Explain puts the error of a handshake into words. Own is what this side presented (nil:
// nothing), authorities whom the far end says it accepts; hello may be nil.
func Explain(direction Direction, err error, own *x509.Certificate, authorities []string, hello *Hello) Finding {
	if f, ok := explainRemote(direction, err, own, authorities); ok {
		return f
	}
	var header tls.RecordHeaderError
	far := map[Direction]string{Inbound: "the client", Outbound: "the backend"}[direction]
	text := err.Error()
	switch {
	case errors.As(err, &header):
		return notTLS(far, header)
	case strings.Contains(text, "unsupported versions"), strings.Contains(text, "selected unsupported protocol version"), strings.Contains(text, "protocol version not supported"):
		return Finding{CheckVersion, "no shared TLS version" + offered(hello, func(h *Hello) []string { return h.Versions }), "switch on TLS 1.2 or 1.3 at " + far[4:]}
	case strings.Contains(text, "no cipher suite supported"):
		return Finding{CheckCipher, "no shared cipher suite" + offered(hello, func(h *Hello) []string { return h.Ciphers }), "switch on an ECDHE suite with AES-GCM or ChaCha20 at " + far[4:]}
	case strings.Contains(text, "signature algorithm"):
		return Finding{CheckSignature, "no shared signature algorithm" + offered(hello, func(h *Hello) []string { return h.Signatures }), "use a certificate with another kind of key"}
	case strings.Contains(text, "unsupported application protocol"), strings.Contains(text, "application protocols"):
		return Finding{CheckALPN, "no shared application protocol" + offered(hello, func(h *Hello) []string { return h.Protocols }), "offer h2 or http/1.1"}
	case isTimeout(err):
		return Finding{CheckConnection, far + " did not complete the handshake in time", "look for a firewall or a proxy in between that holds packets back"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return Finding{CheckConnection, far + " ended the connection during the handshake, or right after it, without saying why", "its log says more; often it does not accept the other side's certificate or the server name"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return Finding{CheckConnection, "nothing listens at the address", "start the backend, or correct its URL"}
	}
	return Finding{CheckProtocol, "the handshake failed: " + strings.TrimPrefix(text, "tls: "), ""}
}

func explainRemote(direction Direction, err error, own *x509.Certificate, authorities []string) (Finding, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return Finding{}, false
	}
	text := strings.TrimPrefix(op.Err.Error(), "tls: ")
	for _, a := range remoteAlerts {
		if !strings.Contains(text, a.text) {
			continue
		}
		words := a.inbound
		if direction == Outbound {
			words = a.outbound
		}
		if strings.Contains(words, "%s") {
			words = fmt.Sprintf(words, ownWords(direction, own, a.check))
		}
		if direction == Outbound && len(authorities) > 0 && a.check != CheckVersion {
			words += "; it accepts: '" + strings.Join(authorities, "', '") + "'"
		}
		return Finding{a.check, words, a.remedy}, true
	}
	return Finding{CheckProtocol, "the far end refused the handshake: " + text, "its log says more"}, true
}

// Unpresented is f for a handshake in which the far end asked for a client certificate and got
// none: servers then refuse by alerts that may mean anything.
func Unpresented(f Finding, authorities []string) Finding {
	switch {
	case f.Check == CheckCipher, f.Check == CheckClientCertificate:
		f.Reason = "the backend requires a client certificate, and none was presented"
	case f.Check == CheckConnection && strings.Contains(f.Reason, "ended the connection"):
		f.Reason = "the backend asked for a client certificate, none was presented, and it ended the connection without saying why"
	default:
		return f
	}
	f.Check, f.Remedy = CheckClientCertificate, "give the backend entity a certificate (credentials.certificateIds)"
	if len(authorities) > 0 {
		f.Reason += "; it accepts: '" + strings.Join(authorities, "', '") + "'"
	}
	return f
}

// ownWords name what this side presented.
func ownWords(direction Direction, own *x509.Certificate, check string) string {
	switch {
	case own == nil && direction == Outbound:
		return ", and none was presented"
	case own == nil:
		return ""
	case check == CheckChain:
		return fmt.Sprintf(" '%s', which is '%s'", subject(own), Describe(own)[0].Issuer)
	}
	return fmt.Sprintf(" '%s' (issued by '%s')", subject(own), Describe(own)[0].Issuer)
}

func notTLS(far string, e tls.RecordHeaderError) Finding {
	first := string(e.RecordHeader[:])
	if strings.HasPrefix(first, "HTTP/") || strings.HasPrefix(first, "GET ") || strings.HasPrefix(first, "POST ") || strings.HasPrefix(first, "PUT ") || strings.HasPrefix(first, "HEAD ") {
		return Finding{CheckProtocol, far + " speaks plain HTTP where TLS is expected", "use https:// and the TLS port"}
	}
	return Finding{CheckProtocol, far + " does not speak TLS: " + e.Msg, "check address and port"}
}

func offered(h *Hello, list func(*Hello) []string) string {
	if h == nil || len(list(h)) == 0 {
		return ""
	}
	return ": the client offers " + strings.Join(list(h), ", ")
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
