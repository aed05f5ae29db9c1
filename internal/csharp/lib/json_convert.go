package lib

import (
	"gatehouse/internal/csharp/types"
)

// jsonConverts adds JsonConvert with the two members that API Management allows.
func jsonConverts(r *types.Registry) {
	b := r.StaticClass("Newtonsoft.Json.JsonConvert")
	b.Func("string SerializeObject(object value)", func(c call, a []val) val { return str(JSONText(c.Run, tokenFrom(c.Run, a[0], 0), false)) })
	b.Func("string SerializeObject(object value, Formatting formatting)", func(c call, a []val) val {
		return str(JSONText(c.Run, tokenFrom(c.Run, a[0], 0), a[1].Int() == 1))
	})
	parse := func(c call, v val) Token {
		c.NotNull(v, "value")
		if v.Str() == "" {
			return nil
		}
		return ReadJSON(c.Run, v.Str(), "JToken")
	}
	b.Func("object DeserializeObject(string value)", func(c call, a []val) val {
		switch t := parse(c, a[0]).(type) {
		case nil:
			return types.Null
		case *JSONValue:
			return t.v
		default:
			return types.Ref(t)
		}
	})
	b.Func("T DeserializeObject<T>(string value)", func(c call, a []val) val {
		t := parse(c, a[0])
		if t == nil {
			return c.T(0).Zero()
		}
		return materialize(c, t, c.T(0), 0)
	})
	b.Func("object DeserializeObject(string value, Type type)", func(c call, a []val) val {
		t := parse(c, a[0])
		if t == nil || a[1].IsNull() {
			return tokenValue(t)
		}
		return materialize(c, t, a[1].Ref().(*TypeObject).Of, 0)
	})
}

// tokenFrom is what the serializer makes of an object: tokens as they are, dictionaries and
// anonymous types as objects, sequences as arrays.
func tokenFrom(r *types.Run, v val, depth int) Token {
	tooDeep(depth)
	r.Step()
	r.Grow(64)
	if t := tokenOf(v); t != nil {
		return t
	}
	if t, ok := plainToken(v); ok {
		return t
	}
	if a := adaptHost(r.Types, v.Ref()); a != nil {
		v = types.Ref(a)
	}
	switch o := v.Ref().(type) {
	case *types.Tuple:
		return tupleToken(r, o, depth)
	case *Pair:
		out := &JSONObject{}
		out.set(r, "Key", tokenFrom(r, o.Key, depth+1))
		out.set(r, "Value", tokenFrom(r, o.Value, depth+1))
		return out
	case Lookup:
		out := &JSONObject{}
		o.Each(r, func(p val) bool {
			k, w := pairOf(p)
			out.set(r, r.Text(k), tokenFrom(r, w, depth+1))
			return true
		})
		return out
	case types.Enumerable:
		out := &JSONArray{}
		r.Each(v, func(e val) bool {
			t := adopt(r, tokenFrom(r, e, depth+1), out)
			out.items = append(out.items, t)
			return true
		})
		return out
	case *types.Exception:
		out := &JSONObject{}
		out.set(r, "ClassName", &JSONValue{typ: jsonString, v: str(o.Type.Full)})
		out.set(r, "Message", &JSONValue{typ: jsonString, v: str(o.Message)})
		return out
	case types.TextOf:
		return &JSONValue{typ: jsonString, v: str(r.Text(v))}
	}
	return &JSONObject{}
}

func tupleToken(r *types.Run, t *types.Tuple, depth int) Token {
	out := &JSONObject{}
	for i, v := range t.Items {
		name := "Item" + string(rune('1'+i))
		if t.Type.Kind == types.KindAnonymous {
			name = t.Type.Labels[i]
		}
		out.set(r, name, tokenFrom(r, v, depth+1))
	}
	return out
}

// materialize is ToObject<T>: tokens, simple types, and dictionaries, lists and arrays of them.
func materialize(c call, t Token, to *types.Type, depth int) val {
	tooDeep(depth)
	c.Step()
	c.Grow(32)
	if c.Types.Is(types.Ref(t), to) && to != types.ObjectT {
		return types.Ref(t)
	}
	j, plain := t.(*JSONValue)
	switch {
	case plain && j.v.IsNull():
		if !to.CanBeNull() {
			c.Throw("Newtonsoft.Json.JsonSerializationException", "Error converting value {null} to type '"+types.FullName(to)+"'. Path '"+tokenPath(t)+"'.")
		}
		return types.Null
	case to == types.ObjectT && plain:
		return j.v
	case to == types.ObjectT:
		return types.Ref(t)
	case castKinds(to.Underlying()) != 0 && (plain || to.Kind != types.KindArray):
		return castToken(c, types.Ref(t), to)
	case plain && to.Kind == types.KindEnum:
		return types.Of(to, j.v.Bits())
	}
	switch t := t.(type) {
	case *JSONObject:
		if v, ok := materializeMap(c, t, to, depth); ok {
			return v
		}
	case *JSONArray:
		if v, ok := materializeList(c, t, to, depth); ok {
			return v
		}
	}
	names, _ := c.Types.EnumNames(tokenKindType)
	c.Throw("Newtonsoft.Json.JsonSerializationException", "Cannot deserialize the JSON "+names[t.kind()]+" into type '"+types.FullName(to)+"'. Path '"+tokenPath(t)+"'.")
	return types.Null
}

func materializeMap(c call, o *JSONObject, to *types.Type, depth int) (val, bool) {
	if to.Def != dictionaryType && to.Def != mapType && to.Def != readMapType {
		return types.Null, false
	}
	d := newDictionary(c.Run, c.Types.Construct(dictionaryType, to.Args...), types.Null)
	for _, p := range o.props {
		d.put(c, changeType(c, str(p.name), to.Args[0]), materialize(c, p.value, to.Args[1], depth+1), false)
	}
	return types.Ref(d), true
}

func materializeList(c call, x *JSONArray, to *types.Type, depth int) (val, bool) {
	elem := to.Elem
	if to.Kind != types.KindArray {
		if len(to.Args) != 1 {
			return types.Null, false
		}
		elem = to.Args[0]
	}
	items := make([]val, len(x.items))
	for i, t := range x.items {
		items[i] = materialize(c, t, elem, depth+1)
	}
	made := c.Types.Construct(listType, elem)
	switch {
	case to.Kind == types.KindArray:
		return types.Ref(c.Types.NewArray(elem, items)), true
	case to.Def == hashSetType:
		s := newHashSet(to, types.Null)
		for _, v := range items {
			s.add(c.Run, v)
		}
		return types.Ref(s), true
	case c.Types.Derives(made, to):
		return types.Ref(&list{typ: made, items: items}), true
	}
	return types.Null, false
}
