// Package management is the provider Microsoft.Management: the tree of management
// groups above the subscription, from the tenant's root group down. It says where
// groups and the subscription lie; what roles at a group give below it is decided in
// provider/authorization, which learns of the tree through Roles. Start at New.
//
// https://learn.microsoft.com/azure/governance/management-groups/overview
package management

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// The types of this provider.
const (
	TypeGroup        = arm.TypeManagementGroup
	TypeSubscription = TypeGroup + "/subscriptions"
)

var apiVersions = []string{"2023-04-01", "2021-04-01", "2020-05-01", "2020-02-01", "2018-03-01-preview"}

// Roles is what inherits role assignments along the tree.
type Roles interface {
	// Placed and Removed tell of a group or the place of the subscription, at once and in order.
	Placed(ctx context.Context, r *arm.Resource)
	Removed(ctx context.Context, id resourceid.ID)
	// Own makes the principal an Owner of a group that it created.
	Own(ctx context.Context, s *arm.Service, principal string, group resourceid.ID) error
}

// Options of New. Roles may be nil: then nothing is inherited.
type Options struct {
	ARM    *arm.Service
	Roles  Roles
	Logger *slog.Logger
}

// Provider is Microsoft.Management.
type Provider struct {
	arm   *arm.Service
	roles Roles
	log   *slog.Logger
}

// New makes the provider and registers its types and routes.
func New(o Options) *Provider {
	p := &Provider{arm: o.ARM, roles: o.Roles, log: o.Logger}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.arm.Register(p.groupType(), p.subscriptionType())
	const root = "/providers/Microsoft.Management/"
	p.arm.Mount(
		arm.Route{Method: http.MethodGet, Pattern: root + "managementGroups/{group}", Run: p.show},
		arm.Route{Method: http.MethodGet, Pattern: root + "managementGroups/{group}/descendants", Run: p.descendants},
		arm.Route{Method: http.MethodPost, Pattern: root + "getEntities", Run: p.entities},
		arm.Route{Method: http.MethodPost, Pattern: root + "checkNameAvailability", Run: p.checkNameAvailability},
		arm.Route{Method: http.MethodPost, Pattern: root + "startTenantBackfill", Run: p.backfill},
		arm.Route{Method: http.MethodPost, Pattern: root + "tenantBackfillStatus", Run: p.backfill},
	)
	return p
}

func (p *Provider) groupType() *arm.Type {
	return &arm.Type{Name: TypeGroup, Scopes: arm.TenantScope, APIVersions: apiVersions, NameRule: checkName, OwnRights: true, CreateStatus: http.StatusOK,
		Put: p.putGroup, Get: p.getRoot, View: p.viewGroup, List: p.listGroups, MayDelete: p.deletable, DeleteStatus: http.StatusAccepted,
		NotFound: groupNotFound, Stored: p.stored, Deleted: p.deleted}
}

func groupNotFound(id resourceid.ID) error { return azerr.ManagementGroupNotFound.New(id.Name()) }

// stored tells of a group, and makes who created it an owner, as Azure does.
func (p *Provider) stored(ctx context.Context, r *arm.Resource) {
	if p.roles == nil {
		return
	}
	p.roles.Placed(ctx, r)
	if !r.ID.IsType(TypeGroup) || r.ID.Equal(p.root()) || !r.Created.Equal(r.Changed) {
		return
	}
	if err := p.roles.Own(ctx, p.arm, r.CreatedBy, r.ID); err != nil {
		p.log.Error("the creator of a management group could not be made its owner", "group", r.ID.String(), "error", err)
	}
}

func (p *Provider) deleted(ctx context.Context, id resourceid.ID) {
	if p.roles != nil {
		p.roles.Removed(ctx, id)
	}
}

// groupName is Azure's rule. https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftmanagement
var groupName = regexp.MustCompile(`^[A-Za-z0-9][-A-Za-z0-9_.()]{0,89}$`)

func checkName(name string) error {
	if !groupName.MatchString(name) || strings.HasSuffix(name, ".") {
		return azerr.InvalidManagementGroup.New(name, "its name must have 1 to 90 letters, digits, hyphens, underscores, parentheses and periods, begin with a letter or digit and not end with a period")
	}
	return nil
}

// ID of the group with that name.
func ID(name string) (resourceid.ID, error) { return resourceid.ID{}.Extension(TypeGroup, name) }

// root is the tenant's root group, which bears the tenant's ID and is always there.
func (p *Provider) root() resourceid.ID {
	return resourceid.MustParse("/providers/" + TypeGroup + "/" + p.arm.TenantID())
}

// getRoot answers for the root group until somebody renames it, which stores it.
func (p *Provider) getRoot(ctx context.Context, id resourceid.ID) (*arm.Resource, error) {
	if !id.Equal(p.root()) {
		return nil, nil
	}
	r, err := p.arm.Stored(ctx, id)
	if r == nil && err == nil {
		r = &arm.Resource{ID: p.root(), Type: TypeGroup, Name: p.arm.TenantID(), Properties: map[string]any{"tenantId": p.arm.TenantID(), "displayName": "Tenant Root Group"}}
	}
	return r, err
}

// groups are all groups, the root first.
func (p *Provider) groups(ctx context.Context) ([]*arm.Resource, error) {
	root, err := p.getRoot(ctx, p.root())
	if err != nil {
		return nil, err
	}
	stored, err := p.arm.Children(ctx, resourceid.ID{}, TypeGroup)
	if err != nil {
		return nil, err
	}
	return append([]*arm.Resource{root}, slices.DeleteFunc(stored, func(r *arm.Resource) bool { return r.ID.Equal(root.ID) })...), nil
}

func (p *Provider) listGroups(ctx context.Context, _ *arm.ListRequest) ([]*arm.Resource, error) {
	all, err := p.groups(ctx)
	for _, g := range all {
		g.Properties = map[string]any{"tenantId": p.arm.TenantID(), "displayName": g.Properties["displayName"]}
	}
	return all, err
}

// parentOf is the group that r, a group, lies in; the zero ID for the root.
func parentOf(r *arm.Resource) resourceid.ID {
	details, _ := r.Properties["details"].(map[string]any)
	parent, _ := details["parent"].(map[string]any)
	text, _ := parent["id"].(string)
	id, err := resourceid.Parse(text)
	if err != nil {
		return resourceid.ID{}
	}
	return id
}
