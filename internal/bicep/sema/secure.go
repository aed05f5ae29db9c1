package sema

import (
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// SecureOutput reports whether an output is secure: by its decorator, or because
// its type, or any part of it, is.
func (m *Model) SecureOutput(d *syntax.OutputDecl) bool {
	if FindDecorator(d.Decorators, "secure") != nil {
		return true
	}
	return secureIn(m.declaredType(d.Type, d.Decorators), map[*types.Type]bool{})
}

// secureIn reports whether t or a part of it is secure; seen are types that hold
// themselves.
func secureIn(t *types.Type, seen map[*types.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	if t.Secure {
		return true
	}
	seen[t] = true
	for _, p := range t.Props {
		if secureIn(p.Type, seen) {
			return true
		}
	}
	for _, item := range t.Items {
		if secureIn(item, seen) {
			return true
		}
	}
	return secureIn(t.Item, seen) || t.Additional != nil && secureIn(t.Additional.Type, seen)
}
