package apim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// master is the built-in subscription that opens all APIs.
const master = "master"

// putSubscription follows https://learn.microsoft.com/rest/api/apimanagement/subscription/create-or-update.
// Keys are shown by listSecrets only.
func (p *Provider) putSubscription(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "scope", "ownerId", "primaryKey", "secondaryKey", "state", "stateComment", "allowTracing", "startDate", "expirationDate"},
		[]string{"createdDate", "endDate", "notificationDate", "provisioningState"})
	f.text("displayName", true, 100)
	f.text("stateComment", false, 0)
	f.time("startDate")
	f.time("expirationDate")
	scope := f.text("scope", true, 0)
	state := "submitted" // as documented, for one made without a state
	if r.Existing != nil {
		state = text(r.Existing, "state")
	}
	f.oneOf("state", state, "active", "suspended", "submitted", "rejected", "expired", "cancelled")
	f.flag("allowTracing", false)
	if err := p.checkOwner(ctx, f, serviceOf(r.ID)); err != nil {
		return nil, err
	}
	if scope != "" {
		full, err := p.checkScope(ctx, f, serviceOf(r.ID), scope)
		if err != nil {
			return nil, err
		}
		made.Properties["scope"] = full
	}
	takeKeys(f, made)
	if err := f.err(); err != nil {
		return nil, err
	}
	made.Properties["createdDate"] = wireTime(p.now())
	if r.Existing != nil {
		made.Properties["createdDate"] = r.Existing.Properties["createdDate"]
	}
	return made, nil
}

// checkOwner takes a user of the service, and keeps the full ID.
func (p *Provider) checkOwner(ctx context.Context, f *fields, service resourceid.ID) error {
	ref := f.text("ownerId", false, 0)
	if ref == "" {
		delete(f.m, "ownerId")
		return nil
	}
	id, ok := mine(service, "users", ref)
	if ok {
		var err error
		if ok, err = p.exists(ctx, id); err != nil {
			return err
		}
	}
	if !ok {
		f.wrong("ownerId", "'ownerId' must be the ID of a user of this service, for example /users/1: '%s' is not found.", ref)
		return nil
	}
	f.m["ownerId"] = id.String()
	return nil
}

// checkScope takes all APIs, one API or one product, and returns the full ID.
func (p *Provider) checkScope(ctx context.Context, f *fields, service resourceid.ID, scope string) (string, error) {
	trimmed := strings.TrimRight(scope, "/")
	all := service.String() + "/apis"
	if strings.EqualFold(trimmed, "/apis") || strings.EqualFold(trimmed, all) {
		return all, nil
	}
	if id, err := resourceid.Parse(trimmed); err == nil && id.Equal(service) {
		return service.String() + "/", nil
	}
	for _, word := range []string{"apis", "products"} {
		id, ok := mine(service, word, scope)
		if !ok {
			continue
		}
		there, err := p.exists(ctx, id)
		if err == nil && !there {
			f.wrong("scope", "Subscription scope should be one of '/apis', '/apis/{apiId}', '/products/{productId}': '%s' is not found.", scope)
		}
		return id.String(), err
	}
	f.wrong("scope", "Subscription scope should be one of '/apis', '/apis/{apiId}', '/products/{productId}', not '%s'.", scope)
	return "", nil
}

// takeKeys moves the keys to Private and makes missing ones.
func takeKeys(f *fields, r *arm.Resource) {
	if r.Private == nil {
		r.Private = map[string]any{}
	}
	for _, name := range []string{"primaryKey", "secondaryKey"} {
		given := f.text(name, false, 256)
		delete(r.Properties, name)
		if strings.ContainsFunc(given, func(c rune) bool { return c <= ' ' || c > '~' }) {
			f.wrong(name, "'%s' may contain only printable ASCII characters.", name)
		}
		if given != "" {
			r.Private[name] = given
		} else if old, _ := r.Private[name].(string); old == "" {
			r.Private[name] = newKey()
		}
	}
}

// newKey is 32 hex digits, as Azure's keys are.
func newKey() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// ensureMaster makes the built-in subscription of a service that has none.
func (p *Provider) ensureMaster(ctx context.Context, service resourceid.ID) error {
	id, err := service.Child("subscriptions", master)
	if err != nil {
		return err
	}
	return p.ensure(ctx, id, map[string]any{"scope": service.String() + "/", "displayName": "Built-in all-access subscription", "state": "active"})
}

func (p *Provider) deleteSubscription(_ context.Context, r *arm.DeleteRequest) error {
	if strings.EqualFold(r.ID.Name(), master) && !r.Cascade {
		return azerr.APIMConflict.New("The built-in subscription 'master' can't be deleted.")
	}
	return nil
}

func (p *Provider) listSecrets(ctx context.Context, r *arm.ActionRequest) (any, error) {
	s, err := p.arm.Stored(ctx, r.ID)
	if err != nil || s == nil {
		return nil, err
	}
	primary, secondary := KeysOf(s)
	return map[string]any{"primaryKey": primary, "secondaryKey": secondary}, nil
}

func (p *Provider) regenerate(name string) func(context.Context, *arm.ActionRequest) (any, error) {
	return func(ctx context.Context, r *arm.ActionRequest) (any, error) {
		_, err := p.arm.Update(ctx, r.ID, func(s *arm.Resource) error {
			if s.Private == nil {
				s.Private = map[string]any{}
			}
			s.Private[name] = newKey()
			return nil
		})
		return nil, err
	}
}
