package deploy

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/template"
)

// run is one deployment on its way.
type run struct {
	s           *Service
	req         *request
	plan        *template.Plan
	correlation string
	start       time.Time
	ctx         context.Context
	cancel      context.CancelCauseFunc

	mu         sync.Mutex
	operations []*operation
	changed    []*template.Node        // written, or found as they are to be
	same       map[*template.Node]bool // of those: found
	failures   []*azerr.Error
	deleted    []string // by Complete mode
}

// operation is one write of a deployment, as .../operations shows it.
type operation struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind"` // Create, EvaluateDeploymentOutput or Delete
	State   string         `json:"state"`
	Status  int            `json:"status"`
	Target  map[string]any `json:"target,omitempty"`
	Error   map[string]any `json:"error,omitempty"`
	Same    bool           `json:"same,omitempty"` // nothing was to be changed
	Begin   time.Time      `json:"begin"`
	Seconds float64        `json:"seconds"`
}

func newRun(s *Service, r *request, p *template.Plan, correlation string) *run {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &run{s: s, req: r, plan: p, correlation: correlation, start: s.o.Now(), ctx: ctx, cancel: cancel, same: map[*template.Node]bool{}}
}

// stop ends the run; why becomes the deployment's error.
func (r *run) stop(why *azerr.Error) { r.cancel(why) }

// execute runs the plan and records the end, whatever happens.
func (r *run) execute() {
	defer r.cancel(nil)
	done, journaled := make(chan struct{}), make(chan struct{})
	go func() {
		r.keepJournal(done)
		close(journaled)
	}()
	outputs, err := r.guarded()
	if err != nil && r.req.onError != nil && r.ctx.Err() == nil {
		r.rollback()
	}
	close(done)
	<-journaled
	r.s.done(r) // before the end can be seen: from then on another run may have the name
	if err := r.finish(outputs, err); err != nil {
		r.s.o.Logger.Error("deploy: the end of a deployment can't be recorded", "deployment", r.req.id.String(), "error", err.Error())
	}
}

func (r *run) guarded() (outputs []template.Output, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.s.o.Logger.Error("deploy: panic", "deployment", r.req.id.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = azerr.Internal.New()
		}
	}()
	r.graph()
	if err := r.ended(); err != nil {
		return nil, err
	}
	if r.req.mode == "Complete" {
		r.deleteOthers()
		if err := r.ended(); err != nil {
			return nil, err
		}
	}
	return r.outputs()
}

// ended is the error of a run that was stopped or that failed.
func (r *run) ended() error {
	var why *azerr.Error
	if errors.As(context.Cause(r.ctx), &why) {
		return r.progress(why)
	}
	r.mu.Lock()
	failures := slices.Clone(r.failures)
	r.mu.Unlock()
	if len(failures) > 0 {
		return r.progress(azerr.DeploymentFailed.New().With(failures...))
	}
	return nil
}

// progress adds to an error which resources were changed and which were not.
func (r *run) progress(e *azerr.Error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := outcome{deleted: r.deleted}
	for _, n := range r.plan.Nodes {
		switch id := n.ID.String(); {
		case n.Existing || !n.Condition:
		case r.same[n]:
			o.same = append(o.same, id)
		case slices.Contains(r.changed, n):
			o.changed = append(o.changed, id)
		default:
			o.not = append(o.not, id)
		}
	}
	return e.With(o.incomplete())
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, azerr.From(err))
}

// graph writes the resources, each after those that it depends on, at most Workers at a
// time. Others go on when one fails; those that depend on it do not begin.
func (r *run) graph() {
	nodes := r.plan.Nodes
	waiting := make(map[*template.Node]int, len(nodes))
	next := make(map[*template.Node][]*template.Node, len(nodes))
	type result struct {
		n  *template.Node
		ok bool
	}
	results := make(chan result)
	slots := make(chan struct{}, r.s.o.Workers)
	flying := 0
	begin := func(n *template.Node) {
		if r.ctx.Err() != nil {
			return
		}
		flying++
		go func() {
			slots <- struct{}{}
			ok := r.ctx.Err() == nil && r.node(n)
			<-slots
			results <- result{n, ok}
		}()
	}
	for _, n := range nodes {
		waiting[n] = len(n.DependsOn)
		for _, d := range n.DependsOn {
			next[d] = append(next[d], n)
		}
	}
	for _, n := range nodes {
		if waiting[n] == 0 {
			begin(n)
		}
	}
	for flying > 0 {
		done := <-results
		flying--
		if !done.ok {
			continue
		}
		for _, m := range next[done.n] {
			if waiting[m]--; waiting[m] == 0 {
				begin(m)
			}
		}
	}
}

// node writes one resource and reports whether those that depend on it can begin.
func (r *run) node(n *template.Node) (ok bool) {
	if n.Existing || !n.Condition {
		return true
	}
	if n.OnlyIfNotExists && r.isThere(n) {
		r.found(n)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changed = append(r.changed, n) // it is the template's: Complete mode keeps it
		return true
	}
	op := r.begin("Create", reference(n))
	defer func() {
		if p := recover(); p != nil {
			r.s.o.Logger.Error("deploy: panic", "resource", n.ID.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			r.end(op, n, azerr.Internal.New())
			ok = false
		}
	}()
	err := r.write(n)
	for try := 0; r.again(n, err, try); try++ {
		err = r.write(n)
	}
	r.end(op, n, err)
	return err == nil
}

// found notes that a resource was as it is to be.
func (r *run) found(n *template.Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.same[n] = true
}

func (r *run) isThere(n *template.Node) bool {
	_, err := r.s.o.ARM.Get(r.ctx, r.req.caller, n.ID, n.APIVersion)
	return err == nil
}

func (r *run) live() *live { return &live{r.s.o.ARM, r.req.caller} }

// write evaluates a body, sends it and waits until the resource is ready.
func (r *run) write(n *template.Node) error {
	body, err := r.body(n)
	if err != nil {
		return evaluationError(err)
	}
	if !n.IsDeployment() && r.live().unchanged(r.ctx, n, body) {
		r.found(n) // deploying again changes nothing where nothing is to be changed
		return nil
	}
	made, err := r.s.o.ARM.Put(r.ctx, r.req.caller, n.ID, n.APIVersion, body, arm.PutOptions{RequestID: r.req.caller.RequestID})
	if err != nil {
		return err
	}
	if arm.Terminal(stateOf(made)) && !n.IsDeployment() {
		return failedState(made)
	}
	if made, err = r.s.o.ARM.Wait(r.ctx, made.ID); err != nil {
		r.stopNested(n)
		return err
	}
	return failedState(made)
}

// stopNested passes the end of this run on to a nested deployment.
func (r *run) stopNested(n *template.Node) {
	var why *azerr.Error
	if inner := r.s.find(n.ID); inner != nil && errors.As(context.Cause(r.ctx), &why) {
		inner.stop(why)
	}
}

// body of a resource; that of a nested deployment carries its parsed template.
func (r *run) body(n *template.Node) (map[string]any, error) {
	if !n.IsDeployment() {
		body, _, err := n.Body(r.ctx, r.live())
		return body, err
	}
	nested, err := n.Nested(r.ctx, r.live())
	if err != nil {
		return nil, err
	}
	inner := r.req.within(n, nested)
	body := map[string]any{"properties": map[string]any{"mode": nested.Mode, "template": nested}}
	if n.ID.ResourceGroup() == "" {
		body["location"] = inner.location
	}
	return body, nil
}

// evaluationError shows a reference that can't be read by its own code.
func evaluationError(err error) error {
	var wire *azerr.Error
	if errors.As(err, &wire) {
		return wire
	}
	return templateError(err)
}

// failedState is the error of a resource that ended in a state other than Succeeded.
func failedState(made *arm.Resource) error {
	state := stateOf(made)
	if !strings.EqualFold(state, stateFailed) && !strings.EqualFold(state, stateCanceled) {
		return nil
	}
	e := azerr.DeploymentOperationFailed.New(state)
	if body, ok := plain(made.Properties)["error"].(map[string]any); ok {
		e.With(errorFrom(body))
	}
	return e
}

// errorFrom reads an error out of a deployment's properties.
func errorFrom(body map[string]any) *azerr.Error {
	text := func(k string) string { s, _ := body[k].(string); return s }
	e := &azerr.Error{Kind: &azerr.Code{Code: text("code"), Status: 409}, Message: text("message"), Target: text("target")}
	details, _ := body["details"].([]any)
	for _, d := range details {
		if m, ok := d.(map[string]any); ok {
			e.With(errorFrom(m))
		}
	}
	return e
}

// outputs evaluates the template's outputs.
func (r *run) outputs() ([]template.Output, error) {
	out, err := r.plan.Outputs(r.ctx, r.live())
	var te *template.Error
	switch {
	case errors.As(err, &te):
		op := r.begin("EvaluateDeploymentOutput", nil)
		failed := azerr.DeploymentOutputFailed.New(te.Message).At(te.Target)
		r.end(op, nil, failed)
		return nil, azerr.DeploymentOutputsFailed.New(te.Target).With(failed)
	case err != nil:
		return nil, err
	}
	return out, nil
}
