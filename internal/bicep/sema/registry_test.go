package sema

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"testing"
)

// TestEncodedTag has the examples of the official tool's own test.
func TestEncodedTag(t *testing.T) {
	for tag, want := range map[string]string{
		"v1": "v1$", "V1": "V1$1", "AbCd": "AbCd$5", "ABCD": "ABCD$f", "ABCDABCDABCDABCDAB": "ABCDABCDABCDABCDAB$3ffff",
		"ABCDABCDABCDABCDABCDABCDABCDABCDAbC": "ABCDABCDABCDABCDABCDABCDABCDABCDAbC$5ffffffff", "aaaaA": "aaaaA$10",
	} {
		if got := encodedTag(tag); got != want {
			t.Errorf("%s: got %s, want %s", tag, got, want)
		}
	}
}

// FuzzExtension reads the two files of a package: it ends, with an extension or an error.
func FuzzExtension(f *testing.F) {
	f.Add([]byte(`{"settings":{"name":"a","version":"1","configurationType":{"$ref":"types.json#/0"}}}`), []byte(`[{"$type":"ArrayType","itemType":{"$ref":"#/0"}}]`))
	f.Add([]byte(`{"settings":{"name":"a","version":"1","configurationType":{"$ref":"#/0"}}}`), []byte(`[]`))
	f.Add([]byte(`{"settings":{"name":"a","version":"1","configurationType":{"$ref":"types.json#/0"}}}`),
		[]byte(`[{"$type":"ObjectType","properties":{"a":{"type":{"$ref":"#/0"}},"b":{"type":{"$ref":"#/0"}},"c":{"type":{"$ref":"#/0"}}}}]`))
	f.Add([]byte(`{"settings":{"name":"a","version":"1","configurationType":{"$ref":"types.json#/0"}}}`),
		[]byte(`[{"$type":"DiscriminatedObjectType","discriminator":"k","elements":{"x":{"$ref":"#/1"},"y":{"$ref":"#/9"}}},{"$type":"StringType"}]`))
	f.Fuzz(func(t *testing.T, index, types []byte) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		w := tar.NewWriter(z)
		for name, data := range map[string][]byte{"index.json": index, "types.json": types} {
			w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644, Typeflag: tar.TypeReg})
			w.Write(data)
		}
		w.Close()
		z.Close()
		if x, err := readExtension(b.Bytes()); (x == nil) == (err == nil) {
			t.Errorf("extension %v, error %v", x, err)
		}
	})
}
