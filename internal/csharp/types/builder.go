package types

import (
	"fmt"
	"strings"
)

// Builder adds members to one type. Each takes the member's declaration as C# would
// write it, without modifiers and semicolon, and its body. The declarations are
// resolved by Registry.Finish, so that types may be named before they are added.
type Builder struct {
	r *Registry
	t *Type
}

// Type is the type that b builds.
func (b *Builder) Type() *Type { return b.t }

// Class, Struct, Interface and StaticClass add a type by its full name, generic ones
// with their parameters: "System.Collections.Generic.List<T>", "…IEnumerable<out T>".
func (r *Registry) Class(full string) *Builder { return r.declare(KindClass, full) }

// Struct adds a value type; see Class.
func (r *Registry) Struct(full string) *Builder { return r.declare(KindStruct, full) }

// Interface adds an interface; see Class.
func (r *Registry) Interface(full string) *Builder { return r.declare(KindInterface, full) }

// StaticClass adds a class that has static members only.
func (r *Registry) StaticClass(full string) *Builder {
	b := r.declare(KindClass, full)
	b.t.Static = true
	return b
}

func (r *Registry) declare(k Kind, full string) *Builder {
	head, list, generic := strings.Cut(full, "<")
	if generic {
		head = fmt.Sprintf("%s`%d", head, 1+strings.Count(list, ","))
	}
	if t := r.named[head]; t != nil {
		return &Builder{r: r, t: t} // more members for a type that is there
	}
	if strings.HasSuffix(full, ">") {
		return r.Add(NewGeneric(k, full))
	}
	return r.Add(New(k, full))
}

// Enum adds an enum; names may carry a value: "None=0". Without, they count on.
func (r *Registry) Enum(full string, names ...string) *Builder {
	return r.AddEnum(New(KindEnum, full), names...)
}

// AddEnum is Enum for a type that exists.
func (r *Registry) AddEnum(t *Type, names ...string) *Builder {
	b := r.Add(t)
	in := r.info[t]
	next := int64(0)
	for _, n := range names {
		name, value, given := strings.Cut(n, "=")
		if given {
			if _, err := fmt.Sscan(value, &next); err != nil {
				r.errs = append(r.errs, fmt.Errorf("%s: %s", full(t), err))
			}
		}
		in.names, in.values = append(in.names, name), append(in.values, next)
		in.members[name] = append(in.members[name], &Member{Kind: Constant, Name: name, Owner: t, Static: true, Result: t, Value: Of(t, uint64(next))})
		next++
	}
	return b
}

func full(t *Type) string { return t.Full }

// Flags makes ToString of an enum write combinations.
func (b *Builder) Flags() *Builder { b.r.info[b.t].flags = true; return b }

// Delegate adds a delegate type: r.Delegate("System.Func<in T, out R>", "R (T arg)").
func (r *Registry) Delegate(full, signature string) *Builder {
	b := r.declare(KindDelegate, full)
	b.later(Method, signature, nil, nil, func(m *Member) { b.r.info[b.t].invoke = m })
	return b
}

// Extends sets the base class (or "" for object) and the interfaces.
func (b *Builder) Extends(base string, ifaces ...string) *Builder {
	b.r.pending = append(b.r.pending, func() error {
		in := b.r.info[b.t]
		if base != "" {
			t, err := b.r.parseType(base, b.t, nil)
			if err != nil {
				return err
			}
			in.base = t
		}
		for _, i := range ifaces {
			t, err := b.r.parseType(i, b.t, nil)
			if err != nil {
				return err
			}
			in.ifaces = append(in.ifaces, t)
		}
		return nil
	})
	return b
}

// Format sets how ToString(format) and format items write a value of the type; format is "" without one.
func (b *Builder) Format(f func(r *Run, v Value, format string) string) *Builder {
	b.r.info[b.t].format = f
	return b
}

// Method adds an instance method: "string Substring(int startIndex, int length = 0)".
func (b *Builder) Method(signature string, f Func) *Builder {
	return b.later(Method, signature, f, nil, nil)
}

// Func adds a static method; with "this" before its first parameter it is an extension method.
func (b *Builder) Func(signature string, f Func) *Builder {
	return b.later(Method, signature, f, nil, func(m *Member) { m.Static = true })
}

// Get adds a property that can be read: "int Length".
func (b *Builder) Get(signature string, f Func) *Builder {
	return b.later(Property, signature, f, nil, nil)
}

// GetSet adds a property that can be written too: set gets the receiver and the value.
func (b *Builder) GetSet(signature string, get, set Func) *Builder {
	return b.later(Property, signature, get, set, nil)
}

// Static adds a static property or a static field that can be read.
func (b *Builder) Static(signature string, f Func) *Builder {
	return b.later(Property, signature, f, nil, func(m *Member) { m.Static = true })
}

// Const adds a constant: Const("int MaxValue", types.Int(math.MaxInt32)).
func (b *Builder) Const(signature string, v Value) *Builder {
	return b.later(Constant, signature, nil, nil, func(m *Member) { m.Static, m.Value = true, v })
}

// Index adds an indexer: "char this[int index]"; set, which may be nil, gets the receiver, the indexes and the value.
func (b *Builder) Index(signature string, get, set Func) *Builder {
	return b.later(Indexer, signature, get, set, nil)
}

// New adds a constructor by its parameters: "(string value, int count)". Call.Site.Result is the type to make.
func (b *Builder) New(signature string, f Func) *Builder {
	return b.later(Constructor, "void .ctor"+signature, f, nil, func(m *Member) { m.Static = true; m.Result = b.t })
}

// Operator adds an operator: "TimeSpan operator -(DateTime a, DateTime b)".
func (b *Builder) Operator(signature string, f Func) *Builder {
	return b.later(Operator, signature, f, nil, func(m *Member) { m.Static = true })
}

// Implicit adds a conversion: "JToken (string value)".
func (b *Builder) Implicit(signature string, f Func) *Builder {
	return b.conversion("op_Implicit", signature, f)
}

// Explicit adds a conversion that needs a cast.
func (b *Builder) Explicit(signature string, f Func) *Builder {
	return b.conversion("op_Explicit", signature, f)
}

func (b *Builder) conversion(name, signature string, f Func) *Builder {
	i := strings.LastIndexByte(signature, '(')
	return b.later(Operator, strings.TrimSpace(signature[:i])+" "+name+signature[i:], f, nil, func(m *Member) { m.Static = true })
}

func (b *Builder) later(k MemberKind, signature string, get, set Func, finish func(*Member)) *Builder {
	b.r.pending = append(b.r.pending, func() error {
		m, err := b.r.parseMember(signature, b.t)
		if err != nil {
			return err
		}
		m.Kind, m.Call, m.Set = k, get, set
		if finish != nil {
			finish(m)
		}
		if m.Kind == Method && m.Name == "" { // a delegate's
			return nil
		}
		in := b.r.info[b.t]
		in.members[m.Name] = append(in.members[m.Name], m)
		if m.Extension {
			b.r.exts[m.Name] = append(b.r.exts[m.Name], m)
		}
		return nil
	})
	return b
}
