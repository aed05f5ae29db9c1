package pki

import (
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"unicode/utf16"
)

// attributeNames are the keywords of .NET's X500DistinguishedName; others print as OID.
var attributeNames = map[string]string{
	"2.5.4.3":                    "CN",
	"2.5.4.4":                    "SN",
	"2.5.4.5":                    "SERIALNUMBER",
	"2.5.4.6":                    "C",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "S",
	"2.5.4.9":                    "STREET",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"2.5.4.12":                   "T",
	"2.5.4.42":                   "G",
	"2.5.4.43":                   "I",
	"1.2.840.113549.1.9.1":       "E",
	"0.9.2342.19200300.100.1.25": "DC",
}

type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// DistinguishedName shows a DER name as .NET's X509Certificate2.Subject does, which is
// what policy expressions compare: the last part first, "CN=api, O=Contoso, C=NL",
// quotes around values that need them. "" when raw is no name.
func DistinguishedName(raw []byte) string {
	var sequence asn1.RawValue
	if rest, err := asn1.Unmarshal(raw, &sequence); err != nil || len(rest) > 0 {
		return ""
	}
	var parts []string
	for rest := sequence.Bytes; len(rest) > 0; {
		var set []attribute
		var err error
		if rest, err = asn1.UnmarshalWithParams(rest, &set, "set"); err != nil {
			return ""
		}
		parts = append(parts, relativeName(set))
	}
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return strings.Join(parts, ", ")
}

// relativeName shows one relative distinguished name; several attributes join with " + ".
func relativeName(set []attribute) string {
	var out []string
	for _, a := range set {
		name := attributeNames[a.Type.String()]
		if name == "" {
			name = "OID." + a.Type.String()
		}
		out = append(out, name+"="+quoteName(attributeText(a.Value)))
	}
	return strings.Join(out, " + ")
}

// quoteName quotes as .NET's X500NameEncoder.NeedsQuoting does: an empty value, white
// space at either end, or a character with a meaning of its own.
func quoteName(s string) string {
	if s != "" && strings.TrimSpace(s) == s && !strings.ContainsAny(s, ",+\"\n\r<>#;=") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// attributeText reads the string types of X.520; another type shows as "#" and its DER in hexadecimal.
func attributeText(v asn1.RawValue) string {
	if v.Class != asn1.ClassUniversal {
		return "#" + strings.ToUpper(hex.EncodeToString(v.FullBytes))
	}
	switch v.Tag {
	case asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String, asn1.TagNumericString:
		return string(v.Bytes)
	case asn1.TagT61String: // Latin-1 in practice
		var out strings.Builder
		for _, b := range v.Bytes {
			out.WriteRune(rune(b))
		}
		return out.String()
	case asn1.TagBMPString:
		units := make([]uint16, len(v.Bytes)/2)
		for i := range units {
			units[i] = uint16(v.Bytes[2*i])<<8 | uint16(v.Bytes[2*i+1])
		}
		return string(utf16.Decode(units))
	}
	return "#" + strings.ToUpper(hex.EncodeToString(v.FullBytes))
}
