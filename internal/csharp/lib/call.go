package lib

import "gatehouse/internal/csharp/types"

// Short names of what the bodies of members are written with.
type (
	val  = types.Value
	call = types.Call
)

func str(s string) val { return types.Str(s) }

func integer(n int) val { return types.Int(int32(n)) }

// self makes a getter or method body of a function over the receiver's Go type.
func self[T any](f func(o T) val) types.Func {
	return func(_ call, a []val) val { return f(a[0].Ref().(T)) }
}

// invalid raises InvalidOperationException.
func invalid(r *types.Run, message string) { r.Throw("System.InvalidOperationException", message) }

// orNull makes a string that may be absent.
func orNull(s string, ok bool) val {
	if !ok {
		return types.Null
	}
	return str(s)
}
