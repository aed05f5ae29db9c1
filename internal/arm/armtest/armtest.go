// Package armtest gives the tests of providers a Resource Manager over a store on disk, with callers and rights
// of the test's choosing, and a client of its HTTP. Start at New. It holds nothing that the program uses.
package armtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
	"gatehouse/internal/store/bolt"
)

// The tenant and subscription of a Server.
const (
	Tenant       = "11111111-1111-4111-8111-111111111111"
	Subscription = "22222222-2222-4222-8222-222222222222"
	Scope        = "/subscriptions/" + Subscription
	APIVersion   = "2024-03-01"
)

// Identity knows every token that is the name of a caller: "owner" is anyone's.
type Identity struct{}

// TenantID implements arm.Identity.
func (Identity) TenantID() string { return Tenant }

// SubscriptionID implements arm.Identity.
func (Identity) SubscriptionID() string { return Subscription }

// VerifyToken takes the token for the caller's name; "expired" and "malformed" are refused.
func (Identity) VerifyToken(_ context.Context, token string, _ ...string) (identity.Caller, error) {
	switch token {
	case "expired":
		return identity.Caller{}, identity.ErrExpired
	case "malformed":
		return identity.Caller{}, identity.ErrMalformed
	case "audience":
		return identity.Caller{}, identity.ErrAudience
	}
	return Caller(token), nil
}

// Caller is the caller whose token is name.
func Caller(name string) identity.Caller {
	return identity.Caller{TenantID: Tenant, ObjectID: "oid-" + name, AppID: "app-" + name, Name: name, Type: identity.ServicePrincipal}
}

// Rights allow by rules; "owner" may do everything.
type Rights struct {
	mu    sync.Mutex
	rules map[string][]rbac.Assignment
	roles map[string]rbac.RoleDefinition
}

// Allow lets the caller do the actions (patterns) at the scope and below.
func (r *Rights) Allow(caller, scope string, actions ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rules == nil {
		r.rules, r.roles = map[string][]rbac.Assignment{}, map[string]rbac.RoleDefinition{}
	}
	role := strings.Join(actions, ",")
	r.roles[role] = rbac.RoleDefinition{ID: role, Permissions: []rbac.Permission{{Actions: actions}}}
	oid := Caller(caller).ObjectID
	r.rules[oid] = append(r.rules[oid], rbac.Assignment{PrincipalID: oid, RoleID: role, Scope: resourceid.MustParse(scope)})
}

// Authorize implements rbac.Authorizer.
func (r *Rights) Authorize(_ context.Context, c identity.Caller, action string, data bool, scope resourceid.ID) rbac.Decision {
	if c.Name == "owner" {
		return rbac.Decision{Allowed: true}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return rbac.Decide(r.rules[c.ObjectID], func(id string) (rbac.RoleDefinition, bool) { d, ok := r.roles[id]; return d, ok },
		rbac.Request{Principals: []string{c.ObjectID}, Action: action, Data: data, Scope: scope})
}

// Audit keeps records; with Fail set it refuses them.
type Audit struct {
	mu      sync.Mutex
	records []audit.Record
	Fail    error
}

// Write implements audit.Writer.
func (a *Audit) Write(_ context.Context, r audit.Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Fail != nil {
		return a.Fail
	}
	a.records = append(a.records, r)
	return nil
}

// Records are those written so far.
func (a *Audit) Records() []audit.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]audit.Record(nil), a.records...)
}

// Server is a Resource Manager under test.
type Server struct {
	TB     testing.TB
	ARM    *arm.Service
	Store  store.Store
	Rights *Rights
	Audit  *Audit
	HTTP   *httptest.Server
	dir    string
	mu     sync.Mutex
	now    time.Time
}

// New starts a Server on a new store. register adds the providers under test.
func New(tb testing.TB, register func(*arm.Service)) *Server {
	s := &Server{TB: tb, Rights: &Rights{}, Audit: &Audit{}, dir: tb.TempDir(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	s.open(register)
	tb.Cleanup(s.close)
	return s
}

// Restart closes the store and starts again on it.
func (s *Server) Restart(register func(*arm.Service)) {
	s.close()
	s.open(register)
}

func (s *Server) open(register func(*arm.Service)) {
	st, err := bolt.Open(filepath.Join(s.dir, "data.db"), bolt.Options{NoSync: true})
	if err != nil {
		s.TB.Fatal(err)
	}
	s.Store = st
	s.ARM = arm.New(arm.Options{Store: st, Identity: Identity{}, Authorizer: s.Rights, Audit: s.Audit, Now: s.Now})
	register(s.ARM)
	s.HTTP = httptest.NewServer(s.ARM.Handler())
}

func (s *Server) close() {
	s.HTTP.Close()
	if err := s.Store.Close(); err != nil {
		s.TB.Error(err)
	}
}

// Now is the Server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance moves the clock.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Reply is an answer over HTTP.
type Reply struct {
	Status int
	Header http.Header
	Text   string
	Body   map[string]any
}

// Code is the error's code.
func (r Reply) Code() string { return r.String("error/code") }

// At follows a path of members, like "properties/vaultUri".
func (r Reply) At(path string) any {
	var v any = r.Body
	for _, seg := range strings.Split(path, "/") {
		m, _ := v.(map[string]any)
		v = m[seg]
	}
	return v
}

// String is At for text.
func (r Reply) String(path string) string { s, _ := r.At(path).(string); return s }

// Names are the names in "value".
func (r Reply) Names() (names []string) {
	list, _ := r.Body["value"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		n, _ := m["name"].(string)
		names = append(names, n)
	}
	return names
}

// Do sends a request as "owner"; header lines are "Name: value". The path may be a whole URL. An api-version is added
// where there is none.
func (s *Server) Do(method, path, body string, header ...string) Reply {
	s.TB.Helper()
	if !strings.HasPrefix(path, "http") {
		path = s.HTTP.URL + path
	}
	if !strings.Contains(path, "api-version") && !strings.Contains(path, "api%2Dversion") {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "api-version=" + APIVersion
	}
	req, err := http.NewRequest(method, path, bytes.NewBufferString(body))
	if err != nil {
		s.TB.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer owner")
	for _, h := range header {
		k, v, _ := strings.Cut(h, ":")
		req.Header.Set(k, strings.TrimSpace(v))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.TB.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		s.TB.Fatal(err)
	}
	r := Reply{Status: res.StatusCode, Header: res.Header, Text: string(data)}
	if len(data) > 0 && data[0] == '{' {
		if err := json.Unmarshal(data, &r.Body); err != nil {
			s.TB.Fatalf("%s %s: not JSON: %v: %s", method, path, err, data)
		}
	}
	return r
}

// Want is Do, and fails the test unless the status is the one wanted.
func (s *Server) Want(status int, method, path, body string, header ...string) Reply {
	s.TB.Helper()
	r := s.Do(method, path, body, header...)
	if r.Status != status {
		s.TB.Fatalf("%s %s: got %d %s, want %d", method, path, r.Status, r.Text, status)
	}
	return r
}

// Group makes a resource group and returns its ID. The resources provider must be registered.
func (s *Server) Group(name string) string {
	s.TB.Helper()
	id := Scope + "/resourceGroups/" + name
	s.Want(201, "PUT", id, `{"location":"westeurope"}`)
	return id
}
