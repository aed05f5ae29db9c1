package resourcetypes

import (
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"io"
	"strings"
	"sync"

	"gatehouse/internal/resourcetypes/form"
)

// bodiesBin is the table of bodies; package form says what its bytes mean.
//
//go:embed bodies.bin
var bodiesBin string

// extent is where a namespace's chunk stands in bodiesBin.
type extent struct{ from, packed, plain int }

var extents = sync.OnceValue(func() map[string]extent {
	r := byteReader{text: bodiesBin}
	all := make(map[string]extent, 512)
	var order []string
	for range r.number() {
		name := r.string()
		all[name] = extent{packed: r.number(), plain: r.number()}
		order = append(order, name)
	}
	from := len(bodiesBin) - len(r.text)
	for _, name := range order {
		e := all[name]
		e.from = from
		from += e.packed
		all[name] = e
	}
	return all
})

// chunk is the types of a namespace. Types are made when they are asked for, once.
type chunk struct {
	texts      []string
	properties []propertyRow
	types      []string // what the chunk says of each, from there on
	resources  []resourceRow
	starts     map[string]int // of a type's name: where its first version is in resources

	rest int // bytes that were not read; none

	mu   sync.Mutex
	made map[int]*Type
	full map[int]*Resource
}

type propertyRow struct{ name, marks, typ int }

type resourceRow struct {
	body               int // counted from 1
	readable, writable Scopes
	functions          []functionRow
}

type functionRow struct{ name, input, output int }

// readChunk reads the chunk of a namespace, or gives nil when there is none.
func readChunk(namespace string) *chunk {
	e, ok := extents()[namespace]
	if !ok {
		return nil
	}
	plain := make([]byte, e.plain)
	packed := flate.NewReader(strings.NewReader(bodiesBin[e.from : e.from+e.packed]))
	if _, err := io.ReadFull(packed, plain); err != nil {
		return nil // the tests read every chunk
	}
	starts, count := starts(namespace)
	return newChunk(string(plain), starts, count)
}

func newChunk(plain string, starts map[string]int, count int) *chunk {
	r := byteReader{text: plain}
	c := &chunk{starts: starts, made: map[int]*Type{}, full: map[int]*Resource{}}
	c.texts = make([]string, r.number())
	for i := range c.texts {
		c.texts[i] = r.string()
	}
	c.properties = make([]propertyRow, r.number())
	for i := range c.properties {
		c.properties[i] = propertyRow{r.number(), r.number(), r.number()}
	}
	c.types = make([]string, r.number())
	for i := range c.types {
		c.types[i] = r.text
		r.skipType()
	}
	c.resources = make([]resourceRow, count)
	for i := range c.resources {
		row := resourceRow{body: r.number(), readable: Scopes(r.number()), writable: Scopes(r.number())}
		for range r.number() {
			row.functions = append(row.functions, functionRow{r.number(), r.number(), r.number()})
		}
		c.resources[i] = row
	}
	c.rest = len(r.text)
	return c
}

// resource is the one at a place in the order of names.txt.
func (c *chunk) resource(at int, name, version string) *Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.full[at]; r != nil {
		return r
	}
	row := c.resources[at]
	r := &Resource{Name: name, Version: version, Readable: row.readable, Writable: row.writable}
	if row.body > 0 {
		r.Body = withCommon(c.typ(row.body-1), name, version)
	}
	for _, f := range row.functions {
		fn := Function{Name: c.texts[f.name], Output: c.typ(f.output)}
		if f.input > 0 {
			fn.Input = c.typ(f.input - 1)
		}
		r.Functions = append(r.Functions, fn)
	}
	c.full[at] = r
	return r
}

// byteReader reads numbers and texts off the front of text.
type byteReader struct{ text string }

func (r *byteReader) number() int {
	if b := r.text[0]; b < 0x80 {
		r.text = r.text[1:]
		return int(b)
	}
	return int(r.long())
}

func (r *byteReader) long() uint64 {
	var u uint64
	for i := 0; i < len(r.text) && i < binary.MaxVarintLen64; i++ {
		b := r.text[i]
		u |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.text = r.text[i+1:]
			break
		}
	}
	return u
}

func (r *byteReader) string() string {
	n := r.number()
	s := r.text[:n]
	r.text = r.text[n:]
	return s
}

func (r *byteReader) skip(numbers int) {
	for range numbers {
		r.long()
	}
}

// skipType reads over a type.
func (r *byteReader) skipType() {
	switch r.number() {
	case form.String, form.Secret, form.Int:
		marks := r.number()
		r.skip(marks&1 + marks>>1&1 + marks>>2&1)
	case form.Literal, form.Array:
		r.skip(1)
	case form.Union:
		r.skip(r.number())
	case form.Object:
		r.skip(1)
		r.skip(r.number() & form.Open)
		r.skip(r.number())
	case form.Tagged:
		r.skip(2)
		r.skip(r.number())
		r.skip(2 * r.number())
	}
}
