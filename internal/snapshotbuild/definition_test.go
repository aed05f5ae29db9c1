package snapshotbuild

import (
	"reflect"
	"testing"

	"gatehouse/internal/snapshot"
)

type list = []any
type props = map[string]any

// TestDescriptions: what operations, schemas, users, groups and loggers become, and that they go again.
func TestDescriptions(t *testing.T) {
	w := newWorld(t)
	representation := func(kv ...any) props {
		m := props{"contentType": "application/json"}
		for i := 0; i+1 < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	w.put(
		resource("", props{}), resource("/apis/orders", props{"path": "orders"}),
		resource("/apis/orders/schemas/S1", props{"contentType": "application/vnd.oai.openapi.components+json", "document": props{"components": props{"schemas": props{}}}}),
		resource("/apis/orders/operations/create", props{"method": "POST", "urlTemplate": "/{id}",
			"templateParameters": list{props{"name": "id", "type": "Integer", "required": true}},
			"request": props{"queryParameters": list{props{"name": "q", "required": true, "values": list{"a", "b"}}}, "headers": list{props{"name": "X-H", "type": "string"}},
				"representations": list{representation("schemaId", "S1", "typeName", "Order", "examples", props{"b": props{"value": "text"}, "a": props{"value": props{"id": 1}}})}},
			"responses": list{props{"statusCode": 201, "representations": list{representation("sample", "old")}, "headers": list{props{"name": "Location"}}}}}),
		resource("/schemas/Json", props{"schemaType": "json", "document": props{"type": "object"}}), resource("/schemas/xml", props{"schemaType": "xml", "value": "<schema/>"}),
		resource("/users/Ada", props{"email": "ada@example.com", "firstName": "Ada", "registrationDate": "2026-01-02T03:04:05Z", "identities": list{props{"provider": "Basic", "id": "ada@example.com"}}}),
		resource("/groups/Team", props{"displayName": "The team"}), resource("/groups/Team/users/Ada", props{}),
		resource("/products/gold", props{"displayName": "Gold", "subscriptionsLimit": 2, "approvalRequired": true}),
		resource("/subscriptions/s", props{"displayName": "S", "scope": base + "/products/gold", "ownerId": base + "/users/Ada", "startDate": "2026-01-02T03:04:05Z"}),
		resource("/loggers/Hub", props{"loggerType": "azureEventHub", "credentials": props{"name": "orders"}}),
	)
	w.run()
	s := w.now()
	o := s.APIs[0].Operations[0]
	if want := []snapshot.Parameter{{Name: "id", In: "path", Type: "integer"}, {Name: "q", In: "query", Required: true, Values: []string{"a", "b"}}, {Name: "X-H", In: "header", Type: "string"}}; !reflect.DeepEqual(o.Parameters, want) {
		t.Errorf("parameters %+v", o.Parameters)
	}
	if want := []snapshot.Representation{{ContentType: "application/json", SchemaID: "S1", TypeName: "Order", Examples: []string{`{"id":1}`, "text"}}}; !reflect.DeepEqual(o.Requests, want) {
		t.Errorf("requests %+v", o.Requests)
	}
	if r := o.Replies[0]; r.Status != 201 || r.Headers[0].Name != "Location" || r.Representations[0].Examples[0] != "old" {
		t.Errorf("replies %+v", o.Replies)
	}
	if got := s.APIs[0].Schemas["s1"].Text; got != `{"components":{"schemas":{}}}` {
		t.Errorf("the API's schema is %s", got)
	}
	if s.Schemas["json"].Text != `{"type":"object"}` || s.Schemas["xml"].Text != "<schema/>" {
		t.Errorf("schemas %+v", s.Schemas)
	}
	u := s.Users["ada"]
	if u.Email != "ada@example.com" || !reflect.DeepEqual(u.Groups, []string{"team"}) || u.Registered.Year() != 2026 || u.Identities[0].Provider != "Basic" || s.Groups["team"].Name != "The team" {
		t.Errorf("user %+v", u)
	}
	if p := s.Products[0]; !p.ApprovalRequired || *p.SubscriptionsLimit != 2 || s.Subscriptions[0].Owner != "ada" || s.Subscriptions[0].Start.IsZero() || !s.Subscriptions[0].End.IsZero() {
		t.Errorf("product %+v, subscription %+v", p, s.Subscriptions[0])
	}
	if l := s.Loggers["hub"]; l.Type != "azureEventHub" || l.Name != "orders" {
		t.Errorf("logger %+v", l)
	}
	w.remove("/groups/Team/users/Ada", "/schemas/Json", "/apis/orders/schemas/S1", "/loggers/Hub")
	w.eventually("what was removed is gone", func(s *snapshot.Service) bool {
		return len(s.Users["ada"].Groups) == 0 && len(s.Schemas) == 1 && len(s.APIs[0].Schemas) == 0 && len(s.Loggers) == 0
	})
	w.remove("/users/Ada", "/groups/Team")
	w.eventually("people are gone", func(s *snapshot.Service) bool { return len(s.Users)+len(s.Groups) == 0 })
}
