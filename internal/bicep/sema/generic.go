package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// checkGeneric checks resourceInput<'Type@version'> and its like, which only stand for
// what is accessed in them.
func (m *Model) checkGeneric(t *syntax.TypeGeneric, accessed bool) {
	switch t.Name.Name {
	case "resourceInput", "resourceOutput", "resource":
	default:
		if ambientTypes[t.Name.Name] {
			m.errorf("BCP383", t.Span, "The \"%s\" type is not parameterizable.", t.Name.Name)
		}
		return
	}
	list := syntax.Span{Start: t.Name.End, End: t.End}
	if len(t.Args) != 1 {
		m.argumentCount(list, len(t.Args), 1, 1)
		return
	}
	arg := t.Args[0]
	if _, bad := arg.(*syntax.BadType); bad {
		return
	}
	got := m.typeOfType(arg, nil)
	l, literal := arg.(*syntax.TypeLiteral)
	if got.IsError() && !literal {
		return
	}
	if !got.IsError() && !types.Assignable(got, types.String) {
		m.argumentMismatch(arg.At(), got, types.String)
		return
	}
	s, _ := literalString(l)
	text, plain := s.Text()
	if !literal || !plain {
		m.errorf("BCP032", syntax.Span{Start: t.Name.End + 1, End: t.End - 1}, "The value must be a compile-time constant.")
		return
	}
	if scheme, _, has := strings.Cut(text, ":"); has && scheme != "" && scheme != "az" && scheme != "sys" {
		m.errorf("BCP208", arg.At(), "The specified namespace \"%s\" is not recognized. Specify a resource reference using one of the following namespaces: \"az\", \"sys\".", scheme)
		return
	}
	if _, ok := derivedFrom(t); !ok {
		m.errorf("BCP029", arg.At(), "The resource type is not valid. Specify a valid resource type of format \"<type-name>@<apiVersion>\".")
	} else if !accessed && t.Name.Name != "resource" {
		m.errorf("BCP394", t.Span, "Resource-derived type expressions must dereference a property within the resource body. Using the entire resource body type is not permitted.")
	}
}

// derivedFrom is the resource type in resourceInput<'Type@version'>.
func derivedFrom(t *syntax.TypeGeneric) (ResourceType, bool) {
	if len(t.Args) != 1 {
		return ResourceType{}, false
	}
	l, _ := t.Args[0].(*syntax.TypeLiteral)
	s, _ := literalString(l)
	text, plain := s.Text()
	if !plain {
		return ResourceType{}, false
	}
	for _, scheme := range []string{"az:", "sys:"} {
		text = strings.TrimPrefix(text, scheme)
	}
	return parseType(text, nil)
}

// derivedType is the type of the body of the resource type that t names.
func (m *Model) derivedType(t *syntax.TypeGeneric) *types.Type {
	kind, generic := map[string]variant{"resourceInput": asInput, "resourceOutput": asOutput}[t.Name.Name]
	if !generic {
		return types.Any
	}
	rt, ok := derivedFrom(t)
	if !ok {
		return types.Error
	}
	return m.workspace.bodyOf(rt, bodyUse{variant: kind})
}

func literalString(l *syntax.TypeLiteral) (*syntax.StringLit, bool) {
	if l == nil {
		return nil, false
	}
	s, ok := l.Value.(*syntax.StringLit)
	return s, ok
}
