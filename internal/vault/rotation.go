package vault

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/identity"
)

// RotationPolicy says when a key gets a new version, and how long that lives.
type RotationPolicy struct {
	Name             string
	ExpiryTime       string // ISO 8601 duration; "": versions do not expire
	Created, Updated int64
	Actions          []RotationAction
}

// RotationAction is one of the policy's actions; one of the two triggers is set.
type RotationAction struct {
	Type             string `json:"type"` // Rotate or Notify
	TimeAfterCreate  string `json:"timeAfterCreate,omitempty"`
	TimeBeforeExpiry string `json:"timeBeforeExpiry,omitempty"`
}

// storedRotation is the policy in a key's head; nil is Azure's default.
type storedRotation struct {
	ExpiryTime string           `json:"expiryTime,omitempty"`
	Created    int64            `json:"created"`
	Updated    int64            `json:"updated"`
	Actions    []RotationAction `json:"actions,omitempty"`
}

func (r *storedRotation) view(name string) *RotationPolicy {
	if r == nil { // what Azure answers for a key whose policy was never set
		return &RotationPolicy{Name: name, Actions: []RotationAction{{Type: "Notify", TimeBeforeExpiry: "P30D"}}}
	}
	return &RotationPolicy{Name: name, ExpiryTime: r.ExpiryTime, Created: r.Created, Updated: r.Updated, Actions: r.Actions}
}

// expire gives a new version the policy's lifetime, unless it has its own.
func (r *storedRotation) expire(now time.Time, a *Attributes) {
	if r == nil || r.ExpiryTime == "" || a.Expires != nil {
		return
	}
	if p, err := parsePeriod(r.ExpiryTime); err == nil {
		end := p.after(now).Unix()
		a.Expires = &end
	}
}

// period is an ISO 8601 duration.
type period struct{ years, months, days, seconds int }

var periodPattern = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$`)

func parsePeriod(s string) (period, error) {
	m := periodPattern.FindStringSubmatch(strings.ToUpper(s))
	if m == nil || strings.HasSuffix(strings.ToUpper(s), "T") || len(s) < 3 {
		return period{}, fmt.Errorf("'%s' is not an ISO 8601 duration such as P90D", clip(s))
	}
	var n [8]int
	for i := 1; i < 8; i++ {
		n[i], _ = strconv.Atoi(m[i]) // digits by the pattern, or absent: 0
	}
	return period{years: n[1], months: n[2], days: 7*n[3] + n[4], seconds: n[5]*3600 + n[6]*60 + n[7]}, nil
}

func (p period) after(t time.Time) time.Time {
	return t.AddDate(p.years, p.months, p.days).Add(time.Duration(p.seconds) * time.Second)
}

func (p period) before(t time.Time) time.Time {
	return t.AddDate(-p.years, -p.months, -p.days).Add(-time.Duration(p.seconds) * time.Second)
}

// check follows https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation
func (r *RotationPolicy) check(now time.Time) error {
	if r.ExpiryTime != "" {
		p, err := parsePeriod(r.ExpiryTime)
		if err != nil {
			return badParameter("attributes.expiryTime: %v.", err)
		}
		if p.after(now).Before(now.AddDate(0, 0, 28)) {
			return badParameter("attributes.expiryTime must be at least 28 days; got %s.", r.ExpiryTime)
		}
	}
	if len(r.Actions) > 2 {
		return badParameter("lifetimeActions: a policy has up to two, one of type Rotate and one of type Notify; got %d.", len(r.Actions))
	}
	seen := map[string]bool{}
	for i := range r.Actions {
		if err := r.Actions[i].check(now, r.ExpiryTime != ""); err != nil {
			return err
		}
		if seen[r.Actions[i].Type] {
			return badParameter("lifetimeActions: there are two of type %s.", r.Actions[i].Type)
		}
		seen[r.Actions[i].Type] = true
	}
	return nil
}

func (a *RotationAction) check(now time.Time, expires bool) error {
	switch {
	case strings.EqualFold(a.Type, "Rotate"):
		a.Type = "Rotate"
	case strings.EqualFold(a.Type, "Notify"):
		a.Type = "Notify"
	default:
		return badParameter("lifetimeActions: action.type '%s' is not known: it must be Rotate or Notify.", clip(a.Type))
	}
	if (a.TimeAfterCreate == "") == (a.TimeBeforeExpiry == "") {
		return badParameter("lifetimeActions: trigger of %s needs one of timeAfterCreate and timeBeforeExpiry.", a.Type)
	}
	p, err := parsePeriod(a.TimeAfterCreate + a.TimeBeforeExpiry)
	if err != nil {
		return badParameter("lifetimeActions: trigger of %s: %v.", a.Type, err)
	}
	if a.Type == "Notify" && a.TimeAfterCreate != "" {
		return badParameter("lifetimeActions: Notify takes timeBeforeExpiry, not timeAfterCreate.")
	}
	if a.Type == "Rotate" && p.after(now).Before(now.AddDate(0, 0, 7)) {
		return badParameter("lifetimeActions: Rotate needs at least 7 days; got %s%s.", a.TimeAfterCreate, a.TimeBeforeExpiry)
	}
	if a.Type == "Rotate" && a.TimeBeforeExpiry != "" && !expires {
		return badParameter("lifetimeActions: timeBeforeExpiry needs attributes.expiryTime.")
	}
	return nil
}

// GetRotationPolicy returns the key's policy, or Azure's default.
func (s *Service) GetRotationPolicy(ctx context.Context, caller identity.Caller, vault, name string) (*RotationPolicy, error) {
	return run(ctx, s, caller, OpGetRotationPolicy, vault, name, func(c *call) (*RotationPolicy, error) {
		owner, h, err := c.owner(Keys)
		if err != nil {
			return nil, err
		}
		if owner == Certificates {
			return (*storedRotation)(nil).view(h.Name), nil
		}
		return h.Rotation.view(h.Name), nil
	})
}

// UpdateRotationPolicy sets the key's policy.
func (s *Service) UpdateRotationPolicy(ctx context.Context, caller identity.Caller, vault, name string, in RotationPolicy) (*RotationPolicy, error) {
	return run(ctx, s, caller, OpUpdateRotationPolicy, vault, name, func(c *call) (*RotationPolicy, error) {
		if err := in.check(c.now); err != nil {
			return nil, err
		}
		var out *RotationPolicy
		err := c.commit(func(t *txn) error {
			h, _, err := c.own(t, Keys, "")
			if err != nil {
				return err
			}
			next := in.stored(c.now)
			if h.Rotation != nil {
				next.Created = h.Rotation.Created
			}
			h.Rotation = next
			out = next.view(h.Name)
			return t.put(c.keys.head(Keys, c.name), h)
		})
		return out, err
	})
}

func (r *RotationPolicy) stored(now time.Time) *storedRotation {
	return &storedRotation{ExpiryTime: r.ExpiryTime, Actions: r.Actions, Created: now.Unix(), Updated: now.Unix()}
}

// RotateKey makes a new version of the same shape.
func (s *Service) RotateKey(ctx context.Context, caller identity.Caller, vault, name string) (*Key, error) {
	return run(ctx, s, caller, OpRotateKey, vault, name, func(c *call) (*Key, error) { return c.rotate() })
}

func (c *call) rotate() (*Key, error) {
	h, at, err := c.own(&txn{s: c.s, ctx: c.ctx}, Keys, "")
	if err != nil {
		return nil, err
	}
	old := new(keyRecord)
	if _, err := c.mustRead(c.keys.version(Keys, c.name, at), old, Keys, at); err != nil {
		return nil, err
	}
	shape := keyShape{Type: old.Material.Type, Curve: old.Material.Curve, Size: 8 * len(old.Material.N)}
	m, err := generate(shape)
	if err != nil {
		return nil, err
	}
	attributes, err := newAttributes(c.now, nil)
	if err != nil {
		return nil, err
	}
	h.Rotation.expire(c.now, &attributes)
	var out *Key
	err = c.commit(func(t *txn) error {
		h, _, err := c.own(t, Keys, "")
		if err != nil {
			return err
		}
		out, err = t.putKey(c, h, newVersion(), &keyRecord{Material: *m, Ops: old.Ops, Attributes: attributes, Tags: old.Tags})
		return err
	})
	return out, err
}
