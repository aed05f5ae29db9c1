package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

// newHasherByName is Create(string) of HashAlgorithm and of what derives from it: the algorithms have
// the names of CryptoConfig, in any case, and null is the answer to others.
func newHasherByName(c call, name, base string) val {
	short := strings.ToLower(strings.TrimPrefix(name, cryptoSpace))
	short = strings.TrimSuffix(strings.TrimSuffix(short, "cryptoserviceprovider"), "managed")
	full := ""
	key, keyed := strings.CutPrefix(short, "hmac")
	d, ok := findDigest(key)
	switch {
	case ok && keyed:
		full = cryptoSpace + "HMAC" + d.name
	case ok:
		full = managedName(d)
	default:
		return types.Null
	}
	t := c.Types.Named(full)
	if !c.Types.Derives(t, c.Types.Named(cryptoSpace+base)) {
		c.Throw("System.InvalidCastException", "Unable to cast object of type '"+full+"' to type '"+cryptoSpace+base+"'.")
	}
	h := &hasher{typ: t, d: d}
	if keyed {
		h.key = randomKey(d)
	}
	return types.Ref(h)
}

// managedName is the class that .NET Framework makes by an algorithm's name.
func managedName(d digest) string {
	if d.name == "MD5" || d.name == "SHA1" {
		return cryptoSpace + d.name + "CryptoServiceProvider"
	}
	return cryptoSpace + d.name + "Managed"
}

// hashCreators adds Create() and Create(string) of the abstract algorithms and what TransformBlock's
// callers ask for.
func hashCreators(r *types.Registry) {
	defaults := map[string]string{"HashAlgorithm": "SHA1", "KeyedHashAlgorithm": "HMACSHA1", "HMAC": "HMACSHA1"}
	for _, d := range digests() {
		defaults[d.name] = ""
	}
	for base, standard := range defaults {
		b := r.Class(cryptoSpace + base)
		param := map[bool]string{true: "algorithmName", false: "hashName"}[standard == "HMACSHA1"]
		b.Func(base+" Create(string "+param+")", func(c call, a []val) val {
			c.NotNull(a[0], "name")
			return newHasherByName(c, a[0].Str(), base)
		})
		if standard != "" {
			b.Func(base+" Create()", func(c call, _ []val) val { return newHasherByName(c, standard, base) })
		}
	}
	b := r.Class(cryptoSpace + "HashAlgorithm")
	fixed := func(v val) types.Func { return func(call, []val) val { return v } }
	b.Get("bool CanReuseTransform", fixed(types.Bool(true))).Get("bool CanTransformMultipleBlocks", fixed(types.Bool(true)))
	b.Get("int InputBlockSize", fixed(integer(1))).Get("int OutputBlockSize", fixed(integer(1)))
	for _, name := range []string{"HMACSHA384", "HMACSHA512"} {
		r.Class(cryptoSpace+name).GetSet("bool ProduceLegacyHmacValues", fixed(types.Bool(false)), func(c call, a []val) val {
			if a[1].Bool() {
				c.Throw("System.NotSupportedException", "HMAC values of .NET Framework 1.1 can't be made here.")
			}
			return types.Null
		})
	}
	r.Class(cryptoSpace+"HMACSHA1").New("(byte[] key, bool useManagedSha1)", func(c call, a []val) val {
		d, _ := findDigest("SHA1") // it is there
		return types.Ref(&hasher{typ: c.Site.Result, d: d, key: notNil(arrayOf(c, a[0], "key").Bytes)})
	})
	r.Class(cryptoSpace+"HashAlgorithmName").Method("bool Equals(HashAlgorithmName other)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	oidParts(r)
}

// oidParts adds what an Oid can be made of, and its setters.
func oidParts(r *types.Registry) {
	group := r.Enum(cryptoSpace+"OidGroup", "All", "HashAlgorithm", "EncryptionAlgorithm", "PublicKeyAlgorithm", "SignatureAlgorithm", "Attribute",
		"ExtensionOrAttribute", "EnhancedKeyUsage", "Policy", "Template", "KeyDerivationFunction").Type()
	b := r.Add(oidType)
	b.New("()", func(call, []val) val { return types.Ref(&oid{}) })
	b.New("(Oid oid)", func(c call, a []val) val {
		c.NotNull(a[0], "oid")
		o := *a[0].Ref().(*oid)
		return types.Ref(&o)
	})
	known := func(name, failure string) {
		b.Func("Oid "+name+", "+group.Name+" group)", func(c call, a []val) val {
			c.NotNull(a[0], "oid")
			o := newOID(a[0].Str())
			if o.friendly == "" {
				cryptoFailure(c, failure)
			}
			return types.Ref(o)
		})
	}
	known("FromFriendlyName(string friendlyName", "The OID value is invalid.")
	known("FromOidValue(string oidValue", "The OID value is invalid.")
}

// asymmetricCreators adds Create of AsymmetricAlgorithm and RSA by a name, and their legal key sizes.
func asymmetricCreators(r *types.Registry) {
	sizes := r.Add(keySizesType)
	for name, of := range map[string]func(*keySizes) int{"MinSize": func(k *keySizes) int { return k.least }, "MaxSize": func(k *keySizes) int { return k.most }, "SkipSize": func(k *keySizes) int { return k.step }} {
		sizes.Get("int "+name, self(func(k *keySizes) val { return integer(of(k)) }))
	}
	make := func(c call, name string) val {
		switch strings.ToLower(strings.TrimPrefix(name, cryptoSpace)) {
		case "rsa", "rsacryptoserviceprovider", "asymmetricalgorithm":
			return types.Ref(&rsaKey{typ: c.Types.Named(cryptoSpace + "RSACryptoServiceProvider")})
		}
		return types.Null
	}
	for base, param := range map[string]string{"AsymmetricAlgorithm": "algName", "RSA": "algName"} {
		r.Class(cryptoSpace+base).Func(base+" Create(string "+param+")", func(c call, a []val) val {
			c.NotNull(a[0], "name")
			return make(c, a[0].Str())
		})
	}
	b := r.Class(cryptoSpace + "AsymmetricAlgorithm")
	b.Func("AsymmetricAlgorithm Create()", func(c call, _ []val) val { return make(c, "rsa") })
	b.Get("KeySizes[] LegalKeySizes", func(c call, _ []val) val { return sizeList(c, keySizes{384, 16384, 8}) })
	s := r.Add(symmetricType)
	s.Get("KeySizes[] LegalKeySizes", func(c call, a []val) val { return sizeList(c, a[0].Ref().(*symmetric).keySizes()) })
	s.Get("KeySizes[] LegalBlockSizes", func(c call, a []val) val {
		n := a[0].Ref().(*symmetric).block * 8
		return sizeList(c, keySizes{n, n, 0})
	})
	s.Method("bool ValidKeySize(int bitLength)", func(_ call, a []val) val { return types.Bool(a[0].Ref().(*symmetric).keySizes().has(a[1].Int())) })
	s.Method("void Clear()", self(func(s *symmetric) val { clear(s.key); clear(s.iv); return types.Null }))
}

var keySizesType = types.New(types.KindClass, cryptoSpace+"KeySizes")

// keySizes is a KeySizes: what sizes in bits are allowed.
type keySizes struct{ least, most, step int }

// DotNetType implements types.Object.
func (*keySizes) DotNetType() *types.Type { return keySizesType }

func (k keySizes) has(n int) bool {
	return n >= k.least && n <= k.most && (k.step == 0 || (n-k.least)%k.step == 0)
}

func sizeList(c call, k keySizes) val {
	return types.Ref(c.Types.NewArray(keySizesType, []val{types.Ref(&k)}))
}

func (s *symmetric) keySizes() keySizes {
	if s.name == "AES" {
		return keySizes{128, 256, 64}
	}
	return keySizes{128, 192, 64}
}
