package policy

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/osteele/liquid"

	"gatehouse/internal/csharp/types"
)

// liquidBody compiles a liquid template of set-body. What it sees is what the reference lists
// under "context"; body is the message's content, read as JSON or XML.
// https://learn.microsoft.com/azure/api-management/set-body-policy
func (c *compiler) liquidBody(e *element, body *Text, m message) builder {
	if isExpression(body.literal) {
		c.report(codeNoCode, e.text.at, e.text.end, "a liquid template")
		return nil
	}
	engine := liquid.NewEngine()
	template, err := engine.ParseString(body.literal)
	if err != nil {
		c.reportElement(codeLiquid, e, err.Error())
		return nil
	}
	return c.simple(e, func(ex *Exchange) error {
		view, err := liquidView(ex)
		if err != nil {
			return err
		}
		text, problem := template.RenderString(view)
		if problem != nil {
			return &Error{Reason: "LiquidTemplateFailure", Message: "The liquid template of 'set-body' failed.", Cause: problem}
		}
		m.setBody(ex, text)
		return nil
	})
}

// liquidView is what a template sees.
func liquidView(ex *Exchange) (liquid.Bindings, error) {
	text, err := ex.messageText()
	if err != nil {
		return nil, err
	}
	request := map[string]any{"Url": ex.Request.Target, "Method": ex.Request.Method, "OriginalMethod": ex.Request.Method, "IpAddress": ex.Request.Remote.Addr().String(),
		"OriginalUrl": ex.Request.Path, "MatchedParameters": fieldMap(ex.Parameters), "Headers": fieldMap(ex.Request.Header.fields), "QueryString": fieldMap(ex.Request.Query.Fields())}
	context := map[string]any{"Request": request, "RequestId": ex.ID, "Variables": variableMap(ex)}
	if ex.HasResponse() {
		reason := ex.Response.Reason
		if reason == "" {
			reason = http.StatusText(ex.Response.Status)
		}
		context["Response"] = map[string]any{"StatusCode": ex.Response.Status, "StatusReason": reason, "Headers": fieldMap(ex.Response.Header.fields)}
	}
	if a := ex.API; a != nil {
		context["Api"] = map[string]any{"Id": a.ID, "Name": a.Name, "Path": a.Path, "ServiceUrl": a.ServiceURL}
	}
	if o := ex.Operation; o != nil {
		context["Operation"] = map[string]any{"Id": o.ID, "Name": o.Name, "Method": o.Method, "UrlTemplate": o.URLTemplate}
	}
	if s := ex.Subscription; s != nil {
		context["Subscription"] = map[string]any{"Id": s.ID, "Name": s.Name}
	}
	if p := ex.Product; p != nil {
		context["Product"] = map[string]any{"Id": p.ID, "Name": p.Name}
	}
	return liquid.Bindings{"context": context, "body": contentView(text, exchangeMessage.header(ex).Get("Content-Type"))}, nil
}

// contentView is the content as a template walks it; text that is neither JSON nor XML stays text.
func contentView(text, contentType string) any {
	trimmed := strings.TrimSpace(text)
	if strings.Contains(strings.ToLower(contentType), "xml") || strings.HasPrefix(trimmed, "<") {
		if root, err := parseXML(text); err == nil {
			return plainView(object{{root.name, (&jsonMaker{}).value(root)}})
		}
	}
	if v, err := parseJSON(text); err == nil {
		return plainView(v)
	}
	return text
}

// plainView makes maps and numbers, which templates know, of JSON.
func plainView(v any) any {
	switch t := v.(type) {
	case object:
		m := make(map[string]any, len(t))
		for _, x := range t {
			m[x.name] = plainView(x.value)
		}
		return m
	case []any:
		list := make([]any, len(t))
		for i := range t {
			list[i] = plainView(t[i])
		}
		return list
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return n
		}
		f, _ := t.Float64() // a JSON number is one
		return f
	}
	return v
}

func fieldMap(list []Field) map[string]any {
	m := make(map[string]any, len(list))
	for _, f := range list {
		if was, ok := m[f.Name].(string); ok {
			m[f.Name] = was + "," + f.Value
		} else {
			m[f.Name] = f.Value
		}
	}
	return m
}

func variableMap(ex *Exchange) map[string]any {
	m := make(map[string]any, len(ex.Variables))
	for _, v := range ex.Variables {
		switch t := v.Value.ValueType(); t {
		case types.Boolean:
			m[v.Name] = v.Value.Bool()
		case types.Int32, types.Int64:
			m[v.Name] = v.Value.Long()
		default:
			m[v.Name] = v.Value.Str()
		}
	}
	return m
}
