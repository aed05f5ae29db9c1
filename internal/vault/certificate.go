package vault

import (
	"context"
	"crypto/sha1" //nolint:gosec // x5t is SHA-1 by RFC 7515, 4.1.7
	"crypto/x509"

	"gatehouse/internal/identity"
)

// Certificate is one version of a certificate.
type Certificate struct {
	Name, Version string
	DER           []byte // nil while the first version is being made
	X5T           []byte
	ContentType   string
	Attributes    Attributes
	Tags          Tags
	Policy        *PolicyView // nil in lists
	PreserveOrder bool
	Pending       bool // an operation on it can be asked for
	Recovery      Recovery
	Deletion      *Deletion
}

// PolicyView is a certificate's policy with when it was written.
type PolicyView struct {
	Name             string // the certificate's
	Policy           *Policy
	Created, Updated int64
}

// certificateRecord is a version as stored, with its key and what its secret holds.
type certificateRecord struct {
	Leaf          []byte     `json:"leaf"` // DER
	Chain         [][]byte   `json:"chain,omitempty"`
	Key           *material  `json:"key"`
	Exportable    bool       `json:"exportable"`
	ContentType   string     `json:"contentType"`
	Secret        string     `json:"secret"` // the managed secret's value
	Attributes    Attributes `json:"attributes"`
	Tags          Tags       `json:"tags,omitempty"`
	PreserveOrder bool       `json:"preserveOrder,omitempty"`
	Previous      string     `json:"previous,omitempty"` // version
}

func x5t(der []byte) []byte {
	sum := sha1.Sum(der) //nolint:gosec // see above
	return sum[:]
}

func (r *certificateRecord) view(c *call, h *head, version string) *Certificate {
	return &Certificate{Name: h.Name, Version: version, DER: r.Leaf, X5T: x5t(r.Leaf), ContentType: r.ContentType,
		Attributes: r.Attributes, Tags: r.Tags, Policy: h.policyView(), PreserveOrder: r.PreserveOrder,
		Recovery: c.cfg.recovery(), Deletion: h.Deletion}
}

// secret is the managed secret of the version.
func (r *certificateRecord) secret(c *call, h *head, version string) *Secret {
	return &Secret{Name: h.Name, Version: version, Value: r.Secret, ContentType: r.ContentType, Attributes: r.Attributes,
		Tags: r.Tags, Managed: true, PreviousVersion: r.Previous, Recovery: c.cfg.recovery()}
}

// key is the managed key of the version.
func (r *certificateRecord) key(c *call, h *head, version string) *Key {
	return &Key{Name: h.Name, Version: version, Public: r.Key.public(), Ops: defaultOps(r.Key.rsa()), Attributes: r.Attributes,
		Tags: r.Tags, Managed: true, Recovery: c.cfg.recovery()}
}

// show puts what lists and renewal need into the head.
func (r *certificateRecord) show(h *head, leaf *x509.Certificate) {
	h.Attributes, h.Tags, h.ContentType, h.X5T = r.Attributes, r.Tags, r.ContentType, x5t(r.Leaf)
	if leaf != nil {
		h.Begins, h.Expires = leaf.NotBefore.Unix(), leaf.NotAfter.Unix()
	}
}

func (h *head) policyView() *PolicyView {
	if h.Policy == nil {
		return nil
	}
	return &PolicyView{Name: h.Name, Policy: h.Policy, Created: h.PolicyCreated, Updated: h.PolicyUpdated}
}

func (h *head) setPolicy(c *call, p *Policy) {
	if h.Policy == nil {
		h.PolicyCreated = c.now.Unix()
	}
	h.Policy, h.PolicyUpdated = p, c.now.Unix()
}

// certificateVersion reads a version; kind is what the caller knows it as.
func (c *call) certificateVersion(h *head, version string, kind Kind) (*certificateRecord, error) {
	r := new(certificateRecord)
	_, err := c.mustRead(c.keys.version(Certificates, h.Name, version), r, kind, version)
	return r, err
}

// certificateOf shows a version of a head, live or deleted. While there is none,
// it shows the certificate that is being made.
func (c *call) certificateOf(h *head, version string) (*Certificate, error) {
	var p pendingRecord
	_, pending, err := c.s.read(c.ctx, c.keys.pending(h.Name), &p)
	if err != nil {
		return nil, err
	}
	if version == "" {
		return &Certificate{Name: h.Name, Version: p.Version, Attributes: h.Attributes, Tags: h.Tags, Policy: h.policyView(),
			PreserveOrder: p.PreserveOrder, Pending: pending, Recovery: c.cfg.recovery(), Deletion: h.Deletion}, nil
	}
	r, err := c.certificateVersion(h, version, Certificates)
	if err != nil {
		return nil, err
	}
	out := r.view(c, h, version)
	out.Pending = pending
	return out, nil
}

// GetCertificate returns a version; version "" is the current one.
func (s *Service) GetCertificate(ctx context.Context, caller identity.Caller, vault, name, version string) (*Certificate, error) {
	return run(ctx, s, caller, OpGetCertificate, vault, name, func(c *call) (*Certificate, error) {
		_, h, err := c.owner(Certificates)
		if err != nil {
			return nil, err
		}
		at, err := c.versionOf(Certificates, h, version)
		if err != nil {
			return nil, err
		}
		return c.certificateOf(h, at)
	})
}

// ListCertificates lists the current versions.
func (s *Service) ListCertificates(ctx context.Context, caller identity.Caller, vault string, o ListOptions) (Page[*Certificate], error) {
	return run(ctx, s, caller, OpListCertificates, vault, "", func(c *call) (Page[*Certificate], error) {
		return viewPage(c, Certificates, c.keys.heads, o, (*entry).certificate)
	})
}

// certificate shows a head in a list of certificates.
func (e *entry) certificate(c *call) *Certificate {
	h := &e.head
	return &Certificate{Name: h.Name, Version: h.Current, X5T: h.X5T, ContentType: h.ContentType, Attributes: h.Attributes,
		Tags: h.Tags, Recovery: c.cfg.recovery(), Deletion: h.Deletion}
}

// ListCertificateVersions lists all versions.
func (s *Service) ListCertificateVersions(ctx context.Context, caller identity.Caller, vault, name string, o ListOptions) (Page[*Certificate], error) {
	return run(ctx, s, caller, OpListCertificateVersions, vault, name, func(c *call) (Page[*Certificate], error) {
		return viewVersions(c, Certificates, o, (*certificateRecord).view, (*certificateRecord).view)
	})
}

// UpdateCertificate is what a caller changes of a version; nil fields stay.
type UpdateCertificate struct {
	Policy     *Policy
	Attributes *AttributesPatch
	Tags       Tags
}

// UpdateCertificate changes attributes and tags of a version, and the policy.
func (s *Service) UpdateCertificate(ctx context.Context, caller identity.Caller, vault, name, version string, in UpdateCertificate) (*Certificate, error) {
	return run(ctx, s, caller, OpUpdateCertificate, vault, name, func(c *call) (*Certificate, error) {
		if err := checkTags(in.Tags); err != nil {
			return nil, err
		}
		var out *Certificate
		err := c.commit(func(t *txn) (err error) {
			out, err = c.updateCertificate(t, version, in)
			return err
		})
		return out, err
	})
}

func (c *call) updateCertificate(t *txn, version string, in UpdateCertificate) (*Certificate, error) {
	h, at, err := c.own(t, Certificates, version)
	if err != nil {
		return nil, err
	}
	if at == "" {
		return nil, Certificates.notFound(c.name)
	}
	r := new(certificateRecord)
	key := c.keys.version(Certificates, c.name, at)
	if found, err := t.get(key, r); err != nil || !found {
		return nil, orNotFound(err, Certificates, c.name+"/"+at)
	}
	if in.Tags != nil {
		r.Tags = in.Tags
	}
	if err := r.Attributes.apply(c.now, in.Attributes); err != nil {
		return nil, err
	}
	if in.Policy != nil {
		if err := c.patchPolicy(h, in.Policy); err != nil {
			return nil, err
		}
	}
	if at == h.Current {
		r.show(h, nil)
	}
	if at == h.Current || in.Policy != nil {
		if err := t.put(c.keys.head(Certificates, c.name), h); err != nil {
			return nil, err
		}
	}
	return r.view(c, h, at), t.put(key, r)
}

func (c *call) patchPolicy(h *head, in *Policy) error {
	next := &Policy{}
	if h.Policy != nil {
		next = h.Policy.clone()
	}
	next.patch(in)
	next, err := next.complete()
	if err == nil {
		h.setPolicy(c, next)
	}
	return err
}

// GetCertificatePolicy returns the policy, also before the first version is complete.
func (s *Service) GetCertificatePolicy(ctx context.Context, caller identity.Caller, vault, name string) (*PolicyView, error) {
	return run(ctx, s, caller, OpGetCertificatePolicy, vault, name, func(c *call) (*PolicyView, error) {
		_, h, err := c.owner(Certificates)
		if err != nil {
			return nil, err
		}
		return h.policyView(), nil
	})
}

// UpdateCertificatePolicy replaces the parts of the policy that in has. It takes
// effect with the next version.
func (s *Service) UpdateCertificatePolicy(ctx context.Context, caller identity.Caller, vault, name string, in Policy) (*PolicyView, error) {
	return run(ctx, s, caller, OpUpdateCertificatePolicy, vault, name, func(c *call) (*PolicyView, error) {
		var out *PolicyView
		err := c.commit(func(t *txn) error {
			h, _, err := c.own(t, Certificates, "")
			if err != nil {
				return err
			}
			if err := c.patchPolicy(h, &in); err != nil {
				return err
			}
			out = h.policyView()
			return t.put(c.keys.head(Certificates, c.name), h)
		})
		return out, err
	})
}

// DeleteCertificate deletes a certificate softly, with its key and its secret.
func (s *Service) DeleteCertificate(ctx context.Context, caller identity.Caller, vault, name string) (*Certificate, error) {
	return run(ctx, s, caller, OpDeleteCertificate, vault, name, func(c *call) (*Certificate, error) {
		h, err := c.softDelete(Certificates)
		if err != nil {
			return nil, err
		}
		return c.certificateOf(h, h.Current)
	})
}

// GetDeletedCertificate shows a deleted certificate.
func (s *Service) GetDeletedCertificate(ctx context.Context, caller identity.Caller, vault, name string) (*Certificate, error) {
	return run(ctx, s, caller, OpGetDeletedCertificate, vault, name, func(c *call) (*Certificate, error) {
		_, h, err := c.deletedOwner(Certificates)
		if err != nil {
			return nil, err
		}
		return c.certificateOf(h, h.Current)
	})
}

// ListDeletedCertificates lists what can be recovered.
func (s *Service) ListDeletedCertificates(ctx context.Context, caller identity.Caller, vault string, o ListOptions) (Page[*Certificate], error) {
	return run(ctx, s, caller, OpListDeletedCertificates, vault, "", func(c *call) (Page[*Certificate], error) {
		return viewPage(c, Certificates, c.keys.deleted, o, (*entry).certificate)
	})
}

// RecoverCertificate brings a deleted certificate back, with its key and its secret.
func (s *Service) RecoverCertificate(ctx context.Context, caller identity.Caller, vault, name string) (*Certificate, error) {
	return run(ctx, s, caller, OpRecoverCertificate, vault, name, func(c *call) (*Certificate, error) {
		h, err := c.recover(Certificates)
		if err != nil {
			return nil, err
		}
		return c.certificateOf(h, h.Current)
	})
}

// PurgeCertificate removes a deleted certificate for good, with its key and its secret.
func (s *Service) PurgeCertificate(ctx context.Context, caller identity.Caller, vault, name string) error {
	_, err := run(ctx, s, caller, OpPurgeCertificate, vault, name, func(c *call) (struct{}, error) { return struct{}{}, c.purge(Certificates) })
	return err
}
