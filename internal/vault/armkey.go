package vault

import (
	"context"
	"errors"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// KeyFromARM is a key as Resource Manager creates it: once, and never a second version.
// https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/create-if-not-exist
type KeyFromARM struct {
	CreateKey
	Rotation *RotationPolicy // nil: Azure's default
}

// ARMKey is what Resource Manager shows of a key, beside the URIs: its public half and its rotation policy.
type ARMKey struct {
	*Key
	Rotation *RotationPolicy // nil where none was set
	URI      string          // without a version
}

// keyProperties of a version; "" is the current one.
func (c *call) keyProperties(version string) (ARMKey, error) {
	k, err := c.loadKey(version)
	if err != nil {
		return ARMKey{}, err
	}
	_, h, err := c.owner(Keys)
	if err != nil {
		return ARMKey{}, err
	}
	return c.shown(k.view, h), nil
}

func (c *call) shown(k *Key, h *head) ARMKey {
	out := ARMKey{Key: k, URI: "https://" + c.cfg.Name + "." + c.s.suffix + "/keys/" + k.Name}
	if h.Rotation != nil {
		out.Rotation = h.Rotation.view(h.Name)
	}
	return out
}

// KeyForARM reads a version of a key for Resource Manager, which has checked the right to read the resource.
func (s *Service) KeyForARM(ctx context.Context, vault, name, version string) (ARMKey, error) {
	c, err := s.plain(ctx, identity.Caller{}, OpListKeys, vault, name)
	if err != nil {
		return ARMKey{}, err
	}
	out, err := c.keyProperties(version)
	return out, wire(err)
}

// ListKeysForARM lists the keys of a vault for Resource Manager: without the public halves, as lists have them.
func (s *Service) ListKeysForARM(ctx context.Context, vault string, o ListOptions) (Page[ARMKey], error) {
	cfg, err := s.find(ctx, vault)
	if err != nil {
		return Page[ARMKey]{}, err
	}
	c := &call{s: s, ctx: ctx, cfg: cfg, op: OpListKeys, kind: Keys, keys: keyspaceOf(cfg.Name)}
	return viewPage(c, Keys, c.keys.heads, o, func(e *entry, c *call) ARMKey { return c.shown(e.asKey(c), &e.head) })
}

// ListKeyVersionsForARM lists the versions of a key for Resource Manager.
func (s *Service) ListKeyVersionsForARM(ctx context.Context, vault, name string, o ListOptions) (Page[ARMKey], error) {
	c, err := s.plain(ctx, identity.Caller{}, OpListKeyVersions, vault, name)
	if err != nil {
		return Page[ARMKey]{}, err
	}
	page, err := viewVersions(c, Keys, o,
		func(r *keyRecord, c *call, h *head, version string) ARMKey { return c.shown(r.view(c, h, version), h) },
		func(r *certificateRecord, c *call, h *head, version string) ARMKey {
			return c.shown(r.key(c, h, version), h)
		})
	return page, wire(err)
}

// checkKeyFromARM refuses what can't be created, before anything is.
func (c *call) checkKeyFromARM(in KeyFromARM) error {
	if _, err := c.creatable(in.CreateKey); err != nil {
		return err
	}
	if in.Rotation == nil {
		return nil
	}
	return in.Rotation.check(c.now)
}

// CheckKeyFromARM refuses what PutKeyFromARM would refuse, and changes nothing.
func (s *Service) CheckKeyFromARM(ctx context.Context, vault, name string, in KeyFromARM) error {
	c, err := s.plain(ctx, identity.Caller{}, OpCreateKey, vault, name)
	if err != nil {
		return err
	}
	return wire(c.checkKeyFromARM(in))
}

// PutKeyFromARM creates a key for Resource Manager, which has checked the control-plane right to write the resource. One
// that is there already is returned as it is.
func (s *Service) PutKeyFromARM(ctx context.Context, caller identity.Caller, vault, name string, in KeyFromARM) (ARMKey, error) {
	c, err := s.plain(ctx, caller, OpCreateKey, vault, name)
	if err != nil {
		return ARMKey{}, err
	}
	if there, err := c.keyProperties(""); !errors.Is(err, azerr.KVKeyNotFound) {
		return there, wire(err)
	}
	if err := c.checkKeyFromARM(in); err != nil {
		return ARMKey{}, wire(err)
	}
	c.firstRotation = in.Rotation
	if _, err := c.createKey(in.CreateKey); err != nil {
		return ARMKey{}, wire(err)
	}
	out, err := c.keyProperties("")
	return out, wire(err)
}
