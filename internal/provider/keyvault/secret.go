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
		Get: p.getSecret, Put: p.putSecret, List: listOf(p, p.contentsSecrets, secretResource)}
}

// errNoContents is a fault of the program's composition: SetVault was not called.
var errNoContents = errors.New("keyvault: the service of the vaults' contents is not set")

// opened finds a vault and the service of what is inside; nil where there is no such vault.
func (p *Provider) opened(ctx context.Context, id resourceid.ID) (*arm.Resource, Contents, error) {
	inside := p.inside()
	if inside == nil {
		return nil, nil, errNoContents
	}
	v, err := p.arm.Stored(ctx, id)
	return v, inside, err
}

func isNotThere(err error) bool {
	var wire *azerr.Error
	return errors.As(err, &wire) && wire.Kind.Status == 404
}

// refusal keeps the checks before the first write from counting what a vault that is not there yet says.
func refusal(err error) error {
	if errors.Is(err, azerr.KVVaultNotFound) {
		return nil
	}
	return err
}

func (p *Provider) getSecret(ctx context.Context, id resourceid.ID) (*arm.Resource, error) {
	v, inside, err := p.opened(ctx, id.Parent())
	if v == nil || err != nil {
		return nil, err
	}
	s, err := inside.SecretProperties(ctx, v.Name, id.Name())
	if isNotThere(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return secretResource(v, s)
}

func attributesOf(a vault.Attributes) map[string]any {
	out := map[string]any{"enabled": a.Enabled, "created": a.Created, "updated": a.Updated}
	if a.NotBefore != nil {
		out["nbf"] = *a.NotBefore
	}
	if a.Expires != nil {
		out["exp"] = *a.Expires
	}
	return out
}

func secretResource(v *arm.Resource, s vault.SecretProperties) (*arm.Resource, error) {
	id, err := v.ID.Child("secrets", s.Name)
	if err != nil {
		return nil, err
	}
	properties := map[string]any{"attributes": attributesOf(s.Attributes), "secretUri": s.URI, "secretUriWithVersion": s.URIWithVersion}
	if s.ContentType != "" {
		properties["contentType"] = s.ContentType
	}
	return &arm.Resource{ID: id, Type: typeSecret, Name: s.Name, Location: v.Location, Tags: s.Tags, Properties: properties}, nil
}

func (p *Provider) putSecret(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	in, err := readSecret(r)
	if err != nil {
		return nil, err
	}
	inside := p.inside()
	if inside == nil {
		return nil, errNoContents
	}
	if r.ValidateOnly {
		return nil, refusal(inside.CheckSecretFromARM(ctx, r.Parent.Name, r.ID.Name(), in))
	}
	s, err := inside.PutSecretFromARM(ctx, r.Caller, r.Parent.Name, r.ID.Name(), in)
	if err != nil {
		return nil, err
	}
	return secretResource(r.Parent, s)
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

func (p *Provider) contentsSecrets(ctx context.Context, inside Contents, name string, o vault.ListOptions) (vault.Page[vault.SecretProperties], error) {
	return inside.ListSecretProperties(ctx, name, o)
}

// listOf lists what is in a vault, page by page.
func listOf[T any](p *Provider, page func(ctx context.Context, inside Contents, vault string, o vault.ListOptions) (vault.Page[T], error), show func(*arm.Resource, T) (*arm.Resource, error)) func(context.Context, *arm.ListRequest) ([]*arm.Resource, error) {
	return func(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
		v, inside, err := p.opened(ctx, r.Scope)
		if v == nil || err != nil {
			return nil, err
		}
		return pages(func(o vault.ListOptions) (vault.Page[T], error) { return page(ctx, inside, v.Name, o) },
			func(e T) (*arm.Resource, error) { return show(v, e) })
	}
}

func pages[T any](page func(vault.ListOptions) (vault.Page[T], error), show func(T) (*arm.Resource, error)) (out []*arm.Resource, err error) {
	for o := (vault.ListOptions{}); ; {
		got, err := page(o)
		if err != nil {
			return nil, err
		}
		for _, e := range got.Items {
			r, err := show(e)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		if o.Token = got.Next; o.Token == "" {
			return out, nil
		}
	}
}
