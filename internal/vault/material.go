package vault

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// Key types and curves, as JWK names them.
const (
	TypeRSA    = "RSA"
	TypeRSAHSM = "RSA-HSM"
	TypeEC     = "EC"
	TypeECHSM  = "EC-HSM"

	CurveP256  = "P-256"
	CurveP384  = "P-384"
	CurveP521  = "P-521"
	CurveP256K = "P-256K"
)

// material is a key pair as stored. The -HSM types are protected as the others
// are, by software; the type is kept as it was asked for.
type material struct {
	Type    string `json:"kty"`
	Curve   string `json:"crv,omitempty"`
	N       []byte `json:"n,omitempty"`
	E       []byte `json:"e,omitempty"`
	X       []byte `json:"x,omitempty"`
	Y       []byte `json:"y,omitempty"`
	Private []byte `json:"private"` // PKCS#8; of P-256K keys the 32-byte scalar, which crypto/x509 does not know
}

func (m *material) rsa() bool { return strings.HasPrefix(m.Type, TypeRSA) }

// PublicKey is the public half as JWK shows it.
type PublicKey struct {
	Type, Curve string
	N, E, X, Y  []byte
}

func (m *material) public() PublicKey {
	return PublicKey{Type: m.Type, Curve: m.Curve, N: m.N, E: m.E, X: m.X, Y: m.Y}
}

// keyShape is what a caller asks a new key to be.
type keyShape struct {
	Type, Curve string
	Size        int // bits; 0: the default
}

// normal fills in defaults and refuses what does not exist or contradicts itself.
func (k keyShape) normal() (keyShape, error) {
	switch k.Type {
	case TypeRSA, TypeRSAHSM:
		return k.normalRSA()
	case TypeEC, TypeECHSM:
		return k.normalEC()
	case "":
		return k, badParameter("kty is missing: it must be one of RSA, RSA-HSM, EC, EC-HSM.")
	case "oct", "oct-HSM":
		return k, notSupported("Keys of type '%s' are kept by a Managed HSM only; a key vault has RSA, RSA-HSM, EC and EC-HSM.", k.Type)
	}
	return k, badParameter("kty '%s' is not known: it must be one of RSA, RSA-HSM, EC, EC-HSM.", clip(k.Type))
}

func (k keyShape) normalRSA() (keyShape, error) {
	if k.Curve != "" {
		return k, badParameter("crv '%s' does not go with kty '%s': a curve belongs to an EC key.", clip(k.Curve), k.Type)
	}
	if k.Size == 0 {
		k.Size = 2048
	}
	if k.Size != 2048 && k.Size != 3072 && k.Size != 4096 {
		return k, badParameter("key_size %d is not supported for kty '%s': it must be 2048, 3072 or 4096.", k.Size, k.Type)
	}
	return k, nil
}

var curveBits = map[string]int{CurveP256: 256, CurveP384: 384, CurveP521: 521, CurveP256K: 256}

func (k keyShape) normalEC() (keyShape, error) {
	if k.Curve == "SECP256K1" { // its old name
		k.Curve = CurveP256K
	}
	if k.Curve == "" {
		k.Curve = curveOfSize(k.Size)
	}
	bits, ok := curveBits[k.Curve]
	if !ok {
		return k, badParameter("crv '%s' is not supported: it must be one of P-256, P-384, P-521, P-256K.", clip(k.Curve))
	}
	if k.Size != 0 && k.Size != bits {
		return k, badParameter("key_size %d contradicts crv '%s', which has %d bits: leave key_size out.", k.Size, k.Curve, bits)
	}
	return k, nil
}

func curveOfSize(bits int) string {
	switch bits {
	case 384:
		return CurveP384
	case 521:
		return CurveP521
	}
	return CurveP256
}

func generate(k keyShape) (*material, error) {
	if strings.HasPrefix(k.Type, TypeRSA) {
		key, err := rsa.GenerateKey(rand.Reader, k.Size)
		if err != nil {
			return nil, fmt.Errorf("vault: generate an RSA key: %w", err)
		}
		return materialOf(key, k.Type)
	}
	if k.Curve == CurveP256K {
		key, err := secp256k1.GeneratePrivateKey()
		if err != nil {
			return nil, fmt.Errorf("vault: generate a P-256K key: %w", err)
		}
		return materialOf(key, k.Type)
	}
	key, err := ecdsa.GenerateKey(ellipticCurve(k.Curve), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("vault: generate an EC key: %w", err)
	}
	return materialOf(key, k.Type)
}

func ellipticCurve(name string) elliptic.Curve {
	switch name {
	case CurveP384:
		return elliptic.P384()
	case CurveP521:
		return elliptic.P521()
	}
	return elliptic.P256()
}

// materialOf stores key, an *rsa.PrivateKey, *ecdsa.PrivateKey or
// *secp256k1.PrivateKey. typ "" is the software type of the key.
func materialOf(key any, typ string) (*material, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if !slices.Contains([]int{2048, 3072, 4096}, k.N.BitLen()) {
			return nil, badParameter("The RSA key has %d bits; supported are 2048, 3072 and 4096.", k.N.BitLen())
		}
		private, err := x509.MarshalPKCS8PrivateKey(k)
		return &material{Type: either(typ, TypeRSA), N: k.N.Bytes(), E: big.NewInt(int64(k.E)).Bytes(), Private: private}, err
	case *ecdsa.PrivateKey:
		return materialOfEC(k, either(typ, TypeEC))
	case *secp256k1.PrivateKey:
		public := k.PubKey().SerializeUncompressed() // 4, X, Y
		return &material{Type: either(typ, TypeEC), Curve: CurveP256K, X: public[1:33], Y: public[33:], Private: k.Serialize()}, nil
	}
	return nil, badParameter("The private key is of a kind (%T) that a key vault does not hold: it takes RSA and EC keys.", key)
}

func materialOfEC(k *ecdsa.PrivateKey, typ string) (*material, error) {
	name := k.Curve.Params().Name
	if curveBits[name] == 0 {
		return nil, badParameter("The EC key is on the curve %s; supported are P-256, P-384, P-521 and P-256K.", name)
	}
	public, err := k.PublicKey.Bytes() // 4, X, Y
	if err != nil {
		return nil, badParameter("The EC key is not valid: its point is not on the curve %s.", name)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	half := (len(public) - 1) / 2
	return &material{Type: typ, Curve: name, X: public[1 : 1+half], Y: public[1+half:], Private: private}, err
}

func either(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// private parses the key: *rsa.PrivateKey, *ecdsa.PrivateKey or *secp256k1.PrivateKey.
func (m *material) private() (any, error) {
	if m.Curve == CurveP256K {
		return secp256k1.PrivKeyFromBytes(m.Private), nil
	}
	return x509.ParsePKCS8PrivateKey(m.Private)
}

// signer is private for what crypto/x509 can use.
func (m *material) signer() (crypto.Signer, error) {
	key, err := m.private()
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, notSupported("Certificates with keys on the curve P-256K are not supported; use P-256, P-384 or P-521.")
	}
	return signer, nil
}

// samePublic compares public halves.
func (m *material) samePublic(o *material) bool {
	return m.Curve == o.Curve && m.rsa() == o.rsa() &&
		subtle.ConstantTimeCompare(m.N, o.N)&subtle.ConstantTimeCompare(m.X, o.X)&subtle.ConstantTimeCompare(m.Y, o.Y) == 1
}
