package vault

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/azerr"
)

func digestOf(alg string) []byte {
	switch {
	case strings.Contains(alg, "384"):
		d := sha512.Sum384([]byte("text"))
		return d[:]
	case strings.Contains(alg, "512"):
		d := sha512.Sum512([]byte("text"))
		return d[:]
	}
	d := sha256.Sum256([]byte("text"))
	return d[:]
}

func (f *fixture) key(name string, in CreateKey) *Key {
	f.t.Helper()
	k, err := f.CreateKey(f.ctx, f.admin, "kv-contoso", name, in)
	f.must(err)
	return k
}

// TestSignatures makes one with every algorithm and checks it with the standard
// library and the public half that the vault shows.
func TestSignatures(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		in   CreateKey
		algs string
	}{
		{CreateKey{Type: TypeRSAHSM}, "RS256 RS384 RS512 PS256 PS384 PS512"},
		{CreateKey{Type: TypeEC}, "ES256"},
		{CreateKey{Type: TypeECHSM, Curve: CurveP384}, "ES384"},
		{CreateKey{Type: TypeEC, Curve: CurveP521}, "ES512"},
		{CreateKey{Type: TypeEC, Curve: CurveP256K}, "ES256K"},
	} {
		name := strings.ReplaceAll("k-"+test.in.Type+test.in.Curve, " ", "")
		k := f.key(name, test.in)
		if k.Public.Type != test.in.Type {
			t.Errorf("%s: shown as %s", test.in.Type, k.Public.Type)
		}
		for _, alg := range strings.Fields(test.algs) {
			digest := digestOf(alg)
			if alg == "ES256K" {
				digest = digestOf("256")
			}
			s, err := f.Sign(f.ctx, f.admin, "kv-contoso", name, "", alg, digest)
			f.must(err)
			if k.Public.Curve != CurveP256K && !verifies(k.Public, alg, digest, s.Value) {
				t.Errorf("%s: the signature does not verify outside", alg)
			}
			for _, flip := range []bool{false, true} {
				if flip {
					s.Value[len(s.Value)-1] ^= 1
				}
				ok, err := f.Verify(f.ctx, f.admin, "kv-contoso", name, s.Version, alg, digest, s.Value)
				f.must(err)
				if ok == flip {
					t.Errorf("%s: verified %v, changed %v", alg, ok, flip)
				}
			}
			_, err = f.Sign(f.ctx, f.admin, "kv-contoso", name, "", alg, digest[1:])
			code(t, err, azerr.KVBadParameter, "takes a digest of")
		}
		_, err := f.Sign(f.ctx, f.admin, "kv-contoso", name, "", "HS256", digestOf("256"))
		code(t, err, azerr.KVNotSupported)
	}
	_, err := f.Sign(f.ctx, f.admin, "kv-contoso", "k-EC", "", "ES384", digestOf("384"))
	code(t, err, azerr.KVBadParameter, "incompatible")
	_, err = f.Sign(f.ctx, f.admin, "kv-contoso", "k-EC", "", "none", digestOf("256"))
	code(t, err, azerr.KVBadParameter, "not a signature algorithm")
	_, err = f.Encrypt(f.ctx, f.admin, "kv-contoso", "k-EC", "", "RSA-OAEP", []byte("x"))
	code(t, err, azerr.KVKeyOpNotAllowed)
}

func verifies(p PublicKey, alg string, digest, sig []byte) bool {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[2:]]
	if p.N != nil {
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(p.N), E: int(new(big.Int).SetBytes(p.E).Int64())}
		if alg[0] == 'P' {
			return rsa.VerifyPSS(key, hash, digest, sig, nil) == nil
		}
		return rsa.VerifyPKCS1v15(key, hash, digest, sig) == nil
	}
	point := append(append([]byte{4}, p.X...), p.Y...)
	key, err := ecdsa.ParseUncompressedPublicKey(ellipticCurve(p.Curve), point)
	half := len(sig) / 2
	return err == nil && ecdsa.Verify(key, digest, new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:]))
}

func TestEncryption(t *testing.T) {
	f := newFixture(t)
	f.key("k", CreateKey{Type: TypeRSA})
	for _, alg := range []string{"RSA-OAEP", "RSA-OAEP-256", "RSA1_5"} {
		sealed, err := f.WrapKey(f.ctx, f.admin, "kv-contoso", "k", "", alg, []byte("secret"))
		f.must(err)
		open, err := f.UnwrapKey(f.ctx, f.admin, "kv-contoso", "k", sealed.Version, alg, sealed.Value)
		f.must(err)
		if string(open.Value) != "secret" {
			t.Errorf("%s: got %q", alg, open.Value)
		}
		sealed.Value[3] ^= 1
		_, err = f.Decrypt(f.ctx, f.admin, "kv-contoso", "k", "", alg, sealed.Value)
		code(t, err, azerr.KVBadParameter, "cannot be decrypted")
	}
	_, err := f.Encrypt(f.ctx, f.admin, "kv-contoso", "k", "", "RSA-OAEP", make([]byte, 300))
	code(t, err, azerr.KVBadParameter, "too long")
	_, err = f.Encrypt(f.ctx, f.admin, "kv-contoso", "k", "", "A256GCM", []byte("x"))
	code(t, err, azerr.KVNotSupported, "Managed HSM")
	_, err = f.Encrypt(f.ctx, f.admin, "kv-contoso", "k", "", "RSA-OAEP", nil)
	code(t, err, azerr.KVBadParameter, "missing")
}

// TestKeyTimes: an expired key signs no more, and still verifies.
func TestKeyTimes(t *testing.T) {
	f := newFixture(t)
	now := f.now().Unix()
	f.key("k", CreateKey{Type: TypeEC, Attributes: &AttributesPatch{NotBefore: ptr(now + 60), Expires: ptr(now + 120)}})
	sign := func() (*KeyResult, error) {
		return f.Sign(f.ctx, f.admin, "kv-contoso", "k", "", "ES256", digestOf("256"))
	}
	_, err := sign()
	code(t, err, azerr.KVKeyNotYetValid)
	f.pass(time.Minute)
	s, err := sign()
	f.must(err)
	f.pass(time.Minute)
	_, err = sign()
	code(t, err, azerr.KVKeyExpired)
	ok, err := f.Verify(f.ctx, f.admin, "kv-contoso", "k", "", "ES256", digestOf("256"), s.Value)
	if err != nil || !ok {
		t.Errorf("verify: got %v, %v", ok, err)
	}
	_, err = f.UpdateKey(f.ctx, f.admin, "kv-contoso", "k", "", UpdateKey{Attributes: &AttributesPatch{Enabled: ptr(false)}})
	f.must(err)
	_, err = f.Verify(f.ctx, f.admin, "kv-contoso", "k", "", "ES256", digestOf("256"), s.Value)
	code(t, err, azerr.KVKeyDisabled)
}

func rsaJWK(t testing.TB) (JWK, *rsa.PrivateKey) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return JWK{Type: TypeRSA, N: k.N.Bytes(), E: []byte{1, 0, 1}, D: k.D.Bytes(), P: k.Primes[0].Bytes(), Q: k.Primes[1].Bytes()}, k
}

func TestImportKey(t *testing.T) {
	f := newFixture(t)
	jwk, plain := rsaJWK(t)
	jwk.Ops = []string{"decrypt"}
	k, err := f.ImportKey(f.ctx, f.admin, "kv-contoso", "imported", ImportKey{Key: jwk, HSM: true})
	f.must(err)
	if k.Public.Type != TypeRSAHSM || len(k.Ops) != 1 {
		t.Errorf("got %+v", k)
	}
	sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, &plain.PublicKey, []byte("hello"), nil)
	f.must(err)
	open, err := f.Decrypt(f.ctx, f.admin, "kv-contoso", "imported", "", "RSA-OAEP-256", sealed)
	f.must(err)
	if string(open.Value) != "hello" {
		t.Errorf("got %q", open.Value)
	}
	for _, curve := range []string{CurveP256, CurveP384, CurveP521, CurveP256K} {
		m, err := generate(keyShape{Type: TypeEC, Curve: curve})
		f.must(err)
		d := m.Private
		if curve != CurveP256K {
			key, err := m.private()
			f.must(err)
			d, err = key.(*ecdsa.PrivateKey).Bytes()
			f.must(err)
		}
		good := JWK{Type: TypeEC, Curve: curve, X: m.X, Y: m.Y, D: append([]byte{0}, d...)}
		made, err := good.material(false)
		f.must(err)
		if !made.samePublic(m) {
			t.Errorf("%s: another key came out", curve)
		}
		good.Y = good.X
		if _, err := good.material(false); err == nil {
			t.Errorf("%s: a foreign public half was taken", curve)
		}
	}
	for name, change := range map[string]func(*JWK){
		"public only": func(j *JWK) { j.D = nil }, "no primes": func(j *JWK) { j.P = nil }, "not a product": func(j *JWK) { j.N[5] ^= 1 },
		"oct": func(j *JWK) { j.Type = "oct" }, "unknown": func(j *JWK) { j.Type = "DSA" }, "BYOK": func(j *JWK) { j.Transferred = true },
		"exponent": func(j *JWK) { j.E = []byte{1} }, "small": func(j *JWK) { j.N = j.N[:64] },
	} {
		bad, _ := rsaJWK(t)
		change(&bad)
		_, err := f.ImportKey(f.ctx, f.admin, "kv-contoso", "bad", ImportKey{Key: bad})
		if err == nil || azerr.From(err).Kind.Status != 400 {
			t.Errorf("%s: got %v, want 400", name, err)
		}
	}
	f.nothingLeft("bad")
}

func TestKeyRefusals(t *testing.T) {
	f := newFixture(t)
	for name, in := range map[string]CreateKey{
		"no type": {}, "oct": {Type: "oct-HSM"}, "size": {Type: TypeRSA, Size: 512}, "curve": {Type: TypeEC, Curve: "P-224"},
		"ops": {Type: TypeEC, Ops: []string{"encrypt"}}, "unknown op": {Type: TypeRSA, Ops: []string{"fly"}}, "release": {Type: TypeECHSM, ReleasePolicy: true},
		"exponent": {Type: TypeRSA, PublicExponent: 3}, "exportable": {Type: TypeEC, Attributes: &AttributesPatch{Exportable: ptr(true)}},
	} {
		_, err := f.CreateKey(f.ctx, f.admin, "kv-contoso", "bad", in)
		if err == nil || azerr.From(err).Kind.Status != 400 {
			t.Errorf("%s: got %v, want 400", name, err)
		}
	}
	f.nothingLeft("bad")
	code(t, f.ReleaseKey(f.ctx, f.admin, "kv-contoso", "k"), azerr.KVNotSupported, "Release")
	code(t, f.GetKeyAttestation(f.ctx, f.admin, "kv-contoso", "k"), azerr.KVNotSupported, "GetKeyAttestation")
	code(t, f.GetRandomBytes(f.ctx, f.admin, "kv-contoso"), azerr.KVNotSupported, "rng")
}

func TestRotation(t *testing.T) {
	f := newFixture(t)
	first := f.key("k", CreateKey{Type: TypeEC, Curve: CurveP384, Ops: []string{"sign"}, Tags: Tags{"a": "b"}})
	p, err := f.GetRotationPolicy(f.ctx, f.admin, "kv-contoso", "k")
	f.must(err)
	if len(p.Actions) != 1 || p.Actions[0].Type != "Notify" {
		t.Errorf("default: got %+v", p)
	}
	set := func(p RotationPolicy) error {
		_, err := f.UpdateRotationPolicy(f.ctx, f.admin, "kv-contoso", "k", p)
		return err
	}
	f.must(set(RotationPolicy{ExpiryTime: "P90D", Actions: []RotationAction{{Type: "rotate", TimeAfterCreate: "P30D"}}}))
	for _, bad := range []RotationPolicy{{ExpiryTime: "P27D"}, {ExpiryTime: "90 days"}, {Actions: []RotationAction{{Type: "Rotate", TimeAfterCreate: "P6D"}}},
		{Actions: []RotationAction{{Type: "Notify"}}}, {Actions: []RotationAction{{Type: "Explode", TimeAfterCreate: "P30D"}}},
		{Actions: []RotationAction{{Type: "Rotate", TimeBeforeExpiry: "P30D"}}}} {
		code(t, set(bad), azerr.KVBadParameter)
	}
	next, err := f.RotateKey(f.ctx, f.admin, "kv-contoso", "k")
	f.must(err)
	if next.Version == first.Version || next.Public.Curve != CurveP384 || next.Ops[0] != "sign" || next.Tags["a"] != "b" {
		t.Errorf("got %+v", next)
	}
	if want := f.now().AddDate(0, 0, 90).Unix(); next.Attributes.Expires == nil || *next.Attributes.Expires != want {
		t.Errorf("expires: got %v, want %d", next.Attributes.Expires, want)
	}
	_, err = f.RotateKey(f.ctx, f.admin, "kv-contoso", "absent")
	code(t, err, azerr.KVKeyNotFound)
}

func TestPeriods(t *testing.T) {
	start := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"P90D": "2026-05-01T00:00:00Z", "P1Y10D": "2027-02-10T00:00:00Z", "PT48H": "2026-02-02T00:00:00Z", "P1W": "2026-02-07T00:00:00Z"} {
		p, err := parsePeriod(text)
		if got := p.after(start).Format(time.RFC3339); err != nil || got != want {
			t.Errorf("%s: got %s %v, want %s", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "P", "PT", "90D", "P-1D", "P1.5D", "P1DT"} {
		if _, err := parsePeriod(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzJWK(f *testing.F) {
	f.Add([]byte(`{"Type":"EC","Curve":"P-256","D":"AQ==","X":"AQ==","Y":"AQ=="}`))
	f.Add([]byte(`{"Type":"RSA","N":"AQ==","E":"AQ==","D":"AQ==","P":"AQ==","Q":"AQ=="}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var j JWK
		if json.Unmarshal(data, &j) != nil {
			return
		}
		if m, err := j.material(false); err == nil {
			if _, err := m.private(); err != nil {
				t.Errorf("a key was taken that can't be read again: %v", err)
			}
		}
	})
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"CN=a", `CN="a ""b""", O=c\2cd;C=NL+L=x`, "2.5.4.3=x", "CN=", "=", `CN=a\`, "CN=a+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if der, err := parseName(s); err == nil && len(der) < 2 {
			t.Errorf("%q became %x", s, der)
		}
	})
}

func FuzzPeriod(f *testing.F) {
	f.Add("P1Y2M3W4DT5H6M7S")
	f.Fuzz(func(_ *testing.T, s string) {
		if p, err := parsePeriod(s); err == nil {
			p.after(time.Unix(0, 0))
		}
	})
}
