package apim

import (
	"context"
	"net/mail"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// administrator is the user that each service has: its publisher.
const administrator = "1"

// putUser follows https://learn.microsoft.com/rest/api/apimanagement/user/create-or-update.
// There is no portal to sign in to: a password is checked and not kept.
func (p *Provider) putUser(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"firstName", "lastName", "email", "password", "state", "note", "identities", "appType", "confirmation"}, []string{"registrationDate", "groups"})
	f.text("firstName", true, 100)
	f.text("lastName", true, 100)
	email := f.text("email", true, 254)
	if a, err := mail.ParseAddress(email); email != "" && (err != nil || a.Address != email) {
		f.wrong("email", "'email' must be an e-mail address, not '%s'.", email)
	}
	f.text("note", false, 0)
	f.text("password", false, 256)
	f.oneOf("state", "active", "active", "blocked", "pending", "deleted")
	for _, once := range []struct {
		name string
		set  []string
	}{{"appType", []string{"portal", "developerPortal"}}, {"confirmation", []string{"signup", "invite"}}} {
		if made.Properties[once.name] != nil {
			f.oneOf(once.name, once.set[0], once.set...)
		}
	}
	for _, i := range f.objects("identities") {
		i.only([]string{"provider", "id"}, nil)
		i.text("provider", true, 0)
		i.text("id", true, 0)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	for _, once := range []string{"password", "appType", "confirmation"} {
		delete(made.Properties, once)
	}
	if made.Properties["identities"] == nil {
		made.Properties["identities"] = []any{map[string]any{"provider": "Basic", "id": email}}
	}
	made.Properties["registrationDate"] = wireTime(p.now())
	if r.Existing != nil {
		made.Properties["registrationDate"] = r.Existing.Properties["registrationDate"]
	}
	return made, p.register(ctx, r, email)
}

// register takes the e-mail address for the user, and puts a new one into the groups of the system.
func (p *Provider) register(ctx context.Context, r *arm.PutRequest, email string) error {
	service, before := serviceOf(r.ID), ""
	if r.Existing != nil {
		before = emailClaim(service, text(r.Existing, "email"))
	}
	if err := p.claim(ctx, r, before, emailClaim(service, email), func(string) error {
		return fieldError("email", "User with the email '"+email+"' already exists.")
	}); err != nil || r.Existing != nil {
		return err
	}
	groups := []string{"developers"}
	if r.ID.Name() == administrator {
		groups = []string{"administrators", "developers"}
	}
	for _, g := range groups {
		group, err := service.Child("groups", g)
		if err != nil {
			return err
		}
		id, err := group.Child("users", r.ID.Name())
		if err != nil {
			return err
		}
		op, err := arm.StoreOp(&arm.Resource{ID: id, Type: TypeGroupUsers, Name: id.Name(), Created: p.now().UTC(), Changed: p.now().UTC(), ETag: `"1"`})
		if err != nil {
			return err
		}
		r.Ops = append(r.Ops, op)
	}
	return nil
}

func emailClaim(service resourceid.ID, email string) string {
	return "user " + service.Key() + " " + email
}

// viewUser adds the groups, as $expandGroups does.
func (p *Provider) viewUser(ctx context.Context, r *arm.Resource) (*arm.Resource, error) {
	groups, err := p.memberships(ctx, serviceOf(r.ID))
	if err != nil {
		return nil, err
	}
	return showGroups(r, groups), nil
}

func (p *Provider) listUsers(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
	users, err := p.arm.Children(ctx, r.Scope, TypeUsers)
	if err != nil {
		return nil, err
	}
	groups, err := p.memberships(ctx, serviceOf(r.Scope))
	for _, u := range users {
		showGroups(u, groups)
	}
	return users, err
}

func showGroups(user *arm.Resource, memberships map[string][]*arm.Resource) *arm.Resource {
	groups := memberships[strings.ToLower(user.Name)]
	shown := make([]any, len(groups))
	for i, g := range groups {
		shown[i] = map[string]any{"id": g.ID.String(), "name": text(g, "displayName"), "description": g.Properties["description"],
			"builtIn": g.Properties["builtIn"], "type": g.Properties["type"], "externalId": g.Properties["externalId"]}
	}
	user.Properties["groups"] = shown
	return user
}

// mayDeleteUser keeps the administrator, and users with subscriptions unless those are to go, too.
// https://learn.microsoft.com/rest/api/apimanagement/user/delete
func (p *Provider) mayDeleteUser(ctx context.Context, r *arm.DeleteRequest) error {
	if r.ID.Name() == administrator {
		return azerr.APIMConflict.New("The administrator of the service can't be deleted.")
	}
	return p.mayDeleteSubscribed(ctx, r, "ownerId", "User")
}

// mayDeleteSubscribed refuses while a subscription names the resource in the property, unless deleteSubscriptions is true.
func (p *Provider) mayDeleteSubscribed(ctx context.Context, r *arm.DeleteRequest, property, what string) error {
	if strings.EqualFold(arm.Query(r.Query, "deleteSubscriptions"), "true") {
		return nil
	}
	list, err := p.subscriptionsOf(ctx, r.ID, property)
	if err != nil || len(list) == 0 {
		return err
	}
	return fieldError(property, what+" '"+r.ID.Name()+"' has the subscription '"+list[0].Name+"' and can't be deleted. Delete its subscriptions first, or all of them with deleteSubscriptions=true.")
}

// subscriptionsOf are those that name the resource in ownerId or scope.
func (p *Provider) subscriptionsOf(ctx context.Context, id resourceid.ID, property string) ([]*arm.Resource, error) {
	all, err := p.arm.Children(ctx, serviceOf(id), TypeSubscriptions)
	if err != nil {
		return nil, err
	}
	var found []*arm.Resource
	for _, s := range all {
		if named, err := resourceid.Parse(text(s, property)); err == nil && named.Equal(id) {
			found = append(found, s)
		}
	}
	return found, nil
}

// deleteSubscriptionsOf deletes them in the transaction of the deletion.
func (p *Provider) deleteSubscriptionsOf(ctx context.Context, r *arm.DeleteRequest, of resourceid.ID, property string) error {
	if r.Cascade {
		return nil // all of the service goes
	}
	list, err := p.subscriptionsOf(ctx, of, property)
	for _, s := range list {
		r.Ops = append(r.Ops, store.Delete(arm.Key(s.ID)))
	}
	return err
}

// deleteUser takes the user out of the groups, and deletes the subscriptions.
func (p *Provider) deleteUser(ctx context.Context, r *arm.DeleteRequest) error {
	release(r, emailClaim(serviceOf(r.ID), text(r.Existing, "email")))
	if err := p.deleteSubscriptionsOf(ctx, r, r.ID, "ownerId"); err != nil {
		return err
	}
	return p.unlink(ctx, r, "users", r.ID.Name())
}
