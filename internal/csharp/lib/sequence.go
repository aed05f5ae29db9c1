package lib

import "gatehouse/internal/csharp/types"

// sequence is an IEnumerable<T> that is worked out while it is walked. It must use the
// run that walks it, which may be another than the one that made it.
type sequence struct {
	typ  *types.Type
	len  func() int // nil: not known without a walk
	each func(r *types.Run, yield func(val) bool)
}

// DotNetType implements types.Object.
func (s *sequence) DotNetType() *types.Type { return s.typ }

// Each implements types.Enumerable.
func (s *sequence) Each(r *types.Run, yield func(val) bool) { s.each(r, yield) }

// lazy makes a sequence of the type of the call's result.
func lazy(c call, each func(r *types.Run, yield func(val) bool)) val {
	return types.Ref(&sequence{typ: c.Site.Result, each: each})
}
