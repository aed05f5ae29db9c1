package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

// booleans adds System.Boolean. Parse follows .NET: any case, white space and NULs around.
func booleans(r *types.Registry) {
	b := r.Add(types.Boolean)
	b.Const("string TrueString", types.Str("True"))
	b.Const("string FalseString", types.Str("False"))
	b.Func("bool Parse(string value)", func(c types.Call, a []types.Value) types.Value {
		c.NotNull(a[0], "value")
		v, ok := parseBool(a[0].Str())
		if !ok {
			c.Throw("System.FormatException", "String was not recognized as a valid Boolean.")
		}
		return types.Bool(v)
	})
	b.Func("bool TryParse(string value, out bool result)", func(_ types.Call, a []types.Value) types.Value {
		v, ok := parseBool(a[0].Str())
		a[1] = types.Bool(v)
		return types.Bool(ok)
	})
	b.Method("int CompareTo(bool value)", func(_ types.Call, a []types.Value) types.Value {
		return types.Int(int32(a[0].Int() - a[1].Int()))
	})
	b.Method("bool Equals(bool obj)", func(_ types.Call, a []types.Value) types.Value {
		return types.Bool(a[0].Bool() == a[1].Bool())
	})
}

func parseBool(s string) (value, ok bool) {
	s = strings.Trim(s, " \t\r\n\v\f\x00")
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}
