package apim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// issuer is a token endpoint over TLS.
type issuer struct {
	mu    sync.Mutex
	asked []url.Values
	*httptest.Server
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{}
	i.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		i.mu.Lock()
		i.asked = append(i.asked, r.PostForm)
		n := len(i.asked)
		i.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if r.PostForm.Get("client_secret") != "s3cret" || r.PostForm.Get("code") == "stale" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"who are you"}`))
			return
		}
		answer := map[string]any{"access_token": "token-" + string(rune('0'+n)), "expires_in": "600", "tenant": "contoso"}
		if r.PostForm.Get("grant_type") != "client_credentials" {
			answer["refresh_token"] = "refresh-" + string(rune('0'+n))
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) last() (url.Values, int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.asked) == 0 {
		return url.Values{}, 0
	}
	return i.asked[len(i.asked)-1], len(i.asked)
}

func newTokenWorld(t *testing.T) (*world, *client, *issuer, func(time.Duration)) {
	w := newWorld(t)
	i := newIssuer(t)
	w.p.client = i.Client()
	var mu sync.Mutex
	now := time.Now()
	w.p.now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	who := w.makeService()
	c := w.http()
	grants := `"clientCredentials":{"tokenUrl":"` + i.URL + `/token","scopes":"read,write"},"authorizationCode":{"clientId":"code","clientSecret":"s3cret","authorizationUrl":"https://login.contoso.example/authorize","tokenUrl":"` + i.URL + `/token","scopes":"offline_access"}`
	c.want(201, "PUT", "authorizationProviders/crm", `{"properties":{"identityProvider":"oauth2","oauth2":{"redirectUrl":"https://contoso.example/back","grantTypes":{`+grants+`}}}}`)
	for _, name := range []string{"app", "person"} {
		kind := map[string]string{"app": `"ClientCredentials","parameters":{"clientId":"c","clientSecret":"s3cret"}`, "person": `"AuthorizationCode"`}[name]
		c.want(201, "PUT", "authorizationProviders/crm/authorizations/"+name, `{"properties":{"oauth2grantType":`+kind+`}}`)
		c.want(201, "PUT", "authorizationProviders/crm/authorizations/"+name+"/accessPolicies/gateway", `{"properties":{"objectId":"`+who.ObjectID+`"}}`)
	}
	return w, c, i, func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
}

func TestClientCredentials(t *testing.T) {
	w, c, i, advance := newTokenWorld(t)
	get := func(want string) *Token {
		t.Helper()
		token, err := w.p.Token(t.Context(), w.service, "crm", "app", "")
		if err != nil || token.AccessToken != want {
			t.Fatalf("got %+v, %v, want %s", token, err, want)
		}
		return token
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _, _ = w.p.Token(t.Context(), w.service, "crm", "app", "") })
	}
	wg.Wait()
	if token := get("token-1"); token.Claims["tenant"] != "contoso" || token.Claims["access_token"] != nil {
		t.Errorf("claims %v", token.Claims)
	}
	form, n := i.last()
	if n != 1 || form.Get("grant_type") != "client_credentials" || form.Get("client_id") != "c" || form.Get("scope") != "read write" {
		t.Errorf("asked %d times, %v", n, form)
	}
	advance(9 * time.Minute)
	get("token-2") // near its end
	c.want(200, "PUT", "authorizationProviders/crm/authorizations/app", `{"properties":{"oauth2grantType":"ClientCredentials","parameters":{"clientId":"c","clientSecret":"wrong"}}}`)
	if _, err := w.p.Token(t.Context(), w.service, "crm", "app", ""); err == nil || !strings.Contains(err.Error(), "401: invalid_client: who are you") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong secret: %v", err)
	}
	c.want(200, "DELETE", "authorizationProviders/crm/authorizations/app/accessPolicies/gateway", "")
	if _, err := w.p.Token(t.Context(), w.service, "crm", "app", ""); err == nil || !strings.Contains(err.Error(), "no access policy") {
		t.Errorf("without an access policy: %v", err)
	}
	if _, err := w.p.Token(t.Context(), w.service, "crm", "none", ""); err == nil || !strings.Contains(err.Error(), "no authorization 'none'") {
		t.Errorf("of nothing: %v", err)
	}
	if _, err := w.p.Token(t.Context(), w.service, "crm", "app", "not.a.token"); err == nil {
		t.Error("a bad token of the caller is taken")
	}
}

func TestAuthorizationCode(t *testing.T) {
	w, c, i, advance := newTokenWorld(t)
	const person = "authorizationProviders/crm/authorizations/person"
	if r := c.want(200, "GET", person, ""); r.at("properties/status") != "Error" || r.at("properties/error/code") != "Unauthenticated" {
		t.Errorf("%s", r.text)
	}
	if _, err := w.p.Token(t.Context(), w.service, "crm", "person", ""); err == nil || !strings.Contains(err.Error(), "nobody has signed in") {
		t.Errorf("before the sign-in: %v", err)
	}
	link, err := url.Parse(c.want(200, "POST", person+"/getLoginLinks", `{"postLoginRedirectUrl":"https://contoso.example"}`).at("loginLink").(string))
	if q := link.Query(); err != nil || link.Host != "login.contoso.example" || q.Get("client_id") != "code" || q.Get("redirect_uri") != "https://contoso.example/back" || q.Get("state") == "" || q.Get("client_secret") != "" {
		t.Errorf("login link %v", link)
	}
	c.want(400, "POST", person+"/confirmConsentCode", `{}`)
	c.want(400, "POST", person+"/confirmConsentCode", `{"consentCode":"stale"}`)
	c.want(200, "POST", person+"/confirmConsentCode", `{"consentCode":"fresh"}`)
	if r := c.want(200, "GET", person, ""); r.at("properties/status") != "Connected" || strings.Contains(r.text, "refresh-") {
		t.Errorf("%s", r.text)
	}
	for range 2 { // the refresh token changes each time
		before := secretOf(w.stored(w.below("authorizationProviders", "crm", "authorizations", "person")), "refreshToken")
		if _, err := w.p.Token(t.Context(), w.service, "crm", "person", ""); err != nil {
			t.Fatal(err)
		}
		if form, _ := i.last(); form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != before {
			t.Errorf("asked with %v, want %s", form, before)
		}
		advance(time.Hour)
	}
	c.want(400, "POST", "authorizationProviders/crm/authorizations/app/getLoginLinks", `{}`)
}

// TestAuthorizationOfPolicy: a policy is refused only where provider or authorization are not there.
func TestAuthorizationOfPolicy(t *testing.T) {
	_, c, _, _ := newTokenWorld(t)
	put := func(status int, provider, authorization string) reply {
		return c.want(status, "PUT", "policies/policy", `{"properties":{"format":"rawxml","value":"<policies><inbound><get-authorization-context provider-id=\"`+provider+`\" authorization-id=\"`+authorization+`\" context-variable-name=\"auth\" /></inbound><backend><forward-request /></backend></policies>"}}`)
	}
	if r := put(400, "none", "app"); !strings.Contains(r.text, "Authorization provider with id 'none' could not be found.") {
		t.Errorf("%s", r.text)
	}
	if r := put(400, "crm", "none"); !strings.Contains(r.text, "Authorization with id 'none' of the provider 'crm' could not be found.") {
		t.Errorf("%s", r.text)
	}
	put(201, "crm", "app")
	c.want(409, "DELETE", "authorizationProviders/crm", "")
}
