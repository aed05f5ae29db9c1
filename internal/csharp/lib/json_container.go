package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// content makes tokens of what constructors and Add take: tokens, values, and sequences of
// them, which are taken apart.
func content(c call, v val) []Token {
	if isMulti(v) {
		var list []Token
		c.Each(v, func(e val) bool { list = append(list, content(c, e)...); return true })
		return list
	}
	return []Token{contentToken(c, v)}
}

// isMulti reports whether v is a sequence of contents.
func isMulti(v val) bool {
	if v.IsStr() {
		return false
	}
	switch o := v.Ref().(type) {
	case Token:
		return false
	case *types.Array:
		return o.Type.Elem != types.Byte
	case types.Enumerable:
		return true
	}
	return false
}

func contentToken(c call, v val) Token {
	if t := tokenOf(v); t != nil {
		return t
	}
	t, ok := plainToken(v)
	if !ok {
		c.Throw("System.ArgumentException", "Could not determine JSON object type for type "+types.FullName(types.TypeOf(v))+".")
	}
	return t
}

// addContent puts contents into a container, at a place.
func addContent(c call, to Token, at int, v val) {
	for _, t := range content(c, v) {
		c.Grow(96)
		switch to := to.(type) {
		case *JSONArray:
			to.insert(c, at, types.Ref(t))
		case *JSONObject:
			p, ok := t.(*JSONProperty)
			if !ok {
				cannotAdd(c, types.Ref(t), to)
			}
			if to.find(p.name) >= 0 {
				duplicateProperty(c, p.name)
			}
			p = adopt(c.Run, p, to).(*JSONProperty)
			to.props = slices.Insert(to.props, at, p)
			to.reindex()
		case *JSONProperty:
			if to.value != nil {
				c.Throw("Newtonsoft.Json.JsonException", "Newtonsoft.Json.Linq.JProperty cannot have multiple values.")
			}
			to.setValue(c.Run, t)
		}
		at++
	}
}

func size(t Token) int { return len(children(t)) }

func emptyToken(c call, t Token) {
	switch t := t.(type) {
	case *JSONObject:
		t.empty(c)
	case *JSONArray:
		t.clear(c)
	case *JSONProperty:
		t.value = nil
	}
}

// jsonContainers adds JContainer, JObject, JArray and JProperty.
func jsonContainers(r *types.Registry) {
	b := r.Add(containerType).Extends("JToken", "IList<JToken>")
	b.Get("int Count", self(func(t Token) val { return integer(size(t)) }))
	b.Method("void Add(object content)", func(c call, a []val) val {
		t := a[0].Ref().(Token)
		addContent(c, t, size(t), a[1])
		return types.Null
	})
	b.Method("void AddFirst(object content)", func(c call, a []val) val { addContent(c, a[0].Ref().(Token), 0, a[1]); return types.Null })
	b.Method("void RemoveAll()", func(c call, a []val) val { emptyToken(c, a[0].Ref().(Token)); return types.Null })
	b.Method("void ReplaceAll(object content)", func(c call, a []val) val {
		emptyToken(c, a[0].Ref().(Token))
		addContent(c, a[0].Ref().(Token), 0, a[1])
		return types.Null
	})
	for name, own := range map[string]bool{"Descendants": false, "DescendantsAndSelf": true} {
		b.Method("IEnumerable<JToken> "+name+"()", func(c call, a []val) val {
			t := a[0].Ref().(Token)
			var list []Token
			if own {
				list = append(list, t)
			}
			return tokenSequence(c, descendants(c.Run, t, 0, list))
		})
	}
	jsonMerges(r, b)
	jsonObjects(r)
	jsonArrays(r)
	jsonProperties(r)
}

func jsonObjects(r *types.Registry) {
	b := r.Add(objectType).Extends("JContainer", "IDictionary<string, JToken>")
	b.New("()", func(call, []val) val { return types.Ref(&JSONObject{}) })
	b.New("(JObject other)", func(c call, a []val) val {
		c.NotNull(a[0], "other")
		return tokenValue(cloneToken(c.Run, tokenOf(a[0]), 0))
	})
	make := func(c call, a []val) val {
		o := &JSONObject{}
		addContent(c, o, 0, a[0])
		return types.Ref(o)
	}
	b.New("(object content)", make)
	b.New("(params object[] content)", make)
	b.Index("JToken this[string propertyName]", func(c call, a []val) val {
		c.NotNull(a[1], "propertyName")
		return tokenValue(a[0].Ref().(*JSONObject).Get(a[1].Str()))
	}, func(c call, a []val) val { a[0].Ref().(*JSONObject).put(c, a[1], a[2], false); return types.Null })
	b.Method("void Add(string propertyName, JToken value)", func(c call, a []val) val {
		a[0].Ref().(*JSONObject).put(c, a[1], a[2], true)
		return types.Null
	})
	b.Method("bool Remove(string propertyName)", func(c call, a []val) val {
		c.NotNull(a[1], "propertyName")
		return types.Bool(a[0].Ref().(*JSONObject).drop(c, a[1]))
	})
	b.Method("bool ContainsKey(string propertyName)", func(c call, a []val) val {
		c.NotNull(a[1], "propertyName")
		return types.Bool(a[0].Ref().(*JSONObject).find(a[1].Str()) >= 0)
	})
	b.Method("JProperty Property(string name)", func(_ call, a []val) val { return findProperty(a[0].Ref().(*JSONObject), a[1].Str(), 4) })
	b.Method("JProperty Property(string name, StringComparison comparison)", func(_ call, a []val) val {
		return findProperty(a[0].Ref().(*JSONObject), a[1].Str(), a[2].Int())
	})
	get := func(c call, a []val, comparison int) (val, bool) {
		p, ok := findProperty(a[0].Ref().(*JSONObject), a[1].Str(), comparison).Ref().(*JSONProperty)
		if !ok {
			return types.Null, false
		}
		return tokenValue(p.value), true
	}
	b.Method("JToken GetValue(string propertyName)", func(c call, a []val) val { v, _ := get(c, a, 4); return v })
	b.Method("JToken GetValue(string propertyName, StringComparison comparison)", func(c call, a []val) val { v, _ := get(c, a, a[2].Int()); return v })
	b.Method("bool TryGetValue(string propertyName, out JToken value)", func(c call, a []val) val {
		v, ok := get(c, a, 4)
		a[2] = v
		return types.Bool(ok)
	})
	b.Method("bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)", func(c call, a []val) val {
		v, ok := get(c, a, a[2].Int())
		a[3] = v
		return types.Bool(ok)
	})
	b.Method("IEnumerable<JProperty> Properties()", func(c call, a []val) val { return tokenSequence(c, children(a[0].Ref().(Token))) })
	b.Method("IEnumerable<JToken> PropertyValues()", func(c call, a []val) val {
		var list []Token
		for _, p := range a[0].Ref().(*JSONObject).props {
			list = append(list, p.value)
		}
		return tokenSequence(c, list)
	})
	b.Method("IEnumerator<KeyValuePair<string, JToken>> GetEnumerator()", getEnumerator)
	b.Func("JObject Parse(string json)", func(c call, a []val) val { return parseToken(c, a[0], "JObject") })
	b.Func("JObject FromObject(object o)", func(c call, a []val) val { return fromObject(c, a[0], jsonObject) })
}

// findProperty finds by a StringComparison: an exact match first, as Newtonsoft does.
func findProperty(o *JSONObject, name string, comparison int) val {
	if i := o.find(name); i >= 0 {
		return types.Ref(o.props[i])
	}
	if comparison%2 == 1 {
		for _, p := range o.props {
			if equalText(str(p.name), str(name), comparison) {
				return types.Ref(p)
			}
		}
	}
	return types.Null
}

func fromObject(c call, v val, kind int) val {
	c.NotNull(v, "o")
	t := tokenFrom(c.Run, v, 0)
	if t.kind() != kind {
		names := map[int]string{jsonObject: "JObject", jsonArray: "JArray"}
		got, _ := c.Types.EnumNames(tokenKindType)
		c.Throw("System.ArgumentException", "Object serialized to "+got[t.kind()]+". "+names[kind]+" instance expected.")
	}
	return types.Ref(t)
}

func jsonArrays(r *types.Registry) {
	b := r.Add(jarrayType).Extends("JContainer", "IList<JToken>")
	b.New("()", func(call, []val) val { return types.Ref(&JSONArray{}) })
	b.New("(JArray other)", func(c call, a []val) val {
		c.NotNull(a[0], "other")
		return tokenValue(cloneToken(c.Run, tokenOf(a[0]), 0))
	})
	make := func(c call, a []val) val {
		x := &JSONArray{}
		addContent(c, x, 0, a[0])
		return types.Ref(x)
	}
	b.New("(object content)", make)
	b.New("(params object[] content)", make)
	b.Index("JToken this[int index]", listAt, listPut)
	b.Method("void Add(JToken item)", collectionAdd)
	b.Method("bool Remove(JToken item)", func(c call, a []val) val {
		x, t := a[0].Ref().(*JSONArray), tokenOf(a[1])
		i := slices.IndexFunc(x.items, func(e Token) bool { return types.Equal(types.Ref(e), tokenValue(t)) })
		if i >= 0 {
			x.removeAt(c, i)
		}
		return types.Bool(i >= 0)
	})
	b.Method("void RemoveAt(int index)", listRemoveAt)
	b.Method("void Insert(int index, JToken item)", listInsert)
	b.Method("int IndexOf(JToken item)", func(_ call, a []val) val { return integer(indexOfValue(a[0].Ref().(*JSONArray), a[1])) })
	b.Method("bool Contains(JToken item)", func(_ call, a []val) val { return types.Bool(indexOfValue(a[0].Ref().(*JSONArray), a[1]) >= 0) })
	b.Method("void Clear()", collectionClear)
	b.Method("void CopyTo(JToken[] array, int arrayIndex)", copyTo)
	b.Get("bool IsReadOnly", func(call, []val) val { return types.Bool(false) })
	b.Func("JArray Parse(string json, JsonLoadSettings settings)", func(c call, a []val) val { return parseToken(c, a[0], "JArray") })
	b.Func("JArray Parse(string json)", func(c call, a []val) val { return parseToken(c, a[0], "JArray") })
	b.Func("JArray FromObject(object o)", func(c call, a []val) val { return fromObject(c, a[0], jsonArray) })
}

func jsonProperties(r *types.Registry) {
	b := r.Add(propertyType).Extends("JContainer")
	make := func(c call, a []val) val {
		c.NotNull(a[0], "name")
		p := &JSONProperty{name: a[0].Str()}
		if isMulti(a[1]) {
			x := &JSONArray{}
			addContent(c, x, 0, a[1])
			p.setValue(c.Run, x)
		} else {
			p.setValue(c.Run, contentToken(c, a[1]))
		}
		return types.Ref(p)
	}
	b.New("(string name, object content)", make)
	b.New("(string name, params object[] content)", make)
	b.New("(JProperty other)", func(c call, a []val) val {
		c.NotNull(a[0], "other")
		return tokenValue(cloneToken(c.Run, tokenOf(a[0]), 0))
	})
	b.Get("string Name", func(_ call, a []val) val {
		k, _ := pairOf(a[0])
		return k
	})
	b.GetSet("JToken Value", func(_ call, a []val) val {
		_, v := pairOf(a[0])
		return v
	}, func(c call, a []val) val {
		a[0].Ref().(*JSONProperty).setValue(c.Run, tokenOf(a[1]))
		return types.Null
	})
}

// jsonMerges adds Merge and its settings.
func jsonMerges(r *types.Registry, b *types.Builder) {
	r.AddEnum(mergeHandling, "Concat", "Union", "Replace", "Merge")
	s := r.Add(mergeSettingsType)
	s.New("()", func(call, []val) val { return types.Ref(&mergeSettings{}) })
	s.GetSet("MergeArrayHandling MergeArrayHandling", self(func(m *mergeSettings) val { return types.Of(mergeHandling, uint64(m.arrays)) }),
		func(_ call, a []val) val { a[0].Ref().(*mergeSettings).arrays = a[1].Int(); return types.Null })
	r.AddEnum(mergeNulls, "Ignore", "Merge").Flags()
	s.GetSet("MergeNullValueHandling MergeNullValueHandling", self(func(m *mergeSettings) val { return types.Of(mergeNulls, uint64(m.nulls)) }),
		func(_ call, a []val) val { a[0].Ref().(*mergeSettings).nulls = a[1].Int(); return types.Null })
	merge := func(c call, a []val) val {
		m := &mergeSettings{}
		if len(a) > 2 && !a[2].IsNull() {
			m = a[2].Ref().(*mergeSettings)
		}
		if !a[1].IsNull() {
			from := tokenOf(a[1])
			if from == nil {
				from = tokenFrom(c.Run, a[1], 0)
			}
			m.merge(c, a[0].Ref().(Token), from, 0)
		}
		return types.Null
	}
	b.Method("void Merge(object content)", merge)
	b.Method("void Merge(object content, JsonMergeSettings settings)", merge)
}

var (
	mergeHandling     = types.New(types.KindEnum, "Newtonsoft.Json.Linq.MergeArrayHandling")
	mergeNulls        = types.New(types.KindEnum, "Newtonsoft.Json.Linq.MergeNullValueHandling")
	mergeSettingsType = types.New(types.KindClass, "Newtonsoft.Json.Linq.JsonMergeSettings")
)

type mergeSettings struct{ arrays, nulls int }

// DotNetType implements types.Object.
func (*mergeSettings) DotNetType() *types.Type { return mergeSettingsType }

// merge is Newtonsoft's: objects property by property, arrays by MergeArrayHandling.
func (m *mergeSettings) merge(c call, to, from Token, depth int) {
	tooDeep(depth)
	c.Step()
	switch to := to.(type) {
	case *JSONObject:
		o, ok := from.(*JSONObject)
		if !ok {
			return
		}
		for _, p := range slices.Clone(o.props) {
			m.property(c, to, p, depth)
		}
	case *JSONArray:
		if x, ok := from.(*JSONArray); ok {
			m.array(c, to, x, depth)
		}
	}
}

func (m *mergeSettings) property(c call, to *JSONObject, p *JSONProperty, depth int) {
	i := to.find(p.name)
	if i < 0 {
		c.Grow(160)
		to.set(c.Run, p.name, p.value)
		return
	}
	if p.value == nil {
		return
	}
	old := to.props[i].value
	switch p.value.(type) {
	case *JSONObject, *JSONArray:
		if old == nil || old.kind() != p.value.kind() {
			to.props[i].setValue(c.Run, p.value)
			return
		}
		m.merge(c, old, p.value, depth+1)
	default:
		if p.value.kind() != jsonNull || m.nulls == 1 {
			to.props[i].setValue(c.Run, p.value)
		}
	}
}

func (m *mergeSettings) array(c call, to, from *JSONArray, depth int) {
	items := slices.Clone(from.items)
	switch m.arrays {
	case 2:
		to.clear(c)
	case 1:
		items = slices.DeleteFunc(items, func(t Token) bool {
			return slices.ContainsFunc(to.items, func(e Token) bool { c.Step(); return deepEqual(e, t, 0) })
		})
	case 3:
		for i, t := range items {
			switch {
			case i >= len(to.items):
				to.insert(c, len(to.items), types.Ref(t))
			case size(t) > 0 && to.items[i].kind() == t.kind():
				m.merge(c, to.items[i], t, depth+1)
			case t.kind() != jsonNull:
				to.replace(c, i, types.Ref(t))
			}
		}
		return
	}
	for _, t := range items {
		to.insert(c, len(to.items), types.Ref(t))
	}
}

// pairOf is the key and value of a KeyValuePair, or of a property, which is what walking a
// JObject gives.
func pairOf(v val) (key, value val) {
	switch p := v.Ref().(type) {
	case *Pair:
		return p.Key, p.Value
	case *JSONProperty:
		return str(p.name), tokenValue(p.value)
	}
	return types.Null, types.Null
}
