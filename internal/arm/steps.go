package arm

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/store"
)

// Step is a write that belongs to that of a resource: one of its children, or another resource that changes with
// it. All of a step is in one transaction. See PutRequest.Steps.
type Step struct {
	Conditions []store.Condition
	Ops        []store.Op
}

// StepTo stores r, whose Revision says what it was read as (0: it is new), with a new entity tag.
func (s *Service) StepTo(r *Resource) (Step, error) {
	r.Changed, r.ETag = s.Now().UTC(), newETag()
	if r.Revision == 0 {
		r.Created, r.Name = r.Changed, r.ID.Name()
	}
	op, err := StoreOp(r)
	return Step{Conditions: []store.Condition{{Key: Key(r.ID), Revision: r.Revision}}, Ops: []store.Op{op}}, err
}

// StepAway deletes r.
func StepAway(r *Resource) Step {
	return Step{Conditions: []store.Condition{{Key: Key(r.ID), Revision: r.Revision}}, Ops: []store.Op{store.Delete(Key(r.ID))}}
}

// runSteps makes all steps: in one transaction when they fit, else in several in their order. When one fails, those
// before it are undone. The revision is that of the last.
func (s *Service) runSteps(ctx context.Context, steps []Step) (int64, error) {
	var revision int64
	var done []store.Op
	batches := pack(steps)
	for i, b := range batches {
		var undo []store.Op
		var err error
		if i < len(batches)-1 {
			undo, err = s.inverse(ctx, b.Ops)
		}
		if err == nil {
			revision, err = s.o.Store.Txn(ctx, b.Conditions, b.Ops)
		}
		if err != nil {
			return 0, s.undo(ctx, done, err)
		}
		done = append(done, undo...)
	}
	return revision, nil
}

// pack joins steps to as few transactions as the store's limits allow.
func pack(steps []Step) []Step {
	var batches []Step
	size := 0
	for _, step := range steps {
		bytes := 0
		for _, op := range step.Ops {
			bytes += len(op.Key) + len(op.Value)
		}
		last := len(batches) - 1
		if last < 0 || len(batches[last].Ops)+len(step.Ops) > store.MaxOps || len(batches[last].Conditions)+len(step.Conditions) > store.MaxOps || size+bytes > store.MaxTxn {
			batches, size, last = append(batches, Step{}), 0, last+1
		}
		batches[last].Ops = append(batches[last].Ops, step.Ops...)
		batches[last].Conditions = append(batches[last].Conditions, step.Conditions...)
		size += bytes
	}
	return batches
}

// inverse are the writes that bring back what ops are about to change.
func (s *Service) inverse(ctx context.Context, ops []store.Op) ([]store.Op, error) {
	out := make([]store.Op, 0, len(ops))
	for _, op := range ops {
		rec, err := s.o.Store.Get(ctx, op.Key)
		switch {
		case errors.Is(err, store.ErrNotFound):
			out = append(out, store.Delete(op.Key))
		case err != nil:
			return nil, err
		default:
			out = append(out, store.Put(op.Key, rec.Value))
		}
	}
	return out, nil
}

// undo takes back what was done before err, last things first, and returns err.
func (s *Service) undo(ctx context.Context, done []store.Op, err error) error {
	ctx = context.WithoutCancel(ctx)
	steps := make([]Step, 0, len(done))
	for i := len(done) - 1; i >= 0; i-- {
		steps = append(steps, Step{Ops: []store.Op{done[i]}})
	}
	for _, b := range pack(steps) {
		if _, failed := s.o.Store.Txn(ctx, nil, b.Ops); failed != nil {
			return fmt.Errorf("%w; what was written before it could not be taken back (put the resource again): %w", err, failed)
		}
	}
	return err
}
