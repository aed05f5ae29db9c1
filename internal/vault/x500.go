package vault

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

var nameTypes = map[string]string{
	"CN": "2.5.4.3", "SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8", "S": "2.5.4.8",
	"STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "T": "2.5.4.12", "TITLE": "2.5.4.12", "POSTALCODE": "2.5.4.17",
	"G": "2.5.4.42", "GN": "2.5.4.42", "GIVENNAME": "2.5.4.42", "I": "2.5.4.43", "INITIALS": "2.5.4.43",
	"DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
	"E": "1.2.840.113549.1.9.1", "EMAIL": "1.2.840.113549.1.9.1", "EMAILADDRESS": "1.2.840.113549.1.9.1",
}

// parseName reads a distinguished name such as "CN=www.contoso.com, O=Contoso"
// (RFC 4514, with the quotes and spaces that .NET allows) into DER, the last
// part first, as RFC 4514 section 2.1 says. An empty text is an empty name.
func parseName(s string) ([]byte, error) {
	if len(s) > 4096 {
		return nil, fmt.Errorf("has %d characters; the limit is 4096", len(s))
	}
	var names pkix.RDNSequence
	for rest := strings.TrimSpace(s); rest != ""; {
		var set pkix.RelativeDistinguishedNameSET
		for more := true; more; {
			attribute, end, after, err := parseAttribute(rest)
			if err != nil {
				return nil, err
			}
			set, rest, more = append(set, attribute), strings.TrimSpace(after), end == '+'
			if end != 0 && rest == "" && more {
				return nil, fmt.Errorf("'%s' ends after '+'", clip(s))
			}
		}
		names = append(pkix.RDNSequence{set}, names...)
	}
	return asn1.Marshal(names)
}

// parseAttribute reads TYPE=VALUE up to an unescaped ',', ';' or '+', which it
// returns (0 at the end) with what follows.
func parseAttribute(s string) (a pkix.AttributeTypeAndValue, end byte, rest string, err error) {
	name, value, ok := strings.Cut(s, "=")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return a, 0, "", fmt.Errorf("'%s' is not of the form TYPE=VALUE, as in CN=www.contoso.com", clip(s))
	}
	dotted, known := nameTypes[strings.ToUpper(name)]
	if !known {
		dotted = strings.TrimPrefix(strings.ToUpper(name), "OID.")
	}
	if a.Type, err = parseOID(dotted); err != nil {
		return a, 0, "", fmt.Errorf("'%s' is not a known attribute type; use CN, O, OU, L, S, C, DC, E or an object identifier", clip(name))
	}
	text, end, rest, err := parseValue(strings.TrimLeft(value, " "))
	if err != nil {
		return a, 0, "", err
	}
	a.Value = text
	if dotted == nameTypes["DC"] || dotted == nameTypes["E"] {
		a.Value = asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(text)}
	}
	return a, end, rest, nil
}

func parseValue(s string) (text string, end byte, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		return parseQuoted(s)
	}
	var b strings.Builder
	keep := 0 // trailing spaces go, unless escaped
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ',' || c == ';' || c == '+':
			return b.String()[:keep], c, s[i+1:], nil
		case c == '\\':
			n, err := unescape(&b, s[i+1:])
			if err != nil {
				return "", 0, "", err
			}
			i += n
			keep = b.Len()
		default:
			b.WriteByte(c)
			if c != ' ' {
				keep = b.Len()
			}
		}
	}
	return b.String()[:keep], 0, "", nil
}

func unescape(b *strings.Builder, s string) (int, error) {
	if len(s) >= 2 {
		if v, err := hex.DecodeString(s[:2]); err == nil {
			b.Write(v)
			return 2, nil
		}
	}
	if s == "" {
		return 0, fmt.Errorf("ends in a lone backslash")
	}
	b.WriteByte(s[0])
	return 1, nil
}

func parseQuoted(s string) (text string, end byte, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' { // two quotes stand for one
			b.WriteByte('"')
			i++
			continue
		}
		rest = strings.TrimLeft(s[i+1:], " ")
		if rest == "" {
			return b.String(), 0, "", nil
		}
		if rest[0] != ',' && rest[0] != ';' && rest[0] != '+' {
			return "", 0, "", fmt.Errorf("has text after a closing quote: '%s'", clip(rest))
		}
		return b.String(), rest[0], rest[1:], nil
	}
	return "", 0, "", fmt.Errorf("has a quote that is not closed")
}

func parseOID(s string) (asn1.ObjectIdentifier, error) {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 32 {
		return nil, fmt.Errorf("'%s' is not an object identifier", clip(s))
	}
	oid := make(asn1.ObjectIdentifier, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil || i == 0 && n > 2 || i == 1 && oid[0] < 2 && n > 39 {
			return nil, fmt.Errorf("'%s' is not an object identifier", clip(s))
		}
		oid[i] = int(n)
	}
	return oid, nil
}
