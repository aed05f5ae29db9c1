package sema

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// maxPackage is the most that is read of an unpacked extension.
const maxPackage = 64 << 20

// extensionPackage loads an extension from the module cache, where its types.tgz is, or
// from a package beside the file, which has that inside.
func (m *Model) extensionPackage(spec string, at syntax.Span) *Extension {
	var data []byte
	if isArtifact(spec) {
		a, ok := m.address(spec, at)
		if !ok {
			return nil
		}
		if data, _ = m.cached(a, "types.tgz"); data == nil {
			m.notRestored(a, at)
			return nil
		}
	} else {
		full, ok := m.resolve(spec, at)
		if !ok {
			return nil
		}
		outer, err := m.workspace.Read(full)
		if err != nil {
			m.unreadable(full, err, at)
			return nil
		}
		files, err := unpack(outer)
		if data = files["types.tgz"]; err == nil && data == nil {
			err = errors.New("it has no types.tgz")
		}
		if err != nil {
			return m.badPackage(spec, err, at)
		}
	}
	x, err := readExtension(data)
	if err != nil {
		return m.badPackage(spec, err, at)
	}
	return x
}

func (m *Model) badPackage(spec string, err error, at syntax.Span) *Extension {
	m.errorf("BCP396", at, "The referenced extension types artifact has been published with malformed content. \"%s\" can't be read: %v.", spec, err)
	return nil
}

// unpack reads the files of a .tgz.
func unpack(data []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	files := map[string][]byte{}
	r := tar.NewReader(io.LimitReader(z, maxPackage))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if files[strings.TrimPrefix(h.Name, "./")], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}

func readExtension(data []byte) (*Extension, error) {
	files, err := unpack(data)
	if err != nil {
		return nil, err
	}
	var index struct {
		Resources map[string]packageRef `json:"resources"`
		Settings  *struct {
			Name          string      `json:"name"`
			Version       string      `json:"version"`
			Configuration *packageRef `json:"configurationType"`
		} `json:"settings"`
	}
	if err := json.Unmarshal(files["index.json"], &index); err != nil {
		return nil, fmt.Errorf("its index.json: %w", err)
	}
	if index.Settings == nil || index.Settings.Name == "" || index.Settings.Version == "" {
		return nil, errors.New("its index.json has no settings with a name and a version")
	}
	r := &packageReader{files: files, read: map[string][]packageType{}, made: map[packagePlace]*types.Type{}, resources: map[string]packageRef{}}
	x := &Extension{Name: index.Settings.Name, Version: index.Settings.Version, types: map[string]bool{}, reader: r}
	for name, ref := range index.Resources {
		x.types[strings.ToLower(name)] = true
		r.resources[strings.ToLower(name)] = ref
	}
	if c := index.Settings.Configuration; c != nil {
		if x.Config, err = r.convert(*c, "types.json"); err != nil {
			return nil, err
		}
	}
	return x, nil
}
