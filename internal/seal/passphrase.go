package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// Errors of passphrases, wrapped.
var (
	// ErrPassphrase: the file is under a passphrase, and none or a wrong one was given.
	ErrPassphrase = errors.New("the passphrase is missing or wrong")
	// ErrNoPassphrase: a passphrase was given for a file that is not under one.
	ErrNoPassphrase = errors.New("the root key file is not under a passphrase")
)

// minPassphrase is the shortest that is taken for a new file, in bytes.
const minPassphrase = 8

// lockLabel begins the line that says how the key of a file under a passphrase is derived.
const lockLabel = "gatehouse-argon2id-1"

// The cost is the second recommended option of RFC 9106, section 4: three passes over
// 64 MiB. A file may say others, within what a start can bear.
const (
	lockTime, lockMemory, lockThreads = 3, 64 << 10, 4
	maxLockTime, maxLockMemory        = 64, 2 << 20
)

// lock encrypts the keys of a file under a key that Argon2id (RFC 9106) derives from a passphrase.
type lock struct {
	time, memory uint32 // memory in KiB
	threads      uint8
	salt         []byte
	box          cipher.AEAD // nil until it was opened
}

func newLock(passphrase []byte) (*lock, error) {
	if len(bytes.TrimSpace(passphrase)) < minPassphrase {
		return nil, fmt.Errorf("a passphrase has at least %d bytes; better, several words", minPassphrase)
	}
	l := &lock{time: lockTime, memory: lockMemory, threads: lockThreads, salt: make([]byte, 16)}
	rand.Read(l.salt) // never fails (crypto/rand)
	return l, l.open(passphrase)
}

// lockOf finds the lock of a file; nil when it has none.
func lockOf(text string) (*lock, error) {
	for line := range strings.Lines(text) {
		rest, found := strings.CutPrefix(strings.TrimSpace(line), lockLabel+" ")
		if !found {
			continue
		}
		var l lock
		var salt string
		if _, err := fmt.Sscanf(rest, "t=%d m=%d p=%d %s", &l.time, &l.memory, &l.threads, &salt); err != nil {
			return nil, errors.New("is damaged in its line " + lockLabel)
		}
		var err error
		if l.salt, err = base64.StdEncoding.DecodeString(salt); err != nil || len(l.salt) < 8 || l.time == 0 || l.threads == 0 || l.time > maxLockTime || l.memory > maxLockMemory {
			return nil, errors.New("is damaged in its line " + lockLabel)
		}
		return &l, nil
	}
	return nil, nil
}

func (l *lock) line() string {
	return fmt.Sprintf("%s t=%d m=%d p=%d %s\n", lockLabel, l.time, l.memory, l.threads, base64.StdEncoding.EncodeToString(l.salt))
}

func (l *lock) open(passphrase []byte) (err error) {
	key := argon2.IDKey(passphrase, l.salt, l.time, l.memory, l.threads, chacha20poly1305.KeySize)
	l.box, err = chacha20poly1305.NewX(key)
	return err
}

// wrap encrypts a root key; the lock's line is its associated data.
func (l *lock) wrap(secret []byte) []byte {
	nonce := make([]byte, l.box.NonceSize())
	rand.Read(nonce)
	return l.box.Seal(nonce, nonce, secret, []byte(l.line()))
}

func (l *lock) unwrap(wrapped []byte) ([]byte, error) {
	n := l.box.NonceSize()
	if len(wrapped) < n {
		return nil, errors.New("is damaged")
	}
	secret, err := l.box.Open(nil, wrapped[:n], wrapped[n:], []byte(l.line()))
	if err != nil {
		return nil, ErrPassphrase
	}
	return secret, nil
}
