package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

// Errors of VerifyToken, wrapped with what was wrong.
var (
	ErrMalformed = errors.New("identity: not a token of this tenant's form")
	ErrSignature = errors.New("identity: the token's signature does not verify")
	ErrIssuer    = errors.New("identity: the token was issued by someone else")
	ErrAudience  = errors.New("identity: the token is for another service")
	ErrExpired   = errors.New("identity: the token is outside of its lifetime")
)

// tokenLife is within what Entra gives: 60 to 90 minutes; refreshLife is Entra's 90 days.
const (
	tokenLife       = 80 * time.Minute
	refreshLife     = 90 * 24 * time.Hour
	refreshAudience = "urn:gatehouse:refresh"
	maxToken        = 16 << 10
)

// claims are those of Entra's access tokens, version 1.0.
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
type claims struct {
	Audience   string `json:"aud"`
	Issuer     string `json:"iss"`
	IssuedAt   int64  `json:"iat"`
	NotBefore  int64  `json:"nbf"`
	Expires    int64  `json:"exp"`
	AppID      string `json:"appid,omitempty"`
	AppIDACR   string `json:"appidacr,omitempty"`
	IDP        string `json:"idp,omitempty"`
	IDType     string `json:"idtyp,omitempty"`
	Name       string `json:"name,omitempty"`
	ObjectID   string `json:"oid"`
	Scope      string `json:"scp,omitempty"`
	Subject    string `json:"sub"`
	Tenant     string `json:"tid"`
	UniqueName string `json:"unique_name,omitempty"`
	UPN        string `json:"upn,omitempty"`
	Unique     string `json:"uti"`
	Version    string `json:"ver"`
	ResourceID string `json:"xms_mirid,omitempty"`

	PreferredName string `json:"preferred_username,omitempty"`
	Nonce         string `json:"nonce,omitempty"`
}

// IssueToken signs an access token for p to the audience.
func (s *Service) IssueToken(ctx context.Context, p Principal, audience string) (string, time.Time, error) {
	if audience == "" || SameAudience(audience, refreshAudience) {
		return "", time.Time{}, fmt.Errorf("%w: %q", ErrAudience, audience)
	}
	c := s.claims(p, audience, tokenLife)
	if p.Type == User {
		c.AppIDACR, c.IDType, c.Scope = "0", "user", "user_impersonation"
	} else {
		c.AppIDACR, c.IDType, c.IDP, c.ResourceID = "1", "app", s.Issuer(), p.ResourceID
	}
	token, err := s.sign(ctx, c)
	return token, time.Unix(c.Expires, 0), err
}

// IssueIDToken signs an OpenID Connect ID token of version 2.0 for a user and client.
func (s *Service) IssueIDToken(ctx context.Context, p Principal, issuer, clientID, nonce string) (string, error) {
	c := s.claims(p, clientID, tokenLife)
	c.Issuer, c.Version, c.AppID, c.PreferredName, c.Nonce = issuer, "2.0", "", p.UPN, nonce
	return s.sign(ctx, c)
}

// IssueRefreshToken signs what RedeemRefreshToken takes. Clients treat it as opaque.
func (s *Service) IssueRefreshToken(ctx context.Context, p Principal) (string, error) {
	return s.sign(ctx, s.claims(p, refreshAudience, refreshLife))
}

// RedeemRefreshToken returns the user that the refresh token was given to.
func (s *Service) RedeemRefreshToken(ctx context.Context, token string) (Principal, error) {
	c, err := s.VerifyToken(ctx, token, refreshAudience)
	if err != nil {
		return Principal{}, err
	}
	return s.Principal(ctx, c.ObjectID)
}

func (s *Service) claims(p Principal, audience string, life time.Duration) claims {
	now := s.now()
	c := claims{Audience: audience, Issuer: s.Issuer(), IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(life).Unix(), AppID: p.AppID,
		ObjectID: p.ObjectID, Subject: p.ObjectID, Tenant: s.tenant.Tenant, Unique: uuid.NewString(), Version: "1.0", Name: p.DisplayName}
	if p.Type == User {
		c.AppID, c.UPN, c.UniqueName = AzureCLI, p.UPN, p.UPN
	}
	return c
}

// SignAssertion signs a token as one of this program's other issuers (the service
// connections of the library), for federated credentials. Our own tenant is not
// among them: that would forge access tokens.
func (s *Service) SignAssertion(ctx context.Context, issuer, subject, audience string, life time.Duration) (string, error) {
	if issuer == "" || strings.HasPrefix(strings.ToLower(issuer), "https://sts.windows.net/") {
		return "", fmt.Errorf("%w: assertions may not be issued as %q", ErrIssuer, issuer)
	}
	now := s.now()
	return s.sign(ctx, map[string]any{"iss": issuer, "sub": subject, "aud": audience, "jti": uuid.NewString(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(life).Unix()})
}

func (s *Service) sign(ctx context.Context, c any) (string, error) {
	if err := s.wait(ctx); err != nil {
		return "", err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	jws, err := s.keys.signer.Sign(b)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// SameAudience compares without regard to case and trailing slashes: clients ask for
// https://management.core.windows.net//.default.
func SameAudience(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}

// VerifyToken returns the caller of an access token that this tenant issued for one
// of the audiences. Tokens that were verified before cost a lookup.
func (s *Service) VerifyToken(ctx context.Context, token string, audiences ...string) (Caller, error) {
	c, ok := s.seen.get(token)
	if !ok {
		var err error
		if c, err = s.parseToken(ctx, token); err != nil {
			return Caller{}, err
		}
		s.seen.put(token, c)
	}
	now := s.now()
	if now.After(time.Unix(c.Expires, 0)) || now.Add(skew).Before(time.Unix(c.NotBefore, 0)) {
		return Caller{}, fmt.Errorf("%w: valid from %s to %s", ErrExpired, time.Unix(c.NotBefore, 0).UTC().Format(time.RFC3339), time.Unix(c.Expires, 0).UTC().Format(time.RFC3339))
	}
	for _, want := range audiences {
		if SameAudience(c.Audience, want) {
			return c.caller(), nil
		}
	}
	return Caller{}, fmt.Errorf("%w: its audience is %q, expected %q", ErrAudience, c.Audience, strings.Join(audiences, " "))
}

func (s *Service) parseToken(ctx context.Context, token string) (claims, error) {
	var c claims
	if len(token) > maxToken {
		return c, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxToken)
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &c); err != nil {
		return c, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if c.Issuer != s.Issuer() {
		return c, fmt.Errorf("%w: issuer %q, expected %q", ErrIssuer, c.Issuer, s.Issuer())
	}
	if err := s.wait(ctx); err != nil {
		return c, err
	}
	public, err := s.publicKey(jws.Signatures[0].Protected.KeyID)
	if err != nil {
		return c, err
	}
	if _, err := jws.Verify(public); err != nil {
		return c, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if c.ObjectID == "" || c.Version != "1.0" {
		return c, fmt.Errorf("%w: not an access token", ErrMalformed)
	}
	return c, nil
}

func (c claims) caller() Caller {
	who := Caller{TenantID: c.Tenant, ObjectID: c.ObjectID, AppID: c.AppID, Name: c.Name, Issuer: c.Issuer, Type: ServicePrincipal}
	if c.IDType != "app" {
		who.Type, who.Name = User, c.UPN
	}
	return who
}
