package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/snapshot"
)

// TestInjectionByExpressions: what an expression makes of a request's text never ends a line, on the
// way to the backend or to the client.
func TestInjectionByExpressions(t *testing.T) {
	b := newBench(t, echo)
	seen := make(chan *http.Request, 10)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					io.Copy(io.Discard, req.Body)
					seen <- req
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				}
			}()
		}
	}()
	const evil = `@("a" + System.Net.WebUtility.UrlDecode("%0d%0a") + "X-Injected: yes" + System.Net.WebUtility.UrlDecode("%0d%0a%0d%0a") + "GET /hidden HTTP/1.1" + System.Net.WebUtility.UrlDecode("%0d%0a") + "Host: h")`
	for _, c := range []struct{ name, inbound, outbound string }{
		{"a header's value", `<set-header name="X-A" exists-action="override"><value>` + evil + `</value></set-header>`, ""},
		{"a further value", `<set-header name="X-A" exists-action="append"><value>x</value><value>` + evil + `</value></set-header>`, ""},
		{"the URL", `<rewrite-uri template="` + strings.ReplaceAll(evil, `"`, "&quot;") + `" />`, ""},
		{"a query parameter", `<set-query-parameter name="q" exists-action="override"><value>` + evil + `</value></set-query-parameter>`, ""},
		{"the method", `<set-method>` + evil + `</set-method>`, ""},
		{"the backend", `<set-backend-service base-url="` + strings.ReplaceAll(strings.Replace(evil, `"a"`, `"http://`+l.Addr().String()+`/"`, 1), `"`, "&quot;") + `" />`, ""},
		{"a basic name", `<authentication-basic username="` + strings.ReplaceAll(evil, `"`, "&quot;") + `" password="p" />`, ""},
		{"a header of the answer", "", `<set-header name="X-A" exists-action="override"><value>` + evil + `</value></set-header>`},
		{"the reason", "", `<set-status code="200" reason="` + strings.ReplaceAll(evil, `"`, "&quot;") + `" />`},
		{"a redirection", `<return-response><set-status code="302" /><set-header name="Location" exists-action="override"><value>` + evil + `</value></set-header></return-response>`, ""},
		{"a reason of return-response", `<return-response><set-status code="200" reason="` + strings.ReplaceAll(evil, `"`, "&quot;") + `" /></return-response>`, ""},
		{"a mocked type", `<mock-response content-type="a&#13;&#10;X-Injected: yes" />`, ""},
	} {
		text := strings.Replace(inboundPolicy(c.inbound), "<outbound><base />", "<outbound><base />"+c.outbound, 1)
		s := &snapshot.Service{Name: "contoso-client", Hostnames: []string{clientHost}, APIs: []*snapshot.API{{ID: "a", ServiceURL: "http://" + l.Addr().String(),
			Operations: []*snapshot.Operation{{ID: "any", Method: "*", URLTemplate: "/*", Policy: snapshot.Policy{Text: text}}}}}}
		if p := b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": s}}); len(p) > 0 && !strings.Contains(c.inbound, "&#13;") {
			t.Errorf("%s: the test's policy does not compile: %s", c.name, p[0].Diagnostics.Text())
			continue
		}
		got := b.raw(clientHost, "GET /x HTTP/1.1\r\nHost: "+clientHost+"\r\nConnection: close\r\n\r\n")
		if head, _, _ := strings.Cut(got, "\r\n\r\n"); strings.Count(got, "HTTP/1.1 ") != 1 || strings.Contains(head, "\nX-Injected") {
			t.Errorf("%s: the client got %q", c.name, got)
		}
		requests := 0
		for more := true; more; {
			select {
			case r := <-seen:
				if requests++; r.Header.Get("X-Injected") != "" || r.URL.Path == "/hidden" {
					t.Errorf("%s: the backend got %s %s %v", c.name, r.Method, r.URL, r.Header)
				}
			default:
				more = false
			}
		}
		if requests > 1 {
			t.Errorf("%s: the backend got %d requests", c.name, requests)
		}
	}
}

// TestPoliciesThatReadBodies: a body that is too long for a policy is refused with 413, one that is nested
// too deep by what the policy says, and the gateway goes on.
func TestPoliciesThatReadBodies(t *testing.T) {
	b := newBench(t, echo)
	answer := `<return-response><set-body>read</set-body></return-response>`
	deep := map[string]string{
		"json": strings.Repeat(`{"a":[`, 200_000) + strings.Repeat(`]}`, 200_000),
		"xml":  strings.Repeat("<a>", 300_000) + strings.Repeat("</a>", 300_000),
		"bomb": `<!DOCTYPE a [<!ENTITY b "` + strings.Repeat("x", 1000) + `"><!ENTITY c "` + strings.Repeat("&b;", 1000) + `">]><a>&c;</a>`,
	}
	types := map[string]string{"json": "application/json", "xml": "application/xml", "bomb": "application/xml"}
	long := strings.Repeat("x", 9<<20)
	for _, c := range []struct {
		name, policy, contentType, body string
		status                          []int
	}{
		{"set-variable reads a long body", `<set-variable name="v" value="@(context.Request.Body.As&lt;string&gt;(true))" />` + answer, "text/plain", long, []int{413}},
		{"set-body reads a long body", `<set-body>@(context.Request.Body.As<string>() + "x")</set-body>` + answer, "text/plain", long, []int{413}},
		{"find-and-replace of a long body", `<find-and-replace from="x" to="y" />` + answer, "text/plain", long, []int{413}},
		{"json-to-xml of a long body", `<json-to-xml apply="always" consider-accept-header="false" />` + answer, "application/json", `"` + long + `"`, []int{413}},
		{"validate-content of a long body", `<validate-content unspecified-content-type-action="prevent" max-size="102400" size-exceeded-action="prevent"><content type="application/json" validate-as="json" action="prevent" /></validate-content>` + answer, "application/json", `"` + long + `"`, []int{413, 400}},
		{"validate-content, deep", `<validate-content unspecified-content-type-action="prevent" max-size="4194304" size-exceeded-action="prevent"><content type="application/json" validate-as="json" action="prevent" /></validate-content>` + answer, types["json"], deep["json"], []int{400}},
		{"json-to-xml, deep", `<json-to-xml apply="always" consider-accept-header="false" />` + answer, types["json"], deep["json"], []int{400, 500}},
		{"xml-to-json, deep", `<xml-to-json kind="direct" apply="always" consider-accept-header="false" />` + answer, types["xml"], deep["xml"], []int{400, 500}},
		{"xml-to-json, entities", `<xml-to-json kind="direct" apply="always" consider-accept-header="false" />` + answer, types["bomb"], deep["bomb"], []int{400, 500}},
		{"JObject, deep", `<set-variable name="v" value="@(context.Request.Body.As&lt;JToken&gt;().ToString())" />` + answer, types["json"], deep["json"], []int{400, 500}},
		{"XElement, deep", `<set-variable name="v" value="@(context.Request.Body.As&lt;XElement&gt;().ToString())" />` + answer, types["xml"], deep["xml"], []int{400, 500}},
		{"XElement, entities", `<set-variable name="v" value="@(context.Request.Body.As&lt;XElement&gt;().ToString())" />` + answer, types["bomb"], deep["bomb"], []int{400, 500}},
		{"buffer-request-body of a long body", "", "text/plain", long, []int{413}},
	} {
		s := forwarding("https://" + backendHost)
		s.APIs[0].Policy.Text = inboundPolicy(c.policy)
		if c.policy == "" {
			s = forwardingBy("https://"+backendHost, `buffer-request-body="true"`)
		}
		b.apply(s)
		for _, e := range engines {
			r, _ := http.NewRequest("POST", "https://"+clientHost+"/x", struct{ io.Reader }{strings.NewReader(c.body)})
			r.Header.Set("Content-Type", c.contentType)
			resp, err := b.client(e, nil).Do(r)
			if err != nil {
				t.Errorf("%s %s: %v", e.name, c.name, err)
				continue
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			ok := false
			for _, want := range c.status {
				ok = ok || resp.StatusCode == want
			}
			if !ok {
				t.Errorf("%s %s: %d %.200s", e.name, c.name, resp.StatusCode, body)
			}
		}
	}
	if logs := b.logs.String(); strings.Contains(logs, "panic") {
		t.Errorf("a panic:\n%.3000s", logs[strings.Index(logs, "panic"):])
	}
}
