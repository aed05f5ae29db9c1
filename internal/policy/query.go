package policy

import (
	"net/url"
	"strings"
)

// Query is a query string that is taken apart only when something asks for or
// changes a parameter; untouched, it goes on byte for byte.
type Query struct {
	raw     string
	fields  []Field // decoded; valid when parsed
	parsed  bool
	changed bool
}

// SetRaw takes a query string without "?".
func (q *Query) SetRaw(raw string) { q.raw, q.parsed, q.changed = raw, false, false }

func (q *Query) reset() {
	clear(q.fields)
	*q = Query{fields: q.fields[:0]}
}

func (q *Query) parse() {
	if q.parsed {
		return
	}
	q.parsed, q.fields = true, q.fields[:0]
	for rest := q.raw; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		q.fields = append(q.fields, Field{unescape(name), unescape(value)})
	}
}

// unescape decodes a query component; one that is badly escaped stands for itself.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

// Raw is the query string, without "?".
func (q *Query) Raw() string {
	if !q.changed {
		return q.raw
	}
	var b strings.Builder
	for i, f := range q.fields {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(f.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(f.Value))
	}
	q.raw, q.changed = b.String(), false
	return q.raw
}

// Get is the first value of a parameter. Names are compared without regard to
// case, as context.Request.Url.Query does.
func (q *Query) Get(name string) (string, bool) {
	if q.raw == "" && !q.parsed {
		return "", false
	}
	q.parse()
	for _, f := range q.fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value, true
		}
	}
	return "", false
}

// Fields are all parameters, decoded, in order; the caller must not change them.
func (q *Query) Fields() []Field { q.parse(); return q.fields }

// Add appends a parameter.
func (q *Query) Add(name, value string) {
	q.parse()
	q.fields, q.changed = append(q.fields, Field{name, value}), true
}

// Delete removes all parameters of that name.
func (q *Query) Delete(name string) {
	q.parse()
	kept := q.fields[:0]
	for _, f := range q.fields {
		if !strings.EqualFold(f.Name, name) {
			kept = append(kept, f)
		}
	}
	if len(kept) == len(q.fields) {
		return
	}
	clear(q.fields[len(kept):])
	q.fields, q.changed = kept, true
}
