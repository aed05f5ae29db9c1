package deploy

import (
	"cmp"
	"context"
	"slices"

	"gatehouse/internal/arm"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// A scope keeps 800 deployments. Where there are more than 775, the oldest are deleted until 750 are left.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/deployment-history-deletions
const (
	historyFull = 775
	historyKept = 750
)

// trimHistory deletes the oldest deployments of a scope that have ended; what they deployed stays.
func (s *Service) trimHistory(ctx context.Context, scope resourceid.ID) error {
	all, err := s.o.ARM.Children(ctx, scope, TypeDeployment)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d *arm.Resource) bool { return !d.ID.Scope().Equal(scope) })
	if len(all) <= historyFull {
		return nil
	}
	slices.SortStableFunc(all, func(a, b *arm.Resource) int {
		return cmp.Or(ended(a).Compare(ended(b)), cmp.Compare(a.Revision, b.Revision))
	})
	surplus := len(all) - historyKept
	for _, d := range all {
		if surplus == 0 {
			break
		}
		if !arm.Terminal(stateOf(d)) || s.find(d.ID) != nil {
			continue
		}
		if err := s.o.ARM.Delete(ctx, identity.Caller{}, d.ID, apiVersions[0], arm.DeleteOptions{System: true}); err != nil {
			return err
		}
		surplus--
	}
	return nil
}
