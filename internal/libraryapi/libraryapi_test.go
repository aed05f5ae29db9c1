package libraryapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/library"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/seal"
	"gatehouse/internal/store/bolt"
)

// owners authorises those object ids, for the action that the library asks for.
type owners map[string]bool

func (o owners) Authorize(_ context.Context, c identity.Caller, action string, _ bool, _ resourceid.ID) rbac.Decision {
	return rbac.Decision{Allowed: o[c.ObjectID] && action == "Microsoft.Authorization/roleAssignments/write"}
}

// records keeps the audit.
type records []audit.Record

func (r *records) Write(_ context.Context, a audit.Record) error { *r = append(*r, a); return nil }

// world is a library with its API, a tenant, and a clock.
type world struct {
	t     *testing.T
	ids   *identity.Service
	h     http.Handler
	audit *records
	now   time.Time
	owner string // a token
	other string
	app   identity.Principal
	data  string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, audit: &records{}, now: time.Now(), data: filepath.Join(t.TempDir(), "data.db")}
	st, err := bolt.Open(w.data, bolt.Options{})
	check(t, err)
	t.Cleanup(func() { st.Close() })
	root, err := seal.LoadOrCreateRootKey(filepath.Join(filepath.Dir(w.data), "root.key"))
	check(t, err)
	sealed, err := seal.Open(t.Context(), st, root)
	check(t, err)
	clock := func() time.Time { return w.now }
	w.ids, err = identity.Open(t.Context(), sealed, identity.Options{Now: clock})
	check(t, err)
	user := w.ids.User()
	w.app, _, err = w.ids.CreateApplication(t.Context(), w.ids.Caller(user), "contoso-deploy")
	check(t, err)
	lib := library.New(library.Options{Store: sealed, Identity: w.ids, Authorizer: owners{user.ObjectID: true}, Audit: w.audit, Now: clock})
	w.h = New(Options{Library: lib, Identity: w.ids})
	w.owner, _, err = w.ids.IssueToken(t.Context(), user, audiences[0])
	check(t, err)
	w.other, _, err = w.ids.IssueToken(t.Context(), w.app, audiences[0])
	check(t, err)
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// call sends a request below /gatehouse/default/_apis/ and gives status and decoded body.
func (w *world) call(token, method, path, body string) (int, map[string]any, string) {
	w.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/gatehouse/default/_apis/" + path
	}
	r := httptest.NewRequest(method, "https://dev.azure.com"+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	var v map[string]any
	if strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") {
		check(w.t, json.Unmarshal(rec.Body.Bytes(), &v))
	}
	return rec.Code, v, rec.Body.String()
}

// must is call as the owner, for which nothing but success will do.
func (w *world) must(method, path, body string) map[string]any {
	w.t.Helper()
	status, v, text := w.call(w.owner, method, path, body)
	if status >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return v
}

func text(v map[string]any, path ...string) string {
	for _, p := range path[:len(path)-1] {
		v, _ = v[p].(map[string]any)
	}
	s, _ := v[path[len(path)-1]].(string)
	return s
}

// run begins a run of the pipeline 1; permitted is JSON.
func (w *world) run(permitted string) map[string]any {
	w.must("POST", "pipelines", `{"name":"deploy"}`)
	return w.must("POST", "pipelines/1/runs", `{"permitted":`+permitted+`}`)
}

func TestSecureFileOfARun(t *testing.T) {
	w := newWorld(t)
	content := "PFX " + strings.Repeat("secret content ", 100_000) // several records
	f := w.must("POST", "distributedtask/securefiles?name=client.pfx&api-version=7.1", content)
	id := text(f, "id")
	if status, v, _ := w.call(w.owner, "POST", "distributedtask/securefiles?name=CLIENT.pfx", "x"); status != 409 || text(v, "typeKey") != "SecureFileExistsException" {
		t.Errorf("a second of the name: %d %v", status, v)
	}
	if status, _, body := w.call(w.owner, "GET", "distributedtask/securefiles/"+id+"?download=true", ""); status != 403 || strings.Contains(body, "PFX") {
		t.Errorf("a download outside of a run: %d", status)
	}
	r1, r2 := w.run(`{}`), w.run(`{"securefile":["client.pfx"]}`)
	_ = r1
	status, v, _ := w.call(w.owner, "GET", "distributedtask/securefiles/"+id+"?download=true&runId=1", "")
	if status != 403 || !strings.Contains(text(v, "message"), "The pipeline 'deploy' needs permission to use the secure file 'client.pfx'. Permit it for one run by --secure-file 'client.pfx'") {
		t.Errorf("without permission: %d %v", status, v)
	}
	if status, _, body := w.call(w.owner, "GET", "distributedtask/securefiles/"+id+"?download=true&runId=2", ""); status != 200 || body != content {
		t.Errorf("with permission: %d, %d bytes", status, len(body))
	}
	if status, _, _ := w.call(w.other, "GET", "distributedtask/securefiles/"+id+"?download=true&runId=2", ""); status != 403 {
		t.Errorf("the run of somebody else: %d", status)
	}
	w.must("PATCH", "pipelines/1/runs/2", `{"state":"completed","result":"succeeded"}`)
	if status, _, _ := w.call(w.owner, "GET", "distributedtask/securefiles/"+id+"?download=true&runId=2", ""); status != 403 {
		t.Errorf("a run that has ended: %d", status)
	}
	if text(r2, "orchestrationPlan", "planId") == "" {
		t.Error("a run needs a plan")
	}
}

func TestReplaceAndDelete(t *testing.T) {
	w := newWorld(t)
	first := w.must("POST", "distributedtask/securefiles?name=a&replace=true", "one")
	second := w.must("POST", "distributedtask/securefiles?name=a&replace=true", "two")
	if text(first, "id") != text(second, "id") {
		t.Error("a replaced file keeps its id")
	}
	w.run(`{"securefile":["a"]}`)
	if _, _, body := w.call(w.owner, "GET", "distributedtask/securefiles/"+text(first, "id")+"?download=true&runId=1", ""); body != "two" {
		t.Errorf("got %q", body)
	}
	w.must("DELETE", "distributedtask/securefiles/"+text(first, "id"), "")
	if v := w.must("GET", "distributedtask/securefiles", ""); v["count"] != 0.0 {
		t.Errorf("%v", v)
	}
	r := httptest.NewRequest("POST", "https://dev.azure.com/gatehouse/default/_apis/distributedtask/securefiles?name=big", io.LimitReader(zeros{}, library.MaxSecureFile+1))
	r.Header.Set("Authorization", "Bearer "+w.owner)
	rec := httptest.NewRecorder()
	if w.h.ServeHTTP(rec, r); rec.Code != 413 {
		t.Errorf("a file over 10 MB: %d %s", rec.Code, rec.Body)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPermissions(t *testing.T) {
	w := newWorld(t)
	f := w.must("POST", "distributedtask/securefiles?name=a", "x")
	w.run(`{}`)
	path := "pipelines/pipelinePermissions/securefile/" + text(f, "id")
	download := func() int {
		status, _, _ := w.call(w.owner, "GET", "distributedtask/securefiles/"+text(f, "id")+"?download=true&runId=1", "")
		return status
	}
	w.must("PATCH", path, `{"pipelines":[{"id":1,"authorized":true}]}`)
	if v := w.must("GET", path, ""); len(v["pipelines"].([]any)) != 1 || download() != 200 {
		t.Errorf("%v", v)
	}
	w.must("PATCH", path, `{"pipelines":[{"id":1,"authorized":false}]}`)
	if download() != 403 {
		t.Error("the permission was taken away")
	}
	w.must("PATCH", path, `{"allPipelines":{"authorized":true}}`)
	if download() != 200 {
		t.Error("all pipelines may")
	}
	if status, _, _ := w.call(w.owner, "GET", "pipelines/pipelinePermissions/queue/1", ""); status != 400 {
		t.Errorf("a kind that is not served: %d", status)
	}
}

func TestVariableGroups(t *testing.T) {
	w := newWorld(t)
	g := w.must("POST", "/gatehouse/_apis/distributedtask/variablegroups", `{"name":"shared","type":"Vsts","variables":{"plain":{"value":"p"},"hidden":{"value":"group-secret","isSecret":true}}}`)
	if g["id"] != 1.0 || text(g, "variables", "plain", "value") != "p" {
		t.Errorf("%v", g)
	}
	w.must("PUT", "distributedtask/variablegroups/1", `{"name":"renamed","variables":{"hidden":{"isSecret":true}}}`)
	_, _, body := w.call(w.owner, "GET", "distributedtask/variablegroups", "")
	if strings.Contains(body, "group-secret") || !strings.Contains(body, "renamed") || strings.Contains(body, "shared") {
		t.Errorf("%s", body)
	}
	w.run(`{"variablegroup":["renamed"]}`)
	if _, _, body := w.call(w.owner, "GET", "distributedtask/variablegroups?groupName=renamed&runId=1", ""); !strings.Contains(body, "group-secret") {
		t.Errorf("a run gets the secret, which the change kept: %s", body)
	}
}

func endpointJSON(name, client string) string {
	return `{"name":"` + name + `","type":"azurerm","authorization":{"scheme":"WorkloadIdentityFederation","parameters":{"serviceprincipalid":"` + client + `"}}}`
}

func TestServiceConnectionSignsIn(t *testing.T) {
	w := newWorld(t)
	e := w.must("POST", "/gatehouse/_apis/serviceendpoint/endpoints", endpointJSON("contoso deploy", w.app.AppID))
	if got := text(e, "authorization", "parameters", "workloadIdentityFederationSubject"); got != "sc://gatehouse/default/contoso deploy" {
		t.Errorf("subject %q", got)
	}
	ask := func(r map[string]any) (int, map[string]any) {
		status, v, _ := w.call(w.owner, "POST", "distributedtask/hubs/build/plans/"+text(r, "orchestrationPlan", "planId")+"/jobs/12f1170f-54f2-53f3-20dd-22fc7dff55f9/oidctoken?serviceConnectionId="+text(e, "id"), "")
		return status, v
	}
	if status, _ := ask(w.run(`{}`)); status != 403 {
		t.Errorf("without permission: %d", status)
	}
	status, v := ask(w.run(`{"endpoint":["contoso deploy"]}`))
	if status != 200 {
		t.Fatalf("%d %v", status, v)
	}
	p, err := w.ids.AuthenticateAssertion(t.Context(), w.app.AppID, text(v, "oidcToken"), nil)
	if err != nil || p.AppID != w.app.AppID {
		t.Errorf("the application does not accept the token: %v", err)
	}
	for body, want := range map[string]int{endpointJSON("x", "00000000-0000-0000-0000-000000000000"): 400, `{"name":"x","type":"github"}`: 400, endpointJSON("contoso deploy", w.app.AppID): 409, `{`: 400} {
		if status, _, text := w.call(w.owner, "POST", "serviceendpoint/endpoints", body); status != want {
			t.Errorf("%s: %d %s, want %d", body, status, text, want)
		}
	}
	if status, _, _ := w.call(w.owner, "PUT", "serviceendpoint/endpoints/"+text(e, "id"), endpointJSON("other", w.app.AppID)); status != 400 {
		t.Errorf("a rename: %d", status)
	}
}

func TestRights(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "distributedtask/securefiles?name=a", "x")
	for _, c := range []struct{ method, path, body string }{
		{"GET", "distributedtask/securefiles", ""}, {"POST", "distributedtask/securefiles?name=b", "x"}, {"DELETE", "distributedtask/securefiles/a", ""},
		{"GET", "distributedtask/variablegroups", ""}, {"POST", "distributedtask/variablegroups", `{"name":"g","variables":{"a":{"value":"b"}}}`},
		{"GET", "serviceendpoint/endpoints", ""}, {"POST", "serviceendpoint/endpoints", endpointJSON("x", w.app.AppID)},
		{"POST", "pipelines", `{"name":"p"}`}, {"POST", "pipelines/1/runs", `{}`}, {"PATCH", "pipelines/pipelinePermissions/securefile/a", `{}`},
	} {
		if status, v, _ := w.call(w.other, c.method, c.path, c.body); status != 403 || text(v, "typeKey") != "AccessDeniedException" {
			t.Errorf("%s %s by a principal without a role: %d %v", c.method, c.path, status, v)
		}
	}
	if status, _, _ := w.call("", "GET", "projects", ""); status != 401 {
		t.Errorf("without a token: %d", status)
	}
	vault, _, err := w.ids.IssueToken(t.Context(), w.ids.User(), "https://vault.azure.net")
	check(t, err)
	if status, _, _ := w.call(vault, "GET", "projects", ""); status != 401 {
		t.Errorf("a token of another audience: %d", status)
	}
	denied := 0
	for _, r := range *w.audit {
		if r.Decision == audit.Denied {
			denied++
		}
	}
	if denied == 0 {
		t.Error("denials must be audited")
	}
}

func TestAddresses(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]int{"/gatehouse/_apis/projects": 200, "/GATEHOUSE/Default/_APIS/DistributedTask/SecureFiles": 200, "/contoso/_apis/projects": 404, "/gatehouse/other/_apis/pipelines": 404,
		"/gatehouse/default/_apis/build/builds": 404, "/": 404, "/gatehouse": 404, "/gatehouse/default/_apis/pipelines/x/runs/1": 404} {
		if status, _, body := w.call(w.owner, "GET", path, ""); status != want {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	if status, _, _ := w.call(w.owner, "DELETE", "projects", ""); status != 405 {
		t.Errorf("a method that is not there: %d", status)
	}
}

func TestNothingIsInPlainText(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "distributedtask/securefiles?name=needle-name", "needle-content")
	w.must("POST", "distributedtask/variablegroups", `{"name":"g","variables":{"a":{"value":"needle-secret","isSecret":true}}}`)
	data, err := os.ReadFile(w.data)
	check(t, err)
	for _, n := range []string{"needle-content", "needle-secret"} {
		if bytes.Contains(data, []byte(n)) {
			t.Errorf("the data file holds %q", n)
		}
	}
	for _, r := range *w.audit {
		if strings.Contains(r.Resource+r.Action, "needle-content") || strings.Contains(r.Resource+r.Action, "needle-secret") {
			t.Errorf("the audit holds a secret: %+v", r)
		}
	}
}
