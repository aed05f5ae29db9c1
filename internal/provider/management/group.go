package management

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// maxDepth is how many levels of groups there may be below the root.
// https://learn.microsoft.com/azure/governance/management-groups/overview#important-facts-about-management-groups
const maxDepth = 6

// asked is what a PUT or PATCH says of a group. A PATCH has its own shape: displayName and parentGroupId at the top.
type asked struct {
	displayName string
	parent      string
}

func readAsked(r *arm.PutRequest) (a asked) {
	text := func(m map[string]any, name string) string { s, _ := m[name].(string); return strings.TrimSpace(s) }
	if r.Patch {
		return asked{text(r.Patched, "displayName"), text(r.Patched, "parentGroupId")}
	}
	props, _ := r.Body["properties"].(map[string]any)
	details, _ := props["details"].(map[string]any)
	parent, _ := details["parent"].(map[string]any)
	return asked{text(props, "displayName"), text(parent, "id")}
}

// putGroup creates, renames or moves a group. https://learn.microsoft.com/rest/api/managementgroups/management-groups/create-or-update
func (p *Provider) putGroup(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	a := readAsked(r)
	was := resourceid.ID{}
	if r.Existing != nil {
		was = parentOf(r.Existing)
		if a.displayName == "" {
			a.displayName, _ = r.Existing.Properties["displayName"].(string)
		}
	}
	parent, err := p.parent(ctx, r, a.parent, was)
	if err != nil {
		return nil, err
	}
	if err := p.mayPut(ctx, r, was, parent); err != nil {
		return nil, err
	}
	if a.displayName == "" {
		a.displayName = r.ID.Name()
	}
	made.Location, made.Kind, made.Tags, made.SKU, made.Identity, made.Plan = "", "", nil, nil, nil, nil
	made.Properties = map[string]any{"tenantId": p.arm.TenantID(), "displayName": a.displayName,
		"details": p.details(r, a.displayName, was, parent)}
	return made, nil
}

// details are the version and who changed it; they stay while nothing changes.
func (p *Provider) details(r *arm.PutRequest, displayName string, was, parent resourceid.ID) map[string]any {
	version := 1
	if r.Existing != nil {
		old, _ := r.Existing.Properties["details"].(map[string]any)
		if was.Equal(parent) && r.Existing.Properties["displayName"] == displayName {
			return old
		}
		version = 1 + int(number(old["version"]))
	}
	d := map[string]any{"version": version, "updatedTime": p.arm.Now().UTC().Format(time.RFC3339Nano), "updatedBy": r.Caller.ObjectID}
	if !parent.IsTenant() {
		d["parent"] = map[string]any{"id": parent.String()}
	}
	return d
}

// parent is the group that r is to lie in: the one asked for, else where it is, else the root.
func (p *Provider) parent(ctx context.Context, r *arm.PutRequest, text string, was resourceid.ID) (resourceid.ID, error) {
	if r.ID.Equal(p.root()) {
		if text != "" {
			return was, azerr.ManagementGroupRoot.New(r.ID.Name())
		}
		return resourceid.ID{}, nil
	}
	switch {
	case text == "" && !was.IsTenant():
		return was, nil
	case text == "":
		return p.root(), nil
	}
	id, err := resourceid.Parse(text)
	if err != nil || !id.IsType(TypeGroup) {
		return id, azerr.InvalidManagementGroup.New(r.ID.Name(), fmt.Sprintf("its parent %q must be /providers/Microsoft.Management/managementGroups/NAME", text)).At("properties.details.parent.id")
	}
	return p.checkParent(ctx, r, id)
}

// checkParent finds the parent and refuses trees that are deeper than Azure's, or no trees. That the parents stay as
// they are joins the transaction.
func (p *Provider) checkParent(ctx context.Context, r *arm.PutRequest, id resourceid.ID) (resourceid.ID, error) {
	found, err := p.group(ctx, id)
	if err != nil {
		return id, err
	}
	id = found.ID
	below, err := p.height(ctx, r.ID)
	if err != nil {
		return id, err
	}
	for depth, at := below+1, found; ; depth++ {
		if at.ID.Equal(r.ID) {
			return id, azerr.InvalidManagementGroup.New(r.ID.Name(), "its parent '"+id.Name()+"' lies below it")
		}
		if at.Revision > 0 {
			r.Conditions = append(r.Conditions, store.Condition{Key: arm.Key(at.ID), Revision: at.Revision})
		}
		if at.ID.Equal(p.root()) {
			if depth > maxDepth {
				return id, azerr.InvalidManagementGroup.New(r.ID.Name(), fmt.Sprintf("the tree would be deeper than %d levels", maxDepth))
			}
			return id, nil
		}
		if at, err = p.group(ctx, p.above(at)); err != nil {
			return id, err
		}
	}
}

// above is the group that r lies in: the root where nothing is said.
func (p *Provider) above(r *arm.Resource) resourceid.ID {
	if id := parentOf(r); !id.IsTenant() {
		return id
	}
	return p.root()
}

// height is how many levels lie below a group.
func (p *Provider) height(ctx context.Context, id resourceid.ID) (int, error) {
	all, err := p.groups(ctx)
	if err != nil {
		return 0, err
	}
	var of func(id resourceid.ID, left int) int
	of = func(id resourceid.ID, left int) int {
		most := 0
		for _, g := range all {
			if left > 0 && !g.ID.Equal(p.root()) && p.above(g).Equal(id) {
				most = max(most, 1+of(g.ID, left-1))
			}
		}
		return most
	}
	return of(id, maxDepth+1), nil
}

// group reads a group that must be there.
func (p *Provider) group(ctx context.Context, id resourceid.ID) (*arm.Resource, error) {
	r, err := p.getRoot(ctx, id)
	if r == nil && err == nil {
		r, err = p.arm.Stored(ctx, id)
	}
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, groupNotFound(id)
	case r.Deleting:
		return nil, azerr.ResourceBeingDeleted.New(id)
	}
	return r, nil
}

const write = TypeGroup + "/write"

// mayPut asks for the right to write the group and, where it comes or goes, its parents. A user may create a group
// under the root without any role: it gives power over nothing yet.
// https://learn.microsoft.com/azure/governance/management-groups/overview#initial-setup-of-management-groups
func (p *Provider) mayPut(ctx context.Context, r *arm.PutRequest, was, parent resourceid.ID) error {
	if r.Existing == nil && !r.ID.Equal(p.root()) {
		if r.Caller.Type == identity.User && r.Caller.ObjectID != "" && parent.Equal(p.root()) {
			return nil
		}
		return p.arm.Authorize(ctx, r.Caller, write, parent)
	}
	if err := p.arm.Authorize(ctx, r.Caller, write, r.ID); err != nil || r.ID.Equal(p.root()) || was.Equal(parent) {
		return err
	}
	for _, at := range []resourceid.ID{was, parent} {
		if err := p.arm.Authorize(ctx, r.Caller, write, at); err != nil {
			return err
		}
	}
	return nil
}

// viewGroup shows the parent's name, and the way to the root.
func (p *Provider) viewGroup(ctx context.Context, r *arm.Resource) (*arm.Resource, error) {
	if r.ID.Equal(p.root()) {
		return r, nil
	}
	v := r.Clone()
	details, _ := v.Properties["details"].(map[string]any)
	if details == nil {
		return v, nil
	}
	var ancestors, path []any
	for at := v; !at.ID.Equal(p.root()) && len(path) <= maxDepth; {
		up, err := p.group(ctx, p.above(at))
		if err != nil {
			return nil, err
		}
		if at == v {
			details["parent"] = map[string]any{"id": up.ID.String(), "name": up.Name, "displayName": up.Properties["displayName"]}
		}
		ancestors = append(ancestors, up.Name)
		path = append([]any{map[string]any{"name": up.Name, "displayName": up.Properties["displayName"]}}, path...)
		at = up
	}
	details["managementGroupAncestors"], details["path"] = ancestors, path
	return v, nil
}

// deletable refuses to delete the root, and groups with something in them.
func (p *Provider) deletable(ctx context.Context, q *arm.DeleteRequest) error {
	r := q.Existing
	if r.ID.Equal(p.root()) {
		return azerr.ManagementGroupRoot.New(r.Name)
	}
	inside, err := p.children(ctx, r.ID, false)
	if err != nil {
		return err
	}
	if len(inside) > 0 {
		var names []string
		for _, e := range inside {
			names = append(names, e["displayName"].(string))
		}
		return azerr.ManagementGroupNotEmpty.New(r.Name, strings.Join(names, ", "))
	}
	return nil
}
