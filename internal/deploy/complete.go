package deploy

import (
	"cmp"
	"context"
	"slices"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
)

// others are the top-level resources of the group that a deployment in Complete mode
// deletes: those that are not among keep.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/deployment-modes#complete-mode
func (s *Service) others(ctx context.Context, group resourceid.ID, keep map[string]bool) ([]*arm.Resource, error) {
	found, err := s.o.ARM.Below(ctx, group, func(typ string) bool {
		t, ok := s.o.ARM.Type(typ)
		return ok && t.Tracked
	})
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(r *arm.Resource) bool {
		return keep[r.ID.Key()] || !r.ID.Scope().Equal(group) || len(r.ID.Names()) != 1
	})
	slices.SortStableFunc(found, func(a, b *arm.Resource) int { return cmp.Compare(s.order(a), s.order(b)) })
	return found, nil
}

func (s *Service) order(r *arm.Resource) int {
	t, ok := s.o.ARM.Type(r.Type)
	if !ok {
		return 0
	}
	return t.DeleteOrder
}

// deleteOthers ends a deployment in Complete mode.
func (r *run) deleteOthers() {
	keep := map[string]bool{}
	for _, v := range r.outputResources() {
		if text, _ := v.(map[string]any)["id"].(string); text != "" {
			if id, err := resourceid.Parse(text); err == nil {
				keep[id.Key()] = true
			}
		}
	}
	group := r.req.id.Scope()
	found, err := r.s.others(r.ctx, group, keep)
	if err != nil {
		r.end(r.begin("Delete", map[string]any{"id": group.String(), "resourceType": arm.TypeGroup, "resourceName": group.Name()}), nil, err)
		r.fail(err)
		return
	}
	for _, d := range found {
		if r.ctx.Err() != nil {
			return
		}
		op := r.begin("Delete", map[string]any{"id": d.ID.String(), "resourceType": d.Type, "resourceName": d.Name})
		err := r.s.o.ARM.Delete(r.ctx, r.req.caller, d.ID, apiVersions[0], arm.DeleteOptions{RequestID: r.req.caller.RequestID})
		r.end(op, nil, err)
		if err != nil {
			r.fail(err)
			continue
		}
		r.mu.Lock()
		r.deleted = append(r.deleted, d.ID.String())
		r.mu.Unlock()
	}
}
