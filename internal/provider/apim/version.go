package apim

import (
	"context"
	"regexp"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// putVersionSet follows https://learn.microsoft.com/rest/api/apimanagement/api-version-set/create-or-update.
func (p *Provider) putVersionSet(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "description", "versioningScheme", "versionHeaderName", "versionQueryName"}, nil)
	f.text("displayName", true, 100)
	f.text("description", false, 0)
	scheme := f.oneOf("versioningScheme", "", "Segment", "Query", "Header")
	f.text("versionHeaderName", scheme == "Header", 100)
	f.text("versionQueryName", scheme == "Query", 100)
	return made, f.err()
}

// mayDeleteVersionSet keeps one that APIs use.
func (p *Provider) mayDeleteVersionSet(ctx context.Context, r *arm.DeleteRequest) error {
	apis, err := p.arm.Children(ctx, serviceOf(r.ID), TypeAPIs)
	if err != nil {
		return err
	}
	for _, a := range apis {
		if id, ok := mine(serviceOf(r.ID), "apiVersionSets", text(a, "apiVersionSetId")); ok && id.Equal(r.ID) {
			return azerr.APIMConflict.New("The version set '" + r.ID.Name() + "' is used by API '" + a.Name + "' and can't be deleted.")
		}
	}
	return nil
}

var revisionForm = regexp.MustCompile(`(?i)^(.+);rev=([0-9]{1,6})$`)

// cutRevision takes ;rev=N off the name of an API; "" for its current revision.
func cutRevision(name string) (root, revision string) {
	if m := revisionForm.FindStringSubmatch(name); m != nil {
		return m[1], m[2]
	}
	return name, ""
}

// getAPI shows the current revision under the API's own name, and each under ;rev=N.
// https://learn.microsoft.com/azure/api-management/api-management-revisions
func (p *Provider) getAPI(ctx context.Context, id resourceid.ID) (*arm.Resource, error) {
	root, revision := cutRevision(id.Name())
	there, err := p.arm.Stored(ctx, id)
	if err != nil || there != nil && (revision != "" || there.Properties["isCurrent"] == true) {
		return nil, err // as it is stored
	}
	if there == nil && revision == "" {
		return nil, nil
	}
	all, err := p.arm.Children(ctx, serviceOf(id), TypeAPIs)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		name, _ := cutRevision(a.Name)
		wanted := a.Properties["isCurrent"] == true
		if revision != "" {
			wanted = text(a, "apiRevision") == revision
		}
		if strings.EqualFold(name, root) && wanted {
			shown := a.Clone()
			shown.ID, shown.Name = id, id.Name()
			return shown, nil
		}
	}
	return nil, nil
}

// checkVersion reads version set, version and revision of an API, and what it is made from.
func (p *Provider) checkVersion(ctx context.Context, f *fields, r *arm.PutRequest) error {
	service := serviceOf(r.ID)
	version := f.text("apiVersion", false, 100)
	f.text("apiVersionDescription", false, 256)
	if ref := f.text("apiVersionSetId", false, 0); ref != "" {
		id, ok := mine(service, "apiVersionSets", ref)
		if ok {
			there, err := p.exists(ctx, id)
			if err != nil {
				return err
			}
			ok = there
		}
		if !ok {
			f.wrong("apiVersionSetId", "'apiVersionSetId' must be the ID of a version set of this service: '%s' is not found.", ref)
		} else {
			f.m["apiVersionSetId"] = id.String()
		}
	} else if version != "" {
		f.wrong("apiVersion", "'apiVersion' needs 'apiVersionSetId': the version set says how a request names the version.")
	}
	root, revision := cutRevision(r.ID.Name())
	number, current := revision, false
	if revision == "" {
		number, current = "1", true
	}
	if r.Existing != nil {
		number, current = text(r.Existing, "apiRevision"), r.Existing.Properties["isCurrent"] == true
	}
	if given := f.text("apiRevision", false, 100); given != "" && revision != "" && given != revision {
		f.wrong("apiRevision", "'apiRevision' must be '%s', as the name says, or be left out.", revision)
	} else if given == "" {
		f.m["apiRevision"] = number
	}
	f.flag("isCurrent", current)
	if revision == "" {
		if f.m["apiRevision"] != number && r.Existing != nil && !current {
			f.wrong("apiRevision", "The name '%s' holds the revision %s, which is not the current one: put it to 'apis/%s;rev=%v'.", root, number, root, f.m["apiRevision"])
		}
		return nil
	}
	id, err := service.Child("apis", root)
	if err != nil {
		return err
	}
	base, err := p.arm.Stored(ctx, id)
	if err != nil {
		return err
	}
	if base == nil {
		f.wrong("apiRevision", "There is no API '%s' to have the revision '%s'.", root, revision)
		return nil
	}
	f.m["path"] = text(base, "path")
	return nil
}

// source is sourceApiId of a new API: its operations and policies are copied.
func (p *Provider) source(ctx context.Context, f *fields, r *arm.PutRequest) error {
	ref := f.text("sourceApiId", false, 0)
	delete(f.m, "sourceApiId")
	if ref == "" || r.Existing != nil {
		return nil
	}
	id, ok := mine(serviceOf(r.ID), "apis", ref)
	if !ok {
		f.wrong("sourceApiId", "'sourceApiId' must be the ID of an API of this service, not '%s'.", ref)
		return nil
	}
	there, err := p.exists(ctx, id)
	if err == nil && !there {
		f.wrong("sourceApiId", "'sourceApiId': API '%s' is not found.", id.Name())
	}
	f.m["sourceApiId"] = id.String()
	return err
}

// apiStored copies what a new API is made from, imports its definition, and makes a revision current that says so.
func (p *Provider) apiStored(ctx context.Context, r *arm.Resource) {
	if from := text(r, "sourceApiId"); from != "" {
		if err := p.copyAPI(ctx, from, r.ID); err != nil {
			p.logger.Error("an API's operations and policies can't be copied", "from", from, "to", r.ID.String(), "error", err)
		}
	}
	if imported := p.imports.take(r.ID); imported != nil {
		if err := p.applyImport(ctx, r.ID, imported); err != nil {
			p.logger.Error("the definition of an API is not imported as a whole; put the API again", "api", r.ID.String(), "error", err)
		}
	}
	if text(r, "type") == "websocket" {
		p.ensureHandshake(ctx, r.ID)
	}
	if r.Properties["isCurrent"] == true {
		if err := p.makeCurrent(ctx, r.ID); err != nil {
			p.logger.Error("the current revision of an API can't be changed", "api", r.ID.String(), "error", err)
		}
	}
}

// copyAPI copies operations and policies below from to the API to.
func (p *Provider) copyAPI(ctx context.Context, from string, to resourceid.ID) error {
	_, err := p.arm.Update(ctx, to, func(r *arm.Resource) error { delete(r.Properties, "sourceApiId"); return nil })
	if err != nil {
		return err
	}
	source, err := resourceid.Parse(from)
	if err != nil {
		return err
	}
	list, err := p.arm.Below(ctx, source, func(typ string) bool {
		return strings.EqualFold(typ, TypeOperations) || strings.EqualFold(typ, TypeAPIPolicies) || strings.EqualFold(typ, TypeOperationPolicies)
	})
	if err != nil {
		return err
	}
	for _, late := range []bool{false, true} { // operations before their policies
		for _, r := range list {
			if late != !r.ID.IsType(TypeOperations) {
				continue
			}
			id, err := resourceid.Parse(to.String() + r.ID.String()[len(source.String()):])
			if err != nil {
				return err
			}
			if err := p.putSystem(ctx, id, r.Clone().Properties); err != nil {
				return err
			}
		}
	}
	return nil
}

// ensureHandshake makes the one operation that a WebSocket API has.
// https://learn.microsoft.com/azure/api-management/websocket-api
func (p *Provider) ensureHandshake(ctx context.Context, api resourceid.ID) {
	id, err := api.Child("operations", "onHandshake")
	if err == nil {
		err = p.ensure(ctx, id, map[string]any{"displayName": "onHandshake", "method": "GET", "urlTemplate": "/"})
	}
	if err != nil {
		p.logger.Error("the operation of a WebSocket API can't be made; put the API again", "api", api.String(), "error", err)
	}
}

// makeCurrent makes one revision the one that its path reaches.
func (p *Provider) makeCurrent(ctx context.Context, id resourceid.ID) error {
	root, _ := cutRevision(id.Name())
	list, err := p.arm.Children(ctx, serviceOf(id), TypeAPIs)
	if err != nil {
		return err
	}
	for _, a := range list {
		if other, _ := cutRevision(a.Name); !strings.EqualFold(other, root) || (a.Properties["isCurrent"] == true) == a.ID.Equal(id) {
			continue
		}
		want := a.ID.Equal(id)
		_, err := p.arm.Update(ctx, a.ID, func(r *arm.Resource) error { r.Properties["isCurrent"] = want; return nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// putRelease follows https://learn.microsoft.com/rest/api/apimanagement/api-release/create-or-update:
// it makes a revision current.
func (p *Provider) putRelease(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"apiId", "notes"}, []string{"createdDateTime", "updatedDateTime"})
	f.text("notes", false, 0)
	ref := f.text("apiId", true, 0)
	root, _ := cutRevision(r.ID.Parent().Name())
	if id, ok := mine(serviceOf(r.ID), "apis", ref); ref != "" {
		there := false
		if ok {
			if there, err = p.exists(ctx, id); err != nil {
				return nil, err
			}
		}
		if of, _ := cutRevision(id.Name()); !ok || !there || !strings.EqualFold(of, root) {
			f.wrong("apiId", "'apiId' must be a revision of the API '%s', for example /apis/%s;rev=2, not '%s'.", root, root, ref)
		} else {
			made.Properties["apiId"] = id.String()
		}
	}
	made.Properties["createdDateTime"] = wireTime(p.now())
	return made, f.err()
}

func (p *Provider) releaseStored(ctx context.Context, r *arm.Resource) {
	id, err := resourceid.Parse(text(r, "apiId"))
	if err == nil {
		err = p.makeCurrent(ctx, id)
	}
	if err != nil {
		p.logger.Error("a release does not take effect; put it again", "release", r.ID.String(), "error", err)
	}
}
