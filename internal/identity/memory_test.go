package identity

import (
	"context"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// memory is a store.Store for these tests: a map, without watches.
type memory struct {
	mu       sync.Mutex
	revision int64
	records  map[string]store.Record
}

func (m *memory) Get(_ context.Context, key string) (store.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[key]
	if !ok {
		return r, store.ErrNotFound
	}
	return r, nil
}

func (m *memory) Range(_ context.Context, o store.RangeOptions) (store.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := store.Page{Revision: m.revision}
	for k, r := range m.records {
		if strings.HasPrefix(k, o.Prefix) && k > o.After {
			p.Records = append(p.Records, r)
		}
	}
	sort.Slice(p.Records, func(i, j int) bool { return p.Records[i].Key < p.Records[j].Key })
	return p, nil
}

func (m *memory) Txn(_ context.Context, conditions []store.Condition, ops []store.Op) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range conditions {
		if m.records[c.Key].Revision != c.Revision {
			return 0, store.ErrConflict
		}
	}
	m.revision++
	for _, o := range ops {
		if o.Delete {
			delete(m.records, o.Key)
			continue
		}
		m.records[o.Key] = store.Record{Key: o.Key, Value: append([]byte(nil), o.Value...), Revision: m.revision, Created: m.revision}
	}
	return m.revision, nil
}

func (m *memory) Watch(context.Context, string, int64) (<-chan store.Batch, error) {
	return nil, store.ErrCompacted
}

func (m *memory) Revision(context.Context) (int64, error) { return m.revision, nil }
func (m *memory) Close() error                            { return nil }

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) move(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

func open(t *testing.T) (*Service, *memory, *clock) {
	t.Helper()
	m, c := &memory{records: map[string]store.Record{}}, &clock{t: time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)}
	s, err := Open(t.Context(), m, Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return s, m, c
}
