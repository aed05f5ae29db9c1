package vault

import (
	"context"
	"errors"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// maintenance is how often Run looks; what it looks for is counted in days. The
// first round waits, so that reading all heads does not delay a start.
const (
	maintenance = 5 * time.Minute
	firstRound  = 15 * time.Second
)

// abandoned is how long a purge or a restore may take before a sweep ends it.
const abandoned = 10 * time.Minute

// Run keeps the vaults until ctx ends: it renews certificates and rotates keys by
// their policies, tells of what nears its end, and removes what was deleted and
// has stayed its time. Errors of one object do not stop the others; they are told
// to Notify and audited.
func (s *Service) Run(ctx context.Context) error {
	for wait := time.NewTimer(firstRound); ; wait.Reset(maintenance) {
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
		if err := s.Maintain(ctx); err != nil && ctx.Err() == nil {
			s.notify(Notice{Event: MaintenanceFailed, Err: err})
		}
	}
}

// Maintain does one round of Run.
func (s *Service) Maintain(ctx context.Context) error {
	var all error
	for after := ""; ; {
		page, err := s.store.Range(ctx, store.RangeOptions{Prefix: root, After: after, Limit: 1, KeysOnly: true})
		if err != nil || len(page.Records) == 0 {
			return errors.Join(all, err)
		}
		name, _, _ := strings.Cut(page.Records[0].Key[len(root):], "/")
		after = root + name + "/\xff"
		cfg, err := s.dir.Vault(ctx, name)
		if errors.Is(err, ErrVaultNotFound) {
			continue // the vault itself is deleted: what it holds waits with it
		}
		if err == nil {
			err = s.maintainVault(ctx, cfg)
		}
		all = errors.Join(all, err)
	}
}

func (s *Service) maintainVault(ctx context.Context, cfg *Config) error {
	keys := keyspaceOf(cfg.Name)
	var all error
	for _, kind := range []Kind{Certificates, Keys, Secrets} {
		err := s.eachHead(ctx, keys.heads(kind), func(h *head) error { return s.upkeep(ctx, cfg, kind, h) })
		all = errors.Join(all, err)
		err = s.eachHead(ctx, keys.deleted(kind), func(h *head) error { return s.sweep(ctx, cfg, kind, h) })
		all = errors.Join(all, err)
	}
	return all
}

func (s *Service) eachHead(ctx context.Context, prefix string, do func(*head) error) error {
	o := store.RangeOptions{Prefix: prefix, Limit: 256}
	var all error
	for {
		page, err := s.store.Range(ctx, o)
		if err != nil {
			return errors.Join(all, err)
		}
		for _, r := range page.Records {
			h := new(head)
			if err := decode(r, h); err != nil {
				all = errors.Join(all, err)
				continue
			}
			all = errors.Join(all, do(h))
		}
		if !page.More {
			return all
		}
		o.After = page.Records[len(page.Records)-1].Key
	}
}

// own calls are made by the vault itself, without a caller's right, and audited as such.
func (s *Service) ownCall(ctx context.Context, cfg *Config, op *Operation, name string) *call {
	c := &call{s: s, ctx: ctx, caller: identity.Caller{TenantID: cfg.TenantID, Name: "Gatehouse"}, cfg: cfg, op: op,
		scope: cfg.ResourceID, kind: op.Kind, name: name, now: s.now().UTC(), keys: keyspaceOf(cfg.Name)}
	if scope, err := resourceid.Parse(cfg.ResourceID.String() + "/" + string(op.Kind) + "/" + name); err == nil {
		c.scope = scope
	}
	return c
}

var purgeOf = map[Kind]*Operation{Certificates: OpPurgeCertificate, Keys: OpPurgeKey, Secrets: OpPurgeSecret}

// sweep removes a deleted object whose time is over, also under purge protection,
// and finishes what was left half removed.
func (s *Service) sweep(ctx context.Context, cfg *Config, kind Kind, h *head) error {
	now := s.now()
	if h.Purging {
		if now.Sub(time.Unix(h.PurgeBegan, 0)) < abandoned {
			return nil
		}
		keys := keyspaceOf(cfg.Name)
		return s.erase(ctx, keys.versions(kind, h.Name), keys.deletedHead(kind, h.Name))
	}
	if h.Deletion == nil || now.Unix() < h.Deletion.Purge {
		return nil
	}
	c := s.ownCall(ctx, cfg, purgeOf[kind], h.Name)
	return c.close(audit.Allowed, c.remove(kind))
}

// upkeep does what is due for one live object.
func (s *Service) upkeep(ctx context.Context, cfg *Config, kind Kind, h *head) error {
	if h.Current == "" || !h.Attributes.Enabled {
		return nil
	}
	now := s.now().UTC()
	due, op := h.due(kind, now)
	if due && (h.Renewal == nil || now.Unix() >= h.Renewal.Next) {
		return s.renew(ctx, cfg, op, h)
	}
	return s.tell(ctx, cfg, kind, h, now)
}

// due reports whether a new version has to be made now.
func (h *head) due(kind Kind, now time.Time) (bool, *Operation) {
	switch {
	case kind == Certificates && h.Policy != nil && h.Policy.self():
		for _, a := range h.Policy.Lifetime {
			if a.Action.Type == "AutoRenew" && !now.Before(h.moment(a.Trigger)) {
				return true, OpCreateCertificate
			}
		}
	case kind == Keys && h.Rotation != nil:
		for _, a := range h.Rotation.Actions {
			if at, ok := a.moment(&h.Attributes); ok && a.Type == "Rotate" && !now.Before(at) {
				return true, OpRotateKey
			}
		}
	}
	return false, nil
}

// moment is when a certificate's trigger fires.
func (h *head) moment(t *LifetimeTrigger) time.Time {
	if t.DaysBefore > 0 {
		return time.Unix(h.Expires, 0).AddDate(0, 0, -t.DaysBefore)
	}
	return time.Unix(h.Begins+(h.Expires-h.Begins)*int64(t.Percentage)/100, 0)
}

// moment is when a key's trigger fires; never, when it counts from an end that is not set.
func (a *RotationAction) moment(attributes *Attributes) (time.Time, bool) {
	p, err := parsePeriod(a.TimeAfterCreate + a.TimeBeforeExpiry)
	if err != nil || a.TimeBeforeExpiry != "" && attributes.Expires == nil {
		return time.Time{}, false
	}
	if a.TimeBeforeExpiry != "" {
		return p.before(time.Unix(*attributes.Expires, 0).UTC()), true
	}
	return p.after(time.Unix(attributes.Created, 0).UTC()), true
}

// renewal is the state of tries that failed.
type renewal struct {
	Attempts int   `json:"attempts"`
	Next     int64 `json:"next"`
}

// renew makes the new version. The one before stays current until it is complete;
// after a failure the next try waits an hour, then two, up to a day.
func (s *Service) renew(ctx context.Context, cfg *Config, op *Operation, h *head) error {
	c := s.ownCall(ctx, cfg, op, h.Name)
	var failed error
	if op == OpRotateKey {
		_, failed = c.rotate()
	} else {
		failed = c.renewCertificate(h)
	}
	if err := c.close(audit.Allowed, wire(failed)); failed == nil || errors.Is(err, azerr.KVAudit) {
		return err
	}
	s.notify(Notice{Event: RenewalFailed, Vault: cfg.Name, Kind: op.Kind, Name: h.Name, Version: h.Current, Err: failed})
	return c.postpone(failed)
}

func (c *call) renewCertificate(h *head) error {
	old, err := c.certificateVersion(h, h.Current, Certificates)
	if err != nil {
		return err
	}
	_, err = c.createCertificate(CreateCertificate{Tags: old.Tags, PreserveOrder: &old.PreserveOrder})
	return err
}

// postpone notes the failure where GetCertificateOperation shows it.
func (c *call) postpone(cause error) error {
	c.audited = true // the failure is; this is bookkeeping
	return c.commit(func(t *txn) error {
		h, _, err := c.own(t, c.kind, "")
		if err != nil {
			return err
		}
		if h.Renewal == nil {
			h.Renewal = &renewal{}
		}
		wait := min(time.Hour<<min(h.Renewal.Attempts, 5), 24*time.Hour)
		h.Renewal.Attempts++
		h.Renewal.Next = c.now.Add(wait).Unix()
		if err := t.put(c.keys.head(c.kind, c.name), h); err != nil || c.kind != Certificates {
			return err
		}
		e := azerr.From(cause)
		return t.put(c.keys.pending(c.name), &pendingRecord{Version: h.Current, RequestID: newVersion(), Status: statusFailed, Created: c.now.Unix(),
			Details: "The renewal failed and is tried again.", Issuer: *h.Policy.Issuer, ErrorCode: e.Kind.Code, ErrorMessage: e.Message})
	})
}
