package gateway_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/gateway"
	explain "gatehouse/internal/handshake"
	"gatehouse/internal/snapshot"
)

// meters counts for tests.
type meters struct {
	sync.Mutex
	requests map[string]int
	errors   map[string]int
}

func (m *meters) API(service, api string) gateway.Meter { return &meter{m, service + "/" + api} }
func (m *meters) PolicyError(_, api, reason string) {
	m.Lock()
	defer m.Unlock()
	m.errors[api+" "+reason]++
}

type meter struct {
	m    *meters
	name string
}

func (m *meter) Request(status int, _ time.Duration) {
	m.m.Lock()
	defer m.m.Unlock()
	m.m.requests[m.name+" "+string(rune('0'+status/100))+"xx"]++
}

// TestTrace: each policy with what it changed, and no secret in it.
func TestTrace(t *testing.T) {
	m := &meters{requests: map[string]int{}, errors: map[string]int{}}
	failures := explain.NewLog(16, nil)
	b := newBenchWith(t, echo, func(o *gateway.Options) { o.Recorder, o.Handshakes = m, failures })
	for _, e := range engines {
		var mu sync.Mutex
		var got []*gateway.Trace
		stop := b.g.Watch(gateway.TraceFilter{Path: "/backend/"}, func(tr *gateway.Trace) { mu.Lock(); got = append(got, tr); mu.Unlock() })
		c := b.client(e, nil)
		get(t, c, "/backend/orders/7?z=9", "Authorization", "Bearer very-secret")
		get(t, c, "/keyed/x") // not asked for
		get(t, c, "/backend/wrong")
		get(t, c, "/backend/nocert")
		stop()
		get(t, c, "/backend/late")
		if len(got) != 3 {
			t.Fatalf("%s: %d traces", e.name, len(got))
		}
		text, _ := json.Marshal(got[0])
		for _, want := range []string{`"policy":"set-backend-service"`, `"what":"backend","to":"b1"`, `"policy":"rewrite-uri"`, `"what":"request.path","from":"/orders/7","to":"/v2/7/x"`,
			`"what":"request.header.X-Secret","to":"***"`, `"policy":"forward-request"`, `"what":"response.status","to":"200 OK"`, `"operation":"rewrite"`, `"backend":"backend.example.com:443"`} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: the trace lacks %s:\n%s", e.name, want, text)
			}
		}
		if strings.Contains(string(text), "hush") || strings.Contains(string(text), "very-secret") {
			t.Errorf("%s: the trace shows a secret:\n%s", e.name, text)
		}
		if x := got[1].Explanation; x == nil || x.Check != explain.CheckName || !strings.Contains(x.Reason, "is for 'backend.example.com' and not for '127.0.0.1'") {
			t.Errorf("%s: a wrong name is explained by %+v", e.name, x)
		}
		if x := got[2].Explanation; x == nil || x.Check != explain.CheckClientCertificate || !strings.Contains(x.Reason, "requires a client certificate, and none was presented") ||
			!strings.Contains(x.Reason, "it accepts: 'CN=Contoso Test Root'") {
			t.Errorf("%s: a missing client certificate is explained by %+v", e.name, x)
		}
	}
	m.Lock()
	defer m.Unlock()
	if m.requests["contoso-client/backend 2xx"] != 4 || m.requests["contoso-client/backend 5xx"] != 4 || m.errors["backend BackendConnectionFailure"] != 4 || m.errors["keyed SubscriptionKeyNotFound"] != 2 {
		t.Errorf("counted %v %v", m.requests, m.errors)
	}
	if r := failures.Records(explain.Filter{}); len(r) != 4 || r[0].Service != "contoso-client" || r[0].RequestID == "" || !r[0].Requested {
		t.Errorf("recorded %+v", r)
	}
}

// TestRefusedCertificate: a rejected client certificate leaves a record that says why.
func TestRefusedCertificate(t *testing.T) {
	failures := explain.NewLog(16, nil)
	b := newBenchWith(t, echo, func(o *gateway.Options) { o.Handshakes = failures })
	s := withCopy(b.snap.Services["contoso-client"])
	s.RequireClientCertificate = true
	b.g.Apply(&snapshot.Snapshot{Services: map[string]*snapshot.Service{"contoso-client": s}})
	get(t, b.client(engines[0], nil), "/backend/a")
	r := failures.Records(explain.Filter{})
	if len(r) != 1 || r[0].Check != explain.CheckClientCertificate || r[0].Direction != explain.Inbound || !strings.Contains(r[0].Reason, "no certificate was presented") {
		t.Errorf("recorded %+v", r)
	}
}
