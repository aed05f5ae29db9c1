package sema

import (
	"fmt"

	"gatehouse/internal/bicep/syntax"
)

// checkConstants reports values that are known only while the deployment runs,
// where the start of it needs them: names, conditions and the lengths of loops.
func (m *Model) checkConstants() {
	for _, r := range m.Resources {
		if r.Name != nil && !r.Existing { // an existing resource may be looked up later
			m.needsConstant(r.Name, "BCP120", fmt.Sprintf("This expression is being used in an assignment to the \"name\" property of the \"%s\" type", r.Type.Full))
		}
		m.constantFrame(r.Loop, r.Cond)
	}
	for _, mod := range m.Modules {
		if mod.Name != nil {
			m.needsConstant(mod.Name, "BCP120", "This expression is being used in an assignment to the \"name\" property of the \"module\" type")
		}
		m.constantFrame(mod.Loop, mod.Cond)
	}
	for _, s := range m.Declared(Var) {
		d, ok := s.Decl.(*syntax.VarDecl)
		if !ok {
			continue
		}
		if l, is := d.Value.(*syntax.For); is {
			m.constantFrame(l, nil)
			m.needsConstant(l.Body, "BCP182", fmt.Sprintf("This expression is being used in the for-body of the variable \"%s\"", s.Name))
		}
	}
}

func (m *Model) constantFrame(loop *syntax.For, cond *syntax.If) {
	if loop != nil {
		m.needsConstant(loop.In, "BCP178", "This expression is being used in the for-expression")
	}
	if cond != nil {
		m.needsConstant(cond.Cond, "BCP177", "This expression is being used in the if-condition expression")
	}
}

// needsConstant reports the parts of e that only the running deployment knows.
func (m *Model) needsConstant(e syntax.Expr, code, use string) {
	what := "requires a value that can be calculated"
	if code == "BCP182" {
		what = "requires values that can be calculated"
	}
	syntax.Walk(e, func(n syntax.Node) bool {
		clause, runtime := m.runtimeValue(n)
		if runtime {
			m.errorf(code, n.At(), "%s, which %s at the start of the deployment.%s", use, what, clause)
			return false
		}
		return !m.constantAccess(n)
	})
}

// constantAccess reports whether n reads a property that is known from the start;
// its base needs no look then.
func (m *Model) constantAccess(n syntax.Node) bool {
	p, ok := n.(*syntax.Property)
	return ok && m.declaredTarget(p.Base) != nil
}

// runtimeValue reports whether n itself is known only at run time, and explains.
func (m *Model) runtimeValue(n syntax.Node) (clause string, runtime bool) {
	switch e := n.(type) {
	case *syntax.Property:
		s := m.declaredTarget(e.Base)
		if s == nil || m.cyclic[s] || m.knownAtStart(s, e.Name.Name) {
			return "", false
		}
		return accessible(s), true
	case *syntax.Variable:
		s := m.Uses[e]
		if s == nil {
			return "", false
		}
		if s.Kind == Var && s.Import == nil && m.Inline[s] {
			return fmt.Sprintf(" You are referencing a variable which cannot be calculated at the start (\"%s\").", s.Name), true
		}
		return "", false
	case *syntax.Call:
		f, ok := FunctionByName(e.Name.Name)
		return "", ok && m.Uses[e] == nil && f.Flags&RequiresInlining != 0
	case *syntax.MethodCall:
		f, ok := FunctionByName(e.Name.Name)
		return "", ok && f.Flags&RequiresInlining != 0
	}
	return "", false
}

// declaredTarget is the resource or module that e is, or an item of.
func (m *Model) declaredTarget(e syntax.Expr) *Symbol {
	e = syntax.Unparen(e)
	if x, ok := e.(*syntax.Index); ok {
		e = syntax.Unparen(x.Base)
	}
	if s := m.Uses[e]; s != nil && (s.Resource != nil || s.Module != nil) {
		return s
	}
	return nil
}

// knownAtStart reports whether a property is known before deployment.
func (m *Model) knownAtStart(s *Symbol, property string) bool {
	if s.Module != nil {
		return property == "name"
	}
	return constantProperty(property)
}

func accessible(s *Symbol) string {
	names := `"apiVersion", "id", "name", "type"`
	if s.Module != nil {
		names = `"name"`
	}
	return fmt.Sprintf(" Properties of %s which can be calculated at the start include %s.", s.Name, names)
}
