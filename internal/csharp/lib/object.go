package lib

import (
	"hash/fnv"

	"gatehouse/internal/csharp/types"
)

// objects adds System.Object, System.Type, IEnumerable<T> and IDisposable.
func objects(r *types.Registry) {
	r.Add(types.ObjectT).
		Method("string ToString()", func(c types.Call, a []types.Value) types.Value { return types.Str(c.Text(a[0])) }).
		Method("bool Equals(object obj)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(types.Equal(a[0], a[1])) }).
		Method("int GetHashCode()", func(_ types.Call, a []types.Value) types.Value { return types.Int(hashCode(a[0])) }).
		Method("Type GetType()", func(c types.Call, a []types.Value) types.Value {
			return types.Ref(&TypeObject{c.Run.Types.TypeOf(a[0])})
		}).
		Func("bool Equals(object objA, object objB)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(types.Equal(a[0], a[1])) }).
		Func("bool ReferenceEquals(object objA, object objB)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(a[0] == a[1]) }).
		New("()", func(types.Call, []types.Value) types.Value { return types.Ref(&plainObject{}) })
	r.Add(types.TypeT).
		Get("string Name", func(_ types.Call, a []types.Value) types.Value { return types.Str(typeName(a[0])) }).
		Get("string FullName", func(_ types.Call, a []types.Value) types.Value {
			return types.Str(types.FullName(a[0].Ref().(*TypeObject).Of))
		})
	r.Add(types.TypeT).Func("Type of<T>()", func(c types.Call, _ []types.Value) types.Value { return types.Ref(&TypeObject{c.T(0)}) })
	nullables(r)
	r.Add(types.EnumerableT)
	r.Add(types.DisposableT).
		Method("void Dispose()", func(c types.Call, a []types.Value) types.Value { Dispose(a[0]); return types.Null })
}

// Disposer is implemented by objects that hold something to give back.
type Disposer interface{ Dispose() }

// Dispose disposes of v when it has something to give back.
func Dispose(v types.Value) {
	if d, ok := v.Ref().(Disposer); ok {
		d.Dispose()
	}
}

type plainObject struct{ _ byte }

// DotNetType implements types.Object.
func (*plainObject) DotNetType() *types.Type { return types.ObjectT }

// TypeObject is a System.Type, what typeof and GetType give.
type TypeObject struct{ Of *types.Type }

// DotNetType implements types.Object.
func (*TypeObject) DotNetType() *types.Type { return types.TypeT }

// ToText implements types.TextOf.
func (t *TypeObject) ToText(*types.Run) string { return types.FullName(t.Of) }

// EqualTo implements types.Equatable.
func (t *TypeObject) EqualTo(v types.Value) bool {
	u, ok := v.Ref().(*TypeObject)
	return ok && u.Of == t.Of
}

// Key implements types.Equatable.
func (t *TypeObject) Key() string { return types.FullName(t.Of) }

func typeName(v types.Value) string {
	full := types.FullName(v.Ref().(*TypeObject).Of)
	last := 0
	for i := 0; i < len(full) && full[i] != '['; i++ {
		if full[i] == '.' {
			last = i + 1
		}
	}
	return full[last:]
}

// hashCode is stable within a version of the program; .NET promises no more.
func hashCode(v types.Value) int32 {
	if t := v.ValueType(); t != nil && (t.Kind == types.KindInt32 || t.Kind == types.KindBool || t.Kind == types.KindChar) {
		return int32(v.Long())
	}
	h := fnv.New32a()
	if s, ok := v.Text(); ok {
		_, _ = h.Write([]byte(s)) // never fails
		return int32(h.Sum32())
	}
	if e, ok := v.Ref().(types.Equatable); ok {
		_, _ = h.Write([]byte(e.Key()))
		return int32(h.Sum32())
	}
	return int32(v.Bits() ^ v.Bits()>>32)
}

// nullables adds Nullable<T>: a receiver may be null here, and is the T otherwise.
func nullables(r *types.Registry) {
	orDefault := func(c types.Call, a []types.Value) types.Value {
		if !a[0].IsNull() {
			return a[0]
		}
		if len(a) > 1 {
			return a[1]
		}
		return c.Site.Result.Zero()
	}
	r.Add(types.NullableT).
		Get("bool HasValue", func(_ types.Call, a []types.Value) types.Value { return types.Bool(!a[0].IsNull()) }).
		Get("T Value", func(c types.Call, a []types.Value) types.Value {
			if a[0].IsNull() {
				c.Throw("System.InvalidOperationException", "Nullable object must have a value.")
			}
			return a[0]
		}).
		Method("T GetValueOrDefault()", orDefault).
		Method("T GetValueOrDefault(T defaultValue)", orDefault).
		Method("string ToString()", func(c types.Call, a []types.Value) types.Value { return types.Str(c.Text(a[0])) })
}
