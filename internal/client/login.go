package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/localapi"
)

// profileName is the file in AZURE_CONFIG_DIR that holds who signed in. Azure CLI's
// own files beside it are neither read nor written.
const profileName = "gatehouse-login.json"

// Login is one sign-in of a service principal. Exactly one of Secret and Assertion is set.
type Login struct {
	TenantID       string `json:"tenantId"`
	SubscriptionID string `json:"subscriptionId"`
	ClientID       string `json:"clientId"`
	Secret         string `json:"clientSecret,omitempty"`
	Assertion      string `json:"clientAssertion,omitempty"`
}

// ErrSignedOut is returned where a sign-in is needed and nobody has signed in.
var ErrSignedOut = errors.New("nobody is signed in: run `az login --service-principal ...`, or name the server's data folder with --data or GATEHOUSE_DATA to act as its built-in user")

type credential interface {
	token(ctx context.Context, audience string) (string, time.Time, error)
}

func configDir(getenv func(string) string) string {
	if d := getenv("AZURE_CONFIG_DIR"); d != "" {
		return d
	}
	home := getenv("HOME")
	if home == "" {
		home, _ = os.UserHomeDir() // then the file is looked for in ./.azure
	}
	return filepath.Join(home, ".azure")
}

// Logins reads the sign-ins of AZURE_CONFIG_DIR, the newest last.
func (c *Client) Logins() ([]Login, error) {
	b, err := os.ReadFile(filepath.Join(c.configDir, profileName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var logins []Login
	if err := json.Unmarshal(b, &logins); err != nil {
		return nil, fmt.Errorf("%s: %w; run `az logout` to start again", filepath.Join(c.configDir, profileName), err)
	}
	return logins, nil
}

// SaveLogin checks l by asking for a token, then makes it the sign-in of its tenant.
func (c *Client) SaveLogin(ctx context.Context, l Login) error {
	cred := &principalCredential{c: c, login: l}
	if _, _, err := cred.token(ctx, ManagementAudience); err != nil {
		return err
	}
	logins, err := c.Logins()
	if err != nil {
		return err
	}
	return c.writeLogins(append(without(logins, l.TenantID), l))
}

// RemoveLogin signs out of the server's tenant; of all tenants when all is set.
func (c *Client) RemoveLogin(all bool) error {
	logins, err := c.Logins()
	if err != nil || all || c.Info.TenantID == "" {
		return c.writeLogins(nil)
	}
	return c.writeLogins(without(logins, c.Info.TenantID))
}

func without(logins []Login, tenant string) (kept []Login) {
	for _, l := range logins {
		if !strings.EqualFold(l.TenantID, tenant) {
			kept = append(kept, l)
		}
	}
	return kept
}

func (c *Client) writeLogins(logins []Login) error {
	path := filepath.Join(c.configDir, profileName)
	if len(logins) == 0 {
		if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	b, err := json.MarshalIndent(logins, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.configDir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(c.configDir, profileName+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Login is the sign-in that this client acts by; nil for the built-in user.
func (c *Client) Login() *Login {
	if p, ok := c.credential.(*cached); ok {
		if pc, ok := p.credential.(*principalCredential); ok {
			return &pc.login
		}
	}
	return nil
}

// signedIn chooses whom the client acts as: the sign-in of the server's tenant,
// else the built-in user, who can be reached through the data folder's socket only.
func (c *Client) signedIn() (credential, error) {
	logins, err := c.Logins()
	if err != nil {
		return nil, err
	}
	for i := len(logins) - 1; i >= 0; i-- {
		if c.Info.TenantID == "" || strings.EqualFold(c.Info.TenantID, logins[i].TenantID) {
			c.Info.TenantID = logins[i].TenantID
			if logins[i].SubscriptionID != "" {
				c.Info.SubscriptionID = logins[i].SubscriptionID
			}
			return newCached(&principalCredential{c: c, login: logins[i]}), nil
		}
	}
	if c.data == "" {
		return signedOut{}, nil
	}
	return newCached(&userCredential{data: c.data}), nil
}

// Token is a bearer token for audience.
func (c *Client) Token(ctx context.Context, audience string) (string, error) {
	t, _, err := c.credential.token(ctx, audience)
	return t, err
}

// TokenWithExpiry is Token with the time at which it ends.
func (c *Client) TokenWithExpiry(ctx context.Context, audience string) (string, time.Time, error) {
	return c.credential.token(ctx, audience)
}

type signedOut struct{}

func (signedOut) token(context.Context, string) (string, time.Time, error) {
	return "", time.Time{}, ErrSignedOut
}

// principalCredential asks the token endpoint (RFC 6749 section 4.4).
type principalCredential struct {
	c     *Client
	login Login
}

func (p *principalCredential) token(ctx context.Context, audience string) (string, time.Time, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {p.login.ClientID}, "scope": {strings.TrimSuffix(audience, "/") + "/.default"}}
	if p.login.Assertion != "" {
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", p.login.Assertion)
	} else {
		form.Set("client_secret", p.login.Secret)
	}
	resp, err := p.c.Do(ctx, Request{Method: http.MethodPost, URL: Authority(p.login.TenantID) + "/oauth2/v2.0/token",
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(form.Encode())})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("signing in as %s: %w", p.login.ClientID, err)
	}
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := resp.JSON(&answer); err != nil || answer.AccessToken == "" {
		return "", time.Time{}, fmt.Errorf("signing in as %s: the answer holds no token", p.login.ClientID)
	}
	return answer.AccessToken, time.Now().Add(time.Duration(answer.ExpiresIn) * time.Second), nil
}

// Authority is the login URL of a tenant.
func Authority(tenant string) string { return LoginURL + "/" + tenant }

// userCredential gets tokens of the built-in user from the local socket.
type userCredential struct{ data string }

func (u *userCredential) token(ctx context.Context, audience string) (string, time.Time, error) {
	socket := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return localapi.Dial(ctx, u.data)
	}}}
	defer socket.CloseIdleConnections()
	body, contentType, err := encode(localapi.TokenRequest{Audience: audience})
	if err != nil {
		return "", time.Time{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://local/token", body)
	if err != nil {
		return "", time.Time{}, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := (&Client{http: socket}).send(req)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("token of the built-in user: %w", err)
	}
	var t localapi.TokenResponse
	err = resp.JSON(&t)
	return t.Token, t.Expires, err
}

// cached keeps tokens until two minutes before they end.
type cached struct {
	credential
	mu     sync.Mutex
	tokens map[string]cachedToken
}

type cachedToken struct {
	token   string
	expires time.Time
}

func newCached(c credential) *cached {
	return &cached{credential: c, tokens: map[string]cachedToken{}}
}

func (c *cached) token(ctx context.Context, audience string) (string, time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.tokens[audience]; ok && time.Until(t.expires) > 2*time.Minute {
		return t.token, t.expires, nil
	}
	token, expires, err := c.credential.token(ctx, audience)
	if err == nil {
		c.tokens[audience] = cachedToken{token, expires}
	}
	return token, expires, err
}
