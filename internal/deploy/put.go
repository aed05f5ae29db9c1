package deploy

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/template"
)

// put checks a deployment and prepares its run, which stored starts.
func (s *Service) put(ctx context.Context, q *arm.PutRequest) (*arm.Resource, error) {
	if e := q.Existing; e != nil && !arm.Terminal(stateOf(e)) {
		timestamp, _ := e.Properties["timestamp"].(string)
		return nil, azerr.DeploymentActive.New(e.Name, timestamp)
	}
	r, err := s.readRequest(ctx, q.ID, q.Caller, q.Body)
	if err != nil {
		return nil, err
	}
	if r.caller.RequestID == "" {
		r.caller.RequestID = q.RequestID
	}
	plan, _, err := s.check(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.resolve(ctx, r); err != nil {
		return nil, err
	}
	made, err := q.Resource()
	if err != nil {
		return nil, err
	}
	made.Location = r.location
	made.SKU, made.Identity, made.Plan, made.Kind = nil, nil, nil, ""
	correlation := uuid.NewString()
	made.Properties = s.properties(r, plan, correlation)
	packed, err := pack(template.To(r.template.Raw()))
	if err != nil {
		return nil, err
	}
	made.Private = map[string]any{"template": packed}
	if made.Private["planned"], err = planned(plan); err != nil {
		return nil, err
	}
	if err := r.keep(made.Private, plan); err != nil {
		return nil, err
	}
	if q.ValidateOnly {
		return made, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, azerr.DeploymentInterrupted.New()
	}
	s.pending[q.ID.Key()] = newRun(s, r, plan, correlation)
	return made, nil
}

// properties of a deployment that begins.
func (s *Service) properties(r *request, plan *template.Plan, correlation string) map[string]any {
	p := map[string]any{
		"templateHash": r.template.Hash(), "parameters": plan.Parameters(), "mode": r.mode, "provisioningState": stateRunning,
		"timestamp": s.o.Now().UTC().Format(time.RFC3339Nano), "duration": "PT0S", "correlationId": correlation,
		"providers": providersOf(plan), "dependencies": dependenciesOf(plan),
	}
	for name, link := range r.links {
		p[name] = link
	}
	if r.onError != nil {
		p["onErrorDeployment"] = r.onError.wire()
	}
	return p
}

// stored starts the run that put prepared; it is called for later changes of the record, too.
func (s *Service) stored(_ context.Context, d *arm.Resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := d.ID.Key()
	r := s.pending[key]
	if r == nil || d.Properties["correlationId"] != r.correlation {
		return
	}
	delete(s.pending, key)
	s.running[key] = r
	s.all.Add(1)
	go func() {
		defer s.all.Done()
		r.execute()
		if r.req.nested != nil {
			return // the deployment around it will look
		}
		if err := s.trimHistory(context.WithoutCancel(r.ctx), r.req.id.Scope()); err != nil {
			s.o.Logger.Warn("deploy: old deployments can't be deleted", "scope", r.req.id.Scope().String(), "error", err.Error())
		}
	}()
}

func (s *Service) done(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, r.req.id.Key())
}

// delete forgets a deployment; what it deployed stays.
func (s *Service) delete(_ context.Context, q *arm.DeleteRequest) error {
	r := s.find(q.ID)
	if r == nil {
		return nil
	}
	if !q.Cascade {
		return azerr.DeploymentActive.New(q.ID.Name(), r.start.UTC().Format(time.RFC3339))
	}
	r.stop(azerr.DeploymentCanceled.New())
	return nil
}

// providersOf lists namespaces and types, as deployments show them.
func providersOf(p *template.Plan) []any {
	byNamespace := map[string][]any{}
	var order []string
	seen := map[string]bool{}
	for _, n := range p.Nodes {
		if n.Existing || seen[strings.ToLower(n.Type)] {
			continue
		}
		seen[strings.ToLower(n.Type)] = true
		ns, typ, _ := strings.Cut(n.Type, "/")
		if byNamespace[ns] == nil {
			order = append(order, ns)
		}
		byNamespace[ns] = append(byNamespace[ns], map[string]any{"resourceType": typ, "locations": []any{nil}})
	}
	out := []any{}
	for _, ns := range order {
		out = append(out, map[string]any{"namespace": ns, "resourceTypes": byNamespace[ns]})
	}
	return out
}

func reference(n *template.Node) map[string]any {
	return map[string]any{"id": n.ID.String(), "resourceType": n.Type, "resourceName": n.Name}
}

func dependenciesOf(p *template.Plan) []any {
	out := []any{}
	for _, n := range p.Nodes {
		var on []any
		for _, d := range n.DependsOn {
			if d.Condition && !d.Existing {
				on = append(on, reference(d))
			}
		}
		if len(on) > 0 && n.Condition && !n.Existing {
			entry := reference(n)
			entry["dependsOn"] = on
			out = append(out, entry)
		}
	}
	return out
}

// pack compresses a template, so that large ones fit into a record of the store.
func pack(v any) (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(v); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// maxTemplate bounds what unpack reads: twice the size of a request.
const maxTemplate = 8 << 20

func unpack(v any) (any, error) {
	text, _ := v.(string)
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(io.LimitReader(z, maxTemplate))
	d.UseNumber()
	var out any
	return out, d.Decode(&out)
}
