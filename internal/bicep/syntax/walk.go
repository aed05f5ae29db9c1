package syntax

// Walk calls visit for n and, while visit returns true, for the expressions
// inside it. Nested resource declarations are visited as *ResourceDecl.
func Walk(n Node, visit func(Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, c := range Children(n) {
		Walk(c, visit)
	}
}

// Children returns the expressions directly inside n, in source order.
func Children(n Node) []Node {
	switch e := n.(type) {
	case *StringLit:
		return nodes(e.Exprs)
	case *Call:
		return nodes(e.Args)
	case *MethodCall:
		return append([]Node{e.Base}, nodes(e.Args)...)
	case *Property:
		return []Node{e.Base}
	case *Index:
		return []Node{e.Base, e.Index}
	case *ResourceAccess:
		return []Node{e.Base}
	case *Unary:
		return []Node{e.X}
	case *Binary:
		return []Node{e.X, e.Y}
	case *Ternary:
		return []Node{e.Cond, e.Then, e.Else}
	case *Paren:
		return []Node{e.X}
	case *NonNull:
		return []Node{e.X}
	case *Object:
		return objectChildren(e)
	case *Array:
		out := make([]Node, len(e.Items))
		for i := range e.Items {
			out[i] = e.Items[i].Value
		}
		return out
	case *Lambda:
		return []Node{e.Body}
	case *For:
		return []Node{e.In, e.Body}
	case *If:
		return []Node{e.Cond, e.Body}
	}
	return declChildren(n)
}

func declChildren(n Node) []Node {
	var value Expr
	d, ok := n.(Decl)
	if !ok {
		return nil
	}
	var out []Node
	for _, dec := range d.Decorated() {
		out = append(out, dec.Expr)
	}
	switch e := n.(type) {
	case *TargetScopeDecl:
		value = e.Value
	case *MetadataDecl:
		value = e.Value
	case *ParamDecl:
		value = e.Default
	case *VarDecl:
		value = e.Value
	case *OutputDecl:
		value = e.Value
	case *ResourceDecl:
		value = e.Value
	case *ModuleDecl:
		value = e.Value
	case *FuncDecl:
		if e.Lambda != nil {
			value = e.Lambda
		}
	case *AssertDecl:
		value = e.Value
	case *TestDecl:
		value = e.Value
	case *ExtensionConfigDecl:
		value = e.Config
	case *ExtensionDecl:
		value = e.Config
	}
	if value != nil {
		out = append(out, value)
	}
	return out
}

func objectChildren(o *Object) []Node {
	out := make([]Node, 0, len(o.Items))
	for i := range o.Items {
		it := &o.Items[i]
		if it.Key != nil && len(it.Key.Exprs) > 0 {
			out = append(out, it.Key)
		}
		switch {
		case it.Value != nil:
			out = append(out, it.Value)
		case it.Spread != nil:
			out = append(out, it.Spread)
		case it.Resource != nil:
			out = append(out, it.Resource)
		}
	}
	return out
}

func nodes(es []Expr) []Node {
	out := make([]Node, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Unparen removes parentheses and non-null assertions, which have no meaning at run time.
func Unparen(e Expr) Expr {
	for {
		switch p := e.(type) {
		case *Paren:
			e = p.X
		case *NonNull:
			e = p.X
		default:
			return e
		}
	}
}
