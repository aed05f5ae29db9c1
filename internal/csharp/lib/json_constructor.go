package lib

import "gatehouse/internal/csharp/types"

var constructorType = types.New(types.KindClass, "Newtonsoft.Json.Linq.JConstructor")

// jsonConstructors adds JConstructor: new Date(1, 2), which Newtonsoft reads as JSON.
func jsonConstructors(r *types.Registry) {
	b := r.Add(constructorType).Extends("JContainer")
	make := func(c call, a []val) val {
		x := &JSONArray{isMaker: true}
		if len(a) > 0 {
			c.NotNull(a[0], "name")
			if a[0].Str() == "" {
				c.ThrowArgument("System.ArgumentException", "Constructor name cannot be empty.", "name")
			}
			x.maker = a[0].Str()
		}
		if len(a) > 1 {
			addContent(c, x, 0, a[1])
		}
		return types.Ref(x)
	}
	b.New("()", make).New("(string name)", make).New("(string name, object content)", make).New("(string name, params object[] content)", make)
	b.New("(JConstructor other)", func(c call, a []val) val {
		c.NotNull(a[0], "other")
		return tokenValue(cloneToken(c.Run, tokenOf(a[0]), 0))
	})
	b.GetSet("string Name", self(func(x *JSONArray) val { return orNull(x.maker, x.maker != "") }), func(_ call, a []val) val {
		a[0].Ref().(*JSONArray).maker = a[1].Str()
		return types.Null
	})
}

// constructor reads new Name(items).
func (d *jsonReader) constructor() Token {
	d.at += len("new")
	d.space()
	start := d.at
	for d.at < len(d.s) && isNameByte(d.s[d.at]) {
		d.at++
	}
	x := &JSONArray{isMaker: true, maker: d.s[start:d.at]}
	d.space()
	if d.at >= len(d.s) || d.s[d.at] != '(' {
		d.fail("Unexpected character while parsing constructor: %c.", d.rune())
	}
	d.items(x, ')')
	return x
}
