package sema

import "gatehouse/internal/diag"

// Silenced reports whether a directive of the file silences d: a linter's
// findings obey the same directives as warnings.
func (m *Model) Silenced(d diag.Diagnostic) bool { return m.disabled(d) }
