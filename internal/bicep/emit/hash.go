package emit

import (
	"bytes"
	"math/bits"
	"sort"
	"strconv"
	"strings"
)

// The order of keys over which a template's hash is taken, as the deployment
// engine reads a template into typed objects and writes them again.
var (
	templateOrder  = []string{"$schema", "languageVersion", "contentVersion", "imports", "extensions", "definitions", "apiProfile", "parameters", "variables", "functions", "resources", "outputs", "metadata"}
	resourceOrder  = []string{"import", "extension", "type", "apiVersion", "name", "existing", "location", "extendedLocation", "dependsOn", "tags", "sku", "kind", "zones", "plan", "identity", "properties", "scope", "metadata", "subscriptionId", "resourceGroup", "copy", "condition"}
	valueOrder     = []string{"allowedValues", "minLength", "maxLength", "minValue", "maxValue", "items", "prefixItems", "properties", "additionalProperties", "nullable", "discriminator", "type", "value", "metadata"}
	parameterOrder = append([]string{"name", "$ref", "defaultValue"}, valueOrder...)
	outputOrder    = append([]string{"copy", "$ref"}, valueOrder...)
	typeOrder      = []string{"type", "$ref", "metadata", "allowedValues", "nullable", "minLength", "maxLength", "minValue", "maxValue", "prefixItems", "discriminator", "properties", "additionalProperties", "items"}
	functionOrder  = []string{"parameters", "output", "metadata"}
	extensionOrder = []string{"name", "version", "config"}
)

// templateHash is the hash that the official compiler signs a template with: a
// 64-bit hash of the minified, upper-cased template.
func templateHash(t *object) string {
	var b bytes.Buffer
	writeJSON(&b, canonical(t), 0, false)
	return strconv.FormatUint(murmur64([]byte(strings.ToUpper(b.String()))), 10)
}

// canonical puts the members of t in the order of the engine's types.
func canonical(t *object) *object {
	out := reorder(t, templateOrder)
	each(out, "definitions", func(o *object) *object { return canonicalType(o, typeOrder) })
	each(out, "parameters", func(o *object) *object { return canonicalType(o, parameterOrder) })
	each(out, "outputs", canonicalOutput)
	each(out, "extensions", func(o *object) *object { return reorder(o, extensionOrder) })
	eachItem(out, "functions", func(o *object) *object {
		n := reorder(o, []string{"namespace", "members"})
		each(n, "members", canonicalFunction)
		return n
	})
	resource := func(o *object) *object { return reorder(o, resourceOrder) }
	if rs, ok := out.get("resources").(*object); ok && len(rs.members) == 0 {
		out.set("resources", []any{}) // the engine tells no resources by their names when there are none
	}
	each(out, "resources", resource)
	eachItem(out, "resources", resource)
	return out
}

// canonicalOutput leaves a value of null out.
func canonicalOutput(o *object) *object {
	n := canonicalType(o, outputOrder)
	for i, m := range n.members {
		if m.key == "value" && m.value == nil {
			n.members = append(n.members[:i], n.members[i+1:]...)
			break
		}
	}
	return n
}

func canonicalFunction(o *object) *object {
	n := reorder(o, functionOrder)
	eachItem(n, "parameters", func(o *object) *object { return canonicalType(o, parameterOrder) })
	if out, ok := n.get("output").(*object); ok {
		n.set("output", canonicalType(out, outputOrder))
	}
	return n
}

// canonicalType orders a type and the types inside it.
func canonicalType(o *object, order []string) *object {
	n := reorder(o, order)
	inner := func(o *object) *object { return canonicalType(o, typeOrder) }
	each(n, "properties", inner)
	for _, key := range []string{"items", "additionalProperties"} {
		if t, ok := n.get(key).(*object); ok {
			n.set(key, inner(t))
		}
	}
	eachItem(n, "prefixItems", inner)
	if d, ok := n.get("discriminator").(*object); ok {
		d = reorder(d, []string{"propertyName", "mapping"})
		each(d, "mapping", inner)
		n.set("discriminator", d)
	}
	return n
}

// each replaces the objects in the member key of o.
func each(o *object, key string, f func(*object) *object) {
	group, ok := o.get(key).(*object)
	if !ok {
		return
	}
	n := &object{}
	for _, m := range group.members {
		if inner, ok := m.value.(*object); ok {
			n.members = append(n.members, member{m.key, f(inner)})
			continue
		}
		n.members = append(n.members, m)
	}
	o.set(key, n)
}

// eachItem replaces the objects in the list that is the member key of o.
func eachItem(o *object, key string, f func(*object) *object) {
	list, ok := o.get(key).([]any)
	if !ok {
		return
	}
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
		if inner, ok := x.(*object); ok {
			out[i] = f(inner)
		}
	}
	o.set(key, out)
}

func reorder(o *object, order []string) *object {
	rank := func(key string) int {
		for i, k := range order {
			if k == key {
				return i
			}
		}
		return len(order)
	}
	n := &object{append([]member{}, o.members...)}
	sort.SliceStable(n.members, func(i, j int) bool { return rank(n.members[i].key) < rank(n.members[j].key) })
	return n
}

// murmur64 is the hash of uniqueString: two 32-bit Murmur lanes with seed 0. All
// arithmetic wraps at 32 bits.
func murmur64(data []byte) uint64 {
	const c1, c2, c3, c4 = 0x239b961b, 0xab0e9789, 0x561ccd1b, 0x0bcaa747
	const c5, c6 = 0x85ebca6b, 0xc2b2ae35
	var h1, h2 uint32
	n := len(data)
	i := 0
	word := func(at int) uint32 {
		return uint32(data[at]) | uint32(data[at+1])<<8 | uint32(data[at+2])<<16 | uint32(data[at+3])<<24
	}
	for ; i+7 < n; i += 8 {
		k1, k2 := word(i), word(i+4)
		k1 = bits.RotateLeft32(k1*c1, 15) * c2
		h1 = bits.RotateLeft32(h1^k1, 19) + h2
		h1 = h1*5 + c3
		k2 = bits.RotateLeft32(k2*c2, 17) * c1
		h2 = bits.RotateLeft32(h2^k2, 13) + h1
		h2 = h2*5 + c4
	}
	tail := data[i:]
	var k1, k2 uint32
	for j := len(tail) - 1; j >= 4; j-- {
		k2 = k2<<8 | uint32(tail[j])
	}
	for j := min(len(tail), 4) - 1; j >= 0; j-- {
		k1 = k1<<8 | uint32(tail[j])
	}
	if len(tail) > 4 {
		h2 ^= bits.RotateLeft32(k2*c2, 17) * c1
	}
	if len(tail) > 0 {
		h1 ^= bits.RotateLeft32(k1*c1, 15) * c2
	}
	h1 ^= uint32(n)
	h2 ^= uint32(n)
	h1 += h2
	h2 += h1
	mix := func(h uint32) uint32 {
		h = (h ^ h>>16) * c5
		h = (h ^ h>>13) * c6
		return h ^ h>>16
	}
	h1, h2 = mix(h1), mix(h2)
	h1 += h2
	h2 += h1
	return uint64(h2)<<32 | uint64(h1)
}
