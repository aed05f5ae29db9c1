package keyvault

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/vault"
)

// permissions are what access policies can give, by kind.
// https://learn.microsoft.com/azure/templates/microsoft.keyvault/vaults#permissions
var permissions = map[string][]string{
	"certificates": {"all", "backup", "create", "delete", "deleteissuers", "get", "getissuers", "import", "list", "listissuers", "managecontacts", "manageissuers", "purge", "recover", "restore", "setissuers", "update"},
	"keys":         {"all", "backup", "create", "decrypt", "delete", "encrypt", "get", "getrotationpolicy", "import", "list", "purge", "recover", "release", "restore", "rotate", "setrotationpolicy", "sign", "unwrapKey", "update", "verify", "wrapKey"},
	"secrets":      {"all", "backup", "delete", "get", "list", "purge", "recover", "restore", "set"},
	"storage":      {"all", "backup", "delete", "deletesas", "get", "getsas", "list", "listsas", "purge", "recover", "regeneratekey", "restore", "set", "setsas", "update"},
}

// maxPolicies is Azure's limit of access policies in a vault.
const maxPolicies = 1024

func (p *Provider) accessPoliciesRule(given, existing, out map[string]any) error {
	v, ok := given["accessPolicies"]
	if !ok || v == nil {
		if v, ok = existing["accessPolicies"]; !ok {
			v = []any{}
		}
	}
	list, err := p.readPolicies(v)
	out["accessPolicies"] = list
	return err
}

func (p *Provider) readPolicies(v any) ([]any, error) {
	list, ok := v.([]any)
	if !ok || len(list) > maxPolicies {
		return nil, badProperty("accessPolicies", v, fmt.Sprintf("it must be an array of at most %d entries", maxPolicies))
	}
	out := []any{}
	for i, e := range list {
		entry, err := p.readPolicy(e)
		if err != nil {
			return nil, azerr.InvalidVaultAccessEntry.New(i, err).At(fmt.Sprintf("properties.accessPolicies[%d]", i))
		}
		out = append(out, entry)
	}
	return out, nil
}

func (p *Provider) readPolicy(v any) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("it must be an object")
	}
	out := map[string]any{}
	for _, k := range []string{"tenantId", "objectId", "applicationId"} {
		text, _ := m[k].(string)
		if text == "" && k == "applicationId" {
			continue
		}
		if _, err := uuid.Parse(text); err != nil {
			return nil, fmt.Errorf("its %s must be a GUID", k)
		}
		out[k] = strings.ToLower(text)
	}
	if out["tenantId"] != strings.ToLower(p.arm.TenantID()) {
		return nil, fmt.Errorf("its tenantId must be the vault's, %s", p.arm.TenantID())
	}
	given, _ := m["permissions"].(map[string]any)
	kept := map[string]any{}
	for kind, known := range permissions {
		list, ok := given[kind].([]any)
		if !ok {
			continue
		}
		words := []any{}
		for _, e := range list {
			word, _ := e.(string)
			i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, word) })
			if i < 0 {
				return nil, fmt.Errorf("%q is no permission for %s; they are %s", word, kind, strings.Join(known, ", "))
			}
			words = append(words, known[i])
		}
		kept[kind] = words
	}
	out["permissions"] = kept
	return out, nil
}

// policiesType is PUT vaults/V/accessPolicies/add, replace or remove.
func (p *Provider) policiesType() *arm.Type {
	return &arm.Type{Name: typePolicies, APIVersions: apiVersions, NotStored: true, NoDelete: true, NoPatch: true, NameRule: checkOperation, Put: p.putPolicies}
}

func checkOperation(name string) error {
	switch strings.ToLower(name) {
	case "add", "replace", "remove":
		return nil
	}
	return fmt.Errorf("it must be 'add', 'replace' or 'remove'")
}

func (p *Provider) putPolicies(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	body, _ := r.Body["properties"].(map[string]any)
	entries, err := p.readPolicies(body["accessPolicies"])
	if err != nil || r.ValidateOnly {
		return nil, err
	}
	operation := strings.ToLower(r.ID.Name())
	changed, err := r.Service.Update(ctx, r.ID.Parent(), func(v *arm.Resource) error {
		was, _ := v.Properties["accessPolicies"].([]any)
		v.Properties["accessPolicies"] = mergePolicies(was, entries, operation)
		v.ChangedBy = r.Caller.ObjectID
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &arm.Resource{ID: r.ID, Type: typePolicies, Name: r.ID.Name(), Location: changed.Location,
		Properties: map[string]any{"accessPolicies": changed.Properties["accessPolicies"]}}, nil
}

// mergePolicies applies an operation by principal: add joins permissions, replace sets them, remove takes them
// away, and the entry when none is left.
func mergePolicies(was, given []any, operation string) []any {
	out := slices.Clone(was)
	for _, g := range given {
		entry := g.(map[string]any)
		i := slices.IndexFunc(out, func(o any) bool { return samePrincipal(o, entry) })
		switch {
		case operation == "remove" && i >= 0:
			if left := withPermissions(out[i], entry, false); len(left["permissions"].(map[string]any)) > 0 {
				out[i] = left
			} else {
				out = slices.Delete(out, i, i+1)
			}
		case operation == "remove":
		case i < 0:
			out = append(out, entry)
		case operation == "add":
			out[i] = withPermissions(out[i], entry, true)
		default:
			out[i] = entry
		}
	}
	return out
}

func samePrincipal(a any, b map[string]any) bool {
	m, _ := a.(map[string]any)
	return m["objectId"] == b["objectId"] && m["tenantId"] == b["tenantId"] && m["applicationId"] == b["applicationId"]
}

// withPermissions is entry with those of change added or taken away.
func withPermissions(entry any, change map[string]any, add bool) map[string]any {
	out := maps.Clone(entry.(map[string]any))
	had, _ := out["permissions"].(map[string]any)
	more, _ := change["permissions"].(map[string]any)
	kept := map[string]any{}
	for kind := range permissions {
		words, _ := had[kind].([]any)
		delta, _ := more[kind].([]any)
		words = slices.DeleteFunc(slices.Clone(words), func(w any) bool { return slices.Contains(delta, w) })
		if add {
			words = append(words, delta...)
		}
		if len(words) > 0 {
			kept[kind] = words
		}
	}
	out["permissions"] = kept
	return out
}

// accessPolicies is the stored form as the vault applies it.
func accessPolicies(properties map[string]any) []vault.AccessPolicy {
	list, _ := properties["accessPolicies"].([]any)
	var out []vault.AccessPolicy
	for _, e := range list {
		m, _ := e.(map[string]any)
		given, _ := m["permissions"].(map[string]any)
		a := vault.AccessPolicy{Certificates: texts(given["certificates"]), Keys: texts(given["keys"]), Secrets: texts(given["secrets"])}
		a.TenantID, _ = m["tenantId"].(string)
		a.ObjectID, _ = m["objectId"].(string)
		a.ApplicationID, _ = m["applicationId"].(string)
		out = append(out, a)
	}
	return out
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
