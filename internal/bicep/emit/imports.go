package emit

import (
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// userNamespace is the namespace of functions of the file itself.
const userNamespace = "__bicep"

// imported is a declaration that comes from another file.
type imported struct {
	symbol   *sema.Symbol // the original
	name     string       // in this template; a function's has its namespace
	source   string       // the path as it is written in the import
	original string
}

// origin is the metadata of an imported declaration. The name that a type had is
// left out when the new name ends with it.
func (t *template) origin(im *imported) *object {
	o := obj("sourceTemplate", sourceOf(t.m, im))
	same := im.name == im.original || im.symbol.Kind == sema.TypeKind && strings.HasSuffix(im.name, im.original)
	if im.original != "" && !same {
		o.set("originalIdentifier", im.original)
	}
	return o
}

// sourceOf is the path of the declaring file, relative to m, the file of the
// template, or the reference of a registry.
func sourceOf(m *sema.Model, im *imported) string {
	if im.symbol.JSON != nil {
		return im.source
	}
	rel, err := filepath.Rel(filepath.Dir(m.Path), im.symbol.Model.Path)
	if err != nil {
		return im.source
	}
	return filepath.ToSlash(rel)
}

// closure is everything that imports bring into a template: the symbols that are
// named and what those need.
type closure struct {
	names map[*sema.Symbol]string
	list  []*imported
	m     *sema.Model
}

func newClosure(m *sema.Model) *closure {
	c := &closure{names: map[*sema.Symbol]string{}, m: m}
	for _, s := range m.Symbols {
		if s.Import == nil {
			continue
		}
		if s.Import.Target != nil {
			c.add(s.Import.Target, s.Name, s.Import.Path)
		} else if s.Kind == sema.Wildcard {
			for _, x := range s.Import.Members() {
				c.add(x, "", s.Import.Path)
			}
		}
	}
	for _, file := range extended(m) {
		c.extended(file)
	}
	c.needs()
	c.nameRest()
	return c
}

// extended takes in the variables of a parameters file that is extended; what they
// import follows from them.
func (c *closure) extended(file *sema.Model) {
	for _, s := range file.Declared(sema.Var) {
		if _, declared := s.Decl.(*syntax.VarDecl); declared && s.Import == nil {
			c.add(s, "", "")
		}
	}
}

// add takes s into the closure. A name that is "" is given at the end; one that
// an import gives replaces it.
func (c *closure) add(s *sema.Symbol, name, source string) {
	if known, ok := c.names[s]; ok {
		if known == "" && name != "" {
			c.rename(s, name)
		}
		return
	}
	c.names[s] = name
	im := &imported{symbol: s, name: name, source: source}
	if name != s.Name {
		im.original = s.Name
	}
	c.list = append(c.list, im)
}

func (c *closure) rename(s *sema.Symbol, name string) {
	c.names[s] = name
	for _, im := range c.list {
		if im.symbol == s {
			im.name = name
			if im.original = s.Name; name == s.Name {
				im.original = ""
			}
		}
	}
}

// needs adds what the imported declarations refer to.
func (c *closure) needs() {
	for i := 0; i < len(c.list); i++ {
		im := c.list[i]
		for _, s := range references(im.symbol) {
			if s.Model == c.m && s.Import == nil && s.JSON == nil {
				continue
			}
			source := im.source
			if home(im.symbol) != home(s) {
				source = pathTo(im.symbol.Model, s, im.source)
			}
			c.add(s, "", source)
		}
	}
}

// nameRest names what no import names. Such a name can't be written by hand:
// _1.name for the first file, in the order of the files' paths. A name that is no
// identifier is numbered as well.
func (c *closure) nameRest() {
	var rest []*imported
	for _, im := range c.list {
		if im.name == "" {
			rest = append(rest, im)
		}
	}
	key := func(im *imported) string { return sourceOf(c.m, im) + "_" + im.symbol.Name }
	sort.SliceStable(rest, func(i, j int) bool { return cultureLess(key(rest[i]), key(rest[j])) })
	next := 0
	files := map[any]int{} // by model or ARM template
	for _, im := range rest {
		file := home(im.symbol)
		if files[file] == 0 {
			next++
			files[file] = next
		}
		short := im.symbol.Name
		if !syntax.IsIdentifier(short) {
			next++
			short = "_" + strconv.Itoa(next)
		}
		c.rename(im.symbol, "_"+strconv.Itoa(files[file])+"."+short)
	}
	sort.SliceStable(c.list, func(i, j int) bool { return c.list[i].name < c.list[j].name })
}

// home is the file that declares s.
func home(s *sema.Symbol) any {
	if s.JSON != nil {
		return s.JSON.Template
	}
	return s.Model
}

// pathTo is how the file that declares s is written in an import of from.
func pathTo(from *sema.Model, s *sema.Symbol, otherwise string) string {
	if from == nil {
		return otherwise
	}
	for _, im := range from.Imports {
		if s.JSON != nil && im.JSON == s.JSON.Template || s.JSON == nil && im.Source == s.Model {
			return im.Path
		}
	}
	return otherwise
}

// references are the declared symbols that the declaration of s uses.
func references(s *sema.Symbol) []*sema.Symbol {
	if s.JSON != nil {
		return jsonReferences(s)
	}
	var out []*sema.Symbol
	use := func(x *sema.Symbol) {
		if x == nil {
			return
		}
		if x.Import != nil {
			x = x.Import.Target
		}
		if x != nil && (x.Decl != nil || x.JSON != nil) && (x.Kind == sema.Var || x.Kind == sema.TypeKind || x.Kind == sema.Func) {
			out = append(out, x)
		}
	}
	m := s.Model
	values := func(n syntax.Node) {
		syntax.Walk(n, func(n syntax.Node) bool {
			use(m.Uses[n])
			if b, member := wildcardMember(n); b != nil {
				if w := m.Uses[b]; w != nil && w.Kind == sema.Wildcard {
					use(w.Import.Member(member))
				}
			}
			return true
		})
	}
	types := func(t syntax.TypeExpr) {
		walkType(t, func(t syntax.TypeExpr) {
			switch t := t.(type) {
			case *syntax.TypeName:
				use(m.TypeUses[t])
			case *syntax.TypeMember:
				if n, ok := t.Base.(*syntax.TypeName); ok {
					if w := m.TypeUses[n]; w != nil && w.Kind == sema.Wildcard {
						use(w.Import.Member(t.Name.Name))
					}
				}
			}
		})
	}
	switch d := s.Decl.(type) {
	case *syntax.VarDecl:
		types(d.Type)
		values(d.Value)
	case *syntax.TypeDecl:
		types(d.Value)
	case *syntax.FuncDecl:
		for _, t := range d.Lambda.Types {
			types(t)
		}
		types(d.Lambda.Return)
		values(d.Lambda.Body)
	}
	return out
}

func wildcardMember(n syntax.Node) (syntax.Expr, string) {
	switch e := n.(type) {
	case *syntax.Property:
		return e.Base, e.Name.Name
	case *syntax.MethodCall:
		return e.Base, e.Name.Name
	}
	return nil, ""
}

// walkType visits t and the types inside it.
func walkType(t syntax.TypeExpr, visit func(syntax.TypeExpr)) {
	if t == nil {
		return
	}
	visit(t)
	switch t := t.(type) {
	case *syntax.TypeMember:
		walkType(t.Base, visit)
	case *syntax.TypeIndex:
		walkType(t.Base, visit)
	case *syntax.TypeItems:
		walkType(t.Base, visit)
	case *syntax.TypeAdditional:
		walkType(t.Base, visit)
	case *syntax.TypeArray:
		walkType(t.Item, visit)
	case *syntax.TypeNullable:
		walkType(t.Base, visit)
	case *syntax.TypeNonNull:
		walkType(t.Base, visit)
	case *syntax.TypeParen:
		walkType(t.X, visit)
	case *syntax.TypeUnion:
		for _, x := range t.Members {
			walkType(x, visit)
		}
	case *syntax.TypeTuple:
		for _, p := range t.Items {
			walkType(p.Value, visit)
		}
	case *syntax.TypeObject:
		for _, p := range t.Props {
			walkType(p.Value, visit)
		}
		if t.Additional != nil {
			walkType(t.Additional.Value, visit)
		}
	}
}

// of lists the imported declarations of one kind.
func (c *closure) of(k sema.Kind) []*imported {
	var out []*imported
	for _, im := range c.list {
		if im.symbol.Kind == k {
			out = append(out, im)
		}
	}
	return out
}

// templateName is the name that s has in this template.
func (t *template) templateName(s *sema.Symbol) string {
	if s.Import != nil && s.Import.Target != nil {
		s = s.Import.Target
	}
	if s.JSON == nil && s.Model == t.m {
		return s.Name
	}
	return t.imports.names[s]
}

func (c *converter) variableName(s *sema.Symbol) string { return c.t.templateName(s) }

// functionName is the qualified name of a user function.
func (c *converter) functionName(s *sema.Symbol) string { return qualify(c.t.templateName(s)) }

func qualify(name string) string {
	ns, short := splitFunction(name)
	return ns + "." + short
}

// splitFunction parts a function's name into namespace and name.
func splitFunction(name string) (namespace, short string) {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[:i], name[i+1:]
		}
	}
	return userNamespace, name
}

func (t *template) wildcardFunction(s *sema.Symbol, name string) string {
	if x := s.Import.Member(name); x != nil {
		return qualify(t.templateName(x))
	}
	return s.Name + "." + name
}

func (t *template) wildcardVariable(s *sema.Symbol, name string) string {
	if x := s.Import.Member(name); x != nil {
		return t.templateName(x)
	}
	return s.Name + "." + name
}

// functions groups user functions by namespace.
func (t *template) functions() any {
	var order []string
	byNamespace := map[string]*object{}
	emit := func(name string, s *sema.Symbol, exported bool, from *imported) {
		ns, short := splitFunction(name)
		if byNamespace[ns] == nil {
			byNamespace[ns] = &object{}
			order = append(order, ns)
		}
		if s.JSON != nil {
			byNamespace[ns].set(short, t.jsonImport(from))
			return
		}
		byNamespace[ns].set(short, t.function(s.Model, s.Decl.(*syntax.FuncDecl), exported, from))
	}
	for _, s := range t.m.Declared(sema.Func) {
		if s.Import == nil {
			emit(s.Name, s, s.Exported(), nil)
		}
	}
	for _, im := range t.imports.of(sema.Func) {
		emit(im.name, im.symbol, false, im)
	}
	if order == nil {
		return nil
	}
	var out []any
	for _, ns := range order {
		out = append(out, obj("namespace", ns, "members", byNamespace[ns]))
	}
	return out
}

func (t *template) function(m *sema.Model, d *syntax.FuncDecl, exported bool, from *imported) *object {
	c, w := t.converterFor(m), t.typesOf(m)
	params := []any{}
	for i, p := range d.Lambda.Params {
		o := w.props(d.Lambda.Types[i], nil)
		o.set("name", p.Name)
		params = append(params, o)
	}
	output := w.props(d.Lambda.Return, nil)
	c.inFunction = true
	if v, ok := c.loadedDirectly(d.Lambda.Body); ok {
		output.set("value", v)
	} else {
		output.set("value", c.value(d.Lambda.Body))
	}
	o := obj("parameters", params, "output", output)
	t.description(o, c, d.Decorators)
	if exported {
		o.merge("metadata", obj("__bicep_export!", true))
	}
	if from != nil {
		o.merge("metadata", obj("__bicep_imported_from!", t.origin(from)))
	}
	return o
}
