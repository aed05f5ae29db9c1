package lib

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"

	"gatehouse/internal/csharp/types"
)

// makingCost is what a new key counts as memory, so that one evaluation makes few.
const makingCost = 16 << 20

func bigBytes(v val) *big.Int {
	x, ok := v.Ref().(*types.Array)
	if !ok {
		return nil
	}
	return new(big.Int).SetBytes(x.Bytes)
}

// load takes the numbers of a key.
func (k *rsaKey) load(c call, p *rsaParameters) {
	n, e := bigBytes(p.modulus), bigBytes(p.exponent)
	if n == nil || e == nil || !e.IsInt64() || e.Int64() > 1<<31-1 || n.BitLen() > 16384 {
		cryptoFailure(c, "The specified RSA parameters are not valid; both Exponent and Modulus are required fields.")
	}
	k.public, k.private = &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
	if d, pp, q := bigBytes(p.d), bigBytes(p.p), bigBytes(p.q); d != nil && pp != nil && q != nil {
		key := &rsa.PrivateKey{PublicKey: *k.public, D: d, Primes: []*big.Int{pp, q}}
		if key.Validate() != nil {
			cryptoFailure(c, "The specified RSA parameters are not valid.")
		}
		key.Precompute()
		k.private = key
	}
}

// bits is KeySize; a key that is not made yet has the size that it will have.
func (k *rsaKey) bits() int {
	switch {
	case k.public != nil:
		return k.public.N.BitLen()
	case k.size > 0:
		return k.size
	}
	return 2048
}

// resize sets the size of a key that is not made yet.
func (k *rsaKey) resize(c call, bits int) {
	if bits < 1024 || bits > 4096 || bits%64 != 0 {
		cryptoFailure(c, "Specified key is not a valid size for this algorithm.")
	}
	k.size, k.public, k.private = bits, nil, nil
}

// check makes the key when there is none, as .NET does, and raises when its private part is
// missing.
func (k *rsaKey) check(c call, private bool) {
	defer c.Tick()
	if k.public == nil {
		c.Grow(makingCost)
		key, err := rsa.GenerateKey(rand.Reader, k.bits())
		if err != nil {
			cryptoFailure(c, "The key can't be made: "+err.Error())
		}
		k.private, k.public = key, &key.PublicKey
	}
	if private && k.private == nil {
		cryptoFailure(c, "Key does not exist.")
	}
	if k.public.N.BitLen() < 1024 {
		cryptoFailure(c, "Keys of less than 1024 bits are refused.")
	}
}

// export is ExportParameters; the numbers have the lengths that .NET gives them.
func (k *rsaKey) export(c call, private bool) *rsaParameters {
	k.check(c, private)
	fill := func(n *big.Int, size int) val { return types.Ref(c.Types.Bytes(n.FillBytes(make([]byte, size)))) }
	whole := (k.public.N.BitLen() + 7) / 8
	out := &rsaParameters{modulus: fill(k.public.N, whole), exponent: types.Ref(c.Types.Bytes(big.NewInt(int64(k.public.E)).Bytes()))}
	if private {
		half := (whole + 1) / 2
		p := k.private.Precomputed
		out.d, out.p, out.q = fill(k.private.D, whole), fill(k.private.Primes[0], half), fill(k.private.Primes[1], half)
		out.dp, out.dq, out.inverse = fill(p.Dp, half), fill(p.Dq, half), fill(p.Qinv, half)
	}
	return out
}

// numbers are the parameters with their names in XML (RFC 4050 has the layout of RSAKeyValue).
func (p *rsaParameters) numbers() []struct {
	name string
	v    *val
} {
	return []struct {
		name string
		v    *val
	}{{"Modulus", &p.modulus}, {"Exponent", &p.exponent}, {"P", &p.p}, {"Q", &p.q}, {"DP", &p.dp}, {"DQ", &p.dq}, {"InverseQ", &p.inverse}, {"D", &p.d}}
}

// xml is ToXmlString.
func (k *rsaKey) xml(c call, private bool) string {
	var b strings.Builder
	b.WriteString("<RSAKeyValue>")
	for _, n := range k.export(c, private).numbers() {
		if x, ok := n.v.Ref().(*types.Array); ok {
			b.WriteString("<" + n.name + ">" + base64.StdEncoding.EncodeToString(x.Bytes) + "</" + n.name + ">")
		}
	}
	b.WriteString("</RSAKeyValue>")
	return b.String()
}

// readXML is FromXmlString.
func (k *rsaKey) readXML(c call, text string) {
	root := readXML(c.Run, text, false).element(nil)
	p := &rsaParameters{}
	for _, n := range p.numbers() {
		e := root.element(&xName{local: n.name})
		if e == nil {
			continue
		}
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(e.value(0)), ""))
		if err != nil {
			c.Throw("System.FormatException", "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.")
		}
		*n.v = types.Ref(c.Types.Bytes(data))
	}
	if p.modulus.IsNull() || p.exponent.IsNull() {
		cryptoFailure(c, "Input string does not contain a valid encoding of the 'RSA' '"+map[bool]string{true: "Modulus", false: "Exponent"}[p.modulus.IsNull()]+"' parameter.")
	}
	k.load(c, p)
}
