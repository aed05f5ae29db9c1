package sema

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
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
		outer, err := m.workspace.read(full)
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

// packageType is an entry of a types file, as far as configurations need it.
type packageType struct {
	Type       string                 `json:"$type"`
	Name       string                 `json:"name"`
	Value      string                 `json:"value"`
	Sensitive  bool                   `json:"sensitive"`
	Properties map[string]packageProp `json:"properties"`
	Base       map[string]packageProp `json:"baseProperties"`
	Key        string                 `json:"discriminator"`
	Elements   json.RawMessage        `json:"elements"`
	ItemType   packageRef             `json:"itemType"`
}

type packageProp struct {
	Type  packageRef `json:"type"`
	Flags int        `json:"flags"`
}

// packageRef is FILE#/INDEX, or #/INDEX in the same file.
type packageRef struct {
	Ref string `json:"$ref"`
}

// packageReader reads the types of an extension.
type packageReader struct {
	files map[string][]byte
	read  map[string][]packageType
	steps int // taken so far; types may contain themselves
}

// maxSteps is how many types a configuration may be made of; the rest is any.
const maxSteps = 2000

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
	x := &Extension{Name: index.Settings.Name, Version: index.Settings.Version, types: map[string]bool{}}
	for name := range index.Resources {
		x.types[strings.ToLower(name)] = true
	}
	if c := index.Settings.Configuration; c != nil {
		r := &packageReader{files: files, read: map[string][]packageType{}}
		if x.Config, err = r.convert(*c, "types.json"); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// entry finds what a reference in a file refers to.
func (r *packageReader) entry(ref packageRef, file string) (packageType, string, error) {
	name, number, _ := strings.Cut(ref.Ref, "#/")
	if name == "" {
		name = file
	}
	list, known := r.read[name]
	if !known {
		if err := json.Unmarshal(r.files[name], &list); err != nil {
			return packageType{}, name, fmt.Errorf("its %s: %w", name, err)
		}
		r.read[name] = list
	}
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(list) {
		return packageType{}, name, fmt.Errorf("its %s has no type %q", name, ref.Ref)
	}
	return list[i], name, nil
}

// convert makes the type that a reference means. What is not told apart here is any.
func (r *packageReader) convert(ref packageRef, file string) (*types.Type, error) {
	if r.steps++; r.steps > maxSteps {
		return types.Any, nil
	}
	p, file, err := r.entry(ref, file)
	if err != nil {
		return nil, err
	}
	switch p.Type {
	case "StringType":
		if p.Sensitive {
			return types.SecureString, nil
		}
		return types.String, nil
	case "StringLiteralType":
		return types.Text(p.Value), nil
	case "IntegerType":
		return types.Int, nil
	case "BooleanType":
		return types.Bool, nil
	case "ArrayType":
		item, err := r.convert(p.ItemType, file)
		if err != nil {
			return nil, err
		}
		return types.ArrayOf(item), nil
	case "ObjectType":
		props, err := r.props(p.Properties, file)
		if err != nil {
			return nil, err
		}
		return types.Struct(p.Name, props...), nil
	case "DiscriminatedObjectType":
		return r.tagged(p, file)
	}
	return types.Any, nil
}

func (r *packageReader) props(from map[string]packageProp, file string) ([]*types.Prop, error) {
	var out []*types.Prop
	for _, name := range slices.Sorted(maps.Keys(from)) {
		p := from[name]
		t, err := r.convert(p.Type, file)
		if err != nil {
			return nil, err
		}
		var flags types.Flags
		for i, f := range []types.Flags{types.Required, types.ReadOnly, types.WriteOnly} {
			if p.Flags&(1<<i) != 0 {
				flags |= f
			}
		}
		out = append(out, &types.Prop{Name: name, Type: t, Flags: flags})
	}
	return out, nil
}

// tagged is an object that the value of one property selects.
func (r *packageReader) tagged(p packageType, file string) (*types.Type, error) {
	var elements map[string]packageRef
	if err := json.Unmarshal(p.Elements, &elements); err != nil {
		return nil, err
	}
	base, err := r.props(p.Base, file)
	if err != nil {
		return nil, err
	}
	u := &types.Type{Kind: types.TaggedKind, Name: p.Name, Key: p.Key}
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		o, err := r.convert(elements[name], file)
		if err != nil {
			return nil, err
		}
		one := types.Struct(name, &types.Prop{Name: p.Key, Type: types.Text(name), Flags: types.Required})
		for _, q := range append(base, o.Props...) {
			if one.Prop(q.Name) == nil {
				one.Props = append(one.Props, q)
			}
		}
		byName(one.Props)
		u.Items = append(u.Items, one)
	}
	return u, nil
}
