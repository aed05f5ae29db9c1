package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"go.etcd.io/bbolt"

	"gatehouse/internal/store"
)

// maxGroup bounds the transactions that share one commit, and with store.MaxTxn its memory.
const maxGroup = 64

// request is one Txn on its way through the writer.
type request struct {
	ctx        context.Context
	conditions []store.Condition
	ops        []store.Op
	done       chan struct{}
	revision   int64
	events     []store.Event
	err        error
}

// Txn applies all ops if all conditions hold. A transaction that changes nothing takes
// no revision, as in etcd. When ctx ends before the writer takes it, it is not applied.
func (s *Store) Txn(ctx context.Context, conditions []store.Condition, ops []store.Op) (int64, error) {
	if err := store.CheckTxn(conditions, ops); err != nil {
		return 0, err
	}
	r := &request{ctx: ctx, conditions: conditions, ops: ops, done: make(chan struct{})}
	select {
	case <-s.closing:
		return 0, store.ErrClosed
	default:
	}
	select {
	case s.queue <- r:
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-s.closing:
		return 0, store.ErrClosed
	}
	select {
	case <-r.done:
		return r.revision, r.err
	case <-s.written: // the writer ended: it may have been the last one served, or never taken
		select {
		case <-r.done:
			return r.revision, r.err
		default:
			return 0, store.ErrClosed
		}
	}
}

// write is the only writer: it takes what waits, commits it as one, and answers.
func (s *Store) write(revision int64) {
	defer close(s.written)
	var broken error // after a failed commit whose outcome is unknown, only a restart may write
	for {
		select {
		case <-s.closing:
			return
		case first := <-s.queue:
			group := s.collect(first)
			if broken == nil {
				revision, broken = s.commit(group, revision)
			} else {
				failAll(group, broken)
			}
			for _, r := range group {
				close(r.done)
			}
		}
	}
}

// collect takes what waits beside first, up to maxGroup.
func (s *Store) collect(first *request) []*request {
	group := []*request{first}
	for len(group) < maxGroup {
		select {
		case r := <-s.queue:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

// commit applies the group in one bbolt transaction. It returns the store's revision
// after it and, when the state of the disk is unknown, the error that ends all writing.
func (s *Store) commit(group []*request, revision int64) (int64, error) {
	next := revision
	tx, err := s.db.Begin(true)
	if err != nil {
		failAll(group, err)
		return revision, nil
	}
	for _, r := range group {
		if next, err = apply(tx, r, next); err != nil {
			break
		}
	}
	if err == nil && next != revision {
		err = tx.Bucket(metaBucket).Put(revisionKey, appendUint(nil, next))
	}
	if err != nil || next == revision {
		_ = tx.Rollback()
		if err != nil {
			failAll(group, err)
		}
		return revision, nil
	}
	if err = noSpace(tx.Commit()); err != nil {
		_ = tx.Rollback() // bbolt itself does not after every kind of failure, and would keep its lock
		return revision, commitFailed(group, err)
	}
	s.publish(group)
	return next, nil
}

// commitFailed answers the group. A full disk leaves the file as it was, since bbolt
// writes its meta page last; after any other failure nobody knows what the disk
// holds (a failed fsync may have dropped pages), so writing ends until a restart.
func commitFailed(group []*request, err error) (broken error) {
	failAll(group, fmt.Errorf("store: the transaction was not written: %w", err))
	if errors.Is(err, store.ErrNoSpace) {
		return nil
	}
	return fmt.Errorf("store: writing ended after an error of the disk; check it and restart: %w", err)
}

func failAll(group []*request, err error) {
	for _, r := range group {
		r.revision, r.events, r.err = 0, nil, err
	}
}

// apply runs one request inside tx. Its own refusal goes to r.err; the error returned
// is bbolt's and ends the whole group.
func apply(tx *bbolt.Tx, r *request, revision int64) (int64, error) {
	if r.err = r.ctx.Err(); r.err != nil {
		return revision, nil
	}
	data := tx.Bucket(dataBucket)
	for _, c := range r.conditions {
		if found := revisionAt(data, c.Key); found != c.Revision {
			r.err = fmt.Errorf("%w: %s is at revision %d, not %d", store.ErrConflict, c.Key, found, c.Revision)
			return revision, nil
		}
	}
	for _, op := range r.ops {
		event, changed, err := applyOp(data, op, revision+1)
		if err != nil {
			return revision, err
		}
		if changed {
			r.events = append(r.events, event)
		}
	}
	if len(r.events) > 0 {
		revision++
	}
	slices.SortFunc(r.events, func(a, b store.Event) int { return strings.Compare(a.Record.Key, b.Record.Key) })
	r.revision = revision
	return revision, nil
}

func applyOp(data *bbolt.Bucket, op store.Op, revision int64) (store.Event, bool, error) {
	key := []byte(op.Key)
	old := data.Get(key)
	if op.Delete {
		if old == nil {
			return store.Event{}, false, nil
		}
		return store.Event{Record: store.Record{Key: op.Key, Revision: revision}, Deleted: true}, true, data.Delete(key)
	}
	created := revision
	if len(old) >= headerSize {
		created = readUint(old[:8])
	}
	stored := encodeRecord(created, revision, op.Value)
	record := store.Record{Key: op.Key, Value: stored[headerSize:], Revision: revision, Created: created}
	return store.Event{Record: record}, true, data.Put(key, stored)
}

// revisionAt is 0 when key does not exist.
func revisionAt(data *bbolt.Bucket, key string) int64 {
	stored := data.Get([]byte(key))
	if len(stored) < headerSize {
		return 0
	}
	return readUint(stored[8:headerSize])
}

// publish hands the committed transactions to the watchers, before their callers hear of them.
func (s *Store) publish(group []*request) {
	batches := make([]store.Batch, 0, len(group))
	for _, r := range group {
		if r.err == nil && len(r.events) > 0 {
			batches = append(batches, store.Batch{Revision: r.revision, Events: r.events})
		}
	}
	s.history.add(batches)
}

// noSpace marks what a full disk, quota or file size limit gives as store.ErrNoSpace.
func noSpace(err error) error {
	if err == nil {
		return nil
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) { // bbolt does not wrap all of them
			return fmt.Errorf("%w: %w; free some space on the disk of the data folder", store.ErrNoSpace, err)
		}
	}
	return err
}
