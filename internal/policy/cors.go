package policy

import (
	"net/http"
	"strconv"
	"strings"
)

// corsRules is one cors policy.
type corsRules struct {
	credentials, terminate           *Flag
	origins, methods, headers, shown []*Text
	maxAge                           *Number
}

// cors compiles <cors>. https://learn.microsoft.com/azure/api-management/cors-policy
func (c *compiler) cors(e *element) builder {
	r := &corsRules{credentials: c.flag(e, "allow-credentials", false), terminate: c.flag(e, "terminate-unmatched-request", true)}
	seen := map[string]bool{}
	for _, child := range c.children(e, "allowed-origins allowed-methods allowed-headers expose-headers") {
		if seen[child.name] {
			c.reportElement(codeTwice, child, child.name, "<cors>")
		}
		seen[child.name] = true
		switch child.name {
		case "allowed-origins":
			c.noAttributes(child)
			r.origins = c.texts(child, "origin")
		case "allowed-methods":
			c.checkAttributes(child, definition{attributes: "preflight-result-max-age"})
			r.maxAge = c.number(child, "preflight-result-max-age", -1, maxNumber)
			r.methods = c.someTexts(child, "method")
		case "allowed-headers":
			c.noAttributes(child)
			r.headers = c.someTexts(child, "header")
		case "expose-headers":
			c.noAttributes(child)
			r.shown = c.someTexts(child, "header")
		}
	}
	if len(r.origins) == 0 {
		c.reportElement(codeRequired, e, e.name, "an <origin> in <allowed-origins>")
	}
	at := c.origin(e)
	s := func(ex *Exchange) outcome {
		o, err := r.run(ex)
		if err != nil {
			return at.fail(ex, err)
		}
		return o
	}
	return func(step) step { return s }
}

// IsPreflight reports whether a request asks, as browsers do, whether another may be sent.
func (r *Request) IsPreflight() bool {
	return r.Method == http.MethodOptions && r.Header.Has("Origin") && r.Header.Has("Access-Control-Request-Method")
}

func (r *corsRules) run(ex *Exchange) (outcome, error) {
	origin := ex.Request.Header.Get("Origin")
	if origin == "" {
		return next, nil
	}
	allowed, err := r.origin(ex, origin)
	if err != nil {
		return failed, err
	}
	preflight := ex.Request.IsPreflight()
	if allowed != "" && preflight {
		done, err := r.preflight(ex, allowed)
		if done || err != nil {
			ex.refused = false
			return finish, err
		}
		allowed = ""
	}
	if allowed == "" {
		return r.unmatched(ex, preflight)
	}
	return next, r.simple(ex, allowed)
}

// origin is what Access-Control-Allow-Origin has to be; "" when the origin is not allowed.
func (r *corsRules) origin(ex *Exchange, origin string) (string, error) {
	for _, t := range r.origins {
		o, err := t.get(ex)
		switch {
		case err != nil:
			return "", err
		case o == "*":
			return "*", nil
		case o != "" && strings.EqualFold(bareOrigin(o), bareOrigin(origin)):
			return origin, nil
		}
	}
	return "", nil
}

// bareOrigin is an origin without what stands for itself: a port that is its scheme's, and the
// slash after it.
func bareOrigin(s string) string {
	s = strings.TrimRight(strings.TrimSpace(s), "/")
	lower := strings.ToLower(s)
	switch {
	case strings.HasPrefix(lower, "https://"):
		return strings.TrimSuffix(s, ":443")
	case strings.HasPrefix(lower, "http://"):
		return strings.TrimSuffix(s, ":80")
	}
	return s
}

func (r *corsRules) unmatched(ex *Exchange, preflight bool) (outcome, error) {
	simple := ex.Request.Method == http.MethodGet || ex.Request.Method == http.MethodHead
	if !preflight && !simple {
		return next, nil
	}
	end, err := r.terminate.get(ex)
	if err != nil {
		return failed, err
	}
	if end {
		return ex.emptyAnswer(), nil
	}
	ex.refused = ex.refused || preflight // another cors policy may take it
	return next, nil
}

// AnswerPreflight says that the request is a preflight request, of which the program runs nothing
// but the cors policies: one of them answers it, or nobody does, with 200 and no content.
func (ex *Exchange) AnswerPreflight() { ex.preflight = true }

// emptyAnswer is 200 without content.
func (ex *Exchange) emptyAnswer() outcome {
	ex.phase = responsePhase
	ex.Response.Reset()
	ex.Response.Status = http.StatusOK
	return finish
}

// preflight answers when method and headers are allowed.
func (r *corsRules) preflight(ex *Exchange, origin string) (bool, error) {
	methods, err := evaluate(ex, r.methods)
	headers, errHeaders := evaluate(ex, r.headers)
	credentials, errCredentials := r.credentials.get(ex)
	age, errAge := r.maxAge.get(ex)
	if err := firstError(err, errHeaders, errCredentials, errAge); err != nil {
		return false, err
	}
	if len(r.methods) == 0 {
		methods = []string{http.MethodGet, http.MethodPost} // the reference's default
	}
	method := ex.Request.Header.Get("Access-Control-Request-Method")
	asked := ex.Request.Header.Get("Access-Control-Request-Headers")
	if !allows(methods, method) || !allowsAll(headers, asked) {
		return false, nil
	}
	method, asked, origin = strings.Clone(method), strings.Clone(asked), strings.Clone(origin)
	ex.emptyAnswer()
	h := &ex.Response.Header
	h.Add("Access-Control-Allow-Origin", origin)
	if credentials {
		h.Add("Access-Control-Allow-Credentials", "true")
	}
	h.Add("Access-Control-Allow-Methods", method)
	if asked != "" {
		h.Add("Access-Control-Allow-Headers", asked)
	}
	if r.maxAge != nil {
		h.Add("Access-Control-Max-Age", strconv.FormatInt(age, 10))
	}
	if origin != "*" {
		h.Add("Vary", "Origin")
	}
	return true, nil
}

func allows(list []string, item string) bool {
	for _, l := range list {
		if l == "*" || strings.EqualFold(l, item) {
			return true
		}
	}
	return false
}

func allowsAll(list []string, items string) bool {
	for items != "" {
		var item string
		item, items, _ = strings.Cut(items, ",")
		if item = strings.TrimSpace(item); item != "" && !allows(list, item) {
			return false
		}
	}
	return true
}

// simple lets the response be read by the page.
func (r *corsRules) simple(ex *Exchange, origin string) error {
	credentials, err := r.credentials.get(ex)
	shown, errShown := evaluate(ex, r.shown)
	if err != nil || errShown != nil {
		return firstError(err, errShown)
	}
	ex.finally(func(ex *Exchange) {
		h := &ex.Response.Header
		h.Set("Access-Control-Allow-Origin", origin)
		if credentials {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		if len(shown) > 0 {
			h.Set("Access-Control-Expose-Headers", strings.Join(shown, ","))
		}
		if origin != "*" && !HasToken(h.Get("Vary"), "Origin") {
			h.Add("Vary", "Origin")
		}
	})
	return nil
}
