package lib

import "gatehouse/internal/csharp/types"

// encodingArrays adds the members of Encoding that read a part of an array or write into one, and what
// an encoding says of itself.
func encodingArrays(r *types.Registry) {
	b := r.Add(encodingType)
	of := func(a []val) *encoding { return a[0].Ref().(*encoding) }
	part := func(c call, a []val) []byte {
		return of(a).encode(types.DecodeUTF16(charsPart(c, a[1], a[2].Int(), a[3].Int(), "chars")))
	}
	b.Method("int GetByteCount(char[] chars, int index, int count)", func(c call, a []val) val { return integer(len(part(c, a))) })
	b.Method("int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)", func(c call, a []val) val {
		data, to := part(c, a), arrayOf(c, a[4], "bytes").Bytes
		if at := a[5].Int(); at < 0 || at > len(to)-len(data) {
			smallBuffer(c, of(a), "byte", "bytes")
		}
		return integer(copy(to[a[5].Int():], data))
	})
	b.Method("int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)", func(c call, a []val) val {
		units := types.EncodeUTF16(of(a).decode(bytesPart(c, a[1], a[2].Int(), a[3].Int(), "bytes")))
		c.Grow(2 * len(units))
		to := arrayOf(c, a[4], "chars")
		if at := a[5].Int(); at < 0 || at > to.Len()-len(units) {
			smallBuffer(c, of(a), "char", "chars")
		}
		for i, u := range units {
			to.Put(a[5].Int()+i, types.Char(u))
		}
		return integer(len(units))
	})
	b.Func("byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes, int index, int count)", func(c call, a []val) val {
		c.NotNull(a[0], "srcEncoding")
		c.NotNull(a[1], "dstEncoding")
		data := bytesPart(c, a[2], a[3].Int(), a[4].Int(), "bytes")
		c.Grow(4 * len(data))
		return types.Ref(c.Types.Bytes(a[1].Ref().(*encoding).encode(of(a).decode(data))))
	})
	b.Method("object Clone()", self(func(e *encoding) val { copied := *e; return types.Ref(&copied) }))
	b.Get("bool IsReadOnly", func(call, []val) val { return types.Bool(true) })
	for _, name := range []string{"IsBrowserDisplay", "IsBrowserSave", "IsMailNewsDisplay", "IsMailNewsSave"} {
		b.Get("bool "+name, self(func(e *encoding) val {
			wide := e.name == "utf-32" || e.name == "utf-16" || e.name == "utf-16BE"
			ascii := e.name == "us-ascii" && name[:9] == "IsBrowser"
			return types.Bool(!wide && !ascii || e.name == "utf-16" && name == "IsBrowserSave")
		}))
	}
	b.Get("int WindowsCodePage", self(func(e *encoding) val {
		if e.name == "us-ascii" || e.name == "iso-8859-1" {
			return integer(1252)
		}
		return integer(1200)
	}))
	for _, params := range []string{"()", "(NormalizationForm form)"} {
		b.Method("bool IsAlwaysNormalized"+params, self(func(e *encoding) val { return types.Bool(e.name == "us-ascii") }))
	}
}

func smallBuffer(c call, e *encoding, what, param string) {
	kind := map[string]string{"byte": "EncoderReplacementFallback", "char": "DecoderReplacementFallback"}[what]
	verb := map[string]string{"byte": "encoded data", "char": "decoded characters"}[what]
	c.ThrowArgument("System.ArgumentException", "The output "+what+" buffer is too small to contain the "+verb+", encoding '"+codePages()[e.name].name+"' fallback 'System.Text."+kind+"'.", param)
}
