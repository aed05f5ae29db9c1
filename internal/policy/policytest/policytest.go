// Package policytest runs policy documents against one request in memory and
// writes down what happened, for golden cases and for the local test loop of policy
// authors. Start at Run.
//
// A case is one text in txtar's form. Its parts, all but one document optional:
//
//	-- global.xml --, -- api.xml --, -- operation.xml --   documents, outermost first
//	-- format --          xml (default) or rawxml
//	-- named values --    lines of name=value
//	-- operation --       URL template of the matched operation
//	-- parameters --      lines of name=value: matched parameters
//	-- request --         METHOD PATH, header lines, an empty line, the body
//	-- backend --         STATUS [REASON], header lines, an empty line, the body; or: error MESSAGE
//
// It knows no gateway: routing, subscriptions and TLS are not part of a case.
package policytest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"gatehouse/internal/diag"
	"gatehouse/internal/policy"
)

// Run runs a case and describes the forwarded request, the response and LastError;
// or the diagnostics, when a document does not compile.
func Run(c *txtar.Archive) (string, error) {
	parts := map[string]string{}
	for _, f := range c.Files {
		parts[f.Name] = string(f.Data)
	}
	docs, diags := compile(parts)
	if diags.HasErrors() {
		return diags.Text(), nil
	}
	b := &backend{reply: parts["backend"]}
	ex := &policy.Exchange{ID: "00000000-0000-4000-8000-000000000000", Services: b}
	if err := fillRequest(ex, parts["request"]); err != nil {
		return "", err
	}
	if t := strings.TrimSpace(parts["operation"]); t != "" {
		ex.Operation = &policy.OperationInfo{URLTemplate: t, Query: strings.Fields(parts["operation query"])}
	}
	ex.Parameters = pairs(parts["parameters"])
	policy.Link(docs...).Run(ex)
	b.out.WriteString(describe(ex))
	return b.out.String(), nil
}

func compile(parts map[string]string) (docs []*policy.Document, all diag.List) {
	named := map[string]string{}
	for _, f := range pairs(parts["named values"]) {
		named[f.Name] = f.Value
	}
	docs = append(docs, policy.DefaultGlobal())
	for i, name := range []string{"global.xml", "api.xml", "operation.xml"} {
		text, ok := parts[name]
		if !ok {
			continue
		}
		d, diags := policy.Compile(text, policy.Options{File: name, Format: strings.TrimSpace(parts["format"]),
			Scope: []policy.Scope{policy.GlobalScope, policy.APIScope, policy.OperationScope}[i],
			NamedValues: func(name string) (string, bool, bool) {
				v, ok := named[name]
				return v, true, ok
			}})
		all = append(all, diags...)
		if i == 0 {
			docs = docs[:0]
		}
		docs = append(docs, d)
	}
	return docs, all
}

func pairs(s string) (list []policy.Field) {
	for line := range strings.Lines(s) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "="); ok {
			list = append(list, policy.Field{Name: name, Value: value})
		}
	}
	return list
}

// message splits first line, fields and body.
func message(s string) (first string, fields []policy.Field, body string) {
	head, body, _ := strings.Cut(s, "\n\n")
	first, head, _ = strings.Cut(head, "\n")
	for line := range strings.Lines(head) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\n"), ":"); ok {
			fields = append(fields, policy.Field{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	return strings.TrimSpace(first), fields, strings.TrimSuffix(body, "\n")
}

func fillRequest(ex *policy.Exchange, text string) error {
	if text == "" {
		text = "GET /"
	}
	first, fields, body := message(text)
	method, url, ok := strings.Cut(first, " ")
	if !ok {
		return fmt.Errorf("the request's first line %q must be METHOD PATH", first)
	}
	path, query, _ := strings.Cut(url, "?")
	ex.Request.Method, ex.Request.Path, ex.Request.Target = method, path, path
	ex.Request.Query.SetRaw(query)
	for _, f := range fields {
		ex.Request.Header.Add(f.Name, f.Value)
	}
	ex.Request.Body.Set(body)
	return nil
}

// backend stands for the gateway's upstream: it writes the request down and replies.
type backend struct {
	reply string
	out   strings.Builder
}

// Forward implements policy.Services.
func (b *backend) Forward(ex *policy.Exchange, o *policy.ForwardOptions) error {
	to := "the API's service URL"
	if ex.Backend.ID != "" {
		to = "backend " + ex.Backend.ID
	} else if ex.Backend.URL != "" {
		to = ex.Backend.URL
	}
	fmt.Fprintf(&b.out, "forward to %s", to)
	if o.Timeout > 0 {
		fmt.Fprintf(&b.out, " within %s", o.Timeout)
	}
	url := ex.Request.Target
	if q := ex.Request.Query.Raw(); q != "" {
		url += "?" + q
	}
	fmt.Fprintf(&b.out, "\n%s %s\n%s", ex.Request.Method, url, fieldsAndBody(&ex.Request.Header, ex.Request.Body.Data))
	first, fields, body := message(b.reply)
	if reason, ok := strings.CutPrefix(first, "error "); ok {
		return errors.New(reason)
	}
	if first == "" {
		first = "200"
	}
	status, reason, _ := strings.Cut(first, " ")
	code, err := strconv.Atoi(status)
	if err != nil {
		return fmt.Errorf("the backend's status %q is no number", status)
	}
	ex.Response.Reset()
	ex.Response.Status, ex.Response.Reason = code, reason
	for _, f := range fields {
		ex.Response.Header.Add(f.Name, f.Value)
	}
	ex.Response.Body.Set(body)
	return nil
}

func describe(ex *policy.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "response %d", ex.Response.Status)
	if ex.Response.Reason != "" {
		b.WriteString(" " + ex.Response.Reason)
	}
	b.WriteString("\n" + fieldsAndBody(&ex.Response.Header, ex.Response.Body.Data))
	if e := ex.LastError; e.Reason != "" {
		fmt.Fprintf(&b, "last error %s from %s at %s in %s/%s", e.Reason, e.Source, e.Path, e.Scope, e.Section)
		if e.PolicyID != "" {
			b.WriteString(" id " + e.PolicyID)
		}
		b.WriteString(": " + e.Message + "\n")
	}
	return b.String()
}

func fieldsAndBody(h *policy.Header, body string) string {
	var b strings.Builder
	for _, f := range h.Fields() {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	if body != "" {
		b.WriteString("\n" + body + "\n")
	}
	return b.String()
}
