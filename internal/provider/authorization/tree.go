package authorization

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
)

// The types of Microsoft.Management, whose tree role assignments are inherited along.
const (
	typeGroups = arm.TypeManagementGroup
	typeHomes  = arm.TypeManagementGroup + "/subscriptions"
	groupsKey  = "/providers/microsoft.management/managementgroups/"
)

// tree says in which management group each group and the subscription lie. What it does not know lies in the root.
type tree struct {
	parents map[string]place // of groups, by ID.Key()
	homes   map[string]place // where the subscription lies, by the ID.Key() of the record that says so
}

type place struct {
	in       resourceid.ID
	revision int64
}

func (t *tree) put(r *arm.Resource) {
	key := r.ID.Key()
	if r.ID.IsType(typeHomes) {
		if t.homes == nil {
			t.homes = map[string]place{}
		}
		t.homes[key] = place{r.ID.Parent(), max(r.Revision, t.homes[key].revision)}
		return
	}
	if old, had := t.parents[key]; had && old.revision > r.Revision {
		return
	}
	details, _ := r.Properties["details"].(map[string]any)
	parent, _ := details["parent"].(map[string]any)
	text, _ := parent["id"].(string)
	if id, err := resourceid.Parse(text); err == nil {
		t.parents[key] = place{id, r.Revision}
	}
}

// remove forgets a record and returns its revision, 0 where it was not known. revision is as in index.remove.
func (t *tree) remove(id resourceid.ID, revision int64) int64 {
	for _, m := range []map[string]place{t.parents, t.homes} {
		if p, ok := m[id.Key()]; ok && (revision == 0 || p.revision <= revision) {
			delete(m, id.Key())
			return p.revision
		}
	}
	return 0
}

// home is the group of the subscription by the newest record; false for the root.
func (t *tree) home() (resourceid.ID, bool) {
	newest := place{}
	for _, p := range t.homes {
		if p.revision >= newest.revision {
			newest = p
		}
	}
	return newest.in, len(t.homes) > 0
}

// maxLevels ends a walk up a tree that records of another version made a circle of.
const maxLevels = 16

// above are the management groups that a scope lies in, the nearest first. IDs do not show them.
func (x *index) above(scope, root resourceid.ID) []resourceid.ID {
	x.mu.RLock()
	defer x.mu.RUnlock()
	at, ok := resourceid.ID{}, false
	switch {
	case scope.Subscription() != "":
		if at, ok = x.tree.home(); !ok {
			at = root
		}
	case strings.HasPrefix(scope.Key(), groupsKey):
		name, _, _ := strings.Cut(strings.TrimPrefix(scope.Key(), groupsKey), "/")
		at = x.tree.parent(resourceid.MustParse(groupsKey+name), root)
	default:
		return nil
	}
	var out []resourceid.ID
	for len(out) < maxLevels && !at.IsTenant() {
		out = append(out, at)
		at = x.tree.parent(at, root)
	}
	return out
}

// parent of a group: the zero ID for the root.
func (t *tree) parent(group, root resourceid.ID) resourceid.ID {
	if group.Equal(root) {
		return resourceid.ID{}
	}
	if p, ok := t.parents[group.Key()]; ok {
		return p.in
	}
	return root
}

func (p *Provider) root() resourceid.ID {
	return resourceid.MustParse("/providers/" + typeGroups + "/" + p.id.TenantID())
}

// covers reports whether what is assigned at a scope holds at another: it lies within, or in a management group below.
func (p *Provider) covers(assigned, scope resourceid.ID) bool {
	if scope.Within(assigned) {
		return true
	}
	if !assigned.IsType(typeGroups) {
		return false
	}
	for _, g := range p.index.above(scope, p.root()) {
		if g.Equal(assigned) {
			return true
		}
	}
	return false
}

// Placed takes in a management group, or where the subscription lies, as it is stored.
func (p *Provider) Placed(_ context.Context, r *arm.Resource) { p.index.put(r) }

// Removed forgets one.
func (p *Provider) Removed(_ context.Context, id resourceid.ID) { p.index.remove(id, 0) }
