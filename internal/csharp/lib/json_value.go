package lib

import (
	"encoding/base64"

	"gatehouse/internal/csharp/types"
)

// plainToken makes a JValue of null, a string or a value; false for all else.
func plainToken(v val) (Token, bool) {
	kind := byte(jsonNone)
	switch t := types.TypeOf(v); {
	case v.IsNull():
		kind = jsonNull
	case t == types.String || t == types.CharT:
		kind = jsonString
		if t == types.CharT {
			v = str(types.DecodeUTF16([]uint16{v.Char()}))
		}
	case t == types.Boolean:
		kind = jsonBoolean
	case t == types.DoubleT || t == types.SingleT || t == types.Decimal:
		kind = jsonFloat
	case t == bigIntegerType || t.IsIntegral():
		kind = jsonInteger
	case t.Kind == types.KindEnum:
		kind, v = jsonInteger, types.Long(v.Long())
	case t == dateTimeType || t == offsetType:
		kind = jsonDate
	case t == timeSpanType:
		kind = jsonTimeSpan
	case t == guidType:
		kind = jsonGuid
	case t == uriType:
		kind = jsonURI
	default:
		x, ok := v.Ref().(*types.Array)
		if !ok || x.Type.Elem != types.Byte {
			return nil, false
		}
		kind = jsonBytes
	}
	return &JSONValue{typ: kind, v: v}, true
}

// castKinds are the kinds of values that Newtonsoft lets a cast to a type start from.
func castKinds(t *types.Type) uint32 {
	set := func(kinds ...int) (m uint32) {
		for _, k := range kinds {
			m |= 1 << k
		}
		return m
	}
	switch {
	case t == types.Boolean:
		return set(jsonInteger, jsonFloat, jsonString, jsonComment, jsonRaw, jsonBoolean)
	case t == types.String:
		return set(jsonDate, jsonInteger, jsonFloat, jsonString, jsonComment, jsonRaw, jsonBoolean, jsonBytes, jsonGuid, jsonTimeSpan, jsonURI, jsonNull, jsonUndefined)
	case t == types.CharT:
		return set(jsonInteger, jsonFloat, jsonString, jsonComment, jsonRaw)
	case t == dateTimeType || t == offsetType:
		return set(jsonDate, jsonString, jsonComment, jsonRaw)
	case t == guidType:
		return set(jsonString, jsonComment, jsonRaw, jsonGuid, jsonBytes)
	case t == timeSpanType:
		return set(jsonString, jsonComment, jsonRaw, jsonTimeSpan)
	case t == uriType:
		return set(jsonString, jsonComment, jsonRaw, jsonURI, jsonNull, jsonUndefined)
	case t.Kind == types.KindArray:
		return set(jsonString, jsonComment, jsonRaw, jsonBytes, jsonInteger, jsonNull, jsonUndefined)
	case t.IsNumeric():
		return set(jsonInteger, jsonFloat, jsonString, jsonComment, jsonRaw, jsonBoolean)
	}
	return 0
}

// castToken is an explicit conversion from JToken.
func castToken(c call, v val, to *types.Type) val {
	if v.IsNull() {
		if !to.CanBeNull() {
			c.NotNull(v, "value")
		}
		return types.Null
	}
	t := tokenOf(v)
	if p, ok := t.(*JSONProperty); ok {
		t = p.value
	}
	kinds := castKinds(to.Underlying())
	if to.Kind == types.KindNullable {
		kinds |= 1<<jsonNull | 1<<jsonUndefined
	}
	j, ok := t.(*JSONValue)
	if !ok || kinds&(1<<j.typ) == 0 {
		names, _ := c.Types.EnumNames(tokenKindType)
		full := to.Underlying().Full
		for i := len(full) - 1; i >= 0; i-- {
			if full[i] == '.' {
				full = full[i+1:]
				break
			}
		}
		c.ThrowArgument("System.ArgumentException", "Can not convert "+names[t.kind()]+" to "+full+".", "")
	}
	return castValue(c, j, to.Underlying())
}

func castValue(c call, j *JSONValue, to *types.Type) val {
	v := j.v
	if v.IsNull() {
		return types.Null
	}
	if x, ok := v.Ref().(*types.Array); ok && to == types.String {
		return str(base64.StdEncoding.EncodeToString(x.Bytes))
	}
	switch to {
	case offsetType:
		return toOffset(c, v)
	case guidType:
		if v.IsStr() {
			return readGuid(c, v, "")
		}
		return v
	case timeSpanType:
		if v.IsStr() {
			s, ok := parseSpan(v.Str())
			if !ok {
				c.Throw("System.FormatException", "String was not recognized as a valid TimeSpan.")
			}
			return s
		}
		return v
	case uriType:
		if v.IsStr() {
			return newURI(c, v.Str(), 0)
		}
		return v
	}
	if to.Kind == types.KindArray {
		if v.IsStr() {
			data, ok := decodeBase64(v.Str())
			if !ok {
				c.Throw("System.FormatException", "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. ")
			}
			return types.Ref(c.Types.Bytes(data))
		}
		return v
	}
	return changeType(c, v, to)
}

func toOffset(c call, v val) val {
	switch {
	case v.ValueType() == dateTimeType:
		return newOffset(c, dateTicks(v), 0)
	case v.IsStr():
		d, ok := parseDate(c.Clock(), v.Str())
		if !ok || !d.valid() {
			badDate(c)
		}
		return d.instant(c, 0)
	}
	return v
}

// jsonCasts adds the conversions between JToken and values.
func jsonCasts(r *types.Registry) {
	b := r.Add(tokenType)
	values := []*types.Type{types.Boolean, types.CharT, types.SByte, types.Byte, types.Int16, types.UInt16, types.Int32, types.UInt32, types.Int64, types.UInt64,
		types.SingleT, types.DoubleT, types.Decimal, dateTimeType, offsetType, timeSpanType, guidType}
	token := func(_ call, a []val) val {
		t, _ := plainToken(a[0])
		return types.Ref(t)
	}
	for _, t := range values {
		for _, q := range []string{"", "?"} {
			name, to := t.Name+q, t
			if q != "" {
				to = r.Nullable(t)
			}
			b.Explicit(name+" (JToken value)", func(c call, a []val) val { return castToken(c, a[0], to) })
			b.Implicit("JToken ("+name+" value)", token)
		}
	}
	for name, t := range map[string]*types.Type{"string": types.String, "Uri": uriType, "byte[]": r.Array(types.Byte)} {
		b.Explicit(name+" (JToken value)", func(c call, a []val) val { return castToken(c, a[0], t) })
		b.Implicit("JToken ("+name+" value)", func(_ call, a []val) val {
			if a[0].IsNull() {
				return types.Ref(&JSONValue{typ: jsonString})
			}
			t, _ := plainToken(a[0])
			return types.Ref(t)
		})
	}
}

// jsonValues adds JValue and JRaw.
func jsonValues(r *types.Registry) {
	b := r.Add(valueType).Extends("JToken")
	make := func(c call, a []val) val { return types.Ref(contentToken(c, a[0])) }
	for _, t := range []string{"object", "string", "bool", "char", "long", "ulong", "decimal", "double", "float", "DateTime", "DateTimeOffset", "Guid", "Uri", "TimeSpan"} {
		b.New("("+t+" value)", make)
	}
	b.New("(JValue other)", func(c call, a []val) val {
		c.NotNull(a[0], "other")
		return tokenValue(cloneToken(c.Run, tokenOf(a[0]), 0))
	})
	b.GetSet("object Value", self(func(v *JSONValue) val { return v.v }), func(c call, a []val) val {
		t, ok := plainToken(a[1])
		if !ok {
			c.Throw("System.ArgumentException", "Could not determine JSON object type for type "+types.FullName(types.TypeOf(a[1]))+".")
		}
		v := a[0].Ref().(*JSONValue)
		v.typ, v.v = t.(*JSONValue).typ, t.(*JSONValue).v
		return types.Null
	})
	for name, kind := range map[string]byte{"CreateString": jsonString, "CreateComment": jsonComment} {
		b.Func("JValue "+name+"(string value)", func(_ call, a []val) val { return types.Ref(&JSONValue{typ: kind, v: a[0]}) })
	}
	for name, kind := range map[string]byte{"CreateNull": jsonNull, "CreateUndefined": jsonUndefined} {
		b.Func("JValue "+name+"()", func(call, []val) val { return types.Ref(&JSONValue{typ: kind}) })
	}
	b.Method("bool Equals(JValue other)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	b.Method("int CompareTo(JValue obj)", func(_ call, a []val) val {
		w, ok := a[1].Ref().(*JSONValue)
		if !ok {
			return integer(1)
		}
		return integer(compareJSON(a[0].Ref().(*JSONValue), w))
	})
	b.Method("string ToString(string format)", func(c call, a []val) val { return str(c.Format(a[0].Ref().(*JSONValue).v, a[1].Str())) })
	b.Method("string ToString(IFormatProvider formatProvider)", func(c call, a []val) val { return str(c.Text(a[0])) })
	b.Method("string ToString(string format, IFormatProvider formatProvider)", func(c call, a []val) val {
		return str(c.Format(a[0].Ref().(*JSONValue).v, a[1].Str()))
	})
	b.Format(func(r *types.Run, v val, format string) string { return r.Format(v.Ref().(*JSONValue).v, format) })
	r.Add(rawType).Extends("JValue").New("(object rawJson)", func(_ call, a []val) val { return types.Ref(&JSONValue{typ: jsonRaw, v: a[0]}) })
	r.Add(bigIntegerType)
}

// tokenTo is Newtonsoft's Value<T>: a token of that type as it is, else the value converted.
func tokenTo(c call, t Token, to *types.Type) val {
	if t == nil {
		return to.Zero()
	}
	if p, ok := t.(*JSONProperty); ok && !c.Types.Is(types.Ref(t), to) && p.value != nil {
		t = p.value
	}
	if c.Types.Is(types.Ref(t), to) {
		return types.Ref(t)
	}
	j, ok := t.(*JSONValue)
	if !ok {
		c.Throw("System.InvalidCastException", "Cannot cast "+t.DotNetType().Full+" to "+types.FullName(to)+".")
	}
	switch {
	case j.v.IsNull():
		return to.Zero()
	case c.Types.Is(j.v, to):
		return j.v
	}
	return changeType(c, j.v, to)
}

// valuesOf converts each token of a list.
func valuesOf(c call, list []Token, to *types.Type) val {
	return types.Ref(&sequence{typ: c.Site.Result, each: func(r *types.Run, yield func(val) bool) {
		for _, t := range list {
			if !yield(tokenTo(call{Run: r, Site: c.Site}, t, to)) {
				return
			}
		}
	}})
}

// jsonExtensions adds Newtonsoft.Json.Linq.Extensions.
func jsonExtensions(r *types.Registry) {
	b := r.StaticClass("Newtonsoft.Json.Linq.Extensions")
	tokens := func(c call, v val) []Token {
		c.NotNull(v, "source")
		var list []Token
		c.Each(v, func(e val) bool {
			if t := tokenOf(e); t != nil {
				list = append(list, t)
			}
			return true
		})
		return list
	}
	value := func(at int) types.Func {
		return func(c call, a []val) val {
			c.NotNull(a[0], "value")
			t := tokenOf(a[0])
			if t == nil {
				c.ThrowArgument("System.ArgumentException", "Source value must be a JToken.", "")
			}
			return tokenTo(c, t, c.T(at))
		}
	}
	b.Func("U Value<U>(this IEnumerable<JToken> value)", value(0))
	b.Func("U Value<T, U>(this IEnumerable<T> value)", value(1))
	b.Func("IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", func(c call, a []val) val {
		var list []Token
		for _, t := range tokens(c, a[0]) {
			list = append(list, children(t)...)
			if _, ok := t.(*JSONValue); ok {
				list = append(list, t)
			}
		}
		return valuesOf(c, list, c.T(0))
	})
	keyed := func(c call, a []val) []Token {
		var list []Token
		for _, t := range tokens(c, a[0]) {
			if k := tokenOf(tokenAt(c, []val{types.Ref(t), a[1]})); k != nil {
				list = append(list, k)
			}
		}
		return list
	}
	b.Func("IEnumerable<U> Values<U>(this IEnumerable<JToken> source, object key)", func(c call, a []val) val { return valuesOf(c, keyed(c, a), c.T(0)) })
	b.Func("IEnumerable<JToken> Values(this IEnumerable<JToken> source, object key)", func(c call, a []val) val { return tokenSequence(c, keyed(c, a)) })
	all := func(f func(c call, t Token) []Token) types.Func {
		return func(c call, a []val) val {
			var list []Token
			for _, t := range tokens(c, a[0]) {
				list = append(list, f(c, t)...)
			}
			return tokenSequence(c, list)
		}
	}
	below := all(func(_ call, t Token) []Token { return children(t) })
	b.Func("IEnumerable<JToken> Values(this IEnumerable<JToken> source)", below)
	b.Func("IEnumerable<JToken> Children<T>(this IEnumerable<T> source)", below)
	b.Func("IEnumerable<U> Children<T, U>(this IEnumerable<T> source)", func(c call, a []val) val {
		var list []Token
		for _, t := range tokens(c, a[0]) {
			list = append(list, children(t)...)
		}
		return valuesOf(c, list, c.T(1))
	})
	b.Func("IEnumerable<JToken> AncestorsAndSelf<T>(this IEnumerable<T> source)", all(func(_ call, t Token) (list []Token) {
		for ; t != nil; t = t.node().parent {
			list = append(list, t)
		}
		return list
	}))
	b.Func("IEnumerable<JToken> DescendantsAndSelf<T>(this IEnumerable<T> source)", all(func(c call, t Token) []Token { return descendants(c.Run, t, 0, []Token{t}) }))
	b.Func("IEnumerable<JProperty> Properties(this IEnumerable<JObject> source)", below)
	b.Func("IEnumerable<JToken> Descendants<T>(this IEnumerable<T> source)", all(func(c call, t Token) []Token { return descendants(c.Run, t, 0, nil) }))
	b.Func("IEnumerable<JToken> Ancestors<T>(this IEnumerable<T> source)", all(func(_ call, t Token) (list []Token) {
		for t = t.node().parent; t != nil; t = t.node().parent {
			list = append(list, t)
		}
		return list
	}))
	b.Func("IEnumerable<JToken> AsJEnumerable(this IEnumerable<JToken> source)", func(_ call, a []val) val { return a[0] })
}
