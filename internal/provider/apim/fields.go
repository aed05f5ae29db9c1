package apim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/diag"
	"gatehouse/internal/resourcetypes"
)

// fields reads the members of one JSON object and collects what is wrong, so that one
// answer tells all of it, as API Management does.
type fields struct {
	m        map[string]any
	at       string // path of m, for targets: "" or "tls."
	problems *[]*azerr.Error
}

func newFields(m map[string]any) *fields {
	if m == nil {
		m = map[string]any{}
	}
	return &fields{m: m, problems: new([]*azerr.Error)}
}

func (f *fields) wrong(name, format string, args ...any) {
	*f.problems = append(*f.problems, azerr.APIMField.New(fmt.Sprintf(format, args...)).At(f.at+name))
}

// err is the ValidationError with all problems, or nil.
func (f *fields) err() error {
	if len(*f.problems) == 0 {
		return nil
	}
	return azerr.APIMValidation.New().With(*f.problems...)
}

// misfit is the ValidationError of a body that does not fit what Azure publishes of its type.
func misfit(problems []resourcetypes.Problem) error {
	f := newFields(nil)
	for _, p := range problems {
		name := strings.TrimPrefix(p.Path, "properties.")
		switch p.Fault {
		case resourcetypes.Missing:
			f.wrong(name, "'%s' must not be empty.", name)
		case resourcetypes.Mistyped:
			f.wrong(name, "The property '%s' is not supported. Did you mean '%s'?", name, p.Near)
		default:
			f.wrong(name, "Parsing error(s): An error occurred while parsing the input. Message: Error converting value %s to type '%s'. Path '%s'.", shown(p.Value), p.Want, name)
		}
	}
	return f.err()
}

// shown is a wrong value as JSON, not all of it when it is long: it may be a secret in the wrong place.
func shown(v any) string {
	switch v.(type) {
	case map[string]any:
		return "{...}"
	case []any:
		return "[...]"
	}
	text, err := json.Marshal(v)
	if err != nil || len(text) > 60 {
		return "that is given"
	}
	return string(text)
}

// empty says nothing: members with such values may stand anywhere.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// only refuses members that would be lost. known ones are read or kept; computed ones come back
// in exported templates and are dropped.
func (f *fields) only(known, computed []string) {
	for _, k := range slices.Sorted(maps.Keys(f.m)) {
		switch {
		case slices.Contains(known, k):
		case slices.Contains(computed, k) || empty(f.m[k]):
			delete(f.m, k)
		default:
			hint := ""
			if near := diag.Nearest(k, known); near != "" {
				hint = fmt.Sprintf(" Did you mean '%s'?", near)
			}
			f.wrong(k, "The property '%s' is not supported by this server.%s", f.at+k, hint)
		}
	}
}

// text reads a string; required ones must not be empty. most is the most characters, 0 for any number.
func (f *fields) text(name string, required bool, most int) string {
	v, ok := f.m[name]
	s, isText := v.(string)
	switch {
	case ok && v != nil && !isText:
		f.wrong(name, "'%s' must be a string.", f.at+name)
	case required && s == "":
		f.wrong(name, "'%s' must not be empty.", f.at+name)
	case most > 0 && len(s) > most:
		f.wrong(name, "'%s' must not be longer than %d characters.", f.at+name, most)
	}
	return s
}

// oneOf reads a string of a set, in any case, and stores it in the set's; otherwise is the default.
func (f *fields) oneOf(name, otherwise string, set ...string) string {
	s := f.text(name, otherwise == "", 0)
	if s == "" {
		s = otherwise
	}
	for _, e := range set {
		if strings.EqualFold(e, s) {
			f.m[name] = e
			return e
		}
	}
	if s != "" {
		f.wrong(name, "'%s' must be one of %s, not '%s'.", f.at+name, strings.Join(set, ", "), s)
	}
	return s
}

// flag reads a boolean and stores it, with its default.
func (f *fields) flag(name string, otherwise bool) bool {
	v, ok := f.m[name]
	b, isBool := v.(bool)
	if ok && v != nil && !isBool {
		f.wrong(name, "'%s' must be true or false.", f.at+name)
	}
	if !ok || v == nil {
		b = otherwise
	}
	f.m[name] = b
	return b
}

// number reads an integer; nil when there is none.
func (f *fields) number(name string) *int64 {
	switch v := f.m[name].(type) {
	case nil:
		return nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return &n
		}
	case float64:
		if n := int64(v); float64(n) == v {
			return &n
		}
	case int:
		n := int64(v)
		return &n
	case int64:
		return &v
	}
	f.wrong(name, "'%s' must be a whole number.", f.at+name)
	return nil
}

// time reads a point in time of ISO 8601.
func (f *fields) time(name string) {
	s := f.text(name, false, 0)
	if _, err := time.Parse(time.RFC3339, s); s != "" && err != nil {
		f.wrong(name, "'%s' must be a time, for example 2026-01-31T00:00:00Z, not '%s'.", f.at+name, s)
	}
}

// object reads an object; its problems are f's.
func (f *fields) object(name string) (*fields, bool) {
	v := f.m[name]
	m, ok := v.(map[string]any)
	if v != nil && !ok {
		f.wrong(name, "'%s' must be an object.", f.at+name)
	}
	return &fields{m: m, at: f.at + name + ".", problems: f.problems}, ok
}

// texts reads a list of strings.
func (f *fields) texts(name string) []string {
	v := f.m[name]
	list, ok := v.([]any)
	out := make([]string, 0, len(list))
	for _, e := range list {
		s, isText := e.(string)
		ok = ok && isText
		out = append(out, s)
	}
	if v != nil && !ok {
		f.wrong(name, "'%s' must be a list of strings.", f.at+name)
	}
	return out
}

// textMap reads an object of strings, or of lists of strings.
func (f *fields) textMap(name string) {
	o, ok := f.object(name)
	if !ok {
		return
	}
	for k, v := range o.m {
		if _, isText := v.(string); !isText {
			o.texts(k)
		}
	}
}
