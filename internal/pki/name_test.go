package pki_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"gatehouse/internal/pki"
)

func TestDistinguishedName(t *testing.T) {
	at := func(oid asn1.ObjectIdentifier, value any) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: oid, Value: value}
	}
	cn, o, c, e := asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.ObjectIdentifier{2, 5, 4, 10}, asn1.ObjectIdentifier{2, 5, 4, 6}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	bmp := asn1.RawValue{Tag: asn1.TagBMPString, Bytes: []byte{0x00, 'h', 0x00, 0xe9}}
	cases := []struct {
		want string
		name pkix.RDNSequence // as encoded
	}{
		{"", nil},
		{"CN=client 01", pkix.RDNSequence{{at(cn, "client 01")}}},
		{"CN=client 01, O=Contoso, C=NL", pkix.RDNSequence{{at(c, "NL")}, {at(o, "Contoso")}, {at(cn, "client 01")}}},
		{`CN=x, O="Contoso, Ltd."`, pkix.RDNSequence{{at(o, "Contoso, Ltd.")}, {at(cn, "x")}}},
		{`CN="say ""hi"""`, pkix.RDNSequence{{at(cn, `say "hi"`)}}},
		{`CN=" padded "`, pkix.RDNSequence{{at(cn, " padded ")}}},
		{`CN=""`, pkix.RDNSequence{{at(cn, "")}}},
		{`CN="a=b"`, pkix.RDNSequence{{at(cn, "a=b")}}},
		{`CN=back\slash`, pkix.RDNSequence{{at(cn, `back\slash`)}}},
		{"CN=hé", pkix.RDNSequence{{at(cn, bmp)}}},
		{"OID.1.2.3.4=x", pkix.RDNSequence{{at(asn1.ObjectIdentifier{1, 2, 3, 4}, "x")}}},
		{"E=a@contoso.com, CN=x", pkix.RDNSequence{{at(cn, "x")}, {at(e, "a@contoso.com")}}},
		{"CN=x + O=y", pkix.RDNSequence{{at(cn, "x"), at(o, "y")}}},
	}
	for _, c := range cases {
		raw, err := asn1.Marshal(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := pki.DistinguishedName(raw); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	for _, bad := range [][]byte{nil, {1}, {0x30, 0x05, 1}, {0x30, 0x03, 0x02, 0x01, 0x05}} {
		if got := pki.DistinguishedName(bad); got != "" {
			t.Errorf("%x shows as %q", bad, got)
		}
	}
}

func FuzzDistinguishedName(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x05})
	f.Fuzz(func(t *testing.T, raw []byte) { pki.DistinguishedName(raw) })
}
