package main

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/resourcetypes/form"
)

// chunkWriter writes the types of a namespace, each distinct one once.
type chunkWriter struct {
	files   map[*entry]int // the place in shapes, by the first entry
	shapes  [][]shape
	classes [][]class

	texts      map[string]int
	properties map[string]int // by what is written of them
	types      map[class]int

	textBytes, propertyBytes, resourceBytes []byte
	typeBytes                               [][]byte
}

// common are the properties that every resource has, which the table leaves out.
var common = []string{"id", "type", "apiVersion"}

// read takes up the files with resources of the namespace.
func (w *chunkWriter) read(casings []*namespace) error {
	var files []typesFile
	for _, s := range casings {
		for _, name := range s.types() {
			for _, version := range slices.Sorted(maps.Keys(s.resources[name])) {
				r := s.resources[name][version]
				if _, known := w.files[&r.file[0]]; !known {
					w.files[&r.file[0]] = len(files)
					files = append(files, r.file)
				}
			}
		}
	}
	for _, f := range files {
		list, err := shapes(f)
		if err != nil {
			return err
		}
		for _, e := range f {
			if body := e.Body.index(); e.Kind == "ResourceType" && body >= 0 {
				list[body].properties = slices.DeleteFunc(list[body].properties, func(p shapeProperty) bool { return slices.Contains(common, p.name) })
			}
		}
		w.shapes = append(w.shapes, list)
	}
	w.classes = classes(w.shapes)
	return nil
}

// resource writes what a type is at a version.
func (w *chunkWriter) resource(r *resource, name, version string) {
	f := w.files[&r.file[0]]
	e := r.file[r.place]
	body := uint64(0)
	if i := e.Body.index(); i >= 0 {
		body = uint64(w.typ(f, i)) + 1
	}
	b := w.resourceBytes
	for _, n := range []uint64{body, e.ReadableScopes, e.WritableScopes} {
		b = binary.AppendUvarint(b, n)
	}
	functions := functionsOf(r.file, name, version)
	b = binary.AppendUvarint(b, uint64(len(functions)))
	for _, fn := range functions {
		input := 0
		if i := fn.Input.index(); i >= 0 {
			input = w.typ(f, i) + 1
		}
		for _, n := range []int{w.text(fn.Name), input, w.typ(f, fn.Output.index())} {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	w.resourceBytes = b
}

// functionsOf are the functions of a resource type that a template can call: list*.
func functionsOf(f typesFile, name, version string) []entry {
	var out []entry
	for _, e := range f {
		if e.Kind == "ResourceFunctionType" && strings.EqualFold(e.ResourceType, name) && strings.EqualFold(e.APIVersion, version) &&
			strings.HasPrefix(strings.ToLower(e.Name), "list") && e.Output.index() >= 0 {
			out = append(out, e)
		}
	}
	return out
}

func (w *chunkWriter) text(s string) int {
	n, ok := w.texts[s]
	if !ok {
		n = len(w.texts)
		w.texts[s] = n
		w.textBytes = appendText(w.textBytes, s)
	}
	return n
}

// typ is the place of a type of a file, which is written when it is new.
func (w *chunkWriter) typ(f, i int) int {
	key := w.classes[f][i]
	if n, ok := w.types[key]; ok {
		return n
	}
	n := len(w.types)
	w.types[key] = n
	w.typeBytes = append(w.typeBytes, nil) // those that it refers to come after it
	w.typeBytes[n] = w.written(f, w.shapes[f][i])
	return n
}

func (w *chunkWriter) written(f int, s shape) []byte {
	b := []byte{byte(s.tag)}
	add := func(numbers ...int) {
		for _, n := range numbers {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	switch s.tag {
	case form.String, form.Secret, form.Int:
		return w.bounds(b, s)
	case form.Literal:
		add(w.text(s.name))
	case form.Array:
		add(w.typ(f, s.parts[0]))
	case form.Union:
		add(len(s.parts))
		for _, p := range s.parts {
			add(w.typ(f, p))
		}
	case form.Object:
		add(w.text(s.name), int(s.marks))
		for _, p := range s.parts {
			add(w.typ(f, p))
		}
		add(w.propertyList(f, s)...)
	case form.Tagged:
		add(w.text(s.name), w.text(s.discriminator))
		add(w.propertyList(f, s)...)
		add(len(s.parts))
		for i, p := range s.parts {
			add(w.text(s.values[i]), w.typ(f, p))
		}
	}
	return b
}

func (w *chunkWriter) bounds(b []byte, s shape) []byte {
	marks, rest := 0, []byte(nil)
	number := func(mark int, n *int64) {
		if n == nil {
			return
		}
		marks |= mark
		u := uint64(*n)
		if s.tag == form.Int {
			u = form.Zigzag(*n)
		}
		rest = binary.AppendUvarint(rest, u)
	}
	number(form.Least, s.least)
	number(form.Most, s.most)
	if s.pattern != nil {
		marks |= form.Pattern
		rest = binary.AppendUvarint(rest, uint64(w.text(*s.pattern)))
	}
	return append(append(b, byte(marks)), rest...)
}

// propertyList is the number of properties and their places.
func (w *chunkWriter) propertyList(f int, s shape) []int {
	list := []int{len(s.properties)}
	for _, p := range s.properties {
		typ := w.typ(f, p.typ)
		b := binary.AppendUvarint(nil, uint64(w.text(p.name)))
		b = binary.AppendUvarint(b, p.marks)
		b = binary.AppendUvarint(b, uint64(typ))
		n, ok := w.properties[string(b)]
		if !ok {
			n = len(w.properties)
			w.properties[string(b)] = n
			w.propertyBytes = append(w.propertyBytes, b...)
		}
		list = append(list, n)
	}
	return list
}

func (w *chunkWriter) bytes() []byte {
	count := func(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }
	return slices.Concat(count(len(w.texts)), w.textBytes, count(len(w.properties)), w.propertyBytes,
		count(len(w.types)), slices.Concat(w.typeBytes...), w.resourceBytes)
}
