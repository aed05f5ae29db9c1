package apim

import (
	"context"
	"regexp"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

var namedValueForm = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// putNamedValue follows https://learn.microsoft.com/rest/api/apimanagement/named-value/create-or-update.
func (p *Provider) putNamedValue(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "value", "secret", "tags", "keyVault"}, []string{"provisioningState"})
	name := f.text("displayName", true, 256)
	if name != "" && !namedValueForm.MatchString(name) {
		f.wrong("displayName", "'displayName' may contain only letters, digits, periods, dashes and underscores.")
	}
	value, secret := f.text("value", false, 4096), f.flag("secret", false)
	f.texts("tags")
	ref := p.readReference(f)
	if value == "" && ref == nil && r.Patch && r.Existing != nil {
		value = ValueOf(r.Existing) // a patch of something else keeps what it can't see
	}
	if value == "" && ref == nil && len(*f.problems) == 0 {
		f.wrong("value", "'value' must not be empty: give a value, or keyVault.secretIdentifier.")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	service := serviceOf(r.ID).Key()
	before := ""
	if r.Existing != nil {
		before = "namedValue " + service + " " + text(r.Existing, "displayName")
	}
	if err := p.claim(ctx, r, before, "namedValue "+service+" "+name, func(string) error {
		return azerr.APIMConflict.New("A named value with the name '" + name + "' already exists.")
	}); err != nil {
		return nil, err
	}
	if ref != nil {
		p.refs.begin(r)
		s, err := p.readSecret(ctx, serviceOf(r.ID), ref, r.RequestID)
		if err != nil {
			p.refs.end(r)
			return nil, err
		}
		value, secret = s.Value, true
		made.Properties["keyVault"] = ref.view(p.readStatus(r))
	}
	made.Properties["secret"] = secret
	setNamedValue(made, value)
	return made, nil
}

// setNamedValue keeps secret values in Private.
func setNamedValue(r *arm.Resource, value string) {
	delete(r.Properties, "value")
	delete(r.Private, "value")
	if r.Properties["secret"] != true {
		r.Properties["value"] = value
		return
	}
	if r.Private == nil {
		r.Private = map[string]any{}
	}
	r.Private["value"] = value
}

// hideNamedValue: a secret value is not shown, not even as null.
func hideNamedValue(_ context.Context, r *arm.Resource) (*arm.Resource, error) {
	if r.Properties["secret"] == true {
		delete(r.Properties, "value")
	}
	return r, nil
}

func (p *Provider) listValue(ctx context.Context, r *arm.ActionRequest) (any, error) {
	stored, err := p.arm.Stored(ctx, r.ID)
	if err != nil || stored == nil {
		return nil, err
	}
	return map[string]any{"value": ValueOf(stored)}, nil
}

// deleteNamedValue keeps one that a policy of the service uses.
func (p *Provider) deleteNamedValue(ctx context.Context, r *arm.DeleteRequest) error {
	name := text(r.Existing, "displayName")
	release(r, "namedValue "+serviceOf(r.ID).Key()+" "+name)
	if r.Cascade {
		return nil
	}
	policies, err := p.arm.Below(ctx, serviceOf(r.ID), isPolicy)
	if err != nil {
		return err
	}
	for _, d := range policies {
		if strings.Contains(strings.ToLower(text(d, "value")), "{{"+strings.ToLower(name)+"}}") {
			return azerr.APIMConflict.New("Named value '" + name + "' is used by the policy " + d.ID.String() + " and can't be deleted.")
		}
	}
	return nil
}

// namedValues finds values for the policies of a service, reading them when the first one is asked for. failed also
// tells when a value was asked for that only a running deployment will know (arm.ErrUnknown).
func (p *Provider) namedValues(ctx context.Context, service resourceid.ID) (lookup func(name string) (string, bool, bool), failed func() error) {
	var values map[string]*arm.Resource
	var err error
	unknown := false
	lookup = func(name string) (string, bool, bool) {
		if values == nil && err == nil {
			values = map[string]*arm.Resource{}
			var list []*arm.Resource
			list, err = p.arm.Children(ctx, service, TypeNamedValues)
			for _, r := range list {
				values[strings.ToLower(text(r, "displayName"))] = r
				unknown = unknown || r.Unknown
			}
		}
		r, ok := values[strings.ToLower(name)]
		if err == nil && (!ok && unknown || ok && r.Unknown) {
			err = arm.ErrUnknown
		}
		if !ok {
			return "", false, false
		}
		return ValueOf(r), r.Properties["secret"] == true, true
	}
	return lookup, func() error { return err }
}

// text reads a text property; "" when there is none.
func text(r *arm.Resource, name string) string { s, _ := r.Properties[name].(string); return s }
