package keyvault

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// deleteVault keeps the vault as a deleted one, in the transaction that deletes it. What is inside stays sealed in
// the store, out of reach, until the vault is recovered or purged.
func (p *Provider) deleteVault(ctx context.Context, r *arm.DeleteRequest) error {
	holder, err := p.holder(ctx, r.ID.Name())
	if err != nil {
		return err
	}
	d, err := p.deletedVault(r.Existing)
	if err != nil {
		return err
	}
	op, err := arm.StoreOp(d)
	if err != nil {
		return err
	}
	r.Conditions = append(r.Conditions, holder.condition(r.ID.Name()))
	r.Ops = append(r.Ops, op, claim(r.ID.Name(), d.ID))
	return nil
}

func (p *Provider) deletedID(location, name string) (resourceid.ID, error) {
	sub := resourceid.MustParse("/subscriptions/" + p.arm.SubscriptionID())
	return sub.Extension(typeDeleted, location, name)
}

func (p *Provider) deletedVault(v *arm.Resource) (*arm.Resource, error) {
	id, err := p.deletedID(v.Location, v.Name)
	if err != nil {
		return nil, err
	}
	days, ok := integer(v.Properties["softDeleteRetentionInDays"])
	if !ok {
		days = defaultRetention
	}
	now := p.arm.Now().UTC()
	properties := map[string]any{"vaultId": v.ID.String(), "location": v.Location, "deletionDate": now.Format(time.RFC3339),
		"scheduledPurgeDate": now.AddDate(0, 0, days).Format(time.RFC3339)}
	if len(v.Tags) > 0 {
		properties["tags"] = v.Tags
	}
	if on, _ := v.Properties["enablePurgeProtection"].(bool); on {
		properties["purgeProtectionEnabled"] = true
	}
	whole, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("keyvault: %s can't be kept: %w", v.ID, err)
	}
	return &arm.Resource{ID: id, Type: typeDeletedList, Name: v.Name, Properties: properties, Created: now, Changed: now,
		Private: map[string]any{"vault": string(whole)}}, nil
}

// restore gives back the deleted vault at id and has its record deleted with the PUT.
func (p *Provider) restore(ctx context.Context, r *arm.PutRequest, id resourceid.ID) (*arm.Resource, error) {
	d, err := p.arm.Stored(ctx, id)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, azerr.DeletedVaultNotFound.New(r.ID.Name())
	}
	if d.Deleting {
		return nil, azerr.ResourceBeingDeleted.New(d.ID)
	}
	if where, _ := r.Body["location"].(string); where != "" && arm.NormalLocation(where) != d.Properties["location"] {
		return nil, azerr.InvalidResourceLocation.New(d.Name, d.Properties["location"], r.ID.ResourceGroup(), where)
	}
	text, _ := d.Private["vault"].(string)
	old, err := arm.Decode(store.Record{Key: arm.Key(id), Value: []byte(text)})
	if err != nil {
		return nil, err
	}
	r.Conditions = append(r.Conditions, store.Condition{Key: arm.Key(id), Revision: d.Revision})
	r.Ops = append(r.Ops, store.Delete(arm.Key(id)))
	return old, nil
}

// deletedType is locations/L/deletedVaults/V, with purge.
func (p *Provider) deletedType() *arm.Type {
	return &arm.Type{Name: typeDeleted, APIVersions: apiVersions, Scopes: arm.SubscriptionScope, ParentFree: true, NoDelete: true,
		NotFound: func(id resourceid.ID) error { return azerr.DeletedVaultNotFound.New(id.Name()) },
		Actions:  map[string]*arm.Action{"purge": {Run: p.purge}}}
}

// deletedListType is GET /subscriptions/S/providers/Microsoft.KeyVault/deletedVaults.
func (p *Provider) deletedListType() *arm.Type {
	return &arm.Type{Name: typeDeletedList, APIVersions: apiVersions, Scopes: arm.SubscriptionScope, NoDelete: true,
		List: func(ctx context.Context, r *arm.ListRequest) ([]*arm.Resource, error) {
			return p.arm.Below(ctx, r.Scope, func(typ string) bool { return strings.EqualFold(typ, typeDeleted) })
		}}
}

// purge deletes for good. The vault's contents go first: what a crash leaves is found again by purging again.
func (p *Provider) purge(ctx context.Context, r *arm.ActionRequest) (any, error) {
	if on, _ := r.Resource.Properties["purgeProtectionEnabled"].(bool); on {
		return nil, azerr.VaultPurgeProtected.New(r.Resource.Name)
	}
	if err := p.purgeVault(ctx, r.Resource); err != nil {
		return nil, err
	}
	return &arm.Answer{Status: http.StatusAccepted}, nil
}

func (p *Provider) purgeVault(ctx context.Context, d *arm.Resource) error {
	ctx = context.WithoutCancel(ctx)
	holder, err := p.holder(ctx, d.Name)
	if err != nil {
		return err
	}
	if holder == nil || !holder.id.Equal(d.ID) {
		return azerr.DeletedVaultNotFound.New(d.Name) // recovered meanwhile
	}
	// The mark keeps a recovery from getting a vault that is half empty.
	if d, err = p.arm.Update(ctx, d.ID, func(r *arm.Resource) error { r.Deleting = true; return nil }); err != nil {
		return err
	}
	if inside := p.inside(); inside != nil {
		if err := inside.Purge(ctx, d.Name); err != nil {
			return err
		}
	}
	_, err = p.arm.Store().Txn(ctx, []store.Condition{{Key: arm.Key(d.ID), Revision: d.Revision}, holder.condition(d.Name)},
		[]store.Op{store.Delete(arm.Key(d.ID)), store.Delete(nameKey(d.Name))})
	return err
}

// purgeExpired purges what has been deleted for its whole retention; purge protection ends then, too.
func (p *Provider) purgeExpired(ctx context.Context) error {
	sub := resourceid.MustParse("/subscriptions/" + p.arm.SubscriptionID())
	found, err := p.arm.Below(ctx, sub, func(typ string) bool { return strings.EqualFold(typ, typeDeleted) })
	if err != nil {
		return err
	}
	now := p.arm.Now()
	for _, d := range found {
		text, _ := d.Properties["scheduledPurgeDate"].(string)
		if due, err := time.Parse(time.RFC3339, text); err != nil || now.Before(due) {
			continue
		}
		if err := p.purgeVault(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
