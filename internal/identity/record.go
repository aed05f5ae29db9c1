package identity

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/store"
)

// Keys of the store. Indexes hold the object ID of the principal they lead to.
const (
	keyTenant     = "identity/tenant"
	keySigning    = "identity/signing"
	keyEnvSecret  = "identity/envsecret"
	keyEndpoint   = "identity/endpointsecret"
	prefixPrinc   = "identity/principal/"
	prefixByApp   = "identity/byapp/"
	prefixByAppOb = "identity/byappobject/"
	prefixByRes   = "identity/byresource/"
)

// tenantRecord names what first start made.
type tenantRecord struct {
	Tenant, Subscription string
	User, EnvironmentApp string // object IDs
	ManagedIdentity      string
}

// principalRecord is a principal with what verifies its credentials.
type principalRecord struct {
	Principal
	Hashes map[string]secretHash // by KeyID
}

// secretHash is SHA-256 over salt and secret. A slow hash is not needed: secrets are
// generated here, with more than 200 bits of randomness.
type secretHash struct{ Salt, Sum []byte }

func (s *Service) get(ctx context.Context, key string, v any) (store.Record, error) {
	r, err := s.st.Get(ctx, key)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(r.Value, v); err != nil {
		return r, fmt.Errorf("identity: read %s: %w", key, err)
	}
	return r, nil
}

func put(key string, v any) store.Op {
	b, err := json.Marshal(v)
	if err != nil {
		panic("identity: records are plain structs: " + err.Error())
	}
	return store.Put(key, b)
}

// creation are the conditions and ops that make p with its indexes.
func creation(p principalRecord) ([]store.Condition, []store.Op) {
	ops := []store.Op{put(prefixPrinc+key(p.ObjectID), p)}
	for _, k := range indexes(p.Principal) {
		ops = append(ops, store.Put(k, []byte(p.ObjectID)))
	}
	var conditions []store.Condition
	for _, o := range ops {
		conditions = append(conditions, store.Condition{Key: o.Key})
	}
	return conditions, ops
}

func indexes(p Principal) []string {
	var keys []string
	for _, i := range [][2]string{{prefixByApp, p.AppID}, {prefixByAppOb, p.ApplicationObjectID}, {prefixByRes, p.ResourceID}} {
		if i[1] != "" {
			keys = append(keys, i[0]+key(i[1]))
		}
	}
	return keys
}

func key(id string) string { return strings.ToLower(id) }

func (s *Service) loadTenant(ctx context.Context) error {
	_, err := s.get(ctx, keyTenant, &s.tenant)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := s.makeTenant(ctx); err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("identity: make the tenant: %w", err)
	}
	_, err = s.get(ctx, keyTenant, &s.tenant) // another replica may have been first
	return err
}

func (s *Service) makeTenant(ctx context.Context) error {
	now := s.now().UTC()
	user := principalRecord{Principal: Principal{ObjectID: uuid.NewString(), DisplayName: "Gatehouse User", UPN: "user@gatehouse.onmicrosoft.com",
		Mail: "user@gatehouse.onmicrosoft.com", Type: User, Registered: true, Created: now}}
	env := newApplication("gatehouse-env", now)
	secret := env.addSecret("env", now, now.AddDate(100, 0, 0))
	endpoint := newApplication("gatehouse-managed-identity", now)
	endpoint.Kind, endpoint.ApplicationObjectID = KindManagedIdentity, ""
	t := tenantRecord{Tenant: uuid.NewString(), Subscription: uuid.NewString(), User: user.ObjectID, EnvironmentApp: env.ObjectID, ManagedIdentity: endpoint.ObjectID}
	conditions := []store.Condition{{Key: keyTenant}}
	ops := []store.Op{put(keyTenant, t), store.Put(keyEnvSecret, []byte(secret)), store.Put(keyEndpoint, []byte(randomText(40)))}
	for _, p := range []principalRecord{user, env, endpoint} {
		c, o := creation(p)
		conditions, ops = append(conditions, c...), append(ops, o...)
	}
	_, err := s.st.Txn(ctx, conditions, ops)
	return err
}

func newApplication(name string, now time.Time) principalRecord {
	return principalRecord{Principal: Principal{ObjectID: uuid.NewString(), AppID: uuid.NewString(), ApplicationObjectID: uuid.NewString(),
		DisplayName: name, Type: ServicePrincipal, Kind: KindApplication, Registered: true, Created: now}}
}

// update reads the principal, lets change edit it, and writes it back unless another writer
// came between; then it tries again.
func (s *Service) update(ctx context.Context, objectID string, change func(*principalRecord) error) (Principal, error) {
	for {
		var p principalRecord
		r, err := s.get(ctx, prefixPrinc+key(objectID), &p)
		if errors.Is(err, store.ErrNotFound) {
			return Principal{}, fmt.Errorf("%w: object id %s", ErrUnknownPrincipal, objectID)
		}
		if err != nil {
			return Principal{}, err
		}
		if err := change(&p); err != nil {
			return Principal{}, err
		}
		_, err = s.st.Txn(ctx, []store.Condition{{Key: r.Key, Revision: r.Revision}}, []store.Op{put(r.Key, p)})
		if !errors.Is(err, store.ErrConflict) {
			return p.Principal, err
		}
	}
}

func mayManage(caller Caller, tenant tenantRecord, p Principal) bool {
	return caller.ObjectID != "" && (caller.ObjectID == tenant.User || caller.ObjectID == tenant.EnvironmentApp ||
		caller.ObjectID == p.ObjectID || slices.Contains(p.Owners, caller.ObjectID))
}

func randomText(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	for i := range b {
		b[i] = letters[b[i]&63]
	}
	return string(b)
}
