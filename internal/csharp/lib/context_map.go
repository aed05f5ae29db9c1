package lib

import (
	"strings"

	"gatehouse/internal/csharp/host"
	"gatehouse/internal/csharp/types"
)

// findKey looks a key up in any dictionary, the host's own included, without allocating.
func findKey(c call, dict, key val) (val, bool) {
	switch d := dict.Ref().(type) {
	case Lookup:
		return d.Find(c.Run, key)
	case host.Fields:
		return fieldValues(c.Run, d, key.Str())
	case host.Variables:
		return variable(d, key.Str())
	}
	c.ThrowNullReference()
	return types.Null, false
}

// lookupOf is a dictionary as a Lookup.
func lookupOf(c call, dict val) Lookup {
	if d, ok := dict.Ref().(Lookup); ok {
		return d
	}
	if d, ok := adaptHost(c.Run.Types, dict.Ref()).(Lookup); ok {
		return d
	}
	c.ThrowNullReference()
	return nil
}

// adaptHost is Registry.Adapt: a host's map as the dictionary that expressions see.
func adaptHost(r *types.Registry, ref any) any {
	switch d := ref.(type) {
	case host.Fields:
		return &fieldMap{typ: r.Construct(dictionaryType, types.String, r.Array(types.String)), fields: d}
	case host.Variables:
		return &variableMap{d, r.Construct(dictionaryType, types.String, types.ObjectT)}
	}
	return nil
}

// singleFields are fields as an IReadOnlyDictionary<string, string>.
func singleFields(r *types.Registry, f host.Fields) *fieldMap {
	return &fieldMap{typ: r.Construct(dictionaryType, types.String, types.String), fields: f, single: true}
}

// fieldValues is the string[] of a field.
func fieldValues(r *types.Run, f host.Fields, name string) (val, bool) {
	var list []string
	for i := range f.Count() {
		if n, v := f.At(i); strings.EqualFold(n, name) {
			list = append(list, v)
		}
	}
	if list == nil {
		return types.Null, false
	}
	return r.Types.Strings(list), true
}

// fieldMap is header fields or query parameters as an IReadOnlyDictionary<string, string[]>,
// or with single as one of strings.
type fieldMap struct {
	typ    *types.Type
	fields host.Fields
	single bool
}

// names are the different names in order.
func (m *fieldMap) names() []string {
	var list []string
next:
	for i := range m.fields.Count() {
		n, _ := m.fields.At(i)
		for _, o := range list {
			if strings.EqualFold(o, n) {
				continue next
			}
		}
		list = append(list, n)
	}
	return list
}

// DotNetType implements types.Object.
func (m *fieldMap) DotNetType() *types.Type { return m.typ }

// Len is the number of different names.
func (m *fieldMap) Len() int { return len(m.names()) }

// Find implements Lookup.
func (m *fieldMap) Find(r *types.Run, key val) (val, bool) {
	if m.single {
		v, ok := m.fields.Get(key.Str())
		return orNull(v, ok), ok
	}
	return fieldValues(r, m.fields, key.Str())
}

// Each implements types.Enumerable.
func (m *fieldMap) Each(r *types.Run, yield func(val) bool) {
	value := r.Types.Array(types.String)
	if m.single {
		value = types.String
	}
	pair := r.Types.Construct(pairType, types.String, value)
	for _, n := range m.names() {
		v, _ := m.Find(r, str(n))
		if !yield(types.Ref(&Pair{Type: pair, Key: str(n), Value: v})) {
			return
		}
	}
}

// variable reads one of context.Variables.
func variable(v host.Variables, name string) (val, bool) {
	x, ok := v.Variable(name)
	if !ok {
		return types.Null, false
	}
	return HostValue(x), true
}

// HostValue makes a value of what a host keeps: a types.Value, a string, a bool, a
// number, or an object.
func HostValue(x any) val {
	switch x := x.(type) {
	case nil:
		return types.Null
	case types.Value:
		return x
	case string:
		return str(x)
	case bool:
		return types.Bool(x)
	case int:
		return types.Int(int32(x))
	case int64:
		return types.Long(x)
	case float64:
		return types.Double(x)
	}
	return types.Ref(x)
}

// variableMap is context.Variables where a Lookup is needed.
type variableMap struct {
	host.Variables
	typ *types.Type
}

// DotNetType implements types.Object.
func (m *variableMap) DotNetType() *types.Type { return m.typ }

// Len is the number of variables.
func (m *variableMap) Len() int { return len(m.Names()) }

// Find implements Lookup.
func (m *variableMap) Find(_ *types.Run, key val) (val, bool) {
	return variable(m.Variables, key.Str())
}

// Each implements types.Enumerable.
func (m *variableMap) Each(r *types.Run, yield func(val) bool) {
	pair := r.Types.Construct(pairType, types.String, types.ObjectT)
	for _, n := range m.Names() {
		v, _ := variable(m.Variables, n)
		if !yield(types.Ref(&Pair{Type: pair, Key: str(n), Value: v})) {
			return
		}
	}
}
