package sema

import "gatehouse/internal/bicep/syntax"

// place is where an expression stands.
type place uint8

const (
	inOther    place = iota
	inLoopable       // the value of a variable or output: a loop may stand here
	inBody           // the value of a resource or module, or of a property in it
	inPropLoop       // inside a loop that is a property's value
	inParam          // a parameter's default value
	inCond           // the condition of a resource or module
)

// placement checks that loops and functions stand where they may.
func (m *Model) placement(d syntax.Decl) {
	for _, dec := range d.Decorated() {
		m.placed(dec.Expr, inOther)
	}
	switch d := d.(type) {
	case *syntax.ParamDecl:
		if m.IsParams() {
			m.placed(d.Default, inLoopable)
			return
		}
		m.placed(d.Default, inParam)
	case *syntax.VarDecl:
		m.placed(d.Value, inLoopable)
	case *syntax.OutputDecl:
		m.placed(d.Value, inLoopable)
	case *syntax.ResourceDecl:
		m.placedBody(d.Value)
	case *syntax.ModuleDecl:
		if d.Path == nil || !m.readable(d) {
			return // it has an error that says more
		}
		m.placedBody(d.Value)
	case *syntax.TestDecl:
		m.placed(d.Value, inOther)
	case *syntax.FuncDecl:
		if d.Lambda != nil {
			m.placed(d.Lambda.Body, inOther)
		}
	case *syntax.MetadataDecl:
		m.placed(d.Value, inOther)
	case *syntax.ExtensionDecl:
		m.placed(d.Config, inOther)
	case *syntax.AssertDecl:
		m.placed(d.Value, inOther)
	case *syntax.TargetScopeDecl:
		m.placed(d.Value, inOther)
	}
}

// readable reports whether the file of a module could be read.
func (m *Model) readable(d *syntax.ModuleDecl) bool {
	for _, mod := range m.Modules {
		if mod.Decl == d {
			return !m.moduleType(mod).IsError()
		}
	}
	return false
}

// placedBody is placed for the value of a resource or module.
func (m *Model) placedBody(value syntax.Expr) {
	switch e := value.(type) {
	case *syntax.For:
		m.placed(e.In, inOther)
		m.placedBody(e.Body)
	case *syntax.If:
		m.placed(e.Cond, inCond)
		m.placed(e.Body, inBody)
	default:
		m.placed(value, inBody)
	}
}

func (m *Model) placed(e syntax.Node, at place) {
	switch e := e.(type) {
	case nil:
		return
	case *syntax.For:
		m.placedLoop(e, at)
		return
	case *syntax.Object:
		if at == inLoopable {
			at = inOther
		}
		m.placedObject(e, at)
		return
	case *syntax.Call:
		m.placedCall(e, at)
	case *syntax.Array:
		for _, it := range e.Items {
			m.placedItem(it.Value, at)
		}
		return
	case *syntax.ResourceDecl:
		m.placement(e)
		return
	}
	if at != inParam && at != inPropLoop && at != inCond {
		at = inOther
	}
	for _, c := range syntax.Children(e) {
		m.placed(c, at)
	}
}

// placedObject: names that are computed don't go with loops.
func (m *Model) placedObject(o *syntax.Object, at place) {
	for i := range o.Items {
		it := &o.Items[i]
		if _, loop := it.Value.(*syntax.For); loop && it.Key != nil && len(it.Key.Exprs) > 0 && at == inBody {
			m.errorf("BCP143", it.Key.Span, "For-expressions cannot be used with properties whose names are also expressions.")
		}
	}
	for _, c := range syntax.Children(o) {
		m.placed(c, at)
	}
}

// placedItem is placed for an item of an array. A loop can't be one, but an object
// in an array of a resource can have properties that are loops.
func (m *Model) placedItem(e syntax.Expr, at place) {
	if at == inLoopable {
		at = inOther
	}
	if f, ok := e.(*syntax.For); ok {
		m.placedLoop(f, inOther)
		return
	}
	m.placed(e, at)
}

func (m *Model) placedLoop(e *syntax.For, at place) {
	inner := inOther
	switch at {
	case inLoopable:
	case inBody:
		inner = inPropLoop
	case inPropLoop:
		inner = inPropLoop
		m.errorf("BCP142", e.Keyword, "Property value for-expressions cannot be nested.")
	default:
		m.errorf("BCP138", e.Keyword, "For-expressions are not supported in this context. For-expressions may be used as values of resource, module, variable, and output declarations, or values of resource and module properties.")
	}
	m.placed(e.In, inOther)
	m.placed(e.Body, inner)
}

func (m *Model) placedCall(e *syntax.Call, at place) {
	f, ok := FunctionByName(e.Name.Name)
	if !ok || m.Uses[e] != nil || m.unresolved[e] {
		return
	}
	switch {
	case f.Flags&ParamDefault != 0 && at != inParam:
		m.errorf("BCP065", e.Name.Span, "Function \"%s\" is not valid at this location. It can only be used as a parameter default value.", e.Name.Name)
	case f.Flags&RequiresInlining != 0 && (at == inParam || at == inCond):
		m.notCallable(e)
		m.errorf("BCP066", e.Name.Span, "Function \"%s\" is not valid at this location. It can only be used in resource declarations.", e.Name.Name)
	case f.Flags&ParamsFile != 0 && !m.IsParams():
		m.errorf("BCP057", e.Name.Span, "The name \"%s\" does not exist in the current context.", e.Name.Name)
	}
}
