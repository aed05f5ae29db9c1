package main

import (
	"crypto/sha256"
	"encoding/binary"
)

// class is the same for two types that are equal however deep they are looked at,
// whichever files they stand in.
type class [16]byte

// classes tells apart the types of files. It begins with what each type says of
// itself and refines that by the classes of what it refers to, until nothing more
// comes apart; types that refer to themselves need no care.
func classes(files [][]shape) [][]class {
	now := make([][]class, len(files))
	for i, f := range files {
		now[i] = make([]class, len(f))
	}
	for count := 0; ; {
		next := make([][]class, len(files))
		seen := map[class]bool{}
		for i, f := range files {
			next[i] = make([]class, len(f))
			for j, s := range f {
				next[i][j] = s.class(now[i])
				seen[next[i][j]] = true
			}
		}
		now = next
		if len(seen) == count {
			return now
		}
		count = len(seen)
	}
}

// class is a digest of what s says and of the classes of what it refers to.
func (s shape) class(of []class) class {
	var b []byte
	text := func(t string) {
		b = binary.AppendUvarint(b, uint64(len(t)))
		b = append(b, t...)
	}
	bound := func(n *int64) {
		if n == nil {
			b = append(b, 0)
			return
		}
		b = binary.AppendVarint(append(b, 1), *n)
	}
	b = append(b, byte(s.tag), byte(s.marks))
	text(s.name)
	text(s.discriminator)
	bound(s.least)
	bound(s.most)
	if s.pattern != nil {
		text(*s.pattern)
	}
	b = binary.AppendUvarint(b, uint64(len(s.properties)))
	for _, p := range s.properties {
		text(p.name)
		b = append(b, byte(p.marks))
		b = append(b, of[p.typ][:]...)
	}
	for i, n := range s.parts {
		if i < len(s.values) {
			text(s.values[i])
		}
		b = append(b, of[n][:]...)
	}
	sum := sha256.Sum256(b)
	return class(sum[:16])
}
