package datafolder

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"gatehouse/internal/audit"
	"gatehouse/internal/store/bolt"
)

// An archive is a tar file: a manifest, the store, the root key file, the files of the
// audit log, and last the SHA-256 of each. Encrypted by age it is a backup; in plain it
// goes through this package and the local socket only.
const (
	manifestName = "gatehouse-backup.json"
	sumsName     = "SHA256SUMS"
	formatNumber = 1
)

// Manifest says what an archive is.
type Manifest struct {
	Format int       `json:"format"`
	Time   time.Time `json:"time"`
}

// Encrypt returns a writer that encrypts an archive for the recipients: one with
// age.NewScryptRecipient for a passphrase, or the holders of keys. Close completes it.
func Encrypt(w io.Writer, recipients ...age.Recipient) (io.WriteCloser, error) {
	return age.Encrypt(w, recipients...)
}

// Archive writes the folder as it is at one moment, while others use it. Every write that
// is in the copy of the store has its record in the copy of the log.
func (f *Folder) Archive(ctx context.Context, w io.Writer) error {
	var root []byte
	var db *os.File
	err := f.sealed.Still(func() (err error) {
		if root, err = os.ReadFile(f.path(RootFile)); err != nil {
			return err
		}
		db, err = f.bolt.Snapshot(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer db.Close()
	parts, err := f.Audit.Parts()
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return archive(w, root, db, parts)
}

// Archive writes a folder that no server uses. It needs no passphrase.
func Archive(ctx context.Context, dir string, w io.Writer) error {
	if _, err := os.Stat(filepath.Join(dir, StoreFile)); err != nil {
		return fmt.Errorf("%s is not a data folder: %w", dir, err)
	}
	st, err := bolt.Open(filepath.Join(dir, StoreFile), bolt.Options{})
	if err != nil {
		return explain(dir, err)
	}
	defer st.Close()
	root, err := os.ReadFile(filepath.Join(dir, RootFile))
	if err != nil {
		return err
	}
	db, err := st.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	parts, err := audit.Parts(filepath.Join(dir, AuditFile), -1)
	if err != nil {
		return err
	}
	return archive(w, root, db, parts)
}

func archive(w io.Writer, root []byte, db *os.File, parts []audit.Part) error {
	defer func() {
		for _, p := range parts {
			p.File.Close()
		}
	}()
	manifest, err := json.Marshal(Manifest{Format: formatNumber, Time: time.Now().UTC()})
	if err != nil {
		return err
	}
	info, err := db.Stat()
	if err != nil {
		return err
	}
	a := &archiver{out: tar.NewWriter(w)}
	a.add(manifestName, int64(len(manifest)), strings.NewReader(string(manifest)))
	a.add(StoreFile, info.Size(), io.NewSectionReader(db, 0, info.Size()))
	a.add(RootFile, int64(len(root)), strings.NewReader(string(root)))
	for _, p := range parts {
		a.add(p.Name, p.Size, io.NewSectionReader(p.File, 0, p.Size))
	}
	sums := a.sums.String()
	a.add(sumsName, int64(len(sums)), strings.NewReader(sums))
	if err := errors.Join(a.err, a.out.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// archiver adds files until one fails.
type archiver struct {
	out  *tar.Writer
	sums strings.Builder
	err  error
}

func (a *archiver) add(name string, size int64, content io.Reader) {
	if a.err != nil {
		return
	}
	if a.err = a.out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX}); a.err != nil {
		return
	}
	sum := sha256.New()
	if _, a.err = io.Copy(io.MultiWriter(a.out, sum), content); a.err != nil {
		return
	}
	a.sums.WriteString(hex.EncodeToString(sum.Sum(nil)) + "  " + name + "\n")
}
