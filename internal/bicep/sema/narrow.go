package sema

import (
	"fmt"
	"sort"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

// narrowing says how narrow reports. The zero value reports at the expression itself.
type narrowing struct {
	origin   syntax.Expr // the name through which the value is used; errors stand there
	owner    *types.Prop // the property whose value it is
	item     bool        // the value is an item of an array
	spread   bool
	noAny    bool
	resource bool // of a resource: most of what is wrong is a warning
	warn     bool
	decl     syntax.Ident // of a declaration's body: its name and keyword
	keyword  string
	key      *syntax.StringLit // the key whose value is an object
	seen     map[compared]bool // what stands around, or was compared before
	existing bool
	depth    int
}

// compared is a value that is compared with a type that may go round.
type compared struct {
	value     syntax.Expr
	got, want *types.Type
}

// again reports whether the value has been compared before; a type inside itself
// would be without end.
func (n narrowing) again(e syntax.Expr, got, want *types.Type) bool {
	c := compared{e, got, want}
	before := n.seen[c]
	n.seen[c] = true
	return before
}

func (n narrowing) at(e syntax.Expr) syntax.Span {
	if n.origin != nil {
		return n.origin.At()
	}
	return e.At()
}

// narrow checks that e, whose type is got, may stand where want is declared, and
// so on inside it.
func (m *Model) narrow(e syntax.Expr, got, want *types.Type, n narrowing) {
	if n.depth++; n.depth > 100 || e == nil {
		return
	}
	if n.seen == nil {
		n.seen = map[compared]bool{}
	}
	if n.noAny && got.Kind == types.AnyKind {
		m.errorf("BCP176", n.at(e), "Values of the \"any\" type are not allowed here.")
		return
	}
	if got.IsError() || want.IsError() {
		return
	}
	if f, ok := e.(*syntax.For); ok && want.Kind == types.ArrayKind {
		m.narrow(f.Body, m.TypeOf(f.Body), want.Item, n)
		return
	}
	if i, ok := e.(*syntax.If); ok {
		m.narrow(i.Body, got, want, n)
		return
	}
	want = types.Collapse(want)
	if !types.Assignable(got, want) {
		if rest, ok := types.IfNonNull(got, want); ok {
			m.mayBeNull(n.at(e), want, got)
			m.narrow(e, rest, want, n)
			return
		}
		m.mismatchOf(e, got, want, n)
		return
	}
	if want.Scope == 0 && want.Kind != types.NamespaceKind { // which scopes go together is checked with the scopes
		m.narrowInside(e, got, want, n)
	}
}

func (m *Model) narrowInside(e syntax.Expr, got, want *types.Type, n narrowing) {
	switch want.Kind {
	case types.IntKind, types.StringKind:
		m.checkRange(e, got, want, n)
		return
	case types.ObjectKind:
		if m.narrowObject(e, got, want, n) {
			return
		}
	case types.TaggedKind:
		if m.narrowTagged(e, got, want, n) {
			return
		}
	case types.ArrayKind, types.TupleKind:
		if m.narrowArray(e, got, want, n) {
			return
		}
	}
	if d := m.declaringValue(e); d != nil {
		n.origin = e
		m.narrow(d, m.TypeOf(d), want, n)
		return
	}
	if want.Kind == types.UnionKind && want.Name == "" {
		m.narrowUnion(e, got, want, n)
	}
}

// declaringValue is the value of the variable that e names.
func (m *Model) declaringValue(e syntax.Expr) syntax.Expr {
	v, ok := e.(*syntax.Variable)
	if !ok {
		return nil
	}
	s := m.Uses[v]
	if s == nil || s.Kind != Var || s.Import != nil || m.cyclic[s] {
		return nil
	}
	if d, ok := s.Decl.(*syntax.VarDecl); ok {
		return d.Value
	}
	return nil
}

// mismatchOf reports a value of the wrong type, in words that fit its place.
func (m *Model) mismatchOf(e syntax.Expr, got, want *types.Type, n narrowing) {
	at := n.at(e)
	switch {
	case n.item && n.spread:
		m.reportf(level(n.warn), "BCP403", at, "The enclosing array expects elements of type \"%s\", but the array being spread contains elements of incompatible type \"%s\".", want, got)
	case n.item:
		m.reportf(level(n.warn), "BCP034", at, "The enclosing array expected an item of type \"%s\", but the provided item was of type \"%s\".", want, got)
	case n.owner != nil:
		m.propertyMismatch(at, got, want, n)
	default:
		m.reportf(level(n.warn), "BCP033", at, "Expected a value of type \"%s\" but the provided value is of type \"%s\".", want, got)
	}
}

const inaccuracy = " If this is a resource type definition inaccuracy, report it using https://aka.ms/bicep-type-issues."

func (m *Model) propertyMismatch(at syntax.Span, got, want *types.Type, n narrowing) {
	warn := n.warn || n.resource && n.owner.Flags&types.System == 0
	source := m.sourceName(n)
	if near := nearestText(got, want); near != "" && source == "" {
		m.reportf(level(warn), "BCP088", at, "The property \"%s\" expected a value of type \"%s\" but the provided value is of type \"%s\". Did you mean \"%s\"?", n.owner.Name, want, got, near)
		return
	}
	if source != "" {
		source = fmt.Sprintf(" in source declaration \"%s\"", source)
	}
	hint := ""
	if n.resource && n.owner.Flags&types.System == 0 {
		hint = inaccuracy
	}
	m.reportf(level(warn), "BCP036", at, "The property \"%s\" expected a value of type \"%s\" but the provided value%s is of type \"%s\".%s", n.owner.Name, want, source, got, hint)
}

// sourceName is the name of the variable through which the value is used.
func (m *Model) sourceName(n narrowing) string {
	if v, ok := n.origin.(*syntax.Variable); ok {
		return v.Name.Name
	}
	return ""
}

// nearestText is the text that was likely meant by a text that is not allowed.
func nearestText(got, want *types.Type) string {
	if got.Kind != types.StringKind || !got.Literal {
		return ""
	}
	members := want.Items
	if want.Kind == types.StringKind && want.Literal {
		members = []*types.Type{want}
	} else if want.Kind != types.UnionKind {
		return ""
	}
	var names []string
	for _, x := range members {
		if x.Kind != types.StringKind || !x.Literal {
			return ""
		}
		names = append(names, x.String())
	}
	return Nearest(got.String(), names)
}

// checkRange compares the values or lengths that got can have with those of want.
func (m *Model) checkRange(e syntax.Expr, got, want *types.Type, n narrowing) {
	if got.Kind != want.Kind || want.Literal {
		return
	}
	lo, hi := got.Min, got.Max
	if got.Literal {
		v := got.Int
		if got.Kind == types.StringKind {
			v = int64(utf16Length(got.Text))
		}
		lo, hi = &v, &v
	}
	warn := n.resource || want.WarnsOfValue()
	m.rangeOf(e.At(), lo, hi, want, got.Kind == types.IntKind, warn)
	if got.Literal && want.Pattern != "" && mismatches(want.Pattern, got.Text) {
		m.reportf(level(warn), "BCP416", e.At(), "The supplied string does not match the expected pattern of /$%s/.", want.Pattern)
	}
}

func (m *Model) rangeOf(at syntax.Span, lo, hi *int64, want *types.Type, integer, warn bool) {
	sev := level(warn)
	switch {
	case lo != nil && want.Max != nil && *lo > *want.Max && integer:
		m.reportf(sev, "BCP327", at, "The provided value (which will always be greater than or equal to %d) is too large to assign to a target for which the maximum allowable value is %d.", *lo, *want.Max)
		return
	case hi != nil && want.Min != nil && *hi < *want.Min && integer:
		m.reportf(sev, "BCP328", at, "The provided value (which will always be less than or equal to %d) is too small to assign to a target for which the minimum allowable value is %d.", *hi, *want.Min)
		return
	case lo != nil && want.Max != nil && *lo > *want.Max:
		m.reportf(sev, "BCP332", at, "The provided value (whose length will always be greater than or equal to %d) is too long to assign to a target for which the maximum allowable length is %d.", *lo, *want.Max)
		return
	case hi != nil && want.Min != nil && *hi < *want.Min:
		m.reportf(sev, "BCP333", at, "The provided value (whose length will always be less than or equal to %d) is too short to assign to a target for which the minimum allowable length is %d.", *hi, *want.Min)
		return
	}
	if lo != nil && want.Min != nil && *lo < *want.Min {
		if integer {
			m.warnf("BCP329", at, "The provided value can be as small as %d and may be too small to assign to a target with a configured minimum of %d.", *lo, *want.Min)
		} else {
			m.warnf("BCP334", at, "The provided value can have a length as small as %d and may be too short to assign to a target with a configured minimum length of %d.", *lo, *want.Min)
		}
	}
	if hi != nil && want.Max != nil && *hi > *want.Max {
		if integer {
			m.warnf("BCP330", at, "The provided value can be as large as %d and may be too large to assign to a target with a configured maximum of %d.", *hi, *want.Max)
		} else {
			m.warnf("BCP335", at, "The provided value can have a length as large as %d and may be too long to assign to a target with a configured maximum length of %d.", *hi, *want.Max)
		}
	}
}

// narrowArray checks the items of an array that is written out.
func (m *Model) narrowArray(e syntax.Expr, got, want *types.Type, n narrowing) bool {
	if d := m.declaringValue(e); d != nil {
		n.origin = e
		m.narrow(d, m.TypeOf(d), want, n)
		return true
	}
	a, ok := e.(*syntax.Array)
	if !ok {
		if got.Kind == types.ArrayKind {
			m.rangeOf(e.At(), got.Min, got.Max, want, false, n.resource || want.WarnsOfValue())
		}
		return got.IsArray()
	}
	if m.hasSyntaxError(a.Span) {
		return true
	}
	spread := false
	for i, it := range a.Items {
		inner := narrowing{item: true, spread: it.Spread, noAny: n.noAny, resource: n.resource, warn: want.WarnsOfValue(), origin: n.origin, depth: n.depth, seen: n.seen}
		if it.Spread {
			spread = true
			m.narrow(it.Value, m.TypeOf(it.Value), types.ArrayOf(want.ItemType()), inner)
			continue
		}
		target := want.ItemType()
		if want.Kind == types.TupleKind && !spread {
			target = types.Any
			if i < len(want.Items) {
				target = want.Items[i]
			}
		}
		m.narrow(it.Value, m.TypeOf(it.Value), target, inner)
	}
	if !spread {
		m.arrayLength(a, want, n)
	}
	return true
}

func (m *Model) arrayLength(a *syntax.Array, want *types.Type, n narrowing) {
	size := int64(len(a.Items))
	limits := *want
	if want.Kind == types.TupleKind {
		k := int64(len(want.Items))
		limits.Min, limits.Max = &k, &k
	}
	m.rangeOf(a.Span, &size, &size, &limits, false, n.resource || want.WarnsOfValue())
}

// narrowUnion looks for a member of want that takes the value without errors.
func (m *Model) narrowUnion(e syntax.Expr, got, want *types.Type, n narrowing) {
	if got.Kind == types.UnionKind {
		for _, x := range got.Items {
			m.narrowUnion(e, x, want, n)
		}
		return
	}
	var all, least diag.List
	viable := false
	for _, x := range want.Items {
		if !types.Assignable(got, x) {
			continue
		}
		found := m.capture(func() { m.narrow(e, got, x, n) })
		if !found.HasErrors() {
			if !viable || len(found) < len(least) {
				least = found
			}
			viable = true
		}
		all = append(all, found...)
	}
	if viable {
		all = least
	}
	m.Diags = append(m.Diags, all...)
}

// hasSyntaxError reports whether the parser found an error inside the span.
func (m *Model) hasSyntaxError(at syntax.Span) bool {
	i := sort.Search(len(m.syntaxErrors), func(i int) bool { return m.syntaxErrors[i].Range.Start.Offset >= at.Start })
	return i < len(m.syntaxErrors) && m.syntaxErrors[i].Range.Start.Offset < at.End
}
