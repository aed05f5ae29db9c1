package types

import "strings"

// refusals are the names that .NET has and API Management refuses in expressions: its gateway compiles
// with all of .NET Framework at hand and then refuses what is not on its list.
type refusals struct {
	types   map[string]string          // full name by simple name
	full    map[string]bool            // full names
	members map[string]map[string]bool // by the full name of their type
	spaces  map[string]bool            // namespaces all of whose types are refused
	imports []string                   // namespaces whose types may be named without them
}

// Refuse makes the types of a namespace known as refused, or, when r has a type of that full name, members
// of it.
func (r *Registry) Refuse(owner string, names []string) {
	f := &r.refused
	if f.types == nil {
		f.types, f.full, f.members = map[string]string{}, map[string]bool{}, map[string]map[string]bool{}
	}
	if t := r.named[owner]; t != nil {
		set := map[string]bool{}
		for _, n := range names {
			set[n] = true
		}
		f.members[t.Full] = set
		return
	}
	for i := range owner + "." {
		if i == len(owner) || owner[i] == '.' {
			r.spaces[owner[:i]] = true
		}
	}
	for _, n := range names {
		full := owner + "." + n
		if f.full[full] = true; r.imported(owner) {
			f.types[n] = full
		}
	}
}

// Imports sets the namespaces whose types code may name without them, and those that it may not name at all.
func (r *Registry) Imports(imports, refused []string) {
	r.refused.imports, r.refused.spaces = imports, map[string]bool{}
	for _, s := range refused {
		r.refused.spaces[s] = true
	}
}

func (r *Registry) imported(space string) bool {
	for _, s := range r.refused.imports {
		if s == space {
			return true
		}
	}
	return len(r.refused.imports) == 0
}

func spaceOf(full string) string { return full[:max(0, strings.LastIndexByte(full, '.'))] }

// Visible reports whether code may call t by that name: by keyword, by its simple name when its namespace
// is imported, or by its full name.
func (r *Registry) Visible(t *Type, name string) bool {
	if r.keywords[name] == t || strings.Contains(name, ".") && !strings.HasSuffix(t.Full, "."+name) {
		return true
	}
	space := strings.TrimSuffix(strings.TrimSuffix(t.Full, name), ".")
	return space == "" || r.imported(space) || r.nested(space)
}

// nested reports whether a name is that of a type, in which another stands.
func (r *Registry) nested(name string) bool { return r.named[name] != nil }

// RefusedType is the full name of the type of .NET that a name stands for when API Management refuses it.
func (r *Registry) RefusedType(name string) (full string, refused bool) {
	if full, refused = r.refused.types[name]; refused {
		return full, true
	}
	return name, r.refused.full[name] || r.refused.spaces[spaceOf(name)] && r.named[name] != nil
}

// RefusedMember is the full name of the type that declares a refused member of t.
func (r *Registry) RefusedMember(t *Type, name string) (owner string, refused bool) {
	for _, f := range r.Family(t) {
		if r.refused.members[f.Full][name] {
			return f.Full, true
		}
	}
	return "", false
}
