package sema

import (
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

// TypeOf infers the type of e, once; what is wrong in e is reported then. An
// error in a part makes the whole an error.
func (m *Model) TypeOf(e syntax.Expr) *types.Type {
	if e == nil {
		return types.Error
	}
	if t, known := m.types[e]; known {
		return t
	}
	if m.types == nil {
		m.types = map[syntax.Expr]*types.Type{}
	}
	m.types[e] = types.Error // ends recursion in a cycle, which is reported elsewhere
	t := m.infer(e)
	m.types[e] = t
	return t
}

func (m *Model) infer(e syntax.Expr) *types.Type {
	switch e := e.(type) {
	case *syntax.StringLit:
		return m.inferString(e)
	case *syntax.IntLit:
		if e.Value > 1<<63-1 {
			return types.Int
		}
		return types.Integer(int64(e.Value))
	case *syntax.BoolLit:
		if e.Value {
			return types.True
		}
		return types.False
	case *syntax.NullLit:
		return types.Null
	case *syntax.Object:
		return m.inferObject(e)
	case *syntax.Array:
		return m.inferArray(e)
	case *syntax.For:
		return m.inferFor(e)
	case *syntax.If:
		m.condition(e)
		return m.TypeOf(e.Body)
	case *syntax.Unary:
		return m.inferUnary(e)
	case *syntax.Binary:
		return m.inferBinary(e)
	case *syntax.Ternary:
		return m.inferTernary(e)
	case *syntax.Paren:
		return m.TypeOf(e.X)
	case *syntax.NonNull:
		t, _ := m.TypeOf(e.X).NonNull()
		return t
	case *syntax.Call:
		return m.inferCall(e)
	case *syntax.MethodCall:
		return m.inferMethod(e)
	case *syntax.Variable:
		return m.inferVariable(e)
	case *syntax.Property, *syntax.Index:
		return m.inferAccess(e)
	case *syntax.ResourceAccess:
		return m.inferResourceAccess(e)
	case *syntax.Lambda:
		return m.inferLambda(e, types.Any)
	}
	return types.Error
}

func (m *Model) inferString(e *syntax.StringLit) *types.Type {
	if text, ok := e.Text(); ok {
		return types.Text(text)
	}
	failed := false
	var least int64
	for _, s := range e.Segments {
		least += int64(utf16Length(s))
	}
	most, bounded := least, true
	for _, x := range e.Exprs {
		t := m.TypeOf(x)
		failed = failed || t.IsError()
		lo, hi, known := stringified(t)
		least += lo
		most += hi
		bounded = bounded && known
	}
	if failed {
		return types.Error
	}
	if text, ok := m.constantString(e); ok {
		return types.Text(text)
	}
	t := &types.Type{Kind: types.StringKind}
	if least > 0 {
		t.Min = &least
	}
	if bounded {
		t.Max = &most
	}
	return t
}

func (m *Model) inferObject(o *syntax.Object) *types.Type {
	m.duplicateKeys(o)
	failed := m.duplicated[o]
	t := &types.Type{Kind: types.ObjectKind, Name: "object"}
	var others []*types.Type
	for i := range o.Items {
		it := &o.Items[i]
		switch {
		case it.Missing != nil:
			m.checkDangling(it.Missing)
		case it.Spread != nil:
			x := m.TypeOf(it.Spread)
			if !x.IsError() && !types.Assignable(x, types.Object) {
				m.errorf("BCP402", it.Span, "The spread operator \"...\" can only be used in this context for an expression assignable to type \"object\".")
				x = types.Error
			}
			failed = failed || x.IsError()
			if x.Kind != types.ObjectKind {
				others = append(others, types.Any)
				continue
			}
			for _, p := range x.Props {
				t.Props = putProp(t.Props, p)
			}
			if x.Additional != nil {
				others = append(others, x.Additional.Type)
			}
		case it.Value != nil:
			x := m.itemType(it)
			failed = failed || x.IsError()
			if name, plain := it.Name(); plain {
				t.Props = putProp(t.Props, &types.Prop{Name: name, Type: x, Flags: types.Required})
			} else {
				others = append(others, x)
			}
		}
	}
	if failed {
		return types.Error
	}
	if len(others) > 0 {
		t.Additional = &types.Prop{Type: types.Union(others...)}
	}
	return t
}

// itemType is the type of a member's value, an error too when its key is one.
func (m *Model) itemType(it *syntax.ObjectItem) *types.Type {
	t := m.TypeOf(it.Value)
	if it.Key == nil || len(it.Key.Exprs) > 0 && m.TypeOf(it.Key).IsError() {
		return types.Error
	}
	return t
}

func putProp(props []*types.Prop, p *types.Prop) []*types.Prop {
	for i := range props {
		if props[i].Name == p.Name {
			props[i] = p
			return props
		}
	}
	return append(props, p)
}

// duplicateKeys reports every member whose name another one of o has.
func (m *Model) duplicateKeys(o *syntax.Object) {
	seen := map[string]int{}
	for i := range o.Items {
		if name, ok := o.Items[i].Name(); ok {
			seen[name]++
		}
	}
	for i := range o.Items {
		it := &o.Items[i]
		if name, ok := it.Name(); ok && seen[name] > 1 {
			m.errorf("BCP025", it.Key.Span, "The property \"%s\" is declared multiple times in this object. Remove or rename the duplicate properties.", name)
			if m.duplicated == nil {
				m.duplicated = map[*syntax.Object]bool{}
			}
			m.duplicated[o] = true
		}
	}
}

func (m *Model) inferArray(a *syntax.Array) *types.Type {
	failed := false
	var items, spread []*types.Type
	for _, it := range a.Items {
		t := m.TypeOf(it.Value)
		if it.Spread && !t.IsError() && !types.Assignable(t, types.Array) {
			m.errorf("BCP402", it.Value.At(), "The spread operator \"...\" can only be used in this context for an expression assignable to type \"array\".")
			t = types.Error
		}
		switch {
		case t.IsError():
			failed = true
		case !it.Spread:
			items = append(items, t)
		case t.Kind == types.TupleKind:
			items = append(items, t.Items...)
		case t.Kind == types.ArrayKind:
			spread = append(spread, t.Item)
		default:
			spread = append(spread, types.Any)
		}
	}
	switch {
	case failed:
		return types.Error
	case len(spread) > 0:
		return types.ArrayOf(types.Union(append(items, spread...)...))
	}
	return types.Tuple(items...)
}

func (m *Model) inferFor(f *syntax.For) *types.Type {
	in, body := m.TypeOf(f.In), m.TypeOf(f.Body)
	if f.Item.Name == "" || in.IsError() || body.IsError() {
		return types.Error
	}
	if !types.Assignable(in, types.Array) {
		if _, ok := types.IfNonNull(in, types.Array); !ok {
			m.errorf("BCP137", f.In.At(), "Loop expected an expression of type \"array\" but the provided value is of type \"%s\".", in)
			return types.Error
		}
		m.mayBeNull(f.In.At(), types.Array, in)
	}
	return types.ArrayOf(body)
}

// condition checks the condition of a resource or module.
func (m *Model) condition(e *syntax.If) {
	t := m.TypeOf(e.Cond)
	if t.IsError() || types.Assignable(t, types.Bool) {
		return
	}
	if _, ok := types.IfNonNull(t, types.Bool); ok {
		m.mayBeNull(e.CondAt, types.Bool, t)
		return
	}
	m.errorf("BCP046", e.CondAt, "Expected a value of type \"bool\".")
}

// mayBeNull warns of a value that is of the wanted type unless it is null.
func (m *Model) mayBeNull(at syntax.Span, want, got *types.Type) {
	m.warnf("BCP321", at, "Expected a value of type \"%s\" but the provided value is of type \"%s\".", want, got)
}

func (m *Model) inferTernary(e *syntax.Ternary) *types.Type {
	c, x, y := m.TypeOf(e.Cond), m.branch(e.Then), m.branch(e.Else)
	if c.IsError() || x.IsError() || y.IsError() {
		return types.Error
	}
	if rest, ok := types.IfNonNull(c, types.Bool); ok {
		m.mayBeNull(e.Cond.At(), types.Bool, c)
		c = rest
	}
	if !types.Assignable(c, types.Bool) {
		m.errorf("BCP046", e.Cond.At(), "Expected a value of type \"bool\".")
		return types.Error
	}
	if c.Kind == types.BoolKind && c.Literal {
		if c.Bool {
			return x
		}
		return y
	}
	return types.Collapse(types.Union(x, y))
}

// branch infers a branch of a ternary, where operators take what may be null.
func (m *Model) branch(e syntax.Expr) *types.Type {
	m.inBranch++
	defer func() { m.inBranch-- }()
	return m.TypeOf(e)
}

func (m *Model) warnf(code string, at syntax.Span, format string, args ...any) {
	m.reportf(diag.Warning, code, at, format, args...)
}

// inferVariable is the type of what a name means.
func (m *Model) inferVariable(e *syntax.Variable) *types.Type {
	s := m.Uses[e]
	if s == nil {
		return types.Error // reported when names were bound
	}
	if m.cyclic[s] {
		if !m.insideCycle(e.At()) {
			m.referenceHasErrors(e.At(), s.Name)
		}
		return types.Error
	}
	t := m.symbolType(s)
	if t.IsError() && s.Import == nil && (s.Decl != nil || s.Kind == FuncParam && !missingType(s.Type)) {
		m.referenceHasErrors(e.At(), s.Name)
	}
	return t
}

func missingType(t syntax.TypeExpr) bool {
	_, bad := t.(*syntax.BadType)
	return bad
}

func (m *Model) referenceHasErrors(at syntax.Span, name string) {
	m.errorf("BCP062", at, "The referenced declaration with name \"%s\" is not valid.", name)
}

// insideCycle reports whether at lies in a declaration that is part of a cycle.
func (m *Model) insideCycle(at syntax.Span) bool {
	for s := range m.cyclic {
		if s.Decl != nil && s.Decl.At().Start <= at.Start && at.End <= s.Decl.At().End {
			return true
		}
	}
	return false
}

// symbolType is the type of the value that s names.
func (m *Model) symbolType(s *Symbol) *types.Type {
	switch s.Kind {
	case LoopItem:
		if in := m.TypeOf(s.For.In); in.IsArray() {
			return in.ItemType()
		}
		return types.Any
	case LoopIndex:
		return m.indexType(s.For)
	case LambdaVar:
		if t := m.lambdaTypes[s.Lambda]; t != nil {
			return t.Param(s.Position)
		}
		return types.Any
	case FuncParam:
		return m.declaredType(s.Type, nil)
	case BaseParams:
		return m.baseType()
	case Namespace:
		return &types.Type{Kind: types.NamespaceKind, Name: s.Name}
	case Wildcard:
		return &types.Type{Kind: types.NamespaceKind, Name: s.Name}
	case ExtensionKind:
		if s.Extension == nil {
			return types.Error
		}
		t := &types.Type{Kind: types.NamespaceKind, Name: s.Name}
		if s.Extension.Config != nil && m.ModuleExtensionConfigs() {
			t.Props = append(t.Props, types.P("config", s.Extension.Config))
		}
		return t
	}
	if s.Import != nil {
		return m.importedType(s)
	}
	if s.Model != nil && s.Model != m {
		return s.Model.symbolType(s)
	}
	if t, known := m.symbolTypes[s]; known {
		return t
	}
	if m.symbolTypes == nil {
		m.symbolTypes = map[*Symbol]*types.Type{}
	}
	m.symbolTypes[s] = types.Error
	t := m.declarationType(s)
	m.symbolTypes[s] = t
	return t
}

func (m *Model) indexType(f *syntax.For) *types.Type {
	least, most := int64(0), int64(800)
	if in := m.TypeOf(f.In); in.Kind == types.TupleKind && len(in.Items) > 0 {
		most = int64(len(in.Items)) - 1
	}
	return &types.Type{Kind: types.IntKind, Min: &least, Max: &most}
}

func (m *Model) importedType(s *Symbol) *types.Type {
	t := s.Import.Target
	if t == nil || t.Kind != Var || t.JSON != nil || t.Model == nil {
		return types.Any
	}
	if v := t.Model.symbolType(t); !v.IsError() {
		return v
	}
	return types.Any
}

func (m *Model) declarationType(s *Symbol) *types.Type {
	switch d := s.Decl.(type) {
	case *syntax.ParamDecl:
		if d.Type == nil {
			return m.TypeOf(d.Default)
		}
		return m.parameterType(d)
	case *syntax.VarDecl:
		if d.Type != nil {
			return m.declaredType(d.Type, d.Decorators)
		}
		return m.TypeOf(d.Value)
	case *syntax.ResourceDecl:
		return m.resourceValueType(s.Resource)
	case *syntax.ModuleDecl:
		return m.moduleValueType(s.Module)
	case *syntax.TestDecl:
		return types.Error
	}
	return types.Any
}

// inferResourceAccess is the type of x::name.
func (m *Model) inferResourceAccess(e *syntax.ResourceAccess) *types.Type {
	base := m.TypeOf(e.Base)
	if base.IsError() {
		return types.Error
	}
	if base.Kind != types.ResourceKind {
		m.errorf("BCP158", e.Name.Span, "Cannot access nested resources of type \"%s\". A resource type is required.", base)
		return types.Error
	}
	s := m.Uses[e]
	if s == nil {
		return types.Error
	}
	return m.symbolType(s)
}

// inferLambda infers the body with the types that want gives the parameters.
func (m *Model) inferLambda(l *syntax.Lambda, want *types.Type) *types.Type {
	if m.lambdaTypes == nil {
		m.lambdaTypes = map[*syntax.Lambda]*types.Type{}
	}
	if want.Kind == types.LambdaKind {
		m.lambdaTypes[l] = want
	}
	t := &types.Type{Kind: types.LambdaKind}
	for i := range l.Params {
		if want.Kind == types.LambdaKind {
			t.Params = append(t.Params, want.Param(i))
		} else {
			t.Params = append(t.Params, types.Any)
		}
	}
	t.Return = m.TypeOf(l.Body)
	return t
}
