package policy

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Jwt is a token that validate-jwt has accepted: what the variable of
// output-token-variable-name holds.
type Jwt struct {
	Raw       string
	Algorithm string
	ID        string
	Type      string
	Issuer    string
	Subject   string
	Audiences []string
	Expires   *time.Time
	NotBefore *time.Time
	Claims    []Claim // in the order of their names
}

// Claim is one claim with all of its values as text.
type Claim struct {
	Name   string
	Values []string
}

// Claim is the values of a claim.
func (j *Jwt) Claim(name string) ([]string, bool) {
	for _, c := range j.Claims {
		if c.Name == name {
			return c.Values, true
		}
	}
	return nil, false
}

// tokenError is why a token is not accepted; the reasons are those of API Management's
// predefined errors.
type tokenError struct{ reason, message string }

func (e *tokenError) Error() string { return e.message }

func badToken(reason, message string) error { return &tokenError{reason, message} }

// The algorithms that validate-jwt takes.
var (
	signatureAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.HS256, jose.HS384, jose.HS512}
	keyAlgorithms     = []jose.KeyAlgorithm{jose.RSA_OAEP, jose.RSA_OAEP_256, jose.DIRECT, jose.A128KW, jose.A192KW, jose.A256KW}
	contentAlgorithms = []jose.ContentEncryption{jose.A128CBC_HS256, jose.A192CBC_HS384, jose.A256CBC_HS512, jose.A128GCM, jose.A256GCM}
)

// keySource is where keys for signatures come from.
type keySource struct {
	own        []signingKey
	configured []string // URLs of OpenID configurations
}

const maxToken = 64 << 10

// verifyToken checks the signature and returns the claims. issuers are those of the
// configurations.
func (s *keySource) verifyToken(ctx context.Context, cache *KeyCache, token string, decryption []any, signed bool) (j *Jwt, issuers []string, err error) {
	if len(token) > maxToken {
		return nil, nil, badToken("JwtInvalid", "The token is too long.")
	}
	if strings.Count(token, ".") == 4 {
		if token, err = decrypt(token, decryption); err != nil {
			return nil, nil, err
		}
	}
	if !signed {
		if j, ok := unsigned(token); ok {
			return j, nil, nil
		}
	}
	sig, err := jose.ParseSignedCompact(token, signatureAlgorithms)
	if err != nil {
		return nil, nil, badToken("JwtInvalid", "The token can't be read, or its algorithm is not supported.")
	}
	header := sig.Signatures[0].Header
	payload, issuers, err := s.payload(ctx, cache, sig)
	if err != nil {
		return nil, nil, err
	}
	j, err = readClaims(payload)
	if err != nil {
		return nil, nil, err
	}
	j.Raw, j.Algorithm = token, header.Algorithm
	if t, ok := header.ExtraHeaders[jose.HeaderType].(string); ok {
		j.Type = t
	}
	return j, issuers, nil
}

// payload is the content once a key has been found whose signature holds.
func (s *keySource) payload(ctx context.Context, cache *KeyCache, sig *jose.JSONWebSignature) (payload []byte, issuers []string, err error) {
	id := sig.Signatures[0].Header.KeyID
	fits := false
	try := func(keyID string, key any) bool {
		if id != "" && keyID != "" && id != keyID {
			return false
		}
		fits = true
		payload, err = sig.Verify(key)
		return err == nil
	}
	for _, k := range s.own {
		if try(k.id, k.key) {
			return payload, nil, nil
		}
	}
	for _, missing := range []bool{false, true} {
		issuers = issuers[:0]
		for _, address := range s.configured {
			if cache == nil {
				return nil, nil, missingKeys(errors.New("the gateway keeps no keys"))
			}
			found, err := cache.get(ctx, address, missing)
			if err != nil {
				return nil, nil, missingKeys(err)
			}
			issuers = append(issuers, found.issuer)
			for _, k := range found.keys {
				if try(k.KeyID, k.Key) {
					return payload, issuers, nil
				}
			}
		}
		if fits || len(s.configured) == 0 {
			break
		}
	}
	if !fits {
		return nil, nil, badToken("TokenSignatureKeyNotFound", "IDX10501: Signature validation failed. Unable to match keys. Access denied.")
	}
	return nil, nil, badToken("TokenSignatureInvalid", "IDX10511: Signature validation failed. Access denied.")
}

// missingKeys is an error of the gateway, not of the token.
func missingKeys(err error) error {
	return &Error{Reason: "OpenIdConfigurationUnavailable", Message: "The OpenID configuration could not be read.", Cause: err}
}

func decrypt(token string, keys []any) (string, error) {
	e, err := jose.ParseEncryptedCompact(token, keyAlgorithms, contentAlgorithms)
	if err == nil {
		for _, k := range keys {
			if plain, err := e.Decrypt(k); err == nil {
				return string(plain), nil
			}
		}
	}
	return "", badToken("JwtInvalid", "The token can't be decrypted.")
}

// unsigned reads a token whose algorithm is none.
func unsigned(token string) (*Jwt, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[2] != "" {
		return nil, false
	}
	head, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return nil, false
	}
	var h struct {
		Algorithm string `json:"alg"`
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(head, &h) != nil || h.Algorithm != "none" {
		return nil, false
	}
	j, err := readClaims(body)
	if err != nil {
		return nil, false
	}
	j.Raw, j.Algorithm = token, h.Algorithm
	return j, true
}

func readClaims(payload []byte) (*Jwt, error) {
	v, err := parseJSON(string(payload))
	o, ok := v.(object)
	if err != nil || !ok {
		return nil, badToken("JwtInvalid", "The token's content is not a JSON object.")
	}
	j := &Jwt{}
	for _, m := range o {
		c := Claim{Name: m.name, Values: claimValues(m.value)}
		j.Claims = append(j.Claims, c)
		first := ""
		if len(c.Values) > 0 {
			first = c.Values[0]
		}
		switch m.name {
		case "iss":
			j.Issuer = first
		case "sub":
			j.Subject = first
		case "jti":
			j.ID = first
		case "aud":
			j.Audiences = c.Values
		case "exp":
			j.Expires, err = claimTime(m.value)
		case "nbf":
			j.NotBefore, err = claimTime(m.value)
		}
		if err != nil {
			return nil, err
		}
	}
	return j, nil
}

func claimValues(v any) []string {
	list, ok := v.([]any)
	if !ok {
		return []string{scalar(v)}
	}
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = scalar(x)
	}
	return out
}

func claimTime(v any) (*time.Time, error) {
	n, ok := v.(json.Number)
	f, err := n.Float64()
	if !ok || err != nil || math.Abs(f) > 1<<40 {
		return nil, badToken("JwtInvalid", "The token's lifetime can't be read.")
	}
	t := time.Unix(int64(f), 0).UTC()
	return &t, nil
}

// checkTimes looks at exp and nbf.
func (j *Jwt) checkTimes(now time.Time, skew time.Duration, needsExpiry bool) error {
	switch {
	case j.Expires == nil && needsExpiry:
		return badToken("TokenExpired", "IDX10225: Lifetime validation failed. The token is missing an Expiration Time. Access denied.")
	case j.Expires != nil && !now.Before(j.Expires.Add(skew)):
		return badToken("TokenExpired", "IDX10223: Lifetime validation failed. The token is expired. Access denied.")
	case j.NotBefore != nil && now.Before(j.NotBefore.Add(-skew)):
		return badToken("JwtInvalid", "IDX10222: Lifetime validation failed. The token is not yet valid. Access denied.")
	}
	return nil
}
