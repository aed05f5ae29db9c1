package vault

import "gatehouse/internal/azerr"

// claim makes sure that the name is free for a new version of a kind: no deleted
// object holds it, and no other kind that may not share it. It returns the live
// head when there is one.
func (t *txn) claim(keys keyspace, kind Kind, name string) (*head, error) {
	var h head
	found, err := t.get(keys.head(kind, name), &h)
	if err != nil {
		return nil, err
	}
	var gone head
	switch deleted, err := t.get(keys.deletedHead(kind, name), &gone); {
	case err != nil:
		return nil, err
	case deleted && gone.Purging:
		return nil, azerr.KVBeingDeleted.New(kind.title(), name)
	case deleted:
		return nil, azerr.KVDeletedButRecoverable.New(kind.title(), name, kind.singular())
	}
	if err := t.free(keys, kind, name); err != nil {
		return nil, err
	}
	if !found {
		return nil, nil
	}
	return &h, nil
}

// rivals are the kinds that may not have an object of the same name: a
// certificate owns the key and the secret of its name.
func (k Kind) rivals() []Kind {
	if k == Certificates {
		return []Kind{Keys, Secrets}
	}
	return []Kind{Certificates}
}

func (t *txn) free(keys keyspace, kind Kind, name string) error {
	for _, other := range kind.rivals() {
		taken, err := t.exists(keys.head(other, name))
		if err != nil {
			return err
		}
		if taken {
			return azerr.KVNameTaken.New(kind.singular(), name, other.singular(), other.singular())
		}
		if taken, err = t.exists(keys.deletedHead(other, name)); err != nil {
			return err
		}
		if taken {
			return azerr.KVNameTaken.New(kind.singular(), name, "deleted "+other.singular(), other.singular())
		}
	}
	return nil
}
