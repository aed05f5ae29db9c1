package vault

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// checkName follows https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers
func checkName(k Kind, name string) error {
	if name == "" || len(name) > 127 {
		return badParameter("The %s name must have 1 to 127 characters; it has %d.", k.singular(), len(name))
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-') {
			return badParameter("The request URI contains an invalid name: %s. A %s name takes only 0-9, a-z, A-Z and -.", clip(name), k.singular())
		}
	}
	return nil
}

// clip keeps what a caller sent short and printable in messages.
func clip(s string) string {
	if len(s) > 127 {
		s = s[:127] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// checkVersion accepts the 32 hexadecimal digits of a version; "" is the current one.
func checkVersion(k Kind, version string) error {
	if version == "" {
		return nil
	}
	if _, err := hex.DecodeString(version); err != nil || len(version) != 32 {
		return badParameter("Invalid %s version '%s': a version is 32 hexadecimal digits.", k.singular(), clip(version))
	}
	return nil
}

func newVersion() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
