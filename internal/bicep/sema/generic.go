package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
)

// checkGeneric checks resourceInput<'Type@version'> and its like.
func (m *Model) checkGeneric(t *syntax.TypeGeneric) {
	switch t.Name.Name {
	case "resourceInput", "resourceOutput", "resource":
	default:
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
	if scheme, rest, has := strings.Cut(text, ":"); has && scheme != "" {
		if scheme != "az" && scheme != "sys" {
			m.errorf("BCP208", arg.At(), "The specified namespace \"%s\" is not recognized. Specify a resource reference using one of the following namespaces: \"az\", \"sys\".", scheme)
			return
		}
		text = rest
	}
	if _, ok := parseType(text, nil); !ok {
		m.errorf("BCP029", arg.At(), "The resource type is not valid. Specify a valid resource type of format \"<type-name>@<apiVersion>\".")
	}
}

func literalString(l *syntax.TypeLiteral) (*syntax.StringLit, bool) {
	if l == nil {
		return nil, false
	}
	s, ok := l.Value.(*syntax.StringLit)
	return s, ok
}
