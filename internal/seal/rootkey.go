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

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// A root key file is comment lines and one line of this label and 32 bytes in base64.
const (
	rootKeyLabel   = "gatehouse-root-key-1"
	rootKeySize    = 32
	maxRootKeyFile = 4096
	rootKeyComment = `# The root key of a Gatehouse data folder. With it and the data, everything can be
# read; without it, nothing can. Keep a copy in a safe place, apart from backups of the data.
`
)

// RootKey is a KeyWrapper whose key comes from a file.
type RootKey struct {
	id        string
	primitive *subtle.AESGCM
}

var _ KeyWrapper = (*RootKey)(nil)

// LoadOrCreateRootKey reads the root key at path, or makes one with mode 0600. A file
// that others may read is refused. Call it while the store's lock is held, since two
// processes that create at once would keep different keys.
func LoadOrCreateRootKey(path string) (*RootKey, error) {
	root, err := loadRootKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		return createRootKey(path)
	}
	return root, err
}

func loadRootKey(path string) (*RootKey, error) {
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
	key, err := parseRootKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("root key: %s %w; put the file back from a copy", path, err)
	}
	return newRootKey(key)
}

func parseRootKey(text string) ([]byte, error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 || fields[0] != rootKeyLabel {
			return nil, errors.New("is not a root key file of this version")
		}
		key, err := base64.StdEncoding.DecodeString(fields[1])
		if err != nil || len(key) != rootKeySize {
			return nil, errors.New("is damaged")
		}
		return key, nil
	}
	return nil, errors.New("holds no key")
}

func newRootKey(key []byte) (*RootKey, error) {
	primitive, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("gatehouse root key id"))
	return &RootKey{id: hex.EncodeToString(mac.Sum(nil)[:8]), primitive: primitive}, nil
}

// createRootKey writes the file whole or not at all: to a temporary name, synced, then renamed.
func createRootKey(path string) (*RootKey, error) {
	key := make([]byte, rootKeySize)
	rand.Read(key) // never fails (crypto/rand)
	root, err := newRootKey(key)
	if err != nil {
		return nil, err
	}
	text := rootKeyComment + rootKeyLabel + " " + base64.StdEncoding.EncodeToString(key) + "\n"
	if err := writeNew(path, text); err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	return root, nil
}

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

// ID is a MAC of a label under the key: it names the key and does not reveal it.
func (r *RootKey) ID() string { return r.id }

// Wrap encrypts a data key.
func (r *RootKey) Wrap(_ context.Context, plaintext, associated []byte) ([]byte, error) {
	return r.primitive.Encrypt(plaintext, associated)
}

// Unwrap decrypts a data key.
func (r *RootKey) Unwrap(_ context.Context, ciphertext, associated []byte) ([]byte, error) {
	return r.primitive.Decrypt(ciphertext, associated)
}
