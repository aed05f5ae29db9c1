// Package store is the key-value interface that all state goes through:
// revisions, compare-and-swap transactions, prefix ranges with paging, and watches
// from a revision. store/bolt implements it inside the process; the interface is
// what etcd v3 offers, so that an implementation on etcd needs no change here.
// store/storetest is the suite that every implementation must pass. Start at Store.
//
// It stores what it is given: package seal, in front of it, encrypts the values.
package store

import (
	"context"
	"errors"
)

// Errors that every implementation returns, wrapped.
var (
	ErrNotFound  = errors.New("store: key not found")
	ErrConflict  = errors.New("store: a condition of the transaction does not hold")
	ErrCompacted = errors.New("store: the revision asked for is no longer kept")
	ErrClosed    = errors.New("store: closed")
	ErrTooLarge  = errors.New("store: too many operations, or a key or value is too large")
	ErrLocked    = errors.New("store: in use by another process")
	ErrVersion   = errors.New("store: written by another version")
	ErrNoSpace   = errors.New("store: no space left; reads go on")
)

// Limits that hold for every implementation: etcd's defaults.
const (
	MaxOps   = 128     // conditions, and writes, in a transaction
	MaxValue = 1 << 20 // bytes of a value
	MaxKey   = 1 << 10 // bytes of a key
)

// Record is one key with its value. Revision is that of the transaction that wrote
// it last, Created of the one that made it. Both are at least 1.
type Record struct {
	Key      string
	Value    []byte
	Revision int64
	Created  int64
}

// Condition holds when the record at Key was last written at Revision; 0 means that the key does not exist.
type Condition struct {
	Key      string
	Revision int64
}

// Op is one write of a transaction: Put of Value, or Delete (of a key that may be absent).
type Op struct {
	Key    string
	Value  []byte
	Delete bool
}

// Put makes a writing Op.
func Put(key string, value []byte) Op { return Op{Key: key, Value: value} }

// Delete makes a deleting Op.
func Delete(key string) Op { return Op{Key: key, Delete: true} }

// RangeOptions selects the records whose keys have Prefix and are greater than
// After, in key order. Limit 0 means all.
type RangeOptions struct {
	Prefix   string
	After    string
	Limit    int
	KeysOnly bool
}

// Page is the answer to a range. More is true when Limit cut it; go on with After set to
// the last record's key. Revision is the store's when it was read.
type Page struct {
	Records  []Record
	More     bool
	Revision int64
}

// Event is one change. Deleted events have the key and the revision only.
type Event struct {
	Record  Record
	Deleted bool
}

// Batch holds the events of one transaction under the watched prefix, in key order.
type Batch struct {
	Revision int64
	Events   []Event
}

// Store is safe for concurrent use. Reads are linearizable with writes of the same process.
type Store interface {
	// Get returns the record at key, or ErrNotFound.
	Get(ctx context.Context, key string) (Record, error)
	// Range returns records in key order.
	Range(ctx context.Context, o RangeOptions) (Page, error)
	// Txn applies all ops if all conditions hold, as one revision, durable when it
	// returns; else it changes nothing and returns ErrConflict. A key may stand in one op only.
	Txn(ctx context.Context, conditions []Condition, ops []Op) (revision int64, err error)
	// Watch delivers every later transaction with changes under prefix, starting at
	// revision from (0: from now on), until ctx ends or the watcher falls too far
	// behind, when the channel closes. ErrCompacted when from is no longer kept: range again.
	Watch(ctx context.Context, prefix string, from int64) (<-chan Batch, error)
	// Revision is that of the last transaction; 0 for an empty store.
	Revision(ctx context.Context) (int64, error)
	Close() error
}
