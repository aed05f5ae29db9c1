package apim

import (
	"context"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/provider/apim/openapi"
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

// checkVersion reads version set and version of an API.
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
	return nil
}

// source is sourceApiId of a new API: what lies below that one is copied. The zero ID: there is none.
func (p *Provider) source(ctx context.Context, f *fields, r *arm.PutRequest) (from resourceid.ID, err error) {
	ref := f.text("sourceApiId", false, 0)
	delete(f.m, "sourceApiId")
	if ref == "" || r.Existing != nil {
		return from, nil
	}
	id, ok := mine(serviceOf(r.ID), "apis", ref)
	if !ok {
		f.wrong("sourceApiId", "'sourceApiId' must be the ID of an API of this service, not '%s'.", ref)
		return from, nil
	}
	source, err := p.arm.Named(ctx, id)
	if err != nil {
		return from, err
	}
	if source == nil {
		f.wrong("sourceApiId", "'sourceApiId': API '%s' is not found.", id.Name())
		return from, nil
	}
	return source.ID, nil
}

// stepsOf are the writes below an API that go with its PUT: a copy of what it is made from, its definition, and the one
// operation that a WebSocket API has (https://learn.microsoft.com/azure/api-management/websocket-api).
func (p *Provider) stepsOf(ctx context.Context, r *arm.PutRequest, from resourceid.ID, imported *openapi.API, socket bool) ([]arm.Step, error) {
	if from.IsTenant() && imported == nil && !socket {
		return nil, nil
	}
	t, err := p.subtreeOf(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	if !from.IsTenant() {
		if err := t.copy(ctx, p, from); err != nil {
			return nil, err
		}
	}
	if imported != nil {
		if err := t.applyImport(imported); err != nil {
			return nil, err
		}
	}
	if socket && t.at("operations", "onHandshake") == nil {
		if err := t.put(TypeOperations, map[string]any{"displayName": "onHandshake", "method": "GET", "urlTemplate": "/"}, nil, "operations", "onHandshake"); err != nil {
			return nil, err
		}
	}
	return t.steps(p.arm)
}
