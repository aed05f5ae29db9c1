package types

import "slices"

// Assignable reports whether a value of type t may stand where want is declared.
// What objects and arrays hold is not looked at.
func Assignable(t, want *Type) bool {
	switch {
	case t.Kind == NamespaceKind || want.Kind == NamespaceKind:
		return false
	case t.Kind == AnyKind || want.Kind == AnyKind || t.Kind == ErrorKind:
		return true
	case t.Kind == LambdaKind && want.Kind == LambdaKind:
		return lambdaAssignable(t, want)
	case t.Scope != 0 && want.Scope != 0:
		return true // which scopes go together is checked later
	case want.Kind == UnionKind && want.Name == "resource or collection":
		return t.Scope != 0 || t.IsArray() && t.ItemType().Scope != 0
	case t.Kind == ResourceKind || t.Kind == ModuleKind:
		return Assignable(t.Body, want)
	case t.Kind == UnionKind:
		return !slices.ContainsFunc(t.Items, func(m *Type) bool { return !Assignable(m, want) })
	case want.Kind == UnionKind:
		return slices.ContainsFunc(want.Items, func(m *Type) bool { return Assignable(t, m) })
	}
	if want.Scope != 0 {
		return false
	}
	switch want.Kind {
	case StringKind, IntKind, BoolKind:
		return t.Kind == want.Kind && primitiveAssignable(t, want)
	case NullKind:
		return t.Kind == NullKind
	case ArrayKind, TupleKind:
		return t.IsArray()
	case ObjectKind, TaggedKind:
		return t.Kind == ObjectKind || t.Kind == TaggedKind
	}
	return false
}

func primitiveAssignable(t, want *Type) bool {
	switch {
	case !want.Literal:
		return true
	case !t.Literal:
		return t.Loose
	}
	return t.Text == want.Text && t.Int == want.Int && t.Bool == want.Bool
}

func lambdaAssignable(t, want *Type) bool {
	least, most := len(want.Params), len(want.Params)+len(want.Optional)
	if len(t.Params) < least || len(t.Params) > most || t.Return.IsError() || !Assignable(t.Return, want.Return) {
		return false
	}
	for i, p := range t.Params {
		if !Assignable(p, want.Param(i)) {
			return false
		}
	}
	return true
}

// Param is the type of a lambda's parameter, optional ones included; any when it has none there.
func (t *Type) Param(i int) *Type {
	if i < len(t.Params) {
		return t.Params[i]
	}
	if i -= len(t.Params); i < len(t.Optional) {
		return t.Optional[i]
	}
	return Any
}

// IfNonNull is t without null, when that is all that keeps it from being assignable to want.
func IfNonNull(t, want *Type) (*Type, bool) {
	rest, had := t.NonNull()
	return rest, had && Assignable(rest, want)
}

// Collapse makes one type of a union where that is possible: literals and their
// type are the type, arrays are one array, objects one object.
func Collapse(t *Type) *Type { return collapse(t, 0) }

// deepest is how deep in objects unions are collapsed. Those further down are when
// somebody asks for them; types may go round.
const deepest = 2

func collapse(t *Type, depth int) *Type {
	if t.Kind != UnionKind || depth > deepest {
		return t
	}
	rest, null := t.NonNull()
	if rest.Kind != UnionKind {
		return t
	}
	kind := rest.Items[0].Kind
	if kind == TupleKind {
		kind = ArrayKind
	}
	literal := true
	for _, m := range rest.Items {
		if m.Kind != kind && !(m.Kind == TupleKind && kind == ArrayKind) {
			return t
		}
		literal = literal && m.Literal
	}
	var one *Type
	switch kind {
	case StringKind, IntKind:
		if literal {
			return t
		}
		one = rest.Items[0].Widen()
	case BoolKind:
		one = Bool
	case ArrayKind:
		one = collapseArrays(rest.Items, depth)
	case ObjectKind:
		one = collapseObjects(rest.Items, depth)
	default:
		return t
	}
	if null {
		return Union(one, Null)
	}
	return one
}

func collapseArrays(members []*Type, depth int) *Type {
	var items []*Type
	for _, m := range members {
		if m.Kind != TupleKind || len(m.Items) > 0 {
			items = append(items, m.ItemType())
		}
	}
	if len(items) == 0 {
		return Array
	}
	return ArrayOf(collapse(Union(items...), depth+1))
}

// collapseObjects has every property of any member; those that some lack may be null.
func collapseObjects(members []*Type, depth int) *Type {
	var props []*Prop
	var others []*Type
	for _, m := range members {
		for _, p := range m.Props {
			if slices.ContainsFunc(props, func(q *Prop) bool { return q.Name == p.Name }) {
				continue
			}
			props = append(props, mergeProp(p.Name, members, depth))
		}
		if m.Additional != nil {
			others = append(others, m.Additional.Type)
		}
	}
	t := &Type{Kind: ObjectKind, Props: props}
	if len(others) > 0 {
		t.Additional = &Prop{Type: Union(others...)}
	}
	t.Name = ObjectName(props, t.Additional)
	return t
}

func mergeProp(name string, members []*Type, depth int) *Prop {
	merged := &Prop{Name: name, Flags: Required}
	var ts []*Type
	for _, m := range members {
		switch p := m.Prop(name); {
		case p != nil:
			ts = append(ts, p.Type)
			merged.Flags &= p.Flags
		case m.Additional != nil:
			ts = append(ts, m.Additional.Type)
			merged.Flags = 0
		default:
			ts = append(ts, Null)
			merged.Flags = 0
		}
	}
	merged.Type = collapse(Union(ts...), depth+1)
	return merged
}
