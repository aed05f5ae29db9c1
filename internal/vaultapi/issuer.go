package vaultapi

import "gatehouse/internal/vault"

// issuer as written: without the password.
type issuer struct {
	ID           string              `json:"id"`
	Provider     string              `json:"provider"`
	Credentials  *credentials        `json:"credentials,omitempty"`
	Organization *vault.Organization `json:"org_details,omitempty"`
	Attributes   *issuerAttributes   `json:"attributes,omitempty"`
}

type credentials struct {
	AccountID *string `json:"account_id,omitempty"`
	Password  *string `json:"pwd,omitempty"`
}

type issuerAttributes struct {
	Enabled *bool `json:"enabled"`
	Created int64 `json:"created,omitempty"`
	Updated int64 `json:"updated,omitempty"`
}

func (q *request) issuerID(name string) string { return q.base + "/certificates/issuers/" + name }

func (q *request) issuer(i *vault.Issuer) any {
	out := &issuer{ID: q.issuerID(i.Name), Provider: i.Provider, Attributes: &issuerAttributes{&i.Enabled, i.Created, i.Updated}}
	if i.AccountID != "" {
		out.Credentials = &credentials{AccountID: &i.AccountID}
	}
	if i.OrganizationID != "" || i.Admins != nil {
		out.Organization = &vault.Organization{ID: i.OrganizationID, Admins: i.Admins}
	}
	return out
}

func (q *request) issuerItem(i *vault.Issuer) any {
	return &issuer{ID: q.issuerID(i.Name), Provider: i.Provider}
}

func (q *request) readIssuer() (vault.SetIssuer, error) {
	var in struct {
		Provider     *string             `json:"provider"`
		Credentials  *credentials        `json:"credentials"`
		Organization *vault.Organization `json:"org_details"`
		Attributes   *issuerAttributes   `json:"attributes"`
	}
	if err := q.read(&in); err != nil {
		return vault.SetIssuer{}, err
	}
	out := vault.SetIssuer{Provider: in.Provider, Organization: in.Organization}
	if in.Credentials != nil {
		out.AccountID, out.Password = in.Credentials.AccountID, in.Credentials.Password
	}
	if in.Attributes != nil {
		out.Enabled = in.Attributes.Enabled
	}
	return out, nil
}

func setIssuer(q *request) (any, error) {
	in, err := q.readIssuer()
	if err != nil {
		return nil, err
	}
	i, err := q.service.SetIssuer(q.Context(), q.caller, q.vault, q.name, in)
	return answer(i, err, q.issuer)
}

func updateIssuer(q *request) (any, error) {
	in, err := q.readIssuer()
	if err != nil {
		return nil, err
	}
	i, err := q.service.UpdateIssuer(q.Context(), q.caller, q.vault, q.name, in)
	return answer(i, err, q.issuer)
}

func getIssuer(q *request) (any, error) {
	i, err := q.service.GetIssuer(q.Context(), q.caller, q.vault, q.name)
	return answer(i, err, q.issuer)
}

func deleteIssuer(q *request) (any, error) {
	i, err := q.service.DeleteIssuer(q.Context(), q.caller, q.vault, q.name)
	return answer(i, err, q.issuer)
}

func listIssuers(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListIssuers(q.Context(), q.caller, q.vault, o)
	return pageOf(q, p, q.issuerItem), err
}
