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
)

// call is one operation under way, after its right was checked.
type call struct {
	s       *Service
	ctx     context.Context
	caller  identity.Caller
	cfg     *Config
	op      *Operation
	scope   resourceid.ID
	kind    Kind
	name    string // as the caller wrote it
	now     time.Time
	keys    keyspace
	audited bool

	firstRotation *RotationPolicy // of a key that this call creates
	value         string          // hash of the secret value that comes or goes, for the record
}

// run does an operation on the object name, or on the vault when name is "". It
// finds the vault, checks the right, runs fn, and returns fn's answer only once
// the audit record is written. Writes are audited by commit, before the store changes.
func run[T any](ctx context.Context, s *Service, caller identity.Caller, op *Operation, vault string, name string, fn func(*call) (T, error)) (T, error) {
	var none T
	cfg, err := s.find(ctx, vault)
	if err != nil {
		return none, err
	}
	c := &call{s: s, ctx: ctx, caller: caller, cfg: cfg, op: op, scope: cfg.ResourceID, kind: op.Kind,
		name: name, now: s.now().UTC(), keys: keyspaceOf(cfg.Name)}
	if name != "" {
		if err := checkName(op.Kind, name); err != nil {
			return none, err
		}
		if c.scope, err = cfg.ResourceID.Child(string(op.Kind), name); err != nil {
			return none, err
		}
	}
	if err := s.throttle.admit(cfg.Name, op, c.now); err != nil {
		return none, c.over(err)
	}
	if err := s.authorize(ctx, caller, cfg, op, c.scope); err != nil {
		return none, c.close(audit.Denied, err)
	}
	out, err := fn(c)
	if errors.Is(err, azerr.KVThrottled) {
		return none, c.over(err)
	}
	if err != nil {
		return none, c.close(audit.Allowed, wire(err))
	}
	if err := c.close(audit.Allowed, nil); err != nil {
		return none, err
	}
	return out, nil
}

// close writes the record of the outcome, unless commit wrote that of the
// success already, and returns what the caller is told.
func (c *call) close(decision string, err error) error {
	if err == nil && c.audited || errors.Is(err, azerr.KVAudit) {
		return err
	}
	if failed := c.record(c.s.audit, decision, err); failed != nil || err == nil {
		return failed
	}
	e := azerr.From(err)
	e.Audited = true
	return e
}

// Refused writes the record of a request that was refused before it came to a decision:
// by a front end, for its body, or by the vault, for a name. What a Service has recorded
// already is left alone. It returns what the caller is told.
func (s *Service) Refused(ctx context.Context, caller identity.Caller, vault string, op *Operation, name string, why error) error {
	e := azerr.From(why)
	if e.Audited || errors.Is(e, azerr.KVAudit) {
		return e
	}
	cfg, err := s.find(ctx, vault)
	if err != nil {
		return e // there is no vault that the record could be of
	}
	c := &call{s: s, ctx: ctx, caller: caller, cfg: cfg, op: op, scope: cfg.ResourceID, now: s.now().UTC()}
	if scope, err := cfg.ResourceID.Child(string(op.Kind), name); name != "" && err == nil && checkName(op.Kind, name) == nil {
		c.scope = scope
	}
	if failed := c.record(s.audit, audit.Refused, e); failed != nil {
		return failed
	}
	e.Audited = true
	return e
}

// over writes, or counts, the record of a request over the limits. It returns what the caller is told.
func (c *call) over(err error) error {
	if failed := c.record(c.s.throttled, audit.Refused, err); failed != nil {
		return failed
	}
	e := azerr.From(err)
	e.Audited = true
	return e
}

// opAuthenticate is what records call a request that came with no good token, as Azure's logs do.
var opAuthenticate = &Operation{Name: "Authentication", Action: "authentication"}

// Unauthenticated writes, or counts, the record of a request to a vault that a front end answered with 401. The
// caller holds only the address and the request's ID. It returns what the client is told.
func (s *Service) Unauthenticated(ctx context.Context, caller identity.Caller, vault string, why error) error {
	cfg, err := s.find(ctx, vault)
	if err != nil {
		cfg = &Config{} // there is none of this name: the record has no resource
	}
	c := &call{s: s, ctx: ctx, caller: caller, op: opAuthenticate, now: s.now().UTC(), scope: cfg.ResourceID}
	if failed := c.record(s.strangers, audit.Denied, why); failed != nil {
		return failed
	}
	return why
}

// carries notes that a secret value comes or goes: the record names it by a keyed hash.
func (c *call) carries(value []byte) { c.value = c.s.hash(value) }

// succeed writes the record of a write that is about to be committed.
func (c *call) succeed() error {
	if c.audited {
		return nil
	}
	if err := c.record(c.s.audit, audit.Allowed, nil); err != nil {
		return err
	}
	c.audited = true
	return nil
}

// record writes one audit record. It names objects, never what they hold.
func (c *call) record(to audit.Writer, decision string, outcome error) error {
	r := audit.Record{Time: c.now, RequestID: c.caller.RequestID, Caller: c.caller.ObjectID, CallerName: c.caller.Name,
		AppID: c.caller.AppID, Action: c.op.FullAction(), Resource: c.scope.String(), Decision: decision,
		Status: 200, Result: "Succeeded", Extra: map[string]string{"operation": c.op.Name}}
	if c.caller.Address.IsValid() {
		r.Address = c.caller.Address.String()
	}
	if c.value != "" && outcome == nil {
		r.Extra["valueHash"] = c.value
	}
	if outcome != nil {
		e := azerr.From(outcome)
		r.Status, r.Result = e.Kind.Status, strings.TrimSuffix(e.Kind.Code+"/"+e.Kind.Inner, "/")
	}
	if err := to.Write(c.ctx, r); err != nil {
		return azerr.KVAudit.New().Because(err)
	}
	return nil
}
