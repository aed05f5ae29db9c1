package vault

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"   //nolint:gosec // RSA-OAEP is defined with SHA-1 (RFC 7518, 4.3)
	_ "crypto/sha256" // crypto.SHA256
	_ "crypto/sha512" // crypto.SHA384, crypto.SHA512
	"encoding/asn1"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secpecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// signature is an algorithm of RFC 7518 section 3 (RFC 8812 for ES256K).
type signature struct {
	hash  crypto.Hash
	pss   bool
	curve string // "" for RSA
}

var signatures = map[string]signature{
	"RS256": {hash: crypto.SHA256}, "RS384": {hash: crypto.SHA384}, "RS512": {hash: crypto.SHA512},
	"PS256": {hash: crypto.SHA256, pss: true}, "PS384": {hash: crypto.SHA384, pss: true}, "PS512": {hash: crypto.SHA512, pss: true},
	"ES256": {hash: crypto.SHA256, curve: CurveP256}, "ES384": {hash: crypto.SHA384, curve: CurveP384},
	"ES512": {hash: crypto.SHA512, curve: CurveP521}, "ES256K": {hash: crypto.SHA256, curve: CurveP256K},
	"ECDSA256": {hash: crypto.SHA256, curve: CurveP256K}, // its old name
}

// algorithm finds alg and checks that it fits the key and the digest.
func (m *material) algorithm(alg string, digest []byte) (signature, error) {
	a, ok := signatures[alg]
	switch {
	case !ok && (alg == "HS256" || alg == "HS384" || alg == "HS512" || alg == "RSNULL"):
		return a, notSupported("The algorithm '%s' is not supported: a key vault signs with RS, PS and ES algorithms.", alg)
	case !ok:
		return a, badParameter("alg '%s' is not a signature algorithm: it must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, ES256K.", clip(alg))
	case m.rsa() != (a.curve == "") || !m.rsa() && m.Curve != a.curve:
		return a, badParameter("Key and signing algorithm are incompatible. Key type is '%s' %s, and algorithm is '%s'.", m.Type, m.Curve, alg)
	case len(digest) != a.hash.Size():
		return a, badParameter("Invalid length of 'value': %d bytes. Algorithm %s takes a digest of %d bytes.", len(digest), alg, a.hash.Size())
	}
	return a, nil
}

// sign signs a digest. EC signatures are r and s side by side (RFC 7518, 3.4).
func sign(key any, a signature, digest []byte) ([]byte, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if a.pss {
			return rsa.SignPSS(rand.Reader, k, a.hash, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(nil, k, a.hash, digest)
	case *ecdsa.PrivateKey:
		der, err := ecdsa.SignASN1(rand.Reader, k, digest)
		if err != nil {
			return nil, err
		}
		return fixedSignature(der, (k.Curve.Params().BitSize+7)/8)
	case *secp256k1.PrivateKey:
		compact := secpecdsa.SignCompact(k, digest, true) // recovery byte, r, s
		return compact[1:], nil
	}
	return nil, badParameter("This key cannot sign.")
}

func fixedSignature(der []byte, size int) ([]byte, error) {
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return nil, err
	}
	out := make([]byte, 2*size)
	rs.R.FillBytes(out[:size])
	rs.S.FillBytes(out[size:])
	return out, nil
}

func verify(key any, a signature, digest, sig []byte) bool {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if a.pss {
			return rsa.VerifyPSS(&k.PublicKey, a.hash, digest, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}) == nil
		}
		return rsa.VerifyPKCS1v15(&k.PublicKey, a.hash, digest, sig) == nil
	case *ecdsa.PrivateKey:
		size := (k.Curve.Params().BitSize + 7) / 8
		return len(sig) == 2*size && ecdsa.Verify(&k.PublicKey, digest, new(big.Int).SetBytes(sig[:size]), new(big.Int).SetBytes(sig[size:]))
	case *secp256k1.PrivateKey:
		return verifyP256K(k, digest, sig)
	}
	return false
}

func verifyP256K(k *secp256k1.PrivateKey, digest, sig []byte) bool {
	var r, s secp256k1.ModNScalar
	if len(sig) != 64 || r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || r.IsZero() || s.IsZero() {
		return false
	}
	return secpecdsa.NewSignature(&r, &s).Verify(digest, k.PubKey())
}

// encryption is checked here for encrypt, decrypt, wrapKey and unwrapKey alike.
func (m *material) encryption(alg string) error {
	switch alg {
	case "RSA-OAEP", "RSA-OAEP-256", "RSA1_5":
		if !m.rsa() {
			return badParameter("Key and encryption algorithm are incompatible. Key type is '%s', and algorithm is '%s'.", m.Type, alg)
		}
		return nil
	case "A128GCM", "A192GCM", "A256GCM", "A128KW", "A192KW", "A256KW", "A128CBC", "A192CBC", "A256CBC",
		"A128CBCPAD", "A192CBCPAD", "A256CBCPAD", "CKM_AES_KEY_WRAP", "CKM_AES_KEY_WRAP_PAD":
		return notSupported("The algorithm '%s' needs a symmetric key, which only a Managed HSM keeps; a key vault has RSA-OAEP, RSA-OAEP-256 and RSA1_5.", alg)
	}
	return badParameter("alg '%s' is not an encryption algorithm: it must be one of RSA-OAEP, RSA-OAEP-256, RSA1_5.", clip(alg))
}

func encrypt(key *rsa.PrivateKey, alg string, value []byte) ([]byte, error) {
	var out []byte
	var err error
	switch alg {
	case "RSA-OAEP":
		out, err = rsa.EncryptOAEP(crypto.SHA1.New(), rand.Reader, &key.PublicKey, value, nil)
	case "RSA-OAEP-256":
		out, err = rsa.EncryptOAEP(crypto.SHA256.New(), rand.Reader, &key.PublicKey, value, nil)
	default:
		//lint:ignore SA1019 RSA1_5 is part of Key Vault's interface; callers choose it by name
		out, err = rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, value)
	}
	if err != nil {
		return nil, badParameter("The value of %d bytes is too long for %s with a key of %d bits.", len(value), alg, key.N.BitLen())
	}
	return out, nil
}

// decrypt gives one error for whatever is wrong with the value, so that nobody
// learns about padding from it.
func decrypt(key *rsa.PrivateKey, alg string, value []byte) ([]byte, error) {
	var out []byte
	var err error
	switch alg {
	case "RSA-OAEP":
		out, err = rsa.DecryptOAEP(crypto.SHA1.New(), nil, key, value, nil)
	case "RSA-OAEP-256":
		out, err = rsa.DecryptOAEP(crypto.SHA256.New(), nil, key, value, nil)
	default:
		//lint:ignore SA1019 RSA1_5 is part of Key Vault's interface; callers choose it by name
		out, err = rsa.DecryptPKCS1v15(nil, key, value)
	}
	if err != nil {
		return nil, badParameter("The parameter is incorrect: the value cannot be decrypted with this key and %s.", alg)
	}
	return out, nil
}
