package authorization

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

func assignmentNotFound(id resourceid.ID) error { return azerr.RoleAssignmentNotFound.New(id.Name()) }

// uniqueKey is one for each triple of scope, principal and role: so that of two
// assignments made at the same time, one fails.
func uniqueKey(a rbac.Assignment) string {
	sum := sha256.Sum256([]byte(a.Scope.Key() + "\n" + strings.ToLower(a.PrincipalID) + "\n" + a.RoleID))
	return "authorization/unique/" + hex.EncodeToString(sum[:])
}

// putAssignment follows https://learn.microsoft.com/rest/api/authorization/role-assignments/create.
func (p *Provider) putAssignment(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	if err := uuid.Validate(r.ID.Name()); err != nil {
		return nil, azerr.InvalidRoleAssignmentID.New(r.ID.Name())
	}
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	a, err := p.checkAssignment(ctx, made)
	if err != nil {
		return nil, err
	}
	if r.Existing != nil {
		if old := readAssignment(r.Existing); !strings.EqualFold(old.PrincipalID, a.PrincipalID) || old.RoleID != a.RoleID {
			return nil, azerr.RoleAssignmentFixed.New()
		}
	}
	if err := p.claim(ctx, r, a); err != nil {
		return nil, err
	}
	description := property(made, "description")
	made.Properties = p.assignmentProperties(a, description, p.now().UTC(), r.Caller.ObjectID)
	if e := r.Existing; e != nil {
		made.Properties["createdOn"], made.Properties["createdBy"] = e.Properties["createdOn"], e.Properties["createdBy"]
		if property(e, "description") == description { // all else is fixed: nothing changes
			made.Properties["updatedOn"], made.Properties["updatedBy"] = e.Properties["updatedOn"], e.Properties["updatedBy"]
		}
	}
	return made, nil
}

// checkAssignment reads the assignment and checks its role and principal.
func (p *Provider) checkAssignment(ctx context.Context, made *arm.Resource) (rbac.Assignment, error) {
	a := readAssignment(made)
	if property(made, "condition") != "" {
		return a, azerr.RoleConditionsNotSupported.New().At("condition")
	}
	if err := uuid.Validate(a.RoleID); err != nil {
		return a, azerr.InvalidRoleDefinitionID.New(property(made, "roleDefinitionId")).At("roleDefinitionId")
	}
	d, ok := p.index.definition(a.RoleID)
	if !ok {
		return a, azerr.RoleDefinitionDoesNotExist.New(strings.ReplaceAll(a.RoleID, "-", "")).At("roleDefinitionId")
	}
	if !p.assignable(d, a.Scope) {
		return a, azerr.RoleNotAssignableHere.New(d.Name, a.Scope)
	}
	if err := uuid.Validate(a.PrincipalID); err != nil {
		return a, azerr.InvalidPrincipalID.New(a.PrincipalID).At("principalId")
	}
	return p.checkPrincipal(ctx, a)
}

func (p *Provider) assignable(d rbac.RoleDefinition, scope resourceid.ID) bool {
	for _, s := range d.AssignableScopes {
		if top, err := resourceid.Parse(s); err == nil && p.covers(top, scope) {
			return true
		}
	}
	return false
}

// checkPrincipal finds the principal's type. With a type given, a principal that is not there
// (yet) is taken, as Azure does to bridge its replication; with a wrong one it is refused.
func (p *Provider) checkPrincipal(ctx context.Context, a rbac.Assignment) (rbac.Assignment, error) {
	switch a.PrincipalType {
	case "", identity.User, identity.Group, identity.ServicePrincipal:
	default:
		return a, azerr.InvalidPrincipalType.New(a.PrincipalType).At("principalType")
	}
	who, err := p.id.Principal(ctx, a.PrincipalID)
	switch {
	case errors.Is(err, identity.ErrUnknownPrincipal) && a.PrincipalType == "":
		return a, azerr.PrincipalNotFound.New(strings.ReplaceAll(a.PrincipalID, "-", ""), p.id.TenantID())
	case errors.Is(err, identity.ErrUnknownPrincipal):
		return a, nil
	case err != nil:
		return a, err
	case a.PrincipalType != "" && a.PrincipalType != who.Type:
		return a, azerr.UnmatchedPrincipalType.New(strings.ReplaceAll(a.PrincipalID, "-", ""), who.Type, a.PrincipalType)
	}
	a.PrincipalType = who.Type
	return a, nil
}

// claim takes the triple for this name, in the transaction that stores the assignment.
func (p *Provider) claim(ctx context.Context, r *arm.PutRequest, a rbac.Assignment) error {
	key := uniqueKey(a)
	held, err := p.st.Get(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		r.Conditions = append(r.Conditions, store.Condition{Key: key})
		r.Ops = append(r.Ops, store.Put(key, []byte(r.ID.Key())))
		return nil
	case err != nil:
		return err
	case string(held.Value) != r.ID.Key():
		name := string(held.Value[strings.LastIndexByte(string(held.Value), '/')+1:])
		return azerr.RoleAssignmentExists.New(strings.ReplaceAll(name, "-", ""))
	}
	return nil
}

func (p *Provider) deleteAssignment(_ context.Context, r *arm.DeleteRequest) error {
	r.Ops = append(r.Ops, store.Delete(uniqueKey(readAssignment(r.Existing))))
	return nil
}

func (p *Provider) assignmentProperties(a rbac.Assignment, description string, created time.Time, by string) map[string]any {
	now := p.now().UTC().Format(timeFormat)
	m := map[string]any{"roleDefinitionId": p.definitionID(a.RoleID), "principalId": a.PrincipalID, "principalType": string(a.PrincipalType), "scope": a.Scope.String(),
		"condition": nil, "conditionVersion": nil, "delegatedManagedIdentityResourceId": nil, "description": nil,
		"createdOn": created.UTC().Format(timeFormat), "updatedOn": now, "createdBy": by, "updatedBy": by}
	if description != "" {
		m["description"] = description
	}
	return m
}

const timeFormat = "2006-01-02T15:04:05.0000000Z"

// definitionID is the ID under which Azure shows a role in this subscription.
func (p *Provider) definitionID(role string) string {
	return p.subscription().String() + "/providers/" + TypeDefinitions + "/" + role
}

// listAssignments gives those at, above and below the scope; atScope() leaves out those below.
// https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
func (p *Provider) listAssignments(_ context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
	keep, err := assignmentFilter(arm.Query(r.Query, "$filter"), func(assigned resourceid.ID) bool { return p.covers(assigned, r.Scope) })
	if err != nil {
		return nil, err
	}
	found := []*arm.Resource{}
	for _, e := range p.index.all() {
		if (p.covers(e.Scope, r.Scope) || p.covers(r.Scope, e.Scope)) && keep(e.Assignment) {
			found = append(found, e.resource.Clone())
		}
	}
	return found, nil
}
