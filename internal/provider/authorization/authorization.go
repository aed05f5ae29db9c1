// Package authorization is the resource provider Microsoft.Authorization: role
// assignments at any scope and role definitions, built-in and custom. Its
// Provider is the rbac.Authorizer of the whole program. Start at Open.
//
// It decides nothing itself (rbac.Decide does) and stores nothing itself (arm
// does): it keeps an index of what arm stored, loaded at start, updated with
// each write of this process and, by watch, with those of others.
package authorization

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// The resource types.
const (
	TypeAssignments = "Microsoft.Authorization/roleAssignments"
	TypeDefinitions = "Microsoft.Authorization/roleDefinitions"
)

// Options of Open. Store and Identity are required.
type Options struct {
	Store    store.Store
	Identity *identity.Service
	Now      func() time.Time
	Logger   *slog.Logger
}

// Provider is Microsoft.Authorization.
type Provider struct {
	st     store.Store
	id     *identity.Service
	now    func() time.Time
	logger *slog.Logger
	index  *index
}

// keySeeded marks that the first assignments were made: whoever deletes them does not get them back.
const keySeeded = "authorization/seeded"

// Open loads the index, makes the first assignments of a new store (Owner and Key Vault
// Administrator of the subscription, for the built-in user and the env application),
// and follows the store until ctx ends.
func Open(ctx context.Context, o Options) (*Provider, error) {
	p := &Provider{st: o.Store, id: o.Identity, now: o.Now, logger: o.Logger, index: newIndex()}
	if p.now == nil {
		p.now = time.Now
	}
	if p.logger == nil {
		p.logger = slog.New(slog.DiscardHandler)
	}
	if err := p.seed(ctx); err != nil {
		return nil, fmt.Errorf("authorization: the first role assignments: %w", err)
	}
	events, err := p.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("authorization: load role assignments: %w", err)
	}
	go p.follow(ctx, events)
	return p, nil
}

// Types are what the app registers with arm.
func (p *Provider) Types() []*arm.Type {
	anywhere := arm.TenantScope | arm.ManagementGroupScope | arm.SubscriptionScope | arm.GroupScope | arm.ResourceScope
	return []*arm.Type{
		{Name: TypeAssignments, DeleteShows: true, Scopes: anywhere, APIVersions: []string{"2022-04-01", "2020-04-01-preview"}, NoPatch: true, OwnFilter: true,
			Put: p.putAssignment, List: p.listAssignments, Delete: p.deleteAssignment, NotFound: assignmentNotFound, Stored: p.stored, Deleted: p.deleted},
		{Name: TypeDefinitions, DeleteShows: true, Scopes: anywhere, APIVersions: []string{"2022-04-01", "2018-01-01-preview"}, NoPatch: true, OwnFilter: true,
			Put: p.putDefinition, Get: p.getDefinition, List: p.listDefinitions, Delete: p.deleteDefinition, NotFound: definitionNotFound, Stored: p.stored, Deleted: p.deleted},
	}
}

// Authorize implements rbac.Authorizer. Built-in role definitions at tenant scope may be
// read by everyone in the tenant, as in Azure.
func (p *Provider) Authorize(_ context.Context, c identity.Caller, action string, data bool, scope resourceid.ID) rbac.Decision {
	denied := rbac.Decision{Reason: rbac.ReasonNoValidRBAC}
	if c.ObjectID == "" || !strings.EqualFold(c.TenantID, p.id.TenantID()) {
		return denied
	}
	if scope.Subscription() == "" && !data && strings.EqualFold(action, TypeDefinitions+"/read") {
		return rbac.Decision{Allowed: true, Reason: rbac.ReasonAllowed}
	}
	assignments := p.index.of(c.ObjectID)
	r := rbac.Request{Principals: []string{c.ObjectID}, Action: action, Data: data, Scope: scope}
	if slices.ContainsFunc(assignments, func(a rbac.Assignment) bool { return a.Scope.IsType(typeGroups) }) {
		r.Above = p.index.above(scope, p.root())
	}
	return rbac.Decide(assignments, p.index.definition, r)
}

func (p *Provider) stored(_ context.Context, r *arm.Resource) { p.index.put(r) }

func (p *Provider) deleted(_ context.Context, id resourceid.ID) { p.index.remove(id, 0) }

func (p *Provider) subscription() resourceid.ID {
	return resourceid.MustParse("/subscriptions/" + p.id.SubscriptionID())
}

// seed writes the first assignments as arm would have: nobody may use arm before they are there.
func (p *Provider) seed(ctx context.Context) error {
	if _, err := p.st.Get(ctx, keySeeded); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	conditions, ops := []store.Condition{{Key: keySeeded}}, []store.Op{store.Put(keySeeded, []byte("1"))}
	for _, objectID := range p.id.Administrators() {
		who, err := p.id.Principal(ctx, objectID)
		if err != nil {
			return err
		}
		for _, role := range []string{rbac.OwnerRole, rbac.KeyVaultAdministratorRole} {
			more, err := p.seedOps(who, role)
			if err != nil {
				return err
			}
			ops = append(ops, more...)
		}
	}
	_, err := p.st.Txn(ctx, conditions, ops)
	if errors.Is(err, store.ErrConflict) {
		return nil // another replica was first
	}
	return err
}

func (p *Provider) seedOps(who identity.Principal, role string) ([]store.Op, error) {
	id, err := p.subscription().Extension(TypeAssignments, uuid.NewString())
	if err != nil {
		return nil, err
	}
	now := p.now().UTC()
	a := rbac.Assignment{ID: id, PrincipalID: who.ObjectID, PrincipalType: who.Type, RoleID: role, Scope: p.subscription()}
	r := &arm.Resource{ID: id, Type: TypeAssignments, Name: id.Name(), Properties: p.assignmentProperties(a, "", now, ""), Created: now, Changed: now, ETag: `"` + uuid.NewString() + `"`}
	value, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return []store.Op{store.Put(arm.Key(id), value), store.Put(uniqueKey(a), []byte(id.Key()))}, nil
}
