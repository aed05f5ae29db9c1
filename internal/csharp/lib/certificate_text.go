package lib

import (
	"encoding/hex"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// ToText implements types.TextOf: the layout of X509Certificate2.ToString().
func (x *Certificate) ToText(r *types.Run) string {
	var b strings.Builder
	for i, row := range x.rows(r) {
		if i > 0 {
			b.WriteString(newLine)
		}
		b.WriteString("[" + row[0] + "]" + newLine + "  " + row[1] + newLine)
	}
	return b.String()
}

// rows are what both layouts show.
func (x *Certificate) rows(r *types.Run) [6][2]string {
	return [6][2]string{
		{"Subject", x.shown().subject.name},
		{"Issuer", x.shown().issuer.name},
		{"Serial Number", x.shown().serial},
		{"Not Before", r.Text(LocalDate(x.NotBefore))},
		{"Not After", r.Text(LocalDate(x.NotAfter))},
		{"Thumbprint", x.shown().thumbprint},
	}
}

// verbose is the layout of X509Certificate2.ToString(true). Windows writes what it knows of an
// extension in words; here its value is always in hexadecimal.
func (x *Certificate) verbose(r *types.Run) string {
	var b strings.Builder
	head := func(name string) { b.WriteString(newLine + newLine + "[" + name + "]") }
	line := func(parts ...string) { b.WriteString(newLine + "  " + strings.Join(parts, "")) }
	b.WriteString("[Version]")
	line("V", strconv.Itoa(x.Version))
	for i, row := range x.rows(r) {
		head(row[0])
		line(row[1])
		if i > 1 {
			continue
		}
		for kind, label := range [...]string{"Simple Name: ", "Email Name: ", "UPN Name: ", "DNS Name: "} {
			if name := nameInfo(x, kind, i == 1); name != "" {
				line(label, name)
			}
		}
	}
	algorithm := signatureOID(x.Certificate)
	head("Signature Algorithm")
	line(algorithm.friendly, "(", algorithm.value, ")")
	info := infoOf(x.Certificate)
	head("Public Key")
	line("Algorithm: ", newOID(info.Algorithm.Algorithm.String()).friendly)
	line("Length: ", strconv.Itoa(keyBits(x.PublicKey)))
	line("Key Blob: ", hexWords(info.PublicKey.Bytes))
	line("Parameters: ", hexWords(info.Algorithm.Parameters.FullBytes))
	if x.key != nil {
		head("Private Key")
	}
	if len(x.Extensions) > 0 {
		head("Extensions")
	}
	for _, e := range x.Extensions {
		id := newOID(e.Id.String())
		line("* ", id.friendly, "(", id.value, "):")
		line("  ", hexWords(e.Value))
	}
	b.WriteString(newLine)
	r.Grow(b.Len())
	return b.String()
}

// hexWords writes bytes as "30 82 01".
func hexWords(data []byte) string {
	list := make([]string, len(data))
	for i := range data {
		list[i] = hex.EncodeToString(data[i : i+1])
	}
	return strings.Join(list, " ")
}
