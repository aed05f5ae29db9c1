package policy_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse/internal/policy"
)

// issuer is an OpenID provider that answers as a policy.Sender.
type issuer struct {
	t     *testing.T
	key   *ecdsa.PrivateKey
	id    string
	asked int
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{t: t}
	i.rotate("k1")
	return i
}

func (i *issuer) rotate(id string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.key, i.id = key, id
}

const issuerURL = "https://login.example.com"

func (i *issuer) Send(_ context.Context, m *policy.Message) (*policy.Response, error) {
	i.asked++
	var v any = map[string]string{"issuer": issuerURL, "jwks_uri": issuerURL + "/keys"}
	if m.URL == issuerURL+"/keys" {
		v = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: i.id, Algorithm: "ES256", Use: "sig"}}}
	}
	text, err := json.Marshal(v)
	r := &policy.Response{Status: 200}
	r.Body.Set(string(text))
	return r, err
}

func token(t *testing.T, alg jose.SignatureAlgorithm, key any, id string, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestValidateJWT(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	i := newIssuer(t)
	secret := []byte("0123456789abcdef0123456789abcdef")
	env := &policy.Environment{Now: func() time.Time { return now }}
	env.Keys = policy.NewKeyCache(i, env.Now)
	claims := func(change map[string]any) map[string]any {
		c := map[string]any{"iss": issuerURL, "aud": []string{"api://orders", "x"}, "exp": now.Add(time.Hour).Unix(), "roles": []string{"read", "write"}, "scp": "a b"}
		for k, v := range change {
			if c[k] = v; v == nil {
				delete(c, k)
			}
		}
		return c
	}
	open := `<openid-config url="` + issuerURL + `/.well-known/openid-configuration" />`
	own := `<issuer-signing-keys><key>` + base64.StdEncoding.EncodeToString(secret) + `</key></issuer-signing-keys>`
	good := token(t, jose.ES256, i.key, "k1", claims(nil))
	signed := func(change map[string]any) string { return token(t, jose.ES256, i.key, "k1", claims(change)) }
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"`+issuerURL+`"}`)) + "."
	public, err := json.Marshal(jose.JSONWebKey{Key: i.key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	parts := `<key n="` + base64.RawURLEncoding.EncodeToString(pair.N.Bytes()) + `" e="AQAB" />`
	for _, test := range []struct{ name, attributes, children, header, reason string }{
		{"good", "", open, "Bearer " + good, ""},
		{"without scheme", "", open, good, ""},
		{"scheme asked for", `require-scheme="Bearer"`, open, good, "TokenNotPresent"},
		{"another scheme", `require-scheme="Bearer"`, open, "DPoP " + good, "TokenNotPresent"},
		{"missing", "", open, "", "TokenNotPresent"},
		{"garbage", "", open, "Bearer a.b.c", "JwtInvalid"},
		{"unsigned", "", open, none, "JwtInvalid"},
		{"unsigned, allowed", `require-signed-tokens="false" require-expiration-time="false"`, "", none, ""},
		{"another key", "", open, "Bearer " + token(t, jose.ES256, newIssuer(t).key, "k1", claims(nil)), "TokenSignatureInvalid"},
		{"a key that is not known", "", open, "Bearer " + token(t, jose.ES256, newIssuer(t).key, "k9", claims(nil)), "TokenSignatureKeyNotFound"},
		{"the public key as a secret", "", open, "Bearer " + token(t, jose.HS256, append(public, secret...), "k1", claims(nil)), "TokenSignatureInvalid"},
		{"own secret", "", own + `<issuers><issuer>` + issuerURL + `</issuer></issuers>`, "Bearer " + token(t, jose.HS256, secret, "", claims(nil)), ""},
		{"RSA key in parts", "", `<issuer-signing-keys>` + parts + `</issuer-signing-keys>`, "Bearer " + token(t, jose.RS256, pair, "", claims(nil)), ""},
		{"a key that opens nothing", "", open + `<decryption-keys>` + parts + `</decryption-keys>`, "Bearer " + good, ""},
		{"expired", "", open, "Bearer " + signed(map[string]any{"exp": now.Unix()}), "TokenExpired"},
		{"expired within the skew", `clock-skew="60"`, open, "Bearer " + signed(map[string]any{"exp": now.Add(-time.Minute + time.Second).Unix()}), ""},
		{"without expiry", "", open, "Bearer " + signed(map[string]any{"exp": nil}), "TokenExpired"},
		{"not yet", "", open, "Bearer " + signed(map[string]any{"nbf": now.Add(time.Minute).Unix()}), "JwtInvalid"},
		{"issuer of the configuration", "", open, "Bearer " + signed(map[string]any{"iss": "https://evil.example"}), "TokenIssuerNotAllowed"},
		{"audience", "", open + `<audiences><audience>api://orders</audience></audiences>`, "Bearer " + good, ""},
		{"another audience", "", open + `<audiences><audience>api://other</audience></audiences>`, "Bearer " + good, "TokenAudienceNotAllowed"},
		{"claim, all", "", open + `<required-claims><claim name="roles" match="all"><value>read</value><value>write</value></claim></required-claims>`, "Bearer " + good, ""},
		{"claim, not all", "", open + `<required-claims><claim name="roles" match="all"><value>read</value><value>own</value></claim></required-claims>`, "Bearer " + good, "TokenClaimValueNotAllowed"},
		{"claim, any", "", open + `<required-claims><claim name="roles" match="any"><value>own</value><value>read</value></claim></required-claims>`, "Bearer " + good, ""},
		{"claim with separator", "", open + `<required-claims><claim name="scp" match="any" separator=" "><value>b</value></claim></required-claims>`, "Bearer " + good, ""},
		{"claim missing", "", open + `<required-claims><claim name="tid" /></required-claims>`, "Bearer " + good, "TokenClaimNotFound"},
	} {
		d, diags := policy.Compile(`<policies><inbound><validate-jwt header-name="Authorization" output-token-variable-name="jwt" failed-validation-httpcode="403" `+test.attributes+`>`+test.children+`</validate-jwt></inbound></policies>`, policy.Options{})
		if d == nil {
			t.Fatal(test.name, diags.Text())
		}
		ex := &policy.Exchange{Services: nowhere{}, Env: env}
		ex.Request.Header.Add("Authorization", test.header)
		policy.Link(policy.DefaultGlobal(), d).Run(ex)
		want := 403
		if test.reason == "" {
			want = 200
			if _, ok := ex.Variable("jwt"); !ok {
				t.Errorf("%s: the variable is not set", test.name)
			}
		}
		if ex.LastError.Reason != test.reason || ex.Response.Status != want {
			t.Errorf("%s: %d %q %s", test.name, ex.Response.Status, ex.LastError.Reason, ex.LastError.Message)
		}
	}
	if i.asked != 2 {
		t.Errorf("%d questions for the keys; want 2", i.asked)
	}
	now = now.Add(6 * time.Minute)
	i.rotate("k2")
	d, _ := policy.Compile(`<policies><inbound><validate-jwt header-name="Authorization">`+open+`</validate-jwt></inbound></policies>`, policy.Options{})
	ex := &policy.Exchange{Services: nowhere{}, Env: env}
	ex.Request.Header.Add("Authorization", token(t, jose.ES256, i.key, "k2", claims(nil)))
	if policy.Link(policy.DefaultGlobal(), d).Run(ex); ex.Response.Status != 200 {
		t.Errorf("a new key: %v", ex.LastError)
	}
}

func TestValidateAzureADToken(t *testing.T) {
	i := newIssuer(t)
	env := &policy.Environment{Keys: policy.NewKeyCache(i, nil)}
	d, diags := policy.Compile(`<policies><inbound><validate-azure-ad-token tenant-id="contoso"><client-application-ids><application-id>App-1</application-id></client-application-ids><audiences><audience>api</audience></audiences></validate-azure-ad-token></inbound></policies>`, policy.Options{})
	if d == nil {
		t.Fatal(diags.Text())
	}
	for want, change := range map[string]map[string]any{
		"":                          {"appid": "app-1"},
		"TokenIssuerNotAllowed":     {"appid": "app-1", "iss": "https://sts.windows.net/other/"},
		"TokenClaimValueNotAllowed": {"appid": "app-2"},
	} {
		c := map[string]any{"iss": "https://sts.windows.net/contoso/", "aud": "api", "exp": time.Now().Add(time.Hour).Unix()}
		for k, v := range change {
			c[k] = v
		}
		ex := &policy.Exchange{Services: nowhere{}, Env: env}
		ex.Request.Header.Add("Authorization", "Bearer "+token(t, jose.ES256, i.key, "k1", c))
		if policy.Link(policy.DefaultGlobal(), d).Run(ex); ex.LastError.Reason != want {
			t.Errorf("%v; want %q", ex.LastError, want)
		}
	}
}
