package bicep_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// pack makes a .tgz of files.
func pack(files map[string]string) []byte {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range names {
		w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg})
		w.Write([]byte(files[name]))
	}
	w.Close()
	z.Close()
	return b.Bytes()
}

// packed replaces files named ARCHIVE.tgz/NAME by archives.
func packed(files map[string][]byte) {
	archives := map[string]map[string]string{}
	for path, data := range files {
		archive, name, ok := strings.Cut(path, ".tgz/")
		if !ok {
			continue
		}
		archive += ".tgz"
		if archives[archive] == nil {
			archives[archive] = map[string]string{}
		}
		archives[archive][name] = string(data)
		delete(files, path)
	}
	for archive, content := range archives {
		files[archive] = pack(content)
	}
}

// corpusExtensions are the packages that the corpus' own registry offers its test
// cases: their name, their configuration, and the types of a types.json that it uses.
var corpusExtensions = map[string]string{
	"noconfig":          ``,
	"hasoptionalconfig": `{"$type":"ObjectType","name":"config","properties":{"optionalSecureString":{"type":{"$ref":"#/2"},"flags":0},"optionalString":{"type":{"$ref":"#/1"},"flags":0}}}`,
	"hasconfig":         `{"$type":"ObjectType","name":"config","properties":{"requiredString":{"type":{"$ref":"#/1"},"flags":1},"optionalString":{"type":{"$ref":"#/1"},"flags":0}}}`,
	"hassecureconfig":   `{"$type":"ObjectType","name":"config","properties":{"requiredSecureString":{"type":{"$ref":"#/2"},"flags":1},"optionalString":{"type":{"$ref":"#/1"},"flags":0}}}`,
	"hasdiscrimconfig": `{"$type":"DiscriminatedObjectType","name":"config","discriminator":"discrim","baseProperties":{"z1":{"type":{"$ref":"#/1"},"flags":0}},"elements":{"a":{"$ref":"#/3"},"b":{"$ref":"#/4"}}},
		{"$type":"StringType"},{"$type":"StringType","sensitive":true},
		{"$type":"ObjectType","name":"aType","properties":{"discrim":{"type":{"$ref":"#/5"},"flags":1},"a1":{"type":{"$ref":"#/1"},"flags":1},"a2":{"type":{"$ref":"#/1"},"flags":0}}},
		{"$type":"ObjectType","name":"bType","properties":{"discrim":{"type":{"$ref":"#/6"},"flags":1},"b1":{"type":{"$ref":"#/1"},"flags":1}}},
		{"$type":"StringLiteralType","value":"a"},{"$type":"StringLiteralType","value":"b"}`,
}

// corpusCache is a module cache with these packages.
func corpusCache(t *testing.T) string {
	cache := t.TempDir()
	for name, config := range corpusExtensions {
		settings := `"name":"` + name + `","version":"1.2.3","isSingleton":false`
		files := map[string]string{}
		if config != "" {
			settings += `,"configurationType":{"$ref":"types.json#/0"}`
			if !strings.Contains(config, `{"$type":"StringType"}`) {
				config += `,{"$type":"StringType"},{"$type":"StringType","sensitive":true}`
			}
			files["types.json"] = "[" + config + "]"
		}
		files["index.json"] = `{"resources":{},"settings":{` + settings + `}}`
		dir := filepath.Join(cache, "br", "mcr.microsoft.com", "bicep$extensions$"+name+"$v1", "1.2.3$")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "types.tgz"), pack(files), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return cache
}
