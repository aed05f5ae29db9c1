package lib

import (
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// enums adds System.Enum's Parse, TryParse and ToString, which are what API Management allows of it, and the class System.Nullable.
func enums(r *types.Registry) {
	b := r.Class("System.Enum")
	b.Method("string ToString(string format)", formatted)
	parse := func(c call, a []val) val {
		c.NotNull(a[0], "enumType")
		c.NotNull(a[1], "value")
		t := a[0].Ref().(*TypeObject).Of
		if t.Kind != types.KindEnum {
			c.ThrowArgument("System.ArgumentException", "Type provided must be an Enum.", "enumType")
		}
		n, ok := enumValue(c, t, a[1].Str(), len(a) > 2 && a[2].Bool())
		if !ok {
			c.ThrowArgument("System.ArgumentException", "Requested value '"+a[1].Str()+"' was not found.", "")
		}
		return types.Of(t, uint64(n))
	}
	b.Func("object Parse(Type enumType, string value)", parse).Func("object Parse(Type enumType, string value, bool ignoreCase)", parse)
	try := func(c call, a []val) val {
		last := len(a) - 1
		n, ok := int64(0), false
		if t := c.T(0); t.Kind == types.KindEnum {
			n, ok = enumValue(c, t, a[0].Str(), last > 1 && a[1].Bool())
			a[last] = types.Of(t, uint64(n))
		} else {
			c.ThrowArgument("System.ArgumentException", "Type provided must be an Enum.", "enumType")
		}
		return types.Bool(ok)
	}
	b.Func("bool TryParse<TEnum>(string value, out TEnum result)", try).Func("bool TryParse<TEnum>(string value, bool ignoreCase, out TEnum result)", try)
	n := r.StaticClass("System.Nullable")
	n.Func("int Compare<T>(T? n1, T? n2)", func(c call, a []val) val { return integer(compareValues(c.Run, a[0], a[1])) })
	n.Func("bool Equals<T>(T? n1, T? n2)", func(_ call, a []val) val { return types.Bool(types.Equal(a[0], a[1])) })
	n.Func("Type GetUnderlyingType(Type nullableType)", func(c call, a []val) val {
		c.NotNull(a[0], "nullableType")
		if t := a[0].Ref().(*TypeObject).Of; t.Kind == types.KindNullable {
			return types.Ref(&TypeObject{t.Elem})
		}
		return types.Null
	})
}

// enumValue reads names, joined by commas, or a number.
func enumValue(c call, t *types.Type, s string, ignoreCase bool) (sum int64, ok bool) {
	if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32); err == nil {
		return n, true
	}
	names, values := c.Types.EnumNames(t)
next:
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		for i, name := range names {
			if name == part || ignoreCase && strings.EqualFold(name, part) {
				sum |= values[i]
				continue next
			}
		}
		return 0, false
	}
	return sum, true
}
