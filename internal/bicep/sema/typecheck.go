package sema

import "gatehouse/internal/bicep/syntax"

// checkType reports what is wrong with a type beyond its names.
func (m *Model) checkType(t syntax.TypeExpr, ds syntax.Decorators) {}
