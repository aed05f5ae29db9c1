package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// live answers reference() and list*() from arm, as the caller of the deployment.
type live struct {
	arm    *arm.Service
	caller identity.Caller
}

// missingError is a resource that is not there, in arm's words.
type missingError struct{ err *azerr.Error }

func (e *missingError) Error() string   { return e.err.Message }
func (e *missingError) Unwrap() []error { return []error{e.err, template.ErrNotFound} }

// Reference implements template.Runtime.
func (l *live) Reference(ctx context.Context, id resourceid.ID, apiVersion string) (map[string]any, error) {
	r, err := l.arm.Get(ctx, l.caller, id, apiVersion)
	var wire *azerr.Error
	if errors.As(err, &wire) && wire.Kind.Status == 404 && !errors.Is(err, azerr.InvalidResourceType) && !errors.Is(err, azerr.InvalidResourceNamespace) {
		return nil, &missingError{wire}
	}
	if err != nil {
		return nil, err
	}
	return plain(l.arm.Wire(r)), nil
}

// List implements template.Runtime.
func (l *live) List(ctx context.Context, id resourceid.ID, apiVersion, function string, body map[string]any) (any, error) {
	out, err := l.arm.Action(ctx, l.caller, id, apiVersion, function, body)
	if err != nil {
		return nil, err
	}
	switch v := out.(type) {
	case *arm.Answer:
		out = v.Body
	case *arm.Resource:
		out = l.arm.Wire(v)
	}
	return decoded(out)
}

// plain is v as a JSON decoder gives it, numbers as json.Number.
func plain(v any) map[string]any {
	out, err := decoded(v)
	if err != nil {
		return map[string]any{}
	}
	m, _ := out.(map[string]any)
	return m
}

func decoded(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("deploy: %w", err)
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var out any
	return out, d.Decode(&out)
}
