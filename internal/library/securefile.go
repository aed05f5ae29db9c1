package library

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/identity"
	"gatehouse/internal/store"
)

// MaxSecureFile is the largest secure file, as in Azure DevOps.
const MaxSecureFile = 10 << 20

// chunk is how much of a file is kept in one record: the store bounds values.
const chunk = 512 << 10

// SecureFile describes a secure file; the content has records of its own.
type SecureFile struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Size       int64     `json:"size"`
	SHA256     string    `json:"sha256"`
	Content    string    `json:"content"` // names the content's records: each upload has its own
	CreatedBy  string    `json:"createdBy"`
	Created    time.Time `json:"created"`
	ModifiedBy string    `json:"modifiedBy"`
	Modified   time.Time `json:"modified"`
}

func contentPrefix(id string) string { return "library/content/" + id + "/" }

// PutSecureFile uploads a secure file. One of the same name is an error unless replace is
// set, when it keeps its id and permissions; the same content again changes nothing.
func (s *Service) PutSecureFile(ctx context.Context, c identity.Caller, name string, content io.Reader, replace bool) (*SecureFile, error) {
	if err := checkName(SecureFiles, name); err != nil {
		return nil, err
	}
	if err := s.allow(ctx, c, "secureFiles/write", name); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(content, MaxSecureFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxSecureFile {
		return nil, fail(TooLarge, SecureFiles, "The secure file '%s' is larger than 10 MB.", name)
	}
	var old SecureFile
	revision, err := s.get(ctx, key(SecureFiles, name), &old)
	if err != nil {
		return nil, err
	}
	if revision != 0 && !replace {
		return nil, fail(Conflict, SecureFiles, "A secure file named '%s' already exists. Delete it first, or choose another name.", old.Name)
	}
	f := old
	f.Name, f.Modified, f.ModifiedBy = name, s.now().UTC(), c.ObjectID
	if revision == 0 {
		f.ID, f.Created, f.CreatedBy = uuid.NewString(), f.Modified, c.ObjectID
	}
	sum := sha256.Sum256(data)
	if f.SHA256 = hex.EncodeToString(sum[:]); revision != 0 && f.SHA256 == old.SHA256 {
		return &old, nil
	}
	f.Size, f.Content = int64(len(data)), uuid.NewString()
	return s.storeFile(ctx, &f, &old, revision, data)
}

// storeFile writes the content first and the record last, so that the record is never without it.
func (s *Service) storeFile(ctx context.Context, f, old *SecureFile, revision int64, data []byte) (*SecureFile, error) {
	err := s.writeContent(ctx, f.Content, data)
	if err == nil {
		err = s.put(ctx, key(SecureFiles, f.Name), revision, f)
	}
	if err != nil {
		return nil, errors.Join(err, s.remove(ctx, contentPrefix(f.Content)))
	}
	if revision != 0 {
		return f, s.remove(ctx, contentPrefix(old.Content))
	}
	return f, nil
}

func (s *Service) writeContent(ctx context.Context, id string, data []byte) error {
	for i := 0; i == 0 || i*chunk < len(data); i++ {
		part := data[i*chunk : min(len(data), (i+1)*chunk)]
		if _, err := s.st.Txn(ctx, nil, []store.Op{store.Put(fmt.Sprintf("%s%04d", contentPrefix(id), i), part)}); err != nil {
			return err
		}
	}
	return nil
}

// ListSecureFiles lists the records of all secure files; whoever owns the library may.
func (s *Service) ListSecureFiles(ctx context.Context, c identity.Caller) ([]SecureFile, error) {
	if err := s.allow(ctx, c, "secureFiles/read", ""); err != nil {
		return nil, err
	}
	return list[SecureFile](ctx, s, prefix(SecureFiles))
}

// SecureFile finds the record of a secure file by name or id.
func (s *Service) SecureFile(ctx context.Context, c identity.Caller, nameOrID string) (*SecureFile, error) {
	if err := s.allow(ctx, c, "secureFiles/read", nameOrID); err != nil {
		return nil, err
	}
	return s.findFile(ctx, nameOrID)
}

func (s *Service) findFile(ctx context.Context, nameOrID string) (*SecureFile, error) {
	all, err := list[SecureFile](ctx, s, prefix(SecureFiles))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if same(all[i].Name, nameOrID) || same(all[i].ID, nameOrID) {
			return &all[i], nil
		}
	}
	return nil, fail(NotFound, SecureFiles, "There is no secure file '%s' in the library. Give it to the run by --secure-file NAME=PATH, or upload it first.", nameOrID)
}

// DeleteSecureFile removes a secure file with its permissions.
func (s *Service) DeleteSecureFile(ctx context.Context, c identity.Caller, nameOrID string) error {
	if err := s.allow(ctx, c, "secureFiles/delete", nameOrID); err != nil {
		return err
	}
	f, err := s.findFile(ctx, nameOrID)
	if err != nil {
		return err
	}
	if _, err := s.st.Txn(ctx, nil, []store.Op{store.Delete(key(SecureFiles, f.Name)), store.Delete(permissionKey(SecureFiles, f.ID))}); err != nil {
		return err
	}
	return s.remove(ctx, contentPrefix(f.Content))
}

// SecureFileForRun finds a secure file that a run may use.
func (s *Service) SecureFileForRun(ctx context.Context, c identity.Caller, run int64, nameOrID string) (*SecureFile, error) {
	f, err := s.findFile(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	return f, s.permitted(ctx, c, run, SecureFiles, f.ID, f.Name)
}

// Download reads a secure file for a run. Nobody else can read one back.
func (s *Service) Download(ctx context.Context, c identity.Caller, run int64, nameOrID string) (*SecureFile, []byte, error) {
	f, err := s.SecureFileForRun(ctx, c, run, nameOrID)
	if err != nil {
		return nil, nil, err
	}
	page, err := s.st.Range(ctx, store.RangeOptions{Prefix: contentPrefix(f.Content)})
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	for _, r := range page.Records {
		b.Write(r.Value)
	}
	if sum := sha256.Sum256(b.Bytes()); hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, nil, fmt.Errorf("library: the content of secure file %s is damaged", f.ID)
	}
	return f, b.Bytes(), nil
}
