package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/gateway"
	"gatehouse/internal/snapshot"
)

// TestDescribed: examples, schemas and parameters of operations, and who calls, as policies see them.
func TestDescribed(t *testing.T) {
	b := newBench(t, echo)
	const order = `{"components":{"schemas":{"Order":{"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}}}}}`
	const checked = `<validate-parameters specified-parameter-action="prevent" unspecified-parameter-action="prevent" /><validate-content unspecified-content-type-action="prevent" max-size="1000" size-exceeded-action="prevent"><content type="application/json" validate-as="json" action="prevent" /></validate-content><return-response><set-body>taken</set-body></return-response>`
	const who = `<return-response><set-body>@(context.User.Id + " " + context.User.Email + " " + string.Join(",", context.User.Groups.Select(g => g.Name)) + " " + context.Product.Name + " " + context.Product.Apis.Count() + " " + context.Subscription.Name)</set-body></return-response>`
	limit := 3
	b.apply(&snapshot.Service{
		Schemas:       map[string]snapshot.Schema{"order": {ContentType: "application/json", Text: `{"type":"string"}`}},
		Users:         map[string]*snapshot.User{"ada": {ID: "ada", Email: "ada@example.com", Groups: []string{"developers", "team"}}},
		Groups:        map[string]*snapshot.Group{"developers": {ID: "developers", Name: "Developers"}, "team": {ID: "team", Name: "Team"}},
		Products:      []*snapshot.Product{{ID: "gold", Name: "Gold", Published: true, SubscriptionRequired: true, SubscriptionsLimit: &limit, APIs: []string{"orders"}}},
		Subscriptions: []*snapshot.Subscription{{ID: "s", Name: "Ada's", State: "active", Scope: snapshot.ScopeProduct, Product: "gold", APIs: []string{"orders"}, Owner: "ada", PrimaryKey: "key"}},
		APIs: []*snapshot.API{{ID: "orders", Path: "orders", Schemas: map[string]snapshot.Schema{"order": {Text: order}}, Operations: []*snapshot.Operation{
			{ID: "mock", Method: "GET", URLTemplate: "/mock", Policy: snapshot.Policy{Text: inboundPolicy(`<mock-response status-code="200" content-type="application/json" />`)},
				Replies: []snapshot.Reply{{Status: 404, Representations: []snapshot.Representation{{ContentType: "application/json", Examples: []string{"none"}}}},
					{Status: 200, Representations: []snapshot.Representation{{ContentType: "text/plain", Examples: []string{"plain"}}, {ContentType: "application/json", Examples: []string{`{"id":1}`, `{"id":2}`}}}}}},
			{ID: "create", Method: "POST", URLTemplate: "/", Policy: snapshot.Policy{Text: inboundPolicy(checked)}, Parameters: []snapshot.Parameter{{Name: "mode", In: "query", Type: "string", Values: []string{"fast"}}},
				Requests: []snapshot.Representation{{ContentType: "application/json", SchemaID: "Order", TypeName: "Order"}}},
			{ID: "who", Method: "GET", URLTemplate: "/who", Policy: snapshot.Policy{Text: inboundPolicy(who)}},
		}}}})
	for _, e := range engines {
		c := b.client(e, nil)
		for _, tc := range []struct{ method, path, body, want string }{
			{"GET", "/orders/mock", "", `{"id":1}`}, {"GET", "/orders/who?subscription-key=key", "", "ada ada@example.com Developers,Team Gold 1 Ada's"},
			{"POST", "/orders/?mode=fast", `{"id":1}`, "taken"}, {"POST", "/orders/", `{"id":"one"}`, "does not conform"}, {"POST", "/orders/", `{}`, "does not conform"},
			{"POST", "/orders/?mode=slow", `{"id":1}`, "mode"}, {"POST", "/orders/?other=1", `{"id":1}`, "other"},
		} {
			req, err := http.NewRequestWithContext(t.Context(), tc.method, "https://"+clientHost+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			resp, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || !strings.Contains(string(got), tc.want) {
				t.Errorf("%s %s %s: %d %s, want %s, %v", e.name, tc.method, tc.path, resp.StatusCode, got, tc.want, err)
			}
		}
	}
}

// TestEvents: log-to-eventhub writes a line to what the site has for the logger.
func TestEvents(t *testing.T) {
	var mu sync.Mutex
	lines := map[string]string{}
	b := newBenchWith(t, echo, func(o *gateway.Options) {
		o.Events = func(service, logger string) io.Writer {
			return writerFunc(func(p []byte) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				lines[service+"/"+logger] += string(p)
				return len(p), nil
			})
		}
	})
	b.apply(&snapshot.Service{Loggers: map[string]*snapshot.Logger{"hub": {ID: "Hub", Type: "azureEventHub", Name: "orders"}},
		APIs: []*snapshot.API{{ID: "a", Path: "a", Operations: []*snapshot.Operation{{ID: "o", Method: "GET", URLTemplate: "/",
			Policy: snapshot.Policy{Text: inboundPolicy(`<log-to-eventhub logger-id="HUB" partition-key="k">one "two"</log-to-eventhub><return-response />`)}}}}}})
	if resp, _ := get(t, b.client(engines[0], nil), "/a"); resp.StatusCode != 200 {
		t.Fatal(resp.Status)
	}
	mu.Lock()
	defer mu.Unlock()
	if line := lines["contoso-client/Hub"]; !strings.HasSuffix(line, `"logger":"Hub","eventHub":"orders","partitionKey":"k","event":"one \"two\""}`+"\n") {
		t.Errorf("line %q", line)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
