package sema

import (
	"fmt"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

// call is a function call of either form.
type call struct {
	name   syntax.Ident
	args   []syntax.Expr
	list   syntax.Span // the arguments with their brackets
	closed bool
}

func callOf(e *syntax.Call) call {
	return call{e.Name, e.Args, syntax.Span{Start: e.Name.End, End: e.End}, e.Closed}
}

func methodOf(e *syntax.MethodCall) call {
	return call{e.Name, e.Args, syntax.Span{Start: e.Name.End, End: e.End}, e.Closed}
}

func (m *Model) inferCall(e *syntax.Call) *types.Type {
	c := callOf(e)
	if s := m.Uses[e]; s != nil {
		return m.callUser(c, s)
	}
	if m.unresolved[e] {
		m.inferArgs(c)
		return types.Error
	}
	return m.callBuiltin(c)
}

// inferArgs infers arguments for whose function nothing is known.
func (m *Model) inferArgs(c call) (failed bool) {
	for _, a := range c.args {
		failed = m.TypeOf(a).IsError() || failed
	}
	return failed
}

// callBuiltin is a call of a function of sys or az.
func (m *Model) callBuiltin(c call) *types.Type {
	overloads, ok := types.Functions()[c.name.Name]
	if !ok && strings.HasPrefix(c.name.Name, "list") {
		overloads, ok = types.ListFunction(c.name.Name), true
	}
	if !ok {
		m.inferArgs(c)
		return types.Error
	}
	overloads = m.inScope(c.name.Name, overloads)
	if c.name.Name == "nameof" && len(c.args) == 1 {
		return m.nameOf(c)
	}
	o, args := m.overload(c, overloads)
	if o == nil {
		if args == nil {
			return types.Error
		}
		return types.Any
	}
	if c.name.Name == "providers" {
		m.warnf("BCP241", c.name.Span, "The \"providers\" function is deprecated and will be removed in a future release of Bicep. Please add a comment to https://github.com/Azure/bicep/issues/2017 if you believe this will impact your workflow.")
	}
	return m.callResult(c, o, args)
}

// inScope leaves out the overloads that the file's scope does not have.
func (m *Model) inScope(name string, overloads []types.Overload) []types.Overload {
	least := 0
	switch {
	case m.IsParams():
	case name == "managementGroup" && m.TargetScope != ManagementGroup, name == "subscription" && m.TargetScope > Subscription:
		least = 1
	case name == "resourceGroup" && m.TargetScope == Subscription:
		least = 1
	case name == "resourceGroup" && m.TargetScope > Subscription:
		least = 2
	}
	return overloads[least:]
}

// nameOf takes an expression that has a name; its value is not needed.
func (m *Model) nameOf(c call) *types.Type {
	if m.TypeOf(c.args[0]).IsError() {
		return types.Error
	}
	switch e := c.args[0].(type) {
	case *syntax.Variable, *syntax.Property, *syntax.ResourceAccess:
		return types.String
	case *syntax.Index:
		if s, ok := e.Index.(*syntax.StringLit); ok && len(s.Exprs) == 0 {
			return types.String
		}
	}
	m.errorf("BCP408", c.args[0].At(), "The \"nameof\" function can only be used with an expression which has a name.")
	return types.Error
}

// callUser is a call of a function that a file declares.
func (m *Model) callUser(c call, s *Symbol) *types.Type {
	target := s
	if s.Import != nil {
		target = s.Import.Target
	}
	if target == nil || target.JSON != nil {
		m.inferArgs(c)
		return types.Any
	}
	d, ok := target.Decl.(*syntax.FuncDecl)
	if !ok || d.Lambda == nil {
		m.inferArgs(c)
		if s.Name != "" {
			m.referenceHasErrors(c.name.Span, s.Name)
		}
		return types.Error
	}
	o := types.Overload{Name: s.Name, Returns: target.Model.declaredType(d.Lambda.Return, nil)}
	failed := o.Returns.IsError()
	for i, p := range d.Lambda.Params {
		t := target.Model.declaredType(d.Lambda.Types[i], nil)
		_, nullable := t.NonNull()
		failed = failed || t.IsError()
		o.Params = append(o.Params, types.Param{Name: p.Name, Type: t, Optional: nullable && onlyNullableAfter(target.Model, d.Lambda, i)})
	}
	if failed {
		m.inferArgs(c)
		return types.Error
	}
	if _, args := m.overload(c, []types.Overload{o}); args == nil {
		return types.Error
	}
	return o.Returns
}

// onlyNullableAfter: nullable parameters at the end may be left out.
func onlyNullableAfter(m *Model, l *syntax.Lambda, i int) bool {
	for ; i < len(l.Types); i++ {
		if !m.nullable(l.Types[i]) {
			return false
		}
	}
	return true
}

// mismatch is an argument that an overload does not take.
type mismatch struct {
	index     int
	got, want *types.Type
	o         *types.Overload
}

// overload finds the overload that c means. Without one it reports why, and args
// is nil; with several that could be meant, o is nil.
func (m *Model) overload(c call, overloads []types.Overload) (o *types.Overload, args []*types.Type) {
	args = make([]*types.Type, len(c.args))
	failed := false
	for i, a := range c.args {
		args[i] = m.argumentType(c, overloads, args[:i], a, i)
		if args[i].IsError() {
			failed = true
			args[i] = types.Any
		}
	}
	found := m.match(c, overloads, args)
	if found == nil || failed {
		return nil, nil
	}
	if len(found) > 1 {
		return nil, args
	}
	for i, a := range c.args {
		want := m.calculated(c.name.Name, found[0], args, i)
		m.narrow(a, args[i], want, narrowing{})
	}
	return found[0], args
}

// argumentType infers an argument; a lambda gets the types of its parameters
// from the arguments before it.
func (m *Model) argumentType(c call, overloads []types.Overload, before []*types.Type, a syntax.Expr, i int) *types.Type {
	l, ok := syntax.Unparen(a).(*syntax.Lambda)
	if !ok {
		return m.TypeOf(a)
	}
	want := types.Any
	for k := range overloads {
		if o := &overloads[k]; i < len(o.Params) && o.Params[i].Type.Kind == types.LambdaKind {
			want = m.calculated(c.name.Name, o, before, i)
		}
	}
	var t *types.Type
	found := m.capture(func() { t = m.inferLambda(l, want) })
	for _, d := range found { // of a body that is wrong, the lambda as a whole does not fit
		if !t.Return.IsError() || d.Severity != diag.Error || d.Code == "BCP052" || d.Code == "BCP053" || d.Code == "BCP083" || d.Code == "BCP077" {
			m.Diags = append(m.Diags, d)
		}
	}
	m.types[a], m.types[l] = t, t
	return t
}

// match lists the overloads that take args, or reports why none does.
func (m *Model) match(c call, overloads []types.Overload, args []*types.Type) []*types.Overload {
	var exact, possible []*types.Overload
	var wrong []mismatch
	least, most := -1, 0
	for i := range overloads {
		o := &overloads[i]
		lo, hi := o.Bounds()
		if len(args) < lo || hi >= 0 && len(args) > hi {
			if least < 0 || lo < least {
				least = lo
			}
			if hi < 0 || most < 0 {
				most = -1
			} else {
				most = max(most, hi)
			}
			continue
		}
		if w, bad := firstMismatch(o, args); bad {
			wrong = append(wrong, w)
			continue
		}
		if anyOf(args) {
			possible = append(possible, o)
		} else {
			exact = append(exact, o)
		}
	}
	switch {
	case len(exact) > 0:
		return exact[:1]
	case len(possible) > 0:
		return possible
	case len(wrong) > 0:
		return m.mismatched(c, overloads, args, wrong)
	}
	m.argumentCount(c.list, len(args), least, most)
	return nil
}

func anyOf(ts []*types.Type) bool {
	for _, t := range ts {
		if t.Kind == types.AnyKind {
			return true
		}
	}
	return false
}

// mismatched tries again without null, or else reports the argument that is wrong.
func (m *Model) mismatched(c call, overloads []types.Overload, args []*types.Type, wrong []mismatch) []*types.Overload {
	for _, w := range wrong {
		rest, ok := types.IfNonNull(w.got, w.want)
		if !ok {
			continue
		}
		args[w.index] = rest
		found := m.match(c, overloads, args)
		if found != nil {
			m.mayBeNull(c.args[w.index].At(), w.want, w.got)
		}
		return found
	}
	same := true
	last := wrong[0]
	for _, w := range wrong[1:] {
		same = same && w.index == wrong[0].index
		if w.index >= last.index {
			last = w
		}
	}
	if len(wrong) > 1 && same {
		text := "Cannot resolve function overload."
		for i, w := range wrong {
			text += fmt.Sprintf("\n  Overload %d of %d, \"%s\", gave the following error:\n    Argument of type \"%s\" is not assignable to parameter of type \"%s\".", i+1, len(wrong), w.o.Signature(), w.got, w.want)
		}
		m.errorf("BCP048", c.args[last.index].At(), "%s", text)
		return nil
	}
	m.argumentMismatch(c.args[last.index].At(), last.got, last.want)
	return nil
}

func (m *Model) argumentMismatch(at syntax.Span, got, want *types.Type) {
	m.errorf("BCP070", at, "Argument of type \"%s\" is not assignable to parameter of type \"%s\".", got, want)
}

// argumentCount reports that got is not between least and most.
func (m *Model) argumentCount(list syntax.Span, got, least, most int) {
	if got >= least && (most < 0 || got <= most) {
		return
	}
	want := fmt.Sprintf("%d %s", least, plural(least))
	switch {
	case most < 0:
		want = fmt.Sprintf("at least %d %s", least, plural(least))
	case most != least:
		want = fmt.Sprintf("%d to %d arguments", least, most)
	}
	m.errorf("BCP071", list, "Expected %s, but got %d.", want, got)
}

func plural(n int) string {
	if n == 1 {
		return "argument"
	}
	return "arguments"
}

// calculated is what parameter i wants, given the arguments before it.
func (m *Model) calculated(name string, o *types.Overload, args []*types.Type, i int) *types.Type {
	want := o.Want(i)
	if want.Kind != types.LambdaKind || len(args) == 0 {
		return want
	}
	item := types.Any
	switch {
	case args[0].IsArray():
		item = args[0].ItemType()
	case name == "mapValues" && args[0].Kind == types.ObjectKind:
		item = types.Any
	}
	t := *want
	t.Params = make([]*types.Type, len(want.Params))
	for k := range t.Params {
		t.Params[k] = item
	}
	if name == "reduce" {
		t.Params[0] = types.Any
		t.Params[1] = item
	}
	return &t
}

// deploymentType is what deployment() returns; its location depends on the scope.
func (m *Model) deploymentType() *types.Type {
	template := types.Struct("templateProperties", types.P("contentVersion", types.String))
	if md := m.Declared(Metadata); len(md) > 0 {
		t := types.Struct("metadataProperties")
		for _, s := range md {
			t.Props = append(t.Props, types.P(s.Name, types.Any))
		}
		template.Props = append(template.Props, types.P("metadata", t))
	}
	link := types.Struct("templateLinkProperties", types.P("id", types.String), types.P("uri", types.String))
	t := types.Struct("deployment", types.P("name", types.String), types.P("properties", types.Struct("properties", types.P("template", template), types.P("templateLink", link))))
	if m.TargetScope != ResourceGroup {
		t.Props = append(t.Props, types.P("location", types.String))
	}
	return t
}

// firstMismatch finds the first of args that o does not take.
func firstMismatch(o *types.Overload, args []*types.Type) (mismatch, bool) {
	for i, a := range args {
		if want := o.Want(i); !types.Assignable(a, want) {
			return mismatch{i, a, want, o}, true
		}
	}
	return mismatch{}, false
}
