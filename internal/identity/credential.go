package identity

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // x5t is SHA-1 by RFC 7515 section 4.1.7
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"gatehouse/internal/store"
)

// Errors of signing in, wrapped with what was wrong. loginapi maps them to AADSTS numbers.
var (
	ErrBadSecret          = errors.New("identity: the client secret is wrong")
	ErrSecretExpired      = errors.New("identity: the client secret has expired")
	ErrBadAssertion       = errors.New("identity: the client assertion is not valid")
	ErrUnknownKey         = errors.New("identity: the client assertion is signed by a certificate that the application does not have")
	ErrNotFederated       = errors.New("identity: no federated credential of the application matches the assertion")
	ErrNoServicePrincipal = errors.New("identity: the application has no service principal in the tenant")
)

// maxAssertion bounds what is parsed before anything is verified.
const maxAssertion = 16 << 10

func decodePrincipal(r store.Record) (Principal, error) {
	var p principalRecord
	if err := json.Unmarshal(r.Value, &p); err != nil {
		return Principal{}, fmt.Errorf("identity: read %s: %w", r.Key, err)
	}
	return p.Principal, nil
}

func (p *principalRecord) addSecret(name string, start, end time.Time) string {
	text, salt := randomText(40), make([]byte, 16)
	rand.Read(salt) // never fails (crypto/rand)
	info := SecretInfo{KeyID: uuid.NewString(), DisplayName: name, Hint: text[:3], Start: start, End: end}
	p.Secrets = append(p.Secrets, info)
	if p.Hashes == nil {
		p.Hashes = map[string]secretHash{}
	}
	p.Hashes[info.KeyID] = secretHash{Salt: salt, Sum: hashSecret(salt, text)}
	return text
}

func hashSecret(salt []byte, text string) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// AddSecret gives the application another secret, valid from now until end (zero: a year).
func (s *Service) AddSecret(ctx context.Context, caller Caller, appID, name string, end time.Time) (SecretInfo, string, error) {
	now := s.now().UTC()
	if end.IsZero() {
		end = now.AddDate(1, 0, 0)
	}
	var text string
	p, err := s.manage(ctx, caller, appID, func(p *principalRecord) error { text = p.addSecret(name, now, end); return nil })
	if err != nil {
		return SecretInfo{}, "", err
	}
	return p.Secrets[len(p.Secrets)-1], text, nil
}

// RemoveSecret takes a secret away; one that is not there is no error.
func (s *Service) RemoveSecret(ctx context.Context, caller Caller, appID, keyID string) error {
	_, err := s.manage(ctx, caller, appID, func(p *principalRecord) error {
		delete(p.Hashes, keyID)
		kept := p.Secrets[:0]
		for _, info := range p.Secrets {
			if info.KeyID != keyID {
				kept = append(kept, info)
			}
		}
		p.Secrets = kept
		return nil
	})
	return err
}

// AddCertificate lets the application sign in with assertions signed by c's key.
func (s *Service) AddCertificate(ctx context.Context, caller Caller, appID string, c *x509.Certificate) error {
	sum := sha1.Sum(c.Raw) //nolint:gosec // x5t
	info := CertificateInfo{KeyID: uuid.NewString(), X5T: base64.RawURLEncoding.EncodeToString(sum[:]), DER: c.Raw, Start: c.NotBefore, End: c.NotAfter}
	_, err := s.manage(ctx, caller, appID, func(p *principalRecord) error {
		for _, old := range p.Certificates {
			if bytes.Equal(old.DER, c.Raw) {
				return nil
			}
		}
		p.Certificates = append(p.Certificates, info)
		return nil
	})
	return err
}

// AuthenticateSecret returns the application appID when secret is one of its own. All
// of its secrets are compared, each in constant time.
func (s *Service) AuthenticateSecret(ctx context.Context, appID, secret string) (Principal, error) {
	p, err := s.record(ctx, appID)
	if err != nil {
		return Principal{}, err
	}
	result := ErrBadSecret
	for _, info := range p.Secrets {
		h := p.Hashes[info.KeyID]
		if subtle.ConstantTimeCompare(h.Sum, hashSecret(h.Salt, secret)) != 1 {
			continue
		}
		if result = nil; s.now().After(info.End) {
			result = fmt.Errorf("%w: key %s ended %s", ErrSecretExpired, info.KeyID, info.End.Format(time.RFC3339))
		}
	}
	if result != nil {
		return Principal{}, result
	}
	return p.signsIn()
}

func (p principalRecord) signsIn() (Principal, error) {
	if !p.Registered {
		return Principal{}, fmt.Errorf("%w: %s", ErrNoServicePrincipal, p.AppID)
	}
	return p.Principal, nil
}

func (s *Service) record(ctx context.Context, appID string) (principalRecord, error) {
	p, err := s.PrincipalByAppID(ctx, appID)
	if err != nil {
		return principalRecord{}, err
	}
	var full principalRecord
	_, err = s.get(ctx, prefixPrinc+key(p.ObjectID), &full)
	return full, err
}

// assertionClaims are what RFC 7523 section 3 asks for. Microsoft's libraries send times
// as floating point numbers.
type assertionClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	Expires   float64  `json:"exp"`
	NotBefore float64  `json:"nbf"`
}

// audience is one string or several (RFC 7519 section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(a))
	}
	var one string
	err := json.Unmarshal(b, &one)
	*a = audience{one}
	return err
}

func (a audience) has(want string) bool {
	for _, got := range a {
		if SameAudience(got, want) {
			return true
		}
	}
	return false
}

// AuthenticateAssertion returns the application appID when the assertion is signed by
// one of its certificates for one of the token endpoints, or is a token of an issuer
// that it trusts. Of issuers, this tenant and the services of this program are known.
func (s *Service) AuthenticateAssertion(ctx context.Context, appID, assertion string, endpoints []string) (Principal, error) {
	if len(assertion) > maxAssertion {
		return Principal{}, fmt.Errorf("%w: longer than %d bytes", ErrBadAssertion, maxAssertion)
	}
	p, err := s.record(ctx, appID)
	if err != nil {
		return Principal{}, err
	}
	jws, err := jose.ParseSignedCompact(assertion, []jose.SignatureAlgorithm{jose.RS256, jose.PS256})
	if err != nil {
		return Principal{}, fmt.Errorf("%w: %w", ErrBadAssertion, err)
	}
	var c assertionClaims
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &c); err != nil {
		return Principal{}, fmt.Errorf("%w: its claims: %w", ErrBadAssertion, err)
	}
	if strings.EqualFold(c.Issuer, appID) {
		err = s.checkCertificate(p, jws, c, endpoints)
	} else {
		err = s.checkFederated(p, jws, c)
	}
	if err == nil {
		err = s.checkTimes(c.NotBefore, c.Expires)
	}
	if err != nil {
		return Principal{}, err
	}
	return p.signsIn()
}

func (s *Service) checkCertificate(p principalRecord, jws *jose.JSONWebSignature, c assertionClaims, endpoints []string) error {
	header := jws.Signatures[0].Protected
	x5t, _ := header.ExtraHeaders["x5t"].(string)
	x5t256, _ := header.ExtraHeaders["x5t#S256"].(string)
	cert := p.certificate(strings.TrimRight(x5t, "="), strings.TrimRight(x5t256, "="))
	if cert == nil {
		return fmt.Errorf("%w: x5t %q", ErrUnknownKey, x5t+x5t256)
	}
	if now := s.now(); now.After(cert.NotAfter) || now.Before(cert.NotBefore) {
		return fmt.Errorf("%w: the certificate is valid from %s to %s", ErrBadAssertion, cert.NotBefore.Format(time.RFC3339), cert.NotAfter.Format(time.RFC3339))
	}
	if _, err := jws.Verify(cert.PublicKey); err != nil {
		return fmt.Errorf("%w: the signature does not verify", ErrBadAssertion)
	}
	if !strings.EqualFold(c.Subject, p.AppID) {
		return fmt.Errorf("%w: sub must be the client ID", ErrBadAssertion)
	}
	for _, e := range endpoints {
		if c.Audience.has(e) {
			return nil
		}
	}
	return fmt.Errorf("%w: aud %q is not this token endpoint", ErrBadAssertion, strings.Join(c.Audience, " "))
}

func (p principalRecord) certificate(x5t, x5t256 string) *x509.Certificate {
	for _, info := range p.Certificates {
		sum := sha256.Sum256(info.DER)
		if x5t != "" && x5t == info.X5T || x5t256 != "" && x5t256 == base64.RawURLEncoding.EncodeToString(sum[:]) {
			cert, err := x509.ParseCertificate(info.DER)
			if err == nil {
				return cert
			}
		}
	}
	return nil
}

func (s *Service) checkFederated(p principalRecord, jws *jose.JSONWebSignature, c assertionClaims) error {
	matched := false
	for _, f := range p.Federated {
		matched = matched || f.Issuer == c.Issuer && f.Subject == c.Subject && c.Audience.has(f.Audience)
	}
	if !matched {
		return fmt.Errorf("%w: issuer %q, subject %q, audience %q", ErrNotFederated, c.Issuer, c.Subject, strings.Join(c.Audience, " "))
	}
	public, err := s.publicKey(jws.Signatures[0].Protected.KeyID)
	if err != nil {
		return fmt.Errorf("%w: issuer %q signs with a key that is not this program's", ErrBadAssertion, c.Issuer)
	}
	if _, err := jws.Verify(public); err != nil {
		return fmt.Errorf("%w: the signature does not verify", ErrBadAssertion)
	}
	return nil
}

// skew is how far clocks may differ, as Entra allows.
const skew = 5 * time.Minute

func (s *Service) checkTimes(notBefore, expires float64) error {
	now := s.now()
	if expires == 0 || now.After(time.Unix(int64(expires), 0).Add(skew)) {
		return fmt.Errorf("%w: it expired at %s", ErrBadAssertion, time.Unix(int64(expires), 0).UTC().Format(time.RFC3339))
	}
	if notBefore != 0 && now.Add(skew).Before(time.Unix(int64(notBefore), 0)) {
		return fmt.Errorf("%w: it is not valid before %s", ErrBadAssertion, time.Unix(int64(notBefore), 0).UTC().Format(time.RFC3339))
	}
	return nil
}
