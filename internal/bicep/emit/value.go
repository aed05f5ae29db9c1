package emit

import (
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// value converts e to a JSON value: literals, objects and arrays stay JSON, and
// the rest becomes expressions in strings.
func (c *converter) value(e syntax.Expr) any {
	switch x := syntax.Unparen(e).(type) {
	case *syntax.Object:
		if !spreads(x) {
			return c.jsonObject(x)
		}
	case *syntax.Array:
		if !arraySpreads(x) {
			list := make([]any, len(x.Items))
			for i := range x.Items {
				list[i] = c.value(x.Items[i].Value)
			}
			return list
		}
	case *syntax.IntLit: // of any size, unlike inside an expression
		return int64(x.Value)
	case *syntax.Unary:
		if i, ok := x.X.(*syntax.IntLit); ok && x.Op == syntax.Minus {
			return -int64(i.Value)
		}
	case *syntax.Call:
		if x.Name.Name == "any" && len(x.Args) == 1 && c.m.Uses[x] == nil {
			return c.value(x.Args[0])
		}
		if otherScope(x.Name.Name, x.Args) && c.m.Uses[x] == nil {
			return &object{}
		}
	case *syntax.MethodCall:
		if s := c.m.Uses[syntax.Unparen(x.Base)]; s != nil && s.Kind == sema.Namespace && otherScope(x.Name.Name, x.Args) {
			return &object{}
		}
	case *syntax.Variable:
		if d := c.inlined(x); d != nil {
			return c.value(d)
		}
	}
	return jsonValue(c.expr(e))
}

// inlined returns the value of a variable that must be inlined.
func (c *converter) inlined(x *syntax.Variable) syntax.Expr {
	s := c.m.Uses[x]
	if s == nil || s.Import != nil || !c.m.Inline[s] {
		return nil
	}
	if d, ok := s.Decl.(*syntax.VarDecl); ok {
		return d.Value
	}
	return nil
}

func spreads(o *syntax.Object) bool {
	for i := range o.Items {
		if o.Items[i].Spread != nil {
			return true
		}
	}
	return false
}

func arraySpreads(a *syntax.Array) bool {
	for _, it := range a.Items {
		if it.Spread {
			return true
		}
	}
	return false
}

func (c *converter) jsonObject(o *syntax.Object) *object {
	out := &object{}
	c.members(out, o, nil)
	return out
}

// members adds the members of o to out, except those that skip names. Loops
// become copy elements, which come first.
func (c *converter) members(out *object, o *syntax.Object, skip func(string) bool) {
	var copies []any
	for i := range o.Items {
		it := &o.Items[i]
		name, plain := it.Name()
		if it.Value == nil || plain && skip != nil && skip(name) {
			continue
		}
		if f, ok := it.Value.(*syntax.For); ok {
			if !plain {
				c.t.fail(it.Key, "The name of a property whose value is a for-expression can't be interpolated.")
			}
			copies = append(copies, c.copyLoop(name, f, "input"))
		}
	}
	if copies != nil {
		out.set("copy", copies)
	}
	for i := range o.Items {
		it := &o.Items[i]
		name, plain := it.Name()
		if it.Value == nil || plain && skip != nil && skip(name) {
			continue
		}
		if _, ok := it.Value.(*syntax.For); ok {
			continue
		}
		out.set(c.key(it), c.value(it.Value))
	}
}

// key is a member's name; an interpolated one is an expression.
func (c *converter) key(it *syntax.ObjectItem) string {
	switch k := c.stringLit(it.Key).(type) {
	case str:
		if strings.EqualFold(string(k), "copy") { // else it would be a copy loop
			return text(call("string", k))
		}
		return escapeText(string(k))
	default:
		return text(k)
	}
}

// copyLoop is an element of a copy array.
func (c *converter) copyLoop(name string, f *syntax.For, input string) *object {
	in := c.at(f, call("copyIndex", str(name)))
	return obj("name", name, "count", c.count(f), input, in.copyInput(f.Body))
}

// copyInput is the input of a copy element. The deployment engine takes an object
// or a string there; all else is written as an expression.
func (c *converter) copyInput(body syntax.Expr) any {
	switch v := c.value(body).(type) {
	case string, *object:
		return v
	}
	e := c.expr(body)
	if n, ok := e.(num); ok {
		e = call("int", n)
	}
	return text(e)
}

func (c *converter) count(f *syntax.For) string {
	return text(call("length", c.expr(f.In)))
}
