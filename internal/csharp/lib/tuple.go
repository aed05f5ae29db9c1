package lib

import (
	"fmt"
	"strings"

	"gatehouse/internal/csharp/types"
)

// tuples adds System.Tuple and its generic classes of up to seven items, whose objects are
// types.Tuple as value tuples are.
func tuples(r *types.Registry) {
	create := r.StaticClass("System.Tuple")
	for n := 1; n <= 7; n++ {
		var names, params, fields []string
		for i := 1; i <= n; i++ {
			names = append(names, fmt.Sprintf("T%d", i))
			params = append(params, fmt.Sprintf("T%d item%d", i, i))
			fields = append(fields, fmt.Sprintf("T%d Item%d", i, i))
		}
		list := "<" + strings.Join(names, ", ") + ">"
		make := func(c call, a []val) val {
			c.Grow(24 * len(a))
			return types.Ref(&types.Tuple{Type: c.Site.Result, Items: append([]val(nil), a...)})
		}
		b := r.Class("System.Tuple"+list).New("("+strings.Join(params, ", ")+")", make)
		for i, field := range fields {
			b.Get(field, func(_ call, a []val) val { return a[0].Ref().(*types.Tuple).Items[i] })
		}
		create.Func("Tuple"+list+" Create"+list+"("+strings.Join(params, ", ")+")", make)
	}
}
