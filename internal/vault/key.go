package vault

import (
	"context"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// Key is one version of a key. Its private half never leaves, except in a backup.
type Key struct {
	Name, Version string
	Public        PublicKey
	Ops           []string
	Attributes    Attributes
	Tags          Tags
	Managed       bool // owned by the certificate of its name
	Recovery      Recovery
	Deletion      *Deletion
}

// CreateKey is what a caller asks a new version to be.
type CreateKey struct {
	Type, Curve    string
	Size           int
	PublicExponent int
	Ops            []string
	Attributes     *AttributesPatch
	Tags           Tags
	ReleasePolicy  bool // one was given
}

// ImportKey is a key that a caller brings.
type ImportKey struct {
	Key           JWK
	HSM           bool
	Attributes    *AttributesPatch
	Tags          Tags
	ReleasePolicy bool
}

// UpdateKey changes a version; nil fields stay.
type UpdateKey struct {
	Ops           []string
	Attributes    *AttributesPatch
	Tags          Tags
	ReleasePolicy bool
}

// keyRecord is a version as stored.
type keyRecord struct {
	Material   material   `json:"material"`
	Ops        []string   `json:"ops"`
	Attributes Attributes `json:"attributes"`
	Tags       Tags       `json:"tags,omitempty"`
}

func (r *keyRecord) view(c *call, h *head, version string) *Key {
	return &Key{Name: h.Name, Version: version, Public: r.Material.public(), Ops: r.Ops,
		Attributes: r.Attributes, Tags: r.Tags, Recovery: c.cfg.recovery()}
}

func (r *keyRecord) show(h *head) { h.Attributes, h.Tags = r.Attributes, r.Tags }

// defaultOps are all that a key of the type can do.
func defaultOps(rsa bool) []string {
	if rsa {
		return []string{"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"}
	}
	return []string{"sign", "verify"}
}

// checkOps accepts known operations that fit the type; nil means the default.
func checkOps(ops []string, rsa bool) ([]string, error) {
	if ops == nil {
		return defaultOps(rsa), nil
	}
	if len(ops) > 8 {
		return nil, badParameter("key_ops has %d items; there are six operations.", len(ops))
	}
	for _, op := range ops {
		switch op {
		case "sign", "verify":
		case "encrypt", "decrypt", "wrapKey", "unwrapKey":
			if !rsa {
				return nil, badParameter("key_ops: '%s' is not possible with an EC key; it can sign and verify.", op)
			}
		case "import", "export", "deriveKey":
			return nil, notSupported("key_ops: '%s' is not supported.", op)
		default:
			return nil, badParameter("key_ops: '%s' is not known; it must be one of encrypt, decrypt, sign, verify, wrapKey, unwrapKey.", clip(op))
		}
	}
	return ops, nil
}

func refuseRelease(policy bool, a *AttributesPatch) error {
	if policy || a != nil && a.Exportable != nil && *a.Exportable {
		return notSupported("Secure key release (release_policy, exportable) is not supported: keys here never leave the vault.")
	}
	return nil
}

// premium refuses -HSM types in a standard vault, as Azure does.
func (c *call) premium(typ string) error {
	if strings.HasSuffix(typ, "-HSM") && strings.EqualFold(c.cfg.SKU, "standard") {
		return badParameter("The key type '%s' is not supported by vault '%s' of the standard SKU: it needs premium.", typ, c.cfg.Name)
	}
	return nil
}

// CreateKey makes a new version with a generated key.
func (s *Service) CreateKey(ctx context.Context, caller identity.Caller, vault, name string, in CreateKey) (*Key, error) {
	return run(ctx, s, caller, OpCreateKey, vault, name, func(c *call) (*Key, error) {
		if err := c.weigh(weight(in.Type, in.Size, true)); err != nil {
			return nil, err
		}
		return c.createKey(in)
	})
}

func (c *call) createKey(in CreateKey) (*Key, error) {
	shape, err := c.creatable(in)
	if err != nil {
		return nil, err
	}
	m, err := generate(shape)
	if err != nil {
		return nil, err
	}
	return c.addKey(m, in.Ops, in.Attributes, in.Tags)
}

// creatable refuses what can't be made before it costs a generation.
func (c *call) creatable(in CreateKey) (keyShape, error) {
	shape, err := keyShape{in.Type, in.Curve, in.Size}.normal()
	if err == nil {
		err = refuseRelease(in.ReleasePolicy, in.Attributes)
	}
	if err == nil {
		err = c.premium(shape.Type)
	}
	if err == nil && in.PublicExponent != 0 && in.PublicExponent != 65537 {
		err = notSupported("public_exponent %d is not supported: it must be 65537.", in.PublicExponent)
	}
	if err == nil {
		_, err = checkOps(in.Ops, strings.HasPrefix(shape.Type, TypeRSA))
	}
	if err == nil {
		err = checkTags(in.Tags)
	}
	if err == nil {
		_, err = newAttributes(c.now, in.Attributes)
	}
	if err == nil {
		err = c.unclaimed(Keys)
	}
	return shape, err
}

// unclaimed refuses early what claim would refuse after a costly generation.
func (c *call) unclaimed(kind Kind) error {
	_, err := (&txn{s: c.s, ctx: c.ctx}).claim(c.keys, kind, c.name)
	return err
}

// ImportKey makes a new version with a key that the caller brings.
func (s *Service) ImportKey(ctx context.Context, caller identity.Caller, vault, name string, in ImportKey) (*Key, error) {
	return run(ctx, s, caller, OpImportKey, vault, name, func(c *call) (*Key, error) {
		if err := refuseRelease(in.ReleasePolicy, in.Attributes); err != nil {
			return nil, err
		}
		m, err := in.Key.material(in.HSM)
		if err == nil {
			err = c.premium(m.Type)
		}
		if err != nil {
			return nil, err
		}
		return c.addKey(m, in.Key.Ops, in.Attributes, in.Tags)
	})
}

func (c *call) addKey(m *material, ops []string, patch *AttributesPatch, tags Tags) (*Key, error) {
	ops, err := checkOps(ops, m.rsa())
	if err == nil {
		err = checkTags(tags)
	}
	if err != nil {
		return nil, err
	}
	attributes, err := newAttributes(c.now, patch)
	if err != nil {
		return nil, err
	}
	var out *Key
	err = c.commit(func(t *txn) error {
		h, err := t.claim(c.keys, Keys, c.name)
		if err != nil {
			return err
		}
		if h == nil {
			h = &head{Name: c.name}
			if c.firstRotation != nil {
				h.Rotation = c.firstRotation.stored(c.now)
			}
		}
		r := &keyRecord{Material: *m, Ops: ops, Attributes: attributes, Tags: tags}
		h.Rotation.expire(c.now, &r.Attributes)
		out, err = t.putKey(c, h, newVersion(), r)
		return err
	})
	return out, err
}

// putKey makes r the current version.
func (t *txn) putKey(c *call, h *head, version string, r *keyRecord) (*Key, error) {
	h.Current, h.Renewal = version, nil
	r.show(h)
	if err := t.put(c.keys.head(Keys, c.name), h); err != nil {
		return nil, err
	}
	return r.view(c, h, version), t.put(c.keys.version(Keys, c.name, version), r)
}

// GetKey returns the public half of a version; version "" is the current one.
func (s *Service) GetKey(ctx context.Context, caller identity.Caller, vault, name, version string) (*Key, error) {
	return run(ctx, s, caller, OpGetKey, vault, name, func(c *call) (*Key, error) {
		k, err := c.loadKey(version)
		if err != nil {
			return nil, err
		}
		return k.view, c.weigh(k.material.weight())
	})
}

// loadedKey is a live version with its material and where that came from.
type loadedKey struct {
	view     *Key
	material *material
	record   string
	revision int64
}

func (c *call) loadKey(version string) (*loadedKey, error) {
	owner, h, err := c.owner(Keys)
	if err != nil {
		return nil, err
	}
	at, err := c.versionOf(Keys, h, version)
	if err != nil {
		return nil, err
	}
	out := &loadedKey{record: c.keys.version(owner, c.name, at)}
	if owner == Certificates {
		r := new(certificateRecord)
		if out.revision, err = c.mustRead(out.record, r, Keys, at); err != nil {
			return nil, err
		}
		out.view, out.material = r.key(c, h, at), r.Key
		return out, nil
	}
	r := new(keyRecord)
	if out.revision, err = c.mustRead(out.record, r, Keys, at); err != nil {
		return nil, err
	}
	out.view, out.material = r.view(c, h, at), &r.Material
	return out, nil
}

func (c *call) mustRead(key string, into any, kind Kind, version string) (int64, error) {
	revision, found, err := c.s.read(c.ctx, key, into)
	if err == nil && !found {
		err = kind.notFound(c.name + "/" + version)
	}
	return revision, err
}

// UpdateKey changes the attributes, operations or tags of a version.
func (s *Service) UpdateKey(ctx context.Context, caller identity.Caller, vault, name, version string, in UpdateKey) (*Key, error) {
	return run(ctx, s, caller, OpUpdateKey, vault, name, func(c *call) (*Key, error) {
		if err := refuseRelease(in.ReleasePolicy, in.Attributes); err != nil {
			return nil, err
		}
		if err := checkTags(in.Tags); err != nil {
			return nil, err
		}
		r := new(keyRecord)
		h, at, err := changeVersion(c, Keys, version, r, func() error { return r.update(c, in) })
		if err != nil {
			return nil, err
		}
		return r.view(c, h, at), nil
	})
}

func (r *keyRecord) update(c *call, in UpdateKey) error {
	if in.Ops != nil {
		ops, err := checkOps(in.Ops, r.Material.rsa())
		if err != nil {
			return err
		}
		r.Ops = ops
	}
	if in.Tags != nil {
		r.Tags = in.Tags
	}
	return r.Attributes.apply(c.now, in.Attributes)
}

// ListKeys lists the current versions; certificates' keys among them.
func (s *Service) ListKeys(ctx context.Context, caller identity.Caller, vault string, o ListOptions) (Page[*Key], error) {
	return run(ctx, s, caller, OpListKeys, vault, "", func(c *call) (Page[*Key], error) {
		return viewPage(c, Keys, c.keys.heads, o, (*entry).asKey)
	})
}

// asKey shows a head in a list of keys.
func (e *entry) asKey(c *call) *Key {
	h := &e.head
	return &Key{Name: h.Name, Version: h.Current, Attributes: h.Attributes, Tags: h.Tags,
		Managed: e.kind == Certificates, Recovery: c.cfg.recovery(), Deletion: h.Deletion}
}

// ListKeyVersions lists all versions of a key.
func (s *Service) ListKeyVersions(ctx context.Context, caller identity.Caller, vault, name string, o ListOptions) (Page[*Key], error) {
	return run(ctx, s, caller, OpListKeyVersions, vault, name, func(c *call) (Page[*Key], error) {
		return viewVersions(c, Keys, o, (*keyRecord).view, (*certificateRecord).key)
	})
}

// DeleteKey deletes a key softly, with all of its versions.
func (s *Service) DeleteKey(ctx context.Context, caller identity.Caller, vault, name string) (*Key, error) {
	return run(ctx, s, caller, OpDeleteKey, vault, name, func(c *call) (*Key, error) {
		h, err := c.softDelete(Keys)
		if err != nil {
			return nil, err
		}
		return c.keyOfHead(Keys, h)
	})
}

// keyOfHead shows the current version of a head, live or deleted.
func (c *call) keyOfHead(owner Kind, h *head) (*Key, error) {
	var out *Key
	key := c.keys.version(owner, c.name, h.Current)
	if owner == Certificates {
		r := new(certificateRecord)
		if _, err := c.mustRead(key, r, Keys, h.Current); err != nil {
			return nil, err
		}
		out = r.key(c, h, h.Current)
	} else {
		r := new(keyRecord)
		if _, err := c.mustRead(key, r, Keys, h.Current); err != nil {
			return nil, err
		}
		out = r.view(c, h, h.Current)
	}
	out.Deletion = h.Deletion
	return out, nil
}

// GetDeletedKey shows a deleted key.
func (s *Service) GetDeletedKey(ctx context.Context, caller identity.Caller, vault, name string) (*Key, error) {
	return run(ctx, s, caller, OpGetDeletedKey, vault, name, func(c *call) (*Key, error) {
		owner, h, err := c.deletedOwner(Keys)
		if err != nil {
			return nil, err
		}
		return c.keyOfHead(owner, h)
	})
}

// ListDeletedKeys lists what can be recovered.
func (s *Service) ListDeletedKeys(ctx context.Context, caller identity.Caller, vault string, o ListOptions) (Page[*Key], error) {
	return run(ctx, s, caller, OpListDeletedKeys, vault, "", func(c *call) (Page[*Key], error) {
		return viewPage(c, Keys, c.keys.deleted, o, (*entry).asKey)
	})
}

// RecoverKey brings a deleted key back.
func (s *Service) RecoverKey(ctx context.Context, caller identity.Caller, vault, name string) (*Key, error) {
	return run(ctx, s, caller, OpRecoverKey, vault, name, func(c *call) (*Key, error) {
		h, err := c.recover(Keys)
		if err != nil {
			return nil, err
		}
		return c.keyOfHead(Keys, h)
	})
}

// PurgeKey removes a deleted key for good.
func (s *Service) PurgeKey(ctx context.Context, caller identity.Caller, vault, name string) error {
	_, err := run(ctx, s, caller, OpPurgeKey, vault, name, func(c *call) (struct{}, error) { return struct{}{}, c.purge(Keys) })
	return err
}

// ReleaseKey, GetKeyAttestation and GetRandomBytes are what only a Managed HSM,
// or hardware, does. They are refused by name, after the right was checked.
func (s *Service) ReleaseKey(ctx context.Context, caller identity.Caller, vault, name string) error {
	return s.refuse(ctx, caller, OpReleaseKey, vault, name, "Release: secure key release is not supported: keys here never leave the vault.")
}

// GetKeyAttestation is refused: there is no hardware that could attest.
func (s *Service) GetKeyAttestation(ctx context.Context, caller identity.Caller, vault, name string) error {
	return s.refuse(ctx, caller, OpGetKeyAttestation, vault, name, "GetKeyAttestation: key attestation needs a Managed HSM.")
}

// GetRandomBytes is refused: it is an operation of a Managed HSM.
func (s *Service) GetRandomBytes(ctx context.Context, caller identity.Caller, vault string) error {
	return s.refuse(ctx, caller, OpGetRandomBytes, vault, "", "GetRandomBytes: the operation 'rng' needs a Managed HSM; a key vault does not have it.")
}

func (s *Service) refuse(ctx context.Context, caller identity.Caller, op *Operation, vault, name, why string) error {
	_, err := run(ctx, s, caller, op, vault, name, func(*call) (struct{}, error) {
		return struct{}{}, azerr.KVNotSupported.New(why)
	})
	return err
}
