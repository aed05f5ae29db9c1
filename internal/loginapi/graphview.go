package loginapi

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"gatehouse/internal/identity"
)

// What Graph shows of principals. Sources: the resource pages of
// https://learn.microsoft.com/graph/api/resources/user, serviceprincipal and application.

func userView(p identity.Principal) map[string]any {
	if p.Type != identity.User {
		return nil
	}
	return map[string]any{"@odata.type": "#microsoft.graph.user", "id": p.ObjectID, "displayName": p.DisplayName, "userPrincipalName": p.UPN, "mail": p.Mail,
		"givenName": nil, "surname": nil, "jobTitle": nil, "mobilePhone": nil, "officeLocation": nil, "preferredLanguage": nil, "businessPhones": []string{}}
}

func (a *API) servicePrincipalView(p identity.Principal) map[string]any {
	if p.Type != identity.ServicePrincipal || !p.Registered {
		return nil
	}
	alternative := []string{}
	if p.ResourceID != "" {
		alternative = []string{"isExplicit=False", p.ResourceID}
	}
	return map[string]any{"@odata.type": "#microsoft.graph.servicePrincipal", "id": p.ObjectID, "appId": p.AppID, "displayName": p.DisplayName, "appDisplayName": p.DisplayName,
		"servicePrincipalNames": []string{p.AppID}, "servicePrincipalType": p.Kind, "accountEnabled": true, "appOwnerOrganizationId": a.id.TenantID(),
		"alternativeNames": alternative, "tags": []string{}, "signInAudience": "AzureADMyOrg", "createdDateTime": graphTime(p.Created)}
}

func applicationView(p identity.Principal) map[string]any {
	if p.ApplicationObjectID == "" {
		return nil
	}
	passwords, keys := []any{}, []any{}
	for _, s := range p.Secrets {
		passwords = append(passwords, passwordView(s, nil))
	}
	for _, c := range p.Certificates {
		keys = append(keys, map[string]any{"keyId": c.KeyID, "type": "AsymmetricX509Cert", "usage": "Verify", "customKeyIdentifier": c.X5T, "key": base64.StdEncoding.EncodeToString(c.DER),
			"startDateTime": graphTime(c.Start), "endDateTime": graphTime(c.End)})
	}
	return map[string]any{"@odata.type": "#microsoft.graph.application", "id": p.ApplicationObjectID, "appId": p.AppID, "displayName": p.DisplayName, "identifierUris": []string{},
		"passwordCredentials": passwords, "keyCredentials": keys, "signInAudience": "AzureADMyOrg", "createdDateTime": graphTime(p.Created)}
}

// passwordView shows a secret; its text is known only when it was just made.
func passwordView(s identity.SecretInfo, secret any) map[string]any {
	return map[string]any{"keyId": s.KeyID, "displayName": s.DisplayName, "hint": s.Hint, "secretText": secret, "customKeyIdentifier": nil,
		"startDateTime": graphTime(s.Start), "endDateTime": graphTime(s.End)}
}

func federatedView(f identity.FederatedCredential) map[string]any {
	return map[string]any{"id": f.ID, "name": f.Name, "issuer": f.Issuer, "subject": f.Subject, "audiences": []string{f.Audience}}
}

func graphTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func graphNone(context.Context, *graphCall) (int, any, error) {
	return http.StatusOK, map[string]any{"value": []any{}}, nil
}

func (a *API) graphOrganization(context.Context, *graphCall) (int, any, error) {
	return http.StatusOK, map[string]any{"value": []any{map[string]any{"id": a.id.TenantID(), "displayName": "Gatehouse",
		"verifiedDomains": []any{map[string]any{"name": a.domain(), "isDefault": true, "isInitial": true, "type": "Managed"}}}}}, nil
}
