package policy

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// What the validate-* policies of content share: actions, and errors in the words of the table at
// https://learn.microsoft.com/azure/api-management/validate-content-policy#validation-errors

// finding is one error of a validation, as the variable of errors-variable-name holds it.
type finding struct {
	Name, Type, ValidationRule, Details, Action string

	public string // what the client is told; empty: Details
}

// internalFinding is what a client is told of errors that are not its own.
const internalFinding = "The request could not be processed due to an internal error. Contact the API owner."

// findings collects those of one policy for an exchange.
type findings struct {
	ex      *Exchange
	list    []finding
	prevent *finding // the first whose action is prevent
	err     error
}

// add takes a finding whose action is not ignore.
func (f *findings) add(action *Option, x finding) {
	if f.err != nil {
		return
	}
	if x.Action, f.err = action.get(f.ex); f.err != nil || x.Action == "ignore" {
		return
	}
	f.list = append(f.list, x)
	if x.Action == "prevent" && f.prevent == nil {
		f.prevent = &x
	}
}

// finish sets the variable and fails when a finding prevents. Requests are the client's fault,
// responses the backend's.
func (f *findings) finish(variable string) error {
	if f.err != nil || len(f.list) == 0 {
		return f.err
	}
	if variable != "" {
		text, err := json.Marshal(f.list)
		if err != nil {
			return err
		}
		f.ex.SetVariable(variable, types.Str(string(text)))
	}
	if f.prevent == nil {
		return nil
	}
	e := &Error{Reason: "Bad request", Status: http.StatusBadRequest, Message: f.prevent.Details, Answer: f.prevent.public}
	if f.ex.phase == responsePhase {
		e.Reason, e.Status = "Response not allowed", http.StatusBadGateway
	}
	switch f.prevent.Type {
	case "ResponseBody", "ResponseHeader", "StatusCode", "ApiSchema":
		e.Answer = internalFinding
	}
	return e
}

// action reads an attribute that says what to do about findings.
func (c *compiler) action(e *element, name string) *Option {
	return c.needOption(e, name, "ignore", "prevent", "detect")
}

// actions reads children with name and action.
func (c *compiler) actions(e *element, child, name string) map[string]*Option {
	out := map[string]*Option{}
	for _, x := range c.children(e, child) {
		c.checkAttributes(x, definition{attributes: name + " action"})
		c.noChildren(x)
		if n, ok := c.required(x, name); ok {
			out[strings.ToLower(strings.TrimSpace(n))] = c.action(x, "action")
		}
	}
	return out
}

// validateStatusCode compiles <validate-status-code>.
// https://learn.microsoft.com/azure/api-management/validate-status-code-policy
func (c *compiler) validateStatusCode(e *element) builder {
	other, codes := c.action(e, "unspecified-status-code-action"), c.actions(e, "status-code", "code")
	variable, _ := c.literal(e, "errors-variable-name")
	return c.simple(e, func(ex *Exchange) error {
		if ex.Operation != nil && ex.Operation.reply(ex.Response.Status) != nil {
			return nil // an override is about codes that are not described
		}
		code := strconv.Itoa(ex.Response.Status)
		action := codes[code]
		if action == nil {
			action = other
		}
		f := findings{ex: ex}
		f.add(action, finding{Name: code, Type: "StatusCode", ValidationRule: "Unspecified", Details: "Response status code " + code + " is not allowed."})
		return f.finish(variable)
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
// https://learn.microsoft.com/azure/api-management/validate-headers-policy
func (c *compiler) validateHeaders(e *element) builder {
	v := &fieldCheck{what: "header", kind: "ResponseHeader", known: c.action(e, "specified-header-action"), other: c.action(e, "unspecified-header-action"),
		own: c.actions(e, "header", "name"), apart: isMessageHeader}
	variable, _ := c.literal(e, "errors-variable-name")
	return c.simple(e, func(ex *Exchange) error {
		var described []Parameter
		if ex.Operation != nil {
			if r := ex.Operation.reply(ex.Response.Status); r != nil {
				described = r.Headers
			}
		}
		f := findings{ex: ex}
		v.check(&f, ex.Response.Header.fields, described)
		return f.finish(variable)
	})
}

// isMessageHeader are headers of the connection, of any client and any content, which no operation
// describes; a rule of their own may name them.
func isMessageHeader(name string) bool {
	switch strings.ToLower(name) {
	case "content-type", "content-encoding", "date", "host", "accept", "accept-encoding", "accept-language", "user-agent", "server", "authorization",
		"cookie", "cache-control", "vary", "ocp-apim-subscription-key":
		return true
	}
	return isFramingHeader(name)
}

// fieldCheck is how fields of one place are compared with what the operation describes.
type fieldCheck struct {
	what, kind   string             // header, RequestHeader
	known, other *Option            // nil other: there are no others
	own          map[string]*Option // by name, in lower case
	apart        func(name string) bool
}

func (v *fieldCheck) action(name string, otherwise *Option) *Option {
	if own := v.own[strings.ToLower(name)]; own != nil {
		return own
	}
	return otherwise
}

func (v *fieldCheck) check(f *findings, fields []Field, described []Parameter) {
	for i, x := range fields {
		p := parameterNamed(described, x.Name)
		if p != nil {
			v.checkValue(f, p, fields, i)
			continue
		}
		action := v.action(x.Name, v.other)
		if action == nil || action == v.other && v.apart(x.Name) {
			continue
		}
		f.add(action, finding{Name: x.Name, Type: v.kind, ValidationRule: "Unspecified", Details: "Unspecified " + v.what + " " + x.Name + " is not allowed."})
	}
	for _, p := range described {
		if p.Required && !fieldNamed(fields, p.Name) {
			f.add(v.action(p.Name, v.known), finding{Name: p.Name, Type: v.kind, ValidationRule: "IncorrectMessage", Details: "The required " + v.what + " " + p.Name + " is missing."})
		}
	}
}

// checkValue looks at field i, which p describes.
func (v *fieldCheck) checkValue(f *findings, p *Parameter, fields []Field, i int) {
	x := finding{Name: fields[i].Name, Type: v.kind, ValidationRule: "IncorrectMessage"}
	first := !fieldNamed(fields[:i], p.Name)
	switch problem := p.problem(fields[i].Value); {
	case first && p.Type != "array" && fieldNamed(fields[i+1:], p.Name):
		message := "Request"
		if v.kind == "ResponseHeader" {
			message = "Response"
		}
		x.Details = message + " cannot contain multiple values for the " + v.what + " " + x.Name + "."
	case problem == "":
		return
	default:
		x.Details = "Value of the " + v.what + " " + x.Name + " " + problem
		x.public = "The value" + strings.TrimPrefix(x.Details, "Value")
	}
	f.add(v.action(x.Name, v.known), x)
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
		return "cannot be parsed according to the definition. Expected " + p.Type + "."
	}
	if len(p.Values) == 0 {
		return ""
	}
	for _, v := range p.Values {
		if v == value {
			return ""
		}
	}
	return "does not conform to the definition. It is not one of the values allowed."
}

// validateParameters compiles <validate-parameters>.
// https://learn.microsoft.com/azure/api-management/validate-parameters-policy
func (c *compiler) validateParameters(e *element) builder {
	known, other := c.action(e, "specified-parameter-action"), c.action(e, "unspecified-parameter-action")
	headers := &fieldCheck{what: "header", kind: "RequestHeader", known: known, other: other, apart: isMessageHeader}
	query := &fieldCheck{what: "query parameter", kind: "QueryParameter", known: known, other: other, apart: isSubscriptionKey}
	path := &fieldCheck{what: "path parameter", kind: "PathParameter", known: known, apart: isSubscriptionKey}
	places := map[string]*fieldCheck{"headers": headers, "query": query, "path": path}
	for _, child := range c.children(e, "headers query path") {
		allowed := "specified-parameter-action unspecified-parameter-action"
		if child.name == "path" { // which has no other parameters
			allowed = "specified-parameter-action"
		}
		c.checkAttributes(child, definition{attributes: allowed})
		v := places[child.name]
		if child.attribute("specified-parameter-action") != nil {
			v.known = c.action(child, "specified-parameter-action")
		}
		if child.attribute("unspecified-parameter-action") != nil && v != path {
			v.other = c.action(child, "unspecified-parameter-action")
		}
		v.own = c.actions(child, "parameter", "name")
	}
	variable, _ := c.literal(e, "errors-variable-name")
	return c.simple(e, func(ex *Exchange) error {
		if ex.Operation == nil {
			return nil
		}
		f := findings{ex: ex}
		headers.check(&f, ex.Request.Header.fields, ex.Operation.parameters("header"))
		query.check(&f, ex.Request.Query.Fields(), ex.Operation.queryParameters())
		path.check(&f, pathFields(ex), ex.Operation.parameters("path"))
		return f.finish(variable)
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
