package vault

import (
	"context"
	"encoding/base64"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/store"
)

// Issuer is a certificate authority that the vault knows. Its password is kept,
// and never shown.
type Issuer struct {
	Name             string
	Provider         string
	AccountID        string
	OrganizationID   string
	Admins           []Admin
	Enabled          bool
	Created, Updated int64
}

// Admin is a contact at the organization.
type Admin struct {
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
}

// SetIssuer is what a caller writes; nil fields stay when it updates.
type SetIssuer struct {
	Provider     *string
	Enabled      *bool
	AccountID    *string
	Password     *string
	Organization *Organization
}

// Organization is who the issuer knows.
type Organization struct {
	ID     string  `json:"id,omitempty"`
	Admins []Admin `json:"admin_details,omitempty"`
}

type issuerRecord struct {
	Name         string       `json:"name"`
	Provider     string       `json:"provider"`
	Enabled      bool         `json:"enabled"`
	AccountID    string       `json:"accountId,omitempty"`
	Password     string       `json:"password,omitempty"`
	Organization Organization `json:"organization"`
	Created      int64        `json:"created"`
	Updated      int64        `json:"updated"`
}

func (r *issuerRecord) view() *Issuer {
	return &Issuer{Name: r.Name, Provider: r.Provider, AccountID: r.AccountID, OrganizationID: r.Organization.ID,
		Admins: r.Organization.Admins, Enabled: r.Enabled, Created: r.Created, Updated: r.Updated}
}

func (r *issuerRecord) apply(c *call, in SetIssuer) {
	if in.Provider != nil {
		r.Provider = *in.Provider
	}
	if in.Enabled != nil {
		r.Enabled = *in.Enabled
	}
	if in.AccountID != nil {
		r.AccountID = *in.AccountID
	}
	if in.Password != nil {
		r.Password = *in.Password
	}
	if in.Organization != nil {
		r.Organization = *in.Organization
	}
	r.Updated = c.now.Unix()
}

// withIssuer runs fn on the issuer's record in a transaction; fn nil deletes it.
func (s *Service) withIssuer(ctx context.Context, caller identity.Caller, op *Operation, vault, name string, fn func(*call, *issuerRecord, bool) error) (*Issuer, error) {
	return run(ctx, s, caller, op, vault, "", func(c *call) (*Issuer, error) {
		if c.name = name; checkName(Certificates, name) != nil {
			return nil, badParameter("The issuer name '%s' is invalid: it takes 1 to 127 characters of 0-9, a-z, A-Z and -.", clip(name))
		}
		var out *Issuer
		err := c.commit(func(t *txn) error {
			r := new(issuerRecord)
			key := c.keys.issuer(name)
			found, err := t.get(key, r)
			if err != nil {
				return err
			}
			if !found && op != OpSetIssuer {
				return azerr.KVIssuerNotFound.New(name)
			}
			if fn == nil {
				out = r.view()
				t.delete(key)
				return nil
			}
			if err := fn(c, r, found); err != nil {
				return err
			}
			out = r.view()
			if err := bounded("The issuer", r); err != nil {
				return err
			}
			return t.put(key, r)
		})
		return out, err
	})
}

// SetIssuer writes an issuer.
func (s *Service) SetIssuer(ctx context.Context, caller identity.Caller, vault, name string, in SetIssuer) (*Issuer, error) {
	return s.withIssuer(ctx, caller, OpSetIssuer, vault, name, func(c *call, r *issuerRecord, found bool) error {
		if in.Provider == nil || *in.Provider == "" {
			return badParameter("provider is missing: it must name who signs, as in DigiCert or Test.")
		}
		created := c.now.Unix()
		if found {
			created = r.Created
		}
		*r = issuerRecord{Name: name, Enabled: true, Created: created}
		r.apply(c, in)
		return nil
	})
}

// UpdateIssuer changes an issuer.
func (s *Service) UpdateIssuer(ctx context.Context, caller identity.Caller, vault, name string, in SetIssuer) (*Issuer, error) {
	return s.withIssuer(ctx, caller, OpUpdateIssuer, vault, name, func(c *call, r *issuerRecord, _ bool) error {
		r.apply(c, in)
		return nil
	})
}

// DeleteIssuer removes an issuer, for good.
func (s *Service) DeleteIssuer(ctx context.Context, caller identity.Caller, vault, name string) (*Issuer, error) {
	return s.withIssuer(ctx, caller, OpDeleteIssuer, vault, name, nil)
}

// GetIssuer returns an issuer.
func (s *Service) GetIssuer(ctx context.Context, caller identity.Caller, vault, name string) (*Issuer, error) {
	return run(ctx, s, caller, OpGetIssuer, vault, "", func(c *call) (*Issuer, error) {
		r := new(issuerRecord)
		_, found, err := s.read(ctx, c.keys.issuer(clip(name)), r)
		if err == nil && !found {
			err = azerr.KVIssuerNotFound.New(clip(name))
		}
		return r.view(), err
	})
}

// ListIssuers lists the issuers.
func (s *Service) ListIssuers(ctx context.Context, caller identity.Caller, vault string, o ListOptions) (Page[*Issuer], error) {
	return run(ctx, s, caller, OpListIssuers, vault, "", func(c *call) (Page[*Issuer], error) {
		var out Page[*Issuer]
		limit, after, err := o.limits(Certificates)
		if err != nil {
			return out, err
		}
		opts := store.RangeOptions{Prefix: c.keys.issuers(), Limit: limit}
		if after != "" {
			opts.After = opts.Prefix + after
		}
		page, err := s.store.Range(ctx, opts)
		if err != nil {
			return out, err
		}
		for _, rec := range page.Records {
			r := new(issuerRecord)
			if err := decode(rec, r); err != nil {
				return out, err
			}
			out.Items = append(out.Items, r.view())
		}
		if page.More && len(page.Records) > 0 {
			last := page.Records[len(page.Records)-1].Key[len(opts.Prefix):]
			out.Next = base64.RawURLEncoding.EncodeToString([]byte(last))
		}
		return out, nil
	})
}
