package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"gatehouse/internal/azerr"
	"gatehouse/internal/store"
)

// keyspace makes the store's keys of one vault. NAME and VAULT are lower case:
//
//	vault/VAULT/KIND/NAME                    a live object: its head
//	vault/VAULT/deletedKIND/NAME             a deleted object: its head
//	vault/VAULT/KINDversions/NAME/VERSION    its versions, which stay where they are
//	vault/VAULT/pending/NAME                 the operation that makes a certificate's version
//	vault/VAULT/issuers/NAME, vault/VAULT/contacts
//
// A head holds all that lists show, so that a page of a list is one range.
type keyspace struct{ prefix string }

const root = "vault/"

func keyspaceOf(vault string) keyspace { return keyspace{root + strings.ToLower(vault) + "/"} }

func (k keyspace) heads(kind Kind) string   { return k.prefix + string(kind) + "/" }
func (k keyspace) deleted(kind Kind) string { return k.prefix + "deleted" + string(kind) + "/" }
func (k keyspace) head(kind Kind, name string) string {
	return k.prefix + string(kind) + "/" + strings.ToLower(name)
}
func (k keyspace) deletedHead(kind Kind, name string) string {
	return k.prefix + "deleted" + string(kind) + "/" + strings.ToLower(name)
}
func (k keyspace) versions(kind Kind, name string) string {
	return k.prefix + string(kind) + "versions/" + strings.ToLower(name) + "/"
}
func (k keyspace) version(kind Kind, name, version string) string {
	return k.versions(kind, name) + strings.ToLower(version)
}
func (k keyspace) pending(name string) string { return k.prefix + "pending/" + strings.ToLower(name) }
func (k keyspace) issuer(name string) string  { return k.prefix + "issuers/" + strings.ToLower(name) }
func (k keyspace) issuers() string            { return k.prefix + "issuers/" }
func (k keyspace) contacts() string           { return k.prefix + "contacts" }

// head is an object: what lists show of its current version, and what belongs
// to all of its versions.
type head struct {
	Name        string     `json:"name"` // as first written
	Current     string     `json:"current,omitempty"`
	Attributes  Attributes `json:"attributes"`
	Tags        Tags       `json:"tags,omitempty"`
	ContentType string     `json:"contentType,omitempty"`
	Deletion    *Deletion  `json:"deletion,omitempty"`
	Purging     bool       `json:"purging,omitempty"` // versions are being removed; the object is gone for callers

	PurgeBegan int64 `json:"purgeBegan,omitempty"`

	Change   string    `json:"change,omitempty"` // what the write of this head tells Watch
	Renewal  *renewal  `json:"renewal,omitempty"`
	Notified *notified `json:"notified,omitempty"`

	X5T           []byte          `json:"x5t,omitempty"`    // certificates
	Policy        *Policy         `json:"policy,omitempty"` // certificates
	PolicyCreated int64           `json:"policyCreated,omitempty"`
	PolicyUpdated int64           `json:"policyUpdated,omitempty"`
	Expires       int64           `json:"expires,omitempty"`  // certificates: the X.509 end, for renewal
	Begins        int64           `json:"begins,omitempty"`   // certificates: the X.509 begin
	Rotation      *storedRotation `json:"rotation,omitempty"` // keys
}

// read decodes the record at key; it reports whether there is one.
func (s *Service) read(ctx context.Context, key string, into any) (int64, bool, error) {
	r, err := s.store.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return r.Revision, true, decode(r, into)
}

func decode(r store.Record, into any) error {
	if err := json.Unmarshal(r.Value, into); err != nil {
		return fmt.Errorf("vault: the record %s is not readable: %w", r.Key, err)
	}
	return nil
}

// txn is a transaction in the making: what it read becomes its conditions.
type txn struct {
	s          *Service
	ctx        context.Context
	conditions []store.Condition
	ops        []store.Op
	current    []string // the current versions of the heads that it read
}

// get reads a record and makes the transaction depend on it, also on its absence.
func (t *txn) get(key string, into any) (bool, error) {
	revision, found, err := t.s.read(t.ctx, key, into)
	if err == nil {
		t.conditions = append(t.conditions, store.Condition{Key: key, Revision: revision})
	}
	if h, ok := into.(*head); ok && found && err == nil {
		t.current, h.Change = append(t.current, h.Current), ""
	}
	return found, err
}

// exists is get for a record whose content does not matter.
func (t *txn) exists(key string) (bool, error) {
	var ignored struct{}
	return t.get(key, &ignored)
}

func (t *txn) put(key string, v any) error {
	if h, ok := v.(*head); ok && h.Current != "" && !slices.Contains(t.current, h.Current) {
		h.Change = NewVersion
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	t.ops = append(t.ops, store.Put(key, b))
	return nil
}

func (t *txn) delete(key string) { t.ops = append(t.ops, store.Delete(key)) }

// attempts bounds how often commit tries when other processes change the same object.
const attempts = 16

// stripes keep the writers of one object in this process from failing each
// other's conditions in turn. What is correct does not depend on them.
type stripes [256]sync.Mutex

func (s *stripes) of(key string) *sync.Mutex {
	h := fnv.New32a()
	h.Write([]byte(key)) // never fails
	return &s[h.Sum32()%uint32(len(s))]
}

// commit runs fn until its writes are applied to exactly what it read. The audit
// record is written before the store changes; when the change then fails, run
// writes a second record that says so.
func (c *call) commit(fn func(*txn) error) error {
	writing := c.s.writing.of(c.keys.head("", c.name))
	writing.Lock()
	defer writing.Unlock()
	for range attempts {
		t := &txn{s: c.s, ctx: c.ctx}
		if err := fn(t); err != nil {
			return err
		}
		if err := c.succeed(); err != nil {
			return err
		}
		_, err := c.s.store.Txn(c.ctx, t.conditions, t.ops)
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return azerr.KVBusy.New(c.kind.singular(), c.name)
}
