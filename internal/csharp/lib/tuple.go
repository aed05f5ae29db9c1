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
			return c.NewTuple(c.Site.Result, append([]val(nil), a...))
		}
		b := r.Class("System.Tuple"+list).New("("+strings.Join(params, ", ")+")", make)
		for i, field := range fields {
			b.Get(field, func(_ call, a []val) val { return a[0].Ref().(*types.Tuple).Items[i] })
		}
		if n == 7 {
			eighth(r, create, names, params, make)
		}
		create.Func("Tuple"+list+" Create"+list+"("+strings.Join(params, ", ")+")", make)
	}
}

// eighth adds Tuple<T1, ..., T7, TRest> and Create of eight items, whose last is a Tuple of one.
func eighth(r *types.Registry, create *types.Builder, names, params []string, make types.Func) {
	b := r.Class("System.Tuple<"+strings.Join(names, ", ")+", TRest>").New("("+strings.Join(params, ", ")+", TRest rest)", make)
	for i := range names {
		b.Get(fmt.Sprintf("T%d Item%d", i+1, i+1), func(_ call, a []val) val { return a[0].Ref().(*types.Tuple).Items[i] })
	}
	b.Get("TRest Rest", func(_ call, a []val) val { return a[0].Ref().(*types.Tuple).Items[7] })
	all := strings.Join(names, ", ")
	create.Func("Tuple<"+all+", Tuple<T8>> Create<"+all+", T8>("+strings.Join(params, ", ")+", T8 item8)", func(c call, a []val) val {
		last := c.NewTuple(c.Site.Result.Args[7], []val{a[7]})
		return c.NewTuple(c.Site.Result, append(append([]val(nil), a[:7]...), last))
	})
}
