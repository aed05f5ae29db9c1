package lib

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/csharp/host"
	"gatehouse/internal/csharp/types"
)

// contextExtensions adds GetValueOrDefault for headers, variables and other dictionaries.
func contextExtensions(r *types.Registry) {
	b := r.StaticClass(apimSpace + "Extensions")
	b.Func("string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> headers, string headerName, string defaultValue = null)", func(c call, a []val) val {
		if f, ok := a[0].Ref().(host.Fields); ok {
			if s, ok := f.Get(a[1].Str()); ok {
				return str(s)
			}
			return a[2]
		}
		v, ok := findKey(c, a[0], a[1])
		if !ok {
			return a[2]
		}
		return str(joinAll(c, ",", c.Collect(v)))
	})
	b.Func("T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> variables, string variableName, T defaultValue = default)", func(c call, a []val) val {
		c.NotNull(a[1], "variableName")
		v, ok := findKey(c, a[0], a[1])
		if !ok {
			return a[2]
		}
		if t := c.T(0); !v.IsNull() && !c.Types.Is(v, t) || v.IsNull() && !t.CanBeNull() {
			c.Throw("System.InvalidCastException", "The variable '"+a[1].Str()+"' can't be cast to "+types.FullName(t)+".")
		}
		return v
	})
	for _, t := range []string{"IReadOnlyDictionary", "IDictionary", "Dictionary"} {
		b.Func("TValue GetValueOrDefault<TKey, TValue>(this "+t+"<TKey, TValue> dictionary, TKey key, TValue defaultValue = default)", func(c call, a []val) val {
			c.NotNull(a[0], "dictionary")
			c.NotNull(a[1], "key")
			if v, ok := findKey(c, a[0], a[1]); ok {
				return v
			}
			return a[2]
		})
	}
	b.Func("string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> dictionary)", func(c call, a []val) val { return str(formContent(c, a[0])) })
	b.Func("string ToQueryString(this IDictionary<string, IList<string>> dictionary)", func(c call, a []val) val {
		if s := formContent(c, a[0]); s != "" {
			return str("?" + s)
		}
		return types.Null
	})
}

// formContent writes a form: name=value, joined by &.
func formContent(c call, dict val) string {
	c.NotNull(dict, "dictionary")
	var b strings.Builder
	c.Each(dict, func(pair val) bool {
		name, values := pairOf(pair)
		c.Each(values, func(v val) bool {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			part := url.QueryEscape(name.Str()) + "=" + url.QueryEscape(v.Str())
			c.Grow(len(part))
			b.WriteString(part)
			return true
		})
		return true
	})
	return b.String()
}

// authorizations adds Authorization, which get-authorization-context puts into a variable.
// https://learn.microsoft.com/azure/api-management/get-authorization-context-policy
func authorizations(r *types.Registry) {
	t := types.New(types.KindClass, apimSpace+"Authorization")
	t.Is = func(ref any) bool { _, ok := ref.(*host.Authorization); return ok }
	r.Add(t).
		Get("string AccessToken", text(func(a *host.Authorization) string { return a.AccessToken })).
		Get("IReadOnlyDictionary<string, object> Claims", func(c call, a []val) val {
			o, ok := a[0].Ref().(*host.Authorization)
			if !ok {
				c.ThrowNullReference()
			}
			d := newDictionary(c.Run, c.Types.Construct(dictionaryType, types.String, types.ObjectT), types.Null)
			for _, name := range slices.Sorted(maps.Keys(o.Claims)) {
				d.put(c, str(name), HostValue(o.Claims[name]), false)
			}
			return types.Ref(d)
		})
}
