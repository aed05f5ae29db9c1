package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"gatehouse/internal/snapshot"
)

// withInbound is a service of one API with a policy in inbound, and the certificate of the bench.
func (b *bench) withInbound(inner string) *snapshot.Service {
	return b.withPolicy(inboundPolicy(inner))
}

func (b *bench) withPolicy(text string) *snapshot.Service {
	cert := b.ca.issue(b.t, "Contoso Client v1")
	return &snapshot.Service{SKU: snapshot.SKUDeveloper, Certificates: map[string]*snapshot.Certificate{"client-cert": {ID: "client-cert", TLS: cert, Raw: cert.Leaf.Raw, Thumbprint: "AB"}},
		APIs: []*snapshot.API{{ID: "a", Path: "a", Policy: snapshot.Policy{Text: text, Format: "rawxml"}, Operations: []*snapshot.Operation{
			{ID: "get", Method: "GET", URLTemplate: "/*"}, {ID: "put", Method: "PUT", URLTemplate: "/*"}}}}}
}

// ask sends a request and returns the answer with its body.
func ask(t testing.TB, c *http.Client, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, "https://"+clientHost+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// TestPreflight: a preflight request needs no subscription key and finds the operation that it asks
// about; one that is not allowed is answered empty, by terminate-unmatched-request or because no
// other cors policy takes it. https://learn.microsoft.com/azure/api-management/cors-policy
func TestPreflight(t *testing.T) {
	b := newBench(t, echo)
	cors := func(attributes string) *snapshot.Service {
		s := b.withInbound(`<cors ` + attributes + ` allow-credentials="true"><allowed-origins><origin>https://app.example.com:443</origin></allowed-origins>` +
			`<allowed-methods preflight-result-max-age="300"><method>PUT</method></allowed-methods><allowed-headers><header>X-Own</header></allowed-headers><expose-headers><header>X-Shown</header></expose-headers></cors>` +
			`<return-response><set-body>reached</set-body></return-response>`)
		s.APIs[0].SubscriptionRequired = true
		s.Subscriptions = []*snapshot.Subscription{{ID: "s", PrimaryKey: "key", State: "active"}}
		return s
	}
	for _, attributes := range []string{"", `terminate-unmatched-request="true"`, `terminate-unmatched-request="false"`} {
		b.apply(cors(attributes))
		for _, e := range engines {
			c := b.client(e, nil)
			resp, body := ask(t, c, "OPTIONS", "/a/x", "Origin", "https://app.example.com", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-own")
			h := resp.Header
			if resp.StatusCode != 200 || body != "" || h.Get("Access-Control-Allow-Origin") != "https://app.example.com" || h.Get("Access-Control-Allow-Methods") != "PUT" ||
				h.Get("Access-Control-Allow-Headers") != "x-own" || h.Get("Access-Control-Max-Age") != "300" || h.Get("Access-Control-Allow-Credentials") != "true" {
				t.Errorf("%s %s: %d %q %v", e.name, attributes, resp.StatusCode, body, h)
			}
			for _, other := range [][]string{{"https://evil.example", "PUT"}, {"https://app.example.com", "DELETE"}} {
				resp, body = ask(t, c, "OPTIONS", "/a/x", "Origin", other[0], "Access-Control-Request-Method", other[1])
				if resp.StatusCode != 200 && resp.StatusCode != 404 || body == "reached" || resp.Header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s %s %v: %d %q %v", e.name, attributes, other, resp.StatusCode, body, resp.Header)
				}
			}
			if resp, _ = ask(t, c, "PUT", "/a/x", "Origin", "https://app.example.com"); resp.StatusCode != 401 {
				t.Errorf("%s %s: without a key %d", e.name, attributes, resp.StatusCode)
			}
			resp, body = ask(t, c, "PUT", "/a/x", "Origin", "https://app.example.com", "Ocp-Apim-Subscription-Key", "key")
			if body != "reached" || resp.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" || resp.Header.Get("Access-Control-Expose-Headers") != "X-Shown" {
				t.Errorf("%s %s: %d %q %v", e.name, attributes, resp.StatusCode, body, resp.Header)
			}
			resp, body = ask(t, c, "GET", "/a/x", "Origin", "https://evil.example", "Ocp-Apim-Subscription-Key", "key")
			if want := map[bool]string{true: "reached"}[strings.Contains(attributes, "false")]; resp.StatusCode != 200 || body != want || resp.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s: another origin %d %q; want %q", e.name, attributes, resp.StatusCode, body, want)
			}
		}
	}
}

// TestOwnPreflight: an operation of the method OPTIONS answers preflight requests itself.
func TestOwnPreflight(t *testing.T) {
	b := newBench(t, echo)
	s := b.withInbound(`<cors><allowed-origins><origin>*</origin></allowed-origins></cors>`)
	s.APIs[0].Operations = append(s.APIs[0].Operations, &snapshot.Operation{ID: "options", Method: "OPTIONS", URLTemplate: "/own",
		Policy: snapshot.Policy{Text: `<policies><inbound><return-response><set-status code="204" reason="Own" /></return-response></inbound></policies>`}})
	b.apply(s)
	for _, e := range engines {
		for path, want := range map[string]int{"/a/own": 204, "/a/x": 200} {
			if resp, _ := ask(t, b.client(e, nil), "OPTIONS", path, "Origin", "https://a.example", "Access-Control-Request-Method", "GET"); resp.StatusCode != want {
				t.Errorf("%s %s: %d; want %d", e.name, path, resp.StatusCode, want)
			}
		}
	}
}

// TestCredentials: certificates that the gateway shows to backends and to services of
// send-request, by id, thumbprint and content; without one the backend refuses the handshake.
func TestCredentials(t *testing.T) {
	b := newBench(t, echo)
	cert := b.ca.issue(t, "From the policy")
	pfx, err := pkcs12.Modern.Encode(cert.PrivateKey, cert.Leaf, nil, "secret")
	if err != nil {
		t.Fatal(err)
	}
	own := `<authentication-certificate body="@(Convert.FromBase64String("` + base64.StdEncoding.EncodeToString(pfx) + `"))" password="secret" />`
	to := `<set-backend-service base-url="https://` + backendHost + `" />`
	send := func(credentials string) string {
		return `<send-request mode="new" response-variable-name="r" ignore-error="true"><set-url>https://` + backendHost + `/sent</set-url><set-method>PUT</set-method><set-body>text</set-body>` + credentials + `</send-request>` +
			`<return-response><set-body>@(context.Variables["r"] == null ? "null" : ((IResponse)context.Variables["r"]).Body.As<string>())</set-body></return-response>`
	}
	for _, tc := range []struct{ inner, want string }{
		{to + `<authentication-certificate certificate-id="client-cert" />`, "GET /x host=backend.example.com cn=Contoso Client v1"},
		{to + `<authentication-certificate thumbprint="@("A" + "B")" />`, "cn=Contoso Client v1"},
		{to + own, "cn=From the policy"},
		{to + `<authentication-certificate certificate-id="@(context.Request.Method + "gone")" />`, "Internal server error"},
		{to, "Internal server error"},
		{send(`<authentication-certificate certificate-id="client-cert" />`), "PUT /sent host=backend.example.com cn=Contoso Client v1"},
		{send(own), "cn=From the policy"},
		{send(""), "null"},
	} {
		b.apply(b.withInbound(tc.inner))
		for _, e := range engines {
			if resp, body := ask(t, b.client(e, nil), "GET", "/a/x"); !strings.Contains(body, tc.want) {
				t.Errorf("%s %s: %d %q; want %q", e.name, tc.inner, resp.StatusCode, body, tc.want)
			}
		}
	}
}

// TestPolicyProxy: backends and services behind a proxy, over TLS through it.
func TestPolicyProxy(t *testing.T) {
	b := newBench(t, echo)
	var used atomic.Int64
	address := connectProxy(t, "ann", "hush", &used)
	backend := b.backendURL(false, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", r.Method, r.URL.Path) })
	by := func(password string) string {
		return `<proxy url="` + address + `" username="ann" password="` + password + `" />`
	}
	to := `<set-backend-service base-url="` + backend + `" />`
	send := `<send-request response-variable-name="r"><set-url>` + backend + `/sent</set-url>` + by("hush") + `</send-request><return-response response-variable-name="r" />`
	for _, tc := range []struct {
		inner, want string
		through     bool
	}{{to + by("hush"), "GET /x", true}, {send, "GET /sent", true}, {to, "GET /x", false}, {to + by("wrong"), "Internal server error", false}} {
		b.apply(b.withInbound(tc.inner))
		before := used.Load()
		for _, e := range engines {
			if resp, body := ask(t, b.client(e, nil), "GET", "/a/x"); !strings.Contains(body, tc.want) {
				t.Errorf("%s %s: %d %q; want %q", e.name, tc.inner, resp.StatusCode, body, tc.want)
			}
		}
		if went := used.Load() > before; went != tc.through {
			t.Errorf("%s: through the proxy %v", tc.inner, went)
		}
	}
}

// TestTokens: the keys of an OpenID provider are fetched over TLS, once.
func TestTokens(t *testing.T) {
	b := newBench(t, echo)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	var issuer string
	issuer = b.backendURL(false, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/keys" {
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": issuer, "jwks_uri": issuer + "/keys"})
	})
	sign := func(audience string, expires time.Time) string {
		s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		claims, _ := json.Marshal(map[string]any{"iss": issuer, "aud": audience, "exp": expires.Unix(), "sub": "ada"})
		signed, err := s.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	b.apply(b.withInbound(`<validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt"><openid-config url="` + issuer + `/.well-known/openid-configuration" /><audiences><audience>api://orders</audience></audiences></validate-jwt>` +
		`<return-response><set-body>@(((Jwt)context.Variables["jwt"]).Subject)</set-body></return-response>`))
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	for _, e := range engines {
		c := b.client(e, nil)
		for _, tc := range []struct{ token, want string }{{"Bearer " + sign("api://orders", soon), "ada"}, {"Bearer " + sign("api://other", soon), "Audience validation failed"},
			{"Bearer " + sign("api://orders", past), "token is expired"}, {"", "JWT not present."}, {"Basic " + sign("api://orders", soon), "JWT not present."}} {
			resp, body := ask(t, c, "GET", "/a/x", "Authorization", tc.token)
			if !strings.Contains(body, tc.want) || (tc.want == "ada") != (resp.StatusCode == 200) {
				t.Errorf("%s: %d %q; want %q", e.name, resp.StatusCode, body, tc.want)
			}
		}
	}
	if asked.Load() != 2 {
		t.Errorf("the provider was asked %d times; want 2", asked.Load())
	}
}

// TestAddressFilter: the caller is who the connection comes from.
func TestAddressFilter(t *testing.T) {
	b := newBench(t, echo)
	for _, tc := range []struct {
		inner  string
		status int
	}{
		{`<ip-filter action="allow"><address>127.0.0.1</address></ip-filter>`, 200},
		{`<ip-filter action="allow"><address-range from="10.0.0.0" to="10.0.0.9" /></ip-filter>`, 403},
		{`<ip-filter action="forbid"><address-range from="127.0.0.0" to="127.255.255.255" /></ip-filter>`, 403},
		{`<ip-filter action="@(context.Request.Method == "GET" ? "forbid" : "allow")"><address>@(context.Request.IpAddress)</address></ip-filter>`, 403},
	} {
		b.apply(b.withInbound(tc.inner + `<return-response />`))
		for _, e := range engines {
			if resp, body := ask(t, b.client(e, nil), "GET", "/a/x", "X-Forwarded-For", "10.0.0.1"); resp.StatusCode != tc.status || tc.status == 403 && body != `{ "statusCode": 403, "message": "Forbidden" }` {
				t.Errorf("%s %s: %d %q", e.name, tc.inner, resp.StatusCode, body)
			}
		}
	}
}

// TestRateHeaders: what is left, the total, and when to try again.
func TestRateHeaders(t *testing.T) {
	b := newBench(t, echo)
	for _, e := range engines {
		s := b.withInbound(`<rate-limit calls="2" renewal-period="300" remaining-calls-header-name="X-Left" total-calls-header-name="X-Total" retry-after-header-name="X-Wait" /><return-response />`)
		s.APIs[0].ID, s.APIs[0].SubscriptionRequired = "a-"+e.name, true
		s.Subscriptions = []*snapshot.Subscription{{ID: "one", PrimaryKey: "1", State: "active"}, {ID: "two", PrimaryKey: "2", State: "active"}}
		b.apply(s)
		c := b.client(e, nil)
		for i, want := range []string{"200 1 2 ", "200 0 2 ", "429   "} {
			resp, body := ask(t, c, "GET", "/a/x", "Ocp-Apim-Subscription-Key", "1")
			h := resp.Header
			got := fmt.Sprintf("%d %s %s ", resp.StatusCode, h.Get("X-Left"), h.Get("X-Total"))
			if got != want || (resp.StatusCode == 429) != (h.Get("X-Wait") != "") || resp.StatusCode == 429 && !strings.Contains(body, "Rate limit is exceeded. Try again in "+h.Get("X-Wait")+" seconds.") {
				t.Errorf("%s call %d: %q %v %q; want %q", e.name, i+1, got, h, body, want)
			}
		}
		if resp, _ := ask(t, c, "GET", "/a/x", "Ocp-Apim-Subscription-Key", "2"); resp.StatusCode != 200 {
			t.Errorf("%s: another subscription gets %d", e.name, resp.StatusCode)
		}
	}
}

// TestResponseCache: kept by what it varies by; other methods and credentials pass.
func TestResponseCache(t *testing.T) {
	var calls atomic.Int32
	b := newBench(t, echo)
	backend := b.backendURL(false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Set-Cookie", "own=1")
		fmt.Fprintf(w, "answer %d in %s", calls.Add(1), r.Header.Get("Accept-Language"))
	})
	for _, e := range engines {
		s := b.withPolicy(`<policies><inbound><base /><cache-lookup vary-by-developer="false" vary-by-developer-groups="false" downstream-caching-type="private"><vary-by-header>Accept-Language</vary-by-header><vary-by-query-parameter>page</vary-by-query-parameter></cache-lookup>` +
			`<set-backend-service base-url="` + backend + `" /></inbound><backend><base /></backend><outbound><base /><cache-store duration="60" /></outbound></policies>`)
		s.APIs[0].ID = "cache-" + e.name
		b.apply(s)
		c := b.client(e, nil)
		first := calls.Load()
		for i, tc := range []struct {
			method, path, language, authorization string
			calls                                 int32
		}{
			{"GET", "/a/x?page=1&other=1", "nl", "", 1}, {"GET", "/a/x?other=2&page=1", "nl", "", 1}, {"GET", "/a/x?page=2", "nl", "", 2}, {"GET", "/a/x?page=1", "en", "", 3},
			{"PUT", "/a/x?page=1", "nl", "", 4}, {"GET", "/a/x?page=1", "nl", "Bearer x", 5}, {"GET", "/a/x?page=1", "en", "", 5},
		} {
			header := []string{"Accept-Language", tc.language}
			if tc.authorization != "" {
				header = append(header, "Authorization", tc.authorization)
			}
			resp, body := ask(t, c, tc.method, tc.path, header...)
			if got := calls.Load() - first; resp.StatusCode != 200 || got != tc.calls || !strings.HasSuffix(body, " in "+tc.language) {
				t.Errorf("%s request %d: %d %q after %d calls; want %d", e.name, i+1, resp.StatusCode, body, got, tc.calls)
			}
			if i == 1 && (resp.Header.Get("Set-Cookie") != "" || resp.Header.Get("Cache-Control") != "private, max-age=60, must-revalidate" || resp.Header.Get("Content-Type") != "text/plain") {
				t.Errorf("%s: the kept answer has %v", e.name, resp.Header)
			}
		}
	}
}

// TestOnError: return-response answers an error of a policy, a backend and the key of a subscription.
func TestOnError(t *testing.T) {
	b := newBench(t, echo)
	answer := `<on-error><base /><return-response><set-status code="503" reason="Try Later" /><set-header name="X-Source"><value>@(context.LastError.Source + "/" + context.LastError.Reason + "/" + context.LastError.Section)</value></set-header><set-body>@(context.LastError.Message)</set-body></return-response></on-error>`
	for _, tc := range []struct{ inbound, source, body string }{
		{`<check-header name="X-Team" failed-check-httpcode="401" failed-check-error-message="no" ignore-case="false" />`, "check-header/HeaderNotFound/inbound", "Header X-Team was not found in the request. Access denied."},
		{`<set-backend-service base-url="https://127.0.0.1:1" />`, "forward-request/BackendConnectionFailure/backend", ""},
		{`<set-variable name="v" value="@(((string)context.Variables["none"]).Length)" />`, "set-variable/ExpressionValueEvaluationFailure/inbound", ""},
	} {
		b.apply(b.withPolicy(`<policies><inbound><base />` + tc.inbound + `</inbound><backend><base /></backend><outbound><base /></outbound>` + answer + `</policies>`))
		for _, e := range engines {
			resp, body := ask(t, b.client(e, nil), "GET", "/a/x")
			if resp.StatusCode != 503 || resp.Header.Get("X-Source") != tc.source || tc.body != "" && body != tc.body {
				t.Errorf("%s %s: %d %s %q; want %s", e.name, tc.inbound, resp.StatusCode, resp.Header.Get("X-Source"), body, tc.source)
			}
		}
	}
	s := b.withPolicy(`<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /></outbound>` + answer + `</policies>`)
	s.APIs[0].SubscriptionRequired = true
	b.apply(s)
	for _, e := range engines {
		if resp, _ := ask(t, b.client(e, nil), "GET", "/a/x"); resp.StatusCode != 503 || resp.Header.Get("X-Source") != "authorization/SubscriptionKeyNotFound/" {
			t.Errorf("%s: %d %s", e.name, resp.StatusCode, resp.Header.Get("X-Source"))
		}
	}
}
