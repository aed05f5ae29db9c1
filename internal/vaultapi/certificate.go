package vaultapi

import "gatehouse/internal/vault"

// certificate is a certificate bundle as written. cer is base64, x5t base64url.
type certificate struct {
	ID            string      `json:"id"`
	KID           string      `json:"kid,omitempty"`
	SID           string      `json:"sid,omitempty"`
	X5T           binary      `json:"x5t,omitempty"`
	CER           []byte      `json:"cer,omitempty"`
	ContentType   string      `json:"contentType,omitempty"`
	Attributes    *attributes `json:"attributes"`
	Tags          vault.Tags  `json:"tags,omitempty"`
	Policy        *policy     `json:"policy,omitempty"`
	Pending       *reference  `json:"pending,omitempty"`
	PreserveOrder *bool       `json:"preserveCertOrder,omitempty"`
	deletion
}

type reference struct {
	ID string `json:"id"`
}

// policy is a certificate's policy as written.
type policy struct {
	ID string `json:"id"`
	*vault.Policy
	Attributes struct {
		Enabled bool  `json:"enabled"`
		Created int64 `json:"created"`
		Updated int64 `json:"updated"`
	} `json:"attributes"`
}

func (q *request) policy(p *vault.PolicyView) any { return q.policyOf(p) }

func (q *request) policyOf(p *vault.PolicyView) *policy {
	if p == nil {
		return nil
	}
	out := &policy{ID: q.id(vault.Certificates, p.Name, "policy"), Policy: p.Policy}
	out.Attributes.Enabled = p.Policy.Enabled == nil || p.Policy.Enabled.Enabled == nil || *p.Policy.Enabled.Enabled
	out.Attributes.Created, out.Attributes.Updated = p.Created, p.Updated
	return out
}

func (q *request) certificate(c *vault.Certificate) any {
	out := &certificate{ID: q.id(vault.Certificates, c.Name, c.Version), X5T: c.X5T, CER: c.DER,
		Attributes: attributesOf(c.Attributes, c.Recovery), Tags: c.Tags, Policy: q.policyOf(c.Policy),
		PreserveOrder: &c.PreserveOrder, deletion: q.deletion(vault.Certificates, c.Name, c.Deletion)}
	if c.DER != nil {
		out.KID, out.SID = q.id(vault.Keys, c.Name, c.Version), q.id(vault.Secrets, c.Name, c.Version)
		out.ContentType = c.ContentType
	}
	if c.Pending {
		out.Pending = &reference{q.id(vault.Certificates, c.Name, "pending")}
	}
	return out
}

// certificateItem shows a certificate in a list; those carry no recoveryLevel.
func (q *request) certificateItem(c *vault.Certificate) any { return q.certificateEntry(c, "") }

func (q *request) certificateVersion(c *vault.Certificate) any {
	return q.certificateEntry(c, c.Version)
}

func (q *request) certificateEntry(c *vault.Certificate, version string) any {
	return &certificate{ID: q.id(vault.Certificates, c.Name, version), X5T: c.X5T, Attributes: attributesOf(c.Attributes, vault.Recovery{}),
		Tags: c.Tags, deletion: q.deletion(vault.Certificates, c.Name, c.Deletion)}
}

func importCertificate(q *request) (any, error) {
	var in struct {
		Value         string                 `json:"value"`
		Password      string                 `json:"pwd"`
		Policy        *vault.Policy          `json:"policy"`
		Attributes    *vault.AttributesPatch `json:"attributes"`
		Tags          vault.Tags             `json:"tags"`
		PreserveOrder *bool                  `json:"preserveCertOrder"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	c, err := q.service.ImportCertificate(q.Context(), q.caller, q.vault, q.name, vault.ImportCertificate(in))
	return answer(c, err, q.certificate)
}

func getCertificate(q *request) (any, error) {
	c, err := q.service.GetCertificate(q.Context(), q.caller, q.vault, q.name, q.version)
	return answer(c, err, q.certificate)
}

func updateCertificate(q *request) (any, error) {
	var in struct {
		Policy     *vault.Policy          `json:"policy"`
		Attributes *vault.AttributesPatch `json:"attributes"`
		Tags       vault.Tags             `json:"tags"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	c, err := q.service.UpdateCertificate(q.Context(), q.caller, q.vault, q.name, q.version, vault.UpdateCertificate(in))
	return answer(c, err, q.certificate)
}

func listCertificates(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListCertificates(q.Context(), q.caller, q.vault, o)
	return pageOf(q, p, q.certificateItem), err
}

func listCertificateVersions(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListCertificateVersions(q.Context(), q.caller, q.vault, q.name, o)
	return pageOf(q, p, q.certificateVersion), err
}

func getPolicy(q *request) (any, error) {
	p, err := q.service.GetCertificatePolicy(q.Context(), q.caller, q.vault, q.name)
	return answer(p, err, q.policy)
}

func updatePolicy(q *request) (any, error) {
	var in vault.Policy
	if err := q.read(&in); err != nil {
		return nil, err
	}
	p, err := q.service.UpdateCertificatePolicy(q.Context(), q.caller, q.vault, q.name, in)
	return answer(p, err, q.policy)
}

func deleteCertificate(q *request) (any, error) {
	c, err := q.service.DeleteCertificate(q.Context(), q.caller, q.vault, q.name)
	return answer(c, err, q.certificate)
}

func getDeletedCertificate(q *request) (any, error) {
	c, err := q.service.GetDeletedCertificate(q.Context(), q.caller, q.vault, q.name)
	return answer(c, err, q.certificate)
}

func listDeletedCertificates(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListDeletedCertificates(q.Context(), q.caller, q.vault, o)
	return pageOf(q, p, q.certificateItem), err
}

func recoverCertificate(q *request) (any, error) {
	c, err := q.service.RecoverCertificate(q.Context(), q.caller, q.vault, q.name)
	return answer(c, err, q.certificate)
}

func purgeCertificate(q *request) (any, error) {
	return nil, q.service.PurgeCertificate(q.Context(), q.caller, q.vault, q.name)
}

func backupCertificate(q *request) (any, error) {
	b, err := q.service.BackupCertificate(q.Context(), q.caller, q.vault, q.name)
	return backup{b}, err
}

func restoreCertificate(q *request) (any, error) {
	blob, err := q.readBackup()
	if err != nil {
		return nil, err
	}
	c, err := q.service.RestoreCertificate(q.Context(), q.caller, q.vault, blob)
	return answer(c, err, q.certificate)
}
