package types

// Array is a T[]. A byte[] keeps its elements in Bytes, all others in Items.
type Array struct {
	Type  *Type
	Items []Value
	Bytes []byte
}

// NewArray makes an array of elem; items is kept.
func (r *Registry) NewArray(elem *Type, items []Value) *Array {
	a := &Array{Type: r.Array(elem), Items: items}
	if elem == Byte {
		a.Items, a.Bytes = nil, make([]byte, len(items))
		for i, v := range items {
			a.Bytes[i] = byte(v.num)
		}
	}
	return a
}

// MakeArray makes an array of n default values.
func (r *Registry) MakeArray(elem *Type, n int) *Array {
	if elem == Byte {
		return r.Bytes(make([]byte, n))
	}
	items := make([]Value, n)
	if zero := elem.Zero(); !zero.IsNull() {
		for i := range items {
			items[i] = zero
		}
	}
	return &Array{Type: r.Array(elem), Items: items}
}

// Bytes is b as a byte[]; b is kept.
func (r *Registry) Bytes(b []byte) *Array { return &Array{Type: r.Array(Byte), Bytes: b} }

// Strings is list as a string[].
func (r *Registry) Strings(list []string) Value {
	items := make([]Value, len(list))
	for i, s := range list {
		items[i] = Str(s)
	}
	return Ref(&Array{Type: r.Array(String), Items: items})
}

// DotNetType implements Object.
func (a *Array) DotNetType() *Type { return a.Type }

// Len is the number of elements.
func (a *Array) Len() int {
	if a.Type.Elem == Byte {
		return len(a.Bytes)
	}
	return len(a.Items)
}

// At is element i, which must exist.
func (a *Array) At(i int) Value {
	if a.Type.Elem == Byte {
		return Value{ref: Byte, num: uint64(a.Bytes[i])}
	}
	return a.Items[i]
}

// Put sets element i, which must exist.
func (a *Array) Put(i int, v Value) {
	if a.Type.Elem == Byte {
		a.Bytes[i] = byte(v.num)
		return
	}
	a.Items[i] = v
}

// Each implements Enumerable.
func (a *Array) Each(_ *Run, yield func(Value) bool) {
	for i := range a.Len() {
		if !yield(a.At(i)) {
			return
		}
	}
}

// Enumerable is implemented by all objects that foreach may walk: Each calls yield for
// each element until that returns false.
type Enumerable interface {
	Each(r *Run, yield func(Value) bool)
}

// Counted is implemented by Enumerables that know their length without being walked.
type Counted interface{ Len() int }

// Each walks any IEnumerable: an object, or a string's chars. Every element counts as a step.
func (r *Run) Each(v Value, yield func(Value) bool) {
	if s, ok := v.Text(); ok {
		for _, u := range EncodeUTF16(s) {
			r.Step()
			if !yield(Char(u)) {
				return
			}
		}
		return
	}
	e, ok := v.ref.(Enumerable)
	if !ok && v.ref != nil && r.Types.Adapt != nil {
		e, ok = r.Types.Adapt(v.ref).(Enumerable)
	}
	if !ok {
		r.ThrowNullReference()
	}
	e.Each(r, func(v Value) bool { r.Step(); return yield(v) })
}

// Collect is the elements of an IEnumerable as a new slice.
func (r *Run) Collect(v Value) []Value {
	var list []Value
	if c, ok := v.ref.(Counted); ok {
		list = make([]Value, 0, c.Len())
	}
	r.Each(v, func(v Value) bool { r.Grow(24); list = append(list, v); return true })
	return list
}
