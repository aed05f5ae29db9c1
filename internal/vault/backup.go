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
	maxBackup    = 16 << 20
	maxInBackup  = store.MaxOps - 8 // versions: a restore is one transaction
	backupKeyLen = 32
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
	if _, _, err := c.own(&txn{s: c.s, ctx: c.ctx}, kind, ""); err != nil {
		return nil, err
	}
	content := backupContent{Kind: kind, Subscription: c.cfg.ResourceID.Subscription(), Versions: map[string]json.RawMessage{}}
	r, err := c.s.store.Get(c.ctx, c.keys.head(kind, c.name))
	if err != nil {
		return nil, err
	}
	content.Head = r.Value
	prefix := c.keys.versions(kind, c.name)
	page, err := c.s.store.Range(c.ctx, store.RangeOptions{Prefix: prefix, Limit: maxInBackup})
	if err != nil {
		return nil, err
	}
	if page.More {
		return nil, badParameter("The %s '%s' has more than %d versions, which is the most that a backup can hold.", kind.singular(), c.name, maxInBackup)
	}
	for _, v := range page.Records {
		content.Versions[v.Key[len(prefix):]] = v.Value
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

// unpack opens a backup of the kind.
func (c *call) unpack(kind Kind, blob []byte) (*backupContent, *head, error) {
	bad := func(why string) (*backupContent, *head, error) {
		return nil, nil, badParameter("The backup blob cannot be restored: %s.", why)
	}
	if len(blob) > maxBackup || len(blob) < len(backupMagic) || string(blob[:len(backupMagic)]) != backupMagic {
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

// restore brings an object back under its own name, with all versions as they were.
func (c *call) restore(kind Kind, blob []byte) (*head, error) {
	content, h, err := c.unpack(kind, blob)
	if err != nil {
		return nil, err
	}
	c.name = h.Name
	err = c.commit(func(t *txn) error {
		live, err := t.claim(c.keys, kind, h.Name)
		if err != nil {
			return err
		}
		if live != nil {
			return azerr.KVExists.New(kind.singular(), h.Name)
		}
		for version, value := range content.Versions {
			t.ops = append(t.ops, store.Put(c.keys.version(kind, h.Name, version), value))
		}
		return t.put(c.keys.head(kind, h.Name), h)
	})
	return h, err
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
