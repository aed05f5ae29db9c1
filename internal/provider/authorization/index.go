package authorization

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// index holds all assignments and custom definitions. Slices that it gives out are never changed.
type index struct {
	mu          sync.RWMutex
	assignments map[string]entry             // by ID.Key()
	byPrincipal map[string][]rbac.Assignment // by lower-case object ID
	definitions map[string]definition        // custom ones, by lower-case GUID
	gone        map[string]int64             // deleted by this process: revision up to which the watch may still tell of it
	builtIn     map[string]rbac.RoleDefinition
	tree        tree
}

type entry struct {
	rbac.Assignment
	resource *arm.Resource
}

type definition struct {
	rbac.RoleDefinition
	resource *arm.Resource
}

func newIndex() *index {
	x := &index{builtIn: map[string]rbac.RoleDefinition{}}
	for _, d := range rbac.BuiltIn {
		x.builtIn[d.ID] = d
	}
	x.reset()
	return x
}

func (x *index) reset() {
	x.assignments, x.byPrincipal = map[string]entry{}, map[string][]rbac.Assignment{}
	x.definitions, x.gone = map[string]definition{}, map[string]int64{}
	x.tree = tree{parents: map[string]place{}}
}

func (x *index) of(objectID string) []rbac.Assignment {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.byPrincipal[strings.ToLower(objectID)]
}

// definition finds a role by its GUID.
func (x *index) definition(id string) (rbac.RoleDefinition, bool) {
	id = strings.ToLower(id)
	if d, ok := x.builtIn[id]; ok {
		return d, true
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	d, ok := x.definitions[id]
	return d.RoleDefinition, ok
}

// put takes in a stored resource, unless something newer is known.
func (x *index) put(r *arm.Resource) {
	x.mu.Lock()
	defer x.mu.Unlock()
	key := r.ID.Key()
	if r.Revision <= x.gone[key] {
		return
	}
	switch {
	case r.ID.IsType(typeGroups), r.ID.IsType(typeHomes):
		x.tree.put(r)
	case r.ID.IsType(TypeAssignments):
		old, had := x.assignments[key]
		if had && old.resource.Revision > r.Revision {
			return
		}
		a := readAssignment(r)
		x.assignments[key] = entry{a, r}
		if had {
			x.drop(old.Assignment)
		}
		who := strings.ToLower(a.PrincipalID)
		x.byPrincipal[who] = append(slices.Clone(x.byPrincipal[who]), a)
	case r.ID.IsType(TypeDefinitions):
		if old, had := x.definitions[strings.ToLower(r.Name)]; !had || old.resource.Revision <= r.Revision {
			x.definitions[strings.ToLower(r.Name)] = definition{readDefinition(r), r}
		}
	}
}

// remove forgets a resource. revision is that of the deletion when the watch tells of it, else 0.
func (x *index) remove(id resourceid.ID, revision int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	key := id.Key()
	if revision > 0 {
		delete(x.gone, key)
	}
	if e, ok := x.assignments[key]; ok && (revision == 0 || e.resource.Revision <= revision) {
		delete(x.assignments, key)
		x.drop(e.Assignment)
		x.bury(key, e.resource.Revision, revision)
	}
	if last := x.tree.remove(id, revision); last > 0 {
		x.bury(key, last, revision)
	}
	name := strings.ToLower(id.Name())
	if d, ok := x.definitions[name]; ok && id.IsType(TypeDefinitions) && (revision == 0 || d.resource.Revision <= revision) {
		delete(x.definitions, name)
		x.bury(key, d.resource.Revision, revision)
	}
}

// bury remembers that the watch will still tell of the resource as it was: it must not come back by that.
func (x *index) bury(key string, last, revision int64) {
	if revision == 0 {
		x.gone[key] = last
	}
}

func (x *index) drop(a rbac.Assignment) {
	who := strings.ToLower(a.PrincipalID)
	kept := slices.DeleteFunc(slices.Clone(x.byPrincipal[who]), func(o rbac.Assignment) bool { return o.ID.Equal(a.ID) })
	if len(kept) == 0 {
		delete(x.byPrincipal, who)
		return
	}
	x.byPrincipal[who] = kept
}

// all are the entries in order of their IDs.
func (x *index) all() []entry {
	x.mu.RLock()
	defer x.mu.RUnlock()
	list := make([]entry, 0, len(x.assignments))
	for _, k := range slices.Sorted(maps.Keys(x.assignments)) {
		list = append(list, x.assignments[k])
	}
	return list
}

func (x *index) custom() []definition {
	x.mu.RLock()
	defer x.mu.RUnlock()
	list := make([]definition, 0, len(x.definitions))
	for _, k := range slices.Sorted(maps.Keys(x.definitions)) {
		list = append(list, x.definitions[k])
	}
	return list
}

// users counts the assignments of a role.
func (x *index) users(role string) (n int) {
	for _, e := range x.all() {
		if strings.EqualFold(e.RoleID, role) {
			n++
		}
	}
	return n
}

// ours reports whether the store's key is that of one of our types, without reading the record.
func ours(key string) bool {
	return strings.Contains(key, "/providers/microsoft.authorization/role") || strings.HasPrefix(key, arm.Prefix+groupsKey)
}

// load reads all records of our types and returns the events after them.
func (p *Provider) load(ctx context.Context) (<-chan store.Batch, error) {
	for {
		revision, err := p.reload(ctx)
		if err != nil {
			return nil, err
		}
		events, err := p.st.Watch(ctx, arm.Prefix+"/", revision+1)
		if !errors.Is(err, store.ErrCompacted) {
			return events, err
		}
	}
}

func (p *Provider) reload(ctx context.Context) (int64, error) {
	page, err := p.st.Range(ctx, store.RangeOptions{Prefix: arm.Prefix + "/", KeysOnly: true})
	if err != nil {
		return 0, err
	}
	var found []*arm.Resource
	for _, k := range page.Records {
		if !ours(k.Key) {
			continue
		}
		rec, err := p.st.Get(ctx, k.Key)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		r, err := arm.Decode(rec)
		if err != nil {
			return 0, err
		}
		found = append(found, r)
	}
	fresh := newIndex()
	for _, r := range found {
		fresh.put(r)
	}
	p.index.mu.Lock()
	defer p.index.mu.Unlock()
	p.index.assignments, p.index.byPrincipal, p.index.definitions, p.index.gone = fresh.assignments, fresh.byPrincipal, fresh.definitions, fresh.gone
	p.index.tree = fresh.tree
	return page.Revision, nil
}

// follow takes in what others write. When it fell behind, it reads all again.
func (p *Provider) follow(ctx context.Context, events <-chan store.Batch) {
	for {
		for batch := range events {
			for _, e := range batch.Events {
				if ours(e.Record.Key) {
					p.take(e, batch.Revision)
				}
			}
		}
		var err error
		for events, err = p.load(ctx); err != nil; events, err = p.load(ctx) {
			if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
				return
			}
			p.logger.Error("role assignments can't be read again; the last known ones are used", "error", err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (p *Provider) take(e store.Event, revision int64) {
	if e.Deleted {
		if id, err := resourceid.Parse(strings.TrimPrefix(e.Record.Key, arm.Prefix)); err == nil {
			p.index.remove(id, revision)
		}
		return
	}
	r, err := arm.Decode(e.Record)
	if err != nil {
		p.logger.Error("a role assignment can't be read and is not in force", "key", e.Record.Key, "error", err)
		return
	}
	p.index.put(r)
}

// property reads a text property; "" when there is none.
func property(r *arm.Resource, name string) string { s, _ := r.Properties[name].(string); return s }

func readAssignment(r *arm.Resource) rbac.Assignment {
	role := property(r, "roleDefinitionId")
	return rbac.Assignment{ID: r.ID, PrincipalID: property(r, "principalId"), PrincipalType: identity.PrincipalType(property(r, "principalType")),
		RoleID: strings.ToLower(role[strings.LastIndexByte(role, '/')+1:]), Scope: r.ID.Scope()}
}
