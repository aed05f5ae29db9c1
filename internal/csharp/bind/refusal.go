package bind

import (
	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

// lookupType finds a type by a name that code may call it by.
func (b *binder) lookupType(name string, arity int) *types.Type {
	if t := b.reg.Lookup(name, arity); t != nil && b.reg.Visible(t, name) {
		return t
	}
	return nil
}

// refusedType reports a type that .NET has and API Management refuses, by its full name as it does.
func (b *binder) refusedType(name string, at syntax.Span) bool {
	full, refused := b.reg.RefusedType(name)
	if refused {
		b.fail("APIM0001", at, full)
	}
	return refused
}

// refusedMember is the same for a member of a type that it allows.
func (b *binder) refusedMember(t *types.Type, name string, at syntax.Span) bool {
	owner, refused := b.reg.RefusedMember(t, name)
	if refused {
		b.fail("APIM0002", at, name, owner)
	}
	return refused
}

// nameHint is the full name of a type whose namespace is not imported, else what is spelt nearly so.
func (b *binder) nameHint(name string, nearest func(string) string) string {
	if t := b.reg.Lookup(name, 0); t != nil {
		if _, refused := b.reg.RefusedType(t.Full); !refused {
			return "Write '" + t.Full + "'."
		}
		return ""
	}
	return nearest(name)
}
