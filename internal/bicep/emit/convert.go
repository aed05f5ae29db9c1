package emit

import (
	"strconv"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// converter turns Bicep expressions of one file into ARM expressions. loops
// gives the index to use for a loop whose own index does not exist where the
// expression will stand.
type converter struct {
	t     *template
	m     *sema.Model
	loops map[*syntax.For]expr

	inFunction bool       // of the user, in which there are no variables
	externals  *externals // where the expression of an external input is built
}

// at is a converter for expressions of the loop's body where the loop's index is idx.
func (c *converter) at(loop *syntax.For, idx expr) *converter {
	if loop == nil || idx == nil {
		return c
	}
	n := *c
	n.loops = make(map[*syntax.For]expr, len(c.loops)+1)
	for k, v := range c.loops {
		n.loops[k] = v
	}
	n.loops[loop] = idx
	return &n
}

var operators = map[syntax.Kind]string{
	syntax.OrOr: "or", syntax.AndAnd: "and", syntax.Equals: "equals", syntax.Less: "less", syntax.LessEq: "lessOrEquals",
	syntax.Greater: "greater", syntax.GreaterEq: "greaterOrEquals", syntax.Plus: "add", syntax.Minus: "sub", syntax.Star: "mul",
	syntax.Slash: "div", syntax.Percent: "mod", syntax.Coalesce: "coalesce",
}

// expr converts e to an ARM expression.
func (c *converter) expr(e syntax.Expr) expr {
	if c.externals != nil {
		if x := c.external(e); x != nil {
			return x
		}
	}
	switch e := e.(type) {
	case *syntax.StringLit:
		return c.stringLit(e)
	case *syntax.IntLit:
		return integer(int64(e.Value))
	case *syntax.BoolLit:
		return call(strconv.FormatBool(e.Value))
	case *syntax.NullLit:
		return call("null")
	case *syntax.Paren:
		return c.expr(e.X)
	case *syntax.NonNull:
		return c.expr(e.X)
	case *syntax.Object:
		return c.object(e)
	case *syntax.Array:
		return c.array(e)
	case *syntax.Unary:
		return c.unary(e)
	case *syntax.Binary:
		return c.binary(e)
	case *syntax.Ternary:
		return call("if", c.expr(e.Cond), c.expr(e.Then), c.expr(e.Else))
	case *syntax.Call:
		return c.call(e)
	case *syntax.MethodCall:
		return c.method(e)
	case *syntax.Property:
		return c.property(e)
	case *syntax.Index:
		return c.index(e)
	case *syntax.Variable:
		return c.variable(e)
	case *syntax.ResourceAccess:
		return c.resourceValue(c.m.Uses[e].Resource, e)
	case *syntax.Lambda:
		return c.lambda(e)
	case *syntax.For:
		c.t.fail(e, "A for-expression can't be part of another expression here. Assign it to a variable and use that.")
	default:
		c.t.fail(e, "This expression is not supported by this compiler.")
	}
	return call("null")
}

func (c *converter) exprs(es []syntax.Expr) []expr {
	out := make([]expr, len(es))
	for i, e := range es {
		out[i] = c.expr(e)
	}
	return out
}

var formatEscaper = strings.NewReplacer("{", "{{", "}", "}}")

func (c *converter) stringLit(e *syntax.StringLit) expr {
	if text, ok := e.Text(); ok {
		return str(text)
	}
	var b strings.Builder
	args := []expr{nil}
	for i, s := range e.Segments {
		b.WriteString(formatEscaper.Replace(s))
		if i < len(e.Exprs) {
			b.WriteByte('{')
			b.WriteString(strconv.Itoa(i))
			b.WriteByte('}')
			args = append(args, c.expr(e.Exprs[i]))
		}
	}
	args[0] = str(b.String())
	return call("format", args...)
}

func (c *converter) unary(e *syntax.Unary) expr {
	if i, ok := e.X.(*syntax.IntLit); ok && e.Op == syntax.Minus {
		return integer(-int64(i.Value))
	}
	switch e.Op {
	case syntax.Not:
		return call("not", c.expr(e.X))
	case syntax.Minus:
		return call("sub", num(0), c.expr(e.X))
	}
	return c.expr(e.X)
}

func (c *converter) binary(e *syntax.Binary) expr {
	x, y := c.expr(e.X), c.expr(e.Y)
	switch e.Op {
	case syntax.NotEquals:
		return call("not", call("equals", x, y))
	case syntax.EqualsFold:
		return call("equals", call("toLower", x), call("toLower", y))
	case syntax.NotEqualsFold:
		return call("not", call("equals", call("toLower", x), call("toLower", y)))
	}
	return call(operators[e.Op], x, y)
}

// object is createObject, or shallowMerge when there are spreads.
func (c *converter) object(e *syntax.Object) expr {
	var chunks, args []expr
	spread := false
	flush := func() {
		if len(args) > 0 {
			chunks = append(chunks, call("createObject", args...))
			args = nil
		}
	}
	for i := range e.Items {
		it := &e.Items[i]
		switch {
		case it.Spread != nil:
			flush()
			spread = true
			chunks = append(chunks, c.expr(it.Spread))
		case it.Value != nil:
			args = append(args, c.stringLit(it.Key), c.expr(it.Value))
		}
	}
	if !spread {
		return call("createObject", args...)
	}
	flush()
	return call("shallowMerge", call("createArray", chunks...))
}

func (c *converter) array(e *syntax.Array) expr {
	var chunks, items []expr
	spread := false
	flush := func() {
		if len(items) > 0 {
			chunks = append(chunks, call("createArray", items...))
			items = nil
		}
	}
	for _, it := range e.Items {
		if it.Spread {
			flush()
			spread = true
			chunks = append(chunks, c.expr(it.Value))
			continue
		}
		items = append(items, c.expr(it.Value))
	}
	if !spread {
		return call("createArray", items...)
	}
	flush()
	return call("flatten", call("createArray", chunks...))
}

func (c *converter) lambda(e *syntax.Lambda) expr {
	var args []expr
	for _, p := range e.Params {
		args = append(args, str(p.Name))
	}
	return call("lambda", append(args, c.expr(e.Body))...)
}

// call converts a call of a built-in or user function.
func (c *converter) call(e *syntax.Call) expr {
	if s := c.m.Uses[e]; s != nil {
		return call(c.functionName(s), c.exprs(e.Args)...)
	}
	return c.builtin(e, e.Name.Name, e.Args)
}

func (c *converter) builtin(at syntax.Expr, name string, args []syntax.Expr) expr {
	if f, ok := sema.FunctionByName(name); ok && f.Flags&sema.CompileTime != 0 {
		return c.compileTime(at, name, args)
	}
	if name == "any" && len(args) == 1 {
		return c.expr(args[0])
	}
	if otherScope(name, args) {
		return call("createObject")
	}
	return call(name, c.exprs(args)...)
}

// otherScope reports whether a call names a scope other than the file's own. Such
// a scope has no value in a template, where only a module's scope can use it.
func otherScope(name string, args []syntax.Expr) bool {
	switch name {
	case "resourceGroup", "subscription", "managementGroup":
		return len(args) > 0
	}
	return false
}

func (c *converter) method(e *syntax.MethodCall) expr {
	base := c.direct(e.Base)
	var idx syntax.Expr
	if x, ok := base.(*syntax.Index); ok && c.m.Uses[c.direct(x.Base)] != nil {
		idx, base = x.Index, c.direct(x.Base)
	}
	s := c.m.Uses[base]
	switch {
	case s == nil:
	case s.Kind == sema.Namespace:
		return c.builtin(e, e.Name.Name, e.Args)
	case s.Kind == sema.Wildcard:
		return call(c.t.wildcardFunction(s, e.Name.Name), c.exprs(e.Args)...)
	case s.Resource != nil:
		return c.resourceMethod(s.Resource, idx, e)
	}
	c.t.fail(e, "The function \""+e.Name.Name+"\" can't be called on this value.")
	return call("null")
}

// variable converts a name.
func (c *converter) variable(e *syntax.Variable) expr {
	s := c.m.Uses[e]
	if s == nil {
		c.t.fail(e, "The name \""+e.Name.Name+"\" has no meaning here.")
		return call("null")
	}
	switch s.Kind {
	case sema.Param:
		if s.Model.IsParams() {
			return call("variables", str(c.t.assignment(s)))
		}
		return call("parameters", str(s.Name))
	case sema.BaseParams:
		return c.base()
	case sema.Var:
		return c.varReference(s)
	case sema.ResourceKind:
		return c.resourceValue(s.Resource, e)
	case sema.ModuleKind:
		return c.moduleValue(s.Module, nil)
	case sema.LoopItem:
		return access(c.expr(s.For.In), c.loopIndex(s.For))
	case sema.LoopIndex:
		return c.loopIndex(s.For)
	case sema.ExtensionKind:
		return call("extensions", str(s.Extension.Alias))
	case sema.LambdaVar:
		return call("lambdaVariables", str(s.Name))
	case sema.FuncParam:
		return call("parameters", str(s.Name))
	}
	c.t.fail(e, "The name \""+e.Name.Name+"\" can't be used as a value.")
	return call("null")
}

func (c *converter) varReference(s *sema.Symbol) expr {
	if d, ok := s.Decl.(*syntax.VarDecl); ok && s.Import == nil && c.m.Inline[s] {
		return c.expr(d.Value)
	}
	return call("variables", str(c.variableName(s)))
}

func (c *converter) loopIndex(f *syntax.For) expr {
	if idx, ok := c.loops[f]; ok {
		return idx
	}
	if name, ok := c.m.LoopName[f]; ok {
		return call("copyIndex", str(name))
	}
	return call("copyIndex")
}

// property converts x.name.
func (c *converter) property(e *syntax.Property) expr {
	if s, ok := c.m.BaseMember(e); ok {
		return c.baseMember(s)
	}
	if list := c.secureOutputs(e); list != nil {
		return list
	}
	return c.plainProperty(e)
}

func (c *converter) plainProperty(e *syntax.Property) expr {
	base := c.direct(e.Base)
	var idx syntax.Expr
	target := base
	if x, ok := base.(*syntax.Index); ok {
		target, idx = c.direct(x.Base), x.Index
	}
	if s := c.m.Uses[target]; s != nil {
		switch {
		case s.Resource != nil && (idx == nil || s.Resource.Collection()):
			return c.resourceProperty(s.Resource, idx, e)
		case s.Module != nil && e.Name.Name == "name" && e.Safe && s.Module.Cond != nil:
			in := c.indexed(s.Module.Loop, idx)
			return in.guarded(in.expr(s.Module.Cond.Cond), c.moduleName(s.Module, idx))
		case s.Module != nil && e.Name.Name == "name":
			return c.moduleName(s.Module, idx)
		case s.Module != nil && e.Safe && s.Module.Cond != nil:
			cond := c.indexed(s.Module.Loop, idx).expr(s.Module.Cond.Cond)
			return c.member(c.guarded(cond, c.moduleValue(s.Module, idx)), str(e.Name.Name), true, e.Base)
		case s.Kind == sema.Wildcard && idx == nil:
			return call("variables", str(c.t.wildcardVariable(s, e.Name.Name)))
		}
	}
	if p, ok := base.(*syntax.Property); ok && p.Name.Name == "outputs" && c.isModule(p.Base) {
		return c.moduleOutput(p, e)
	}
	return c.member(c.expr(e.Base), str(e.Name.Name), e.Safe, e.Base)
}

// member appends one accessor. A plain access that follows a safe one belongs to
// the same tryGet, so that null ends the whole chain.
func (c *converter) member(base, key expr, safe bool, baseSyntax syntax.Expr) expr {
	if safe {
		return call("tryGet", base, key)
	}
	if f, ok := base.(*fn); ok && f.ends() && c.isAccess(baseSyntax) {
		return &fn{f.name, append(append([]expr{}, f.args...), key), nil}
	}
	return access(base, key)
}

// isAccess reports whether e is an access itself: parentheses end a chain, a
// non-null assertion and any() do not.
func (c *converter) isAccess(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Property, *syntax.Index:
		return true
	case *syntax.NonNull:
		return c.isAccess(e.X)
	case *syntax.Call:
		return e.Name.Name == "any" && len(e.Args) == 1 && c.isAccess(e.Args[0])
	}
	return false
}

// index converts x[i].
func (c *converter) index(e *syntax.Index) expr {
	if s, ok := c.m.BaseMember(e); ok {
		return c.baseMember(s)
	}
	if s := c.m.Uses[syntax.Unparen(e.Base)]; s != nil {
		switch {
		case s.Resource != nil && s.Resource.Collection():
			return c.itemValue(s.Resource, e.Index)
		case s.Module != nil && s.Module.Loop != nil:
			return c.moduleValue(s.Module, e.Index)
		}
	}
	base := c.expr(e.Base)
	key := c.expr(e.Index)
	if e.FromEnd {
		return c.fromEnd(e, base, key)
	}
	return c.member(base, key, e.Safe, e.Base)
}

// fromEnd converts x[^i]; after a safe access it belongs to the same tryGet.
func (c *converter) fromEnd(e *syntax.Index, base, key expr) expr {
	if e.Safe {
		return call("tryIndexFromEnd", base, key)
	}
	if f, ok := base.(*fn); ok && f.ends() && c.isAccess(e.Base) {
		step := call("createObject", str("value"), key, str("fromEnd"), call("true"))
		return &fn{f.name, append(append([]expr{}, f.args...), step), nil}
	}
	return call("indexFromEnd", base, key)
}

// ends reports whether f is a safe access to which further steps can be added.
func (f *fn) ends() bool {
	return (f.name == "tryGet" || f.name == "tryIndexFromEnd") && len(f.props) == 0
}
