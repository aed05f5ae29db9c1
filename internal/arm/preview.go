package arm

import (
	"context"

	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// Preview is what a Put would store, as Get would show it, and what is stored now (nil: nothing). It changes nothing.
// Values that are made up when a resource is created (principal IDs) are missing or differ.
func (s *Service) Preview(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, body map[string]any) (after, before *Resource, err error) {
	w, err := s.newWrite(ctx, c, id, apiVersion, body, PutOptions{})
	if err != nil {
		return nil, nil, err
	}
	if before, err = s.find(ctx, w.id); err != nil {
		return nil, nil, err
	}
	if before, err = w.alias.show(before); err != nil {
		return nil, nil, err
	}
	w.dry = true
	if after, err = w.attempt(ctx); err != nil {
		return nil, before, err
	}
	if after == nil { // a provider that keeps the resource elsewhere only checks
		return nil, before, nil
	}
	after = after.Clone()
	after.ID, after.Type, after.Name, after.BodyETag = id, w.typ.Name, id.Name(), w.typ.BodyETag
	if before != nil {
		after.ID, after.ETag, after.Name = before.ID, before.ETag, before.Name
	}
	after, err = s.view(ctx, w.typ, after)
	return after, before, err
}
