package identity

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse/internal/resourceid"
)

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestFirstStartIsKept(t *testing.T) {
	s, m, c := open(t)
	again, err := Open(t.Context(), m, Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	if s.TenantID() == "" || s.TenantID() != again.TenantID() || s.SubscriptionID() != again.SubscriptionID() || s.User().ObjectID != again.User().ObjectID {
		t.Error("the tenant changed with the second start")
	}
	env, secret, err := s.EnvApplication(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.AuthenticateSecret(t.Context(), env.AppID, secret)
	if err != nil || got.ObjectID != env.ObjectID {
		t.Errorf("env application: %+v, %v", got, err)
	}
	token, _, err := s.IssueToken(t.Context(), s.User(), AudienceManagement)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.VerifyToken(t.Context(), token, AudienceManagement); err != nil {
		t.Errorf("a token of before the restart: %v", err)
	}
}

func TestTokenClaims(t *testing.T) {
	s, _, c := open(t)
	app, _, err := s.CreateApplication(t.Context(), s.Caller(s.User()), "deployer")
	if err != nil {
		t.Fatal(err)
	}
	mi, err := s.EnsureSystemAssigned(t.Context(), resourceid.MustParse("/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/a"), "a")
	if err != nil {
		t.Fatal(err)
	}
	now := c.now().Unix()
	for _, tc := range []struct {
		p    Principal
		want map[string]any
	}{
		{s.User(), map[string]any{"oid": s.User().ObjectID, "sub": s.User().ObjectID, "upn": s.User().UPN, "appid": AzureCLI, "idtyp": "user", "scp": "user_impersonation", "name": s.User().DisplayName}},
		{app, map[string]any{"oid": app.ObjectID, "sub": app.ObjectID, "appid": app.AppID, "idtyp": "app", "upn": nil}},
		{mi, map[string]any{"oid": mi.ObjectID, "appid": mi.AppID, "xms_mirid": mi.ResourceID}},
	} {
		token, expires, err := s.IssueToken(t.Context(), tc.p, "https://vault.azure.net")
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		payload := must[[]byte](t)(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]))
		if err := json.Unmarshal(payload, &got); err != nil {
			t.Fatal(err)
		}
		for k, v := range map[string]any{"aud": "https://vault.azure.net", "iss": "https://sts.windows.net/" + s.TenantID() + "/", "tid": s.TenantID(),
			"ver": "1.0", "iat": float64(now), "nbf": float64(now), "exp": float64(expires.Unix())} {
			tc.want[k] = v
		}
		for k, v := range tc.want {
			if got[k] != v {
				t.Errorf("%s: claim %s = %v, want %v", tc.p.DisplayName, k, got[k], v)
			}
		}
		caller, err := s.VerifyToken(t.Context(), token, "https://vault.azure.net/")
		if err != nil || caller.ObjectID != tc.p.ObjectID || caller.Type != tc.p.Type || caller.Issuer != s.Issuer() || caller.TrustedService {
			t.Errorf("%s: caller %+v, %v", tc.p.DisplayName, caller, err)
		}
	}
}

func TestVerifyTokenRefuses(t *testing.T) {
	s, _, c := open(t)
	other, _, _ := open(t)
	issue := func(s *Service, audience string) string {
		token, _, err := s.IssueToken(t.Context(), s.User(), audience)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := issue(s, AudienceVault)
	parts := strings.Split(good, ".")
	forged := func(change func(map[string]any)) string {
		var claims map[string]any
		if err := json.Unmarshal(must[[]byte](t)(base64.RawURLEncoding.DecodeString(parts[1])), &claims); err != nil {
			t.Fatal(err)
		}
		change(claims)
		b, _ := json.Marshal(claims)
		return parts[0] + "." + base64.RawURLEncoding.EncodeToString(b) + "." + parts[2]
	}
	assertion := must[string](t)(s.SignAssertion(t.Context(), "https://vstoken.dev.azure.com/x", "sc://x", AudienceVault, time.Hour))
	refresh := must[string](t)(s.IssueRefreshToken(t.Context(), s.User()))
	idToken := must[string](t)(s.IssueIDToken(t.Context(), s.User(), "https://login.microsoftonline.com/t/v2.0", AudienceVault, ""))
	for _, tc := range []struct {
		name, token string
		want        error
	}{
		{"empty", "", ErrMalformed},
		{"noise", "a.b.c", ErrMalformed},
		{"too long", strings.Repeat("a", maxToken+1), ErrMalformed},
		{"no algorithm", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", ErrMalformed},
		{"another tenant's", issue(other, AudienceVault), ErrIssuer},
		{"another audience", issue(s, AudienceGraph), ErrAudience},
		{"changed subject", forged(func(m map[string]any) { m["oid"] = "x" }), ErrSignature},
		{"changed issuer", forged(func(m map[string]any) { m["iss"] = "x" }), ErrIssuer},
		{"an assertion", assertion, ErrIssuer},
		{"an ID token", idToken, ErrIssuer},
		{"a refresh token", refresh, ErrAudience},
	} {
		if _, err := s.VerifyToken(t.Context(), tc.token, AudienceVault); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, err := s.VerifyToken(t.Context(), good, AudienceVault); err != nil {
		t.Fatal(err)
	}
	c.move(2 * time.Hour)
	if _, err := s.VerifyToken(t.Context(), good, AudienceVault); !errors.Is(err, ErrExpired) {
		t.Errorf("a cached token after its end: %v", err)
	}
	if _, err := s.SignAssertion(t.Context(), s.Issuer(), "x", AudienceVault, time.Hour); !errors.Is(err, ErrIssuer) {
		t.Errorf("an assertion as our own tenant: %v", err)
	}
	if _, _, err := s.IssueToken(t.Context(), s.ManagedIdentity(), refreshAudience); !errors.Is(err, ErrAudience) {
		t.Errorf("an access token that looks like a refresh token: %v", err)
	}
}

func TestSecrets(t *testing.T) {
	s, m, c := open(t)
	me := s.Caller(s.User())
	app, secret, err := s.CreateApplication(t.Context(), me, "deployer")
	if err != nil {
		t.Fatal(err)
	}
	for k, r := range m.records {
		if bytes.Contains(r.Value, []byte(secret)) {
			t.Errorf("%s holds the secret in plain text", k)
		}
	}
	if _, err := s.AuthenticateSecret(t.Context(), app.AppID, secret); err != nil {
		t.Error(err)
	}
	if _, err := s.AuthenticateSecret(t.Context(), app.AppID, secret+"x"); !errors.Is(err, ErrBadSecret) {
		t.Errorf("wrong secret: %v", err)
	}
	if _, err := s.AuthenticateSecret(t.Context(), "00000000-0000-0000-0000-000000000000", secret); !errors.Is(err, ErrUnknownPrincipal) {
		t.Errorf("unknown application: %v", err)
	}
	info, second, err := s.AddSecret(t.Context(), me, app.AppID, "second", time.Time{})
	if err != nil || !strings.HasPrefix(second, info.Hint) {
		t.Fatal(info, err)
	}
	if err := s.RemoveSecret(t.Context(), me, app.AppID, info.KeyID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AuthenticateSecret(t.Context(), app.AppID, second); !errors.Is(err, ErrBadSecret) {
		t.Errorf("removed secret: %v", err)
	}
	c.move(366 * 24 * time.Hour)
	if _, err := s.AuthenticateSecret(t.Context(), app.AppID, secret); !errors.Is(err, ErrSecretExpired) {
		t.Errorf("old secret: %v", err)
	}
}

func TestWhoMayChangeApplications(t *testing.T) {
	s, _, _ := open(t)
	app, _, err := s.CreateApplication(t.Context(), s.Caller(s.User()), "deployer")
	if err != nil {
		t.Fatal(err)
	}
	stranger := s.Caller(s.ManagedIdentity())
	if _, _, err := s.CreateApplication(t.Context(), stranger, "x"); !errors.Is(err, ErrForbidden) {
		t.Errorf("create: %v", err)
	}
	if _, _, err := s.AddSecret(t.Context(), stranger, app.AppID, "x", time.Time{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("add a secret: %v", err)
	}
	if err := s.AddFederatedCredential(t.Context(), Caller{}, app.AppID, FederatedCredential{Issuer: "i", Subject: "s"}); !errors.Is(err, ErrForbidden) {
		t.Errorf("federate as nobody: %v", err)
	}
	if err := s.Delete(t.Context(), stranger, app.ObjectID); !errors.Is(err, ErrForbidden) {
		t.Errorf("delete: %v", err)
	}
	if err := s.Delete(t.Context(), s.Caller(s.User()), s.User().ObjectID); !errors.Is(err, ErrInUse) {
		t.Errorf("delete the user: %v", err)
	}
	if _, _, err := s.AddSecret(t.Context(), s.Caller(app), app.AppID, "own", time.Time{}); err != nil {
		t.Errorf("the application itself: %v", err)
	}
	if err := s.Delete(t.Context(), s.Caller(s.User()), app.ObjectID); err != nil {
		t.Error(err)
	}
	if _, err := s.PrincipalByAppID(t.Context(), app.AppID); !errors.Is(err, ErrUnknownPrincipal) {
		t.Errorf("after the deletion: %v", err)
	}
}

func TestCertificateAssertion(t *testing.T) {
	s, _, c := open(t)
	const endpoint = "https://login.microsoftonline.com/t/oauth2/v2.0/token"
	k := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	cert := selfSigned(t, c.now(), k)
	app, _, err := s.CreateApplication(t.Context(), s.Caller(s.User()), "deployer")
	if err != nil {
		t.Fatal(err)
	}
	assertion := func(k *rsa.PrivateKey, change func(map[string]any)) string {
		sum := sha1.Sum(cert.Raw)
		claims := map[string]any{"iss": app.AppID, "sub": app.AppID, "aud": endpoint, "exp": float64(c.now().Add(time.Minute).Unix()) + 0.5, "nbf": float64(c.now().Unix()) + 0.5}
		change(claims)
		b, _ := json.Marshal(claims)
		signer := must[jose.Signer](t)(jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: k}, (&jose.SignerOptions{}).WithHeader("x5t", base64.URLEncoding.EncodeToString(sum[:]))))
		return must[string](t)(must[*jose.JSONWebSignature](t)(signer.Sign(b)).CompactSerialize())
	}
	asIs := func(map[string]any) {}
	if _, err := s.AuthenticateAssertion(t.Context(), app.AppID, assertion(k, asIs), []string{endpoint}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("before the certificate was added: %v", err)
	}
	if err := s.AddCertificate(t.Context(), s.Caller(s.User()), app.AppID, cert); err != nil {
		t.Fatal(err)
	}
	other := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	for _, tc := range []struct {
		name, text string
		want       error
	}{
		{"good", assertion(k, asIs), nil},
		{"another key", assertion(other, asIs), ErrBadAssertion},
		{"another endpoint", assertion(k, func(m map[string]any) { m["aud"] = "https://login.example.com" }), ErrBadAssertion},
		{"another subject", assertion(k, func(m map[string]any) { m["sub"] = "x" }), ErrBadAssertion},
		{"expired", assertion(k, func(m map[string]any) { m["exp"] = c.now().Add(-time.Hour).Unix() }), ErrBadAssertion},
		{"without end", assertion(k, func(m map[string]any) { delete(m, "exp") }), ErrBadAssertion},
		{"noise", "x", ErrBadAssertion},
	} {
		if _, err := s.AuthenticateAssertion(t.Context(), app.AppID, tc.text, []string{endpoint}); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}

func selfSigned(t *testing.T, now time.Time, k *rsa.PrivateKey) *x509.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "deployer"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k))
	return must[*x509.Certificate](t)(x509.ParseCertificate(der))
}

func TestFederatedAssertion(t *testing.T) {
	s, _, c := open(t)
	app, _, err := s.CreateApplication(t.Context(), s.Caller(s.User()), "deployer")
	if err != nil {
		t.Fatal(err)
	}
	const issuer, subject = "https://vstoken.dev.azure.com/org", "sc://org/project/connection"
	sign := func(issuer, subject, audience string) string {
		return must[string](t)(s.SignAssertion(t.Context(), issuer, subject, audience, time.Minute))
	}
	if err := s.AddFederatedCredential(t.Context(), s.Caller(s.User()), app.AppID, FederatedCredential{Issuer: issuer, Subject: subject}); err != nil {
		t.Fatal(err)
	}
	foreign := func() string { // right claims, signed by somebody else
		other, _, _ := open(t)
		return must[string](t)(other.SignAssertion(t.Context(), issuer, subject, AudienceTokenExchange, time.Minute))
	}()
	good := sign(issuer, subject, AudienceTokenExchange)
	for _, tc := range []struct {
		name, text string
		want       error
	}{
		{"good", good, nil},
		{"another subject", sign(issuer, subject+"x", AudienceTokenExchange), ErrNotFederated},
		{"another issuer", sign(issuer+"x", subject, AudienceTokenExchange), ErrNotFederated},
		{"another audience", sign(issuer, subject, AudienceVault), ErrNotFederated},
		{"foreign key", foreign, ErrBadAssertion},
	} {
		if _, err := s.AuthenticateAssertion(t.Context(), app.AppID, tc.text, nil); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	c.move(time.Hour)
	if _, err := s.AuthenticateAssertion(t.Context(), app.AppID, good, nil); !errors.Is(err, ErrBadAssertion) {
		t.Errorf("expired: %v", err)
	}
}

func TestSystemAssigned(t *testing.T) {
	s, _, _ := open(t)
	id := resourceid.MustParse("/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/a")
	one := must[Principal](t)(s.EnsureSystemAssigned(t.Context(), id, "a"))
	two := must[Principal](t)(s.EnsureSystemAssigned(t.Context(), resourceid.MustParse(strings.ToUpper(id.String())), "a"))
	if one.ObjectID != two.ObjectID || one.Kind != KindManagedIdentity || one.AppID == "" {
		t.Errorf("%+v and %+v", one, two)
	}
	for range 2 {
		if err := s.DeleteSystemAssigned(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if again := must[Principal](t)(s.EnsureSystemAssigned(t.Context(), id, "a")); again.ObjectID == one.ObjectID {
		t.Error("an identity that was deleted came back")
	}
}

func TestRefreshToken(t *testing.T) {
	s, _, _ := open(t)
	refresh := must[string](t)(s.IssueRefreshToken(t.Context(), s.User()))
	if p, err := s.RedeemRefreshToken(t.Context(), refresh); err != nil || p.ObjectID != s.User().ObjectID {
		t.Errorf("%+v, %v", p, err)
	}
	access, _, _ := s.IssueToken(t.Context(), s.User(), AudienceManagement)
	if _, err := s.RedeemRefreshToken(t.Context(), access); !errors.Is(err, ErrAudience) {
		t.Errorf("an access token as refresh token: %v", err)
	}
}

func TestTokenCacheIsBounded(t *testing.T) {
	var c tokenCache
	for i := range 5 * tokensPerGeneration {
		c.put(string(rune(i))+"x", claims{Subject: "s"})
		c.put("kept", claims{Subject: "k"})
	}
	if n := len(c.young) + len(c.old); n > 2*tokensPerGeneration {
		t.Errorf("%d tokens kept", n)
	}
	if got, ok := c.get("kept"); !ok || got.Subject != "k" {
		t.Error("a token in use was forgotten")
	}
}

func FuzzVerifyToken(f *testing.F) {
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJSUzI1NiJ9.e30.AA")
	s := &Service{keys: signingKeys{ready: make(chan struct{}), err: ErrSignature}, now: time.Now}
	close(s.keys.ready)
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := s.VerifyToken(t.Context(), token, AudienceVault); err == nil {
			t.Errorf("accepted %q", token)
		}
	})
}
