package vaultapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// vaultApplication is Key Vault's own application ID, which some clients ask a token for.
const vaultApplication = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"

// authenticate returns the caller whose token the request carries. Without a good
// one the answer is 401 with a challenge that names where to get one:
// https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
func (h *handler) authenticate(r *http.Request) (identity.Caller, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(token) == "" {
		return identity.Caller{}, h.challenge(azerr.KVNoToken.New(), "")
	}
	token = strings.TrimSpace(token)
	caller, err := h.Identity.VerifyToken(r.Context(), token, "https://"+h.Suffix, identity.AudienceVault, vaultApplication)
	if err == nil {
		return caller, nil
	}
	audience, issuer := unverified(token)
	switch {
	case errors.Is(err, identity.ErrAudience):
		err = azerr.KVAudience.New("https://"+h.Suffix, audience).Because(err)
	case errors.Is(err, identity.ErrIssuer):
		err = azerr.KVIssuer.New("https://sts.windows.net/"+h.Identity.TenantID()+"/", issuer).Because(err)
	case errors.Is(err, identity.ErrExpired):
		err = azerr.KVTokenExpired.New().Because(err)
	case errors.Is(err, identity.ErrMalformed), errors.Is(err, identity.ErrSignature):
		err = azerr.KVTokenInvalid.New().Because(err)
	default:
		return identity.Caller{}, err // not the token's fault
	}
	return identity.Caller{}, h.challenge(azerr.From(err), "invalid_token")
}

// challenge has one space between its parameters: the SDKs split there.
func (h *handler) challenge(e *azerr.Error, code string) *azerr.Error {
	value := `Bearer authorization="https://` + h.LoginHost + "/" + h.Identity.TenantID() + `", resource="https://` + h.Suffix + `"`
	if code != "" {
		value += `, error="` + code + `"`
	}
	e.Header = http.Header{"Www-Authenticate": {value}}
	return e
}

// unverified reads, for a message only, what a refused token says of itself.
func unverified(token string) (audience, issuer string) {
	var claims struct {
		Audience any    `json:"aud"`
		Issuer   string `json:"iss"`
	}
	parts := strings.Split(token, ".")
	if len(parts) == 3 && len(token) < 16<<10 {
		if b, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(b, &claims) // what can't be read is shown as empty
		}
	}
	audience, _ = claims.Audience.(string)
	return printable(audience), printable(claims.Issuer)
}

func printable(s string) string {
	if len(s) > 200 {
		s = s[:200] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
