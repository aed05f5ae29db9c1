package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

// rsaPaddings adds what a padding says of itself, OAEP by a hash algorithm's name, and RSA's members
// that .NET Framework has and refuses at run time.
func rsaPaddings(r *types.Registry) {
	modes := map[*types.Type]*types.Type{
		signaturePads:  r.Enum(cryptoSpace+"RSASignaturePaddingMode", "Pkcs1", "Pss").Type(),
		encryptionPads: r.Enum(cryptoSpace+"RSAEncryptionPaddingMode", "Pkcs1", "Oaep").Type(),
	}
	for t, mode := range modes {
		b := r.Add(t)
		b.Get(mode.Name+" Mode", self(func(p *pad) val {
			if p.name == "Pkcs1" {
				return types.Of(mode, 0)
			}
			return types.Of(mode, 1)
		}))
		b.Method("bool Equals("+t.Name+" other)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
		b.Operator("bool operator ==("+t.Name+" left, "+t.Name+" right)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
		b.Operator("bool operator !=("+t.Name+" left, "+t.Name+" right)", func(_ call, a []val) val { return types.Bool(!types.Equal(a[0], a[1])) })
	}
	b := r.Add(encryptionPads)
	b.Get("HashAlgorithmName OaepHashAlgorithm", self(func(p *pad) val {
		name, _ := strings.CutPrefix(p.name, "Oaep")
		if p.name == "Pkcs1" {
			name = ""
		}
		return types.Ref(&hashName{name})
	}))
	b.Func("RSAEncryptionPadding CreateOaep(HashAlgorithmName hashAlgorithm)", func(c call, a []val) val {
		d, ok := findDigest(a[0].Ref().(*hashName).name)
		if !ok || d.name == "MD5" {
			c.ThrowArgument("System.ArgumentException", "The hash algorithm name cannot be null or empty.", "hashAlgorithm")
		}
		return types.Ref(&pad{encryptionPads, "Oaep" + d.name})
	})
	unsupported := func(c call, _ []val) val {
		c.Throw("System.NotSupportedException", "Method is not supported.")
		return types.Null
	}
	r.Add(rsaType).Method("byte[] EncryptValue(byte[] rgb)", unsupported).Method("byte[] DecryptValue(byte[] rgb)", unsupported)
}
