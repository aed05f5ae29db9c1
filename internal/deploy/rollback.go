package deploy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/template"
)

// onError is what is deployed again when a deployment fails: the last one of the
// scope that succeeded, or a named one, with the template and the parameters that
// it had. https://learn.microsoft.com/azure/azure-resource-manager/templates/rollback-on-error
type onError struct {
	kind  string // LastSuccessful or SpecificDeployment
	name  string
	state string // of the deployment again; empty while it was not needed
	again *request
}

// The kinds of onErrorDeployment.
const (
	lastSuccessful     = "LastSuccessful"
	specificDeployment = "SpecificDeployment"
)

// readOnError reads the member of a request.
func readOnError(v any) (*onError, error) {
	if v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, azerr.InvalidRequestContent.New("the member 'onErrorDeployment' must be an object")
	}
	kind, _ := m["type"].(string)
	name, _ := m["deploymentName"].(string)
	switch {
	case strings.EqualFold(kind, lastSuccessful) && name == "":
		return &onError{kind: lastSuccessful}, nil
	case strings.EqualFold(kind, specificDeployment) && name != "":
		return &onError{kind: specificDeployment, name: name}, nil
	}
	return nil, azerr.InvalidDeployment.New("The member 'onErrorDeployment' must have the type 'LastSuccessful', or the type 'SpecificDeployment' and a 'deploymentName'.")
}

// resolve finds the deployment to go back to and keeps what it was made of, since a
// deployment of the same name replaces it.
func (s *Service) resolve(ctx context.Context, r *request) error {
	if r.onError == nil {
		return nil
	}
	all, err := s.o.ARM.Children(ctx, r.id.Scope(), TypeDeployment)
	if err != nil {
		return err
	}
	var found *arm.Resource
	for _, d := range all {
		if !d.ID.Scope().Equal(r.id.Scope()) || stateOf(d) != stateSucceeded || d.Private["nested"] == true {
			continue
		}
		switch {
		case r.onError.kind == specificDeployment && !strings.EqualFold(d.Name, r.onError.name):
		case found == nil || later(d, found):
			found = d
		}
	}
	if found == nil {
		what := "there is no deployment that succeeded"
		if r.onError.name != "" {
			what = fmt.Sprintf("there is no deployment '%s' that succeeded", r.onError.name)
		}
		return azerr.InvalidDeployment.New("The member 'onErrorDeployment' can't be met: " + what + " at this scope.")
	}
	r.onError.name = found.Name
	r.onError.again, err = s.again(r, found)
	return err
}

// later reports whether a ended after b; the store's revision parts those of one moment.
func later(a, b *arm.Resource) bool {
	if x, y := ended(a), ended(b); !x.Equal(y) {
		return x.After(y)
	}
	return a.Revision > b.Revision
}

func ended(d *arm.Resource) time.Time {
	s, _ := d.Properties["timestamp"].(string)
	t, _ := time.Parse(time.RFC3339Nano, s) // what this package wrote
	return t
}

// again is the request of a stored deployment, in the name of the one that runs.
func (s *Service) again(r *request, d *arm.Resource) (*request, error) {
	body, err := unpack(d.Private["template"])
	if err != nil {
		return nil, err
	}
	again := &request{id: r.id, caller: r.caller, mode: "Incremental", location: d.Location}
	again.base, _ = d.Private["base"].(string)
	if mode, ok := d.Properties["mode"].(string); ok {
		again.mode = mode
	}
	if again.parameters, err = storedParameters(d); err != nil {
		return nil, err
	}
	return again, again.readTemplate(body)
}

// storedParameters are those that the deployment was given.
func storedParameters(d *arm.Resource) (map[string]any, error) {
	packed := d.Private["parameters"]
	if packed == nil {
		return nil, nil
	}
	v, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	m, _ := v.(map[string]any)
	return m, nil
}

// keep stores what resolve will need of this deployment.
func (r *request) keep(private map[string]any, plan *template.Plan) (err error) {
	if r.nested != nil {
		private["nested"] = true
		return nil
	}
	if r.base != "" {
		private["base"] = r.base
	}
	if again := plan.Again(); len(again) > 0 {
		private["parameters"], err = pack(again)
	}
	return err
}

// rollback deploys again what the deployment is to go back to. Its operations join
// those of the run, whose error stays.
func (r *run) rollback() {
	o := r.req.onError
	o.state = stateFailed
	plan, _, err := r.s.check(r.ctx, o.again)
	if err != nil {
		r.fail(err)
		return
	}
	back := newRun(r.s, o.again, plan, r.correlation)
	stop := context.AfterFunc(r.ctx, func() { back.cancel(context.Cause(r.ctx)) })
	defer stop()
	defer back.cancel(nil)
	_, err = back.guarded()
	r.mu.Lock()
	r.operations = append(r.operations, back.operations...)
	r.mu.Unlock()
	if err == nil {
		o.state = stateSucceeded
	}
}

// wire is the member as deployments show it; its state is there when it was needed.
func (o *onError) wire() map[string]any {
	w := map[string]any{"type": o.kind, "deploymentName": o.name}
	if o.state != "" {
		w["provisioningState"] = o.state
	}
	return w
}
