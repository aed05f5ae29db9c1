package authorization

import (
	"context"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
)

// Own makes a principal an Owner of a management group that it created, as Azure does.
func (p *Provider) Own(ctx context.Context, s *arm.Service, principal string, group resourceid.ID) error {
	return p.assign(ctx, s, principal, rbac.OwnerRole, group)
}

// assign is the system's own assignment; its name comes from what it says, so that there is one.
func (p *Provider) assign(ctx context.Context, s *arm.Service, principal, role string, scope resourceid.ID) error {
	id, err := scope.Extension(TypeAssignments, uuid.NewSHA1(uuid.NameSpaceOID, []byte(scope.Key()+"\n"+principal+"\n"+role)).String())
	if err != nil {
		return err
	}
	who, err := p.id.Principal(ctx, principal)
	if err != nil {
		return err
	}
	body := map[string]any{"properties": map[string]any{"roleDefinitionId": p.definitionID(role), "principalId": principal}}
	_, err = s.Put(ctx, p.id.Caller(who), id, "2022-04-01", body, arm.PutOptions{System: true})
	return err
}

// Routes are what the app mounts besides the types.
func (p *Provider) Routes() []arm.Route {
	return []arm.Route{{Method: http.MethodPost, Pattern: "/providers/Microsoft.Authorization/elevateAccess", Run: p.elevateAccess}}
}

// elevateAccess makes an administrator of the tenant User Access Administrator of all that is in it: from there it gives
// itself what deployments at the tenant and its root group need.
// https://learn.microsoft.com/azure/role-based-access-control/elevate-access-global-admin
func (p *Provider) elevateAccess(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	const action = "Microsoft.Authorization/elevateAccess/action"
	if !slices.Contains(p.id.Administrators(), r.Caller.ObjectID) {
		return nil, r.Service.Refused(ctx, r.Caller, r.RequestID, action, resourceid.ID{}, azerr.ElevateAccessNotPermitted.New(r.Caller.Name))
	}
	if err := r.Service.Started(ctx, r.Caller, r.RequestID, action, resourceid.ID{}); err != nil {
		return nil, err
	}
	return &arm.Answer{}, p.assign(ctx, r.Service, r.Caller.ObjectID, rbac.UserAccessAdministratorRole, resourceid.ID{})
}
