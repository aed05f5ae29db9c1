package apim

import (
	"context"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
)

// deleteAPI deletes a revision. With the current one all others go (mayDeleteAPI has seen that this is asked for), the
// API leaves its products, and its subscriptions are deleted. What lies below the revision has gone already.
// https://learn.microsoft.com/rest/api/apimanagement/apis/delete
func (p *Provider) deleteAPI(ctx context.Context, r *arm.DeleteRequest) error {
	if !isCurrent(r.Existing) {
		return nil
	}
	release(r, pathClaim(r.Existing))
	if r.Cascade {
		return nil
	}
	root, err := rootID(r.ID)
	if err != nil {
		return err
	}
	if err := p.deleteRevisions(ctx, r, root); err != nil {
		return err
	}
	if err := p.deleteSubscriptionsOf(ctx, r, root, "scope"); err != nil {
		return err
	}
	return p.unlink(ctx, r, "apis", root.Name())
}

// deleteRevisions deletes the other revisions of the API root as the caller.
func (p *Provider) deleteRevisions(ctx context.Context, r *arm.DeleteRequest, root resourceid.ID) error {
	all, err := p.revisions(ctx, root)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID.Equal(r.ID) {
			continue
		}
		id, err := root.Parent().Child("apis", root.Name()+";rev="+text(other, "apiRevision"))
		if err != nil {
			return err
		}
		if err := p.arm.Delete(ctx, r.Caller, id, "", arm.DeleteOptions{Query: r.Query}); err != nil {
			return err
		}
	}
	return nil
}
