package seal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// A root key file is comment lines and key lines: this label and 32 bytes in base64, or
// what passphrase.go makes of them. The first key wraps; further ones, left by a rotation
// that was interrupted, only unwrap.
const (
	rootKeyLabel   = "gatehouse-root-key-1"
	rootKeySize    = 32
	maxRootKeyFile = 16 << 10
	rootKeyComment = `# The root key of a Gatehouse data folder. With it and the data, everything can be
# read; without it, nothing can. Keep a copy in a safe place, apart from backups of the data.
`
)

// RootKey is a KeyWrapper whose keys come from a file, where they stand as they are or
// encrypted under a passphrase. It is safe for concurrent use.
type RootKey struct {
	path string
	mu   sync.RWMutex
	keys []*rootKey // the first wraps; never empty
	lock *lock      // of the file; nil: no passphrase
}

type rootKey struct {
	id        string
	secret    []byte
	primitive *subtle.AESGCM
}

var _ KeyWrapper = (*RootKey)(nil)

// Passphrase says how a root key file is protected. The zero value is by its mode alone.
type Passphrase struct {
	Required bool // the file must be under a passphrase; a new one is made so
	// Ask gives the passphrase; with create, that of a new file. nil: there is none.
	Ask func(create bool) ([]byte, error)
}

// LoadOrCreateRootKey is OpenRootKey without a passphrase.
func LoadOrCreateRootKey(path string) (*RootKey, error) { return OpenRootKey(path, Passphrase{}) }

// OpenRootKey reads the root key at path, or makes one with mode 0600. A file that others
// may read is refused. Call it while the store's lock is held, since two processes that
// create at once would keep different keys.
func OpenRootKey(path string, p Passphrase) (*RootKey, error) {
	root, err := loadRootKey(path, p)
	if errors.Is(err, fs.ErrNotExist) {
		return createRootKey(path, p)
	}
	return root, err
}

func loadRootKey(path string, p Passphrase) (*RootKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("root key: others may read %s (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxRootKeyFile))
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	return parseRootKey(path, string(text), p)
}

func parseRootKey(path, text string, p Passphrase) (*RootKey, error) {
	lock, err := lockOf(text)
	if err != nil {
		return nil, fmt.Errorf("root key: %s %w; put the file back from a copy", path, err)
	}
	switch {
	case lock == nil && p.Required:
		return nil, fmt.Errorf("root key: %w: %s; start without one, and give it one with: gatehouse vault rotate-keys --new-passphrase-file FILE", ErrNoPassphrase, path)
	case lock != nil && p.Ask == nil:
		return nil, fmt.Errorf("root key: %w: %s", ErrPassphrase, path)
	case lock != nil:
		passphrase, err := p.Ask(false)
		if err != nil {
			return nil, fmt.Errorf("root key: %w", err)
		}
		if err := lock.open(passphrase); err != nil {
			return nil, fmt.Errorf("root key: %w", err)
		}
	}
	keys, err := parseRootKeys(text, lock)
	switch {
	case errors.Is(err, ErrPassphrase):
		return nil, fmt.Errorf("root key: %w: %s", err, path)
	case err != nil:
		return nil, fmt.Errorf("root key: %s %w; put the file back from a copy", path, err)
	}
	return &RootKey{path: path, keys: keys, lock: lock}, nil
}

func parseRootKeys(text string, lock *lock) (keys []*rootKey, err error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") || fields[0] == lockLabel {
			continue
		}
		if len(fields) != 2 || fields[0] != rootKeyLabel {
			return nil, errors.New("is not a root key file of this version")
		}
		secret, err := base64.StdEncoding.DecodeString(fields[1])
		if err == nil && lock != nil {
			if secret, err = lock.unwrap(secret); err != nil {
				return nil, err
			}
		}
		if err != nil || len(secret) != rootKeySize {
			return nil, errors.New("is damaged")
		}
		key, err := newRootKey(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("holds no key")
	}
	return keys, nil
}

func newRootKey(secret []byte) (*rootKey, error) {
	primitive, err := subtle.NewAESGCM(secret)
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("gatehouse root key id"))
	return &rootKey{id: hex.EncodeToString(mac.Sum(nil)[:8]), secret: secret, primitive: primitive}, nil
}

func randomRootKey() (*rootKey, error) {
	secret := make([]byte, rootKeySize)
	rand.Read(secret) // never fails (crypto/rand)
	return newRootKey(secret)
}

func createRootKey(path string, p Passphrase) (*RootKey, error) {
	key, err := randomRootKey()
	if err != nil {
		return nil, err
	}
	r := &RootKey{path: path}
	if p.Required {
		passphrase, err := p.Ask(true)
		if err != nil {
			return nil, fmt.Errorf("root key: %w", err)
		}
		if r.lock, err = newLock(passphrase); err != nil {
			return nil, fmt.Errorf("root key: %w", err)
		}
	}
	return r, r.replace([]*rootKey{key})
}

// replace writes the file with keys in place of its own, and goes on with them.
func (r *RootKey) replace(keys []*rootKey) error {
	var text strings.Builder
	text.WriteString(rootKeyComment)
	if r.lock != nil {
		text.WriteString(r.lock.line())
	}
	for _, key := range keys {
		secret := key.secret
		if r.lock != nil {
			secret = r.lock.wrap(secret)
		}
		text.WriteString(rootKeyLabel + " " + base64.StdEncoding.EncodeToString(secret) + "\n")
	}
	if err := writeNew(r.path, text.String()); err != nil {
		return fmt.Errorf("root key: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = keys
	return nil
}

// Protect puts the file under a new passphrase. Rotate afterwards: until then copies of
// the old file still open the data.
func (r *RootKey) Protect(passphrase []byte) error {
	lock, err := newLock(passphrase)
	if err != nil {
		return fmt.Errorf("root key: %w", err)
	}
	old := r.lock
	r.lock = lock
	if err := r.replace(r.all()); err != nil {
		r.lock = old
		return err
	}
	return nil
}

// add makes a new key that wraps from now on; the ones before still unwrap.
func (r *RootKey) add() error {
	key, err := randomRootKey()
	if err != nil {
		return err
	}
	return r.replace(append([]*rootKey{key}, r.all()...))
}

// keepFirst forgets the keys that no longer wrap.
func (r *RootKey) keepFirst() error { return r.replace(r.all()[:1]) }

func (r *RootKey) all() []*rootKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keys
}

// writeNew writes a file whole or not at all: to a temporary name, synced, then renamed.
func writeNew(path, text string) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".root-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	if d, err := os.Open(dir); err == nil { // best effort: some systems cannot sync a folder
		_ = d.Sync()
		d.Close()
	}
	return nil
}

// ID is a MAC of a label under the key that wraps: it names the key and does not reveal it.
func (r *RootKey) ID() string { return r.all()[0].id }

// Wrap encrypts a data key under the first key.
func (r *RootKey) Wrap(_ context.Context, plaintext, associated []byte) (id string, ciphertext []byte, err error) {
	first := r.all()[0]
	ciphertext, err = first.primitive.Encrypt(plaintext, associated)
	return first.id, ciphertext, err
}

// Unwrap decrypts a data key that the key named id wrapped.
func (r *RootKey) Unwrap(_ context.Context, id string, ciphertext, associated []byte) ([]byte, error) {
	for _, key := range r.all() {
		if key.id == id {
			return key.primitive.Decrypt(ciphertext, associated)
		}
	}
	return nil, fmt.Errorf("%w: the data was sealed under root key %s, and %s holds %s; put the right root key file back", ErrRootKey, id, r.path, r.ID())
}
