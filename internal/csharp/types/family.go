package types

// Base is the class that t derives from; nil for object and interfaces.
func (r *Registry) Base(t *Type) *Type {
	switch t.Kind {
	case KindObject, KindInterface, KindVoid, KindNull, KindError, KindParam:
		return nil
	case KindArray:
		return ArrayT
	case KindEnum:
		if enum := r.named["System.Enum"]; enum != nil {
			return enum
		}
	}
	if in := r.of(t); in != nil && in.base != nil {
		return r.Substitute(in.base, paramsOf(t), t.Args)
	}
	return ObjectT
}

func paramsOf(t *Type) []*Type {
	if t.Def != nil {
		return t.Def.Params
	}
	return nil
}

// Family is every type that a value of type t also has: t, its bases and all interfaces.
func (r *Registry) Family(t *Type) []*Type {
	if f, ok := r.family.Load(t); ok {
		return f.([]*Type)
	}
	var list []*Type
	seen := map[*Type]bool{}
	var add func(*Type)
	add = func(u *Type) {
		if u == nil || seen[u] {
			return
		}
		seen[u] = true
		list = append(list, u)
		add(r.Base(u))
		if in := r.of(u); in != nil {
			for _, i := range in.ifaces {
				add(r.Substitute(i, paramsOf(u), u.Args))
			}
		}
		if u.Kind == KindArray {
			for _, name := range []string{"System.Collections.Generic.IList`1", "System.Collections.Generic.IReadOnlyList`1"} {
				if def := r.named[name]; def != nil {
					add(r.Construct(def, u.Elem))
				}
			}
			add(r.Construct(EnumerableT, u.Elem))
		}
	}
	add(t)
	if t.Kind == KindInterface {
		add(ObjectT)
	}
	r.family.Store(t, list)
	return list
}

// Derives reports whether a value of type t is also one of type u by inheritance,
// interfaces and variance.
func (r *Registry) Derives(t, u *Type) bool {
	if t == u || u == ObjectT {
		return true
	}
	for _, f := range r.Family(t) {
		if f == u || r.variant(f, u) {
			return true
		}
	}
	return false
}

// variant reports whether f converts to u by variance of interfaces and delegates, or by
// covariance of arrays.
func (r *Registry) variant(f, u *Type) bool {
	if f.Kind == KindArray && u.Kind == KindArray {
		return f.Elem.IsRef() && u.Elem.IsRef() && r.Derives(f.Elem, u.Elem)
	}
	if f.Def == nil || f.Def != u.Def || (f.Kind != KindInterface && f.Kind != KindDelegate) {
		return false
	}
	for i, a := range f.Args {
		b := u.Args[i]
		if a == b {
			continue
		}
		if f.Def.Contra[i] {
			a, b = b, a // what takes a base takes what derives from it
		} else if !f.Def.Co[i] {
			return false
		}
		if !a.IsRef() || !r.Derives(a, b) {
			return false
		}
	}
	return true
}

// AsGeneric finds the instance of the definition def among the types of t.
func (r *Registry) AsGeneric(t, def *Type) *Type {
	for _, f := range r.Family(t) {
		if f.Def == def {
			return f
		}
	}
	return nil
}

// SoleGeneric is AsGeneric for type inference: nil when t implements instances of def that differ, since
// none of them is the unique one that C# specification 12.6.3.10 wants.
func (r *Registry) SoleGeneric(t, def *Type) *Type {
	var sole *Type
	for _, f := range r.Family(t) {
		switch {
		case f.Def != def:
		case f == t || sole == nil:
			sole = f
		case sole != t && sole != f:
			return nil
		}
	}
	return sole
}

// Is is C#'s "v is T" at run time.
func (r *Registry) Is(v Value, t *Type) bool {
	if v.ref == nil {
		return false
	}
	if t == ObjectT {
		return true
	}
	if t.Is != nil && v.ValueType() == nil && !v.IsStr() {
		if t.Is(v.ref) {
			return true
		}
	}
	dynamic := r.TypeOf(v)
	if dynamic == nil {
		return false
	}
	if t.Kind == KindNullable {
		t = t.Elem
	}
	return dynamic == t || r.Derives(dynamic, t) || sameTuple(dynamic, t)
}

// TypeOf is the run-time type of v, a host's dictionaries included; nil for null.
func (r *Registry) TypeOf(v Value) *Type {
	t := TypeOf(v)
	if t == ObjectT && r.Adapt != nil {
		if o, ok := r.Adapt(v.ref).(Object); ok {
			return o.DotNetType()
		}
	}
	return t
}

// sameTuple: the names of a tuple's elements are no part of its run-time type.
func sameTuple(a, b *Type) bool {
	if a.Kind != KindTuple || b.Kind != KindTuple || len(a.Args) != len(b.Args) {
		return false
	}
	for i := range a.Args {
		if a.Args[i] != b.Args[i] && !sameTuple(a.Args[i], b.Args[i]) {
			return false
		}
	}
	return true
}

// Members are the members of that name of t itself, its bases and its interfaces, nearest
// first, each with the type that declares it (constructed).
func (r *Registry) Members(t *Type, name string) (list []*Member, owners []*Type) {
	family := r.Family(t)
	if t.Kind == KindTuple || t.Kind == KindAnonymous {
		family = []*Type{t, ObjectT}
	}
	if t.Kind == KindArray { // it implements the members of its interfaces explicitly
		family = []*Type{t, ArrayT, ObjectT}
	}
	for _, f := range family {
		in := r.of(f)
		if in == nil {
			continue
		}
		for _, m := range in.members[name] {
			list = append(list, m)
			owners = append(owners, f)
		}
	}
	return list, owners
}

// Own are the members of that name that t itself declares: constructors and operators.
func (r *Registry) Own(t *Type, name string) []*Member {
	if in := r.of(t); in != nil {
		return in.members[name]
	}
	return nil
}

// MemberNames are the names of all members of t, for suggestions.
func (r *Registry) MemberNames(t *Type) (list []string) {
	for _, f := range r.Family(t) {
		if in := r.of(f); in != nil {
			for n := range in.members {
				list = append(list, n)
			}
		}
	}
	return list
}

// Extensions are the extension methods of that name.
func (r *Registry) Extensions(name string) []*Member { return r.exts[name] }

// Signature is the parameters and the result of a delegate type.
func (r *Registry) Signature(t *Type) (params []*Type, result *Type, ok bool) {
	in := r.of(t)
	if in == nil || in.invoke == nil {
		return nil, nil, false
	}
	for _, p := range in.invoke.Params {
		params = append(params, r.Substitute(p.Type, paramsOf(t), t.Args))
	}
	return params, r.Substitute(in.invoke.Result, paramsOf(t), t.Args), true
}

// EnumNames are the names and values of an enum.
func (r *Registry) EnumNames(t *Type) ([]string, []int64) {
	if in := r.of(t); in != nil {
		return in.names, in.values
	}
	return nil, nil
}

// enumText writes a value by its name, flags as a list, else as a number.
func (r *Registry) enumText(t *Type, v Value) string {
	names, values := r.EnumNames(t)
	n := v.Long()
	for i := range values {
		if values[i] == n {
			return names[i]
		}
	}
	if in := r.of(t); in != nil && in.flags {
		s, rest := "", n
		for i := range values {
			if values[i] != 0 && rest&values[i] == values[i] {
				rest &^= values[i]
				if s != "" {
					s += ", "
				}
				s += names[i]
			}
		}
		if rest == 0 {
			return s
		}
	}
	return (&Run{}).primitiveText(Int64, v)
}
