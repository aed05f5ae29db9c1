package pki

import (
	"crypto/x509/pkix"
	"encoding/asn1"
)

// maxIterations bounds the key derivation that an untrusted file may ask for: about
// a second. Exporters use 1 to 600,000.
const maxIterations = 1_000_000

// pfxLayout is what can be seen of a PFX without its password.
type pfxLayout struct {
	encryptions []pkix.AlgorithmIdentifier
}

// The parts of RFC 7292 that lie in the open.
type (
	pfxOuter struct {
		Version  int
		AuthSafe pfxContent
		MacData  pfxMac `asn1:"optional"`
	}
	pfxContent struct {
		ContentType asn1.ObjectIdentifier
		Content     asn1.RawValue `asn1:"tag:0,explicit,optional"`
	}
	pfxMac struct {
		Mac        pfxDigest
		Salt       []byte
		Iterations int `asn1:"optional,default:1"`
	}
	pfxDigest struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	pfxEncrypted struct {
		Version int
		Info    struct {
			ContentType asn1.ObjectIdentifier
			Algorithm   pkix.AlgorithmIdentifier
			Content     asn1.RawValue `asn1:"tag:0,optional"`
		}
	}
	pfxBag struct {
		ID         asn1.ObjectIdentifier
		Value      asn1.RawValue `asn1:"tag:0,explicit"`
		Attributes asn1.RawValue `asn1:"set,optional"`
	}
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbeParams struct {
		Salt       []byte
		Iterations int
	}
	pbes2Params struct {
		KDF        pkix.AlgorithmIdentifier
		Encryption pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       asn1.RawValue
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

const (
	oidData          = "1.2.840.113549.1.7.1"
	oidEncryptedData = "1.2.840.113549.1.7.6"
	oidEnvelopedData = "1.2.840.113549.1.7.3"
	oidSignedData    = "1.2.840.113549.1.7.2"
	oidShroudedBag   = "1.2.840.113549.1.12.10.1.2"
	oidPBES2         = "1.2.840.113549.1.5.13"
	oidPBMAC1        = "1.2.840.113549.1.5.14"
	oidPBKDF2        = "1.2.840.113549.1.5.12"
)

// algorithm is one that a PFX may name. supported says whether it can be read.
type algorithm struct {
	name      string
	supported bool
}

var algorithms = map[string]algorithm{
	"1.2.840.113549.1.12.1.1": {"RC4 with 128 bits (pbeWithSHAAnd128BitRC4)", false},
	"1.2.840.113549.1.12.1.2": {"RC4 with 40 bits (pbeWithSHAAnd40BitRC4)", false},
	"1.2.840.113549.1.12.1.3": {"3DES (pbeWithSHAAnd3-KeyTripleDES-CBC)", true},
	"1.2.840.113549.1.12.1.4": {"two-key 3DES (pbeWithSHAAnd2-KeyTripleDES-CBC)", false},
	"1.2.840.113549.1.12.1.5": {"RC2 with 128 bits (pbeWithSHAAnd128BitRC2-CBC)", true},
	"1.2.840.113549.1.12.1.6": {"RC2 with 40 bits (pbeWithSHAAnd40BitRC2-CBC)", true},
	"1.2.840.113549.1.5.1":    {"DES with MD2 (PBES1)", false},
	"1.2.840.113549.1.5.3":    {"DES with MD5 (PBES1)", false},
	"1.2.840.113549.1.5.10":   {"DES with SHA-1 (PBES1)", false},
	"1.2.840.113549.1.5.11":   {"RC2 with SHA-1 (PBES1)", false},
	oidPBES2:                  {"PBES2", true},
	oidPBMAC1:                 {"PBMAC1", true},
	oidPBKDF2:                 {"PBKDF2", true},
	"1.3.6.1.4.1.11591.4.11":  {"scrypt", false},
	"2.16.840.1.101.3.4.1.2":  {"AES-128-CBC", true},
	"2.16.840.1.101.3.4.1.22": {"AES-192-CBC", true},
	"2.16.840.1.101.3.4.1.42": {"AES-256-CBC", true},
	"2.16.840.1.101.3.4.1.6":  {"AES-128-GCM", false},
	"2.16.840.1.101.3.4.1.46": {"AES-256-GCM", false},
	"1.2.840.113549.3.7":      {"3DES in PBES2", false},
	"1.3.14.3.2.7":            {"DES in PBES2", false},
	"1.2.840.113549.3.2":      {"RC2 in PBES2", false},
	"1.2.840.113549.2.7":      {"HMAC-SHA-1", true},
	"1.2.840.113549.2.9":      {"HMAC-SHA-256", true},
	"1.2.840.113549.2.10":     {"HMAC-SHA-384", false},
	"1.2.840.113549.2.11":     {"HMAC-SHA-512", true},
	"1.3.14.3.2.26":           {"SHA-1", true},
	"2.16.840.1.101.3.4.2.1":  {"SHA-256", true},
	"2.16.840.1.101.3.4.2.2":  {"a MAC with SHA-384", false},
	"2.16.840.1.101.3.4.2.3":  {"SHA-512", true},
	"2.16.840.1.101.3.4.2.4":  {"a MAC with SHA-224", false},
	"1.2.840.113549.2.5":      {"a MAC with MD5", false},
}

// inspectPFX reads what lies in the open, and refuses by name what cannot be decrypted.
// Parts that do not parse are left to the decoder's own errors.
func inspectPFX(data []byte) (*pfxLayout, error) {
	var outer pfxOuter
	if _, err := asn1.Unmarshal(data, &outer); err != nil {
		return nil, fail(NotPFX, err, "this is not a PFX file, or it is damaged: %v", err)
	}
	if outer.Version != 3 {
		return nil, fail(NotPFX, nil, "this is not a PFX of version 3 but of version %d; export it again", outer.Version)
	}
	switch outer.AuthSafe.ContentType.String() {
	case oidData:
	case oidSignedData:
		return nil, fail(UnsupportedEncryption, nil, "the PFX is signed with a key (public-key integrity) instead of a password; export it with a password")
	default:
		return nil, fail(NotPFX, nil, "this is not a PFX file: its content is of type %s", outer.AuthSafe.ContentType)
	}
	layout := &pfxLayout{}
	if err := checkMac(outer.MacData); err != nil {
		return nil, err
	}
	if err := layout.readContents(outer.AuthSafe.Content.Bytes); err != nil {
		return nil, err
	}
	for _, e := range layout.encryptions {
		if err := checkAlgorithm(e); err != nil {
			return nil, err
		}
	}
	return layout, nil
}

func checkMac(mac pfxMac) error {
	if len(mac.Mac.Algorithm.Algorithm) == 0 {
		return nil
	}
	if err := checkIterations(mac.Iterations); err != nil {
		return err
	}
	return checkAlgorithm(mac.Mac.Algorithm)
}

// readContents collects the encryptions of the parts of an authenticated safe.
func (l *pfxLayout) readContents(octets []byte) error {
	var safe []byte
	var contents []pfxContent
	if _, err := asn1.Unmarshal(octets, &safe); err != nil {
		return nil
	}
	if _, err := asn1.Unmarshal(safe, &contents); err != nil {
		return nil
	}
	for _, c := range contents {
		switch c.ContentType.String() {
		case oidEncryptedData:
			var part pfxEncrypted
			if _, err := asn1.Unmarshal(c.Content.Bytes, &part); err == nil {
				l.encryptions = append(l.encryptions, part.Info.Algorithm)
			}
		case oidEnvelopedData:
			return fail(UnsupportedEncryption, nil, "the PFX is encrypted to a public key instead of a password; export it with a password")
		case oidData:
			l.readBags(c.Content.Bytes)
		}
	}
	return nil
}

func (l *pfxLayout) readBags(octets []byte) {
	var inner []byte
	var bags []pfxBag
	if _, err := asn1.Unmarshal(octets, &inner); err != nil {
		return
	}
	if _, err := asn1.Unmarshal(inner, &bags); err != nil {
		return
	}
	for _, bag := range bags {
		var key encryptedKey
		if bag.ID.String() == oidShroudedBag {
			if _, err := asn1.Unmarshal(bag.Value.Bytes, &key); err == nil {
				l.encryptions = append(l.encryptions, key.Algorithm)
			}
		}
	}
}

// checkAlgorithm refuses, by name, an algorithm that cannot be read, or one of its parts.
func checkAlgorithm(a pkix.AlgorithmIdentifier) error {
	oid := a.Algorithm.String()
	known := algorithms[oid]
	if !known.supported {
		name := known.name
		if name == "" {
			name = "the algorithm " + oid
		}
		return fail(UnsupportedEncryption, nil, "the file is protected with %s, which is not supported; export it with AES-256 and SHA-256 (openssl pkcs12 -export does so by default)", name)
	}
	switch oid {
	case oidPBES2, oidPBMAC1:
		return checkPBES2(a)
	case oidPBKDF2:
		return checkPBKDF2(a)
	}
	var params pbeParams
	if _, err := asn1.Unmarshal(a.Parameters.FullBytes, &params); err == nil {
		return checkIterations(params.Iterations)
	}
	return nil
}

func checkPBES2(a pkix.AlgorithmIdentifier) error {
	var params pbes2Params
	if _, err := asn1.Unmarshal(a.Parameters.FullBytes, &params); err != nil {
		return fail(Malformed, err, "the parameters of the encryption are damaged; export the file again")
	}
	if err := checkAlgorithm(params.KDF); err != nil {
		return err
	}
	return checkAlgorithm(params.Encryption)
}

func checkPBKDF2(a pkix.AlgorithmIdentifier) error {
	var params pbkdf2Params
	if _, err := asn1.Unmarshal(a.Parameters.FullBytes, &params); err != nil {
		return fail(Malformed, err, "the parameters of the key derivation are damaged; export the file again")
	}
	if err := checkIterations(params.Iterations); err != nil {
		return err
	}
	if len(params.PRF.Algorithm) == 0 { // RFC 8018 A.2: HMAC-SHA-1
		return nil
	}
	return checkAlgorithm(params.PRF)
}

func checkIterations(n int) error {
	if n < 1 || n > maxIterations {
		return fail(UnsupportedEncryption, nil, "the file asks for %d iterations of its key derivation, at most %d are made; export it again", n, maxIterations)
	}
	return nil
}
