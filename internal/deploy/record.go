package deploy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/template"
)

func (r *run) begin(kind string, target map[string]any) *operation {
	op := &operation{Kind: kind, State: stateRunning, Target: target, Begin: r.s.o.Now().UTC()}
	r.mu.Lock()
	defer r.mu.Unlock()
	op.ID = fmt.Sprintf("%016X%04d", uint64(r.start.UnixNano()), len(r.operations)+1)
	r.operations = append(r.operations, op)
	return op
}

func (r *run) end(op *operation, n *template.Node, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	op.Seconds = max(0, r.s.o.Now().Sub(op.Begin).Seconds())
	op.State, op.Status = stateSucceeded, http.StatusOK
	if err == nil {
		if n != nil {
			r.changed, op.Same = append(r.changed, n), r.same[n]
		}
		return
	}
	e := *azerr.From(err)
	if e.Kind == azerr.Internal {
		r.s.o.Logger.Error("deploy: a resource failed", "deployment", r.req.id.String(), "error", err.Error())
	}
	if n != nil {
		e.Target = n.ID.String()
	}
	op.State, op.Status, op.Error = stateFailed, e.Kind.Status, wireError(&e)
	if n != nil && r.ctx.Err() == nil {
		r.failures = append(r.failures, &e)
	}
	if r.ctx.Err() != nil {
		op.State = stateCanceled
	}
}

// snapshot copies the operations so far.
func (r *run) snapshot() []operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]operation, len(r.operations))
	for i, op := range r.operations {
		out[i] = *op
	}
	return out
}

// finish records how the deployment ended. It is done even after the run was stopped.
func (r *run) finish(outputs []template.Output, failed error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 30*time.Second)
	defer cancel()
	operations, err := decoded(r.snapshot())
	if err != nil {
		return err
	}
	visible, secure := split(outputs)
	_, err = r.s.o.ARM.Update(ctx, r.req.id, func(d *arm.Resource) error {
		if d.Properties["correlationId"] != r.correlation {
			return errNothingToDo // deleted and deployed again meanwhile
		}
		p := d.Properties
		p["timestamp"] = r.s.o.Now().UTC().Format(time.RFC3339Nano)
		p["duration"] = duration(r.s.o.Now().Sub(r.start))
		p["outputResources"] = r.outputResources()
		p["provisioningState"] = stateSucceeded
		if failed != nil {
			p["provisioningState"] = stateFailed
			if errors.Is(failed, azerr.DeploymentCanceled) {
				p["provisioningState"] = stateCanceled
			}
			p["error"] = wireError(failed)
		} else {
			p["outputs"] = visible
		}
		if r.req.onError != nil {
			p["onErrorDeployment"] = r.req.onError.wire()
		}
		d.Private["operations"], d.Private["outputs"] = operations, secure
		return nil
	})
	if err != nil && !errors.Is(err, errNothingToDo) && !errors.Is(err, azerr.DeploymentNotFound) {
		return err
	}
	return r.s.dropJournal(ctx, r.req.id)
}

// split makes the outputs as GET shows them, and with the secure ones.
func split(outputs []template.Output) (visible, all map[string]any) {
	visible, all = map[string]any{}, map[string]any{}
	for _, o := range outputs {
		all[o.Name] = map[string]any{"type": o.Type, "value": o.Value}
		if o.Secure {
			visible[o.Name] = map[string]any{"type": o.Type}
			continue
		}
		visible[o.Name] = all[o.Name]
	}
	return visible, all
}

// outputResources are those written, those of nested deployments included.
func (r *run) outputResources() []any {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := []any{}
	for _, n := range r.plan.Nodes {
		for _, c := range r.changed {
			if c == n && !n.IsDeployment() {
				out = append(out, map[string]any{"id": n.ID.String()})
			}
		}
	}
	for _, c := range r.changed {
		if !c.IsDeployment() {
			continue
		}
		if d, err := r.s.o.ARM.Stored(context.WithoutCancel(r.ctx), c.ID); err == nil && d != nil {
			inner, _ := d.Properties["outputResources"].([]any)
			out = append(out, inner...)
		}
	}
	return out
}

// duration is ISO 8601: PT1M2.5S.
func duration(d time.Duration) string {
	d = max(0, d).Round(time.Millisecond)
	s := "PT"
	if h := d / time.Hour; h > 0 {
		s += strconv.Itoa(int(h)) + "H"
		d -= h * time.Hour
	}
	if m := d / time.Minute; m > 0 {
		s += strconv.Itoa(int(m)) + "M"
		d -= m * time.Minute
	}
	return s + strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(d.Seconds(), 'f', 3, 64), "0"), ".") + "S"
}
