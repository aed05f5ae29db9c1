package vault

import (
	"context"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
)

// Contact is someone whom the lifetime action EmailContacts is for.
type Contact struct {
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
}

type contactsRecord struct {
	Contacts []Contact `json:"contacts"`
}

// SetContacts replaces the vault's contacts.
func (s *Service) SetContacts(ctx context.Context, caller identity.Caller, vault string, contacts []Contact) ([]Contact, error) {
	return run(ctx, s, caller, OpSetContacts, vault, "", func(c *call) ([]Contact, error) {
		if len(contacts) == 0 {
			return nil, badParameter("contacts is missing or empty; to have none, delete the contacts.")
		}
		for _, contact := range contacts {
			if !strings.Contains(contact.Email, "@") {
				return nil, badParameter("contacts: email '%s' is not an e-mail address.", clip(contact.Email))
			}
		}
		if err := bounded("contacts", contacts); err != nil {
			return nil, err
		}
		return contacts, c.commit(func(t *txn) error { return t.put(c.keys.contacts(), contactsRecord{contacts}) })
	})
}

// GetContacts returns the vault's contacts.
func (s *Service) GetContacts(ctx context.Context, caller identity.Caller, vault string) ([]Contact, error) {
	return run(ctx, s, caller, OpGetContacts, vault, "", func(c *call) ([]Contact, error) {
		return c.contacts(&txn{s: s, ctx: ctx})
	})
}

func (c *call) contacts(t *txn) ([]Contact, error) {
	var r contactsRecord
	found, err := t.get(c.keys.contacts(), &r)
	if err == nil && !found {
		err = azerr.KVContactsNotFound.New()
	}
	return r.Contacts, err
}

// DeleteContacts removes the vault's contacts and returns them.
func (s *Service) DeleteContacts(ctx context.Context, caller identity.Caller, vault string) ([]Contact, error) {
	return run(ctx, s, caller, OpDeleteContacts, vault, "", func(c *call) (out []Contact, err error) {
		err = c.commit(func(t *txn) error {
			if out, err = c.contacts(t); err == nil {
				t.delete(c.keys.contacts())
			}
			return err
		})
		return out, err
	})
}
