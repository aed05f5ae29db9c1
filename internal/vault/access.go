package vault

import (
	"context"
	"errors"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// find returns the vault's configuration.
func (s *Service) find(ctx context.Context, name string) (*Config, error) {
	c, err := s.dir.Vault(ctx, name)
	if errors.Is(err, ErrVaultNotFound) {
		return nil, azerr.KVVaultNotFound.New(clip(name), clip(name)).Because(err)
	}
	return c, err
}

// authorize decides whether caller may do op at scope: first the vault's
// firewall, then RBAC or, where it is off, the access policies.
func (s *Service) authorize(ctx context.Context, caller identity.Caller, cfg *Config, op *Operation, scope resourceid.ID) error {
	if !cfg.Network.admits(caller) {
		address := "(unknown)"
		if caller.Address.IsValid() {
			address = caller.Address.Unmap().String()
		}
		return azerr.KVForbiddenByFirewall.New(address, describe(caller), cfg.describe())
	}
	if !cfg.RBAC {
		return cfg.allowsByPolicy(caller, op)
	}
	d := s.auth.Authorize(ctx, caller, op.FullAction(), true, scope)
	if d.Allowed {
		return nil
	}
	assignment := "(not found)"
	if d.Assignment != nil {
		assignment = "'" + d.Assignment.ID.String() + "'"
	}
	// Azure shows the resource in lower case.
	return azerr.KVForbiddenByRbac.New(describe(caller), op.FullAction(), scope.Key(), assignment, d.Reason, cfg.describe())
}

// describe names the caller as Azure's messages do.
func describe(c identity.Caller) string {
	var b strings.Builder
	if c.AppID != "" {
		b.WriteString("appid=" + c.AppID + ";")
	}
	b.WriteString("oid=" + c.ObjectID + ";iss=" + c.Issuer)
	return b.String()
}

func (c *Config) describe() string { return c.Name + ";location=" + c.Location }

// admits follows https://learn.microsoft.com/azure/key-vault/general/network-security
func (n *Network) admits(c identity.Caller) bool {
	if !strings.EqualFold(n.DefaultAction, "Deny") {
		return true
	}
	if c.TrustedService && !strings.EqualFold(n.Bypass, "None") {
		return true
	}
	address := c.Address.Unmap().WithZone("")
	for _, p := range n.IPRules {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// allowsByPolicy looks for an access policy that gives the caller the permission.
func (c *Config) allowsByPolicy(caller identity.Caller, op *Operation) error {
	for i := range c.AccessPolicies {
		p := &c.AccessPolicies[i]
		if p.names(caller) && has(p.permissions(op.Kind), op.Permission) {
			return nil
		}
	}
	return azerr.KVForbiddenByPolicy.New(describe(caller), string(op.Kind), op.Permission, c.describe())
}

// names reports whether the policy is for the caller. An application ID narrows
// it to that application acting for the user.
func (p *AccessPolicy) names(c identity.Caller) bool {
	return c.ObjectID != "" && strings.EqualFold(p.ObjectID, c.ObjectID) &&
		(p.TenantID == "" || strings.EqualFold(p.TenantID, c.TenantID)) &&
		(p.ApplicationID == "" || strings.EqualFold(p.ApplicationID, c.AppID))
}

func (p *AccessPolicy) permissions(k Kind) []string {
	switch k {
	case Certificates:
		return p.Certificates
	case Keys:
		return p.Keys
	}
	return p.Secrets
}

// has finds a permission by name; "all" gives everything but what Azure keeps out of it: purge and release.
func has(permissions []string, want string) bool {
	for _, p := range permissions {
		if strings.EqualFold(p, want) || strings.EqualFold(p, "manageissuers") && strings.HasSuffix(want, "issuers") {
			return true
		}
		if strings.EqualFold(p, "all") && want != "purge" && want != "release" {
			return true
		}
	}
	return false
}

// Location is the region of a vault, "" when there is none of the name.
func (s *Service) Location(ctx context.Context, vault string) string {
	c, err := s.dir.Vault(ctx, vault)
	if err != nil {
		return ""
	}
	return c.Location
}
