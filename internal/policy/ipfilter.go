package policy

import (
	"net/http"
	"net/netip"
	"strings"
)

// ipFilter compiles <ip-filter>.
func (c *compiler) ipFilter(e *element) builder {
	action := c.needOption(e, "action", "allow", "forbid")
	var list []*addressRule
	for _, child := range c.children(e, "address address-range") {
		if child.name == "address" {
			c.noAttributes(child)
			a := c.trimmed(child)
			list = append(list, c.addressRule(child, a, a))
			continue
		}
		c.checkAttributes(child, definition{attributes: "from to"})
		c.noChildren(child)
		list = append(list, c.addressRule(child, c.needText(child, "from"), c.needText(child, "to")))
	}
	if len(list) == 0 {
		c.reportElement(codeRequired, e, e.name, "an <address> or <address-range>")
	}
	return c.simple(e, func(ex *Exchange) error {
		allow, err := action.is(ex, "allow")
		if err != nil {
			return err
		}
		return filterAddress(ex, list, allow)
	})
}

type addressRange struct{ from, to netip.Addr }

// addressRule is an <address> or <address-range>; known is set when it holds no expression.
type addressRule struct {
	from, to *Text
	known    *addressRange
}

func (c *compiler) addressRule(e *element, from, to *Text) *addressRule {
	r := &addressRule{from: from, to: to}
	if from == nil || to == nil || from.code != nil || to.code != nil {
		return r
	}
	known, problem := readRange(from.literal, to.literal)
	if problem != "" {
		c.reportElement(codeValue, e, "<"+e.name+">", problem)
	}
	r.known = &known
	return r
}

// get is the range for an exchange.
func (r *addressRule) get(ex *Exchange) (addressRange, error) {
	if r.known != nil {
		return *r.known, nil
	}
	from, err := r.from.get(ex)
	to, errTo := r.to.get(ex)
	if err != nil || errTo != nil {
		return addressRange{}, firstError(err, errTo)
	}
	known, problem := readRange(from, to)
	if problem != "" {
		return known, &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of " + r.from.what + " must be " + problem + "."}
	}
	return known, nil
}

func readRange(from, to string) (r addressRange, problem string) {
	low, ok := readAddress(from)
	high, okHigh := readAddress(to)
	switch {
	case !ok || !okHigh:
		return r, "an IP address"
	case high.to.Less(low.from):
		return r, "addresses of which 'to' comes after 'from'"
	}
	return addressRange{low.from, high.to}, ""
}

// readAddress reads an address, or a network as 10.0.0.0/8, which Azure takes too.
func readAddress(text string) (addressRange, bool) {
	text = strings.TrimSpace(text)
	if p, err := netip.ParsePrefix(text); err == nil {
		p = p.Masked()
		return addressRange{p.Addr(), lastAddress(p)}, true
	}
	a, err := netip.ParseAddr(text)
	return addressRange{a.Unmap(), a.Unmap()}, err == nil
}

func lastAddress(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b) // as long as it was
	return a
}

func filterAddress(ex *Exchange, list []*addressRule, allow bool) error {
	caller := ex.Request.Remote.Addr().Unmap()
	if !caller.IsValid() {
		return &Error{Reason: "FailedToParseCallerIP", Status: http.StatusForbidden, Answer: "Forbidden",
			Message: "Failed to establish IP address for the caller. Access denied."}
	}
	found := false
	for _, rule := range list {
		r, err := rule.get(ex)
		if err != nil {
			return err
		}
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
