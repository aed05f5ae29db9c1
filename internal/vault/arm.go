package vault

import (
	"context"

	"gatehouse/internal/identity"
)

// SecretProperties is what Resource Manager shows of a secret: never its value.
type SecretProperties struct {
	Name           string
	URI            string // secretUri
	URIWithVersion string // secretUriWithVersion
	ContentType    string
	Attributes     Attributes
	Tags           Tags
	Managed        bool
}

// plain is a call for what Resource Manager has authorised already.
func (s *Service) plain(ctx context.Context, caller identity.Caller, op *Operation, vault, name string) (*call, error) {
	cfg, err := s.find(ctx, vault)
	if err != nil {
		return nil, err
	}
	if err := checkName(op.Kind, name); err != nil {
		return nil, err
	}
	scope, err := cfg.ResourceID.Child(string(op.Kind), name)
	return &call{s: s, ctx: ctx, caller: caller, cfg: cfg, op: op, scope: scope, kind: op.Kind,
		name: name, now: s.now().UTC(), keys: keyspaceOf(cfg.Name)}, err
}

// SecretProperties reads the current version of a secret for Resource Manager,
// which has checked the right to read the resource.
func (s *Service) SecretProperties(ctx context.Context, vault, name string) (SecretProperties, error) {
	c, err := s.plain(ctx, identity.Caller{}, OpListSecrets, vault, name)
	if err != nil {
		return SecretProperties{}, err
	}
	owner, h, err := c.owner(Secrets)
	if err != nil {
		return SecretProperties{}, err
	}
	return s.properties((&entry{head: *h, kind: owner}).secret(c), c.cfg), nil
}

// ListSecretProperties lists the secrets of a vault for Resource Manager.
func (s *Service) ListSecretProperties(ctx context.Context, vault string, o ListOptions) (Page[SecretProperties], error) {
	cfg, err := s.find(ctx, vault)
	if err != nil {
		return Page[SecretProperties]{}, err
	}
	c := &call{s: s, ctx: ctx, cfg: cfg, op: OpListSecrets, kind: Secrets, keys: keyspaceOf(cfg.Name)}
	return viewPage(c, Secrets, c.keys.heads, o, func(e *entry, c *call) SecretProperties { return s.properties(e.secret(c), cfg) })
}

func (s *Service) properties(secret *Secret, cfg *Config) SecretProperties {
	uri := "https://" + cfg.Name + "." + s.suffix + "/secrets/" + secret.Name
	return SecretProperties{Name: secret.Name, URI: uri, URIWithVersion: uri + "/" + secret.Version, ContentType: secret.ContentType,
		Attributes: secret.Attributes, Tags: secret.Tags, Managed: secret.Managed}
}

// PutSecretFromARM makes a version of a secret for Resource Manager, which has
// checked the control-plane right to write the resource.
func (s *Service) PutSecretFromARM(ctx context.Context, caller identity.Caller, vault, name string, in SetSecret) (SecretProperties, error) {
	c, err := s.plain(ctx, caller, OpSetSecret, vault, name)
	if err != nil {
		return SecretProperties{}, err
	}
	secret, err := c.setSecret(in)
	if err != nil {
		return SecretProperties{}, wire(err)
	}
	return s.properties(secret, c.cfg), nil
}

// CheckSecretFromARM refuses what PutSecretFromARM would refuse, and changes nothing.
func (s *Service) CheckSecretFromARM(ctx context.Context, vault, name string, in SetSecret) error {
	c, err := s.plain(ctx, identity.Caller{}, OpSetSecret, vault, name)
	if err == nil {
		err = in.check()
	}
	if err == nil {
		_, err = newAttributes(c.now, in.Attributes)
	}
	if err == nil {
		err = c.unclaimed(Secrets)
	}
	return wire(err)
}

// Purge removes all data of a vault that was itself purged.
func (s *Service) Purge(ctx context.Context, vault string) error {
	return s.erase(ctx, keyspaceOf(vault).prefix)
}
