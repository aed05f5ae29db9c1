package policy

import (
	"net/url"
	"slices"
	"strings"
)

// setQueryParameter compiles <set-query-parameter>.
func (c *compiler) setQueryParameter(e *element) builder {
	name := c.needText(e, "name")
	action, values := c.existsAction(e), c.values(e)
	if len(values) == 0 && action.code == nil && action.literal != "delete" {
		c.reportElement(codeRequired, e, e.name, "a <value>")
	}
	if name != nil && name.code == nil && name.literal == "" {
		c.badValue(e, "name", "the name of a query parameter")
		return nil
	}
	if known, ok := constants(values); ok && name != nil && name.code == nil && action.code == nil {
		n, a := name.literal, actionOf(action.literal)
		s := func(ex *Exchange) outcome { setQuery(&ex.Request.Query, n, a, known); return next }
		return func(step) step { return s }
	}
	return c.simple(e, func(ex *Exchange) error {
		n, err := name.get(ex)
		chosen, errAction := action.get(ex)
		list, errValues := evaluate(ex, values)
		if err := firstError(err, errAction, errValues); err != nil {
			return err
		}
		setQuery(&ex.Request.Query, n, actionOf(chosen), list)
		return nil
	})
}

func setQuery(q *Query, name string, action existsAction, values []string) {
	switch action {
	case skip:
		if _, there := q.Get(name); there {
			return
		}
	case override, deleteAll:
		q.Delete(name)
	}
	if action == deleteAll {
		return
	}
	for _, v := range values {
		q.Add(name, v)
	}
}

// piece is a part of a rewrite template: literal text, or the value of a parameter.
type piece struct{ text, parameter string }

// rewriteURI compiles <rewrite-uri>.
func (c *compiler) rewriteURI(e *element) builder {
	c.noChildren(e)
	template := c.needText(e, "template")
	copyUnmatched := c.flag(e, "copy-unmatched-params", true)
	if template == nil {
		return nil
	}
	if template.code != nil {
		return c.simple(e, func(ex *Exchange) error {
			text, err := template.get(ex)
			if err != nil {
				return err
			}
			r, problem := readTemplate(text)
			if problem != "" {
				return &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of " + template.what + " must be " + problem + "."}
			}
			return r.apply(ex, copyUnmatched)
		})
	}
	r, problem := readTemplate(template.literal)
	if problem != "" {
		c.badValue(e, "template", problem)
		return nil
	}
	c.checkParameters(e, r)
	return c.simple(e, func(ex *Exchange) error { return r.apply(ex, copyUnmatched) })
}

// checkParameters refuses parameters that the operation does not have.
func (c *compiler) checkParameters(e *element, r *rewrite) {
	if c.o.URLTemplate == "" {
		return
	}
	known, ok := pieces(c.o.URLTemplate)
	if !ok {
		return
	}
	for _, p := range append(r.path[:len(r.path):len(r.path)], r.query...) {
		if p.parameter != "" && !slices.ContainsFunc(known, func(k piece) bool { return strings.EqualFold(k.parameter, p.parameter) }) {
			v := e.attribute("template").value
			c.report(codeParameter, v.at, v.end, c.o.URLTemplate, p.parameter)
		}
	}
}

// rewrite is a template of rewrite-uri, taken apart.
type rewrite struct{ path, query []piece }

func readTemplate(template string) (r *rewrite, problem string) {
	template = strings.TrimSpace(template)
	path, query, _ := strings.Cut(template, "?")
	path = "/" + strings.TrimPrefix(path, "/")
	if strings.ContainsAny(template, " \t\r\n#") || !IsFieldValue(template) {
		return nil, "a path without spaces and fragment"
	}
	pathPieces, ok := pieces(path)
	queryPieces, okQuery := pieces(query)
	if !ok || !okQuery {
		return nil, "a template whose braces are paired"
	}
	return &rewrite{pathPieces, queryPieces}, ""
}

func (r *rewrite) apply(ex *Exchange, copyUnmatched *Flag) error {
	unmatched, err := copyUnmatched.get(ex)
	if err == nil {
		ex.Request.Target = fill(r.path, ex, false)
		rewriteQuery(ex, fill(r.query, ex, true), unmatched)
	}
	return err
}

// pieces cuts a template at its {parameters}.
func pieces(s string) (list []piece, ok bool) {
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			return append(list, piece{text: s}), true
		}
		n := strings.IndexByte(s[i:], '}')
		if s[i] != '{' || n < 2 {
			return nil, false
		}
		if i > 0 {
			list = append(list, piece{text: s[:i]})
		}
		list = append(list, piece{parameter: strings.TrimPrefix(s[i+1:i+n], "*")})
		s = s[i+n+1:]
	}
	return list, true
}

// fill makes the text of a template. Parameters stand as the client wrote them,
// still escaped; in a query the decoded ones are escaped again.
func fill(list []piece, ex *Exchange, inQuery bool) string {
	switch {
	case len(list) == 0:
		return ""
	case len(list) == 1 && list[0].parameter == "":
		return list[0].text
	}
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.text)
		if p.parameter != "" {
			v := ex.parameter(p.parameter)
			if inQuery {
				v = url.QueryEscape(unescapePath(v))
			}
			b.WriteString(v)
		}
	}
	return b.String()
}

func unescapePath(s string) string {
	if d, err := url.PathUnescape(s); err == nil {
		return d
	}
	return s
}

func (ex *Exchange) parameter(name string) string {
	for _, f := range ex.Parameters {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// rewriteQuery sets the template's query and keeps those parameters of the request
// that neither the operation's template nor this one names.
func rewriteQuery(ex *Exchange, query string, copyUnmatched bool) {
	q := &ex.Request.Query
	if !copyUnmatched {
		q.SetRaw(query)
		return
	}
	if ex.Operation != nil {
		for _, name := range ex.Operation.Query {
			q.Delete(name)
		}
	}
	if query == "" {
		return
	}
	var set Query
	set.SetRaw(query)
	for _, f := range set.Fields() {
		q.Delete(f.Name)
	}
	if rest := q.Raw(); rest != "" {
		query += "&" + rest
	}
	q.SetRaw(query)
}
