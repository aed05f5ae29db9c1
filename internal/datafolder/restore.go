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
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"filippo.io/age"

	"gatehouse/internal/audit"
	"gatehouse/internal/seal"
	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

// ErrBackup: what was to be restored is not a whole, unchanged backup.
var ErrBackup = errors.New("this is not a whole and unchanged backup")

// ErrNotEmpty: the folder to restore into holds something.
var ErrNotEmpty = errors.New("the folder is not empty")

// Restore makes dir from the backup in file. First it reads all of the backup and writes
// nothing; then it makes the folder beside its place, opens what it made, and only then
// gives it its name. dir must not exist, or be empty.
func Restore(ctx context.Context, file, dir string, identities ...age.Identity) error {
	if err := checkEmpty(dir); err != nil {
		return err
	}
	if err := readBackup(ctx, file, identities, nil); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	stage, err := os.MkdirTemp(parent, ".restore-*") // mode 0700
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	if err := readBackup(ctx, file, identities, extractTo(stage)); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := check(ctx, stage); err != nil {
		return fmt.Errorf("%s: %w: %w", file, ErrBackup, err)
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(stage, dir); err != nil {
		return err
	}
	syncFolder(parent)
	return nil
}

func syncFolder(path string) {
	if d, err := os.Open(path); err == nil { // best effort: some systems cannot sync a folder
		_ = d.Sync()
		d.Close()
	}
}

func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%w: %s holds %s; restore into a new folder", ErrNotEmpty, dir, entries[0].Name())
	}
	return err
}

// entryNames are all that an archive may hold.
var entryNames = regexp.MustCompile(`^(data\.db|root\.key|audit\.jsonl|audit\.[0-9]{6,9}\.jsonl)$`)

// readBackup reads a backup to its end and checks it; it gives the files to take, unless nil.
func readBackup(ctx context.Context, file string, identities []age.Identity, take func(name string, content io.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := age.Decrypt(f, identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return fmt.Errorf("the passphrase or identity is not that of this backup: %w", err)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	r := &archiveReader{ctx: ctx, in: tar.NewReader(plain), sums: map[string]string{}, take: take}
	if err := r.read(); err != nil {
		return err
	}
	// To the end: age knows only there that nothing was cut off.
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	return nil
}

type archiveReader struct {
	ctx  context.Context
	in   *tar.Reader
	sums map[string]string // of the files so far
	take func(name string, content io.Reader) error
}

func (r *archiveReader) read() error {
	if err := r.manifest(); err != nil {
		return err
	}
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		h, err := r.in.Next()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBackup, err)
		}
		switch _, again := r.sums[h.Name]; {
		case h.Name == sumsName:
			return r.compare()
		case h.Typeflag != tar.TypeReg || !entryNames.MatchString(h.Name) || again:
			return fmt.Errorf("%w: it holds %q", ErrBackup, h.Name)
		}
		if err := r.file(h.Name); err != nil {
			return err
		}
	}
}

func (r *archiveReader) manifest() error {
	h, err := r.in.Next()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	var m Manifest
	if h.Name != manifestName || json.NewDecoder(io.LimitReader(r.in, 1<<16)).Decode(&m) != nil {
		return fmt.Errorf("%w: it does not begin with a manifest", ErrBackup)
	}
	if m.Format != formatNumber {
		return fmt.Errorf("the backup has format %d, this program reads %d; use the version that wrote it", m.Format, formatNumber)
	}
	return nil
}

func (r *archiveReader) file(name string) error {
	sum := sha256.New()
	content := io.TeeReader(&damage{r: r.in}, sum)
	if r.take != nil {
		if err := r.take(name, content); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, content); err != nil {
		return err
	}
	r.sums[name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// damage marks errors of reading, so that they are not taken for those of writing.
type damage struct{ r io.Reader }

func (d *damage) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", ErrBackup, err)
	}
	return n, err
}

// compare checks the sums at the end, and that nothing needed is missing.
func (r *archiveReader) compare() error {
	text, err := io.ReadAll(io.LimitReader(r.in, 1<<20))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		listed[name] = sum
	}
	delete(listed, manifestName)
	for _, name := range []string{StoreFile, RootFile} {
		if r.sums[name] == "" {
			return fmt.Errorf("%w: %s is missing", ErrBackup, name)
		}
	}
	if len(listed) != len(r.sums) {
		return fmt.Errorf("%w: it holds %d files, and lists %d", ErrBackup, len(r.sums), len(listed))
	}
	for name, sum := range r.sums {
		if listed[name] != sum {
			return fmt.Errorf("%w: %s was changed", ErrBackup, name)
		}
	}
	return nil
}

// extractTo writes files below dir; their names were checked.
func extractTo(dir string) func(string, io.Reader) error {
	return func(name string, content io.Reader) error {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Sync(), f.Close())
	}
}

// check opens what was made: the pages of the store, the chain of the log and, unless the
// root key is under a passphrase, every value.
func check(ctx context.Context, dir string) error {
	path := filepath.Join(dir, StoreFile)
	if err := bolt.Check(path); err != nil {
		return err
	}
	if _, err := audit.VerifyFiles(filepath.Join(dir, AuditFile), nil, false); err != nil && !errors.Is(err, audit.ErrBroken) {
		return err // a chain that was broken before the backup stays so; it is not lost for that
	}
	root, err := seal.LoadOrCreateRootKey(filepath.Join(dir, RootFile))
	if errors.Is(err, seal.ErrPassphrase) {
		return nil
	}
	if err != nil {
		return err
	}
	st, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	defer st.Close()
	sealed, err := seal.Open(ctx, st, root)
	if err != nil {
		return err
	}
	return readAll(ctx, sealed)
}

func readAll(ctx context.Context, st store.Store) error {
	o := store.RangeOptions{Limit: 1000}
	for {
		page, err := st.Range(ctx, o)
		if err != nil || !page.More {
			return err
		}
		o.After = page.Records[len(page.Records)-1].Key
	}
}
