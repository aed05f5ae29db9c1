package lib

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

var ipAddressType = types.New(types.KindClass, "System.Net.IPAddress")

// ipAddress is a System.Net.IPAddress.
type ipAddress struct{ netip.Addr }

// DotNetType implements types.Object.
func (*ipAddress) DotNetType() *types.Type { return ipAddressType }

// ToText implements types.TextOf.
func (x *ipAddress) ToText(*types.Run) string { return x.String() }

// EqualTo implements types.Equatable.
func (x *ipAddress) EqualTo(v val) bool { y, ok := v.Ref().(*ipAddress); return ok && x.Addr == y.Addr }

// Key implements types.Equatable.
func (x *ipAddress) Key() string { return x.String() }

// ipAddresses adds System.Net.IPAddress.
func ipAddresses(r *types.Registry) {
	b := r.Add(ipAddressType)
	ipNumbers(b)
	b.New("(byte[] address)", func(c call, a []val) val {
		ip, ok := netip.AddrFromSlice(arrayOf(c, a[0], "address").Bytes)
		if !ok {
			c.ThrowArgument("System.ArgumentException", "An invalid IP address was specified.", "address")
		}
		return types.Ref(&ipAddress{ip})
	})
	read := func(s string) (*ipAddress, bool) {
		ip, err := netip.ParseAddr(strings.Trim(s, "[]"))
		return &ipAddress{ip}, err == nil
	}
	b.Func("IPAddress Parse(string ipString)", func(c call, a []val) val {
		c.NotNull(a[0], "ipString")
		ip, ok := read(a[0].Str())
		if !ok {
			c.Throw("System.FormatException", "An invalid IP address was specified.")
		}
		return types.Ref(ip)
	})
	b.Func("bool TryParse(string ipString, out IPAddress address)", func(_ call, a []val) val {
		ip, ok := read(a[0].Str())
		a[1] = types.Null
		if ok {
			a[1] = types.Ref(ip)
		}
		return types.Bool(ok)
	})
	b.Func("bool IsLoopback(IPAddress address)", func(c call, a []val) val {
		c.NotNull(a[0], "address")
		return types.Bool(a[0].Ref().(*ipAddress).IsLoopback())
	})
	b.Method("byte[] GetAddressBytes()", func(c call, a []val) val { return types.Ref(c.Types.Bytes(a[0].Ref().(*ipAddress).AsSlice())) })
	b.Method("IPAddress MapToIPv4()", self(func(x *ipAddress) val { return types.Ref(&ipAddress{x.Unmap()}) }))
	b.Method("IPAddress MapToIPv6()", self(func(x *ipAddress) val { return types.Ref(&ipAddress{netip.AddrFrom16(x.As16())}) }))
	b.Get("bool IsIPv4MappedToIPv6", self(func(x *ipAddress) val { return types.Bool(x.Is4In6()) }))
	b.Get("bool IsIPv6LinkLocal", self(func(x *ipAddress) val { return types.Bool(x.Is6() && x.IsLinkLocalUnicast()) }))
	r.AddEnum(types.New(types.KindEnum, "System.Net.Sockets.AddressFamily"), "InterNetwork=2", "InterNetworkV6=23")
	family := r.Named("System.Net.Sockets.AddressFamily")
	b.Get("AddressFamily AddressFamily", self(func(x *ipAddress) val {
		if x.Is4() {
			return types.Of(family, 2)
		}
		return types.Of(family, 23)
	}))
	for name, s := range map[string]string{"Any": "0.0.0.0", "Loopback": "127.0.0.1", "Broadcast": "255.255.255.255", "None": "255.255.255.255", "IPv6Any": "::", "IPv6Loopback": "::1", "IPv6None": "::"} {
		ip := netip.MustParseAddr(s)
		b.Static("IPAddress "+name, func(call, []val) val { return types.Ref(&ipAddress{ip}) })
	}
}

// ipNumbers adds an address as a number, in network order as .NET keeps it, the scope of IPv6, and the
// byte orders' conversions.
func ipNumbers(b *types.Builder) {
	b.New("(long newAddress)", func(c call, a []val) val {
		n := a[0].Long()
		if n < 0 || n > 0xFFFFFFFF {
			c.OutOfRange("newAddress", "")
		}
		return types.Ref(&ipAddress{networkOrder(n)})
	})
	b.New("(byte[] address, long scopeid)", func(c call, a []val) val {
		ip, ok := netip.AddrFromSlice(arrayOf(c, a[0], "address").Bytes)
		if !ok || !ip.Is6() {
			c.ThrowArgument("System.ArgumentException", "An invalid IP address was specified.", "address")
		}
		return types.Ref(&ipAddress{scoped(ip, a[1].Long())})
	})
	b.GetSet("long ScopeId", func(c call, a []val) val {
		n, _ := strconv.ParseInt("0"+onlyIPv6(c, a[0]).Zone(), 10, 64) // a zone that has a name has no number
		return types.Long(n)
	}, func(c call, a []val) val {
		x := a[0].Ref().(*ipAddress)
		x.Addr = scoped(onlyIPv6(c, a[0]).Addr, a[1].Long())
		return types.Null
	})
	b.GetSet("long Address", func(c call, a []val) val {
		x := a[0].Ref().(*ipAddress)
		if !x.Is4() {
			c.Throw("System.Net.Sockets.SocketException", "The attempted operation is not supported for the type of object referenced")
		}
		n := x.As4()
		return types.Long(int64(n[0]) | int64(n[1])<<8 | int64(n[2])<<16 | int64(n[3])<<24)
	}, func(_ call, a []val) val {
		a[0].Ref().(*ipAddress).Addr = networkOrder(a[1].Long())
		return types.Null
	})
	b.Get("bool IsIPv6Multicast", self(func(x *ipAddress) val { return types.Bool(x.Is6() && x.IsMulticast()) }))
	b.Get("bool IsIPv6SiteLocal", self(func(x *ipAddress) val {
		return types.Bool(x.Is6() && netip.MustParsePrefix("fec0::/10").Contains(x.WithZone("")))
	}))
	b.Get("bool IsIPv6Teredo", self(func(x *ipAddress) val {
		return types.Bool(x.Is6() && netip.MustParsePrefix("2001::/32").Contains(x.WithZone("")))
	}))
	for _, row := range []struct {
		name    string
		reverse func(n uint64) val
	}{
		{"short", func(n uint64) val { return types.Of(types.Int16, uint64(int64(int16(bits.ReverseBytes16(uint16(n)))))) }},
		{"int", func(n uint64) val { return types.Int(int32(bits.ReverseBytes32(uint32(n)))) }},
		{"long", func(n uint64) val { return types.Long(int64(bits.ReverseBytes64(n))) }},
	} {
		b.Func(row.name+" HostToNetworkOrder("+row.name+" host)", func(_ call, a []val) val { return row.reverse(a[0].Bits()) })
		b.Func(row.name+" NetworkToHostOrder("+row.name+" network)", func(_ call, a []val) val { return row.reverse(a[0].Bits()) })
	}
}

// networkOrder is the IPv4 address whose first byte is the number's lowest.
func networkOrder(n int64) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

func scoped(ip netip.Addr, scope int64) netip.Addr {
	if scope == 0 {
		return ip.WithZone("")
	}
	return ip.WithZone(strconv.FormatInt(scope, 10))
}

func onlyIPv6(c call, v val) *ipAddress {
	x := v.Ref().(*ipAddress)
	if x.Is4() {
		c.Throw("System.Net.Sockets.SocketException", "The attempted operation is not supported for the type of object referenced")
	}
	return x
}
