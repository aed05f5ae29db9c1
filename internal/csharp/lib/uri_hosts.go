package lib

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// What a UriHostNameType says a host is.
const (
	hostUnknown = iota
	hostBasic
	hostDNS
	hostIPv4
	hostIPv6
)

// hostKind is Uri.CheckHostName: an address, or a name of labels as RFC 1123 and IDN have them.
func hostKind(s string) int {
	if ip, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		if ip.Is4() {
			return hostIPv4
		}
		return hostIPv6
	}
	if s == "" || len(s) > 255 {
		return hostUnknown
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") || strings.ContainsFunc(label, notInLabel) {
			return hostUnknown
		}
	}
	return hostDNS
}

func notInLabel(r rune) bool {
	return r < 0x80 && r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
}

// uriHosts adds what System.Uri knows of hosts, schemes and hexadecimal digits, and the ways to make
// one of two.
func uriHosts(r *types.Registry) {
	kind := r.Enum("System.UriHostNameType", "Unknown", "Basic", "Dns", "IPv4", "IPv6").Type()
	b := r.Class("System.Uri")
	b.Func("UriHostNameType CheckHostName(string name)", func(_ call, a []val) val { return types.Of(kind, uint64(hostKind(a[0].Str()))) })
	b.Get("UriHostNameType HostNameType", func(c call, a []val) val {
		x := absoluteURI(c, a[0])
		n := hostKind(x.host())
		if n == hostUnknown && x.host() != "" {
			n = hostBasic
		}
		return types.Of(kind, uint64(n))
	})
	b.Get("bool IsUnc", func(c call, a []val) val {
		x := absoluteURI(c, a[0])
		return types.Bool(x.u.Scheme == "file" && x.u.Host != "")
	})
	b.Get("bool UserEscaped", func(call, []val) val { return types.Bool(false) })
	for _, scheme := range []string{"Gopher", "Mailto", "News", "Nntp"} {
		b.Const("string UriScheme"+scheme, str(strings.ToLower(scheme)))
	}
	b.Const("string UriSchemeNetPipe", str("net.pipe")).Const("string UriSchemeNetTcp", str("net.tcp"))
	b.Method("string MakeRelative(Uri toUri)", func(c call, a []val) val {
		c.NotNull(a[1], "toUri")
		return str(absoluteURI(c, a[0]).relativeTo(absoluteURI(c, a[1])).ToText(c.Run))
	})
	b.Func("int Compare(Uri uri1, Uri uri2, UriComponents partsToCompare, UriFormat compareFormat, StringComparison comparisonType)", compareURIs)
	uriPairs(b)
	hexMembers(b)
}

func compareURIs(c call, a []val) val {
	switch {
	case a[0].IsNull() || a[1].IsNull():
		return integer(map[bool]int{true: 1}[!a[0].IsNull()] - map[bool]int{true: 1}[!a[1].IsNull()])
	}
	x, y := a[0].Ref().(*uri), a[1].Ref().(*uri)
	if x.u == nil || y.u == nil {
		if (x.u == nil) != (y.u == nil) {
			return integer(map[bool]int{true: 1, false: -1}[x.u != nil])
		}
		return integer(CompareText(str(x.text), str(y.text), a[4].Int()))
	}
	decode := decoderOf(c, a[3].Int())
	return integer(CompareText(str(x.components(a[2].Int(), decode)), str(y.components(a[2].Int(), decode)), a[4].Int()))
}

// joinURI resolves a reference against a base (RFC 3986 5.2).
func joinURI(base *uri, reference string) (*uri, bool) {
	ref, err := url.Parse(strings.ReplaceAll(reference, " ", "%20"))
	if err != nil || base.u == nil {
		return nil, false
	}
	u := base.u.ResolveReference(ref)
	return &uri{u.String(), u}, true
}

// uriPairs adds the constructors that are deprecated and TryCreate of a base and a reference.
func uriPairs(b *types.Builder) {
	b.New("(string uriString, bool dontEscape)", func(c call, a []val) val { c.NotNull(a[0], "uriString"); return newURI(c, a[0].Str(), 1) })
	b.New("(Uri baseUri, string relativeUri, bool dontEscape)", uriOfTwo)
	try := func(c call, a []val) val {
		base, ok := a[0].Ref().(*uri)
		var x *uri
		if ok = ok && !a[1].IsNull(); ok {
			x, ok = joinURI(base, c.Text(a[1]))
		}
		a[2] = types.Null
		if ok {
			a[2] = types.Ref(x)
		}
		return types.Bool(ok)
	}
	b.Func("bool TryCreate(Uri baseUri, string relativeUri, out Uri result)", try)
	b.Func("bool TryCreate(Uri baseUri, Uri relativeUri, out Uri result)", try)
}

// uriOfTwo is the constructor of a base and a reference.
func uriOfTwo(c call, a []val) val {
	c.NotNull(a[0], "baseUri")
	x, ok := joinURI(a[0].Ref().(*uri), c.Text(a[1]))
	switch {
	case a[0].Ref().(*uri).u == nil:
		c.ThrowArgument("System.ArgumentOutOfRangeException", "Specified argument was out of the range of valid values.", "baseUri")
	case !ok:
		c.Throw("System.UriFormatException", "Invalid URI: The format of the URI could not be determined.")
	}
	return types.Ref(x)
}

func hexMembers(b *types.Builder) {
	digit := func(u uint16) int {
		n, err := strconv.ParseUint(string(rune(u)), 16, 8)
		if err != nil {
			return -1
		}
		return int(n)
	}
	b.Func("bool IsHexDigit(char character)", func(_ call, a []val) val { return types.Bool(digit(a[0].Char()) >= 0) })
	b.Func("int FromHex(char digit)", func(c call, a []val) val {
		n := digit(a[0].Char())
		if n < 0 {
			c.ThrowArgument("System.ArgumentException", "Value does not fall within the expected range.", "digit")
		}
		return integer(n)
	})
	b.Func("string HexEscape(char character)", func(c call, a []val) val {
		if a[0].Char() > 0xFF {
			c.OutOfRange("character", "Specified argument was out of the range of valid values.")
		}
		return str("%" + strings.ToUpper(strconv.FormatUint(0x100|a[0].Bits(), 16)[1:]))
	})
	encoded := func(s string, i int) bool {
		return i >= 0 && types.Length(s)-i >= 3 && types.At(s, i) == '%' && digit(types.At(s, i+1)) >= 0 && digit(types.At(s, i+2)) >= 0
	}
	b.Func("bool IsHexEncoding(string pattern, int index)", func(_ call, a []val) val { return types.Bool(encoded(a[0].Str(), a[1].Int())) })
	b.Func("char HexUnescape(string pattern, ref int index)", func(c call, a []val) val {
		s, i := a[0].Str(), a[1].Int()
		if i < 0 || i >= types.Length(s) {
			c.OutOfRange("index", "Specified argument was out of the range of valid values.")
		}
		if encoded(s, i) {
			a[1] = integer(i + 3)
			return types.Char(uint16(digit(types.At(s, i+1))<<4 | digit(types.At(s, i+2))))
		}
		a[1] = integer(i + 1)
		return types.Char(types.At(s, i))
	})
}
