package types

import (
	"fmt"
	"strings"
	"sync"
)

// Registry holds what types there are and what members they have. It is filled once
// (see package lib), finished, and never changes then: any number of compilations and
// runs read it at once.
type Registry struct {
	named    map[string]*Type   // by full name; generic ones as Full`arity
	simple   map[string][]*Type // by name without namespace, in order of registration
	keywords map[string]*Type
	info     map[*Type]*info
	spaces   map[string]bool
	exts     map[string][]*Member // extension methods by name
	refused  refusals
	pending  []func() error

	// Adapt gives what a host's object is to the library: an Enumerable, a dictionary. nil: it is nothing.
	Adapt func(ref any) any

	errs []error

	mu     sync.Mutex
	made   map[string]*Type
	family sync.Map // *Type -> []*Type: all types that it derives from
}

type info struct {
	base    *Type
	ifaces  []*Type
	members map[string][]*Member
	format  func(r *Run, v Value, format string) string
	names   []string // of an enum's values, in order
	values  []int64
	flags   bool
	invoke  *Member // of a delegate
}

// MemberKind says what a Member is.
type MemberKind uint8

// The kinds of members.
const (
	Method MemberKind = iota
	Property
	Indexer
	Constructor
	Operator // and conversions: Name is op_Implicit or op_Explicit
	Constant
)

// Param is one parameter of a member.
type Param struct {
	Name     string
	Type     *Type
	Out, Ref bool
	Rest     bool // params T[]
	Optional bool
	Default  Value
}

// Member is one member of a type, with types written over the definition's parameters.
type Member struct {
	Kind       MemberKind
	Name       string
	Owner      *Type
	Static     bool
	Extension  bool
	TypeParams []*Type
	Params     []Param
	Result     *Type
	Call       Func // method, getter, constructor, operator
	Set        Func // setter
	Value      Value
}

// NewRegistry has the language's own types and no members.
func NewRegistry() *Registry {
	r := &Registry{named: map[string]*Type{}, simple: map[string][]*Type{}, keywords: map[string]*Type{}, info: map[*Type]*info{},
		spaces: map[string]bool{}, exts: map[string][]*Member{}, made: map[string]*Type{}}
	for _, t := range Keywords() {
		r.keywords[t.Name] = t
		r.Add(t)
	}
	for _, t := range []*Type{EnumerableT, NullableT, ExceptionT, DisposableT, TypeT, ArrayT} {
		r.Add(t)
	}
	return r
}

// Add makes t known and returns where its members are put.
func (r *Registry) Add(t *Type) *Builder {
	name := t.Full
	if len(t.Params) > 0 {
		name = fmt.Sprintf("%s`%d", t.Full, len(t.Params))
	}
	if r.named[name] == nil {
		dot := strings.LastIndexByte(t.Full, '.')
		r.named[name] = t
		r.simple[t.Full[dot+1:]] = append(r.simple[t.Full[dot+1:]], t)
		for i := range t.Full {
			if t.Full[i] == '.' {
				r.spaces[t.Full[:i]] = true
			}
		}
		r.info[t] = &info{members: map[string][]*Member{}}
	}
	return &Builder{r: r, t: t}
}

// Named is the type of that full name, nil without one; generic ones are Full`arity.
func (r *Registry) Named(full string) *Type { return r.named[full] }

// Lookup finds a type by name as code writes it, with or without namespace.
func (r *Registry) Lookup(name string, arity int) *Type {
	if arity == 0 {
		if t := r.keywords[name]; t != nil {
			return t
		}
	}
	full := name
	if arity > 0 {
		full = fmt.Sprintf("%s`%d", name, arity)
	}
	if t := r.named[full]; t != nil {
		return t
	}
	for _, t := range r.simple[name] {
		if len(t.Params) == arity {
			return t
		}
	}
	if i := strings.LastIndexByte(name, '.'); i > 0 && arity == 0 {
		if outer := r.Lookup(name[:i], 0); outer != nil {
			return r.named[outer.Full+name[i:]] // a nested type
		}
	}
	return nil
}

// IsNamespace reports whether any type's namespace is or begins with that.
func (r *Registry) IsNamespace(name string) bool { return r.spaces[name] }

// Names are all simple names of types, for suggestions.
func (r *Registry) Names() []string {
	list := make([]string, 0, len(r.simple))
	for n := range r.simple {
		list = append(list, n)
	}
	return list
}

// Finish resolves the signatures. Its error names every one that is wrong.
func (r *Registry) Finish() error {
	for _, f := range r.pending {
		if err := f(); err != nil {
			r.errs = append(r.errs, err)
		}
	}
	r.pending = nil
	if len(r.errs) == 0 {
		return nil
	}
	var b strings.Builder
	for _, e := range r.errs {
		b.WriteString(e.Error() + "\n")
	}
	return fmt.Errorf("the type library is wrong:\n%s", b.String())
}

func (r *Registry) of(t *Type) *info {
	if t.Def != nil {
		t = t.Def
	}
	return r.info[t]
}

func (r *Registry) formatter(t *Type) func(*Run, Value, string) string {
	if in := r.of(t); in != nil {
		return in.format
	}
	return nil
}

// intern returns the one type of that key.
func (r *Registry) intern(key string, build func() *Type) *Type {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.made[key]
	if t == nil {
		t = build()
		r.made[key] = t
	}
	return t
}

// Construct is def with arguments: List<int>.
func (r *Registry) Construct(def *Type, args ...*Type) *Type {
	if def == NullableT {
		return r.Nullable(args[0])
	}
	return r.intern(fmt.Sprintf("%p%v", def, ptrs(args)), func() *Type {
		return &Type{Kind: def.Kind, Name: def.Name + "<" + names(args) + ">", Full: def.Full, Def: def, Args: args, Is: def.Is, Default: def.Default}
	})
}

// Array is T[].
func (r *Registry) Array(elem *Type) *Type {
	return r.intern(fmt.Sprintf("[]%p", elem), func() *Type {
		return &Type{Kind: KindArray, Name: elem.Name + "[]", Full: elem.Full + "[]", Elem: elem}
	})
}

// Nullable is T?; t itself when it has null already.
func (r *Registry) Nullable(t *Type) *Type {
	if !t.IsValueType() && t.Kind != KindParam {
		return t
	}
	return r.intern(fmt.Sprintf("?%p", t), func() *Type {
		return &Type{Kind: KindNullable, Name: t.Name + "?", Full: "System.Nullable", Elem: t, Args: []*Type{t}, Def: NullableT}
	})
}

// Tuple is the value tuple (A a, B b); labels may be "".
func (r *Registry) Tuple(args []*Type, labels []string) *Type {
	return r.intern(fmt.Sprintf("(%v%q", ptrs(args), labels), func() *Type {
		parts := make([]string, len(args))
		for i := range args {
			parts[i] = strings.TrimSpace(args[i].Name + " " + labels[i])
		}
		return &Type{Kind: KindTuple, Name: "(" + strings.Join(parts, ", ") + ")", Full: "System.ValueTuple", Args: args, Labels: labels}
	})
}

// Anonymous is the type of new { A = ..., B = ... }.
func (r *Registry) Anonymous(args []*Type, labels []string) *Type {
	return r.intern(fmt.Sprintf("{%v%q", ptrs(args), labels), func() *Type {
		parts := make([]string, len(args))
		for i := range args {
			parts[i] = args[i].Name + " " + labels[i]
		}
		return &Type{Kind: KindAnonymous, Name: "<anonymous type: " + strings.Join(parts, ", ") + ">", Full: "<>f__AnonymousType", Args: args, Labels: labels}
	})
}

func ptrs(list []*Type) string {
	var b strings.Builder
	for _, t := range list {
		fmt.Fprintf(&b, "%p,", t)
	}
	return b.String()
}

func names(list []*Type) string {
	s := make([]string, len(list))
	for i, t := range list {
		s[i] = t.Name
	}
	return strings.Join(s, ", ")
}

// Substitute puts args in the place of params in t.
func (r *Registry) Substitute(t *Type, params, args []*Type) *Type {
	if t == nil || len(params) == 0 {
		return t
	}
	switch {
	case t.Kind == KindParam:
		for i, p := range params {
			if p == t && args[i] != nil {
				return args[i]
			}
		}
		return t
	case t.Kind == KindArray:
		return r.Array(r.Substitute(t.Elem, params, args))
	case t.Kind == KindNullable:
		return r.Nullable(r.Substitute(t.Elem, params, args))
	case len(t.Args) == 0:
		return t
	}
	next := make([]*Type, len(t.Args))
	changed := false
	for i, a := range t.Args {
		next[i] = r.Substitute(a, params, args)
		changed = changed || next[i] != a
	}
	switch {
	case !changed:
		return t
	case t.Kind == KindTuple:
		return r.Tuple(next, t.Labels)
	case t.Kind == KindAnonymous:
		return r.Anonymous(next, t.Labels)
	}
	return r.Construct(t.Def, next...)
}

// HasParams reports whether type parameters are left in t.
func HasParams(t *Type) bool {
	if t.Kind == KindParam {
		return true
	}
	if t.Elem != nil && HasParams(t.Elem) {
		return true
	}
	for _, a := range t.Args {
		if HasParams(a) {
			return true
		}
	}
	return false
}
