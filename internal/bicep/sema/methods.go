package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/resourcetypes"
)

// inferMethod is x.f(...).
func (m *Model) inferMethod(e *syntax.MethodCall) *types.Type {
	base := m.TypeOf(e.Base)
	if base.IsError() {
		return types.Error
	}
	c := methodOf(e)
	t := value(base)
	if s := m.accessed(e.Base); m.mayBeAbsent(s) && symbolLoop(s) == nil {
		m.warnf("BCP422", e.Name.Span, "A resource of type \"%s\" may or may not exist when this function is called, which could cause the deployment to fail.", types.Union(t, types.Null))
	}
	s := m.declaredTarget(m.valueOf(e.Base))
	resource := s != nil && s.Resource != nil
	switch {
	case t.Kind == types.NamespaceKind:
		return m.namespaceCall(e, c, t)
	case t.Kind != types.ObjectKind && !(resource && t.Kind == types.AnyKind):
		m.errorf("BCP067", e.Name.Span, "Cannot call functions on type \"%s\". An \"object\" type is required.", t)
		return types.Error
	}
	failed := m.inferArgs(c)
	if e.Name.Name == "" || failed {
		return types.Error
	}
	if !resource {
		m.errorf("BCP109", e.Name.Span, "The type \"%s\" does not contain function \"%s\".", t, e.Name.Name)
		return types.Error
	}
	return m.resourceCall(c, s.Resource, t)
}

// resourceCall is a call of a function of a resource: list*, by the table of resource
// types where it has the function, and getSecret of a vault.
func (m *Model) resourceCall(c call, r *Resource, t *types.Type) *types.Type {
	overloads := r.functions()
	if strings.HasPrefix(c.name.Name, "list") {
		o := types.Overload{Name: c.name.Name, Returns: types.Any, Params: []types.Param{{Name: "apiVersion", Type: types.String, Optional: true}, {Name: "functionValues", Type: types.Object, Optional: true}}}
		overloads = append(overloads, o)
	}
	var named []types.Overload
	var names []string
	for _, o := range overloads {
		if strings.EqualFold(o.Name, c.name.Name) {
			named = append(named, o)
		}
		names = append(names, o.Name)
	}
	if named == nil {
		m.unknownMethod(c.name, t, names)
		return types.Error
	}
	o, args := m.overload(c, named)
	switch {
	case args == nil:
		return types.Error
	case o == nil:
		return types.Any
	}
	return o.Returns
}

// functions are those that the type of a resource is known to have.
func (r *Resource) functions() []types.Overload {
	var out []types.Overload
	if published := resourcetypes.Lookup(r.Type.Full, r.Type.Version); published != nil && r.IsAz() {
		for _, f := range published.Functions {
			result := tableTypes[asDeclared].of(f.Output)
			out = append(out, types.Overload{Name: f.Name, Returns: result})
			if f.Input != nil {
				params := []types.Param{{Name: "apiVersion", Type: types.Text(published.Version)}, {Name: "params", Type: tableTypes[asDeclared].of(f.Input)}}
				out = append(out, types.Overload{Name: f.Name, Returns: result, Params: params})
			}
		}
	}
	if strings.EqualFold(r.Type.Full, "Microsoft.KeyVault/vaults") {
		params := []types.Param{{Name: "secretName", Type: types.String}, {Name: "secretVersion", Type: types.String, Optional: true}}
		out = append(out, types.Overload{Name: "getSecret", Returns: types.SecureString, Params: params})
	}
	return out
}

func (m *Model) unknownMethod(n syntax.Ident, t *types.Type, names []string) {
	if near := Nearest(n.Name, names); near != "" {
		m.errorf("BCP110", n.Span, "The type \"%s\" does not contain function \"%s\". Did you mean \"%s\"?", t, n.Name, near)
		return
	}
	m.errorf("BCP109", n.Span, "The type \"%s\" does not contain function \"%s\".", t, n.Name)
}

// namespaceCall is sys.f(...), az.f(...), or a function of a wildcard import.
func (m *Model) namespaceCall(e *syntax.MethodCall, c call, t *types.Type) *types.Type {
	if s := m.Uses[syntax.Unparen(e.Base)]; s != nil && s.Kind == Wildcard {
		if s.Import.Source == nil && s.Import.JSON == nil {
			m.inferArgs(c)
			return types.Error
		}
		if f := s.Import.Member(e.Name.Name); f != nil && f.Kind == Func {
			return m.callUser(c, f)
		}
		m.inferArgs(c)
		m.errorf("BCP107", e.Name.Span, "The function \"%s\" does not exist in namespace \"%s\".", e.Name.Name, s.Name)
		return types.Error
	}
	if e.Name.Name == "" {
		m.inferArgs(c)
		return types.Error
	}
	if b, ok := banned[e.Name.Name]; ok && t.Name == "sys" {
		m.inferArgs(c)
		m.errorf(b.code, e.Name.Span, "%s", b.text)
		return types.Error
	}
	f, known := FunctionByName(e.Name.Name)
	if !known || (t.Name == "az") != (f.Flags&AzOnly != 0) {
		m.inferArgs(c)
		m.unknownInNamespace(e.Name, t.Name, nil)
		return types.Error
	}
	return m.callBuiltin(c)
}

// unknownInNamespace reports a function that is not in a namespace of the language.
func (m *Model) unknownInNamespace(n syntax.Ident, namespace string, decorators map[string]decorator) {
	var names []string
	for name, f := range functions {
		if (namespace == "az") == (f.Flags&AzOnly != 0) && (namespace == "az" || namespace == "sys") && f.Flags&ParamsFile == 0 && !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	for name := range decorators {
		names = append(names, name)
	}
	if near := Nearest(n.Name, names); near != "" {
		m.errorf("BCP108", n.Span, "The function \"%s\" does not exist in namespace \"%s\". Did you mean \"%s\"?", n.Name, namespace, near)
		return
	}
	m.errorf("BCP107", n.Span, "The function \"%s\" does not exist in namespace \"%s\".", n.Name, namespace)
}
