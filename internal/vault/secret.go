package vault

import (
	"context"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// maxSecret is the longest value, in bytes.
// https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
const maxSecret = 25 << 10

const maxContentType = 255

// Secret is one version of a secret. Value is set only by SetSecret and GetSecret.
type Secret struct {
	Name, Version   string
	Value           string
	ContentType     string
	Attributes      Attributes
	Tags            Tags
	Managed         bool   // owned by the certificate of its name
	PreviousVersion string // of a certificate's secret
	Recovery        Recovery
	Deletion        *Deletion
}

// SetSecret is what a caller gives for a new version.
type SetSecret struct {
	Value       string
	ContentType string
	Attributes  *AttributesPatch
	Tags        Tags
}

// UpdateSecret changes a version; nil fields stay.
type UpdateSecret struct {
	ContentType *string
	Attributes  *AttributesPatch
	Tags        Tags
}

// secretRecord is a version as stored.
type secretRecord struct {
	Value       string     `json:"value"`
	ContentType string     `json:"contentType,omitempty"`
	Attributes  Attributes `json:"attributes"`
	Tags        Tags       `json:"tags,omitempty"`
}

func (r *secretRecord) view(c *call, h *head, version string) *Secret {
	return &Secret{Name: h.Name, Version: version, Value: r.Value, ContentType: r.ContentType,
		Attributes: r.Attributes, Tags: r.Tags, Recovery: c.cfg.recovery()}
}

// show puts what lists show of the current version into the head.
func (r *secretRecord) show(h *head) {
	h.Attributes, h.Tags, h.ContentType = r.Attributes, r.Tags, r.ContentType
}

// GetSecret returns a version with its value; version "" is the current one.
func (s *Service) GetSecret(ctx context.Context, caller identity.Caller, vault, name, version string) (*Secret, error) {
	return run(ctx, s, caller, OpGetSecret, vault, name, func(c *call) (*Secret, error) {
		secret, err := c.loadSecret(version)
		if err == nil && !secret.Attributes.Enabled {
			return nil, azerr.KVSecretDisabled.New("get")
		}
		if err == nil {
			c.carries([]byte(secret.Value))
		}
		return secret, err
	})
}

// loadSecret reads a live version with its value.
func (c *call) loadSecret(version string) (*Secret, error) {
	owner, h, err := c.owner(Secrets)
	if err != nil {
		return nil, err
	}
	at, err := c.versionOf(Secrets, h, version)
	if err != nil {
		return nil, err
	}
	if owner == Certificates {
		r, err := c.certificateVersion(h, at, Secrets)
		if err != nil {
			return nil, err
		}
		return r.secret(c, h, at), nil
	}
	var r secretRecord
	_, found, err := c.s.read(c.ctx, c.keys.version(Secrets, c.name, at), &r)
	if err == nil && !found {
		err = Secrets.notFound(c.name + "/" + at)
	}
	if err != nil {
		return nil, err
	}
	return r.view(c, h, at), nil
}

// SetSecret makes a new version of a secret.
func (s *Service) SetSecret(ctx context.Context, caller identity.Caller, vault, name string, in SetSecret) (*Secret, error) {
	return run(ctx, s, caller, OpSetSecret, vault, name, func(c *call) (*Secret, error) { return c.setSecret(in) })
}

func (c *call) setSecret(in SetSecret) (*Secret, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	attributes, err := newAttributes(c.now, in.Attributes)
	if err != nil {
		return nil, err
	}
	c.carries([]byte(in.Value))
	r := &secretRecord{Value: in.Value, ContentType: in.ContentType, Attributes: attributes, Tags: in.Tags}
	var out *Secret
	err = c.commit(func(t *txn) error {
		h, err := t.claim(c.keys, Secrets, c.name)
		if err != nil {
			return err
		}
		if h == nil {
			h = &head{Name: c.name}
		}
		h.Current = newVersion()
		r.show(h)
		out = r.view(c, h, h.Current)
		if err := t.put(c.keys.head(Secrets, c.name), h); err != nil {
			return err
		}
		return t.put(c.keys.version(Secrets, c.name, h.Current), r)
	})
	return out, err
}

func (in *SetSecret) check() error {
	if len(in.Value) > maxSecret {
		return badParameter("The secret's value has %d bytes; the limit is %d.", len(in.Value), maxSecret)
	}
	if err := checkContentType(in.ContentType); err != nil {
		return err
	}
	return checkTags(in.Tags)
}

func checkContentType(s string) error {
	if len(s) > maxContentType {
		return badParameter("contentType has %d characters; the limit is %d.", len(s), maxContentType)
	}
	return nil
}

// checkTags follows https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
// (15 tags) but allows what Azure's service does: 512 characters in names, 256 in values.
func checkTags(tags Tags) error {
	if len(tags) > 15 {
		return badParameter("An object can have 15 tags; got %d.", len(tags))
	}
	for name, value := range tags {
		if len(name) > 512 || len(value) > 256 {
			return badParameter("The tag '%s' is too long: a name has up to 512 characters, a value up to 256.", clip(name))
		}
	}
	return nil
}

// UpdateSecret changes the attributes, tags or content type of a version.
func (s *Service) UpdateSecret(ctx context.Context, caller identity.Caller, vault, name, version string, in UpdateSecret) (*Secret, error) {
	return run(ctx, s, caller, OpUpdateSecret, vault, name, func(c *call) (*Secret, error) { return c.updateSecret(version, in) })
}

func (c *call) updateSecret(version string, in UpdateSecret) (*Secret, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if in.ContentType != nil {
		if err := checkContentType(*in.ContentType); err != nil {
			return nil, err
		}
	}
	r := new(secretRecord)
	h, at, err := changeVersion(c, Secrets, version, r, func() error { return r.update(c, in) })
	if err != nil {
		return nil, err
	}
	out := r.view(c, h, at)
	out.Value = ""
	return out, nil
}

func (r *secretRecord) update(c *call, in UpdateSecret) error {
	if in.ContentType != nil {
		r.ContentType = *in.ContentType
	}
	if in.Tags != nil {
		r.Tags = in.Tags
	}
	return r.Attributes.apply(c.now, in.Attributes)
}

// changeVersion reads a version into r, changes it and stores it; what lists show of
// the current version follows. The objects of certificates are changed as certificates.
func changeVersion(c *call, kind Kind, version string, r interface{ show(*head) }, change func() error) (h *head, at string, err error) {
	err = c.commit(func(t *txn) error {
		if h, at, err = c.own(t, kind, version); err != nil {
			return err
		}
		key := c.keys.version(kind, c.name, at)
		if found, err := t.get(key, r); err != nil || !found {
			return orNotFound(err, kind, c.name+"/"+at)
		}
		if err := change(); err != nil {
			return err
		}
		if at == h.Current {
			r.show(h)
			if err := t.put(c.keys.head(kind, c.name), h); err != nil {
				return err
			}
		}
		return t.put(key, r)
	})
	return h, at, err
}

func orNotFound(err error, kind Kind, what string) error {
	if err != nil {
		return err
	}
	return kind.notFound(what)
}

// own reads the live head of an object that is not a certificate's, and the
// version that "" or a given text means.
func (c *call) own(t *txn, kind Kind, version string) (*head, string, error) {
	var h head
	found, err := t.get(c.keys.head(kind, c.name), &h)
	if err != nil {
		return nil, "", err
	}
	if !found {
		return nil, "", c.notOwn(t, kind)
	}
	at, err := c.versionOf(kind, &h, version)
	return &h, at, err
}

// notOwn says why there is no plain object of the name: none at all, or a certificate's.
func (c *call) notOwn(t *txn, kind Kind) error {
	if kind != Certificates {
		var h head
		found, err := t.get(c.keys.head(Certificates, c.name), &h)
		if err != nil {
			return err
		}
		if found && h.Current != "" {
			return azerr.KVManaged.New(c.op.verb, kind.singular(), c.name)
		}
	}
	return kind.notFound(c.name)
}

// ListSecrets lists the current versions, without values; certificates' secrets among them.
func (s *Service) ListSecrets(ctx context.Context, caller identity.Caller, vault string, o ListOptions) (Page[*Secret], error) {
	return run(ctx, s, caller, OpListSecrets, vault, "", func(c *call) (Page[*Secret], error) {
		return viewPage(c, Secrets, c.keys.heads, o, (*entry).secret)
	})
}

// viewPage reads a page of heads and shows each.
func viewPage[T any](c *call, kind Kind, prefix func(Kind) string, o ListOptions, view func(*entry, *call) T) (Page[T], error) {
	page, err := c.list(kind, prefix, o)
	out := Page[T]{Next: page.Next, Items: make([]T, 0, len(page.Items))}
	for i := range page.Items {
		out.Items = append(out.Items, view(&page.Items[i], c))
	}
	return out, err
}

// secret shows a head in a list of secrets.
func (e *entry) secret(c *call) *Secret {
	h := &e.head
	return &Secret{Name: h.Name, Version: h.Current, ContentType: h.ContentType, Attributes: h.Attributes, Tags: h.Tags,
		Managed: e.kind == Certificates, Recovery: c.cfg.recovery(), Deletion: h.Deletion}
}

// ListSecretVersions lists all versions of a secret, without values.
func (s *Service) ListSecretVersions(ctx context.Context, caller identity.Caller, vault, name string, o ListOptions) (Page[*Secret], error) {
	return run(ctx, s, caller, OpListSecretVersions, vault, name, func(c *call) (Page[*Secret], error) {
		page, err := viewVersions(c, Secrets, o, (*secretRecord).view, (*certificateRecord).secret)
		for _, secret := range page.Items {
			secret.Value = ""
		}
		return page, err
	})
}

// DeleteSecret deletes a secret softly, with all of its versions.
func (s *Service) DeleteSecret(ctx context.Context, caller identity.Caller, vault, name string) (*Secret, error) {
	return run(ctx, s, caller, OpDeleteSecret, vault, name, func(c *call) (*Secret, error) {
		h, err := c.softDelete(Secrets)
		return secretOf(c, h), err
	})
}

// GetDeletedSecret shows a deleted secret, without its value.
func (s *Service) GetDeletedSecret(ctx context.Context, caller identity.Caller, vault, name string) (*Secret, error) {
	return run(ctx, s, caller, OpGetDeletedSecret, vault, name, func(c *call) (*Secret, error) {
		owner, h, err := c.deletedOwner(Secrets)
		if err != nil {
			return nil, err
		}
		return (&entry{head: *h, kind: owner}).secret(c), nil
	})
}

// ListDeletedSecrets lists what can be recovered.
func (s *Service) ListDeletedSecrets(ctx context.Context, caller identity.Caller, vault string, o ListOptions) (Page[*Secret], error) {
	return run(ctx, s, caller, OpListDeletedSecrets, vault, "", func(c *call) (Page[*Secret], error) {
		return viewPage(c, Secrets, c.keys.deleted, o, (*entry).secret)
	})
}

// RecoverSecret brings a deleted secret back.
func (s *Service) RecoverSecret(ctx context.Context, caller identity.Caller, vault, name string) (*Secret, error) {
	return run(ctx, s, caller, OpRecoverSecret, vault, name, func(c *call) (*Secret, error) {
		h, err := c.recover(Secrets)
		return secretOf(c, h), err
	})
}

// PurgeSecret removes a deleted secret for good.
func (s *Service) PurgeSecret(ctx context.Context, caller identity.Caller, vault, name string) error {
	_, err := run(ctx, s, caller, OpPurgeSecret, vault, name, func(c *call) (struct{}, error) { return struct{}{}, c.purge(Secrets) })
	return err
}

func secretOf(c *call, h *head) *Secret {
	if h == nil {
		return nil
	}
	return (&entry{head: *h, kind: Secrets}).secret(c)
}
