package vault

import (
	"context"

	"gatehouse/internal/azerr"
	"gatehouse/internal/store"
)

// softDelete moves the head of a live object among the deleted ones. Its
// versions stay where they are.
func (c *call) softDelete(kind Kind) (*head, error) {
	var h *head
	err := c.commit(func(t *txn) (err error) {
		if h, _, err = c.own(t, kind, ""); err != nil {
			return err
		}
		days := int64(c.cfg.recovery().Days)
		h.Deletion = &Deletion{Date: c.now.Unix(), Purge: c.now.Unix() + days*24*60*60}
		if _, err = t.exists(c.keys.deletedHead(kind, c.name)); err != nil {
			return err
		}
		t.delete(c.keys.head(kind, c.name))
		if kind == Certificates {
			t.delete(c.keys.pending(c.name)) // a running operation ends with its certificate
		}
		return t.put(c.keys.deletedHead(kind, c.name), h)
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// deletedOwner finds the deleted head that name means among a kind: its own, or the certificate's.
func (c *call) deletedOwner(kind Kind) (Kind, *head, error) {
	for _, source := range kind.sources() {
		var h head
		_, found, err := c.s.read(c.ctx, c.keys.deletedHead(source, c.name), &h)
		if err != nil {
			return "", nil, err
		}
		if found && !h.Purging && (kind == Certificates || h.Current != "") {
			return source, &h, nil
		}
	}
	return "", nil, kind.deletedNotFound(c.name)
}

// gone reads the deleted head of an object that is not a certificate's.
func (c *call) gone(t *txn, kind Kind) (*head, error) {
	var h head
	found, err := t.get(c.keys.deletedHead(kind, c.name), &h)
	if err != nil {
		return nil, err
	}
	if found && !h.Purging {
		return &h, nil
	}
	if kind != Certificates && !found {
		if managed, err := t.exists(c.keys.deletedHead(Certificates, c.name)); err != nil || managed {
			if err == nil {
				err = azerr.KVManaged.New(c.op.verb, "deleted "+kind.singular(), c.name)
			}
			return nil, err
		}
	}
	return nil, kind.deletedNotFound(c.name)
}

// recover moves a deleted head back. Nobody can have taken the name meanwhile.
func (c *call) recover(kind Kind) (*head, error) {
	var h *head
	err := c.commit(func(t *txn) (err error) {
		if h, err = c.gone(t, kind); err != nil {
			return err
		}
		if _, err = t.exists(c.keys.head(kind, c.name)); err != nil {
			return err
		}
		h.Deletion = nil
		t.delete(c.keys.deletedHead(kind, c.name))
		return t.put(c.keys.head(kind, c.name), h)
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// purge removes a deleted object for good, unless the vault is protected.
// https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview#purge-protection
func (c *call) purge(kind Kind) error {
	if c.cfg.PurgeProtection {
		return azerr.KVPurgeProtected.New(c.cfg.Name, kind.singular(), c.name)
	}
	return c.remove(kind)
}

// remove marks the head, so that the object is gone for everybody, and then
// removes the versions and last the head; what a crash leaves half removed, the
// next sweep finishes.
func (c *call) remove(kind Kind) error {
	err := c.commit(func(t *txn) error {
		h, err := c.gone(t, kind)
		if err != nil {
			return err
		}
		h.Purging, h.PurgeBegan = true, c.now.Unix()
		return t.put(c.keys.deletedHead(kind, c.name), h)
	})
	if err != nil {
		return err
	}
	return c.s.erase(c.ctx, c.keys.versions(kind, c.name), c.keys.deletedHead(kind, c.name))
}

// erase deletes all records under a prefix, and in the same transaction as the last of them some more.
func (s *Service) erase(ctx context.Context, prefix string, last ...string) error {
	for {
		page, err := s.store.Range(ctx, store.RangeOptions{Prefix: prefix, Limit: store.MaxOps - len(last), KeysOnly: true})
		if err != nil {
			return err
		}
		ops := make([]store.Op, 0, store.MaxOps)
		for _, r := range page.Records {
			ops = append(ops, store.Delete(r.Key))
		}
		if !page.More {
			for _, key := range last {
				ops = append(ops, store.Delete(key))
			}
		}
		if len(ops) > 0 {
			if _, err := s.store.Txn(ctx, nil, ops); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
	}
}
