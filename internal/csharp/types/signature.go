package types

import (
	"fmt"
	"strconv"
	"strings"
)

// signature reads declarations such as
//
//	IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, R> selector)
//	char this[int index]
//	bool operator ==(A a, A b)
type signature struct {
	r      *Registry
	src    string
	rest   string
	owner  *Type
	params []*Type // the method's own type parameters
}

func (r *Registry) parseType(src string, owner *Type, params []*Type) (t *Type, err error) {
	s := &signature{r: r, src: src, rest: src, owner: owner, params: params}
	defer s.recover(&err)
	return s.typ(), nil
}

func (r *Registry) parseMember(src string, owner *Type) (m *Member, err error) {
	s := &signature{r: r, src: src, rest: src, owner: owner}
	defer s.recover(&err)
	return s.member(), nil
}

type signatureError string

func (s *signature) fail(format string, args ...any) {
	panic(signatureError(fmt.Sprintf("%s: %q: %s", s.owner.Full, s.src, fmt.Sprintf(format, args...))))
}

func (s *signature) recover(err *error) {
	if p := recover(); p != nil {
		e, ok := p.(signatureError)
		if !ok {
			panic(p)
		}
		*err = fmt.Errorf("%s", string(e))
	}
}

func (s *signature) skip() string {
	s.rest = strings.TrimLeft(s.rest, " ")
	return s.rest
}

func (s *signature) accept(token string) bool {
	if !strings.HasPrefix(s.skip(), token) {
		return false
	}
	s.rest = s.rest[len(token):]
	return true
}

func (s *signature) expect(token string) {
	if !s.accept(token) {
		s.fail("%q is expected before %q", token, s.rest)
	}
}

func (s *signature) word() string {
	rest := s.skip()
	n := 0
	for n < len(rest) && (rest[n] == '.' || rest[n] == '_' || rest[n] >= '0' && rest[n] <= '9' || rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z') {
		n++
	}
	s.rest = rest[n:]
	return rest[:n]
}

// keyword accepts a whole word.
func (s *signature) keyword(w string) bool {
	before := s.rest
	if s.word() == w {
		return true
	}
	s.rest = before
	return false
}

func (s *signature) member() *Member {
	m := &Member{Owner: s.owner}
	// Type parameters are declared after the name and used before it: read them first.
	s.params = s.declared()
	m.TypeParams = s.params
	m.Result = s.typ()
	switch m.Name = s.word(); m.Name {
	case "this":
		s.expect("[")
		m.Name = "this[]"
		m.Params = s.parameters(m, "]")
		return m
	case "operator":
		i := strings.IndexByte(s.rest, '(')
		if i < 0 {
			s.fail("an operator needs parameters")
		}
		m.Name, s.rest = "operator "+strings.TrimSpace(s.rest[:i]), s.rest[i:]
	}
	if s.accept("<") { // read already
		_, rest, _ := strings.Cut(s.rest, ">")
		s.rest = rest
	}
	if s.accept("(") {
		m.Params = s.parameters(m, ")")
	}
	if s.skip() != "" {
		s.fail("unexpected %q", s.rest)
	}
	return m
}

// declared finds Name<T, R>( in the declaration.
func (s *signature) declared() (list []*Type) {
	open := strings.IndexByte(s.src, '(')
	if open < 1 || s.src[open-1] != '>' {
		return nil
	}
	start := strings.LastIndexByte(s.src[:open], '<')
	if start < 1 || s.src[start-1] == ' ' || strings.Contains(s.src, "operator") || !strings.Contains(s.src[:start], " ") {
		return nil
	}
	for _, name := range strings.Split(s.src[start+1:open-1], ",") {
		name = strings.TrimSpace(name)
		list = append(list, &Type{Kind: KindParam, Name: name, Full: name})
	}
	return list
}

func (s *signature) parameters(m *Member, end string) (list []Param) {
	if s.accept(end) {
		return nil
	}
	for {
		var p Param
		if s.keyword("this") {
			m.Extension = true
		}
		p.Rest = s.keyword("params")
		p.Out = s.keyword("out")
		p.Ref = s.keyword("ref")
		p.Type = s.typ()
		p.Name = s.word()
		if s.accept("=") {
			p.Optional, p.Default = true, s.literal(p.Type)
		}
		list = append(list, p)
		if s.accept(end) {
			return list
		}
		s.expect(",")
	}
}

func (s *signature) literal(t *Type) Value {
	if s.accept(`"`) {
		text, rest, _ := strings.Cut(s.rest, `"`)
		s.rest = rest
		return Str(text)
	}
	neg := s.accept("-")
	w := s.word()
	switch w {
	case "null", "default":
		return t.Zero()
	case "true", "false":
		return Bool(w == "true")
	}
	if i := strings.LastIndexByte(w, '.'); i > 0 && t.Kind == KindEnum {
		names, values := s.r.EnumNames(t)
		for k := range names {
			if names[k] == w[i+1:] {
				return Of(t, uint64(values[k]))
			}
		}
	}
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil {
		s.fail("the default %q can't be read", w)
	}
	if neg {
		n = -n
	}
	return Of(t, uint64(n))
}

func (s *signature) typ() *Type {
	var t *Type
	if s.accept("(") {
		t = s.tuple()
	} else {
		t = s.named()
	}
	for {
		switch {
		case s.accept("[]"):
			t = s.r.Array(t)
		case s.accept("?"):
			t = s.r.Nullable(t)
		default:
			return t
		}
	}
}

func (s *signature) tuple() *Type {
	var args []*Type
	var labels []string
	for {
		args = append(args, s.typ())
		labels = append(labels, s.word())
		if s.accept(")") {
			return s.r.Tuple(args, labels)
		}
		s.expect(",")
	}
}

func (s *signature) named() *Type {
	name := s.word()
	if name == "" {
		s.fail("a type is expected before %q", s.rest)
	}
	for _, p := range s.params {
		if p.Name == name {
			return p
		}
	}
	for _, p := range s.owner.Params {
		if p.Name == name {
			return p
		}
	}
	var args []*Type
	if s.accept("<") {
		for {
			args = append(args, s.typ())
			if s.accept(">") {
				break
			}
			s.expect(",")
		}
	}
	t := s.r.Lookup(name, len(args))
	if t == nil {
		s.fail("there is no type %s with %d type arguments", name, len(args))
	}
	if len(args) == 0 {
		return t
	}
	return s.r.Construct(t, args...)
}
