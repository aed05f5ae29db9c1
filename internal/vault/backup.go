package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/store"
)

// A backup is one object with all of its versions, encrypted under a key of this
// instance: as in Azure, nobody else can open it, and it can be restored only in
// the same subscription.

const (
	backupMagic  = "GHKV1"
	backupKey    = "vaultbackupkey" // outside of every vault, so that purging one does not take it
	backupKeyLen = 32

	// MaxBackup bounds a blob; with base64 it must fit a request's body.
	MaxBackup = 4 << 20

	restoreOps   = store.MaxOps - 16 // versions written by one transaction
	restoreBytes = 512 << 10         // and their size
)

type backupContent struct {
	Kind         Kind                       `json:"kind"`
	Subscription string                     `json:"subscription"`
	Head         json.RawMessage            `json:"head"`
	Versions     map[string]json.RawMessage `json:"versions"`
}

// backupCipher loads the instance's backup key, or makes it.
func (s *Service) backupCipher(ctx context.Context) (cipher.AEAD, error) {
	s.backupMu.Lock()
	defer s.backupMu.Unlock()
	for s.backupKey == nil {
		r, err := s.store.Get(ctx, backupKey)
		if err == nil {
			s.backupKey = r.Value
			break
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		key := make([]byte, backupKeyLen)
		rand.Read(key) // never fails (crypto/rand)
		_, err = s.store.Txn(ctx, []store.Condition{{Key: backupKey}}, []store.Op{store.Put(backupKey, key)})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return nil, err
		}
	}
	block, err := aes.NewCipher(s.backupKey)
	if err != nil {
		return nil, fmt.Errorf("vault: the backup key is damaged: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// backup packs a live object of the kind.
func (c *call) backup(kind Kind) ([]byte, error) {
	if _, current, err := c.own(&txn{s: c.s, ctx: c.ctx}, kind, ""); err != nil {
		return nil, err
	} else if current == "" {
		return nil, kind.notFound(c.name)
	}
	content := backupContent{Kind: kind, Subscription: c.cfg.ResourceID.Subscription(), Versions: map[string]json.RawMessage{}}
	r, err := c.s.store.Get(c.ctx, c.keys.head(kind, c.name))
	if err != nil {
		return nil, err
	}
	content.Head = r.Value
	if err := c.collect(kind, &content); err != nil {
		return nil, err
	}
	plain, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	aead, err := c.s.backupCipher(c.ctx)
	if err != nil {
		return nil, err
	}
	return aead.Seal([]byte(backupMagic), nil, plain, []byte(backupMagic)), nil
}

// collect reads all versions, as long as they fit.
func (c *call) collect(kind Kind, content *backupContent) error {
	o := store.RangeOptions{Prefix: c.keys.versions(kind, c.name), Limit: 64}
	for size := 0; ; {
		page, err := c.s.store.Range(c.ctx, o)
		if err != nil {
			return err
		}
		for _, v := range page.Records {
			content.Versions[v.Key[len(o.Prefix):]] = v.Value
			o.After = v.Key
			size += len(v.Value) + 64
		}
		if size > MaxBackup-64<<10 {
			return badParameter("The %s '%s' has more versions than a backup of %d bytes can hold.", kind.singular(), c.name, MaxBackup)
		}
		if !page.More {
			return nil
		}
	}
}

// unpack opens a backup of the kind.
func (c *call) unpack(kind Kind, blob []byte) (*backupContent, *head, error) {
	bad := func(why string) (*backupContent, *head, error) {
		return nil, nil, badParameter("The backup blob cannot be restored: %s.", why)
	}
	if len(blob) > MaxBackup || len(blob) < len(backupMagic) || string(blob[:len(backupMagic)]) != backupMagic {
		return bad("it is not a backup of a key vault's object")
	}
	aead, err := c.s.backupCipher(c.ctx)
	if err != nil {
		return nil, nil, err
	}
	plain, err := aead.Open(nil, nil, blob[len(backupMagic):], []byte(backupMagic))
	if err != nil {
		return bad("it was made by another instance, or was changed")
	}
	content, h := new(backupContent), new(head)
	if json.Unmarshal(plain, content) != nil || json.Unmarshal(content.Head, h) != nil || checkName(kind, h.Name) != nil {
		return bad("its content is not readable")
	}
	if content.Kind != kind {
		return bad("it holds a " + content.Kind.singular() + ", not a " + kind.singular())
	}
	if content.Subscription != c.cfg.ResourceID.Subscription() {
		return bad("it was made in another subscription")
	}
	return content, h, nil
}

// restore brings an object back under its own name, with all versions as they
// were. Until the last transaction makes the head live, the name is held by a
// deleted head that is marked as being purged: what a crash leaves, a sweep removes.
func (c *call) restore(kind Kind, blob []byte) (*head, error) {
	content, h, err := c.unpack(kind, blob)
	if err != nil {
		return nil, err
	}
	c.name = h.Name
	parts := content.parts(c.keys.versions(kind, h.Name))
	if len(parts) > 1 {
		if err := c.reserve(kind, h); err != nil {
			return nil, err
		}
		for _, ops := range parts[1:] {
			if _, err := c.s.store.Txn(c.ctx, nil, ops); err != nil {
				return nil, err
			}
		}
	}
	err = c.commit(func(t *txn) error {
		if len(parts) > 1 {
			var held head
			if found, err := t.get(c.keys.deletedHead(kind, h.Name), &held); err != nil || !found {
				return orNotFound(err, kind, h.Name)
			}
			t.delete(c.keys.deletedHead(kind, h.Name))
		} else if err := t.vacant(c, kind, h.Name); err != nil {
			return err
		}
		t.ops = append(t.ops, parts[0]...)
		return t.put(c.keys.head(kind, h.Name), h)
	})
	return h, err
}

// parts splits the versions so that each part fits a transaction; there is at least one.
func (b *backupContent) parts(prefix string) [][]store.Op {
	parts, size := [][]store.Op{nil}, 0
	for version, value := range b.Versions {
		last := len(parts) - 1
		if len(parts[last]) == restoreOps || size > 0 && size+len(value) > restoreBytes {
			parts, size, last = append(parts, nil), 0, last+1
		}
		parts[last] = append(parts[last], store.Put(prefix+version, value))
		size += len(value)
	}
	return parts
}

// reserve takes the name for a restore of several transactions.
func (c *call) reserve(kind Kind, h *head) error {
	return c.commit(func(t *txn) error {
		if err := t.vacant(c, kind, h.Name); err != nil {
			return err
		}
		return t.put(c.keys.deletedHead(kind, h.Name), &head{Name: h.Name, Purging: true, PurgeBegan: c.now.Unix()})
	})
}

// vacant makes sure that nothing has the name.
func (t *txn) vacant(c *call, kind Kind, name string) error {
	live, err := t.claim(c.keys, kind, name)
	if err == nil && live != nil {
		err = azerr.KVExists.New(kind.singular(), name)
	}
	return err
}

// BackupSecret packs a secret with all of its versions.
func (s *Service) BackupSecret(ctx context.Context, caller identity.Caller, vault, name string) ([]byte, error) {
	return run(ctx, s, caller, OpBackupSecret, vault, name, func(c *call) ([]byte, error) { return c.backup(Secrets) })
}

// BackupKey packs a key with all of its versions.
func (s *Service) BackupKey(ctx context.Context, caller identity.Caller, vault, name string) ([]byte, error) {
	return run(ctx, s, caller, OpBackupKey, vault, name, func(c *call) ([]byte, error) { return c.backup(Keys) })
}

// BackupCertificate packs a certificate with all of its versions and keys.
func (s *Service) BackupCertificate(ctx context.Context, caller identity.Caller, vault, name string) ([]byte, error) {
	return run(ctx, s, caller, OpBackupCertificate, vault, name, func(c *call) ([]byte, error) { return c.backup(Certificates) })
}

// RestoreSecret brings a secret back from a backup.
func (s *Service) RestoreSecret(ctx context.Context, caller identity.Caller, vault string, blob []byte) (*Secret, error) {
	return run(ctx, s, caller, OpRestoreSecret, vault, "", func(c *call) (*Secret, error) {
		h, err := c.restore(Secrets, blob)
		if err != nil {
			return nil, err
		}
		return secretOf(c, h), nil
	})
}

// RestoreKey brings a key back from a backup.
func (s *Service) RestoreKey(ctx context.Context, caller identity.Caller, vault string, blob []byte) (*Key, error) {
	return run(ctx, s, caller, OpRestoreKey, vault, "", func(c *call) (*Key, error) {
		h, err := c.restore(Keys, blob)
		if err != nil {
			return nil, err
		}
		return c.keyOfHead(Keys, h)
	})
}

// RestoreCertificate brings a certificate back from a backup.
func (s *Service) RestoreCertificate(ctx context.Context, caller identity.Caller, vault string, blob []byte) (*Certificate, error) {
	return run(ctx, s, caller, OpRestoreCertificate, vault, "", func(c *call) (*Certificate, error) {
		h, err := c.restore(Certificates, blob)
		if err != nil {
			return nil, err
		}
		return c.certificateOf(h, h.Current)
	})
}
