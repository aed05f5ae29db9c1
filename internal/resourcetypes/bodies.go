package resourcetypes

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed bodies.txt
var bodiesText string

// bodyIndex finds the lines of bodies.txt: objects by number, and by a type's name
// in lower case its versions.
type bodyIndex struct {
	objects  []string
	versions map[string]string
}

var bodyLines = sync.OnceValue(func() bodyIndex {
	x := bodyIndex{versions: map[string]string{}}
	for line := range strings.Lines(bodiesText) {
		line = strings.TrimSuffix(line, "\n")
		switch line[0] {
		case '#':
		case '{', '<':
			x.objects = append(x.objects, line)
		default:
			name, versions, _ := strings.Cut(line, " ")
			x.versions[strings.ToLower(name)] = versions
		}
	}
	return x
})

// Body is what a resource of the type is written as, or nil when the table has no
// such type at that version: it has the types of this project's providers. Each
// call reads the table anew.
func Body(name, version string) *Type {
	x := bodyLines()
	for entry := range strings.SplitSeq(x.versions[strings.ToLower(name)], " ") {
		v, object, _ := strings.Cut(entry, "#")
		if !strings.EqualFold(v, version) {
			continue
		}
		n, err := strconv.Atoi(object)
		if err != nil {
			return nil
		}
		canonical, exact, _ := Canonical(name, version)
		return withCommon((&bodyReader{index: x, seen: map[int]*Type{}}).object(n), canonical, exact)
	}
	return nil
}

// withCommon adds the properties that every resource has and the table leaves out.
func withCommon(body *Type, name, version string) *Type {
	literal := func(s string) *Type { return &Type{Kind: Literal, Name: s} }
	common := []Property{
		{Name: "apiVersion", Type: literal(version), ReadOnly: true},
		{Name: "id", Type: &Type{Kind: String}, ReadOnly: true},
		{Name: "type", Type: literal(name), ReadOnly: true},
	}
	body.Properties = append(common, body.Properties...)
	for _, m := range body.Members {
		m.Properties = append(common[:len(common):len(common)], m.Properties...)
	}
	return body
}

// bodyReader reads objects of the table and those that they refer to, each once.
type bodyReader struct {
	index bodyIndex
	seen  map[int]*Type
	text  string
}

func (r *bodyReader) object(n int) *Type {
	if t := r.seen[n]; t != nil {
		return t
	}
	before := r.text
	r.text = r.index.objects[n]
	t := r.read()
	r.text = before
	r.seen[n] = t
	return t
}

// take cuts prefix off the text.
func (r *bodyReader) take(prefix string) bool {
	rest, ok := strings.CutPrefix(r.text, prefix)
	if ok {
		r.text = rest
	}
	return ok
}

// read reads a type, with all members when it is a union.
func (r *bodyReader) read() *Type {
	t := r.single()
	if !strings.HasPrefix(r.text, "|") {
		return t
	}
	u := &Type{Kind: Union, Members: []*Type{t}}
	for r.take("|") {
		u.Members = append(u.Members, r.single())
	}
	return u
}

var letters = map[byte]Type{'s': {Kind: String}, 'S': {Kind: String, Secure: true}, 'i': {Kind: Int}, 'b': {Kind: Bool}, 'n': {Kind: Null}, 'a': {Kind: Any}}

func (r *bodyReader) single() *Type {
	switch {
	case strings.HasPrefix(r.text, "'"):
		return &Type{Kind: Literal, Name: r.quoted()}
	case r.take("["):
		t := &Type{Kind: Array, Item: r.read()}
		r.take("]")
		return t
	case r.take("{"):
		t := &Type{Kind: Object, Name: r.quoted()}
		r.properties(t)
		if r.take(" *:") {
			t.Item = r.read()
		}
		r.take("}")
		return t
	case r.take("<"):
		return r.discriminated()
	case r.take("#"):
		end := 0
		for end < len(r.text) && r.text[end] >= '0' && r.text[end] <= '9' {
			end++
		}
		n, _ := strconv.Atoi(r.text[:end])
		r.text = r.text[end:]
		return r.object(n)
	}
	t := letters[r.text[0]]
	r.text = r.text[1:]
	return &t
}

func (r *bodyReader) discriminated() *Type {
	t := &Type{Kind: Discriminated, Name: r.quoted()}
	r.take(" ")
	t.Discriminator = r.quoted()
	r.properties(t)
	r.take(";")
	for r.take(" ") {
		value := r.quoted()
		r.take(":")
		m := *r.read()
		m.Name = value
		m.Properties = united(m.Properties, t.Properties)
		t.Members = append(t.Members, &m)
	}
	r.take(">")
	return t
}

// united are own and those of base that own does not have.
func united(own, base []Property) []Property {
	out := append([]Property{}, own...)
	for _, p := range base {
		if (&Type{Properties: own}).Property(p.Name) == nil {
			out = append(out, p)
		}
	}
	return out
}

func (r *bodyReader) properties(t *Type) {
	for strings.HasPrefix(r.text, " '") {
		r.take(" ")
		p := Property{Name: r.quoted()}
		p.Required, p.ReadOnly, p.WriteOnly = r.take("!"), r.take("<"), r.take(">")
		r.take(":")
		p.Type = r.read()
		t.Properties = append(t.Properties, p)
	}
}

// quoted reads a string in single quotes.
func (r *bodyReader) quoted() string {
	var b strings.Builder
	for i := 1; i < len(r.text); i++ {
		switch c := r.text[i]; c {
		case '\\':
			if i++; r.text[i] == 'n' {
				b.WriteByte('\n')
				continue
			}
			b.WriteByte(r.text[i])
		case '\'':
			r.text = r.text[i+1:]
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
