package lib

import (
	"crypto"
	"crypto/x509"
	"slices"

	"gatehouse/internal/csharp/types"
	"gatehouse/internal/pki"
)

// certificateFiles adds how certificates are made, filled and exported: from bytes, from another one,
// and from a file, of which an expression finds none.
func certificateFiles(r *types.Registry) {
	r.Enum(x509Space+"X509KeyStorageFlags", "DefaultKeySet=0", "UserKeySet=1", "MachineKeySet=2", "Exportable=4", "UserProtected=8", "PersistKeySet=16",
		"EphemeralKeySet=32").Flags()
	missing := func(c call, _ []val) val {
		cryptoFailure(c, "The system cannot find the file specified.\r\n")
		return types.Null
	}
	copied := func(c call, a []val) val {
		c.NotNull(a[0], "cert")
		x := a[0].Ref().(*Certificate)
		return types.Ref(ownedCertificate(x.Certificate).withKey(x.key))
	}
	fill := func(c call, a []val) val {
		a[0].Ref().(*Certificate).change(c)
		x := newCertificate(c, a[1:]).Ref().(*Certificate)
		*a[0].Ref().(*Certificate) = *x
		return types.Null
	}
	for _, t := range []*types.Type{certificateBase, certificateType} {
		b := r.Add(t)
		b.New("()", func(call, []val) val { return types.Ref(emptyCertificate()) })
		b.New("(X509Certificate certificate)", copied)
		b.New("(byte[] rawData, string password, X509KeyStorageFlags keyStorageFlags)", newCertificate)
		for _, form := range []string{"", ", string password", ", string password, X509KeyStorageFlags keyStorageFlags"} {
			b.New("(string fileName"+form+")", missing)
		}
		for _, form := range []string{"", ", string password, X509KeyStorageFlags keyStorageFlags"} {
			b.Method("void Import(byte[] rawData"+form+")", fill)
			b.Method("void Import(string fileName"+form+")", missing)
		}
		b.Method("void Reset()", func(c call, a []val) val {
			a[0].Ref().(*Certificate).change(c)
			*a[0].Ref().(*Certificate) = *emptyCertificate()
			return types.Null
		})
	}
	r.Add(certificateType).Func("X509ContentType GetCertContentType(string fileName)", missing)
	base := r.Add(certificateBase)
	base.Func("X509Certificate CreateFromCertFile(string filename)", missing).Func("X509Certificate CreateFromSignedFile(string filename)", missing)
	base.Method("byte[] Export(X509ContentType contentType)", exportCertificate)
	base.Method("byte[] Export(X509ContentType contentType, string password)", exportCertificate)
}

// emptyCertificate is a certificate without anything in it.
func emptyCertificate() *Certificate { return ownedCertificate(&x509.Certificate{}) }

// exportCertificate writes a certificate alone, or as a PFX file with its key.
func exportCertificate(c call, a []val) val {
	x, password := a[0].Ref().(*Certificate), ""
	if len(a) > 2 {
		password = a[2].Str()
	}
	switch kind := a[1].Int(); kind {
	case 1:
		return types.Ref(c.Types.Bytes(slices.Clone(x.Raw)))
	case 3:
		c.Grow(1 << 20) // what the key derivation costs
		key, _ := x.key.(crypto.Signer)
		data, err := pki.EncodePFX(&pki.Bundle{Leaf: x.Certificate, Key: key}, password)
		if err != nil {
			cryptoFailure(c, "The certificate can't be exported as PFX: "+err.Error())
		}
		return types.Ref(c.Types.Bytes(data))
	}
	cryptoFailure(c, "Invalid content type.")
	return types.Null
}
