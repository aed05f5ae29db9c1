package policy

import (
	"net/url"
	"strings"
)

// setBackendService compiles <set-backend-service>.
func (c *compiler) setBackendService(e *element) builder {
	c.noChildren(e)
	for _, a := range e.attributes {
		if strings.HasPrefix(a.name, "sf-") {
			c.badValue(e, a.name, "left out: there is no Service Fabric")
		}
		if strings.HasPrefix(a.name, "dapr-") {
			c.badValue(e, a.name, "left out: there is no Dapr")
		}
	}
	id, base := c.text(e, "backend-id"), c.text(e, "base-url")
	if (e.attribute("backend-id") == nil) == (e.attribute("base-url") == nil) {
		c.reportElement(codeRequired, e, e.name, "either 'backend-id' or 'base-url'")
		return nil
	}
	switch {
	case id != nil && id.code == nil:
		name := strings.TrimSpace(id.literal)
		if name == "" {
			c.badValue(e, "backend-id", "the id of a backend")
			return nil
		}
		c.refer(e, "backend-id", "backend", name)
		return constantTarget(Target{ID: strings.ToLower(name)})
	case base != nil && base.code == nil:
		if !isBaseURL(base.literal) {
			c.badValue(e, "base-url", "an http or https URL with a host, without fragment")
			return nil
		}
		return constantTarget(Target{URL: strings.TrimSpace(base.literal)})
	case id != nil:
		return c.simple(e, func(ex *Exchange) error {
			name, err := id.get(ex)
			ex.Backend.ID, ex.Backend.URL = strings.ToLower(strings.TrimSpace(name)), ""
			return err
		})
	}
	return c.simple(e, func(ex *Exchange) error {
		u, err := base.get(ex)
		if err == nil && !isBaseURL(u) {
			err = &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of " + base.what + " must be an http or https URL with a host, without fragment."}
		}
		ex.Backend.ID, ex.Backend.URL = "", strings.TrimSpace(u)
		return err
	})
}

// refer notes that an attribute names a resource.
func (c *compiler) refer(e *element, attribute, kind, name string) {
	a := e.attribute(attribute)
	c.document.refs = append(c.document.refs, Reference{Kind: kind, Name: name, Range: c.src.Range(a.value.at, a.value.end)})
}

func isBaseURL(s string) bool {
	u, err := url.Parse(strings.TrimSpace(s))
	return err == nil && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "ws" || u.Scheme == "wss") && u.Host != "" && u.User == nil && u.Fragment == ""
}

func constantTarget(t Target) builder {
	s := func(ex *Exchange) outcome { ex.Backend.ID, ex.Backend.URL = t.ID, t.URL; return next }
	return func(step) step { return s }
}
