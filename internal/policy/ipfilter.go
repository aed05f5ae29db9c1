package policy

import (
	"net/http"
	"net/netip"
	"strings"
)

// ipFilter compiles <ip-filter>.
func (c *compiler) ipFilter(e *element) builder {
	allow := c.needChoice(e, "action", "allow", "forbid") == "allow"
	var ranges []addressRange
	for _, child := range c.children(e, "address address-range") {
		c.noChildrenBut(child)
		if child.name == "address" {
			c.noAttributes(child)
			ranges = append(ranges, c.address(child, c.plainContent(child)))
			continue
		}
		c.checkAttributes(child, definition{attributes: "from to"})
		from, _ := c.required(child, "from")
		to, _ := c.required(child, "to")
		low, high := c.address(child, from), c.address(child, to)
		if low.from.IsValid() && high.to.IsValid() && high.to.Less(low.from) {
			c.badValue(child, "to", "an address after 'from'")
		}
		ranges = append(ranges, addressRange{low.from, high.to})
	}
	if len(ranges) == 0 {
		c.reportElement(codeRequired, e, e.name, "an <address> or <address-range>")
	}
	return c.simple(e, func(ex *Exchange) error { return filterAddress(ex, ranges, allow) })
}

// noChildrenBut reports elements inside of e; its text is its value.
func (c *compiler) noChildrenBut(e *element) {
	for _, child := range e.children {
		c.reportElement(codeChild, child, child.name, e.name)
	}
}

type addressRange struct{ from, to netip.Addr }

// address reads an address, or a network as 10.0.0.0/8, which Azure takes too.
func (c *compiler) address(e *element, text string) addressRange {
	text = strings.TrimSpace(text)
	if p, err := netip.ParsePrefix(text); err == nil {
		p = p.Masked()
		return addressRange{p.Addr(), lastAddress(p)}
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		c.reportElement(codeValue, e, "<"+e.name+">", "an IP address")
	}
	return addressRange{a.Unmap(), a.Unmap()}
}

func lastAddress(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b) // as long as it was
	return a
}

func filterAddress(ex *Exchange, ranges []addressRange, allow bool) error {
	caller := ex.Request.Remote.Addr().Unmap()
	if !caller.IsValid() {
		return &Error{Reason: "FailedToParseCallerIP", Status: http.StatusForbidden, Answer: "Forbidden",
			Message: "Failed to establish IP address for the caller. Access denied."}
	}
	found := false
	for _, r := range ranges {
		if r.from.BitLen() == caller.BitLen() && !caller.Less(r.from) && !r.to.Less(caller) {
			found = true
			break
		}
	}
	switch {
	case found == allow:
		return nil
	case allow:
		return &Error{Reason: "CallerIpNotAllowed", Status: http.StatusForbidden, Answer: "Forbidden",
			Message: "Caller IP address " + caller.String() + " is not allowed. Access denied."}
	}
	return &Error{Reason: "CallerIpBlocked", Status: http.StatusForbidden, Answer: "Forbidden", Message: "Caller IP address is blocked. Access denied."}
}
