package vaultapi

import (
	"net/url"

	"gatehouse/internal/vault"
)

// operation is a certificate operation as written. csr is base64.
type operation struct {
	ID            string                 `json:"id"`
	Issuer        vault.IssuerParameters `json:"issuer"`
	CSR           []byte                 `json:"csr,omitempty"`
	Cancelled     bool                   `json:"cancellation_requested"`
	Status        string                 `json:"status"`
	Details       string                 `json:"status_details,omitempty"`
	Error         *operationError        `json:"error,omitempty"`
	Target        string                 `json:"target,omitempty"`
	RequestID     string                 `json:"request_id"`
	PreserveOrder bool                   `json:"preserveCertOrder"`
}

type operationError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (q *request) operation(o *vault.CertificateOperation) any {
	out := &operation{ID: q.id(vault.Certificates, o.Name, "pending"), Issuer: o.Issuer, CSR: o.CSR, Cancelled: o.Cancelled,
		Status: o.Status, Details: o.Details, RequestID: o.RequestID, PreserveOrder: o.PreserveOrder}
	if o.ErrorCode != "" {
		out.Error = &operationError{o.ErrorCode, o.ErrorMessage}
	}
	if o.Completed() {
		out.Target = q.id(vault.Certificates, o.Name, "")
	}
	return out
}

func createCertificate(q *request) (any, error) {
	var in struct {
		Policy        *vault.Policy          `json:"policy"`
		Attributes    *vault.AttributesPatch `json:"attributes"`
		Tags          vault.Tags             `json:"tags"`
		PreserveOrder *bool                  `json:"preserveCertOrder"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	o, err := q.service.CreateCertificate(q.Context(), q.caller, q.vault, q.name, vault.CreateCertificate(in))
	if err != nil {
		return nil, err
	}
	q.header.Set("Location", q.id(vault.Certificates, o.Name, "pending")+"?api-version="+url.QueryEscape(q.URL.Query().Get("api-version"))+"&request_id="+o.RequestID)
	return q.operation(o), nil
}

func getOperation(q *request) (any, error) {
	o, err := q.service.GetCertificateOperation(q.Context(), q.caller, q.vault, q.name)
	return answer(o, err, q.operation)
}

func updateOperation(q *request) (any, error) {
	var in struct {
		Cancel *bool `json:"cancellation_requested"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	if in.Cancel == nil {
		return nil, badParameter("cancellation_requested is missing: it must be true or false.")
	}
	o, err := q.service.UpdateCertificateOperation(q.Context(), q.caller, q.vault, q.name, *in.Cancel)
	return answer(o, err, q.operation)
}

func deleteOperation(q *request) (any, error) {
	o, err := q.service.DeleteCertificateOperation(q.Context(), q.caller, q.vault, q.name)
	return answer(o, err, q.operation)
}

func mergeCertificate(q *request) (any, error) {
	var in struct {
		Certificates []binary               `json:"x5c"`
		Attributes   *vault.AttributesPatch `json:"attributes"`
		Tags         vault.Tags             `json:"tags"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	merge := vault.MergeCertificate{Attributes: in.Attributes, Tags: in.Tags}
	for _, der := range in.Certificates {
		merge.Certificates = append(merge.Certificates, der)
	}
	c, err := q.service.MergeCertificate(q.Context(), q.caller, q.vault, q.name, merge)
	return answer(c, err, q.certificate)
}
