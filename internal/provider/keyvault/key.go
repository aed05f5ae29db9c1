package keyvault

import (
	"context"
	"errors"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

// keyType is vaults/keys. A PUT creates a key that is not there and leaves one that is alone, so that templates with
// keys can be deployed again. https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/create-if-not-exist
func (p *Provider) keyType() *arm.Type {
	return &arm.Type{Name: typeKey, APIVersions: apiVersions, NotStored: true, NoDelete: true, NoPatch: true, NameRule: checkObjectName,
		Get:  func(ctx context.Context, id resourceid.ID) (*arm.Resource, error) { return p.getKey(ctx, id, "") },
		Put:  p.putKey,
		List: listOf(p, p.contentsKeys, p.keyResource)}
}

// keyVersionType is vaults/keys/versions, which can only be read.
func (p *Provider) keyVersionType() *arm.Type {
	return &arm.Type{Name: typeKeyVersion, APIVersions: apiVersions, NoDelete: true,
		Get: func(ctx context.Context, id resourceid.ID) (*arm.Resource, error) {
			r, err := p.getKey(ctx, id.Parent(), id.Name())
			if r == nil || err != nil {
				return nil, err
			}
			return versionResource(r, id.Name())
		},
		List: p.listKeyVersions}
}

func versionResource(key *arm.Resource, version string) (*arm.Resource, error) {
	id, err := key.ID.Child("versions", version)
	if err != nil {
		return nil, err
	}
	key.ID, key.Type, key.Name = id, typeKeyVersion, version
	return key, nil
}

func (p *Provider) contentsKeys(ctx context.Context, inside Contents, name string, o vault.ListOptions) (vault.Page[vault.ARMKey], error) {
	return inside.ListKeysForARM(ctx, name, o)
}

// getKey reads a version of the key with that ID; nil where there is none.
func (p *Provider) getKey(ctx context.Context, id resourceid.ID, version string) (*arm.Resource, error) {
	v, inside, err := p.opened(ctx, id.Parent())
	if v == nil || err != nil {
		return nil, err
	}
	k, err := inside.KeyForARM(ctx, v.Name, id.Name(), version)
	if isNotThere(err) || errors.Is(err, azerr.KVBadParameter) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.keyResource(v, k)
}

// keyResource shows a key as https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/get does.
func (p *Provider) keyResource(v *arm.Resource, k vault.ARMKey) (*arm.Resource, error) {
	id, err := v.ID.Child("keys", k.Name)
	if err != nil {
		return nil, err
	}
	attributes := attributesOf(k.Attributes)
	attributes["recoveryLevel"], attributes["exportable"] = k.Recovery.Level, k.Attributes.Exportable
	properties := map[string]any{"attributes": attributes, "keyUri": k.URI, "keyUriWithVersion": k.URI + "/" + k.Version}
	if k.Public.Type != "" { // lists have no public halves
		properties["kty"], properties["keyOps"] = k.Public.Type, anyTexts(k.Ops)
		if n := len(k.Public.N); n > 0 {
			properties["keySize"] = 8 * n
		}
		if k.Public.Curve != "" {
			properties["curveName"] = k.Public.Curve
		}
	}
	if k.Rotation != nil {
		properties["rotationPolicy"] = rotationOf(k.Rotation)
	}
	return &arm.Resource{ID: id, Type: typeKey, Name: k.Name, Location: v.Location, Tags: k.Tags, Properties: properties}, nil
}

func anyTexts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func rotationOf(r *vault.RotationPolicy) map[string]any {
	actions := []any{}
	for _, a := range r.Actions {
		trigger := map[string]any{}
		if a.TimeAfterCreate != "" {
			trigger["timeAfterCreate"] = a.TimeAfterCreate
		}
		if a.TimeBeforeExpiry != "" {
			trigger["timeBeforeExpiry"] = a.TimeBeforeExpiry
		}
		actions = append(actions, map[string]any{"action": map[string]any{"type": strings.ToLower(a.Type)}, "trigger": trigger})
	}
	attributes := map[string]any{"created": r.Created, "updated": r.Updated}
	if r.ExpiryTime != "" {
		attributes["expiryTime"] = r.ExpiryTime
	}
	return map[string]any{"attributes": attributes, "lifetimeActions": actions}
}

// putKey creates a key. A dry run of one that is there says that nothing would change, whatever the body asks for.
func (p *Provider) putKey(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	in, err := readKey(r)
	if err != nil {
		return nil, err
	}
	inside := p.inside()
	if inside == nil {
		return nil, errNoContents
	}
	if r.ValidateOnly {
		there, err := p.getKey(ctx, r.ID, "")
		if there != nil || err != nil {
			if there != nil {
				there.Settled = true
			}
			return there, err
		}
		return nil, refusal(inside.CheckKeyFromARM(ctx, r.Parent.Name, r.ID.Name(), in))
	}
	k, err := inside.PutKeyFromARM(ctx, r.Caller, r.Parent.Name, r.ID.Name(), in)
	if err != nil {
		return nil, err
	}
	return p.keyResource(r.Parent, k)
}

// readKey reads the body of a PUT. What it does not know, it refuses: a key is made once and can't be mended.
func readKey(r *arm.PutRequest) (in vault.KeyFromARM, err error) {
	res, err := r.Resource()
	if err != nil {
		return in, err
	}
	in.Tags = res.Tags
	props := res.Properties
	for name, to := range map[string]*string{"kty": &in.Type, "curveName": &in.Curve} {
		if *to, err = textProperty(props, name); err != nil {
			return in, err
		}
	}
	if v := props["keySize"]; v != nil {
		var ok bool
		if in.Size, ok = integer(v); !ok {
			return in, badProperty("keySize", v, "it must be a number")
		}
	}
	if v := props["keyOps"]; v != nil {
		list, ok := v.([]any)
		in.Ops = texts(v)
		if !ok || len(in.Ops) != len(list) {
			return in, badProperty("keyOps", v, "it must be a list of strings")
		}
	}
	in.ReleasePolicy = props["release_policy"] != nil
	if in.Attributes, err = readAttributes(props["attributes"]); err != nil {
		return in, err
	}
	in.Rotation, err = readRotation(props["rotationPolicy"])
	return in, err
}

func textProperty(m map[string]any, name string) (string, error) {
	v := m[name]
	if v == nil {
		return "", nil
	}
	s, ok := v.(string)
	if !ok {
		return "", badProperty(name, v, "it must be a string")
	}
	return s, nil
}

func readRotation(v any) (*vault.RotationPolicy, error) {
	if v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, badProperty("rotationPolicy", v, "it must be an object with 'attributes' and 'lifetimeActions'")
	}
	out := &vault.RotationPolicy{}
	attributes, _ := m["attributes"].(map[string]any)
	var err error
	if out.ExpiryTime, err = textProperty(attributes, "expiryTime"); err != nil {
		return nil, err
	}
	actions, _ := m["lifetimeActions"].([]any)
	for _, e := range actions {
		a, _ := e.(map[string]any)
		action, _ := a["action"].(map[string]any)
		trigger, _ := a["trigger"].(map[string]any)
		made := vault.RotationAction{}
		for name, at := range map[string]struct {
			in map[string]any
			to *string
		}{"type": {action, &made.Type}, "timeAfterCreate": {trigger, &made.TimeAfterCreate}, "timeBeforeExpiry": {trigger, &made.TimeBeforeExpiry}} {
			if *at.to, err = textProperty(at.in, name); err != nil {
				return nil, err
			}
		}
		out.Actions = append(out.Actions, made)
	}
	return out, nil
}

func (p *Provider) listKeyVersions(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
	v, inside, err := p.opened(ctx, r.Scope.Parent())
	if v == nil || err != nil {
		return nil, err
	}
	return pages(func(o vault.ListOptions) (vault.Page[vault.ARMKey], error) {
		return inside.ListKeyVersionsForARM(ctx, v.Name, r.Scope.Name(), o)
	}, func(k vault.ARMKey) (*arm.Resource, error) {
		shown, err := p.keyResource(v, k)
		if err != nil {
			return nil, err
		}
		return versionResource(shown, k.Version)
	})
}
