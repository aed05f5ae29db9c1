package deploy

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
)

// operationType is the read-only list of what a deployment did.
func (s *Service) operationType() *arm.Type {
	return &arm.Type{
		Name: TypeOperation, APIVersions: apiVersions, NoDelete: true,
		Scopes: anyScope,
		Get: func(ctx context.Context, id resourceid.ID) (*arm.Resource, error) {
			ops, err := s.operations(ctx, id.Parent())
			for _, op := range ops {
				if op.ID.Equal(id) {
					return op, err
				}
			}
			return nil, err
		},
		List: func(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
			return s.operations(ctx, r.Scope)
		},
	}
}

// operations of a deployment, from the run or from its record.
func (s *Service) operations(ctx context.Context, id resourceid.ID) ([]*arm.Resource, error) {
	d, err := s.o.ARM.Stored(ctx, id)
	if err != nil || d == nil {
		return nil, err
	}
	var ops []operation
	if r := s.find(id); r != nil {
		ops = r.snapshot()
	} else {
		b, err := json.Marshal(d.Private["operations"])
		if err == nil {
			err = json.Unmarshal(b, &ops)
		}
		if err != nil {
			return nil, err
		}
	}
	out := make([]*arm.Resource, 0, len(ops))
	for _, op := range ops {
		r, err := op.resource(d.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (op operation) resource(deployment resourceid.ID) (*arm.Resource, error) {
	id, err := deployment.Child("operations", op.ID)
	if err != nil {
		return nil, err
	}
	p := map[string]any{
		"provisioningOperation": op.Kind, "provisioningState": op.State, "timestamp": op.Begin.Add(time.Duration(op.Seconds * float64(time.Second))).Format(time.RFC3339Nano),
		"duration": duration(time.Duration(op.Seconds * float64(time.Second))), "trackingId": op.ID,
	}
	if op.Target != nil {
		p["targetResource"] = op.Target
	}
	if op.Status != 0 {
		p["statusCode"] = http.StatusText(op.Status)
		if op.Status == http.StatusOK {
			p["statusCode"] = "OK"
		}
	}
	if op.Error != nil {
		p["statusMessage"] = map[string]any{"error": op.Error}
	}
	return &arm.Resource{ID: id, Type: TypeOperation, Name: op.ID, Properties: p,
		Extra: map[string]any{"operationId": op.ID}}, nil
}
