package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// builtInGroups are there in each service.
// https://learn.microsoft.com/azure/api-management/api-management-howto-create-groups
var builtInGroups = []struct{ name, display, description string }{
	{"administrators", "Administrators", "Administrators is a built-in group containing the admin email account provided at the time of service creation. Its membership is managed by the system."},
	{"developers", "Developers", "Developers is a built-in group. Its membership is managed by the system. Signed-in users fall into this group."},
	{"guests", "Guests", "Guests is a built-in group. Its membership is managed by the system. Unauthenticated users visiting the developer portal fall into this group."},
}

func isBuiltInGroup(name string) bool {
	for _, g := range builtInGroups {
		if strings.EqualFold(g.name, name) {
			return true
		}
	}
	return false
}

// bySystem reports whether the provider itself makes the request.
func bySystem(c identity.Caller) bool { return c.ObjectID == "" }

// putGroup follows https://learn.microsoft.com/rest/api/apimanagement/group/create-or-update.
func (p *Provider) putGroup(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "description", "type", "externalId"}, []string{"builtIn"})
	f.text("displayName", true, 300)
	f.text("description", false, 1000)
	builtIn := isBuiltInGroup(r.ID.Name())
	if builtIn && !bySystem(r.Caller) {
		return nil, fieldError("groupId", "The built-in group '"+r.ID.Name()+"' can't be changed.")
	}
	kind := "system"
	if !builtIn {
		kind = f.oneOf("type", "custom", "custom", "external")
	}
	external := f.text("externalId", kind == "external", 0)
	if kind == "external" && external != "" && !strings.HasPrefix(external, "aad://") {
		f.wrong("externalId", "'externalId' must be a group of Microsoft Entra, aad://TENANT/groups/OBJECTID, not '%s'.", external)
	}
	made.Properties["builtIn"] = builtIn
	return made, f.err()
}

func (p *Provider) mayDeleteGroup(_ context.Context, r *arm.DeleteRequest) error {
	if isBuiltInGroup(r.ID.Name()) {
		return azerr.APIMConflict.New("The built-in group '" + r.ID.Name() + "' can't be deleted.")
	}
	return nil
}

// deleteGroup takes the group out of the products, too; its users go with it.
func (p *Provider) deleteGroup(ctx context.Context, r *arm.DeleteRequest) error {
	return p.unlink(ctx, r, "groups", r.ID.Name())
}

// mayLeaveGroup keeps users in the groups that the system manages.
func (p *Provider) mayLeaveGroup(_ context.Context, r *arm.DeleteRequest) error {
	if isBuiltInGroup(r.ID.Parent().Name()) {
		return azerr.APIMConflict.New("The members of the built-in group '" + r.ID.Parent().Name() + "' are managed by the system.")
	}
	return nil
}

// ensurePeople makes the built-in groups and the administrator of a service that has none.
func (p *Provider) ensurePeople(ctx context.Context, service *arm.Resource) error {
	for _, g := range builtInGroups {
		id, err := service.ID.Child("groups", g.name)
		if err == nil {
			err = p.ensure(ctx, id, map[string]any{"displayName": g.display, "description": g.description, "type": "system"})
		}
		if err != nil {
			return err
		}
	}
	id, err := service.ID.Child("users", administrator)
	if err != nil {
		return err
	}
	return p.ensure(ctx, id, map[string]any{"firstName": "Administrator", "lastName": "Administrator", "email": text(service, "publisherEmail"), "state": "active"})
}

// ensure makes a resource that is not there.
func (p *Provider) ensure(ctx context.Context, id resourceid.ID, properties map[string]any) error {
	if there, err := p.exists(ctx, id); there || err != nil {
		return err
	}
	return p.putSystem(ctx, id, properties)
}

// memberships are the groups of each user of a service, by the user's lower-case name, in order.
func (p *Provider) memberships(ctx context.Context, service resourceid.ID) (map[string][]*arm.Resource, error) {
	groups, err := p.arm.Children(ctx, service, TypeGroups)
	if err != nil {
		return nil, err
	}
	found := map[string][]*arm.Resource{}
	for _, g := range groups {
		members, err := p.arm.Children(ctx, g.ID, TypeGroupUsers)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			key := strings.ToLower(m.Name)
			found[key] = append(found[key], g)
		}
	}
	return found, nil
}

// putSystem writes a resource that follows from another one.
func (p *Provider) putSystem(ctx context.Context, id resourceid.ID, properties map[string]any) error {
	_, err := p.arm.Put(ctx, identity.Caller{}, id, "2024-05-01", map[string]any{"properties": properties}, arm.PutOptions{System: true})
	return err
}
