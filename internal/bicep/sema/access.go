package sema

import (
	"sort"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

// access is one step of a chain of accesses: .name or [index].
type access struct {
	prop  *syntax.Property
	index *syntax.Index
}

func (a access) expr() syntax.Expr {
	if a.prop != nil {
		return a.prop
	}
	return a.index
}

func (a access) base() syntax.Expr {
	if a.prop != nil {
		return a.prop.Base
	}
	return a.index.Base
}

func (a access) safe() bool {
	if a.prop != nil {
		return a.prop.Safe
	}
	return a.index.Safe
}

// inferAccess follows a chain of accesses from its base. A safe access that may
// meet null makes the whole chain one that may be null.
func (m *Model) inferAccess(e syntax.Expr) *types.Type {
	var chain []access
	for {
		switch x := e.(type) {
		case *syntax.Property:
			chain = append(chain, access{prop: x})
			e = x.Base
			continue
		case *syntax.Index:
			chain = append(chain, access{index: x})
			e = x.Base
			continue
		}
		break
	}
	t := m.TypeOf(e)
	nullable, previousSafe := false, false
	var previous *Symbol // what the base of the step before means
	wasIndex := false
	for i := len(chain) - 1; i >= 0; i-- {
		a := chain[i]
		s := outside(m.accessed(a.base()), e.At())
		if previousSafe || a.safe() {
			if t.Kind == types.NullKind {
				return t
			}
			if rest, had := t.NonNull(); had {
				nullable, t = true, rest
			} else if a.safe() && (m.mayBeAbsent(s) || m.mayBeAbsent(previous) && wasIndex) {
				nullable, s, previous = true, nil, nil
			}
		}
		t = m.step(a, t, m.collectionOr(previous, s))
		m.types[a.expr()] = t
		previous, previousSafe, wasIndex = s, a.safe(), a.index != nil
	}
	if nullable && !t.IsError() {
		return types.Union(t, types.Null)
	}
	return t
}

// outside is s, or nil when at lies in its own declaration, where it is there.
func outside(s *Symbol, at syntax.Span) *Symbol {
	if s != nil && s.Decl != nil && s.Decl.At().Start <= at.Start && at.End <= s.Decl.At().End {
		return nil
	}
	return s
}

// accessed is the resource or module that e names, unless ! says that it is there.
func (m *Model) accessed(e syntax.Expr) *Symbol {
	for {
		p, ok := e.(*syntax.Paren)
		if !ok {
			break
		}
		e = p.X
	}
	if s := m.Uses[e]; s != nil && (s.Resource != nil || s.Module != nil) {
		return s
	}
	return nil
}

func (m *Model) collectionOr(previous, s *Symbol) *Symbol {
	if previous != nil && symbolLoop(previous) != nil {
		return previous
	}
	if s != nil && symbolLoop(s) == nil {
		return s
	}
	return nil
}

func symbolLoop(s *Symbol) *syntax.For {
	if s.Resource != nil {
		return s.Resource.EffectiveLoop()
	}
	return s.Module.Loop
}

// mayBeAbsent reports whether a condition says that s is perhaps not deployed.
func (m *Model) mayBeAbsent(s *Symbol) bool {
	switch {
	case s == nil:
	case s.Module != nil:
		return s.Module.Cond != nil && !m.alwaysTrue(s.Module.Cond.Cond)
	case s.Resource != nil:
		r := s.Resource
		if r.Existing && FindDecorator(r.Decl.Decorators, "nullIfNotFound") != nil {
			return true
		}
		for ; r != nil; r = r.Parent { // conditions of nested resources add up
			if r.Cond != nil {
				if t := m.TypeOf(r.Cond.Cond); t.Kind == types.BoolKind && !(t.Literal && t.Bool) {
					return true
				}
			}
			if !r.Nested {
				break
			}
		}
	}
	return false
}

func (m *Model) alwaysTrue(e syntax.Expr) bool {
	t := m.TypeOf(e)
	return t.Kind == types.BoolKind && t.Literal && t.Bool
}

func (m *Model) step(a access, t *types.Type, s *Symbol) *types.Type {
	if a.prop != nil {
		return m.propertyType(a.prop, t, s)
	}
	return m.indexedType(a.index, t, m.TypeOf(a.index.Index), s)
}

// value is what a resource or module is as a value.
func value(t *types.Type) *types.Type {
	if t.Kind == types.ResourceKind || t.Kind == types.ModuleKind {
		return t.Body
	}
	return t
}

func (m *Model) propertyType(e *syntax.Property, base *types.Type, s *Symbol) *types.Type {
	t := value(base)
	if t.IsError() {
		return types.Error
	}
	if rest, had := t.NonNull(); had {
		m.dereference(e.Base.At().End, e.Name.End, t)
		return m.propertyType(e, rest, nil)
	}
	if m.mayBeAbsent(s) && !knownProperty(s, e.Name.Name) {
		m.dereference(e.Base.At().End, e.Name.End, types.Union(t, types.Null))
	}
	switch {
	case t.Kind == types.NamespaceKind:
		return m.namespaceProperty(e, t)
	case t.Kind == types.ObjectKind && e.Name.Name == "":
		return types.Error
	case t.Kind == types.ObjectKind:
		return m.namedProperty(t, e.Name.Span, e.Name.Name, e.Safe)
	case t.Kind == types.UnionKind:
		if c := types.Collapse(t); c.Kind == types.ObjectKind && e.Name.Name != "" {
			return m.namedProperty(c, e.Name.Span, e.Name.Name, e.Safe)
		}
		if !types.Assignable(t, types.Object) {
			break
		}
		return types.Any
	case types.Assignable(t, types.Object):
		return types.Any
	}
	m.errorf("BCP055", e.Name.Span, "Cannot access properties of type \"%s\". An \"object\" type is required.", t)
	return types.Error
}

// knownProperty: what is part of a resource's id is known though it is not deployed.
func knownProperty(s *Symbol, name string) bool {
	if s.Module != nil {
		return name == "name"
	}
	return constantProperty(name)
}

// dereference warns of an access to what may be null; it stands at the dot.
func (m *Model) dereference(start, end int, t *types.Type) {
	m.warnf("BCP318", syntax.Span{Start: start, End: end}, "The value of type \"%s\" may be null at the start of the deployment, which would cause this access expression (and the overall deployment with it) to fail.", t)
}

func (m *Model) namespaceProperty(e *syntax.Property, t *types.Type) *types.Type {
	s := m.Uses[syntax.Unparen(e.Base)]
	if s != nil && s.Kind == ExtensionKind && e.Name.Name != "" {
		return m.namedProperty(t, e.Name.Span, e.Name.Name, e.Safe)
	}
	if s != nil && s.Kind == Wildcard {
		target := s.Import.Member(e.Name.Name)
		if s.Import.Source == nil && s.Import.JSON == nil {
			return types.Error
		}
		if target != nil && target.Kind == Var {
			return m.importedType(&Symbol{Import: &Import{Target: target}})
		}
		var names []string
		for _, x := range s.Import.Members() {
			if x.Kind == Var {
				names = append(names, x.Name)
			}
		}
		return m.unknownProperty(t, e.Name.Span, e.Name.Name, names, e.Safe)
	}
	var names []string
	if t.Name == "sys" { // its types
		names = []string{"any", "array", "bool", "int", "object", "resourceInput", "resourceOutput", "string"}
	}
	if e.Name.Name == "" {
		return types.Error
	}
	return m.unknownProperty(t, e.Name.Span, e.Name.Name, names, e.Safe)
}

// namedProperty is the type of t's property, or what is wrong with asking for it.
func (m *Model) namedProperty(t *types.Type, at syntax.Span, name string, safe bool) *types.Type {
	p := t.Prop(name)
	if p == nil {
		p = t.Additional
	}
	if p == nil {
		var names []string
		for _, q := range t.Props {
			if q.Flags&types.WriteOnly == 0 {
				names = append(names, q.Name)
			}
		}
		return m.unknownProperty(t, at, name, names, safe)
	}
	if p.Flags&types.WriteOnly != 0 {
		sev := level(safe || t.Warn)
		m.reportf(sev, "BCP077", at, "The property \"%s\" on type \"%s\" is write-only. Write-only properties cannot be accessed.", name, t)
		if sev == diag.Error {
			return types.Error
		}
	}
	if p.Flags&types.Fallback != 0 {
		sev := diag.Warning
		if safe {
			sev = diag.Info
		}
		m.reportf(sev, "BCP187", at, "The property \"%s\" does not exist in the resource or type definition, although it might still be valid. If this is a resource type definition inaccuracy, report it using https://aka.ms/bicep-type-issues.", name)
	}
	return p.Type
}

func level(warn bool) diag.Severity {
	if warn {
		return diag.Warning
	}
	return diag.Error
}

// unknownProperty reports a property that t does not have.
func (m *Model) unknownProperty(t *types.Type, at syntax.Span, name string, names []string, safe bool) *types.Type {
	sort.Strings(names)
	sev := level(safe || t.Warn)
	switch near := Nearest(name, names); {
	case len(names) == 0:
		m.reportf(sev, "BCP052", at, "The type \"%s\" does not contain property \"%s\".", t, name)
	case near != "":
		m.reportf(sev, "BCP083", at, "The type \"%s\" does not contain property \"%s\". Did you mean \"%s\"?", t, name, near)
	default:
		m.reportf(sev, "BCP053", at, "The type \"%s\" does not contain property \"%s\". Available properties include %s.", t, name, quoted(names))
	}
	if sev == diag.Error {
		return types.Error
	}
	return types.Any
}

// indexedType is the type of base[index].
func (m *Model) indexedType(e *syntax.Index, base, index *types.Type, s *Symbol) *types.Type {
	if base.IsError() || index.IsError() {
		return types.Error
	}
	t := value(base)
	if rest, had := index.NonNull(); had {
		r := m.indexedType(e, t, rest, s)
		if !r.IsError() {
			m.mayBeNull(e.Index.At(), rest, index)
		}
		return r
	}
	if rest, had := t.NonNull(); had {
		m.dereference(e.Base.At().End, e.End, t)
		return m.indexedType(e, rest, index, s)
	}
	if m.mayBeAbsent(s) {
		m.dereference(e.Base.At().End, e.End, types.Union(t, types.Null))
	}
	switch t.Kind {
	case types.AnyKind:
		if e.FromEnd && index.Kind != types.AnyKind && types.Assignable(index, types.String) {
			return m.badFromEnd(e, index)
		}
		if types.Assignable(index, types.Int) || types.Assignable(index, types.String) {
			return types.Any
		}
		return m.badAccess(e, "BCP049", "The array index must be of type \"string\" or \"int\" but the provided index was of type \"%s\".", index)
	case types.TupleKind:
		if index.Kind == types.IntKind && index.Literal {
			return m.tupleItem(e, t, index.Int)
		}
		return m.arrayItem(e, t, index)
	case types.ArrayKind:
		return m.arrayItem(e, t, index)
	case types.ObjectKind, types.TaggedKind:
		return m.objectItem(e, t, index)
	case types.NamespaceKind:
		if s := m.Uses[syntax.Unparen(e.Base)]; s != nil && s.Kind == ExtensionKind {
			return m.objectItem(e, &types.Type{Kind: types.ObjectKind, Name: t.Name, Props: t.Props}, index)
		}
	case types.UnionKind:
		return m.unionItem(e, t, index)
	}
	return m.notIndexable(e, t)
}

func (m *Model) notIndexable(e *syntax.Index, t *types.Type) *types.Type {
	m.reportf(level(e.Safe), "BCP076", e.Base.At(), "Cannot index over expression of type \"%s\". Arrays or objects are required.", t)
	if e.Safe {
		return types.Null
	}
	return types.Error
}

func (m *Model) badAccess(e *syntax.Index, code, format string, t *types.Type) *types.Type {
	m.reportf(level(e.Safe), code, e.Index.At(), format, t)
	if e.Safe {
		return types.Null
	}
	return types.Error
}

// badFromEnd reports x[^i] with a text; it stands at the ^.
func (m *Model) badFromEnd(e *syntax.Index, index *types.Type) *types.Type {
	at := e.Index.At().Start
	m.reportf(level(e.Safe), "BCP415", syntax.Span{Start: at - 1, End: at}, "The \"^\" indexing operator cannot be used with index expressions of type \"%s\".", index)
	if e.Safe {
		return types.Null
	}
	return types.Error
}

func (m *Model) unionItem(e *syntax.Index, t, index *types.Type) *types.Type {
	var items []*types.Type
	failed := false
	found := m.capture(func() {
		for _, x := range t.Items {
			r := m.indexedType(e, x, index, nil)
			failed = failed || r.IsError()
			items = append(items, r)
		}
	})
	if failed {
		return m.notIndexable(e, t)
	}
	m.Diags = append(m.Diags, found...)
	return types.Union(items...)
}

func (m *Model) tupleItem(e *syntax.Index, t *types.Type, i int64) *types.Type {
	n := int64(len(t.Items))
	if i < 0 || i > n || i == n && !e.FromEnd || i == 0 && e.FromEnd {
		hint := ""
		if n > 0 {
			hint = " Indexes for this type must be between 0 and " + formatUint(uint64(n-1)) + "."
		}
		m.errorf("BCP311", e.Index.At(), "The provided index value of \"%d\" is not valid for type \"%s\".%s", i, t, hint)
		return types.Error
	}
	if e.FromEnd {
		return t.Items[n-i]
	}
	return t.Items[i]
}

func (m *Model) arrayItem(e *syntax.Index, t, index *types.Type) *types.Type {
	switch {
	case index.Kind == types.IntKind && index.Literal && index.Int < 0:
		m.errorf("BCP339", e.Index.At(), "The provided array index value of \"%d\" is not valid. Array index should be greater than or equal to 0.", index.Int)
		return types.Error
	case types.Assignable(index, types.Int):
		return t.ItemType()
	}
	return m.badAccess(e, "BCP074", "Indexing over arrays requires an index of type \"int\" but the provided index was of type \"%s\".", index)
}

func (m *Model) objectItem(e *syntax.Index, t, index *types.Type) *types.Type {
	switch {
	case e.FromEnd:
		m.reportf(level(e.Safe), "BCP414", e.Index.At(), "The \"^\" indexing operator cannot be used on base expressions of type \"%s\".", t)
		return types.Error
	case !types.Assignable(index, types.String):
		return m.badAccess(e, "BCP075", "Indexing over objects requires an index of type \"string\" but the provided index was of type \"%s\".", index)
	case index.Kind == types.StringKind && index.Literal && t.Kind == types.ObjectKind:
		return m.namedProperty(t, e.Index.At(), index.Text, e.Safe)
	case t.Kind == types.ObjectKind && len(t.Props) == 0 && t.Additional == nil:
		m.errorf("BCP054", e.Index.At(), "The type \"%s\" does not contain any properties.", t)
		return types.Error
	}
	return types.Any
}

// capture runs f and returns what it reported, without keeping it.
func (m *Model) capture(f func()) diag.List {
	mark := len(m.Diags)
	f()
	found := append(diag.List{}, m.Diags[mark:]...)
	m.Diags = m.Diags[:mark]
	return found
}
