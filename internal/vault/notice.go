package vault

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/azerr"
)

// What an Event tells of besides other changes, and a Notice.
const (
	NewVersion        = "NewVersion" // of an Event only
	NearExpiry        = "NearExpiry"
	Expired           = "Expired"
	RenewalFailed     = "RenewalFailed"
	MaintenanceFailed = "MaintenanceFailed"
)

// nearly is when Key Vault's events call an object near its end, unless a
// certificate's policy says EmailContacts at another time:
// https://learn.microsoft.com/azure/key-vault/general/event-grid-overview
const nearly = 30 * 24 * time.Hour

// Notice is what an operator should hear of. New versions are told by Watch.
type Notice struct {
	Event         string
	Vault         string
	Kind          Kind
	Name, Version string
	Expires       time.Time
	Contacts      []Contact // of a certificate with the lifetime action EmailContacts
	Err           error
}

// notified keeps a notice from being given twice for a version.
type notified struct {
	Version string `json:"version"`
	Near    bool   `json:"near,omitempty"`
	Expired bool   `json:"expired,omitempty"`
}

// tell gives the notices that are due, once for each version.
func (s *Service) tell(ctx context.Context, cfg *Config, kind Kind, h *head, now time.Time) error {
	if h.Attributes.Expires == nil {
		return nil
	}
	end := time.Unix(*h.Attributes.Expires, 0).UTC()
	event, contacts := "", false
	switch {
	case !now.Before(end):
		event = Expired
	case !now.Before(end.Add(-nearly)):
		event = NearExpiry
	}
	if at, ok := h.emailAt(); ok && event != Expired && !now.Before(at) {
		event, contacts = NearExpiry, true
	}
	told := notified{}
	if h.Notified != nil && h.Notified.Version == h.Current {
		told = *h.Notified
	}
	if event == "" || event == Expired && told.Expired || event == NearExpiry && told.Near {
		return nil
	}
	n := Notice{Event: event, Vault: cfg.Name, Kind: kind, Name: h.Name, Version: h.Current, Expires: end}
	c := s.ownCall(ctx, cfg, listOf[kind], h.Name)
	if contacts {
		var err error
		if n.Contacts, err = c.contacts(&txn{s: s, ctx: ctx}); err != nil && !errors.Is(err, azerr.KVContactsNotFound) {
			return err
		}
	}
	if err := c.noteTold(kind, h.Current, event); err != nil {
		return err
	}
	s.notify(n)
	return nil
}

var listOf = map[Kind]*Operation{Certificates: OpListCertificates, Keys: OpListKeys, Secrets: OpListSecrets}

// emailAt is when EmailContacts is due.
func (h *head) emailAt() (time.Time, bool) {
	if h.Policy == nil || h.Expires == 0 {
		return time.Time{}, false
	}
	for _, a := range h.Policy.Lifetime {
		if a.Action.Type == "EmailContacts" {
			return h.moment(a.Trigger), true
		}
	}
	return time.Time{}, false
}

func (c *call) noteTold(kind Kind, version, event string) error {
	c.audited = true // bookkeeping: nothing that a caller sees changes
	return c.commit(func(t *txn) error {
		h, _, err := c.own(t, kind, "")
		if err != nil {
			return err
		}
		if h.Notified == nil || h.Notified.Version != version {
			h.Notified = &notified{Version: version}
		}
		h.Notified.Near = true
		h.Notified.Expired = h.Notified.Expired || event == Expired
		h.Change = event
		return t.put(c.keys.head(kind, c.name), h)
	})
}
