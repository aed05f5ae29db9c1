package resourcetypes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/diag"
)

// Fault is what kind of Problem there is.
type Fault uint8

// The faults.
const (
	Missing    Fault = iota // a required property is not there
	WrongType               // the JSON value is of another type
	NotAllowed              // the string is none of those allowed
	Mistyped                // there is no such property, but one with nearly that name
)

// Problem is what is wrong at one place of a body.
type Problem struct {
	Fault Fault
	Path  string // properties.tls.validateCertificateChain, properties.protocols[0]
	Value any
	Want  *Type
	Near  string // of Mistyped: the name that is probably meant
}

// Fit checks what a resource of the type is to be written as, and makes of it what Azure's services read: names of
// properties count in any case, as values of enumerations do; true and 5 may be written as strings, and strings as
// numbers (Newtonsoft.Json, which the services use, reads them so); what is read-only is left out, and what the type
// does not know, unless it is nearly the name of a property. Required are only properties below "properties", and only when the body is
// whole: not a patch, of which nothing is left out either, since it may have properties of its own. A type
// that is not known at that version is read as its newest. Those of keep stay, though read-only. The body is changed in place.
func Fit(name, version string, body map[string]any, whole bool, keep ...string) []Problem {
	versions := Versions(name)
	if len(versions) == 0 {
		return nil
	}
	newest := Body(name, versions[len(versions)-1])
	t := Body(name, version)
	if t == nil {
		t = newest
	}
	f := &fitter{whole: whole, keep: keep}
	if p := t.Property("properties"); p != nil {
		var later *Type
		if l := newest.Property("properties"); l != nil {
			later = l.Type
		}
		renamed(body, "properties")
		body["properties"] = f.value(p.Type, later, body["properties"], "properties")
		if body["properties"] == nil {
			delete(body, "properties")
		}
	}
	return f.problems
}

type fitter struct {
	whole    bool
	keep     []string
	problems []Problem
}

func (f *fitter) wrong(fault Fault, t *Type, v any, path string) any {
	f.problems = append(f.problems, Problem{Fault: fault, Path: path, Value: v, Want: t})
	return v
}

// value is v as the type has it. later is the type of the newest version, which may know more; nil: there is none.
func (f *fitter) value(t, later *Type, v any, path string) any {
	if v == nil {
		return nil
	}
	switch t.Kind {
	case String, Literal, Bool, Int:
		if fitted, ok := scalar(t, v); ok {
			return fitted
		}
		if _, isText := v.(string); isText && t.Kind == Literal {
			return f.wrong(NotAllowed, t, v, path)
		}
		return f.wrong(WrongType, t, v, path)
	case Union:
		return f.union(t, later, v, path)
	case Array:
		list, ok := v.([]any)
		if !ok {
			return f.wrong(WrongType, t, v, path)
		}
		for i := range list {
			list[i] = f.value(t.Item, itemOf(later), list[i], fmt.Sprintf("%s[%d]", path, i))
		}
	case Object, Discriminated:
		m, ok := v.(map[string]any)
		if !ok {
			return f.wrong(WrongType, t, v, path)
		}
		f.object(t, later, m, path)
	}
	return v
}

func itemOf(t *Type) *Type {
	if t == nil {
		return nil
	}
	return t.Item
}

// scalar reads a JSON scalar as .NET would.
func scalar(t *Type, v any) (any, bool) {
	text, isText := v.(string)
	switch t.Kind {
	case String:
		switch v := v.(type) {
		case json.Number:
			return v.String(), true
		case bool, float64, int:
			return fmt.Sprint(v), true
		}
		return v, isText
	case Literal:
		return t.Name, isText && strings.EqualFold(text, t.Name)
	case Bool:
		if isText && (strings.EqualFold(text, "true") || strings.EqualFold(text, "false")) {
			return strings.EqualFold(text, "true"), true
		}
		_, isBool := v.(bool)
		return v, isBool
	case Int:
		if isText {
			n := json.Number(strings.TrimSpace(text))
			_, err := n.Int64()
			return n, err == nil
		}
		switch v.(type) {
		case json.Number, float64, int, int64:
			return v, true
		}
	}
	return v, false
}

// union takes the first member that fits.
func (f *fitter) union(t, later *Type, v any, path string) any {
	if text, isText := v.(string); isText {
		for _, m := range unionMembers(t, later) {
			if m.Kind == Literal && strings.EqualFold(m.Name, text) {
				return m.Name
			}
		}
		if t.Open() {
			return v
		}
	}
	for _, m := range t.Members {
		if m.Kind == Literal || m.Kind == Null {
			continue
		}
		tried := &fitter{whole: f.whole, keep: f.keep}
		if fitted := tried.value(m, nil, v, path); len(tried.problems) == 0 {
			return fitted
		}
	}
	if _, isText := v.(string); isText {
		return f.wrong(NotAllowed, t, v, path)
	}
	return f.wrong(WrongType, t, v, path)
}

// unionMembers are also those that a later version has added.
func unionMembers(t, later *Type) []*Type {
	if later == nil || later.Kind != Union {
		return t.Members
	}
	return slices.Concat(t.Members, later.Members)
}

func (f *fitter) object(t, later *Type, m map[string]any, path string) {
	member, laterMember := t.selected(m), (*Type)(nil)
	if later != nil {
		laterMember = later.selected(m)
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		p, q := member.Property(name), (*Property)(nil)
		if laterMember != nil {
			q = laterMember.Property(name)
		}
		if p == nil {
			p = q
		}
		switch {
		case p != nil:
			if renamed(m, p.Name); name != p.Name {
				delete(m, name)
			}
			if p.ReadOnly {
				if f.whole && !slices.Contains(f.keep, p.Name) {
					delete(m, p.Name)
				}
				continue
			}
			var l *Type
			if q != nil {
				l = q.Type
			}
			m[p.Name] = f.value(p.Type, l, m[p.Name], path+"."+p.Name)
		case member.Item != nil:
			m[name] = f.value(member.Item, itemOf(laterMember), m[name], path+"."+name)
		case f.whole:
			f.unknown(member, laterMember, m, name, path)
		}
	}
	for _, p := range member.Properties {
		if f.whole && p.Required && !p.ReadOnly && m[p.Name] == nil {
			f.wrong(Missing, p.Type, nil, path+"."+p.Name)
		}
	}
}

// unknown leaves out what the type has not, unless it is probably a mistake.
func (f *fitter) unknown(t, later *Type, m map[string]any, name, path string) {
	var names []string
	for _, of := range []*Type{t, later} {
		if of != nil {
			for _, p := range of.Properties {
				names = append(names, p.Name)
			}
		}
	}
	if near := diag.Nearest(name, names); near != "" && m[near] == nil {
		f.problems = append(f.problems, Problem{Fault: Mistyped, Path: path + "." + name, Value: m[name], Near: near})
		return
	}
	delete(m, name)
}

// selected is the member that the discriminator's value selects, else the object with what all members have.
func (t *Type) selected(m map[string]any) *Type {
	if t.Kind != Discriminated {
		return t
	}
	renamed(m, t.Discriminator)
	value, _ := m[t.Discriminator].(string)
	for _, member := range t.Members {
		if strings.EqualFold(member.Name, value) {
			return member
		}
	}
	return &Type{Kind: Object, Properties: t.Properties, Item: &Type{Kind: Any}}
}

// renamed gives a property the case of its name, when it stands in another.
func renamed(m map[string]any, name string) {
	if _, exact := m[name]; exact {
		return
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if strings.EqualFold(k, name) {
			m[name] = m[k]
			delete(m, k)
			return
		}
	}
}
