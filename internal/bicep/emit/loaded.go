package emit

import (
	"sort"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// loadedVariable holds what a load function inside an expression has read.
type loadedVariable struct {
	at    syntax.Expr
	value any
	ok    bool
}

func (l loadedVariable) name(i int) string { return "$fxv#" + strconv.Itoa(i) }

// loads makes the variables of the file's load functions, numbered in source order.
// Functions of the user see no variables: values stand in them as they are.
func (t *template) loads() {
	c := t.converter()
	for _, d := range t.m.File.Decls {
		if _, is := d.(*syntax.FuncDecl); is {
			continue
		}
		var direct syntax.Node
		if v, ok := d.(*syntax.VarDecl); ok {
			direct = v.Value
		}
		for _, child := range syntax.Children(d) {
			syntax.Walk(child, func(n syntax.Node) bool {
				e, name, args := c.loadCall(n)
				if e != nil && (n != direct || !givesText(name)) {
					c.loadedVariable(e, name, args)
				}
				return true
			})
		}
	}
}

// givesText reports whether a load function's result can be a variable as it is.
func givesText(name string) bool { return name == "loadTextContent" || name == "loadFileAsBase64" }

// loadCall is the load function that n calls, or nil.
func (c *converter) loadCall(n syntax.Node) (at syntax.Expr, name string, args []syntax.Expr) {
	switch x := n.(type) {
	case *syntax.Call:
		if c.m.Uses[x] == nil {
			at, name, args = x, x.Name.Name, x.Args
		}
	case *syntax.MethodCall:
		if s := c.m.Uses[syntax.Unparen(x.Base)]; s != nil && s.Kind == sema.Namespace {
			at, name, args = x, x.Name.Name, x.Args
		}
	}
	if f, ok := sema.FunctionByName(name); !ok || f.Flags&sema.CompileTime == 0 || !strings.HasPrefix(name, "load") {
		return nil, "", nil
	}
	return at, name, args
}

// loadedVariable is the variable of a call, which is evaluated once.
func (c *converter) loadedVariable(at syntax.Expr, name string, args []syntax.Expr) (variable string, ok bool) {
	for i, l := range c.t.loaded {
		if l.at == at {
			return l.name(i), l.ok
		}
	}
	l := loadedVariable{at: at}
	l.value, l.ok = c.load(name, args)
	c.t.loaded = append(c.t.loaded, l)
	return l.name(len(c.t.loaded) - 1), l.ok
}

// loadedDirectly evaluates a load function that is the whole value of a variable
// and gives text, or of a user function.
func (c *converter) loadedDirectly(e syntax.Expr) (any, bool) {
	at, name, args := c.loadCall(e)
	if at == nil || !c.inFunction && !givesText(name) {
		return nil, false
	}
	return c.load(name, args)
}

// withLoaded puts the variables of load functions in front, in the order of their names.
func (t *template) withLoaded(vars *object) any {
	out := &object{}
	if cp := vars.get("copy"); cp != nil {
		out.set("copy", cp)
	}
	var loaded []member
	for i, l := range t.loaded {
		loaded = append(loaded, member{l.name(i), l.value})
	}
	sort.Slice(loaded, func(i, j int) bool { return loaded[i].key < loaded[j].key })
	out.members = append(out.members, loaded...)
	for _, m := range vars.members {
		out.set(m.key, m.value)
	}
	if len(out.members) == 0 {
		return nil
	}
	return out
}

// constant is a value as an expression. The strings of v are escaped as in a template.
func constant(v any) expr {
	switch v := v.(type) {
	case string:
		if text, ok := strings.CutPrefix(v, realCall); ok {
			return call("json", str(strings.TrimSuffix(text, realEnd)))
		}
		if strings.HasPrefix(v, "[[") {
			v = v[1:]
		}
		return str(v)
	case bool:
		return call(strconv.FormatBool(v))
	case int64:
		return integer(v)
	case []any:
		args := make([]expr, len(v))
		for i, x := range v {
			args[i] = constant(x)
		}
		return call("createArray", args...)
	case *object:
		var args []expr
		for _, m := range v.members {
			args = append(args, constant(m.key), constant(m.value))
		}
		return call("createObject", args...)
	}
	return call("null")
}
