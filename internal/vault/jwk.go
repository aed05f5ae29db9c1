package vault

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"math/big"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// JWK is a key pair that a caller brings (RFC 7517). Numbers are big-endian bytes.
type JWK struct {
	Type, Curve            string
	Ops                    []string
	N, E, D, P, Q          []byte
	DP, DQ, QI             []byte
	X, Y                   []byte
	Symmetric, Transferred bool // k or key_hsm were given
}

// material checks that the parts belong together.
func (j *JWK) material(hsm bool) (*material, error) {
	if j.Transferred {
		return nil, notSupported("key_hsm (bring your own key) needs a hardware module; import the key itself.")
	}
	typ := strings.TrimSuffix(j.Type, "-HSM")
	if hsm || typ != j.Type {
		typ += "-HSM"
	}
	if j.Symmetric || strings.HasPrefix(typ, "oct") {
		_, err := keyShape{Type: "oct"}.normal()
		return nil, err
	}
	if len(j.D) == 0 {
		return nil, badParameter("key.d is missing: an imported key must have its private part.")
	}
	if strings.HasPrefix(typ, TypeRSA) {
		return j.rsa(typ)
	}
	if strings.HasPrefix(typ, TypeEC) {
		return j.ec(typ)
	}
	_, err := keyShape{Type: j.Type}.normal()
	if err == nil {
		err = badParameter("kty '%s' is not known.", clip(j.Type))
	}
	return nil, err
}

func (j *JWK) rsa(typ string) (*material, error) {
	n, e := new(big.Int).SetBytes(j.N), new(big.Int).SetBytes(j.E)
	p, q := new(big.Int).SetBytes(j.P), new(big.Int).SetBytes(j.Q)
	if n.BitLen() < 2048 || n.BitLen() > 4096 {
		return nil, badParameter("key.n has %d bits; supported are 2048, 3072 and 4096.", n.BitLen())
	}
	if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
		return nil, badParameter("key.e is not a public exponent between 3 and 2147483647.")
	}
	if p.Sign() == 0 || q.Sign() == 0 {
		return nil, badParameter("key.p and key.q are missing: an imported RSA key must have both primes.")
	}
	if len(j.D) > len(j.N)+1 || len(j.P) > len(j.N) || len(j.Q) > len(j.N) {
		return nil, badParameter("The parts of the RSA key do not belong together.")
	}
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())}, D: new(big.Int).SetBytes(j.D), Primes: []*big.Int{p, q}}
	if err := key.Validate(); err != nil {
		return nil, badParameter("The parts of the RSA key do not belong together.")
	}
	key.Precompute()
	return materialOf(key, typ)
}

func (j *JWK) ec(typ string) (*material, error) {
	shape, err := keyShape{Type: typ, Curve: j.Curve}.normal()
	if err != nil {
		return nil, err
	}
	var made *material
	if shape.Curve == CurveP256K {
		made, err = scalarP256K(j.D, typ)
	} else {
		made, err = scalarEC(shape.Curve, j.D, typ)
	}
	if err != nil {
		return nil, err
	}
	given := &material{Type: typ, Curve: made.Curve, X: pad(j.X, len(made.X)), Y: pad(j.Y, len(made.Y))}
	if !made.samePublic(given) {
		return nil, badParameter("key.x and key.y are not the public part of key.d on the curve %s.", made.Curve)
	}
	return made, nil
}

func scalarP256K(d []byte, typ string) (*material, error) {
	var s secp256k1.ModNScalar
	if d = pad(d, 32); len(d) > 32 || s.SetByteSlice(d) || s.IsZero() {
		return nil, badParameter("key.d is not a private key on the curve P-256K.")
	}
	return materialOf(secp256k1.NewPrivateKey(&s), typ)
}

func scalarEC(curve string, d []byte, typ string) (*material, error) {
	c := ellipticCurve(curve)
	key, err := ecdsa.ParseRawPrivateKey(c, pad(d, (c.Params().BitSize+7)/8))
	if err != nil {
		return nil, badParameter("key.d is not a private key on the curve %s.", curve)
	}
	return materialOf(key, typ)
}

// pad brings a number to a fixed length: some clients drop or add leading zeros.
func pad(b []byte, n int) []byte {
	for len(b) > n && b[0] == 0 {
		b = b[1:]
	}
	if len(b) >= n {
		return b
	}
	return append(make([]byte, n-len(b), n), b...)
}
