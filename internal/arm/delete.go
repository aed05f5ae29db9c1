package arm

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// Delete deletes the resource, its children and its extension resources. There being none is no error.
func (s *Service) Delete(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, o DeleteOptions) error {
	_, err := s.remove(ctx, c, id, apiVersion, o)
	return err
}

// remove also says whether there was one. A deletion that has begun is not stopped by a client that leaves.
func (s *Service) remove(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, o DeleteOptions) (bool, error) {
	if err := s.checkSubscription(id); err != nil {
		return false, err
	}
	t, err := s.typeOf(id.Type(), apiVersion)
	if err != nil {
		return false, err
	}
	if t.NoDelete || t.Put == nil && t.Delete == nil {
		return false, azerr.MethodNotAllowed.New("DELETE", t.Name)
	}
	action := t.rbacName() + "/delete"
	if !o.System {
		if err := s.Authorize(ctx, c, action, id); err != nil {
			return false, s.audited(ctx, c, o.RequestID, action, id, 0, err)
		}
	}
	ctx = context.WithoutCancel(ctx)
	stored := id
	if !o.System {
		if stored, _, err = s.resolve(ctx, id); err != nil {
			return false, err
		}
	}
	was, err := s.removeTree(ctx, c, t, stored, o)
	if o.System || err == nil {
		return was, err
	}
	return was, s.audited(ctx, c, o.RequestID, action, id, 200, err)
}

func (s *Service) removeTree(ctx context.Context, c identity.Caller, t *Type, id resourceid.ID, o DeleteOptions) (bool, error) {
	ctx, unlock := s.tree.lock(ctx, id)
	defer unlock()
	root, err := s.find(ctx, id)
	if err != nil || root == nil {
		return false, err
	}
	if err := ifMatch(id, o.IfMatch, root); err != nil {
		return false, err
	}
	if t.MayDelete != nil {
		if err := t.MayDelete(ctx, &DeleteRequest{Caller: c, ID: root.ID, Existing: root, Service: s, Query: o.Query}); err != nil {
			return true, err
		}
	}
	d := &deletion{s: s, c: c, o: o}
	below, err := s.keysBelow(ctx, root.ID)
	if err != nil {
		return false, err
	}
	if len(below) > 0 {
		if err := d.cascade(ctx, root, below); err != nil {
			return true, storeError(id, err)
		}
	}
	return true, storeError(id, d.one(ctx, t, root.ID, false))
}

// deletion is one DELETE on its way.
type deletion struct {
	s *Service
	c identity.Caller
	o DeleteOptions
}

// cascade deletes all below root, leaves first. Root is marked, so that a deletion cut short by a crash shows.
func (d *deletion) cascade(ctx context.Context, root *Resource, keys []string) error {
	if root.Revision > 0 {
		if err := d.setDeleting(ctx, root.ID, true); err != nil {
			return err
		}
	}
	for _, id := range d.order(keys) {
		t, _ := d.s.Type(id.Type())
		if err := d.one(ctx, t, id, true); err != nil {
			if root.Revision > 0 {
				err = errors.Join(err, d.setDeleting(ctx, root.ID, false))
			}
			return err
		}
	}
	return nil
}

func (d *deletion) setDeleting(ctx context.Context, id resourceid.ID, on bool) error {
	_, err := d.s.Update(ctx, id, func(r *Resource) error { r.Deleting = on; return nil })
	return err
}

// order sorts resources so that extensions and children go before what they belong to, and top-level resources by
// their type's DeleteOrder. Extensions are role assignments above all: they go at once with their resource.
func (d *deletion) order(keys []string) []resourceid.ID {
	type item struct {
		id          resourceid.ID
		rank, depth int
		top         string
	}
	var items []item
	for _, key := range keys {
		id, err := resourceid.Parse(strings.TrimPrefix(key, Prefix))
		if err != nil {
			continue // not a key that this package writes
		}
		top := id
		for k := kindOf(top.Parent()); k == ResourceScope; k = kindOf(top.Parent()) {
			top = top.Parent()
		}
		it := item{id: id, depth: strings.Count(key, "/"), top: top.Key()}
		if t, ok := d.s.Type(top.Type()); ok {
			it.rank = t.DeleteOrder
		}
		if top.IsType(TypeGroup) {
			it.rank = 1 << 20
		}
		items = append(items, it)
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.top, b.top), cmp.Compare(b.depth, a.depth), cmp.Compare(a.id.Key(), b.id.Key()))
	})
	ids := make([]resourceid.ID, len(items))
	for i, it := range items {
		ids[i] = it.id
	}
	return ids
}

// one deletes a single resource: its provider first, then the record.
func (d *deletion) one(ctx context.Context, t *Type, id resourceid.ID, cascade bool) error {
	for try := 1; ; try++ {
		r, err := d.s.find(ctx, id)
		if err != nil || r == nil {
			return err
		}
		if try == 1 {
			if err := d.record(ctx, t, r); err != nil {
				return err
			}
		}
		req := &DeleteRequest{Caller: d.c, ID: r.ID, Existing: r, Cascade: cascade, Service: d.s, Query: d.o.Query}
		if t != nil && t.Delete != nil {
			if err := t.Delete(ctx, req); err != nil {
				return err
			}
		}
		ops, conditions := req.Ops, req.Conditions
		if r.Revision > 0 {
			ops = append(ops, store.Delete(Key(id)))
			conditions = append(conditions, store.Condition{Key: Key(id), Revision: r.Revision})
		}
		if len(ops) > 0 {
			_, err = d.s.o.Store.Txn(ctx, conditions, ops)
		}
		if err == nil {
			d.s.changes.wake(id.Key())
			if t != nil && t.Deleted != nil {
				t.Deleted(ctx, r.ID)
			}
			return nil
		}
		if !errors.Is(err, store.ErrConflict) || try == maxAttempts {
			return err
		}
	}
}

// record audits the deletion of a resource before anything of it goes: what can't be audited isn't done.
func (d *deletion) record(ctx context.Context, t *Type, r *Resource) error {
	if d.o.System || t == nil {
		return nil
	}
	return d.s.record(ctx, d.c, d.o.RequestID, t.rbacName()+"/delete", r.ID, 200, nil)
}
