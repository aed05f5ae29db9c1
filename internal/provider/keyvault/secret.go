package keyvault

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

var objectName = regexp.MustCompile(`^[A-Za-z0-9-]{1,127}$`)

func checkObjectName(name string) error {
	if !objectName.MatchString(name) {
		return fmt.Errorf("it must have 1 to 127 letters, digits and hyphens")
	}
	return nil
}

// secretType is vaults/secrets: what templates create, and read by reference() of an existing one. The value goes in
// and never comes out. https://learn.microsoft.com/rest/api/keyvault/keyvault/secrets
func (p *Provider) secretType() *arm.Type {
	return &arm.Type{Name: typeSecret, APIVersions: apiVersions, NotStored: true, NoDelete: true, NoPatch: true, NameRule: checkObjectName,
		Get: p.getSecret, Put: p.putSecret, List: p.listSecrets}
}

// errNoContents is a fault of the program's composition: SetVault was not called.
var errNoContents = errors.New("keyvault: the service of the vaults' contents is not set")

func (p *Provider) getSecret(ctx context.Context, id resourceid.ID) (*arm.Resource, error) {
	inside := p.inside()
	if inside == nil {
		return nil, errNoContents
	}
	v, err := p.arm.Stored(ctx, id.Parent())
	if err != nil || v == nil {
		return nil, err
	}
	s, err := inside.SecretProperties(ctx, v.Name, id.Name())
	var wire *azerr.Error
	if errors.As(err, &wire) && wire.Kind.Status == 404 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return secretResource(v, id, s)
}

func secretResource(v *arm.Resource, id resourceid.ID, s vault.SecretProperties) (*arm.Resource, error) {
	name := s.Name
	if name == "" {
		name = id.Name()
	}
	id, err := v.ID.Child("secrets", name)
	if err != nil {
		return nil, err
	}
	attributes := map[string]any{"enabled": s.Attributes.Enabled, "created": s.Attributes.Created, "updated": s.Attributes.Updated}
	if s.Attributes.NotBefore != nil {
		attributes["nbf"] = *s.Attributes.NotBefore
	}
	if s.Attributes.Expires != nil {
		attributes["exp"] = *s.Attributes.Expires
	}
	properties := map[string]any{"attributes": attributes, "secretUri": s.URI, "secretUriWithVersion": s.URIWithVersion}
	if s.ContentType != "" {
		properties["contentType"] = s.ContentType
	}
	return &arm.Resource{ID: id, Type: typeSecret, Name: name, Location: v.Location, Tags: s.Tags, Properties: properties}, nil
}

func (p *Provider) putSecret(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	in, err := readSecret(r)
	if err != nil || r.ValidateOnly {
		return nil, err
	}
	inside := p.inside()
	if inside == nil {
		return nil, errNoContents
	}
	s, err := inside.PutSecretFromARM(ctx, r.Caller, r.Parent.Name, r.ID.Name(), in)
	if err != nil {
		return nil, err
	}
	return secretResource(r.Parent, r.ID, s)
}

func readSecret(r *arm.PutRequest) (vault.SetSecret, error) {
	res, err := r.Resource()
	if err != nil {
		return vault.SetSecret{}, err
	}
	in := vault.SetSecret{Tags: res.Tags}
	var ok bool
	if in.Value, ok = res.Properties["value"].(string); !ok {
		return in, azerr.VaultRequestNotValid.New("The property 'value' of the secret '" + r.ID.Name() + "' is required and must be a string.").At("properties.value")
	}
	if v := res.Properties["contentType"]; v != nil {
		if in.ContentType, ok = v.(string); !ok {
			return in, azerr.VaultRequestNotValid.New("The property 'contentType' of a secret must be a string.").At("properties.contentType")
		}
	}
	in.Attributes, err = readAttributes(res.Properties["attributes"])
	return in, err
}

func readAttributes(v any) (*vault.AttributesPatch, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, nil
	}
	out := &vault.AttributesPatch{}
	if on, set, err := boolean(m, "enabled"); err != nil {
		return nil, err
	} else if set {
		out.Enabled = &on
	}
	for name, to := range map[string]**int64{"nbf": &out.NotBefore, "exp": &out.Expires} {
		if m[name] == nil {
			continue
		}
		n, ok := integer(m[name])
		if !ok {
			return nil, badProperty("attributes."+name, m[name], "it must be seconds since 1970")
		}
		at := int64(n)
		*to = &at
	}
	return out, nil
}

func (p *Provider) listSecrets(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
	inside := p.inside()
	if inside == nil {
		return nil, errNoContents
	}
	v, err := p.arm.Stored(ctx, r.Scope)
	if err != nil || v == nil {
		return nil, err
	}
	var out []*arm.Resource
	for o := (vault.ListOptions{}); ; {
		page, err := inside.ListSecretProperties(ctx, v.Name, o)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Items {
			id, err := v.ID.Child("secrets", s.Name)
			if err != nil {
				return nil, err
			}
			res, err := secretResource(v, id, s)
			if err != nil {
				return nil, err
			}
			out = append(out, res)
		}
		if o.Token = page.Next; o.Token == "" {
			return out, nil
		}
	}
}
