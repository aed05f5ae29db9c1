package lib

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"gatehouse/internal/csharp/host"
	"gatehouse/internal/csharp/types"
	"gatehouse/internal/pki"
)

const x509Space = "System.Security.Cryptography.X509Certificates."

var (
	certificateType     = types.New(types.KindClass, x509Space+"X509Certificate2")
	certificateBase     = types.New(types.KindClass, x509Space+"X509Certificate")
	distinguishedType   = types.New(types.KindClass, x509Space+"X500DistinguishedName")
	publicKeyType       = types.New(types.KindClass, x509Space+"PublicKey")
	certificateNameType = types.New(types.KindEnum, x509Space+"X509NameType")
)

// CertificateVerifier is implemented by a context whose policies may call Verify: nil when
// the chain ends in a trusted root, and with revocation no certificate in it is revoked.
type CertificateVerifier interface {
	VerifyCertificate(c *x509.Certificate, revocation bool) error
}

// Certificate is an X509Certificate2. What reading its names costs is paid once: who keeps a
// certificate for many evaluations keeps this with it. Any number may use it at once.
type Certificate struct {
	*x509.Certificate
	key   crypto.PrivateKey // nil without one
	shown func() *shownNames
	own   *ownCertificate // nil: it is the gateway's and never changes
}

// ownCertificate is what a certificate that an expression made lets be changed.
type ownCertificate struct {
	archived bool
	friendly string
}

// shownNames are a certificate's names as .NET writes them.
type shownNames struct {
	subject, issuer    distinguishedName
	serial, thumbprint string
}

// NewCertificate makes the X509Certificate2 of a parsed certificate, which must not change.
func NewCertificate(x *x509.Certificate) *Certificate {
	return &Certificate{Certificate: x, shown: sync.OnceValue(func() *shownNames {
		return &shownNames{
			subject: distinguishedName{pki.DistinguishedName(x.RawSubject)}, issuer: distinguishedName{pki.DistinguishedName(x.RawIssuer)},
			serial: pki.SerialNumber(x), thumbprint: pki.Thumbprint(x),
		}
	})}
}

// ownedCertificate is NewCertificate for one that an expression makes, which may change it.
func ownedCertificate(x *x509.Certificate) *Certificate {
	c := NewCertificate(x)
	c.own = &ownCertificate{}
	return c
}

// change is what of x may be changed: nothing of a certificate that other requests see too.
func (x *Certificate) change(c call) *ownCertificate {
	if x.own == nil {
		cryptoFailure(c, "This certificate is the gateway's and can't be changed: change a copy, new X509Certificate2(certificate).")
	}
	return x.own
}

// withKey is x with its private key.
func (x *Certificate) withKey(key crypto.PrivateKey) *Certificate {
	if x != nil {
		x.key = key
	}
	return x
}

// rsaPrivate is the private key as an RSA of a type; null without one.
func (x *Certificate) rsaPrivate(t *types.Type) val {
	key, ok := x.key.(*rsa.PrivateKey)
	if !ok {
		return types.Null
	}
	return types.Ref(&rsaKey{typ: t, public: &key.PublicKey, private: key})
}

// KeyKeeper is implemented by a deployment whose certificates have private keys; nil: this one
// has none.
type KeyKeeper interface {
	CertificateKey(id string) crypto.PrivateKey
}

// CertificateKeeper is implemented by a request that keeps the object of its certificate; nil
// without one.
type CertificateKeeper interface{ KeptCertificate() *Certificate }

// certificateOf is the certificate that a request came with.
func certificateOf(q host.Request) val {
	if k, ok := q.(CertificateKeeper); ok {
		if kept := k.KeptCertificate(); kept != nil {
			return types.Ref(kept)
		}
	}
	return certificateOrNull(q.Certificate())
}

// DotNetType implements types.Object.
func (*Certificate) DotNetType() *types.Type { return certificateType }

// EqualTo implements types.Equatable: .NET compares issuer and serial number; so do equal bytes.
func (x *Certificate) EqualTo(v val) bool {
	y, ok := v.Ref().(*Certificate)
	return ok && bytes.Equal(x.Raw, y.Raw)
}

// Key implements types.Equatable.
func (x *Certificate) Key() string { return string(x.Raw) }

// verify asks the context; without one nothing is trusted.
func verify(c call, v val, revocation bool) val {
	judge, ok := c.Context.(CertificateVerifier)
	return types.Bool(ok && judge.VerifyCertificate(v.Ref().(*Certificate).Certificate, revocation) == nil)
}

// certificates adds X509Certificate2 and what hangs on it.
func certificates(r *types.Registry) {
	r.Enum(x509Space+"X509ContentType", "Unknown=0", "Cert=1", "SerializedCert=2", "Pfx=3", "Pkcs12=3", "SerializedStore=4", "Pkcs7=5", "Authenticode=6")
	r.AddEnum(certificateNameType, "SimpleName", "EmailName", "UpnName", "DnsName", "DnsFromAlternativeName", "UrlName")
	of := func(f func(x *Certificate) val) types.Func { return self(f) }
	text := func(f func(x *Certificate) string) types.Func {
		return self(func(x *Certificate) val { return str(f(x)) })
	}
	subject := func(x *Certificate) string { return x.shown().subject.name }
	issuer := func(x *Certificate) string { return x.shown().issuer.name }
	serial := func(x *Certificate) string { return x.shown().serial }
	raw := func(c call, a []val) val {
		return types.Ref(c.Types.Bytes(slices.Clone(a[0].Ref().(*Certificate).Raw)))
	}
	thumb := func(x *Certificate) string { return x.shown().thumbprint }
	base := r.Add(certificateBase).Extends("", "IDisposable")
	base.Get("string Subject", text(subject)).Get("string Issuer", text(issuer))
	base.Method("string GetName()", text(subject)).Method("string GetIssuerName()", text(issuer))
	base.Method("string GetSerialNumberString()", text(serial))
	base.Method("byte[] GetSerialNumber()", func(c call, a []val) val {
		b, _ := hex.DecodeString(serial(a[0].Ref().(*Certificate))) // hex
		slices.Reverse(b)
		return types.Ref(c.Types.Bytes(b))
	})
	base.Method("string GetCertHashString()", text(thumb))
	base.Method("byte[] GetCertHash()", func(c call, a []val) val {
		sum := sha1.Sum(a[0].Ref().(*Certificate).Raw)
		return types.Ref(c.Types.Bytes(sum[:]))
	})
	base.Method("byte[] GetCertHash(HashAlgorithmName hashAlgorithm)", func(c call, a []val) val { return types.Ref(c.Types.Bytes(certificateHash(c, a))) })
	base.Method("string GetCertHashString(HashAlgorithmName hashAlgorithm)", func(c call, a []val) val {
		return str(strings.ToUpper(hex.EncodeToString(certificateHash(c, a))))
	})
	base.Method("byte[] GetKeyAlgorithmParameters()", func(c call, a []val) val {
		return types.Ref(c.Types.Bytes(infoOf(a[0].Ref().(*Certificate).Certificate).Algorithm.Parameters.FullBytes))
	})
	base.Method("string GetKeyAlgorithmParametersString()", text(func(x *Certificate) string {
		return strings.ToUpper(hex.EncodeToString(infoOf(x.Certificate).Algorithm.Parameters.FullBytes))
	}))
	base.Method("string GetEffectiveDateString()", func(c call, a []val) val { return str(c.Text(LocalDate(a[0].Ref().(*Certificate).NotBefore))) })
	base.Method("string GetExpirationDateString()", func(c call, a []val) val { return str(c.Text(LocalDate(a[0].Ref().(*Certificate).NotAfter))) })
	base.Method("string GetFormat()", func(call, []val) val { return str("X509") })
	base.Method("string GetKeyAlgorithm()", text(func(x *Certificate) string { return keyOID(x.Certificate) }))
	base.Method("byte[] GetPublicKey()", func(c call, a []val) val { return types.Ref(c.Types.Bytes(publicBits(a[0].Ref().(*Certificate)))) })
	base.Method("string GetPublicKeyString()", text(func(x *Certificate) string { return strings.ToUpper(hex.EncodeToString(publicBits(x))) }))
	base.Method("byte[] GetRawCertData()", raw)
	base.Method("string GetRawCertDataString()", text(func(x *Certificate) string { return strings.ToUpper(hex.EncodeToString(x.Raw)) }))

	b := r.Add(certificateType).Extends("X509Certificate")
	b.New("(byte[] rawData)", newCertificate)
	b.New("(byte[] rawData, string password)", newCertificate)
	b.Get("string Thumbprint", text(thumb)).Get("string SerialNumber", text(serial))
	b.Get("DateTime NotBefore", of(func(x *Certificate) val { return LocalDate(x.NotBefore) }))
	b.Get("DateTime NotAfter", of(func(x *Certificate) val { return LocalDate(x.NotAfter) }))
	b.Get("int Version", of(func(x *Certificate) val { return integer(x.Certificate.Version) }))
	b.Get("byte[] RawData", raw)
	b.Get("bool HasPrivateKey", of(func(x *Certificate) val { return types.Bool(x.key != nil) }))
	b.GetSet("bool Archived", of(func(x *Certificate) val { return types.Bool(x.own != nil && x.own.archived) }), func(c call, a []val) val {
		a[0].Ref().(*Certificate).change(c).archived = a[1].Bool()
		return types.Null
	})
	b.GetSet("string FriendlyName", of(func(x *Certificate) val {
		if x.own == nil {
			return str("")
		}
		return str(x.own.friendly)
	}), func(c call, a []val) val {
		a[0].Ref().(*Certificate).change(c).friendly = a[1].Str()
		return types.Null
	})
	b.Get("AsymmetricAlgorithm PrivateKey", func(c call, a []val) val {
		return a[0].Ref().(*Certificate).rsaPrivate(c.Types.Named(cryptoSpace + "RSACryptoServiceProvider"))
	})
	b.Get("X500DistinguishedName SubjectName", of(func(x *Certificate) val { return types.Ref(&x.shown().subject) }))
	b.Get("X500DistinguishedName IssuerName", of(func(x *Certificate) val { return types.Ref(&x.shown().issuer) }))
	b.Get("Oid SignatureAlgorithm", of(func(x *Certificate) val { return types.Ref(signatureOID(x.Certificate)) }))
	b.Get("PublicKey PublicKey", of(func(x *Certificate) val { return types.Ref(&publicKey{x}) }))
	b.Method("string GetNameInfo(X509NameType nameType, bool forIssuer)", func(_ call, a []val) val {
		return str(nameInfo(a[0].Ref().(*Certificate), a[1].Int(), a[2].Bool()))
	})
	base.Method("string ToString(bool fVerbose)", func(c call, a []val) val {
		if a[1].Bool() {
			return str(a[0].Ref().(*Certificate).verbose(c.Run))
		}
		return str(c.Text(a[0]))
	})
	base.Method("bool Equals(X509Certificate other)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	base.New("(byte[] data)", newCertificate).New("(byte[] rawData, string password)", newCertificate)
	b.Func("X509ContentType GetCertContentType(byte[] rawData)", func(c call, a []val) val {
		kind := uint64(3)
		if _, err := pki.DecodeCertificate(arrayOf(c, a[0], "rawData").Bytes); err == nil {
			kind = 1
		}
		return types.Of(c.Site.Result, kind)
	})
	b.Method("bool Verify()", func(c call, a []val) val { return verify(c, a[0], true) })
	r.Add(distinguishedType).Get("string Name", self(func(d *distinguishedName) val { return str(d.name) }))
	publicKeys(r)
}

// certificateHash is the hash of the whole certificate.
func certificateHash(c call, a []val) []byte {
	_, sum := hashed(c, a[0].Ref().(*Certificate).Raw, a[1], false)
	return sum
}

func newCertificate(c call, a []val) val {
	x := arrayOf(c, a[0], "rawData")
	leaf, err := pki.DecodeCertificate(x.Bytes)
	if err != nil && len(a) > 1 {
		if bundle, failed := pki.Decode(x.Bytes, a[1].Str(), false); failed == nil {
			return types.Ref(ownedCertificate(bundle.Leaf).withKey(bundle.Key))
		}
	}
	if err != nil {
		c.Throw("System.Security.Cryptography.CryptographicException", "Cannot find the requested object.\r\n")
	}
	return types.Ref(ownedCertificate(leaf))
}

// distinguishedName is an X500DistinguishedName, of which Name alone is allowed.
type distinguishedName struct{ name string }

// DotNetType implements types.Object.
func (*distinguishedName) DotNetType() *types.Type { return distinguishedType }

// nameInfo is GetNameInfo.
func nameInfo(x *Certificate, kind int, issuer bool) string {
	name := x.Subject
	if issuer {
		name = x.Issuer
	}
	first := func(list []string) string {
		if len(list) > 0 && !issuer {
			return list[0]
		}
		return ""
	}
	switch kind {
	case 0:
		switch {
		case name.CommonName != "":
			return name.CommonName
		case len(name.OrganizationalUnit) > 0:
			return name.OrganizationalUnit[0]
		case len(name.Organization) > 0:
			return name.Organization[0]
		}
		return first(append(slices.Clone(x.EmailAddresses), x.DNSNames...))
	case 1:
		return first(x.EmailAddresses)
	case 3, 4:
		if s := first(x.DNSNames); s != "" || kind == 4 {
			return s
		}
		return name.CommonName
	case 5:
		if len(x.URIs) > 0 && !issuer {
			return x.URIs[0].String()
		}
	}
	return ""
}

// publicKeyInfo is the SubjectPublicKeyInfo of a certificate.
type publicKeyInfo struct {
	Algorithm struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	PublicKey asn1.BitString
}

func infoOf(x *x509.Certificate) (info publicKeyInfo) {
	_, _ = asn1.Unmarshal(x.RawSubjectPublicKeyInfo, &info) // x509 read it
	return info
}

func publicBits(x *Certificate) []byte { return infoOf(x.Certificate).PublicKey.Bytes }

func keyOID(x *x509.Certificate) string { return infoOf(x).Algorithm.Algorithm.String() }

// signatureOID is the certificate's signature algorithm.
func signatureOID(x *x509.Certificate) *oid {
	var outer struct {
		TBS       asn1.RawValue
		Algorithm struct {
			Algorithm  asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Signature asn1.BitString
	}
	_, _ = asn1.Unmarshal(x.Raw, &outer) // x509 read it
	return newOID(outer.Algorithm.Algorithm.String())
}

// publicKey is a PublicKey.
type publicKey struct{ of *Certificate }

// DotNetType implements types.Object.
func (*publicKey) DotNetType() *types.Type { return publicKeyType }

func publicKeys(r *types.Registry) {
	b := r.Add(publicKeyType)
	b.Get("Oid Oid", self(func(k *publicKey) val { return types.Ref(newOID(keyOID(k.of.Certificate))) }))
	b.Get("AsymmetricAlgorithm Key", func(c call, a []val) val {
		key, ok := a[0].Ref().(*publicKey).of.PublicKey.(*rsa.PublicKey)
		if !ok {
			c.Throw("System.NotSupportedException", "The certificate key algorithm is not supported.")
		}
		return types.Ref(&rsaKey{public: key})
	})
	e := r.StaticClass(x509Space + "RSACertificateExtensions")
	e.Func("RSA GetRSAPublicKey(this X509Certificate2 certificate)", func(c call, a []val) val {
		c.NotNull(a[0], "certificate")
		if key, ok := a[0].Ref().(*Certificate).PublicKey.(*rsa.PublicKey); ok {
			return types.Ref(&rsaKey{public: key})
		}
		return types.Null
	})
	e.Func("RSA GetRSAPrivateKey(this X509Certificate2 certificate)", func(c call, a []val) val {
		c.NotNull(a[0], "certificate")
		return a[0].Ref().(*Certificate).rsaPrivate(c.Types.Named(cryptoSpace + "RSACng"))
	})
	e.Func("X509Certificate2 CopyWithPrivateKey(this X509Certificate2 certificate, RSA privateKey)", func(c call, a []val) val {
		c.NotNull(a[0], "certificate")
		c.NotNull(a[1], "privateKey")
		x, k := a[0].Ref().(*Certificate), a[1].Ref().(*rsaKey)
		k.check(c, true)
		if public, ok := x.PublicKey.(*rsa.PublicKey); !ok || !public.Equal(k.public) {
			c.ThrowArgument("System.ArgumentException", "The provided key does not match the public key for this certificate.", "privateKey")
		}
		return types.Ref(ownedCertificate(x.Certificate).withKey(k.private))
	})
	m := r.StaticClass("Microsoft.Azure.ApiManagement.CertificateExtensions")
	m.Func("bool VerifyNoRevocation(this X509Certificate2 input)", func(c call, a []val) val {
		c.NotNull(a[0], "input")
		return verify(c, a[0], false)
	})
}

// keyBits is the size of a public key.
func keyBits(k any) int {
	switch k := k.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen()
	case *ecdsa.PublicKey:
		return k.Params().BitSize
	}
	return 0
}
