package lib

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"gatehouse/internal/csharp/types"
)

var guidType = newGuidType()

func newGuidType() *types.Type {
	t := types.New(types.KindStruct, "System.Guid")
	t.Default = func() val { return types.Ref(&guid{}) }
	return t
}

// guid is a System.Guid, its bytes in the order of its text.
type guid [16]byte

// Guid makes a System.Guid of bytes in the order of its text.
func Guid(b [16]byte) val { g := guid(b); return types.Ref(&g) }

// DotNetType implements types.Object.
func (*guid) DotNetType() *types.Type { return guidType }

// EqualTo implements types.Equatable.
func (g *guid) EqualTo(v val) bool { h, ok := v.Ref().(*guid); return ok && *g == *h }

// Key implements types.Equatable.
func (g *guid) Key() string { return string(g[:]) }

// ToText implements types.TextOf.
func (g *guid) ToText(*types.Run) string { s, _ := g.format("D"); return s }

func (g *guid) compareTo(_ *types.Run, v val) int { return bytes.Compare(g[:], v.Ref().(*guid)[:]) }

func (g *guid) format(f string) (string, bool) {
	n := hex.EncodeToString(g[:])
	d := n[:8] + "-" + n[8:12] + "-" + n[12:16] + "-" + n[16:20] + "-" + n[20:]
	switch f {
	case "", "D", "d":
		return d, true
	case "N", "n":
		return n, true
	case "B", "b":
		return "{" + d + "}", true
	case "P", "p":
		return "(" + d + ")", true
	case "X", "x":
		s := "{0x" + n[:8] + ",0x" + n[8:12] + ",0x" + n[12:16] + ",{"
		for i := 16; i < 32; i += 2 {
			s += map[bool]string{true: ","}[i > 16] + "0x" + n[i:i+2]
		}
		return s + "}}", true
	}
	return "", false
}

// dotnet gives the bytes in the order of ToByteArray, or takes them: the first three fields
// are little-endian there.
func (g guid) dotnet() guid {
	return guid{g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]}
}

// parseGuid reads the formats N, D, B, P and X; one format alone when it is given.
func parseGuid(s, only string) (*guid, bool) {
	s = strings.TrimSpace(s)
	kind := "D"
	switch {
	case strings.HasPrefix(s, "{0x") || strings.HasPrefix(s, "{0X"):
		if only != "" && !strings.EqualFold(only, "X") {
			return &guid{}, false
		}
		return parseGuidFields(s)
	case len(s) == 32:
		kind = "N"
	case len(s) == 38 && s[0] == '{' && s[37] == '}':
		kind, s = "B", s[1:37]
	case len(s) == 38 && s[0] == '(' && s[37] == ')':
		kind, s = "P", s[1:37]
	}
	if only != "" && !strings.EqualFold(only, kind) {
		return &guid{}, false
	}
	if kind != "N" {
		if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return &guid{}, false
		}
		s = strings.ReplaceAll(s, "-", "")
	}
	g := &guid{}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return g, false
	}
	copy(g[:], b)
	return g, true
}

func readGuid(c call, s val, only string) val {
	c.NotNull(s, "input")
	g, ok := parseGuid(s.Str(), only)
	if !ok {
		c.Throw("System.FormatException", "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).")
	}
	return types.Ref(g)
}

// guids adds System.Guid.
func guids(r *types.Registry) {
	b := r.Add(guidType)
	b.Const("Guid Empty", types.Ref(&guid{}))
	b.New("(string g)", func(c call, a []val) val { return readGuid(c, a[0], "") })
	b.New("(byte[] b)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "b")
		if len(x.Bytes) != 16 {
			c.Throw("System.ArgumentException", fmt.Sprintf("Byte array for GUID must be exactly %d bytes long.", 16))
		}
		g := guid(x.Bytes).dotnet()
		return types.Ref(&g)
	})
	guidFields(b)
	b.Func("Guid NewGuid()", func(call, []val) val {
		g := &guid{}
		_, _ = rand.Read(g[:]) // never fails
		g[6], g[8] = g[6]&0x0F|0x40, g[8]&0x3F|0x80
		return types.Ref(g)
	})
	b.Func("Guid Parse(string input)", func(c call, a []val) val { return readGuid(c, a[0], "") })
	b.Func("Guid ParseExact(string input, string format)", func(c call, a []val) val {
		c.NotNull(a[1], "format")
		if !isGuidFormat(a[1].Str()) {
			c.Throw("System.FormatException", badGuidFormat)
		}
		return readGuid(c, a[0], a[1].Str())
	})
	b.Func("bool TryParse(string input, out Guid result)", func(_ call, a []val) val {
		g, ok := parseGuid(a[0].Str(), "")
		a[1] = types.Ref(g)
		return types.Bool(ok)
	})
	b.Func("bool TryParseExact(string input, string format, out Guid result)", func(_ call, a []val) val {
		g, ok := &guid{}, false
		if isGuidFormat(a[1].Str()) {
			g, ok = parseGuid(a[0].Str(), a[1].Str())
		}
		a[2] = types.Ref(g)
		return types.Bool(ok)
	})
	b.Method("byte[] ToByteArray()", func(c call, a []val) val {
		g := a[0].Ref().(*guid).dotnet()
		return types.Ref(c.Types.Bytes(g[:]))
	})
	b.Method("string ToString(string format)", formatted)
	b.Method("string ToString(string format, IFormatProvider provider)", formatted)
	b.Method("int CompareTo(Guid value)", func(c call, a []val) val { return integer(a[0].Ref().(*guid).compareTo(c.Run, a[1])) })
	b.Method("bool Equals(Guid g)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Operator("bool operator ==(Guid a, Guid b)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Operator("bool operator !=(Guid a, Guid b)", func(_ call, a []val) val { return types.Bool(!types.Equal(a[0], a[1])) })
	b.Format(func(r *types.Run, v val, format string) string {
		s, ok := v.Ref().(*guid).format(format)
		if !ok {
			r.Throw("System.FormatException", badGuidFormat)
		}
		return s
	})
}
