package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
	"gatehouse/internal/template"
)

// journalEvery is how far the store may be behind of the operations of a run. What a crash leaves out, the resources
// themselves tell: recover looks at them.
const journalEvery = 250 * time.Millisecond

// journal is what the store has of a run.
type journal struct {
	Correlation string      `json:"correlationId"`
	Operations  []operation `json:"operations"`
}

func journalKey(id resourceid.ID) string { return "deploy/operations" + id.Key() }

// keepJournal writes the run's operations to the store now and then, until done is closed; finish moves them to the record.
func (r *run) keepJournal(done <-chan struct{}) {
	ticker := time.NewTicker(journalEvery)
	defer ticker.Stop()
	written := 0
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		steps := r.steps()
		if steps == written {
			continue
		}
		if err := r.writeJournal(); err != nil {
			r.s.o.Logger.Warn("deploy: the operations of a deployment can't be kept; it is tried again", "deployment", r.req.id.String(), "error", err.Error())
			continue
		}
		written = steps
	}
}

// steps counts what happened so far.
func (r *run) steps() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.operations)
	for _, op := range r.operations {
		if op.State != stateRunning {
			n++
		}
	}
	return n
}

func (r *run) writeJournal() error {
	value, err := json.Marshal(journal{r.correlation, r.snapshot()})
	if err != nil {
		return err
	}
	_, err = r.s.o.ARM.Store().Txn(context.WithoutCancel(r.ctx), nil, []store.Op{store.Put(journalKey(r.req.id), value)})
	return err
}

// readJournal returns the operations that a crashed run had written.
func (s *Service) readJournal(ctx context.Context, d *arm.Resource) ([]operation, error) {
	rec, err := s.o.ARM.Store().Get(ctx, journalKey(d.ID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var j journal
	if err := json.Unmarshal(rec.Value, &j); err != nil || j.Correlation != d.Properties["correlationId"] {
		return nil, err
	}
	return j.Operations, nil
}

func (s *Service) dropJournal(ctx context.Context, id resourceid.ID) error {
	_, err := s.o.ARM.Store().Txn(ctx, nil, []store.Op{store.Delete(journalKey(id))})
	return err
}

// planned are the resources that a deployment writes, kept with its record for the case that the process ends.
func planned(p *template.Plan) (string, error) {
	ids := []any{}
	for _, n := range p.Nodes {
		if !n.Existing && n.Condition {
			ids = append(ids, n.ID.String())
		}
	}
	return pack(ids)
}

// outcome lists what became of a deployment's resources.
type outcome struct {
	changed, same, not, unsure, deleted []string
}

// incomplete is the detail of an error that tells it.
func (o outcome) incomplete() *azerr.Error {
	list := func(ids []string) string {
		if len(ids) == 0 {
			return "none"
		}
		return strings.Join(ids, ", ")
	}
	text := "Resources that were changed: " + list(o.changed) + ". Resources that were not changed: " + list(o.not) + "."
	if len(o.same) > 0 {
		text += " Resources that were already as the template has them: " + list(o.same) + "."
	}
	if len(o.deleted) > 0 {
		text += " Resources that were deleted: " + list(o.deleted) + "."
	}
	if len(o.unsure) > 0 {
		text += " Resources that may have been changed: " + list(o.unsure) + "."
	}
	return azerr.DeploymentIncomplete.New(text)
}

// afterCrash finds out what a run that ended with its process had done: by its journal and, where that says nothing
// of the end of a write, by the resource.
func (s *Service) afterCrash(ctx context.Context, d *arm.Resource) ([]operation, outcome, error) {
	var out outcome
	ops, err := s.readJournal(ctx, d)
	if err != nil {
		return nil, out, err
	}
	ids, err := storedPlan(d)
	if err != nil {
		return nil, out, err
	}
	byTarget := map[string]*operation{}
	for i := range ops {
		if text, _ := ops[i].Target["id"].(string); ops[i].Kind == "Delete" && ops[i].State == stateSucceeded {
			out.deleted = append(out.deleted, text)
			continue
		}
		if id, _ := ops[i].Target["id"].(string); id != "" {
			byTarget[strings.ToLower(id)] = &ops[i]
		}
	}
	for _, text := range ids {
		id, err := resourceid.Parse(text)
		if err != nil {
			return nil, out, err
		}
		if err := s.judge(ctx, d, id, byTarget[id.Key()], &out); err != nil {
			return nil, out, err
		}
	}
	for i := range ops {
		if ops[i].State == stateRunning {
			ops[i].State, ops[i].Status, ops[i].Error = stateFailed, azerr.DeploymentInterrupted.Status, wireError(azerr.DeploymentInterrupted.New())
		}
	}
	return ops, out, nil
}

// judge decides what became of one resource.
func (s *Service) judge(ctx context.Context, d *arm.Resource, id resourceid.ID, op *operation, out *outcome) error {
	text := id.String()
	switch {
	case op != nil && op.State == stateSucceeded && op.Same:
		out.same = append(out.same, text)
		return nil
	case op != nil && op.State == stateSucceeded:
		out.changed = append(out.changed, text)
		return nil
	}
	r, err := s.o.ARM.Stored(ctx, id)
	if err != nil {
		return err
	}
	typ, known := s.o.ARM.Type(id.Type())
	switch {
	case r != nil && !r.Changed.Before(d.Changed):
		out.changed = append(out.changed, text)
		if op != nil && op.State == stateRunning {
			op.State, op.Status = stateSucceeded, 200
		}
	case known && typ.NotStored && (op == nil || op.State == stateRunning):
		return s.judgeKept(ctx, d, id, typ, op, out)
	default:
		out.not = append(out.not, text)
	}
	return nil
}

// judgeKept decides about what its provider keeps itself: it was changed when it is younger than the deployment, which
// providers tell in seconds.
func (s *Service) judgeKept(ctx context.Context, d *arm.Resource, id resourceid.ID, typ *arm.Type, op *operation, out *outcome) error {
	text := id.String()
	if typ.Get == nil {
		out.unsure = append(out.unsure, text)
		return nil
	}
	r, err := s.o.ARM.Lookup(ctx, id)
	switch {
	case isNotFound(err):
		out.not = append(out.not, text)
		return nil
	case err != nil:
		return err
	}
	attributes, _ := plain(r.Properties)["attributes"].(map[string]any)
	number, _ := attributes["updated"].(json.Number)
	updated, err := number.Int64()
	switch began := d.Changed.Unix(); {
	case err != nil || updated == began:
		out.unsure = append(out.unsure, text)
	case updated < began:
		out.not = append(out.not, text)
	default:
		out.changed = append(out.changed, text)
		if op != nil {
			op.State, op.Status = stateSucceeded, 200
		}
	}
	return nil
}

func storedPlan(d *arm.Resource) (ids []string, err error) {
	if d.Private["planned"] == nil {
		return nil, nil
	}
	v, err := unpack(d.Private["planned"])
	if err != nil {
		return nil, err
	}
	list, _ := v.([]any)
	for _, e := range list {
		if text, ok := e.(string); ok {
			ids = append(ids, text)
		}
	}
	return ids, nil
}
