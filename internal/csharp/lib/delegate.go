package lib

import (
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// delegates adds Func, Action, Predicate, Comparison and Converter.
func delegates(r *types.Registry) {
	for n := 0; n <= 6; n++ {
		var in, params []string
		for i := 1; i <= n; i++ {
			name := "T" + strconv.Itoa(i)
			in = append(in, "in "+name)
			params = append(params, name+" arg"+strconv.Itoa(i))
		}
		list := " (" + strings.Join(params, ", ") + ")"
		r.Delegate("System.Func<"+strings.Join(append(in, "out TResult"), ", ")+">", "TResult"+list)
		if n == 0 {
			r.Delegate("System.Action", "void"+list)
		} else {
			r.Delegate("System.Action<"+strings.Join(in, ", ")+">", "void"+list)
		}
	}
	r.Delegate("System.Predicate<in T>", "bool (T obj)")
	r.Delegate("System.Comparison<in T>", "int (T x, T y)")
	r.Delegate("System.Converter<in T, out R>", "R (T input)")
}
