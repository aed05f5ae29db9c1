package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
)

// deleteAPI takes the API out of its products, deletes its subscriptions, and its other
// revisions when deleteRevisions asks for that. What lies below the API has gone already.
// https://learn.microsoft.com/rest/api/apimanagement/apis/delete
func (p *Provider) deleteAPI(ctx context.Context, r *arm.DeleteRequest) error {
	root, revision := cutRevision(r.ID.Name())
	if revision == "" {
		release(r, pathClaim(r.Existing))
	}
	if r.Cascade || revision != "" {
		return nil
	}
	if err := p.deleteRevisions(ctx, r, root); err != nil {
		return err
	}
	if err := p.deleteSubscriptionsOf(ctx, r, "scope"); err != nil {
		return err
	}
	return p.unlink(ctx, r, "apis", root)
}

// mayDeleteAPI refuses to delete the current revision of an API that has others.
func (p *Provider) mayDeleteAPI(ctx context.Context, r *arm.DeleteRequest) error {
	root, revision := cutRevision(r.ID.Name())
	if strings.EqualFold(arm.Query(r.Query, "deleteRevisions"), "true") {
		return nil
	}
	others, err := p.revisions(ctx, r, root)
	if err != nil || len(others) == 0 || revision != "" && r.Existing.Properties["isCurrent"] != true {
		return err
	}
	return azerr.APIMField.New("Cannot delete the current revision of an API. Make another revision of '" + root +
		"' current and delete this one then, or delete all of them with deleteRevisions=true.")
}

// deleteRevisions deletes the other revisions of the API root as the caller.
func (p *Provider) deleteRevisions(ctx context.Context, r *arm.DeleteRequest, root string) error {
	others, err := p.revisions(ctx, r, root)
	if err != nil {
		return err
	}
	for _, other := range others {
		if err := p.arm.Delete(ctx, r.Caller, other.ID, "", arm.DeleteOptions{Query: r.Query}); err != nil {
			return err
		}
	}
	return nil
}

// revisions are the resources of the API root beside the one that r deletes.
func (p *Provider) revisions(ctx context.Context, r *arm.DeleteRequest, root string) ([]*arm.Resource, error) {
	apis, err := p.arm.Children(ctx, serviceOf(r.ID), TypeAPIs)
	if err != nil {
		return nil, err
	}
	var found []*arm.Resource
	for _, a := range apis {
		if of, _ := cutRevision(a.Name); strings.EqualFold(of, root) && !a.ID.Equal(r.ID) {
			found = append(found, a)
		}
	}
	return found, nil
}
