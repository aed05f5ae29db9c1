package emit

import (
	"sort"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// literals are the values of a type that consists of literals only.
func (w *typeWriter) literals(e syntax.TypeExpr) ([]any, bool) {
	switch e := e.(type) {
	case *syntax.TypeParen:
		return w.literals(e.X)
	case *syntax.TypeLiteral:
		return []any{literal(e.Value)}, true
	case *syntax.TypeNullable:
		vs, ok := w.literals(e.Base)
		return append(vs, nil), ok
	case *syntax.TypeUnion:
		var out []any
		seen := map[string]bool{}
		for _, mem := range e.Members {
			vs, ok := w.memberLiterals(mem)
			if !ok {
				return nil, false
			}
			for _, v := range vs {
				if name := literalName(v); !seen[name] {
					seen[name] = true
					out = append(out, v)
				}
			}
		}
		sortLiterals(out)
		return out, true
	case *syntax.TypeName, *syntax.TypeMember, *syntax.TypeItems, *syntax.TypeIndex:
		if n, ok := e.(*syntax.TypeName); ok && w.m.TypeUses[n] == nil {
			return nil, false
		}
		r, ok := w.resolve(e)
		switch {
		case ok && r.decl != nil:
			return r.in.literals(r.decl)
		case ok && r.json != nil:
			vs, has := r.json.get("allowedValues").([]any)
			return vs, has
		}
	}
	return nil, false
}

// memberLiterals are the values of a member of a union, where tuples and objects
// of single values are values too.
func (w *typeWriter) memberLiterals(e syntax.TypeExpr) ([]any, bool) {
	switch e := e.(type) {
	case *syntax.TypeParen:
		return w.memberLiterals(e.X)
	case *syntax.TypeTuple:
		list := []any{}
		for _, p := range e.Items {
			vs, ok := w.memberLiterals(p.Value)
			if !ok || len(vs) != 1 {
				return nil, false
			}
			list = append(list, vs[0])
		}
		return []any{list}, true
	case *syntax.TypeObject:
		o := &object{}
		for _, p := range e.Props {
			vs, ok := w.memberLiterals(p.Value)
			if !ok || len(vs) != 1 {
				return nil, false
			}
			o.set(p.Name.Name, vs[0])
		}
		return []any{o}, e.Additional == nil
	}
	return w.literals(e)
}

// sortLiterals orders union members as the official compiler normalises them: by
// the name of each literal type, ordinally.
func sortLiterals(vs []any) {
	sort.SliceStable(vs, func(i, j int) bool { return literalName(vs[i]) < literalName(vs[j]) })
}

// literalName is a value as a type expression has it.
func literalName(v any) string {
	switch v := v.(type) {
	case string:
		return "'" + v + "'"
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		var names []string
		for _, x := range v {
			names = append(names, literalName(x))
		}
		return "[" + strings.Join(names, ", ") + "]"
	case *object:
		var names []string
		for _, m := range v.members {
			names = append(names, m.key+": "+literalName(m.value))
		}
		return "{ " + strings.Join(names, ", ") + " }"
	}
	return "null"
}

func literal(e syntax.Expr) any {
	switch e := e.(type) {
	case *syntax.StringLit:
		s, _ := e.Text()
		return escapeText(s)
	case *syntax.IntLit:
		return int64(e.Value)
	case *syntax.BoolLit:
		return e.Value
	case *syntax.Unary:
		switch v := literal(e.X).(type) {
		case int64:
			if e.Op == syntax.Minus {
				return -v
			}
			return v
		case bool:
			return !v
		}
	}
	return nil
}

func baseOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case int64:
		return "int"
	case bool:
		return "bool"
	case []any:
		return "array"
	}
	return "object"
}
