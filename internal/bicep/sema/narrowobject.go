package sema

import (
	"fmt"
	"sort"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// narrowObject checks the properties of an object against those that want has.
func (m *Model) narrowObject(e syntax.Expr, got, want *types.Type, n narrowing) bool {
	if d := m.declaringValue(e); d != nil {
		n.origin = e
		return m.narrowObject(d, got, want, n)
	}
	if m.hasSyntaxError(e.At()) {
		return true
	}
	got = value(got)
	if got.Kind != types.ObjectKind {
		return false
	}
	o, _ := e.(*syntax.Object)
	m.missingProperties(e, got, want, n)
	for _, p := range want.Props {
		if g := got.Prop(p.Name); g != nil {
			m.narrowProperty(e, o, g, p, want, n)
		}
	}
	m.extraProperties(e, o, got, want, n)
	return true
}

// missingProperties reports required properties that got does not have. When it
// may have others than its type names, nothing is known.
func (m *Model) missingProperties(e syntax.Expr, got, want *types.Type, n narrowing) {
	if got.Additional != nil {
		return
	}
	var names []string
	system, own := false, false // properties of the language, of the type
	for _, p := range want.Props {
		if p.Flags&types.Required != 0 && p.Flags&types.ReadOnly == 0 && got.Prop(p.Name) == nil && !types.Assignable(types.Null, p.Type) {
			names = append(names, p.Name)
			system = system || p.Flags&types.System != 0
			own = own || p.Flags&types.System == 0
		}
	}
	if names == nil {
		return
	}
	sort.Strings(names)
	at, block := e.At(), "object"
	switch {
	case n.keyword != "":
		at, block = n.decl.Span, n.keyword
	case n.key != nil:
		at = n.key.Span
	}
	if n.origin != nil {
		at = n.origin.At()
	}
	source, hint := m.sourceName(n), ""
	if source != "" {
		source = fmt.Sprintf(" from source declaration \"%s\"", source)
	}
	if n.resource && own {
		hint = inaccuracy
	}
	m.reportf(level(n.resource && !system || want.Warn), "BCP035", at, "The specified \"%s\" declaration is missing the following required properties%s: %s.%s", block, source, quoted(names), hint)
}

// narrowProperty checks the value of a property that want names.
func (m *Model) narrowProperty(e syntax.Expr, o *syntax.Object, got, want *types.Prop, in *types.Type, n narrowing) {
	item := lastItem(o, want.Name)
	at := n.at(e)
	if item != nil && n.origin == nil {
		at = item.Key.Span
	}
	if want.Flags&types.Constant != 0 && item != nil {
		m.compileTime(item.Value)
	}
	if want.Flags&types.ReadOnly != 0 {
		switch {
		case n.existing:
			m.errorf("BCP173", at, "The property \"%s\" cannot be used in an existing resource declaration.", want.Name)
		case got.Flags&types.ReadOnly == 0:
			lax := n.resource && want.Flags&types.System == 0
			hint := ""
			if lax {
				hint = inaccuracy
			}
			m.reportf(level(lax || in.Warn), "BCP073", at, "The property \"%s\" is read-only. Expressions cannot be assigned to read-only properties.%s", want.Name, hint)
		}
		return
	}
	inner := narrowing{owner: want, origin: n.origin, noAny: want.Flags&types.NoAny != 0, resource: n.resource, warn: want.Type.WarnsOfValue(), depth: n.depth, seen: n.seen}
	value, target, given := e, want.Type, got.Type
	if item != nil {
		inner.key = item.Key
		value = item.Value
	}
	if want.Flags&types.Fallback != 0 {
		m.warnf("BCP187", at, "The property \"%s\" does not exist in the resource or type definition, although it might still be valid.%s", want.Name, inaccuracy)
	}
	if n.again(value, given, target) {
		return
	}
	if want.Flags&types.ImplicitNull != 0 && target.Kind != types.AnyKind {
		if given.Kind == types.NullKind {
			return
		}
		given, _ = given.NonNull()
		if !given.IsError() && !types.Assignable(given, types.Collapse(target)) {
			m.mismatchOf(value, got.Type, types.Union(target, types.Null), inner)
			return
		}
	}
	m.narrow(value, given, target, inner)
}

// lastItem is the member of that name.
func lastItem(o *syntax.Object, name string) *syntax.ObjectItem {
	it := o.Get(name)
	if it == nil || it.Key == nil {
		return nil
	}
	return it
}

// extraProperties checks what got has and want does not name.
func (m *Model) extraProperties(e syntax.Expr, o *syntax.Object, got, want *types.Type, n narrowing) {
	lax := want.Additional != nil && want.Additional.Flags&types.Fallback != 0
	if want.Additional != nil && !(lax && o != nil) {
		m.additionalValues(e, o, got, want, n)
		return
	}
	var free []string
	for _, p := range want.Props {
		if p.Flags&(types.ReadOnly|types.Fallback) == 0 && got.Prop(p.Name) == nil {
			free = append(free, p.Name)
		}
	}
	sort.Strings(free)
	sev := level(lax || want.Warn)
	clause := " No other properties are allowed."
	if len(free) > 0 {
		clause = " Permissible properties include " + quoted(free) + "."
	}
	source := m.sourceName(n)
	for _, p := range got.Props {
		if want.Prop(p.Name) != nil {
			continue
		}
		at := n.at(e)
		if it := lastItem(o, p.Name); it != nil && n.origin == nil {
			at = it.Key.Span
		}
		if near := Nearest(p.Name, free); near != "" && source == "" {
			m.reportf(sev, "BCP089", at, "The property \"%s\" is not allowed on objects of type \"%s\". Did you mean \"%s\"?", p.Name, want, near)
			continue
		}
		from, hint := "", ""
		if source != "" {
			from = fmt.Sprintf(" from source declaration \"%s\"", source)
		}
		if n.resource {
			hint = inaccuracy
		}
		m.reportf(sev, "BCP037", at, "The property \"%s\"%s is not allowed on objects of type \"%s\".%s%s", p.Name, from, want, clause, hint)
	}
	m.interpolatedKeys(o, want, sev == level(true), clause)
}

func (m *Model) interpolatedKeys(o *syntax.Object, want *types.Type, warn bool, clause string) {
	if o == nil {
		return
	}
	for i := range o.Items {
		if k := o.Items[i].Key; k != nil && len(k.Exprs) > 0 {
			m.reportf(level(warn), "BCP040", k.Span, "String interpolation is not supported for keys on objects of type \"%s\".%s", want, clause)
		}
	}
}

// additionalValues checks the values of properties that want only has a type for.
func (m *Model) additionalValues(e syntax.Expr, o *syntax.Object, got, want *types.Type, n narrowing) {
	for _, p := range got.Props {
		if want.Prop(p.Name) != nil {
			continue
		}
		inner := narrowing{owner: &types.Prop{Name: p.Name, Flags: types.System}, origin: n.origin, noAny: want.Additional.Flags&types.NoAny != 0, resource: n.resource, warn: want.Additional.Type.WarnsOfValue(), depth: n.depth, seen: n.seen}
		it := lastItem(o, p.Name)
		if it == nil {
			if !n.again(e, p.Type, want.Additional.Type) {
				m.narrow(e, p.Type, want.Additional.Type, inner)
			}
			continue
		}
		if want.Additional.Flags&types.Constant != 0 {
			m.compileTime(it.Value)
		}
		inner.key = it.Key
		m.narrow(it.Value, p.Type, want.Additional.Type, inner)
	}
}

// narrowTagged finds the member of a tagged union by the value of its discriminator.
func (m *Model) narrowTagged(e syntax.Expr, got, want *types.Type, n narrowing) bool {
	got = value(got)
	if m.hasSyntaxError(e.At()) {
		return true
	}
	if got.Kind != types.ObjectKind {
		return false
	}
	var tags []*types.Type
	for _, x := range want.Items {
		if p := x.Prop(want.Key); p != nil {
			tags = append(tags, p.Type)
		}
	}
	wanted := types.Union(tags...)
	p := got.Prop(want.Key)
	if p == nil {
		if got.Additional == nil {
			m.reportf(level(want.Warn), "BCP078", n.at(e), "The property \"%s\" requires a value of type \"%s\", but none was supplied.", want.Key, wanted)
			m.misspelledTag(e, got, want, wanted, n)
		}
		return true
	}
	at := n.at(e)
	o, _ := e.(*syntax.Object)
	if it := lastItem(o, want.Key); it != nil && n.origin == nil {
		at = it.Value.At()
	}
	switch {
	case p.Type.Kind == types.AnyKind:
		return true
	case p.Type.Kind == types.StringKind && p.Type.Literal:
		for _, x := range want.Items {
			if q := x.Prop(want.Key); q != nil && q.Type.Text == p.Type.Text {
				return m.narrowObject(e, got, x, n)
			}
		}
		m.propertyMismatch(at, p.Type, wanted, narrowing{owner: &types.Prop{Name: want.Key}, warn: n.resource || want.Warn, origin: n.origin})
	case types.Assignable(p.Type, wanted):
		m.warnf("BCP225", at, "The discriminator property \"%s\" value cannot be determined at compilation time. Type checking for this object is disabled.", want.Key)
	default:
		m.propertyMismatch(at, p.Type, wanted, narrowing{owner: &types.Prop{Name: want.Key, Flags: types.System}, warn: n.resource || want.Warn, origin: n.origin})
	}
	return true
}

func (m *Model) misspelledTag(e syntax.Expr, got, want, wanted *types.Type, n narrowing) {
	var names []string
	for _, p := range got.Props {
		names = append(names, p.Name)
	}
	near := Nearest(want.Key, names)
	if near == "" {
		return
	}
	at := n.at(e)
	o, _ := e.(*syntax.Object)
	if it := lastItem(o, near); it != nil && n.origin == nil {
		at = it.Key.Span
	}
	m.reportf(level(want.Warn), "BCP089", at, "The property \"%s\" is not allowed on objects of type \"%s\". Did you mean \"%s\"?", near, wanted, want.Key)
}

// compileTime reports what is not made of literals.
func (m *Model) compileTime(e syntax.Expr) {
	switch e := e.(type) {
	case *syntax.StringLit:
		if len(e.Exprs) == 0 {
			return
		}
	case *syntax.IntLit, *syntax.BoolLit, *syntax.NullLit, *syntax.Bad, nil:
		return
	case *syntax.Unary:
		if e.Op == syntax.Minus {
			m.compileTime(e.X)
			return
		}
	case *syntax.Object, *syntax.Array:
		for _, c := range syntax.Children(e) {
			m.compileTime(c)
		}
		return
	case *syntax.Lambda, *syntax.NonNull:
		return
	}
	m.errorf("BCP032", e.At(), "The value must be a compile-time constant.")
}
