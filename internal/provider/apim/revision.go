package apim

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

var revisionForm = regexp.MustCompile(`(?i)^(.+);rev=([0-9]{1,6})$`)

// cutRevision takes ;rev=N off the name of an API; "" for its current revision.
func cutRevision(name string) (root, revision string) {
	if m := revisionForm.FindStringSubmatch(name); m != nil {
		return m[1], m[2]
	}
	return name, ""
}

func isCurrent(api *arm.Resource) bool { return api.Properties["isCurrent"] == true }

// rootID is the ID of an API without a revision.
func rootID(id resourceid.ID) (resourceid.ID, error) {
	root, _ := cutRevision(id.Name())
	return id.Parent().Child("apis", root)
}

// ofAPI are types that belong to an API and not to one of its revisions.
var ofAPI = []string{TypeReleases, TypeAPIs + "/revisions", TypeAPIs + "/products"}

// aliasAPI: the API's own name is that of its current revision, and ;rev=N names any of them. A revision is stored
// under the name that it was first put with. https://learn.microsoft.com/azure/api-management/api-management-revisions
func (p *Provider) aliasAPI(ctx context.Context, id resourceid.ID, typ string) (resourceid.ID, error) {
	_, revision := cutRevision(id.Name())
	root, err := rootID(id)
	if err != nil {
		return id, err
	}
	first, err := p.arm.Stored(ctx, root)
	if err != nil {
		return id, err
	}
	whole := slices.ContainsFunc(ofAPI, func(t string) bool { return strings.EqualFold(t, typ) })
	switch {
	case first != nil && (whole || revision == "" && isCurrent(first) || revision != "" && text(first, "apiRevision") == revision):
		return root, nil
	case revision != "" && !whole:
		return id, nil
	}
	others, err := p.laterRevisions(ctx, root)
	if err != nil {
		return id, err
	}
	for _, a := range others {
		if isCurrent(a) {
			return a.ID, nil
		}
	}
	return root, nil
}

// revisions are all revisions of the API root as they are stored.
func (p *Provider) revisions(ctx context.Context, root resourceid.ID) ([]*arm.Resource, error) {
	first, err := p.arm.Stored(ctx, root)
	if err != nil {
		return nil, err
	}
	all, err := p.laterRevisions(ctx, root)
	if first != nil {
		all = append([]*arm.Resource{first}, all...)
	}
	return all, err
}

// laterRevisions are those that are stored as ROOT;rev=N. Their keys follow each other, each before those of what is
// below it, which are skipped.
func (p *Provider) laterRevisions(ctx context.Context, root resourceid.ID) ([]*arm.Resource, error) {
	var found []*arm.Resource
	o := store.RangeOptions{Prefix: arm.Key(root) + ";rev=", Limit: 1}
	for {
		page, err := p.arm.Store().Range(ctx, o)
		if err != nil || len(page.Records) == 0 {
			return found, err
		}
		key := page.Records[0].Key
		if !strings.Contains(key[len(o.Prefix):], "/") {
			a, err := arm.Decode(page.Records[0])
			if err != nil {
				return nil, err
			}
			found = append(found, a)
		}
		o.After = key + "/\U0010FFFF" // no name has it
	}
}

// listAPIs shows the current revision of each API under the API's own name, and others as NAME;rev=N.
func (p *Provider) listAPIs(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
	apis, err := p.arm.Children(ctx, r.Scope, TypeAPIs)
	if err != nil {
		return nil, err
	}
	for _, a := range apis {
		root, _ := cutRevision(a.Name)
		if a.Name = root; !isCurrent(a) {
			a.Name = root + ";rev=" + text(a, "apiRevision")
		}
		if a.ID, err = a.ID.Parent().Child("apis", a.Name); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(apis, func(a, b *arm.Resource) int { return strings.Compare(a.ID.Key(), b.ID.Key()) })
	return apis, nil
}

// checkRevision reads what a PUT says of its revision. The number and which is current are not the PUT's to change:
// what it says of them is ignored, as in Azure, save that none can become current by it.
func (p *Provider) checkRevision(ctx context.Context, f *fields, r *arm.PutRequest) (siblings []*arm.Resource, err error) {
	root, err := rootID(r.ID)
	if err != nil {
		return nil, err
	}
	all, err := p.revisions(ctx, root)
	if err != nil {
		return nil, err
	}
	_, revision := cutRevision(r.ID.Name())
	given := f.text("apiRevision", false, 100)
	var of *arm.Resource
	for _, a := range all {
		if isCurrent(a) && !a.ID.Equal(r.ID) {
			of = a
		}
		if !a.ID.Equal(r.ID) {
			siblings = append(siblings, a)
		}
	}
	number, current := revision, of == nil
	switch {
	case r.Existing != nil:
		number = text(r.Existing, "apiRevision")
	case revision == "" && given != "":
		number = given
	case revision == "":
		number = "1"
	case given != "" && given != revision:
		f.wrong("apiRevision", "'apiRevision' must be '%s', as the name says, or be left out.", revision)
	}
	if f.flag("isCurrent", current) && !current {
		f.wrong("isCurrent", "Can't set new revision as current: '%s' is. Release it, for example as apis/%s/releases/r%s with the 'apiId' /apis/%s;rev=%s.",
			text(of, "apiRevision"), root.Name(), number, root.Name(), number)
	}
	f.m["apiRevision"], f.m["isCurrent"] = number, current
	if of != nil {
		takeShared(f.m, of.Properties)
		if f.m["displayName"] == nil {
			f.m["displayName"] = text(of, "displayName")
		}
	}
	return siblings, nil
}

// shared are the properties that are the API's, and not those of one revision.
var shared = []string{"path", "apiVersion", "apiVersionSetId"}

// takeShared reports whether it changed anything.
func takeShared(to, from map[string]any) (changed bool) {
	for _, name := range shared {
		if from[name] == nil && to[name] == nil || from[name] == to[name] {
			continue
		}
		changed = true
		if to[name] = from[name]; from[name] == nil {
			delete(to, name)
		}
	}
	return changed
}

// moveSiblings gives the other revisions the path and version that the current one has now.
func (p *Provider) moveSiblings(r *arm.PutRequest, siblings []*arm.Resource, current *arm.Resource) error {
	for _, a := range siblings {
		moved := a.Clone()
		if !takeShared(moved.Properties, current.Properties) {
			continue
		}
		if err := p.change(r, moved); err != nil {
			return err
		}
	}
	return nil
}

// change lets another resource change in the transaction of r.
func (p *Provider) change(r *arm.PutRequest, other *arm.Resource) error {
	step, err := p.arm.StepTo(other)
	r.Conditions, r.Ops = append(r.Conditions, step.Conditions...), append(r.Ops, step.Ops...)
	return err
}

// putRelease follows https://learn.microsoft.com/rest/api/apimanagement/api-release/create-or-update:
// it makes a revision current, in the transaction that stores the release.
func (p *Provider) putRelease(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"apiId", "notes"}, []string{"createdDateTime", "updatedDateTime"})
	f.text("notes", false, 0)
	ref := f.text("apiId", true, 0)
	root, err := rootID(r.ID.Parent())
	if err != nil {
		return nil, err
	}
	var released *arm.Resource
	if id, ok := mine(serviceOf(r.ID), "apis", ref); ok {
		if released, err = p.arm.Named(ctx, id); err != nil {
			return nil, err
		}
	}
	if released != nil {
		if of, err := rootID(released.ID); err != nil || !of.Equal(root) {
			released = nil
		}
	}
	if released == nil && ref != "" {
		f.wrong("apiId", "'apiId' must be a revision of the API '%s', for example /apis/%s;rev=2, not '%s'.", root.Name(), root.Name(), ref)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	made.Properties["apiId"] = root.String() + ";rev=" + text(released, "apiRevision")
	now := wireTime(p.now())
	made.Properties["createdDateTime"], made.Properties["updatedDateTime"] = now, now
	if r.Existing != nil {
		made.Properties["createdDateTime"] = r.Existing.Properties["createdDateTime"]
	}
	return made, p.makeCurrent(ctx, r, root, released)
}

// makeCurrent makes one revision the one that the API's path and name reach.
func (p *Provider) makeCurrent(ctx context.Context, r *arm.PutRequest, root resourceid.ID, released *arm.Resource) error {
	all, err := p.revisions(ctx, root)
	if err != nil {
		return err
	}
	for _, a := range all {
		current := a.ID.Equal(released.ID)
		if isCurrent(a) == current {
			continue
		}
		changed := a.Clone()
		changed.Properties["isCurrent"] = current
		if err := p.change(r, changed); err != nil {
			return err
		}
	}
	return nil
}

// mayDeleteAPI refuses to delete the current revision of an API that has others.
func (p *Provider) mayDeleteAPI(ctx context.Context, r *arm.DeleteRequest) error {
	if !isCurrent(r.Existing) || strings.EqualFold(arm.Query(r.Query, "deleteRevisions"), "true") {
		return nil
	}
	root, err := rootID(r.ID)
	if err != nil {
		return err
	}
	all, err := p.revisions(ctx, root)
	if err != nil || len(all) < 2 {
		return err
	}
	return azerr.APIMField.New("Cannot delete the current revision of an API. Make another revision of '" + root.Name() +
		"' current and delete this one then, or delete all of them with deleteRevisions=true.")
}
