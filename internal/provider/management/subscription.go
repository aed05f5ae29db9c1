package management

import (
	"context"
	"net/http"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// subscriptionType is where the subscription lies: managementGroups/G/subscriptions/S. One record says it; there is none
// while it lies under the root.
func (p *Provider) subscriptionType() *arm.Type {
	return &arm.Type{Name: TypeSubscription, APIVersions: apiVersions, Scopes: arm.TenantScope, OwnRights: true, CreateStatus: http.StatusOK, NoPatch: true,
		NameRule: p.checkSubscription, Put: p.putSubscription, Get: p.getSubscription, List: p.listSubscriptions, MayDelete: p.removable,
		NotFound: subscriptionNotFound, Stored: p.stored, Deleted: p.deleted}
}

func subscriptionNotFound(id resourceid.ID) error {
	return azerr.SubscriptionNotUnderGroup.New(id.Name(), id.Parent().Name())
}

func (p *Provider) checkSubscription(name string) error {
	if !strings.EqualFold(name, p.arm.SubscriptionID()) {
		return azerr.SubscriptionNotFound.New(name)
	}
	return nil
}

// home is the record that says where the subscription lies; nil under the root.
func (p *Provider) home(ctx context.Context) (*arm.Resource, error) {
	found, err := p.arm.Children(ctx, resourceid.ID{}, TypeSubscription)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

func (p *Provider) placed(group resourceid.ID) (*arm.Resource, error) {
	id, err := group.Child("subscriptions", p.arm.SubscriptionID())
	if err != nil {
		return nil, err
	}
	return &arm.Resource{ID: id, Type: TypeSubscription, Name: id.Name(), Properties: map[string]any{"tenant": p.arm.TenantID(), "displayName": "Gatehouse",
		"parent": map[string]any{"id": group.String()}, "state": "Active"}}, nil
}

// getSubscription answers for the root: no record says that the subscription lies there.
func (p *Provider) getSubscription(ctx context.Context, id resourceid.ID) (*arm.Resource, error) {
	if !id.Parent().Equal(p.root()) || p.checkSubscription(id.Name()) != nil {
		return nil, nil
	}
	home, err := p.home(ctx)
	if err != nil || home != nil {
		return nil, err
	}
	return p.placed(p.root())
}

func (p *Provider) listSubscriptions(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
	id, err := r.Scope.Child("subscriptions", p.arm.SubscriptionID())
	if err != nil {
		return nil, err
	}
	here, err := p.getSubscription(ctx, id)
	if here == nil && err == nil {
		here, err = p.arm.Stored(ctx, id)
	}
	if here == nil || err != nil {
		return nil, err
	}
	return []*arm.Resource{here}, nil
}

// putSubscription moves the subscription. Who does must own it and may write both groups.
// https://learn.microsoft.com/azure/governance/management-groups/manage#moving-management-groups-and-subscriptions
func (p *Provider) putSubscription(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	home, err := p.home(ctx)
	if err != nil {
		return nil, err
	}
	to := r.ID.Parent()
	if err := p.mayMove(ctx, r, home, to); err != nil {
		return nil, err
	}
	if home != nil && !home.ID.Equal(r.ID) {
		r.Conditions = append(r.Conditions, store.Condition{Key: arm.Key(home.ID), Revision: home.Revision})
		r.Ops = append(r.Ops, store.Delete(arm.Key(home.ID)))
	}
	return p.placed(to)
}

func (p *Provider) mayMove(ctx context.Context, r *arm.PutRequest, home *arm.Resource, to resourceid.ID) error {
	from := p.root()
	if home != nil {
		from = home.ID.Parent()
	}
	subscription := resourceid.MustParse("/subscriptions/" + p.arm.SubscriptionID())
	if err := p.arm.Authorize(ctx, r.Caller, "Microsoft.Authorization/roleAssignments/write", subscription); err != nil {
		return err
	}
	if err := p.arm.Authorize(ctx, r.Caller, TypeSubscription+"/write", to); err != nil || from.Equal(to) || from.Equal(p.root()) {
		return err // everything begins under the root: whoever owns the subscription may take it from there
	}
	return p.arm.Authorize(ctx, r.Caller, TypeSubscription+"/write", from)
}

// removable: from the root it can't be removed; from another group it goes back there.
func (p *Provider) removable(_ context.Context, r *arm.DeleteRequest) error {
	if r.ID.Parent().Equal(p.root()) && r.Existing.Revision == 0 {
		return azerr.ManagementGroupRoot.New(p.arm.TenantID())
	}
	return nil
}
