package lib

import (
	"crypto/rand"
	"crypto/rsa"
	"hash"

	"gatehouse/internal/csharp/types"
)

var (
	rsaType          = types.New(types.KindClass, cryptoSpace+"RSA")
	rsaParameterType = types.New(types.KindStruct, cryptoSpace+"RSAParameters")
	signaturePads    = types.New(types.KindClass, cryptoSpace+"RSASignaturePadding")
	encryptionPads   = types.New(types.KindClass, cryptoSpace+"RSAEncryptionPadding")
)

// rsaKey is an RSA, RSACng or RSACryptoServiceProvider.
type rsaKey struct {
	typ     *types.Type
	public  *rsa.PublicKey
	private *rsa.PrivateKey
	size    int // of the key to make; 0: the default
}

// DotNetType implements types.Object.
func (k *rsaKey) DotNetType() *types.Type {
	if k.typ == nil {
		return rsaType
	}
	return k.typ
}

// rsaParameters is an RSAParameters.
type rsaParameters struct{ modulus, exponent, d, p, q, dp, dq, inverse val }

// DotNetType implements types.Object.
func (*rsaParameters) DotNetType() *types.Type { return rsaParameterType }

// pad is an RSASignaturePadding or RSAEncryptionPadding.
type pad struct {
	typ  *types.Type
	name string
}

// DotNetType implements types.Object.
func (p *pad) DotNetType() *types.Type { return p.typ }

// ToText implements types.TextOf.
func (p *pad) ToText(*types.Run) string { return p.name }

// EqualTo implements types.Equatable.
func (p *pad) EqualTo(v val) bool { q, ok := v.Ref().(*pad); return ok && q.name == p.name }

// Key implements types.Equatable.
func (p *pad) Key() string { return p.name }

// rsas adds RSA and its parts.
func rsas(r *types.Registry) {
	r.Class(cryptoSpace+"AsymmetricAlgorithm").Extends("", "IDisposable").
		GetSet("int KeySize", self(func(k *rsaKey) val { return integer(k.bits()) }), func(c call, a []val) val {
			a[0].Ref().(*rsaKey).resize(c, a[1].Int())
			return types.Null
		}).
		Method("void Clear()", func(call, []val) val { return types.Null }).
		Method("string ToXmlString(bool includePrivateParameters)", func(c call, a []val) val { return str(a[0].Ref().(*rsaKey).xml(c, a[1].Bool())) }).
		Method("void FromXmlString(string xmlString)", func(c call, a []val) val {
			c.NotNull(a[1], "xmlString")
			a[0].Ref().(*rsaKey).readXML(c, a[1].Str())
			return types.Null
		}).
		Get("string SignatureAlgorithm", self(func(*rsaKey) val { return str("RSA") })).
		Get("string KeyExchangeAlgorithm", self(func(*rsaKey) val { return str("RSA") }))
	p := r.Add(rsaParameterType)
	rsaParameterType.Default = func() val { return types.Ref(&rsaParameters{}) }
	p.New("()", func(call, []val) val { return types.Ref(&rsaParameters{}) })
	for name, field := range map[string]func(*rsaParameters) *val{
		"Modulus": func(p *rsaParameters) *val { return &p.modulus }, "Exponent": func(p *rsaParameters) *val { return &p.exponent },
		"D": func(p *rsaParameters) *val { return &p.d }, "P": func(p *rsaParameters) *val { return &p.p }, "Q": func(p *rsaParameters) *val { return &p.q },
		"DP": func(p *rsaParameters) *val { return &p.dp }, "DQ": func(p *rsaParameters) *val { return &p.dq }, "InverseQ": func(p *rsaParameters) *val { return &p.inverse },
	} {
		p.GetSet("byte[] "+name, self(func(p *rsaParameters) val { return *field(p) }), func(_ call, a []val) val {
			*field(a[0].Ref().(*rsaParameters)) = a[1]
			return types.Null
		})
	}
	for t, names := range map[*types.Type][]string{signaturePads: {"Pkcs1", "Pss"}, encryptionPads: {"Pkcs1", "OaepSHA1", "OaepSHA256", "OaepSHA384", "OaepSHA512"}} {
		b := r.Add(t)
		for _, name := range names {
			b.Static(t.Name+" "+name, func(call, []val) val { return types.Ref(&pad{t, name}) })
		}
	}
	b := r.Add(rsaType).Extends(cryptoSpace + "AsymmetricAlgorithm")
	make := func(c call, a []val) val {
		k := &rsaKey{typ: c.Site.Result}
		if len(a) > 0 {
			k.resize(c, a[0].Int())
		}
		return types.Ref(k)
	}
	b.Func("RSA Create()", make).Func("RSA Create(int keySizeInBits)", make)
	b.Func("RSA Create(RSAParameters parameters)", func(c call, a []val) val {
		k := &rsaKey{}
		k.load(c, a[0].Ref().(*rsaParameters))
		return types.Ref(k)
	})
	for _, name := range []string{"RSACryptoServiceProvider", "RSACng"} {
		r.Class(cryptoSpace+name).Extends(cryptoSpace+"RSA").New("()", make).New("(int keySize)", make)
	}
	b.Method("void ImportParameters(RSAParameters parameters)", func(c call, a []val) val {
		a[0].Ref().(*rsaKey).load(c, a[1].Ref().(*rsaParameters))
		return types.Null
	})
	b.Method("RSAParameters ExportParameters(bool includePrivateParameters)", func(c call, a []val) val {
		return types.Ref(a[0].Ref().(*rsaKey).export(c, a[1].Bool()))
	})
	rsaSignatures(b)
	rsaCiphers(b)
}

// hashed is a digest of data, or the data when it is one already.
func hashed(c call, data []byte, algorithm val, already bool) (digest, []byte) {
	name, _ := algorithm.Ref().(*hashName)
	if name == nil {
		name = &hashName{}
	}
	d, ok := findDigest(name.name)
	if !ok {
		cryptoFailure(c, "'"+name.name+"' is not a known hash algorithm.")
	}
	if already {
		return d, data
	}
	var f hash.Hash = d.make()
	_, _ = f.Write(data) // never fails
	return d, f.Sum(nil)
}

func rsaSignatures(b *types.Builder) {
	for what, already := range map[string]bool{"Data": false, "Hash": true} {
		sign := func(c call, a []val) val {
			k := a[0].Ref().(*rsaKey)
			k.check(c, true)
			d, sum := hashed(c, arrayOf(c, a[1], "data").Bytes, a[2], already)
			var out []byte
			var err error
			if a[3].Ref().(*pad).name == "Pss" {
				out, err = rsa.SignPSS(rand.Reader, k.private, d.id, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
			} else {
				out, err = rsa.SignPKCS1v15(rand.Reader, k.private, d.id, sum)
			}
			if err != nil {
				cryptoFailure(c, "Bad hash or key: "+err.Error())
			}
			return types.Ref(c.Types.Bytes(out))
		}
		verify := func(c call, a []val) val {
			k := a[0].Ref().(*rsaKey)
			k.check(c, false)
			d, sum := hashed(c, arrayOf(c, a[1], "data").Bytes, a[3], already)
			signature := arrayOf(c, a[2], "signature").Bytes
			if a[4].Ref().(*pad).name == "Pss" {
				return types.Bool(rsa.VerifyPSS(k.public, d.id, sum, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil)
			}
			return types.Bool(rsa.VerifyPKCS1v15(k.public, d.id, sum, signature) == nil)
		}
		param := map[bool]string{false: "data", true: "hash"}[already]
		b.Method("byte[] Sign"+what+"(byte[] "+param+", HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", sign)
		if !already {
			part := func(c call, v val, at, n int) val {
				return types.Ref(c.Types.Bytes(bytesPart(c, v, at, n, "data")))
			}
			b.Method("byte[] SignData(byte[] data, int offset, int count, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", func(c call, a []val) val {
				return sign(c, []val{a[0], part(c, a[1], a[2].Int(), a[3].Int()), a[4], a[5]})
			})
			b.Method("bool VerifyData(byte[] data, int offset, int count, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", func(c call, a []val) val {
				return verify(c, []val{a[0], part(c, a[1], a[2].Int(), a[3].Int()), a[4], a[5], a[6]})
			})
		}
		b.Method("bool Verify"+what+"(byte[] "+param+", byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", verify)
	}
}

func rsaCiphers(b *types.Builder) {
	oaep := func(p *pad) (hash.Hash, bool) {
		d, ok := findDigest(p.name[min(len("Oaep"), len(p.name)):])
		if !ok {
			return nil, false
		}
		return d.make(), true
	}
	b.Method("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", func(c call, a []val) val {
		k := a[0].Ref().(*rsaKey)
		k.check(c, false)
		data := arrayOf(c, a[1], "data").Bytes
		var out []byte
		var err error
		if h, ok := oaep(a[2].Ref().(*pad)); ok {
			out, err = rsa.EncryptOAEP(h, rand.Reader, k.public, data, nil)
		} else {
			//lint:ignore SA1019 the policy names this padding
			out, err = rsa.EncryptPKCS1v15(rand.Reader, k.public, data)
		}
		if err != nil {
			cryptoFailure(c, "Bad Length.")
		}
		return types.Ref(c.Types.Bytes(out))
	})
	b.Method("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", func(c call, a []val) val {
		k := a[0].Ref().(*rsaKey)
		k.check(c, true)
		data := arrayOf(c, a[1], "data").Bytes
		var out []byte
		var err error
		if h, ok := oaep(a[2].Ref().(*pad)); ok {
			out, err = rsa.DecryptOAEP(h, rand.Reader, k.private, data, nil)
		} else {
			//lint:ignore SA1019 the policy names this padding
			out, err = rsa.DecryptPKCS1v15(rand.Reader, k.private, data)
		}
		if err != nil {
			cryptoFailure(c, "Error occurred while decoding padding.")
		}
		return types.Ref(c.Types.Bytes(out))
	})
}
