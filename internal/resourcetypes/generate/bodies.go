package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// bodies is the content of bodies.bin; package form says what it means.
func bodies(spaces []*namespace) ([]byte, error) {
	var index, chunks []byte
	count := 0
	for len(spaces) > 0 {
		key := strings.ToLower(spaces[0].name)
		n := 1
		for n < len(spaces) && strings.ToLower(spaces[n].name) == key {
			n++
		}
		plain, err := chunk(spaces[:n])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		packed, err := deflate(plain)
		if err != nil {
			return nil, err
		}
		index = appendText(index, key)
		index = binary.AppendUvarint(index, uint64(len(packed)))
		index = binary.AppendUvarint(index, uint64(len(plain)))
		chunks = append(chunks, packed...)
		spaces = spaces[n:]
		count++
	}
	return slices.Concat(binary.AppendUvarint(nil, uint64(count)), index, chunks), nil
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func deflate(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// chunk is what bodies.bin has for a namespace, given in all its casings.
func chunk(casings []*namespace) ([]byte, error) {
	w := &chunkWriter{texts: map[string]int{}, properties: map[string]int{}, types: map[class]int{}, files: map[*entry]int{}}
	if err := w.read(casings); err != nil {
		return nil, err
	}
	for _, s := range casings {
		for _, name := range s.types() {
			for _, version := range s.versions() {
				if r := s.resources[name][version]; r != nil {
					w.resource(r, s.name+"/"+name, version)
				}
			}
		}
	}
	return w.bytes(), nil
}
