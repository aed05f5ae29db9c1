package lib

import (
	"hash/fnv"
	"strconv"
	"strings"

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
		Func("bool ReferenceEquals(object objA, object objB)", func(_ types.Call, a []types.Value) types.Value { return types.Bool(types.SameObject(a[0], a[1])) }).
		New("()", func(types.Call, []types.Value) types.Value { return types.Ref(&plainObject{}) })
	r.Add(types.TypeT).
		Get("string Name", func(_ types.Call, a []types.Value) types.Value { return types.Str(typeName(a[0])) }).
		Get("string FullName", func(_ types.Call, a []types.Value) types.Value {
			return types.Str(assemblyQualified(a[0].Ref().(*TypeObject).Of, false))
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

// SameAs implements types.Singleton.
func (t *TypeObject) SameAs(v types.Value) bool { return t.EqualTo(v) }

// Key implements types.Equatable.
func (t *TypeObject) Key() string { return types.FullName(t.Of) }

func typeName(v types.Value) string {
	t := v.Ref().(*TypeObject).Of
	if t.Kind == types.KindArray {
		return typeName(types.Ref(&TypeObject{t.Elem})) + "[]"
	}
	full, _, _ := strings.Cut(types.FullName(t), "[")
	return full[strings.LastIndexByte(full, '.')+1:]
}

// assemblyQualified is Type.FullName: the arguments of a generic type name their assemblies.
func assemblyQualified(t *types.Type, argument bool) string {
	name := t.Full
	switch {
	case t.Kind == types.KindArray:
		name = assemblyQualified(t.Elem, false) + "[]"
	case len(t.Args) > 0 && t.Def != nil:
		list := make([]string, len(t.Args))
		for i, a := range t.Args {
			list[i] = "[" + assemblyQualified(a, true) + "]"
		}
		name = t.Def.Full + "`" + strconv.Itoa(len(list)) + "[" + strings.Join(list, ",") + "]"
	}
	if argument {
		name += ", " + assemblyOf(t.Full)
	}
	return name
}

// assemblyOf is the assembly of .NET Framework 4 that has a type.
func assemblyOf(full string) string {
	name := "mscorlib"
	for prefix, assembly := range map[string]string{"System.Xml.Linq.": "System.Xml.Linq", "System.Linq.": "System.Core", "Newtonsoft.Json.": "Newtonsoft.Json",
		"System.Text.RegularExpressions.": "System", "System.Uri": "System", "System.Net.": "System", "System.Collections.Generic.HashSet": "System.Core",
		"System.Collections.Generic.Queue": "System", "System.Collections.Generic.Stack": "System"} {
		if strings.HasPrefix(full, prefix) {
			name = assembly
		}
	}
	if name == "Newtonsoft.Json" {
		return name
	}
	return name + ", Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089"
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
