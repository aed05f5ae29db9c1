package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/store"
)

// get reads a record into v; the revision is 0 when there is none.
func (s *Service) get(ctx context.Context, key string, v any) (revision int64, err error) {
	r, err := s.st.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(r.Value, v); err != nil {
		return 0, fmt.Errorf("library: read %s: %w", key, err)
	}
	return r.Revision, nil
}

// put writes a record that is still at revision.
func (s *Service) put(ctx context.Context, key string, revision int64, v any, also ...store.Op) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(data) > store.MaxValue-1024 {
		return fail(TooLarge, "", "The record is larger than the store keeps.")
	}
	_, err = s.st.Txn(ctx, []store.Condition{{Key: key, Revision: revision}}, append(also, store.Put(key, data)))
	if errors.Is(err, store.ErrConflict) {
		return fail(Conflict, "", "It was changed at the same time; try again.")
	}
	return err
}

// list reads all records of a kind.
func list[T any](ctx context.Context, s *Service, prefix string) ([]T, error) {
	var out []T
	after := ""
	for {
		page, err := s.st.Range(ctx, store.RangeOptions{Prefix: prefix, After: after, Limit: 200})
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			var v T
			if err := json.Unmarshal(r.Value, &v); err != nil {
				return nil, fmt.Errorf("library: read %s: %w", r.Key, err)
			}
			out = append(out, v)
			after = r.Key
		}
		if !page.More || len(page.Records) == 0 {
			return out, nil
		}
	}
}

// next gives the next number of a sequence, from 1.
func (s *Service) next(ctx context.Context, name string) (int64, error) {
	key := "library/sequence/" + name
	for {
		var n int64
		revision, err := s.get(ctx, key, &n)
		if err != nil {
			return 0, err
		}
		n++
		err = s.put(ctx, key, revision, n)
		var e *Error
		if errors.As(err, &e) && e.Kind == Conflict && ctx.Err() == nil {
			continue
		}
		return n, err
	}
}

// remove deletes all records below a prefix, in transactions of a bounded size.
func (s *Service) remove(ctx context.Context, prefix string) error {
	for {
		page, err := s.st.Range(ctx, store.RangeOptions{Prefix: prefix, Limit: store.MaxOps, KeysOnly: true})
		if err != nil || len(page.Records) == 0 {
			return err
		}
		var ops []store.Op
		for _, r := range page.Records {
			ops = append(ops, store.Delete(r.Key))
		}
		if _, err := s.st.Txn(ctx, nil, ops); err != nil {
			return err
		}
	}
}

func same(a, b string) bool { return strings.EqualFold(a, b) }
