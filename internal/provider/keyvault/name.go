package keyvault

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// Vault names are unique in the whole world of Azure, deleted vaults included; here in the whole server. A record for
// each name says which resource holds it, so that two PUTs in different groups can't both win.
const namePrefix = "arm/vaultname/"

var vaultName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$`)

// checkVaultName is Azure's rule: 3 to 24 letters, digits and hyphens, beginning with a letter, ending with
// a letter or digit, without two hyphens in a row.
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftkeyvault
func checkVaultName(name string) error {
	if !vaultName.MatchString(name) || strings.Contains(name, "--") {
		return azerr.VaultNameNotValid.New(name)
	}
	return nil
}

// nameHolder is the record of a name in use.
type nameHolder struct {
	id       resourceid.ID // of the vault or the deleted vault
	revision int64
}

func (h *nameHolder) deleted() bool { return h.id.IsType(typeDeleted) }

func (h *nameHolder) condition(name string) store.Condition {
	c := store.Condition{Key: nameKey(name)}
	if h != nil {
		c.Revision = h.revision
	}
	return c
}

func nameKey(name string) string { return namePrefix + strings.ToLower(name) }

// holder reads who has a name; nil when it is free.
func (p *Provider) holder(ctx context.Context, name string) (*nameHolder, error) {
	rec, err := p.arm.Store().Get(ctx, nameKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := resourceid.Parse(string(rec.Value))
	return &nameHolder{id: id, revision: rec.Revision}, err
}

func claim(name string, id resourceid.ID) store.Op {
	return store.Put(nameKey(name), []byte(id.String()))
}
