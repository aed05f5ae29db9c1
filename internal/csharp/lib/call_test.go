package lib

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/csharp/types"
)

// world calls members of the library as compiled code does, choosing overloads by the
// run-time types of the arguments.
type world struct {
	t   testing.TB
	run *types.Run
}

func newWorld(t testing.TB) *world {
	r := &types.Run{Now: func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 891_000_000, time.UTC) }}
	r.Reset(Types(), nil, types.Limits{})
	return &world{t, r}
}

// named is a type by its C# name.
func (w *world) named(name string, args ...*types.Type) *types.Type {
	w.t.Helper()
	t := w.run.Types.Lookup(name, len(args))
	if t == nil {
		w.t.Fatalf("there is no type %s", name)
	}
	if len(args) > 0 {
		t = w.run.Types.Construct(t, args...)
	}
	return t
}

// value makes a Value of a Go value.
func value(v any) val {
	switch v := v.(type) {
	case nil:
		return types.Null
	case val:
		return v
	case string:
		return str(v)
	case int:
		return integer(v)
	case int64:
		return types.Long(v)
	case float64:
		return types.Double(v)
	case bool:
		return types.Bool(v)
	case rune:
		return types.Char(uint16(v))
	case types.Object:
		return types.Ref(v)
	}
	panic(fmt.Sprintf("no value for %T", v))
}

// static calls a static member of a type, get an instance member of the first argument.
func (w *world) static(typ, member string, args ...any) val {
	w.t.Helper()
	return w.invoke(w.named(typ), member, true, nil, args)
}

func (w *world) on(receiver any, member string, args ...any) val {
	w.t.Helper()
	v := value(receiver)
	return w.invoke(types.TypeOf(v), member, false, nil, append([]any{v}, args...))
}

// generic is on or, with a nil receiver's place, an extension with type arguments given.
func (w *world) generic(targs []*types.Type, typ, member string, args ...any) val {
	w.t.Helper()
	return w.invoke(w.named(typ), member, true, targs, args)
}

func (w *world) make(t *types.Type, args ...any) val {
	w.t.Helper()
	return w.invoke(t, ".ctor", true, nil, args)
}

func (w *world) invoke(t *types.Type, name string, static bool, targs []*types.Type, args []any) val {
	w.t.Helper()
	v, _ := w.invokeOut(t, name, static, targs, args)
	return v
}

func (w *world) invokeOut(t *types.Type, name string, static bool, targs []*types.Type, args []any) (val, []val) {
	w.t.Helper()
	list := make([]val, len(args))
	for i, a := range args {
		list[i] = value(a)
	}
	members, owners := w.run.Types.Members(t, name)
	if name == ".ctor" {
		members, owners = w.run.Types.Own(t, name), nil
	}
	for i, m := range members {
		if m.Static != static {
			continue
		}
		if m.Kind == types.Constant {
			return m.Value, nil
		}
		rest := list
		if !static {
			rest = list[1:]
		}
		owner := t
		if owners != nil {
			owner = owners[i]
		}
		got, site, ok := w.fit(m, owner, t, rest, targs)
		if !ok {
			continue
		}
		if !static {
			got = append([]val{list[0]}, got...)
		}
		v := m.Call(types.Call{Run: w.run, Site: site}, got)
		return v, got
	}
	w.t.Fatalf("%s has no member %s for %d arguments of these types", t.Name, name, len(args))
	return types.Null, nil
}

// fit matches arguments with parameters and infers type arguments.
func (w *world) fit(m *types.Member, owner, made *types.Type, args []val, targs []*types.Type) ([]val, *types.Site, bool) {
	r := w.run.Types
	if targs == nil {
		targs = make([]*types.Type, len(m.TypeParams))
	} else if len(targs) != len(m.TypeParams) {
		return nil, nil, false
	}
	params := m.Params
	out := append([]val(nil), args...)
	if n := len(params); n > 0 && params[n-1].Rest && !(len(args) == n && types.TypeOf(args[n-1]) != nil && types.TypeOf(args[n-1]).Kind == types.KindArray) {
		if len(args) < n-1 {
			return nil, nil, false
		}
		out = append(out[:n-1:n-1], types.Ref(r.NewArray(params[n-1].Type.Elem, append([]val(nil), args[n-1:]...))))
	}
	for len(out) < len(params) && params[len(out)].Optional {
		out = append(out, params[len(out)].Default)
	}
	if len(out) != len(params) {
		return nil, nil, false
	}
	infer := make([]*types.Type, len(m.TypeParams))
	copy(infer, targs)
	for i, p := range params {
		w.infer(p.Type, out[i], m.TypeParams, infer)
	}
	site := &types.Site{TypeArgs: infer, Receiver: owner}
	sub := func(t *types.Type) *types.Type {
		if owner.Def != nil {
			t = r.Substitute(t, owner.Def.Params, owner.Args)
		}
		return r.Substitute(t, m.TypeParams, infer)
	}
	for i, p := range params {
		t := sub(p.Type)
		site.Params = append(site.Params, t)
		if !p.Out && !w.accepts(t, out[i]) {
			return nil, nil, false
		}
	}
	site.Result = sub(m.Result)
	if m.Kind == types.Constructor {
		site.Result = made
	}
	return out, site, true
}

func (w *world) accepts(t *types.Type, v val) bool {
	if v.IsNull() {
		return t.CanBeNull() || t.Kind == types.KindParam
	}
	if _, ok := v.Ref().(*types.Delegate); ok {
		return t.Kind == types.KindDelegate
	}
	if t.Kind == types.KindParam || types.HasParams(t) {
		return true
	}
	got := types.TypeOf(v)
	if t.Kind == types.KindNullable {
		t = t.Elem
	}
	if got == types.Int32 && (t == types.Int64 || t == types.DoubleT) {
		return false
	}
	return w.run.Types.Is(v, t)
}

func (w *world) infer(p *types.Type, v val, params, into []*types.Type) {
	if v.IsNull() {
		return
	}
	got := types.TypeOf(v)
	for i, q := range params {
		if p == q && into[i] == nil {
			into[i] = got
		}
	}
	if p.Def != nil && p.Kind != types.KindDelegate {
		if t := w.run.Types.AsGeneric(got, p.Def); t != nil {
			for i, a := range p.Args {
				for k, q := range params {
					if a == q && into[k] == nil {
						into[k] = t.Args[i]
					}
				}
			}
		}
	}
	if p.Kind == types.KindArray && got.Kind == types.KindArray {
		for k, q := range params {
			if p.Elem == q && into[k] == nil {
				into[k] = got.Elem
			}
		}
	}
}

func (w *world) text(v val) string { return w.run.Text(v) }

// is checks ToString() of a value; null is written null.
func (w *world) is(v val, want string) {
	w.t.Helper()
	got := "null"
	if !v.IsNull() {
		got = w.text(v)
	}
	if got != want {
		w.t.Errorf("got  %q\nwant %q", got, want)
	}
}

// throws checks that f raises that exception.
func (w *world) throws(full, message string, f func()) {
	w.t.Helper()
	defer func() {
		w.t.Helper()
		e, ok := recover().(*types.Exception)
		if !ok {
			w.t.Errorf("no exception %s", full)
			return
		}
		if e.Type.Full != full || !strings.HasPrefix(e.Message, message) {
			w.t.Errorf("got  %s: %s\nwant %s: %s", e.Type.Full, e.Message, full, message)
		}
	}()
	f()
}

// ints is an int[].
func (w *world) ints(list ...int) val {
	items := make([]val, len(list))
	for i, n := range list {
		items[i] = integer(n)
	}
	return types.Ref(w.run.Types.NewArray(types.Int32, items))
}

// joined writes the elements of a sequence.
func (w *world) joined(v val) string {
	var parts []string
	w.run.Each(v, func(e val) bool { parts = append(parts, w.text(e)); return true })
	return strings.Join(parts, ",")
}
