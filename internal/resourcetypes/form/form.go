// Package form is what the bytes of bodies.bin mean. The generator writes them and
// package resourcetypes reads them; nobody else needs to know.
//
// Numbers are unsigned varints. The file begins with the number of namespaces, then
// for each, in the order of their lower-case names, its name and the sizes of its
// chunk, compressed and plain; the chunks follow, each a DEFLATE stream of its own
// (RFC 1951). A text is its length and its bytes. A chunk is
//
//	the texts        count, texts
//	the properties   count, each: text, marks, type
//	the types        count, each: a tag and what the tag says
//	the resources    for each type of names.txt in its order, for each of its
//	                 versions: type (0: none), scopes to read, scopes to write, the
//	                 list* functions: count, each: name (text), input + 1 or 0, output
//
// Texts, properties and types are referred to by their place, counted from 0;
// resources count types from 1. A type may refer to itself.
package form

// Tags of types.
const (
	Any     = iota
	String  // bounds
	Secret  // bounds; a string that is a secret
	Int     // bounds of its values, as Zigzag has them
	Bool    // nothing
	Null    // nothing
	Literal // text
	Array   // type
	Union   // count, types
	Object  // name, marks, [type of other members,] count, properties
	Tagged  // name, discriminator, count, properties, count, each: value (text), type
)

// Marks of properties.
const (
	Required = 1 << iota
	ReadOnly
	WriteOnly
)

// Marks of bounds: which of them follow.
const (
	Least = 1 << iota
	Most
	Pattern // text
)

// Marks of objects.
const (
	Open   = 1 << iota // other members are allowed
	Hidden             // it is a secret
)

// Zigzag makes small numbers of either sign small.
func Zigzag(n int64) uint64 { return uint64(n<<1) ^ uint64(n>>63) }

// Unzigzag is the opposite of Zigzag.
func Unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }
