package keyvault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourcetypes"
)

// putVault validates a vault and completes it with Azure's defaults. Properties that Azure does not know are dropped, as
// there, unless they are nearly one that it knows. https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/create-or-update
func (p *Provider) putVault(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	v, err := r.Resource()
	if err != nil {
		return nil, err
	}
	v.Kind, v.SKU, v.Identity, v.Plan, v.Zones = "", nil, nil, nil, nil
	given := v.Properties
	mode, _ := given["createMode"].(string)
	if mode != "" && !strings.EqualFold(mode, "default") && !strings.EqualFold(mode, "recover") {
		return nil, badProperty("createMode", mode, "it must be 'default' or 'recover'")
	}
	if r.Existing == nil {
		old, err := p.take(ctx, r, strings.EqualFold(mode, "recover"))
		if err != nil {
			return nil, err
		}
		if old != nil {
			return recovered(old, v), nil
		}
	}
	var existing map[string]any
	if r.Existing != nil {
		existing = r.Existing.Properties
	}
	v.Properties, err = p.properties(given, existing)
	return v, err
}

// take claims the name for a new vault, or returns the deleted one that is to be recovered.
func (p *Provider) take(ctx context.Context, r *arm.PutRequest, recover bool) (*arm.Resource, error) {
	name := r.ID.Name()
	holder, err := p.holder(ctx, name)
	if err != nil {
		return nil, err
	}
	r.Conditions = append(r.Conditions, holder.condition(name))
	r.Ops = append(r.Ops, claim(name, r.ID))
	switch {
	case holder == nil && recover:
		return nil, azerr.DeletedVaultNotFound.New(name)
	case holder == nil:
		return nil, nil
	case !holder.deleted():
		return nil, azerr.VaultAlreadyExists.New(name)
	case !recover:
		return nil, azerr.VaultSoftDeleted.New()
	}
	return p.restore(ctx, r, holder.id)
}

// recovered is the old vault where the PUT asks for it; tags given anew replace the old ones.
func recovered(old, asked *arm.Resource) *arm.Resource {
	old.ID = asked.ID
	if asked.Tags != nil {
		old.Tags = asked.Tags
	}
	return old
}

// maxShown bounds how much of a wrong value an error repeats.
const maxShown = 200

func badProperty(name string, value any, why string) error {
	text, err := json.Marshal(value)
	if err != nil {
		text = []byte(fmt.Sprint(value))
	}
	if len(text) > maxShown {
		text = append(text[:maxShown:maxShown], "..."...)
	}
	return azerr.InvalidVaultProperty.New(name, text, why).At("properties." + name)
}

// misfit is the first thing wrong with a body that does not fit what Azure publishes of vaults.
func misfit(problems []resourcetypes.Problem) error {
	p := problems[0]
	name := strings.TrimPrefix(p.Path, "properties.")
	switch p.Fault {
	case resourcetypes.Missing:
		return azerr.VaultParameterMissing.New(name).At(p.Path)
	case resourcetypes.Mistyped:
		return badProperty(name, p.Value, "there is no such property; did you mean '"+p.Near+"'?")
	}
	return badProperty(name, p.Value, "it must be of the type "+p.Want.String())
}

// properties checks the given ones against the existing.
func (p *Provider) properties(given, existing map[string]any) (map[string]any, error) {
	out := map[string]any{"provisioningState": "Succeeded"}
	for _, rule := range []func(given, existing, out map[string]any) error{
		p.tenantRule, skuRule, flagRules, softDeleteRule, purgeProtectionRule, networkRule, publicAccessRule, p.accessPoliciesRule,
	} {
		if err := rule(given, existing, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *Provider) tenantRule(given, existing, out map[string]any) error {
	id, _ := given["tenantId"].(string)
	if id == "" && existing != nil {
		id, _ = existing["tenantId"].(string)
	}
	if !strings.EqualFold(id, p.arm.TenantID()) {
		return azerr.InvalidVaultTenant.New(p.arm.TenantID()).At("properties.tenantId")
	}
	out["tenantId"] = p.arm.TenantID()
	return nil
}

func skuRule(given, existing, out map[string]any) error {
	sku, ok := given["sku"].(map[string]any)
	if !ok && existing != nil && given["sku"] == nil {
		sku, ok = existing["sku"].(map[string]any)
	}
	if !ok {
		return badProperty("sku", given["sku"], `it is required, like {"family": "A", "name": "standard"}`)
	}
	name, _ := sku["name"].(string)
	family, given1 := sku["family"].(string)
	if given1 && !strings.EqualFold(family, "A") {
		return badProperty("sku.family", sku["family"], "it must be 'A'")
	}
	name = strings.ToLower(name)
	if name != "standard" && name != "premium" {
		return badProperty("sku.name", sku["name"], "it must be 'standard' or 'premium'")
	}
	out["sku"] = map[string]any{"family": "A", "name": name}
	return nil
}

// flagRules are the booleans; RBAC is on unless it is switched off, as in api-versions from 2026 on.
func flagRules(given, existing, out map[string]any) error {
	for _, f := range []struct {
		name      string
		otherwise bool
	}{{"enabledForDeployment", false}, {"enabledForDiskEncryption", false}, {"enabledForTemplateDeployment", false}, {"enableRbacAuthorization", true}} {
		v, set, err := boolean(given, f.name)
		if err != nil {
			return err
		}
		if !set {
			if was, ok := existing[f.name].(bool); ok {
				v = was
			} else {
				v = f.otherwise
			}
		}
		out[f.name] = v
	}
	return nil
}

func boolean(m map[string]any, name string) (value, set bool, err error) {
	v, ok := m[name]
	if !ok || v == nil {
		return false, false, nil
	}
	b, ok := v.(bool)
	if !ok {
		return false, false, badProperty(name, v, "it must be true or false")
	}
	return b, true, nil
}

// softDeleteRule: soft delete can't be switched off; the days can't be changed once they are set.
func softDeleteRule(given, existing, out map[string]any) error {
	on, set, err := boolean(given, "enableSoftDelete")
	if err != nil {
		return err
	}
	if set && !on {
		return badProperty("enableSoftDelete", false, "soft delete can't be switched off")
	}
	out["enableSoftDelete"] = true
	was, had := integer(existing["softDeleteRetentionInDays"])
	days, set := integer(given["softDeleteRetentionInDays"])
	switch {
	case !set && given["softDeleteRetentionInDays"] != nil || set && (days < smallestRetention || days > defaultRetention):
		return badProperty("softDeleteRetentionInDays", given["softDeleteRetentionInDays"], "it must be a number from 7 to 90")
	case had && set && days != was:
		return badProperty("softDeleteRetentionInDays", days, fmt.Sprintf("it has been set to %d already and can't be modified", was))
	case had:
		days = was
	case !set:
		days = defaultRetention
	}
	out["softDeleteRetentionInDays"] = days
	return nil
}

func integer(v any) (int, bool) {
	switch n := v.(type) {
	case json.Number:
		i, err := strconv.Atoi(n.String())
		return i, err == nil
	case float64:
		return int(n), n == float64(int(n))
	case int:
		return n, true
	case int64:
		return int(n), true
	}
	return 0, false
}

// purgeProtectionRule: true for good, and never false, as Azure refuses false even where it is off.
func purgeProtectionRule(given, existing, out map[string]any) error {
	on, set, err := boolean(given, "enablePurgeProtection")
	if err != nil {
		return err
	}
	if set && !on {
		return badProperty("enablePurgeProtection", false, "it cannot be set to false. Enabling the purge protection for a vault is an irreversible action; leave the property out where it is not wanted")
	}
	if was, _ := existing["enablePurgeProtection"].(bool); on || was {
		out["enablePurgeProtection"] = true
	}
	return nil
}

var errNotText = errors.New("it must be a string")

// choice reads one of the allowed words in any case; otherwise where it is missing.
func choice(m map[string]any, name, otherwise string, allowed ...string) (string, error) {
	v, ok := m[name]
	if !ok || v == nil {
		return otherwise, nil
	}
	text, ok := v.(string)
	if !ok {
		return "", errNotText
	}
	for _, a := range allowed {
		if strings.EqualFold(a, text) {
			return a, nil
		}
	}
	return "", fmt.Errorf("it must be one of %s", strings.Join(allowed, ", "))
}
