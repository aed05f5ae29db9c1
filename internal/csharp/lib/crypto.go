package lib

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
	"strings"

	"gatehouse/internal/csharp/types"
)

const cryptoSpace = "System.Security.Cryptography."

var (
	oidType       = types.New(types.KindClass, cryptoSpace+"Oid")
	randomBytes   = types.New(types.KindClass, cryptoSpace+"RNGCryptoServiceProvider")
	hashNameType  = newHashNameType()
	cipherModes   = types.New(types.KindEnum, cryptoSpace+"CipherMode")
	paddingModes  = types.New(types.KindEnum, cryptoSpace+"PaddingMode")
	symmetricType = types.New(types.KindClass, cryptoSpace+"SymmetricAlgorithm")
)

func newHashNameType() *types.Type {
	t := types.New(types.KindStruct, cryptoSpace+"HashAlgorithmName")
	t.Default = func() val { return types.Ref(&hashName{}) }
	return t
}

// digest is one hash algorithm that .NET names.
type digest struct {
	name string
	make func() hash.Hash
	id   crypto.Hash
}

func digests() []digest {
	return []digest{{"MD5", md5.New, crypto.MD5}, {"SHA1", sha1.New, crypto.SHA1}, {"SHA256", sha256.New, crypto.SHA256}, {"SHA384", sha512.New384, crypto.SHA384}, {"SHA512", sha512.New, crypto.SHA512}}
}

func findDigest(name string) (digest, bool) {
	name = strings.ReplaceAll(strings.ToUpper(name), "-", "")
	for _, d := range digests() {
		if d.name == name {
			return d, true
		}
	}
	return digest{}, false
}

// hasher is a HashAlgorithm: a digest, or an HMAC when key is not nil.
type hasher struct {
	typ  *types.Type
	d    digest
	key  []byte
	last []byte
	part []byte // of TransformBlock
}

// DotNetType implements types.Object.
func (h *hasher) DotNetType() *types.Type { return h.typ }

func (h *hasher) sum(c call, data []byte) []byte {
	defer c.Tick()
	f := h.d.make()
	if h.key != nil {
		f = hmac.New(h.d.make, h.key)
	}
	_, _ = f.Write(data) // never fails
	h.last = f.Sum(nil)
	return slices.Clone(h.last)
}

// hashes adds the hash algorithms and HMACs.
func hashes(r *types.Registry) {
	b := r.Class(cryptoSpace+"HashAlgorithm").Extends("", "IDisposable")
	b.Method("byte[] ComputeHash(byte[] buffer)", func(c call, a []val) val {
		x := arrayOf(c, a[1], "buffer")
		return types.Ref(c.Types.Bytes(a[0].Ref().(*hasher).sum(c, x.Bytes)))
	})
	b.Method("byte[] ComputeHash(byte[] buffer, int offset, int count)", func(c call, a []val) val {
		return types.Ref(c.Types.Bytes(a[0].Ref().(*hasher).sum(c, bytesPart(c, a[1], a[2].Int(), a[3].Int(), "buffer"))))
	})
	b.Method("byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)", func(c call, a []val) val {
		h, last := a[0].Ref().(*hasher), bytesPart(c, a[1], a[2].Int(), a[3].Int(), "inputBuffer")
		h.sum(c, append(h.part, last...))
		h.part = nil
		return types.Ref(c.Types.Bytes(slices.Clone(last)))
	})
	b.Method("int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)", func(c call, a []val) val {
		h := a[0].Ref().(*hasher)
		part := bytesPart(c, a[1], a[2].Int(), a[3].Int(), "inputBuffer")
		c.Grow(len(part))
		h.part = append(h.part, part...)
		return integer(len(part))
	})
	b.Method("void Initialize()", self(func(h *hasher) val { h.part = nil; return types.Null }))
	b.Method("void Clear()", self(func(h *hasher) val {
		h.key, h.part = slices.Repeat([]byte{0}, min(len(h.key), 1)), nil
		return types.Null
	}))
	b.Get("byte[] Hash", func(c call, a []val) val { return types.Ref(c.Types.Bytes(slices.Clone(a[0].Ref().(*hasher).last))) })
	b.Get("int HashSize", self(func(h *hasher) val { return integer(h.d.make().Size() * 8) }))
	r.Class(cryptoSpace+"KeyedHashAlgorithm").Extends(cryptoSpace+"HashAlgorithm").
		GetSet("byte[] Key", func(c call, a []val) val { return types.Ref(c.Types.Bytes(slices.Clone(a[0].Ref().(*hasher).key))) }, func(c call, a []val) val {
			a[0].Ref().(*hasher).key = notNil(arrayOf(c, a[1], "value").Bytes)
			return types.Null
		})
	r.Class(cryptoSpace+"HMAC").Extends(cryptoSpace+"KeyedHashAlgorithm").
		GetSet("string HashName", self(func(h *hasher) val { return str(h.d.name) }), func(c call, a []val) val {
			d, ok := findDigest(a[1].Str())
			if !ok {
				cryptoFailure(c, "The specified hash algorithm is unknown or not supported.")
			}
			a[0].Ref().(*hasher).d = d
			return types.Null
		})
	for _, d := range digests() {
		addDigest(r, d)
	}
}

func notNil(b []byte) []byte { return append([]byte{}, b...) }

func addDigest(r *types.Registry, d digest) {
	full := cryptoSpace + d.name
	base := r.Class(full).Extends(cryptoSpace + "HashAlgorithm")
	base.Func(d.name+" Create()", func(c call, _ []val) val { return types.Ref(&hasher{typ: c.Site.Result, d: d}) })
	managed := []string{"CryptoServiceProvider"}
	if d.name != "MD5" {
		managed = append(managed, "Managed")
	}
	for _, suffix := range managed {
		if suffix == "CryptoServiceProvider" && d.name != "MD5" && d.name != "SHA1" {
			continue
		}
		r.Class(full+suffix).Extends(full).New("()", func(c call, _ []val) val { return types.Ref(&hasher{typ: c.Site.Result, d: d}) })
	}
	m := r.Class(cryptoSpace + "HMAC" + d.name).Extends(cryptoSpace + "HMAC")
	m.New("(byte[] key)", func(c call, a []val) val {
		return types.Ref(&hasher{typ: c.Site.Result, d: d, key: notNil(arrayOf(c, a[0], "key").Bytes)})
	})
	m.New("()", func(c call, _ []val) val {
		return types.Ref(&hasher{typ: c.Site.Result, d: d, key: randomKey(d)})
	})
}

// randomKey is the key of an HMAC that was given none.
func randomKey(d digest) []byte {
	key := make([]byte, d.make().BlockSize())
	_, _ = rand.Read(key) // never fails
	return key
}

// hashName is a HashAlgorithmName.
type hashName struct{ name string }

// DotNetType implements types.Object.
func (*hashName) DotNetType() *types.Type { return hashNameType }

// ToText implements types.TextOf.
func (h *hashName) ToText(*types.Run) string { return h.name }

// EqualTo implements types.Equatable.
func (h *hashName) EqualTo(v val) bool { g, ok := v.Ref().(*hashName); return ok && *g == *h }

// Key implements types.Equatable.
func (h *hashName) Key() string { return h.name }

// oid is an Oid.
type oid struct{ value, friendly string }

// DotNetType implements types.Object.
func (*oid) DotNetType() *types.Type { return oidType }

func oidNames() map[string]string {
	return map[string]string{
		"1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.5": "sha1RSA", "1.2.840.113549.1.1.11": "sha256RSA", "1.2.840.113549.1.1.12": "sha384RSA",
		"1.2.840.113549.1.1.13": "sha512RSA", "1.2.840.113549.1.1.10": "RSASSA-PSS", "1.2.840.10045.2.1": "ECC", "1.2.840.10045.4.3.2": "sha256ECDSA",
		"1.2.840.10045.4.3.3": "sha384ECDSA", "1.2.840.10045.4.3.4": "sha512ECDSA", "1.3.14.3.2.26": "sha1", "2.16.840.1.101.3.4.2.1": "sha256",
		"2.5.29.14": "Subject Key Identifier", "2.5.29.15": "Key Usage", "2.5.29.17": "Subject Alternative Name", "2.5.29.19": "Basic Constraints",
		"2.5.29.31": "CRL Distribution Points", "2.5.29.32": "Certificate Policies", "2.5.29.35": "Authority Key Identifier", "2.5.29.37": "Enhanced Key Usage",
		"1.3.6.1.5.5.7.1.1": "Authority Information Access", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512", "1.2.840.113549.2.5": "md5",
	}
}

func newOID(s string) *oid {
	if friendly, ok := oidNames()[s]; ok {
		return &oid{s, friendly}
	}
	for value, friendly := range oidNames() {
		if strings.EqualFold(friendly, s) {
			return &oid{value, friendly}
		}
	}
	return &oid{value: s}
}

// cryptoParts adds Oid, HashAlgorithmName and RNGCryptoServiceProvider.
func cryptoParts(r *types.Registry) {
	r.Add(oidType).
		New("(string oid)", func(_ call, a []val) val { return types.Ref(newOID(a[0].Str())) }).
		New("(string value, string friendlyName)", func(_ call, a []val) val { return types.Ref(&oid{a[0].Str(), a[1].Str()}) }).
		GetSet("string Value", self(func(o *oid) val { return orNull(o.value, o.value != "") }), func(_ call, a []val) val {
			a[0].Ref().(*oid).value = a[1].Str()
			return types.Null
		}).
		GetSet("string FriendlyName", self(func(o *oid) val { return orNull(o.friendly, o.friendly != "") }), func(_ call, a []val) val {
			o, named := a[0].Ref().(*oid), newOID(a[1].Str())
			o.friendly = a[1].Str()
			if named.friendly != "" {
				o.value = named.value
			}
			return types.Null
		})
	h := r.Add(hashNameType)
	h.New("(string name)", func(_ call, a []val) val { return types.Ref(&hashName{a[0].Str()}) })
	h.Get("string Name", self(func(n *hashName) val { return orNull(n.name, n.name != "") }))
	for _, d := range digests() {
		h.Static("HashAlgorithmName "+d.name, func(call, []val) val { return types.Ref(&hashName{d.name}) })
	}
	h.Operator("bool operator ==(HashAlgorithmName a, HashAlgorithmName b)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	h.Operator("bool operator !=(HashAlgorithmName a, HashAlgorithmName b)", func(_ call, a []val) val { return types.Bool(!types.Equal(a[0], a[1])) })
	g := r.Add(randomBytes).Extends("", "IDisposable")
	for _, form := range []string{"()", "(string str)", "(byte[] rgb)"} { // a seed changes nothing, as in .NET
		g.New(form, func(call, []val) val { return types.Ref(&randomSource{}) })
	}
	g.Method("void GetBytes(byte[] data)", func(c call, a []val) val {
		_, _ = rand.Read(arrayOf(c, a[1], "data").Bytes) // never fails
		return types.Null
	})
	g.Method("void GetNonZeroBytes(byte[] data)", func(c call, a []val) val {
		x := arrayOf(c, a[1], "data").Bytes
		for bytes.IndexByte(x, 0) >= 0 {
			one := []byte{0}
			_, _ = rand.Read(one) // never fails
			x[bytes.IndexByte(x, 0)] = one[0]
		}
		return types.Null
	})
}

type randomSource struct{ _ byte }

// DotNetType implements types.Object.
func (*randomSource) DotNetType() *types.Type { return randomBytes }

// symmetric is a SymmetricAlgorithm: AES or Triple DES in the mode CBC or ECB.
type symmetric struct {
	name          string
	key, iv       []byte
	mode, padding int
	block, bits   int
}

// DotNetType implements types.Object.
func (*symmetric) DotNetType() *types.Type { return symmetricType }

func newSymmetric(name string) (*symmetric, bool) {
	s := &symmetric{name: "AES", mode: 1, padding: 2, block: 16, bits: 256}
	switch strings.ToUpper(strings.TrimPrefix(name, cryptoSpace)) {
	case "AES", "RIJNDAEL", "AESMANAGED", "RIJNDAELMANAGED", "AESCRYPTOSERVICEPROVIDER":
	case "3DES", "TRIPLEDES", "TRIPLEDESCRYPTOSERVICEPROVIDER":
		s = &symmetric{name: "TripleDES", mode: 1, padding: 2, block: 8, bits: 192}
	default:
		return nil, false
	}
	s.key, s.iv = make([]byte, s.bits/8), make([]byte, s.block)
	_, _ = rand.Read(s.key) // never fails
	_, _ = rand.Read(s.iv)  // never fails
	return s, true
}

func cryptoFailure(c call, message string) {
	c.Throw("System.Security.Cryptography.CryptographicException", message)
}

func (s *symmetric) cipher(c call, key []byte) cipher.Block {
	var b cipher.Block
	var err error
	if s.name == "AES" {
		b, err = aes.NewCipher(key)
	} else {
		if len(key) == 16 {
			key = append(slices.Clone(key), key[:8]...)
		}
		b, err = des.NewTripleDESCipher(key)
	}
	if err != nil {
		c.ThrowArgument("System.ArgumentException", "Specified key is not a valid size for this algorithm.", "rgbKey")
	}
	return b
}

func (s *symmetric) encrypt(c call, data, key, iv []byte) []byte {
	b := s.cipher(c, key)
	c.Grow(len(data) + 32)
	pad := s.block - len(data)%s.block
	out := slices.Clone(data)
	switch s.padding {
	case 2:
		out = append(out, bytes.Repeat([]byte{byte(pad)}, pad)...)
	case 3:
		out = append(out, make([]byte, pad%s.block)...)
	case 4:
		out = append(append(out, make([]byte, pad-1)...), byte(pad))
	}
	if len(out)%s.block != 0 {
		cryptoFailure(c, "Length of the data to encrypt is invalid.")
	}
	if s.mode == 2 {
		for i := 0; i < len(out); i += s.block {
			b.Encrypt(out[i:], out[i:])
		}
		return out
	}
	s.checkIV(c, iv)
	cipher.NewCBCEncrypter(b, iv).CryptBlocks(out, out)
	return out
}

func (s *symmetric) checkIV(c call, iv []byte) {
	if s.mode != 1 {
		cryptoFailure(c, "Specified cipher mode is not valid for this algorithm.")
	}
	if len(iv) != s.block {
		c.ThrowArgument("System.ArgumentException", "Specified initialization vector (IV) does not match the block size for this algorithm.", "rgbIV")
	}
}

func (s *symmetric) decrypt(c call, data, key, iv []byte) []byte {
	b := s.cipher(c, key)
	c.Grow(len(data))
	if len(data)%s.block != 0 {
		cryptoFailure(c, "Length of the data to decrypt is invalid.")
	}
	out := slices.Clone(data)
	if s.mode == 2 {
		for i := 0; i < len(out); i += s.block {
			b.Decrypt(out[i:], out[i:])
		}
	} else {
		s.checkIV(c, iv)
		cipher.NewCBCDecrypter(b, iv).CryptBlocks(out, out)
	}
	if s.padding != 2 && s.padding != 4 || len(out) == 0 {
		return out
	}
	pad := int(out[len(out)-1])
	if pad == 0 || pad > s.block || s.padding == 2 && !bytes.Equal(out[len(out)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		cryptoFailure(c, "Padding is invalid and cannot be removed.")
	}
	return out[:len(out)-pad]
}

// symmetrics adds SymmetricAlgorithm.
func symmetrics(r *types.Registry) {
	r.AddEnum(cipherModes, "CBC=1", "ECB=2", "OFB=3", "CFB=4", "CTS=5")
	r.AddEnum(paddingModes, "None=1", "PKCS7=2", "Zeros=3", "ANSIX923=4", "ISO10126=5")
	b := r.Add(symmetricType).Extends("", "IDisposable")
	byName := func(c call, name string) *symmetric {
		s, ok := newSymmetric(name)
		if !ok {
			cryptoFailure(c, "The algorithm '"+name+"' is not known: use Aes or TripleDES.")
		}
		return s
	}
	b.Func("SymmetricAlgorithm Create(string algName)", func(c call, a []val) val { return types.Ref(byName(c, a[0].Str())) })
	b.Func("SymmetricAlgorithm Create()", func(c call, _ []val) val { return types.Ref(byName(c, "Rijndael")) })
	bytesOf := func(name string, part func(*symmetric) *[]byte) {
		b.GetSet("byte[] "+name, func(c call, a []val) val {
			return types.Ref(c.Types.Bytes(slices.Clone(*part(a[0].Ref().(*symmetric)))))
		}, func(c call, a []val) val {
			*part(a[0].Ref().(*symmetric)) = slices.Clone(arrayOf(c, a[1], "value").Bytes)
			return types.Null
		})
	}
	bytesOf("Key", func(s *symmetric) *[]byte { return &s.key })
	bytesOf("IV", func(s *symmetric) *[]byte { return &s.iv })
	b.GetSet("CipherMode Mode", self(func(s *symmetric) val { return types.Of(cipherModes, uint64(s.mode)) }), func(_ call, a []val) val {
		a[0].Ref().(*symmetric).mode = a[1].Int()
		return types.Null
	})
	b.GetSet("PaddingMode Padding", self(func(s *symmetric) val { return types.Of(paddingModes, uint64(s.padding)) }), func(_ call, a []val) val {
		a[0].Ref().(*symmetric).padding = a[1].Int()
		return types.Null
	})
	symmetricSizes(b)
	b.Method("void GenerateKey()", self(func(s *symmetric) val { _, _ = rand.Read(s.key); return types.Null }))
	b.Method("void GenerateIV()", self(func(s *symmetric) val { _, _ = rand.Read(s.iv); return types.Null }))
	encryptions(r, byName)
}

// symmetricSizes adds the sizes of keys and blocks; a new key size makes a new key when one is asked for.
func symmetricSizes(b *types.Builder) {
	b.GetSet("int BlockSize", self(func(s *symmetric) val { return integer(s.block * 8) }), func(c call, a []val) val {
		if a[1].Int() != a[0].Ref().(*symmetric).block*8 {
			cryptoFailure(c, "Specified block size is not valid for this algorithm.")
		}
		return types.Null
	})
	b.GetSet("int FeedbackSize", self(func(s *symmetric) val { return integer(8) }), func(c call, a []val) val {
		if a[1].Int() != 8 {
			cryptoFailure(c, "Specified feedback size is not valid for this algorithm.")
		}
		return types.Null
	})
	b.GetSet("int KeySize", self(func(s *symmetric) val { return integer(len(s.key) * 8) }), func(c call, a []val) val {
		s := a[0].Ref().(*symmetric)
		if !s.keySizes().has(a[1].Int()) {
			cryptoFailure(c, "Specified key size is not valid for this algorithm.")
		}
		s.key = make([]byte, a[1].Int()/8)
		_, _ = rand.Read(s.key) // never fails
		return types.Null
	})
}

// encryptions adds API Management's Encrypt and Decrypt.
func encryptions(r *types.Registry, byName func(c call, name string) *symmetric) {
	e := r.StaticClass("Microsoft.Azure.ApiManagement.CryptographyExtensions")
	for name, run := range map[string]func(s *symmetric, c call, data, key, iv []byte) []byte{"Encrypt": (*symmetric).encrypt, "Decrypt": (*symmetric).decrypt} {
		e.Func("byte[] "+name+"(this byte[] input, string alg, byte[] key, byte[] iv)", func(c call, a []val) val {
			s := byName(c, a[1].Str())
			return types.Ref(c.Types.Bytes(run(s, c, arrayOf(c, a[0], "input").Bytes, arrayOf(c, a[2], "key").Bytes, arrayOf(c, a[3], "iv").Bytes)))
		})
		e.Func("byte[] "+name+"(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)", func(c call, a []val) val {
			c.NotNull(a[1], "alg")
			return types.Ref(c.Types.Bytes(run(a[1].Ref().(*symmetric), c, arrayOf(c, a[0], "input").Bytes, arrayOf(c, a[2], "key").Bytes, arrayOf(c, a[3], "iv").Bytes)))
		})
		e.Func("byte[] "+name+"(this byte[] input, SymmetricAlgorithm alg)", func(c call, a []val) val {
			c.NotNull(a[1], "alg")
			s := a[1].Ref().(*symmetric)
			return types.Ref(c.Types.Bytes(run(s, c, arrayOf(c, a[0], "input").Bytes, s.key, s.iv)))
		})
	}
}
