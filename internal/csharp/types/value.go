package types

import (
	"math"
	"unsafe"
)

// Value is one value of a running expression, in three words and without allocation
// for everything but objects:
//
//	null            ref nil
//	a string        ref *byte, the text's first byte; num its length in bytes
//	a value type    ref *Type, num its bits: bool, char, whole numbers, float, double,
//	                enums, DateTime and TimeSpan (ticks)
//	an object       ref a pointer to a Go struct that implements Object, or a host's object
//
// Since a value carries its type, boxing changes nothing. Strings are UTF-8 where a
// lone surrogate is its three-byte form (WTF-8); see utf16.go.
type Value struct {
	ref any
	num uint64
}

// Null is C#'s null.
var Null Value

// emptyText is what the empty string points to: a nil *byte would do, but reads worse in a debugger.
var emptyText = new(byte)

// Str makes a string.
func Str(s string) Value {
	if s == "" {
		return Value{ref: emptyText}
	}
	return Value{ref: unsafe.StringData(s), num: uint64(len(s))}
}

// Bool makes a bool.
func Bool(b bool) Value {
	if b {
		return Value{ref: Boolean, num: 1}
	}
	return Value{ref: Boolean}
}

// Int makes an int; Long, Double, Single and Char make those.
func Int(i int32) Value { return Value{ref: Int32, num: uint64(int64(i))} }

// Long makes a long.
func Long(i int64) Value { return Value{ref: Int64, num: uint64(i)} }

// Double makes a double.
func Double(f float64) Value { return Value{ref: DoubleT, num: math.Float64bits(f)} }

// Single makes a float, kept as the double of the same value.
func Single(f float32) Value { return Value{ref: SingleT, num: math.Float64bits(float64(f))} }

// Char makes a char, which is a UTF-16 code unit.
func Char(c uint16) Value { return Value{ref: CharT, num: uint64(c)} }

// Of makes a value of any value type from its bits. Signed numbers are extended to 64 bits.
func Of(t *Type, bits uint64) Value { return Value{ref: t, num: bits} }

// Ref makes a reference to an object: a pointer to a struct that implements Object, or a
// host's object. A nil pointer inside an interface is not null: pass Null for that.
func Ref(o any) Value { return Value{ref: o} }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.ref == nil }

// Bool is the value of a bool.
func (v Value) Bool() bool { return v.num != 0 }

// Int is the value of an int, short, byte or an enum of them.
func (v Value) Int() int { return int(int64(v.num)) }

// Long is the value of a whole number.
func (v Value) Long() int64 { return int64(v.num) }

// Bits are the bits of a value type.
func (v Value) Bits() uint64 { return v.num }

// Double is the value of a float or double.
func (v Value) Double() float64 { return math.Float64frombits(v.num) }

// Char is the value of a char.
func (v Value) Char() uint16 { return uint16(v.num) }

// IsStr reports whether v is a string.
func (v Value) IsStr() bool { _, ok := v.ref.(*byte); return ok }

// Str is the text of a string; "" for null and for all else.
func (v Value) Str() string {
	if p, ok := v.ref.(*byte); ok && v.num > 0 {
		return unsafe.String(p, int(v.num))
	}
	return ""
}

// Text is Str and whether v is a string.
func (v Value) Text() (string, bool) {
	p, ok := v.ref.(*byte)
	if !ok || v.num == 0 {
		return "", ok
	}
	return unsafe.String(p, int(v.num)), true
}

// Ref is the object that v refers to; nil for null. Strings and value types are not objects here.
func (v Value) Ref() any { return v.ref }

// ValueType is the type of a value type's value, nil for null, strings and objects.
func (v Value) ValueType() *Type { t, _ := v.ref.(*Type); return t }

// Object is what objects of the library implement: their run-time type.
type Object interface{ DotNetType() *Type }

// TextOf may be implemented by an Object to have a ToString of its own.
type TextOf interface{ ToText(r *Run) string }

// Equatable may be implemented by an Object to have an Equals of its own; it then must
// also have a Key that is equal for equal objects.
type Equatable interface {
	EqualTo(Value) bool
	Key() string
}

// Singleton may be implemented by an Object of which .NET has one for all that are equal.
type Singleton interface{ SameAs(Value) bool }

// SameObject is object.ReferenceEquals: two boxes of value types are never one object, and neither are
// equal strings that were made apart.
func SameObject(a, b Value) bool {
	if a.ValueType() != nil {
		return false
	}
	if s, ok := a.ref.(Singleton); ok {
		return s.SameAs(b)
	}
	return a == b
}

// Key makes v usable as a key of a Go map: equal values (by .NET's Equals) have equal keys.
type Key struct {
	ref  any
	num  uint64
	text string
}

// KeyOf is the key of v.
func KeyOf(v Value) Key {
	if s, ok := v.Text(); ok {
		return Key{text: s, num: 1}
	}
	if e, ok := v.ref.(Equatable); ok {
		return Key{text: e.Key(), num: 2}
	}
	return Key{ref: v.ref, num: v.num}
}

// Equal is .NET's object.Equals(a, b).
func Equal(a, b Value) bool {
	if s, ok := a.Text(); ok {
		t, ok := b.Text()
		return ok && s == t
	}
	if e, ok := a.ref.(Equatable); ok {
		return e.EqualTo(b)
	}
	if b.IsStr() {
		return false
	}
	if t, ok := a.ref.(*Type); ok && (t == DoubleT || t == SingleT) && b.ref == a.ref {
		x, y := a.Double(), b.Double()
		return x == y || x != x && y != y
	}
	return a.ref == b.ref && a.num == b.num
}
