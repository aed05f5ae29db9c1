package template

import (
	"math/big"
	"net/netip"
)

// Functions of address ranges.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-cidr
func cidrFunctions() map[string]*function {
	return map[string]*function{
		"parseCidr":  fixed(1, parseCIDR),
		"cidrSubnet": fixed(3, cidrSubnet),
		"cidrHost":   fixed(2, cidrHost),
	}
}

func (c call) prefix() (netip.Prefix, error) {
	s, err := c.str(0)
	if err != nil {
		return netip.Prefix{}, err
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Zone() != "" {
		return netip.Prefix{}, c.fail("expects its first parameter to be an address range in CIDR notation. The provided value is '%s'", s)
	}
	return p.Masked(), nil
}

func toBig(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }

// offset is the address n after a; ok is false outside of a's range.
func offset(a netip.Addr, n *big.Int) (netip.Addr, bool) {
	sum := new(big.Int).Add(toBig(a), n)
	size := a.BitLen() / 8
	if sum.Sign() < 0 || sum.BitLen() > a.BitLen() {
		return netip.Addr{}, false
	}
	b, ok := netip.AddrFromSlice(sum.FillBytes(make([]byte, size)))
	return b, ok
}

func lastAddress(p netip.Prefix) netip.Addr {
	n := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
	a, _ := offset(p.Addr(), n.Sub(n, big.NewInt(1)))
	return a
}

func netmask(p netip.Prefix) string {
	b := make([]byte, p.Addr().BitLen()/8)
	for i := range p.Bits() {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a.String()
}

func parseCIDR(_ *frame, c call) (any, error) {
	p, err := c.prefix()
	if err != nil {
		return nil, err
	}
	firstHost, lastHost := p.Addr(), lastAddress(p)
	o := object("network", p.Addr().String(), "netmask", netmask(p))
	if p.Addr().Is4() {
		o.set("broadcast", lastHost.String())
		if p.Bits() < 31 {
			firstHost, lastHost = firstHost.Next(), lastHost.Prev()
		}
	}
	o.set("firstUsable", firstHost.String())
	o.set("lastUsable", lastHost.String())
	o.set("cidr", int64(p.Bits()))
	return o, nil
}

func cidrSubnet(_ *frame, c call) (any, error) {
	p, err := c.prefix()
	if err != nil {
		return nil, err
	}
	bits, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	index, err := c.integer(2)
	if err != nil {
		return nil, err
	}
	if bits < int64(p.Bits()) || bits > int64(p.Addr().BitLen()) {
		return nil, c.fail("expects its second parameter to be between %d and %d. The provided value is '%d'", p.Bits(), p.Addr().BitLen(), bits)
	}
	if count := new(big.Int).Lsh(big.NewInt(1), uint(bits)-uint(p.Bits())); index < 0 || big.NewInt(index).Cmp(count) >= 0 {
		return nil, c.fail("expects its third parameter to be between 0 and %s less one. The provided value is '%d'", count, index)
	}
	step := new(big.Int).Lsh(big.NewInt(index), uint(p.Addr().BitLen())-uint(bits))
	a, _ := offset(p.Addr(), step)
	return netip.PrefixFrom(a, int(bits)).String(), nil
}

// cidrHost counts from 0: host 0 is the first address after the network's own.
func cidrHost(_ *frame, c call) (any, error) {
	p, err := c.prefix()
	if err != nil {
		return nil, err
	}
	index, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	n := big.NewInt(index)
	if p.Bits() < p.Addr().BitLen()-1 {
		n.Add(n, big.NewInt(1))
	}
	a, ok := offset(p.Addr(), n)
	if index < 0 || !ok || !p.Contains(a) || p.Addr().Is4() && p.Bits() < 31 && a == lastAddress(p) {
		return nil, c.fail("expects its second parameter to be the index of a host of '%s'. The provided value is '%d'", p, index)
	}
	return a.String(), nil
}
