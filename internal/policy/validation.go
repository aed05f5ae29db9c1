package policy

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// What the validate-* policies of content share.
// https://learn.microsoft.com/azure/api-management/validation-policies

// reaction is what a validation does about a finding.
type reaction uint8

const (
	ignores  reaction = iota // no check
	prevents                 // the exchange fails
	detects                  // the finding goes into the variable
)

// finding is one error of a validation.
type finding struct{ Name, Type, Rule, Details string }

// findings collects them.
type findings struct {
	list    []finding
	prevent bool
}

func (f *findings) add(r reaction, name, kind, rule, details string) {
	if r == ignores {
		return
	}
	f.list = append(f.list, finding{name, kind, rule, details})
	f.prevent = f.prevent || r == prevents
}

// finish sets the variable and fails when a finding prevents. Requests are the client's fault,
// responses the backend's.
func (f *findings) finish(ex *Exchange, variable string) error {
	if len(f.list) == 0 {
		return nil
	}
	if variable != "" {
		text, err := json.Marshal(f.list)
		if err != nil {
			return err
		}
		ex.SetVariable(variable, types.Str(string(text)))
	}
	if !f.prevent {
		return nil
	}
	status := http.StatusBadRequest
	if ex.phase == responsePhase {
		status = http.StatusBadGateway
	}
	return &Error{Reason: "ValidationFailed", Status: status, Message: f.list[0].Details}
}

func (c *compiler) reaction(e *element, name string, required bool) reaction {
	if required {
		c.need(e, name)
	}
	return map[string]reaction{"ignore": ignores, "prevent": prevents, "detect": detects}[c.choice(e, name, "ignore", "prevent", "detect")]
}

// reactions reads children with name and action.
func (c *compiler) reactions(e *element, child, name string) map[string]reaction {
	out := map[string]reaction{}
	for _, x := range c.children(e, child) {
		c.checkAttributes(x, definition{attributes: name + " action"})
		c.noChildren(x)
		if n, ok := c.required(x, name); ok {
			out[strings.ToLower(strings.TrimSpace(n))] = c.reaction(x, "action", true)
		}
	}
	return out
}

// validateStatusCode compiles <validate-status-code>.
func (c *compiler) validateStatusCode(e *element) builder {
	other, codes := c.reaction(e, "unspecified-status-code-action", true), c.reactions(e, "status-code", "code")
	variable, _ := c.literal(e, "errors-variable-name")
	return c.simple(e, func(ex *Exchange) error {
		code := strconv.Itoa(ex.Response.Status)
		react, listed := codes[code]
		if !listed {
			if react = other; ex.Operation != nil && ex.Operation.reply(ex.Response.Status) != nil {
				return nil
			}
		}
		var f findings
		f.add(react, code, "StatusCode", "Unspecified", "Response status code "+code+" is not allowed.")
		return f.finish(ex, variable)
	})
}

func (o *OperationInfo) reply(status int) *Reply {
	for i := range o.Replies {
		if o.Replies[i].Status == status {
			return &o.Replies[i]
		}
	}
	return nil
}

// validateHeaders compiles <validate-headers>.
func (c *compiler) validateHeaders(e *element) builder {
	known, other := c.reaction(e, "specified-header-action", true), c.reaction(e, "unspecified-header-action", true)
	own := c.reactions(e, "header", "name")
	variable, _ := c.literal(e, "errors-variable-name")
	return c.simple(e, func(ex *Exchange) error {
		var described []Parameter
		if ex.Operation != nil {
			if r := ex.Operation.reply(ex.Response.Status); r != nil {
				described = r.Headers
			}
		}
		var f findings
		check(&f, "header", "ResponseHeader", ex.Response.Header.fields, described, known, other, own, isCommonHeader)
		return f.finish(ex, variable)
	})
}

// isCommonHeader are headers of the connection and of any content, which no operation describes.
func isCommonHeader(name string) bool {
	switch strings.ToLower(name) {
	case "content-length", "content-type", "content-encoding", "date", "connection", "transfer-encoding", "host", "accept", "accept-encoding",
		"accept-language", "user-agent", "server", "authorization", "cookie", "cache-control", "vary", "ocp-apim-subscription-key":
		return true
	}
	return isFramingHeader(name)
}

// check compares fields with what is described, and by own reactions of names.
func check(f *findings, what, kind string, fields []Field, described []Parameter, known, other reaction, own map[string]reaction, common func(string) bool) {
	for _, x := range fields {
		p := parameterNamed(described, x.Name)
		r, listed := own[strings.ToLower(x.Name)]
		switch {
		case p != nil:
			if !listed {
				r = known
			}
			if problem := p.problem(x.Value); problem != "" {
				f.add(r, x.Name, kind, "IncorrectMessage", "The value of "+what+" "+x.Name+" "+problem)
			}
		case listed:
			f.add(r, x.Name, kind, "Unspecified", "Unspecified "+what+" "+x.Name+" is not allowed.")
		case !common(x.Name):
			f.add(other, x.Name, kind, "Unspecified", "Unspecified "+what+" "+x.Name+" is not allowed.")
		}
	}
	for _, p := range described {
		if !p.Required || fieldNamed(fields, p.Name) {
			continue
		}
		r, listed := own[strings.ToLower(p.Name)]
		if !listed {
			r = known
		}
		f.add(r, p.Name, kind, "IncorrectMessage", "The required "+what+" "+p.Name+" is missing.")
	}
}

func parameterNamed(list []Parameter, name string) *Parameter {
	for i := range list {
		if equalFold(list[i].Name, name) {
			return &list[i]
		}
	}
	return nil
}

func fieldNamed(list []Field, name string) bool {
	for _, f := range list {
		if equalFold(f.Name, name) {
			return true
		}
	}
	return false
}

// problem is what is wrong with a value; "" when nothing is.
func (p *Parameter) problem(value string) string {
	var err error
	switch p.Type {
	case "integer":
		_, err = strconv.ParseInt(value, 10, 64)
	case "number":
		_, err = strconv.ParseFloat(value, 64)
	case "boolean":
		if value != "true" && value != "false" {
			err = strconv.ErrSyntax
		}
	}
	if err != nil {
		return "is not of type " + p.Type + "."
	}
	if len(p.Values) == 0 {
		return ""
	}
	for _, v := range p.Values {
		if v == value {
			return ""
		}
	}
	return "is not one of those allowed."
}

// parameterRules are the reactions for one place of parameters.
type parameterRules struct {
	known, other reaction
	own          map[string]reaction
}

// validateParameters compiles <validate-parameters>.
func (c *compiler) validateParameters(e *element) builder {
	whole := parameterRules{known: c.reaction(e, "specified-parameter-action", true), other: c.reaction(e, "unspecified-parameter-action", true)}
	rules := map[string]parameterRules{"headers": whole, "query": whole, "path": whole}
	for _, child := range c.children(e, "headers query path") {
		c.checkAttributes(child, definition{attributes: "specified-parameter-action unspecified-parameter-action"})
		r := whole
		if child.attribute("specified-parameter-action") != nil {
			r.known = c.reaction(child, "specified-parameter-action", false)
		}
		if child.attribute("unspecified-parameter-action") != nil {
			if child.name == "path" {
				c.badValue(child, "unspecified-parameter-action", "left out: the path has no other parameters")
			}
			r.other = c.reaction(child, "unspecified-parameter-action", false)
		}
		r.own = c.reactions(child, "parameter", "name")
		rules[child.name] = r
	}
	variable, _ := c.literal(e, "errors-variable-name")
	return c.simple(e, func(ex *Exchange) error {
		var f findings
		if ex.Operation == nil {
			return nil
		}
		h, q, p := rules["headers"], rules["query"], rules["path"]
		check(&f, "header", "RequestHeader", ex.Request.Header.fields, ex.Operation.parameters("header"), h.known, h.other, h.own, isCommonHeader)
		check(&f, "query parameter", "QueryParameter", ex.Request.Query.Fields(), ex.Operation.queryParameters(), q.known, q.other, q.own, isSubscriptionKey)
		check(&f, "path parameter", "PathParameter", pathFields(ex), ex.Operation.parameters("path"), p.known, ignores, p.own, isSubscriptionKey)
		return f.finish(ex, variable)
	})
}

func isSubscriptionKey(name string) bool { return equalFold(name, "subscription-key") }

func (o *OperationInfo) parameters(in string) (list []Parameter) {
	for _, p := range o.Parameters {
		if p.In == in {
			list = append(list, p)
		}
	}
	return list
}

// queryParameters are those described and those that the template names.
func (o *OperationInfo) queryParameters() []Parameter {
	list := o.parameters("query")
	for _, name := range o.Query {
		if parameterNamed(list, name) == nil {
			list = append(list, Parameter{Name: name})
		}
	}
	return list
}

func pathFields(ex *Exchange) (list []Field) {
	for _, f := range ex.Parameters {
		list = append(list, Field{f.Name, unescapePath(f.Value)})
	}
	return list
}
