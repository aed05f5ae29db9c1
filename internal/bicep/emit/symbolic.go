package emit

import "gatehouse/internal/bicep/sema"

// SymbolicNames reports whether m is emitted with language version 2.0.
func SymbolicNames(m *sema.Model) bool { return needsSymbolicNames(m) }
