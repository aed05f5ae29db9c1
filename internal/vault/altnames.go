package vault

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/netip"
	"net/url"
	"strings"
)

var (
	oidSAN = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidUPN = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3} // szOID_NT_PRINCIPAL_NAME
)

// The tags of GeneralName: RFC 5280, 4.2.1.6.
const (
	tagOther = 0
	tagEmail = 1
	tagDNS   = 2
	tagURI   = 6
	tagIP    = 7
)

func (a *AltNames) empty() bool {
	return a == nil || len(a.DNS)+len(a.Emails)+len(a.IPs)+len(a.URIs)+len(a.UPNs) == 0
}

// extension makes the subjectAltName extension, which must be critical where the
// subject is empty. It is made by hand because crypto/x509 knows no UPNs.
func (a *AltNames) extension(critical bool) (*pkix.Extension, error) {
	if a.empty() {
		return nil, nil
	}
	var names []asn1.RawValue
	add := func(tag int, b []byte) {
		names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: b})
	}
	for _, n := range a.DNS {
		if n == "" || len(n) > 253 || !ascii(n) || strings.ContainsAny(n, " /:@") {
			return nil, badParameter("policy.x509_props.sans.dns_names: '%s' is not a DNS name.", clip(n))
		}
		add(tagDNS, []byte(n))
	}
	for _, n := range a.Emails {
		if !ascii(n) || strings.Count(n, "@") != 1 {
			return nil, badParameter("policy.x509_props.sans.emails: '%s' is not an e-mail address.", clip(n))
		}
		add(tagEmail, []byte(n))
	}
	for _, n := range a.IPs {
		ip, err := netip.ParseAddr(n)
		if err != nil || ip.Zone() != "" {
			return nil, badParameter("policy.x509_props.sans.ipAddresses: '%s' is not an IP address.", clip(n))
		}
		add(tagIP, ip.AsSlice())
	}
	for _, n := range a.URIs {
		if u, err := url.Parse(n); err != nil || !u.IsAbs() || !ascii(n) {
			return nil, badParameter("policy.x509_props.sans.uris: '%s' is not an absolute URI.", clip(n))
		}
		add(tagURI, []byte(n))
	}
	for _, n := range a.UPNs {
		b, err := upn(n)
		if err != nil {
			return nil, err
		}
		add(tagOther, b)
	}
	for i := range names {
		names[i].IsCompound = names[i].Tag == tagOther
	}
	value, err := asn1.Marshal(names)
	return &pkix.Extension{Id: oidSAN, Critical: critical, Value: value}, err
}

// upn is the content of an otherName: its type, and the value in [0].
func upn(n string) ([]byte, error) {
	if !strings.Contains(n, "@") {
		return nil, badParameter("policy.x509_props.sans.upns: '%s' is not a user principal name.", clip(n))
	}
	oid, err := asn1.Marshal(oidUPN)
	if err != nil {
		return nil, err
	}
	text, err := asn1.MarshalWithParams(n, "utf8")
	if err != nil {
		return nil, badParameter("policy.x509_props.sans.upns: '%s' is not valid UTF-8.", clip(n))
	}
	value, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: text})
	return append(oid, value...), err
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// altNamesOf reads the names of an imported certificate.
func altNamesOf(c *x509.Certificate) *AltNames {
	a := &AltNames{DNS: c.DNSNames, Emails: c.EmailAddresses}
	for _, ip := range c.IPAddresses {
		a.IPs = append(a.IPs, ip.String())
	}
	for _, u := range c.URIs {
		a.URIs = append(a.URIs, u.String())
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(oidSAN) {
			a.UPNs = upnsOf(e.Value)
		}
	}
	if a.empty() {
		return nil
	}
	return a
}

func upnsOf(extension []byte) []string {
	var names []asn1.RawValue
	if _, err := asn1.Unmarshal(extension, &names); err != nil {
		return nil
	}
	var out []string
	for _, n := range names {
		var oid asn1.ObjectIdentifier
		if n.Tag != tagOther {
			continue
		}
		rest, err := asn1.Unmarshal(n.Bytes, &oid)
		if err != nil || !oid.Equal(oidUPN) {
			continue
		}
		var wrapped asn1.RawValue
		var text string
		if _, err := asn1.Unmarshal(rest, &wrapped); err != nil {
			continue
		}
		if _, err := asn1.Unmarshal(wrapped.Bytes, &text); err == nil {
			out = append(out, text)
		}
	}
	return out
}
