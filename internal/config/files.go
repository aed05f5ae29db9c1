package config

import (
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"gatehouse/internal/pki"
)

// FileError is about one of the files of a certificate; Key is its key in the configuration.
type FileError struct {
	Key string
	Err error
}

func (e *FileError) Error() string { return e.Err.Error() }

func (e *FileError) Unwrap() error { return e.Err }

// Load reads the certificate with its key. A key that every user of the machine can read
// is refused.
func (x *Certificate) Load() (*pki.Bundle, error) {
	fail := func(key string, err error) (*pki.Bundle, error) { return nil, &FileError{key, err} }
	if x.PFX != "" {
		data, err := readKey(x.PFX)
		if err != nil {
			return fail("pfx", err)
		}
		password := ""
		if x.PasswordFile != "" {
			if password, err = readSecret(x.PasswordFile); err != nil {
				return fail("passwordFile", err)
			}
		}
		b, err := pki.DecodePFX(data, password, false)
		if err != nil {
			return fail("pfx", fmt.Errorf("%s: %w", x.PFX, err))
		}
		return withKey(b, "pfx", x.PFX)
	}
	keyFile, key := x.Key, "key"
	if keyFile == "" {
		keyFile, key = x.File, "file"
	}
	data, err := readKey(keyFile)
	if err != nil {
		return fail(key, err)
	}
	if x.Key != "" {
		certs, err := readFile(x.File)
		if err != nil {
			return fail("file", err)
		}
		data = append(append(certs, '\n'), data...)
	}
	b, err := pki.DecodePEM(data, "", false)
	if err != nil {
		return fail("file", fmt.Errorf("%s: %w", x.File, err))
	}
	return withKey(b, "file", x.File)
}

func withKey(b *pki.Bundle, key, file string) (*pki.Bundle, error) {
	if err := b.RequireKey(); err != nil {
		return nil, &FileError{key, fmt.Errorf("%s: %w", file, err)}
	}
	return b, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the file %s can't be read: %s", path, pathError(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("the file %s can't be read: %s", path, pathError(err))
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("the file %s is larger than %d bytes; is it the right one?", path, maxFile)
	}
	return data, nil
}

// readKey reads a file that holds a secret, and refuses one that strangers can read or change.
func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the file %s can't be read: %s", path, pathError(err))
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o027 != 0 {
		return nil, fmt.Errorf("the file %s holds a secret, and its mode %04o lets others read or change it: run `chmod 0640 %s` or tighter", path, mode, path)
	}
	return readFile(path)
}

// readSecret reads a password or token, without the line's end.
func readSecret(path string) (string, error) {
	data, err := readKey(path)
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("the file %s is empty", path)
	}
	return secret, nil
}

// Token is the bearer token of the operations listener, "" for none.
func (o *Operations) Token() (string, error) {
	if o.TokenFile == "" {
		return "", nil
	}
	return readSecret(o.TokenFile)
}

// Passphrase is the content of the passphrase file, nil without one.
func (c *Config) Passphrase() ([]byte, error) {
	if c.PassphraseFile == "" {
		return nil, nil
	}
	s, err := readSecret(c.PassphraseFile)
	return []byte(s), err
}

// Roots are the certificates of trust.files.
func (c *Config) Roots() (list []*x509.Certificate, err error) {
	for _, f := range c.Trust.Files {
		certs, err := c.roots(f)
		if err != nil {
			return nil, err
		}
		list = append(list, certs...)
	}
	return list, nil
}

func (c *Config) roots(file string) ([]*x509.Certificate, error) {
	data, err := readFile(file)
	if err != nil {
		return nil, err
	}
	b, err := pki.DecodePEM(data, "", true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return append([]*x509.Certificate{b.Leaf}, b.Chain...), nil
}

// writable tries: modes alone do not say it.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".gatehouse-check-*")
	if err != nil {
		return false
	}
	name := f.Name()
	f.Close()
	return os.Remove(filepath.Clean(name)) == nil
}
