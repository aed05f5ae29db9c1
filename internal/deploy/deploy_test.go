package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/azerr"
	"gatehouse/internal/deploy"
	"gatehouse/internal/provider/management"
	"gatehouse/internal/provider/resources"
)

// world is Resource Manager with deployments and a provider of boxes, which are stored as given, get a
// default and an address, hide their password and can be told to fail or to wait.
type world struct {
	*armtest.Server
	deploy *deploy.Service

	mu    sync.Mutex
	order []string
	most  int
	now   int
	gate  chan struct{}
	tries int
	stop  func()
}

const boxes = "Contoso.Test/boxes"

func newWorld(t *testing.T) *world {
	w := &world{gate: make(chan struct{})}
	w.Server = armtest.New(t, w.register)
	w.run(t)
	return w
}

func (w *world) register(s *arm.Service) {
	resources.New(resources.Options{ARM: s})
	management.New(management.Options{ARM: s})
	w.deploy = deploy.New(deploy.Options{ARM: s, Workers: 4, Backoff: time.Millisecond, Now: s.Now, Document: fromLibrary})
	s.Register(w.deploy.Types()...)
	s.RegisterCalls("Microsoft.Resources", w.deploy.Calls())
	s.Register(
		&arm.Type{Name: boxes, Tracked: true, NeedsLocation: true, Put: w.putBox, Actions: map[string]*arm.Action{
			"listSecrets": {Run: func(_ context.Context, q *arm.ActionRequest) (any, error) {
				return map[string]any{"secret": fmt.Sprint("secret of ", q.Resource.Private["password"])}, nil
			}},
			"listKeys": {Run: func(context.Context, *arm.ActionRequest) (any, error) { return map[string]any{"key": "k-1"}, nil }}}},
		&arm.Type{Name: boxes + "/items", Put: w.putBox},
		&arm.Type{Name: "Contoso.Test/notes", Scopes: arm.ResourceScope | arm.GroupScope | arm.SubscriptionScope | arm.ManagementGroupScope | arm.TenantScope, Put: w.putBox})
}

func (w *world) run(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	service := w.deploy
	go func() { _ = service.Run(ctx); close(done) }()
	w.stop = func() { cancel(); <-done }
	t.Cleanup(w.stop)
}

func (w *world) putBox(ctx context.Context, q *arm.PutRequest) (*arm.Resource, error) {
	r, err := q.Resource()
	if err != nil {
		return nil, err
	}
	if r.Properties["fail"] == true && !q.ValidateOnly {
		return nil, azerr.ARMConflict.New("the box is stuck")
	}
	for name, code := range map[string]*azerr.Code{"busy": azerr.ARMConflict, "throttled": azerr.TooManyRequestsForManagement} {
		if w.refuses(q, r.Properties[name]) {
			e := code.New("the box is " + name)
			if after, ok := r.Properties["after"].(json.Number); ok {
				seconds, _ := after.Int64()
				e.RetryAfter = time.Duration(seconds) * time.Second
			}
			return nil, e
		}
	}
	if r.Properties["bad"] == true {
		return nil, azerr.ARMBadRequest.New("the box is bad")
	}
	if p, ok := r.Properties["password"]; ok {
		delete(r.Properties, "password")
		r.Private = map[string]any{"password": p}
	}
	if _, ok := r.Properties["colour"]; !ok {
		r.Properties["colour"] = "grey"
	}
	r.Properties["address"] = "https://" + q.ID.Name() + ".example.com"
	if q.ValidateOnly {
		return r, nil
	}
	w.mu.Lock()
	w.now++
	w.most = max(w.most, w.now)
	w.order = append(w.order, q.ID.Name())
	gate := w.gate
	w.mu.Unlock()
	if r.Properties["wait"] == true {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	w.mu.Lock()
	w.now--
	w.mu.Unlock()
	return r, nil
}

// refuses the first n writes.
func (w *world) refuses(q *arm.PutRequest, v any) bool {
	n, ok := v.(json.Number)
	if !ok || q.ValidateOnly {
		return false
	}
	most, _ := n.Int64()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries++
	return int64(w.tries) <= most
}

func template(resources, more string) string {
	return `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",` + more + `"resources":` + resources + `}`
}

func body(tmpl, parameters string) string {
	if parameters == "" {
		parameters = "{}"
	}
	return `{"properties": {"parameters": ` + parameters + `, "mode": "Incremental", template:` + tmpl + `}}`
}

func box(name, more string) string {
	return fmt.Sprintf(`{"type":%q,"apiVersion":"2024-01-01","name":%q,"location":"westeurope"%s}`, boxes, name, more)
}

// deployed PUTs a deployment and waits for its end.
func (w *world) deployed(path, content string) armtest.Reply {
	w.TB.Helper()
	r := w.Do("PUT", path, content)
	if r.Status != 201 && r.Status != 200 {
		w.TB.Fatalf("PUT %s: %d %s", path, r.Status, r.Text)
	}
	if r.Header.Get("Azure-AsyncOperation") == "" && r.String("properties/provisioningState") == "Running" {
		w.TB.Fatalf("no Azure-AsyncOperation: %v", r.Header)
	}
	return w.ended(path, r.Header.Get("Azure-AsyncOperation"))
}

func (w *world) ended(path, poll string) armtest.Reply {
	w.TB.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		r := w.Want(200, "GET", poll, "")
		if s := r.String("status"); s != "Running" {
			return w.Want(200, "GET", path, "")
		}
		if time.Now().After(deadline) {
			w.TB.Fatalf("%s does not end", path)
		}
	}
}

func (w *world) deployments(group string) string {
	return w.Group(group) + "/providers/Microsoft.Resources/deployments/"
}

func TestDeployment(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg")
	tmpl := template(`[`+
		box("b", `,"dependsOn":["a"],"properties":{"of":"[reference('a').address]","keys":"[listKeys('a','2024-01-01').key]","colour":"[parameters('colour')]"}`)+`,`+
		box("a", `,"tags":{"x":"[parameters('colour')]"},"properties":{"password":"[parameters('secret')]"}`)+`,`+
		`{"type":"Contoso.Test/notes","apiVersion":"2024-01-01","scope":"[resourceId('Contoso.Test/boxes','b')]","name":"n"},`+
		`{"condition":false,"type":"Contoso.Test/boxes","apiVersion":"2024-01-01","name":"never","location":"westeurope"}]`,
		`"parameters":{"colour":{"type":"string","defaultValue":"red"},"secret":{"type":"securestring"}},
		"outputs":{"provider":{"type":"string","value":"[providers('Contoso.Test','boxes').resourceType]"},"address":{"type":"string","value":"[reference('b').of]"},"hidden":{"type":"securestring","value":"[parameters('secret')]"}},`)
	done := w.deployed(at+"main", body(tmpl, `{"secret":{"value":"not-to-be-seen"}}`))
	if got := done.String("properties/provisioningState"); got != "Succeeded" {
		t.Fatalf("state %q: %s", got, done.Text)
	}
	for path, want := range map[string]string{"properties/outputs/address/value": "https://a.example.com", "properties/outputs/address/type": "String", "properties/outputs/provider/value": "boxes",
		"properties/outputs/hidden/type": "SecureString", "properties/parameters/colour/value": "red", "properties/parameters/secret/type": "SecureString", "properties/mode": "Incremental", "name": "main"} {
		if got := done.String(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if strings.Contains(done.Text, "not-to-be-seen") {
		t.Error("the deployment shows a secure value")
	}
	b := w.Want(200, "GET", strings.Split(at, "/providers/")[0]+"/providers/Contoso.Test/boxes/b", "")
	if b.String("properties/keys") != "k-1" || b.String("properties/colour") != "red" {
		t.Errorf("box b: %s", b.Text)
	}
	if out := w.Want(200, "POST", at+"main/listOutputsWithSecureValues", ""); out.String("hidden") != "not-to-be-seen" {
		t.Errorf("secure outputs: %s", out.Text)
	}
	if got := strings.Join(w.order, " "); got != "a b n" {
		t.Errorf("order %q", got)
	}
	ops := w.Want(200, "GET", at+"main/operations", "")
	if strings.Count(ops.Text, `"Succeeded"`) != 3 || !strings.Contains(ops.Text, "boxes/b/providers/Contoso.Test/notes/n") {
		t.Errorf("operations: %s", ops.Text)
	}
	exported := w.Want(200, "POST", at+"main/exportTemplate", "")
	var want any
	if err := json.Unmarshal([]byte(tmpl), &want); err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(exported.Body["template"]); string(got) != marshal(want) {
		t.Errorf("exported %s", got)
	}
	if list := w.Want(200, "GET", strings.TrimSuffix(at, "/"), ""); strings.Join(list.Names(), " ") != "main" {
		t.Errorf("list: %s", list.Text)
	}
	w.Want(204, "HEAD", at+"main", "")
	etag, writes := b.Header.Get("ETag"), len(w.order)
	again := w.deployed(at+"main", body(tmpl, `{"secret":{"value":"not-to-be-seen"}}`))
	if again.String("properties/provisioningState") != "Succeeded" {
		t.Errorf("again: %s", again.Text)
	}
	if now := w.Want(200, "GET", strings.Split(at, "/providers/")[0]+"/providers/Contoso.Test/boxes/b", ""); now.Header.Get("ETag") != etag || len(w.order) != writes {
		t.Errorf("deploying the same again wrote %v", w.order[writes:])
	}
	if ops := w.Want(200, "GET", at+"main/operations", ""); strings.Count(ops.Text, `"Succeeded"`) != 3 {
		t.Errorf("operations of the second deployment: %s", ops.Text)
	}
	w.Do("DELETE", at+"main", "")
	if r := w.Do("GET", at+"main", ""); r.Status != 404 || r.Code() != "DeploymentNotFound" {
		t.Errorf("after the deletion: %d %s", r.Status, r.Text)
	}
	w.Want(200, "GET", strings.Split(at, "/providers/")[0]+"/providers/Contoso.Test/boxes/b", "")
}

func marshal(v any) string { b, _ := json.Marshal(v); return string(b) }

func TestRefusedBeforeTheFirstWrite(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg")
	ok := box("first", "")
	for name, c := range map[string]struct{ body, code, text string }{
		"unknown type":      {body(template(`[`+ok+`,{"type":"Contoso.Test/jars","apiVersion":"2024-01-01","name":"x"}]`, ""), ""), "InvalidTemplateDeployment", "The resource type 'jars' could not be found in the namespace 'Contoso.Test'"},
		"unknown namespace": {body(template(`[`+ok+`,{"type":"Fabrikam/jars","apiVersion":"2024-01-01","name":"x"}]`, ""), ""), "InvalidTemplateDeployment", "The resource namespace 'Fabrikam' is invalid"},
		"missing parameter": {body(template(`[`+ok+`]`, `"parameters":{"p":{"type":"string"}},`), ""), "InvalidTemplate", "The value for the template parameter 'p' at line '1' and column"},
		"wrong type":        {body(template(`[`+ok+`]`, `"parameters":{"p":{"type":"int"}},`), `{"p":{"value":"x"}}`), "InvalidTemplate", "Expected 'Integer'. Actual 'String'."},
		"extra parameter":   {body(template(`[`+ok+`]`, ""), `{"zz":{"value":"x"}}`), "InvalidTemplate", "The template parameters 'zz' in the parameters file are not valid"},
		"cycle":             {body(template(`[`+box("a", `,"dependsOn":["b"]`)+`,`+box("b", `,"dependsOn":["a"]`)+`]`, ""), ""), "InvalidTemplate", "Circular dependency detected on resource"},
		"nothing":           {body(template(`[`+box("a", `,"dependsOn":["zz"]`)+`]`, ""), ""), "InvalidTemplate", "The resource 'zz' is not defined in the template"},
		"missing existing":  {body(template(`[`+box("a", `,"properties":{"x":"[reference(resourceId('Contoso.Test/boxes','gone'),'2024-01-01').address]"}`)+`]`, ""), ""), "InvalidTemplateDeployment", "The Resource 'Contoso.Test/boxes/gone' under resource group 'rg' was not found"},
		"bad body":          {body(template(`[`+ok+`,`+box("second", `,"properties":{"bad":true}`)+`]`, ""), ""), "InvalidTemplateDeployment", "the box is bad"},
		"no location":       {body(template(`[`+ok+`,{"type":"Contoso.Test/boxes","apiVersion":"2024-01-01","name":"x"}]`, ""), ""), "InvalidTemplateDeployment", "The location property is required"},
		"no template":       {`{"properties":{"mode":"Incremental"}}`, "InvalidDeployment", "no 'template'"},
		"no JSON":           {`{"properties":{"mode":"Incremental", template:{`, "InvalidRequestContent", "Unexpected end of content"},
		"mode":              {`{"properties":{"mode":"Partly","template":{}}}`, "InvalidDeployment", "'Partly'"},
		"function":          {body(template(`[`+box("[nope()]", "")+`]`, ""), ""), "InvalidTemplate", "The template function 'nope' is not valid."},
		"in a module":       {body(template(`[`+ok+`,`+module("m", template(`[{"type":"Contoso.Test/jars","apiVersion":"2024-01-01","name":"x"}]`, ""), "{}", "")+`]`, ""), ""), "InvalidTemplateDeployment", "The resource type 'jars'"},
		"one bad module":    {body(template(`[`+ok+`,`+module("m", template(`[]`, `"outputs":{"o":{"type":"string","value":"[nope()]"}},`), "{}", "")+`]`, ""), ""), "InvalidTemplate", "The template function 'nope' is not valid."},
		"two bad modules":   {body(template(`[`+ok+`,`+module("m", template(`[]`, `"parameters":{"p":{"type":"string"}},`), "{}", "")+`,`+module("n", template(`[]`, ""), `{"q":{"value":1}}`, "")+`]`, ""), ""), "MultipleErrorsOccurred", "Multiple error occurred: BadRequest,BadRequest. Please see details."},
		"link":              {`{"properties":{"mode":"Incremental","templateLink":{"uri":"https://example.com/t.json"}}}`, "InvalidContentLink", "Unable to download"},
	} {
		for _, call := range []string{"PUT", "POST"} {
			path := at + "main"
			if call == "POST" {
				path += "/validate"
			}
			r := w.Do(call, path, c.body)
			if r.Status != 400 || r.Code() != c.code || !strings.Contains(r.Text, c.text) {
				t.Errorf("%s %s: got %d %s\nwant %s: %s", call, name, r.Status, r.Text, c.code, c.text)
			}
		}
	}
	if len(w.order) > 0 {
		t.Errorf("written all the same: %v", w.order)
	}
	if r := w.Do("PUT", at+"bad%20name", body(template("[]", ""), "")); r.Code() != "InvalidDeploymentName" {
		t.Errorf("name: %s", r.Text)
	}
	if r := w.Want(200, "POST", at+"main/validate", body(template(`[`+ok+`]`, ""), "")); r.String("properties/provisioningState") != "Succeeded" || !strings.Contains(r.Text, "boxes/first") {
		t.Errorf("validate: %s", r.Text)
	}
}

func module(name, tmpl, parameters, more string) string {
	return fmt.Sprintf(`{"type":"Microsoft.Resources/deployments","apiVersion":"2025-04-01","name":%q,"properties":{"expressionEvaluationOptions":{"scope":"inner"},"mode":"Incremental","parameters":%s,"template":%s}%s}`, name, parameters, tmpl, more)
}

func TestFailureSaysWhatWasChanged(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg")
	r := w.deployed(at+"main", body(template(`[`+box("good", "")+`,`+box("stuck", `,"properties":{"fail":true}`)+`,`+box("after", `,"dependsOn":["stuck"]`)+`]`, ""), ""))
	for _, want := range []string{`"provisioningState":"Failed"`, `"code":"DeploymentFailed"`, "the box is stuck", "Resources that were changed: /subscriptions/" + armtest.Subscription + "/resourceGroups/rg/providers/Contoso.Test/boxes/good.",
		"not changed: /subscriptions/" + armtest.Subscription + "/resourceGroups/rg/providers/Contoso.Test/boxes/stuck, "} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("no %q in %s", want, r.Text)
		}
	}
	if got := strings.Join(w.order, " "); got != "good" {
		t.Errorf("written: %s", got)
	}
	again := w.deployed(at+"main", body(template(`[`+box("good", "")+`,`+box("stuck", `,"properties":{"fail":true}`)+`]`, ""), ""))
	if !strings.Contains(again.Text, "Resources that were changed: none.") || !strings.Contains(again.Text, "already as the template has them: /subscriptions/"+armtest.Subscription+"/resourceGroups/rg/providers/Contoso.Test/boxes/good.") {
		t.Errorf("again: %s", again.Text)
	}
}

func TestModules(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg")
	inner := template(`[`+box("[parameters('name')]", `,"properties":{"of":"[parameters('of')]"}`)+`]`, `"parameters":{"name":{"type":"string"},"of":{"type":"string"}},
		"outputs":{"address":{"type":"string","value":"[reference(resourceId('Contoso.Test/boxes', parameters('name'))).address]"}},`)
	outer := `{"type":"Microsoft.Resources/deployments","apiVersion":"2025-04-01","name":"outer","dependsOn":["m"],"properties":{"mode":"Incremental","template":` +
		template(`[`+box("[variables('third')]", `,"properties":{"of":"[reference('m').outputs.address.value]"}`)+`]`, "") + `}}`
	tmpl := template(`[`+module("m", inner, `{"name":{"value":"second"},"of":{"value":"[reference('first').address]"}}`, "")+`,`+box("first", "")+`,`+outer+`]`,
		`"variables":{"third":"third"},"outputs":{"of":{"type":"string","value":"[reference('m').outputs.address.value]"}},`)
	r := w.deployed(at+"main", body(tmpl, ""))
	if r.String("properties/outputs/of/value") != "https://second.example.com" || strings.Join(w.order, " ") != "first second third" {
		t.Fatalf("order %v: %s", w.order, r.Text)
	}
	if third := w.Want(200, "GET", strings.Split(at, "/providers/")[0]+"/providers/Contoso.Test/boxes/third", ""); third.String("properties/of") != "https://second.example.com" {
		t.Errorf("third: %s", third.Text)
	}
	if m := w.Want(200, "GET", at+"m", ""); m.String("properties/provisioningState") != "Succeeded" || m.String("properties/parameters/name/value") != "second" {
		t.Errorf("module: %s", m.Text)
	}
	failing := template(`[`+box("stuck", `,"properties":{"fail":true}`)+`]`, "")
	r = w.deployed(at+"main2", body(template(`[`+module("f", failing, "{}", "")+`]`, ""), ""))
	if !strings.Contains(r.Text, "ResourceDeploymentFailure") || !strings.Contains(r.Text, "the box is stuck") {
		t.Errorf("failing module: %s", r.Text)
	}
}
