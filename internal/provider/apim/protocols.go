package apim

import (
	"crypto/tls"
	"strings"
)

// TLSSwitches is what customProperties say of TLS, of clients' connections or of backends'.
type TLSSwitches struct {
	MinVersion   uint16
	CipherSuites []uint16 // nil: the usual ones
	NoHTTP2      bool
}

const switchPrefix = "Microsoft.WindowsAzure.ApiManagement.Gateway."

// cipherSwitches are the suites of TLS 1.2 that can be switched, by the last part of their
// property. https://learn.microsoft.com/azure/api-management/api-management-howto-manage-protocols-ciphers
var cipherSwitches = map[string]uint16{
	"TripleDes168":                       tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
	"TLS_RSA_WITH_AES_128_GCM_SHA256":    tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
	"TLS_RSA_WITH_AES_128_CBC_SHA256":    tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	"TLS_RSA_WITH_AES_128_CBC_SHA":       tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	"TLS_RSA_WITH_AES_256_CBC_SHA":       tls.TLS_RSA_WITH_AES_256_CBC_SHA,
	"TLS_RSA_WITH_AES_256_GCM_SHA384":    tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,

	"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	"TLS_RSA_WITH_AES_256_CBC_SHA256":      0, // not in Go's TLS: can be switched off only
}

// protocolSwitches are the versions, and HTTP/2 for clients. Backend. is put before for backends.
var protocolSwitches = map[string]uint16{"Security.Protocols.Tls10": tls.VersionTLS10, "Security.Protocols.Tls11": tls.VersionTLS11}

func switched(v any) (on, ok bool) {
	switch s := v.(type) {
	case bool:
		return s, true
	case string:
		switch strings.ToLower(s) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// checkSwitches refuses what would not be done.
func checkSwitches(f *fields) {
	o, ok := f.object("customProperties")
	if !ok {
		return
	}
	for name, v := range o.m {
		on, isSwitch := switched(v)
		short, ours := strings.CutPrefix(name, switchPrefix)
		base := strings.Replace(short, ".Backend.", ".", 1)
		cipher, isCipher := cipherSwitches[strings.TrimPrefix(base, "Security.Ciphers.")]
		_, isProtocol := protocolSwitches[base]
		switch {
		case !isSwitch:
			o.wrong(name, "The custom property '%s' must be 'True' or 'False'.", name)
		case !ours || !isCipher && !isProtocol && base != "Security.Protocols.Ssl30" && short != "Protocols.Server.Http2":
			o.wrong(name, "The custom property '%s' is not known.", name)
		case on && (base == "Security.Protocols.Ssl30" || isCipher && cipher == 0):
			o.wrong(name, "The custom property '%s' can't be switched on: this server does not have it.", name)
		}
	}
}

// Switches reads customProperties. Without any the usual settings hold.
func Switches(properties map[string]any) (clients, backends TLSSwitches) {
	m, _ := properties["customProperties"].(map[string]any)
	get := func(name string) (on, ok bool) { return switched(m[switchPrefix+name]) }
	if on, ok := get("Protocols.Server.Http2"); ok && !on {
		clients.NoHTTP2 = true
	}
	for name, version := range protocolSwitches {
		lowest := func(t *TLSSwitches, property string) {
			if on, _ := get(property); on && (t.MinVersion == 0 || version < t.MinVersion) {
				t.MinVersion = version
			}
		}
		lowest(&clients, name)
		lowest(&backends, strings.Replace(name, "Security.", "Security.Backend.", 1))
	}
	clients.CipherSuites = suites(func(name string) (bool, bool) { return get("Security.Ciphers." + name) })
	backends.CipherSuites = suites(func(name string) (bool, bool) { return get("Security.Backend.Ciphers." + name) })
	return clients, backends
}

// suites is the usual list with what is switched on or off; nil when nothing is.
func suites(get func(name string) (on, ok bool)) []uint16 {
	state, any := map[uint16]bool{}, false
	for name, id := range cipherSwitches {
		if on, ok := get(name); ok && id != 0 {
			state[id], any = on, true
		}
	}
	if !any {
		return nil
	}
	var list []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		on, said := state[s.ID]
		usual := !s.Insecure && s.SupportedVersions[0] != tls.VersionTLS13
		if on || usual && !said {
			list = append(list, s.ID)
		}
	}
	return list
}
