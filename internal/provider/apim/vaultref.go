package apim

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

// reference is a keyVault object of a certificate or named value.
type reference struct {
	Identifier string // as given
	Client     string // identityClientId, "" for the system-assigned identity
	Vault      string // lower-case name
	Secret     string
	Version    string // "" follows the newest
}

// readReference reads properties.keyVault; nil when there is none, or when it is wrong.
func (p *Provider) readReference(f *fields) *reference {
	kv, ok := f.object("keyVault")
	if !ok {
		return nil
	}
	kv.only([]string{"secretIdentifier", "identityClientId"}, []string{"lastStatus"})
	ref := &reference{Identifier: kv.text("secretIdentifier", true, 0), Client: kv.text("identityClientId", false, 0)}
	if ref.Identifier == "" {
		return nil
	}
	if problem := ref.parse(p.vaults); problem != "" {
		kv.wrong("secretIdentifier", "%s", problem)
		return nil
	}
	return ref
}

// parse reads https://VAULT.vault.azure.net/secrets/NAME[/VERSION]; suffix is what follows VAULT.
func (r *reference) parse(suffix string) (problem string) {
	form := "it must be https://VAULT" + suffix + "/secrets/NAME or .../NAME/VERSION"
	u, err := url.Parse(r.Identifier)
	if err != nil || !strings.EqualFold(u.Scheme, "https") || u.RawQuery != "" || u.User != nil {
		return "The Key Vault identifier is not valid: " + form + "."
	}
	name, ok := strings.CutSuffix(strings.ToLower(u.Hostname()), suffix)
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if !ok || name == "" || strings.Contains(name, ".") || len(parts) < 2 || len(parts) > 3 {
		return "The Key Vault identifier is not valid: " + form + "."
	}
	if !strings.EqualFold(parts[0], "secrets") {
		return "ApiManagement service only accepts KeyVault Secrets type: " + form + "; a certificate has a secret of the same name."
	}
	r.Vault, r.Secret = name, parts[1]
	if len(parts) == 3 {
		r.Version = parts[2]
	}
	return ""
}

// view is the keyVault object as clients see it.
func (r *reference) view(status map[string]any) map[string]any {
	m := map[string]any{"secretIdentifier": r.Identifier, "lastStatus": status}
	if r.Client != "" {
		m["identityClientId"] = r.Client
	}
	return m
}

// storedReference reads back what view wrote; nil when the resource has none.
func storedReference(r *arm.Resource) *reference {
	kv, _ := r.Properties["keyVault"].(map[string]any)
	ref := &reference{}
	ref.Identifier, _ = kv["secretIdentifier"].(string)
	ref.Client, _ = kv["identityClientId"].(string)
	u, err := url.Parse(ref.Identifier)
	if err != nil {
		return nil
	}
	_, domain, _ := strings.Cut(strings.ToLower(u.Hostname()), ".") // which was right when it was put
	if ref.Identifier == "" || ref.parse("."+domain) != "" {
		return nil
	}
	return ref
}

// status is lastStatus: Success, or the code and message of err.
func (p *Provider) status(err error) map[string]any {
	m := map[string]any{"code": "Success", "timeStampUtc": p.now().UTC().Format("2006-01-02T15:04:05.0000000Z")}
	if err != nil {
		e := azerr.From(err)
		m["code"], m["message"] = e.Kind.Code, e.Message
		var inner *azerr.Error
		if errors.As(e.Cause, &inner) {
			m["code"] = inner.Kind.Code // what the vault said: Forbidden, SecretNotFound
		}
	}
	return m
}

// readStatus is the status of a reference that a PUT has just read. What-if shows no change of the time alone.
func (p *Provider) readStatus(r *arm.PutRequest) map[string]any {
	if r.ValidateOnly && r.Existing != nil && !failedStatus(r.Existing) {
		kv, _ := r.Existing.Properties["keyVault"].(map[string]any)
		if last, ok := kv["lastStatus"].(map[string]any); ok {
			return last
		}
	}
	return p.status(nil)
}

func failedStatus(r *arm.Resource) bool {
	kv, _ := r.Properties["keyVault"].(map[string]any)
	status, _ := kv["lastStatus"].(map[string]any)
	return status != nil && status["code"] != "Success"
}

// readSecret reads as the service's system-assigned identity. A vault's firewall lets it pass where
// the vault trusts Azure's services; its roles are those that were assigned to it, no more.
func (p *Provider) readSecret(ctx context.Context, service resourceid.ID, ref *reference, requestID string) (*vault.Secret, error) {
	who, err := p.id.SystemAssigned(ctx, service)
	if errors.Is(err, identity.ErrUnknownPrincipal) {
		return nil, azerr.APIMNoIdentity.New(ref.Identifier, service.Name())
	}
	if err != nil {
		return nil, err
	}
	if ref.Client != "" && !strings.EqualFold(ref.Client, who.AppID) {
		return nil, azerr.APIMNotSupported.New("keyVault.identityClientId '"+ref.Client+"'", "only the service's system-assigned identity can be used").At("keyVault.identityClientId")
	}
	caller := p.id.Caller(who)
	caller.TrustedService, caller.RequestID = true, requestID
	s, err := p.vault.GetSecret(ctx, caller, ref.Vault, ref.Secret, ref.Version)
	switch {
	case errors.Is(err, vault.ErrVaultNotFound):
		return nil, azerr.APIMVaultRead.New(ref.Identifier, who.AppID, who.ObjectID, "there is no key vault '"+ref.Vault+"'.").Because(err)
	case err != nil:
		return nil, azerr.APIMVaultRead.New(ref.Identifier, who.AppID, who.ObjectID, azerr.From(err).Message).Because(err)
	}
	return s, nil
}
