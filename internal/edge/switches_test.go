package edge

import (
	"crypto/tls"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/internal/pki/testca"
	"gatehouse/internal/snapshot"
)

// switchGateway has settings that change.
type switchGateway struct {
	fakeGateway
	host atomic.Pointer[snapshot.Host]
}

func (g *switchGateway) Host(string) *snapshot.Host { return g.host.Load() }

// TestSwitches: each version and each cipher suite that a service can switch is spoken where it is on, and not where it is
// off. https://learn.microsoft.com/azure/api-management/api-management-howto-manage-protocols-ciphers
func TestSwitches(t *testing.T) {
	const host = "apim.azure-api.net"
	root, err := testca.NewRoot(testca.Options{CommonName: "Contoso Root", KeyType: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	issue := func(keyType string) *tls.Certificate {
		bundle, err := root.Server(testca.Options{CommonName: host, KeyType: keyType})
		if err != nil {
			t.Fatal(err)
		}
		cert := bundle.TLS()
		return &cert
	}
	byKey := map[bool]*tls.Certificate{false: issue("rsa"), true: issue("ec")}
	g := &switchGateway{}
	b := newBench(t, func(o *Options) { o.Gateway = g })
	speaks := func(settings snapshot.TLS, ecdsa bool, c *tls.Config) bool {
		g.host.Store(&snapshot.Host{Name: host, TLS: settings, Certificate: byKey[ecdsa]})
		c.ServerName, c.RootCAs = host, root.Pool()
		conn, err := tls.Dial("tcp", b.addr, c)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		alone := func() *tls.Config { return &tls.Config{MinVersion: version, MaxVersion: version} }
		if usual := version >= tls.VersionTLS12; speaks(snapshot.TLS{}, true, alone()) != usual {
			t.Errorf("%s is not as usual", tls.VersionName(version))
		}
		if !speaks(snapshot.TLS{MinVersion: version}, true, alone()) {
			t.Errorf("%s is on and not spoken", tls.VersionName(version))
		}
		if version < tls.VersionTLS13 && speaks(snapshot.TLS{MinVersion: version + 1}, true, alone()) {
			t.Errorf("%s is off and spoken", tls.VersionName(version))
		}
	}
	switches := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	others := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	for _, suite := range switches {
		name := tls.CipherSuiteName(suite)
		alone := func() *tls.Config {
			return &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}}
		}
		ecdsa := strings.Contains(name, "_ECDSA_")
		if !speaks(snapshot.TLS{CipherSuites: append(slices.Clone(others), suite)}, ecdsa, alone()) {
			t.Errorf("%s is on and not spoken", name)
		}
		if off := slices.DeleteFunc(append(slices.Clone(others), switches...), func(s uint16) bool { return s == suite }); speaks(snapshot.TLS{CipherSuites: off}, ecdsa, alone()) {
			t.Errorf("%s is off and spoken", name)
		}
	}
}
