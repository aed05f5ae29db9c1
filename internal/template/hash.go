package template

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

var guidNamespace = uuid.MustParse("11fb06fb-712d-4ddd-98c7-e71bbd588830")

// GUID is the function guid: a version 5 UUID of the parts joined by '-'.
func GUID(parts ...string) string {
	return uuid.NewSHA1(guidNamespace, []byte(strings.Join(parts, "-"))).String()
}

// UniqueString is the function uniqueString: 13 characters of base32 of the hash of
// the parts joined by '-'.
func UniqueString(parts ...string) string {
	h := hash64([]byte(strings.Join(parts, "-")))
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	var out [13]byte
	for i := range out {
		out[i] = alphabet[h>>59]
		h <<= 5
	}
	return string(out[:])
}

// HashText is the hash of uniqueString as a decimal number, as templateHash shows it.
func HashText(text string) string { return strconv.FormatUint(hash64([]byte(text)), 10) }

// hash64 runs two 32-bit Murmur lanes over blocks of eight bytes, with seed 0.
func hash64(data []byte) uint64 {
	const c1, c2 = 0x239b961b, 0xab0e9789
	const m1, m2 = 0x561ccd1b, 0x0bcaa747
	var h1, h2 uint32
	n := uint32(len(data))
	for ; len(data) >= 8; data = data[8:] {
		k1 := binary.LittleEndian.Uint32(data)
		k2 := binary.LittleEndian.Uint32(data[4:])
		k1 = bits.RotateLeft32(k1*c1, 15) * c2
		h1 = (bits.RotateLeft32(h1^k1, 19) + h2) * 5
		h1 += m1
		k2 = bits.RotateLeft32(k2*c2, 17) * c1
		h2 = (bits.RotateLeft32(h2^k2, 13) + h1) * 5
		h2 += m2
	}
	if len(data) > 0 {
		var tail [8]byte
		copy(tail[:], data)
		k1 := binary.LittleEndian.Uint32(tail[:])
		k1 = bits.RotateLeft32(k1*c1, 15) * c2
		h1 ^= k1
		if len(data) > 4 {
			k2 := binary.LittleEndian.Uint32(tail[4:])
			k2 = bits.RotateLeft32(k2*c2, 17) * c1
			h2 ^= k2
		}
	}
	h1 ^= n
	h2 ^= n
	h1 += h2
	h2 += h1
	h1 = mix(h1)
	h2 = mix(h2)
	h1 += h2
	h2 += h1
	return uint64(h2)<<32 | uint64(h1)
}

// mix is the finalizer of MurmurHash3.
func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
