package apim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// The rules of names: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftapimanagement
var serviceNameForm = regexp.MustCompile(`^[A-Za-z](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$`)

func serviceName(name string) error {
	if !serviceNameForm.MatchString(name) {
		return errors.New("it must have 1 to 50 letters, digits and hyphens, begin with a letter and end with a letter or digit")
	}
	return nil
}

func entityName(most int) func(string) error {
	return func(name string) error {
		if name == "" || len(name) > most || strings.ContainsAny(name, `*#&+:<>?/\%`) || name == "." || name == ".." {
			return fmt.Errorf(`it must have 1 to %d characters and none of * # & + : < > ? / \ %%`, most)
		}
		return nil
	}
}

// apiName also takes revisions, which are named ID;rev=N.
func apiName(name string) error {
	if root, revision := cutRevision(name); revision == "" && strings.Contains(root, ";") {
		return errors.New("a revision is named API;rev=NUMBER")
	}
	return entityName(256)(name)
}

// claim takes a value that only one resource of a scope may have (a service's name, an
// API's path), in the transaction that stores the resource: of two at the same time one fails.
// The value that the resource had before is given back. taken makes the error.
func (p *Provider) claim(ctx context.Context, r *arm.PutRequest, before, value string, taken func(owner string) error) error {
	return p.claimFor(ctx, r, r.ID, before, value, taken)
}

// claimFor takes it in the name of another resource.
func (p *Provider) claimFor(ctx context.Context, r *arm.PutRequest, of resourceid.ID, before, value string, taken func(owner string) error) error {
	key := claimKey(value)
	held, err := p.arm.Store().Get(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		r.Conditions = append(r.Conditions, store.Condition{Key: key})
		r.Ops = append(r.Ops, store.Put(key, []byte(of.Key())))
	case err != nil:
		return err
	case string(held.Value) != of.Key():
		return taken(string(held.Value))
	}
	if before != "" && claimKey(before) != key {
		r.Ops = append(r.Ops, store.Delete(claimKey(before)))
	}
	return nil
}

func release(r *arm.DeleteRequest, value string) {
	r.Ops = append(r.Ops, store.Delete(claimKey(value)))
}

func claimKey(value string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(value)))
	return "apim/unique/" + hex.EncodeToString(sum[:])
}

// mine reads a reference to an entity of the same service, as a full ID, /TYPE/NAME, or
// TYPE/NAME, and returns its ID. word is the type's last part, e.g. apis.
func mine(service resourceid.ID, word, ref string) (resourceid.ID, bool) {
	ref = strings.TrimRight(ref, "/")
	if full, err := resourceid.Parse(ref); err == nil && full.Subscription() != "" {
		return full, serviceOf(full).Equal(service) && full.IsType(TypeService+"/"+word)
	}
	typ, name, ok := strings.Cut(strings.TrimPrefix(ref, "/"), "/")
	if !ok || !strings.EqualFold(typ, word) || strings.Contains(name, "/") {
		return resourceid.ID{}, false
	}
	id, err := service.Child(word, name)
	return id, err == nil
}

// exists reports whether there is a resource of the name.
func (p *Provider) exists(ctx context.Context, id resourceid.ID) (bool, error) {
	r, err := p.arm.Named(ctx, id)
	return r != nil, err
}

func (p *Provider) checkName(ctx context.Context, r *arm.ActionRequest) (any, error) {
	name, _ := r.Body["name"].(string)
	if err := serviceName(name); err != nil {
		return map[string]any{"nameAvailable": false, "reason": "Invalid", "message": "'" + name + "' is not a valid name: " + err.Error() + "."}, nil
	}
	_, err := p.arm.Store().Get(ctx, claimKey("service "+name))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return map[string]any{"nameAvailable": true, "reason": "Valid", "message": ""}, nil
	case err != nil:
		return nil, err
	}
	return map[string]any{"nameAvailable": false, "reason": "AlreadyExists", "message": azerr.APIMNameTaken.New(name).Message}, nil
}
