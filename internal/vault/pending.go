package vault

import (
	"context"
	"fmt"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// The states of an operation, and Azure's words for the first.
const (
	statusInProgress = "inProgress"
	statusCompleted  = "completed"
	statusCancelled  = "cancelled"
	statusFailed     = "failed"

	detailsInProgress = "Pending certificate created. Certificate request is in progress. This may take some time based on the issuer provider. Please check again later."
)

// CertificateOperation makes a version of a certificate.
type CertificateOperation struct {
	Name          string
	Issuer        IssuerParameters
	CSR           []byte // PKCS#10, DER
	Cancelled     bool   // cancellation was requested
	Status        string
	Details       string
	RequestID     string
	PreserveOrder bool
	ErrorCode     string // of a failed renewal
	ErrorMessage  string
}

// Completed reports whether the certificate can be fetched.
func (o *CertificateOperation) Completed() bool { return o.Status == statusCompleted }

// pendingRecord is an operation as stored. Key and Policy are there while it is in progress.
type pendingRecord struct {
	Version       string           `json:"version"` // that it makes
	RequestID     string           `json:"requestId"`
	Issuer        IssuerParameters `json:"issuer"`
	CSR           []byte           `json:"csr"`
	Status        string           `json:"status"`
	Details       string           `json:"details"`
	Cancelled     bool             `json:"cancelled,omitempty"`
	PreserveOrder bool             `json:"preserveOrder,omitempty"`
	Created       int64            `json:"created"`
	ErrorCode     string           `json:"errorCode,omitempty"`
	ErrorMessage  string           `json:"errorMessage,omitempty"`
	Key           *material        `json:"key,omitempty"`
	Policy        *Policy          `json:"policy,omitempty"`
	Attributes    *AttributesPatch `json:"attributes,omitempty"`
	Tags          Tags             `json:"tags,omitempty"`
}

func (p *pendingRecord) view(name string) *CertificateOperation {
	return &CertificateOperation{Name: name, Issuer: p.Issuer, CSR: p.CSR, Cancelled: p.Cancelled, Status: p.Status,
		Details: p.Details, RequestID: p.RequestID, PreserveOrder: p.PreserveOrder,
		ErrorCode: p.ErrorCode, ErrorMessage: p.ErrorMessage}
}

// finish ends the operation and forgets the key, which has gone to its version or is not wanted.
func (p *pendingRecord) finish(status, details string) {
	p.Status, p.Details, p.Key, p.Policy = status, details, nil, nil
}

func (p *pendingRecord) complete() { p.finish(statusCompleted, "") }

// errPendingInProgress is Azure's sentence.
func errPendingInProgress() error {
	return azerr.KVPendingConflict.New("A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress.")
}

// pendingOf reads the live head and its operation.
func (c *call) pendingOf(t *txn) (*head, *pendingRecord, error) {
	h, _, err := c.own(t, Certificates, "")
	if err != nil {
		return nil, nil, err
	}
	p := new(pendingRecord)
	found, err := t.get(c.keys.pending(c.name), p)
	if err == nil && !found {
		err = azerr.KVPendingNotFound.New(c.name)
	}
	return h, p, err
}

// GetCertificateOperation returns the last operation of a certificate.
func (s *Service) GetCertificateOperation(ctx context.Context, caller identity.Caller, vault, name string) (*CertificateOperation, error) {
	return run(ctx, s, caller, OpGetOperation, vault, name, func(c *call) (*CertificateOperation, error) {
		h, p, err := c.pendingOf(&txn{s: c.s, ctx: c.ctx})
		if err != nil {
			return nil, err
		}
		return p.view(h.Name), nil
	})
}

// UpdateCertificateOperation asks to cancel the operation.
func (s *Service) UpdateCertificateOperation(ctx context.Context, caller identity.Caller, vault, name string, cancel bool) (*CertificateOperation, error) {
	return run(ctx, s, caller, OpUpdateOperation, vault, name, func(c *call) (*CertificateOperation, error) {
		var out *CertificateOperation
		err := c.commit(func(t *txn) error {
			h, p, err := c.pendingOf(t)
			if err != nil {
				return err
			}
			if cancel && p.Status == statusInProgress {
				p.Cancelled = true
				p.finish(statusCancelled, "The certificate request was cancelled by a user.")
			} else if cancel != p.Cancelled {
				return azerr.KVPendingConflict.New(fmt.Sprintf("The operation of certificate '%s' is %s: its cancellation can no longer be changed.", c.name, p.Status))
			}
			out = p.view(h.Name)
			return t.put(c.keys.pending(c.name), p)
		})
		return out, err
	})
}

// DeleteCertificateOperation removes the operation. A certificate that has no
// version yet goes with it, which frees its name.
func (s *Service) DeleteCertificateOperation(ctx context.Context, caller identity.Caller, vault, name string) (*CertificateOperation, error) {
	return run(ctx, s, caller, OpDeleteOperation, vault, name, func(c *call) (*CertificateOperation, error) {
		var out *CertificateOperation
		err := c.commit(func(t *txn) error {
			h, p, err := c.pendingOf(t)
			if err != nil {
				return err
			}
			out = p.view(h.Name)
			if h.Current == "" {
				t.delete(c.keys.head(Certificates, c.name))
			}
			t.delete(c.keys.pending(c.name))
			return nil
		})
		return out, err
	})
}
