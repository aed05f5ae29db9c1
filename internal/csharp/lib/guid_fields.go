package lib

import (
	"encoding/binary"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

const badGuidFormat = "Format String can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\"."

func isGuidFormat(s string) bool { return len(s) == 1 && strings.Contains("DNPBXdnpbx", s) }

// guidOf puts the fields of a Guid together.
func guidOf(a uint32, b, c uint16, rest []byte) *guid {
	g := &guid{}
	binary.BigEndian.PutUint32(g[:], a)
	binary.BigEndian.PutUint16(g[4:], b)
	binary.BigEndian.PutUint16(g[6:], c)
	copy(g[8:], rest)
	return g
}

// parseGuidFields reads the format X: {0xdddddddd,0xdddd,0xdddd,{0xdd,0xdd,0xdd,0xdd,0xdd,0xdd,0xdd,0xdd}}.
func parseGuidFields(s string) (*guid, bool) {
	s = strings.ToLower(strings.ReplaceAll(s, " ", ""))
	head, tail, ok := strings.Cut(strings.TrimPrefix(s, "{"), ",{")
	fields := strings.Split(head, ",")
	tail, closed := strings.CutSuffix(tail, "}}")
	bytes := strings.Split(tail, ",")
	if !ok || !closed || len(fields) != 3 || len(bytes) != 8 {
		return &guid{}, false
	}
	var n [11]uint64
	for i, f := range append(fields, bytes...) {
		digits, hex := strings.CutPrefix(f, "0x")
		v, err := strconv.ParseUint(digits, 16, []int{32, 16, 16, 8}[min(i, 3)])
		if !hex || err != nil || strings.Contains(digits, "_") {
			return &guid{}, false
		}
		n[i] = v
	}
	rest := make([]byte, 8)
	for i := range rest {
		rest[i] = byte(n[3+i])
	}
	return guidOf(uint32(n[0]), uint16(n[1]), uint16(n[2]), rest), true
}

// guidFields adds the constructors that take a Guid's fields.
func guidFields(b *types.Builder) {
	b.New("(int a, short b, short c, byte[] d)", func(c call, a []val) val {
		d := arrayOf(c, a[3], "d").Bytes
		if len(d) != 8 {
			c.Throw("System.ArgumentException", "Byte array for GUID must be exactly 8 bytes long.")
		}
		return types.Ref(guidOf(uint32(a[0].Bits()), uint16(a[1].Bits()), uint16(a[2].Bits()), d))
	})
	fields := func(_ call, a []val) val {
		rest := make([]byte, 8)
		for i := range rest {
			rest[i] = byte(a[3+i].Bits())
		}
		return types.Ref(guidOf(uint32(a[0].Bits()), uint16(a[1].Bits()), uint16(a[2].Bits()), rest))
	}
	const bytes = ", byte d, byte e, byte f, byte g, byte h, byte i, byte j, byte k)"
	b.New("(int a, short b, short c"+bytes, fields)
	b.New("(uint a, ushort b, ushort c"+bytes, fields)
}
