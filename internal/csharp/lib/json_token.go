package lib

import (
	"slices"

	"gatehouse/internal/csharp/types"
)

// jsonTokens adds JToken, the base of all, and its enums.
func jsonTokens(r *types.Registry) {
	r.AddEnum(tokenKindType, "None", "Object", "Array", "Constructor", "Property", "Comment", "Integer", "Float", "String", "Boolean", "Null", "Undefined",
		"Date", "Raw", "Bytes", "Guid", "Uri", "TimeSpan")
	r.Enum("Newtonsoft.Json.Formatting", "None", "Indented")
	loadSettings(r)
	b := r.Add(tokenType).Extends("", "IEnumerable<JToken>")
	b.Get("JTokenType Type", self(func(t Token) val { return types.Of(tokenKindType, uint64(t.kind())) }))
	b.Get("JContainer Parent", self(func(t Token) val { return tokenValue(t.node().parent) }))
	b.Get("JToken Root", self(func(t Token) val {
		for t.node().parent != nil {
			t = t.node().parent
		}
		return tokenValue(t)
	}))
	b.Get("string Path", self(func(t Token) val { return str(tokenPath(t)) }))
	b.Get("bool HasValues", self(func(t Token) val { return types.Bool(len(children(t)) > 0) }))
	b.Get("JToken First", edge(0))
	b.Get("JToken Last", edge(-1))
	b.Get("JToken Next", sibling(1))
	b.Get("JToken Previous", sibling(-1))
	b.Index("JToken this[object key]", tokenAt, setTokenAt)
	b.Method("JToken DeepClone()", func(c call, a []val) val {
		c.Grow(256)
		return tokenValue(cloneToken(c.Run, a[0].Ref().(Token), 0))
	})
	b.Func("bool DeepEquals(JToken t1, JToken t2)", func(_ call, a []val) val { return types.Bool(deepEqual(tokenOf(a[0]), tokenOf(a[1]), 0)) })
	b.Method("string ToString(Formatting formatting)", tokenText)
	b.Func("JToken Parse(string json)", func(c call, a []val) val { return parseToken(c, a[0], "JToken") })
	b.Func("JToken FromObject(object o)", func(c call, a []val) val {
		c.NotNull(a[0], "o")
		return tokenValue(tokenFrom(c.Run, a[0], 0))
	})
	b.Func("JToken Parse(string json, JsonLoadSettings settings)", func(c call, a []val) val { return parseToken(c, a[0], "JToken") })
	b.Method("T ToObject<T>()", func(c call, a []val) val { return materialize(c, a[0].Ref().(Token), c.T(0), 0) })
	b.Method("object ToObject(Type objectType)", func(c call, a []val) val {
		c.NotNull(a[1], "objectType")
		return materialize(c, a[0].Ref().(Token), a[1].Ref().(*TypeObject).Of, 0)
	})
	b.Method("T Value<T>(object key)", func(c call, a []val) val { return tokenTo(c, tokenOf(tokenAt(c, a)), c.T(0)) })
	b.Method("IEnumerable<JToken> Children()", func(c call, a []val) val { return tokenSequence(c, children(a[0].Ref().(Token))) })
	b.Method("IEnumerable<T> Children<T>()", func(c call, a []val) val {
		t := c.T(0)
		return tokenSequence(c, slices.DeleteFunc(slices.Clone(children(a[0].Ref().(Token))), func(k Token) bool { return !c.Types.Is(types.Ref(k), t) }))
	})
	b.Method("IEnumerable<T> Values<T>()", func(c call, a []val) val { return valuesOf(c, children(a[0].Ref().(Token)), c.T(0)) })
	b.Method("JToken SelectToken(string path, bool errorWhenNoMatch = false)", func(c call, a []val) val {
		c.NotNull(a[1], "path")
		return selectOne(c, a[0].Ref().(Token), a[1].Str(), a[2].Bool())
	})
	b.Method("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch = false)", func(c call, a []val) val {
		c.NotNull(a[1], "path")
		return tokenSequence(c, selectAll(c, a[0].Ref().(Token), a[1].Str(), a[2].Bool()))
	})
	tokenMoves(b)
	tokenFamily(b)
}

// loadSettings adds JsonLoadSettings. Comments are never kept and the line numbers never
// asked for, so that its properties change nothing.
func loadSettings(r *types.Registry) {
	for _, name := range []string{"CommentHandling", "LineInfoHandling"} {
		r.Enum("Newtonsoft.Json.Linq."+name, map[string][]string{"CommentHandling": {"Ignore", "Load"}, "LineInfoHandling": {"Ignore", "Load"}}[name]...)
	}
	t := types.New(types.KindClass, "Newtonsoft.Json.Linq.JsonLoadSettings")
	b := r.Add(t).New("()", func(call, []val) val { return types.Ref(&jsonSettings{typ: t}) })
	for i, name := range []string{"CommentHandling", "LineInfoHandling"} {
		b.GetSet(name+" "+name, func(c call, a []val) val { return types.Of(c.Site.Result, a[0].Ref().(*jsonSettings).values[i]) }, func(_ call, a []val) val {
			a[0].Ref().(*jsonSettings).values[i] = a[1].Bits()
			return types.Null
		})
	}
}

// jsonSettings is a JsonLoadSettings.
type jsonSettings struct {
	typ    *types.Type
	values [2]uint64
}

// DotNetType implements types.Object.
func (s *jsonSettings) DotNetType() *types.Type { return s.typ }

func tokenText(c call, a []val) val {
	return str(JSONText(c.Run, a[0].Ref().(Token), a[1].Int() == 1))
}

func parseToken(c call, s val, what string) val {
	c.NotNull(s, "s")
	return tokenValue(ReadJSON(c.Run, s.Str(), what))
}

// tokenSequence is a list of tokens as an IEnumerable.
func tokenSequence(c call, list []Token) val {
	return types.Ref(&sequence{typ: c.Site.Result, len: func() int { return len(list) }, each: func(_ *types.Run, yield func(val) bool) { eachToken(list, yield) }})
}

func edge(at int) types.Func {
	return func(c call, a []val) val {
		t := a[0].Ref().(Token)
		if v, ok := t.(*JSONValue); ok {
			invalid(c.Run, "Cannot access child value on "+v.DotNetType().Full+".")
		}
		list := children(t)
		if len(list) == 0 {
			return types.Null
		}
		if at < 0 {
			return tokenValue(list[len(list)-1])
		}
		return tokenValue(list[0])
	}
}

func sibling(step int) types.Func {
	return self(func(t Token) val {
		if t.node().parent == nil {
			return types.Null
		}
		list := children(t.node().parent)
		i := slices.Index(list, t) + step
		if i < 0 || i >= len(list) {
			return types.Null
		}
		return tokenValue(list[i])
	})
}

// tokenAt is token[key]: a property of an object by name, an element of an array by index.
func tokenAt(c call, a []val) val {
	switch t := a[0].Ref().(type) {
	case *JSONObject:
		if !a[1].IsStr() {
			badKey(c, "JObject", a[1])
		}
		return tokenValue(t.Get(a[1].Str()))
	case *JSONArray:
		if a[1].ValueType() != types.Int32 {
			badKey(c, "JArray", a[1])
		}
		return listAt(c, a)
	case Token:
		invalid(c.Run, "Cannot access child value on "+t.DotNetType().Full+".")
	}
	return types.Null
}

func badKey(c call, what string, key val) {
	text := "null"
	switch {
	case key.IsStr():
		text = `"` + key.Str() + `"`
	case !key.IsNull():
		text = c.Text(key)
	}
	article := map[string]string{"JObject": "Object property name expected.", "JArray": "Int32 array index expected."}[what]
	c.ThrowArgument("System.ArgumentException", "Accessed "+what+" values with invalid key value: "+text+". "+article, "")
}

func setTokenAt(c call, a []val) val {
	switch t := a[0].Ref().(type) {
	case *JSONObject:
		if !a[1].IsStr() {
			badKey(c, "JObject", a[1])
		}
		t.put(c, a[1], a[2], false)
	case *JSONArray:
		if a[1].ValueType() != types.Int32 {
			badKey(c, "JArray", a[1])
		}
		listPut(c, a)
	case Token:
		invalid(c.Run, "Cannot set child value on "+t.DotNetType().Full+".")
	}
	return types.Null
}

// tokenMoves adds what changes where a token stands.
func tokenMoves(b *types.Builder) {
	b.Method("void Remove()", func(c call, a []val) val {
		t := a[0].Ref().(Token)
		needParent(c, t)
		removeToken(c, t)
		return types.Null
	})
	b.Method("void Replace(JToken value)", func(c call, a []val) val {
		t := a[0].Ref().(Token)
		needParent(c, t)
		replaceToken(c, t, a[1])
		return types.Null
	})
	for name, step := range map[string]int{"AddAfterSelf": 1, "AddBeforeSelf": 0} {
		b.Method("void "+name+"(object content)", func(c call, a []val) val {
			t := a[0].Ref().(Token)
			needParent(c, t)
			at := slices.Index(children(t.node().parent), t) + step
			addContent(c, t.node().parent, at, a[1])
			return types.Null
		})
	}
}

func needParent(c call, t Token) {
	if t.node().parent == nil {
		invalid(c.Run, "The parent is missing.")
	}
}

func removeToken(c call, t Token) {
	switch p := t.node().parent.(type) {
	case *JSONObject:
		p.removeAt(p.find(t.(*JSONProperty).name))
	case *JSONArray:
		p.removeAt(c, slices.Index(p.items, t))
	case *JSONProperty:
		c.Throw("Newtonsoft.Json.JsonException", "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.")
	}
}

func replaceToken(c call, t Token, with val) {
	switch p := t.node().parent.(type) {
	case *JSONObject:
		n, ok := with.Ref().(*JSONProperty)
		if !ok {
			cannotAdd(c, with, p)
		}
		i := p.find(t.(*JSONProperty).name)
		if j := p.find(n.name); j >= 0 && j != i {
			duplicateProperty(c, n.name)
		}
		p.props[i].parent = nil
		p.props[i] = adopt(c.Run, n, p).(*JSONProperty)
		p.reindex()
	case *JSONArray:
		p.replace(c, slices.Index(p.items, t), with)
	case *JSONProperty:
		p.setValue(c.Run, tokenOf(with))
	}
}

func cannotAdd(c call, v val, to Token) {
	c.Throw("System.ArgumentException", "Can not add "+types.FullName(types.TypeOf(v))+" to "+to.DotNetType().Full+".")
}

// tokenFamily adds Ancestors, Descendants of containers and the like.
func tokenFamily(b *types.Builder) {
	for name, own := range map[string]bool{"Ancestors": false, "AncestorsAndSelf": true} {
		b.Method("IEnumerable<JToken> "+name+"()", func(c call, a []val) val {
			var list []Token
			t := a[0].Ref().(Token)
			if !own {
				t = t.node().parent
			}
			for ; t != nil; t = t.node().parent {
				list = append(list, t)
			}
			return tokenSequence(c, list)
		})
	}
	for name, after := range map[string]bool{"AfterSelf": true, "BeforeSelf": false} {
		b.Method("IEnumerable<JToken> "+name+"()", func(c call, a []val) val {
			t := a[0].Ref().(Token)
			if t.node().parent == nil {
				return tokenSequence(c, nil)
			}
			list := children(t.node().parent)
			i := slices.Index(list, t)
			if after {
				return tokenSequence(c, slices.Clone(list[i+1:]))
			}
			return tokenSequence(c, slices.Clone(list[:i]))
		})
	}
}

// descendants are all tokens below t, in document order.
func descendants(r *types.Run, t Token, depth int, list []Token) []Token {
	tooDeep(depth)
	for _, k := range children(t) {
		r.Step()
		list = descendants(r, k, depth+1, append(list, k))
	}
	return list
}

// tokenPath is where a token stands: a.b[0].
func tokenPath(t Token) string {
	var parts []any
	for p := t.node().parent; p != nil; t, p = p, p.node().parent {
		switch p := p.(type) {
		case *JSONObject:
			parts = append(parts, t.(*JSONProperty).name)
		case *JSONArray:
			parts = append(parts, slices.Index(p.items, t))
		}
	}
	slices.Reverse(parts)
	return jsonPathText(parts)
}
