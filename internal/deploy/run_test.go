package deploy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

func mustID(s string) resourceid.ID { return resourceid.MustParse(s) }

// waits is a box whose write ends when the gate opens.
func waits(name, more string) string { return box(name, `,"properties":{"wait":true}`+more) }

// begun waits until n boxes are being written.
func (w *world) begun(n int) {
	w.TB.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		w.mu.Lock()
		now := w.now
		w.mu.Unlock()
		if now >= n {
			return
		}
		if time.Now().After(deadline) {
			w.TB.Fatalf("%d of %d boxes have begun", now, n)
		}
		time.Sleep(time.Millisecond)
	}
}

func (w *world) open() { close(w.gate) }

// let lets what waits end, and the next wait again.
func (w *world) let() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.gate)
	w.gate = make(chan struct{})
}

func TestWorkersAreBounded(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	var list []string
	for i := range 12 {
		list = append(list, waits(fmt.Sprintf("b%d", i), ""))
	}
	r := w.Want(201, "PUT", at, body(template(`[`+strings.Join(list, ",")+`]`, ""), ""))
	w.begun(4)
	if active := w.Do("PUT", at, body(template(`[]`, ""), "")); active.Status != 409 || active.Code() != "DeploymentActive" {
		t.Errorf("a second PUT: %d %s", active.Status, active.Text)
	}
	if busy := w.Do("DELETE", at, ""); busy.Status != 409 {
		t.Errorf("DELETE while it runs: %d %s", busy.Status, busy.Text)
	}
	if ops := w.Want(200, "GET", at+"/operations", ""); strings.Count(ops.Text, `"Running"`) != 4 {
		t.Errorf("operations while it runs: %s", ops.Text)
	}
	w.open()
	done := w.ended(at, r.Header.Get("Azure-AsyncOperation"))
	if done.String("properties/provisioningState") != "Succeeded" || w.most != 4 || len(w.order) != 12 {
		t.Errorf("at most %d at a time, %d written: %s", w.most, len(w.order), done.Text)
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	r := w.Want(201, "PUT", at, body(template(`[`+waits("a", "")+`,`+box("b", `,"dependsOn":["a"]`)+`]`, ""), ""))
	w.begun(1)
	w.Want(204, "POST", at+"/cancel", "")
	w.open()
	done := w.ended(at, r.Header.Get("Azure-AsyncOperation"))
	if done.String("properties/provisioningState") != "Canceled" || done.String("properties/error/code") != "DeploymentCanceled" || strings.Contains(strings.Join(w.order, " "), "b") {
		t.Errorf("canceled: %v %s", w.order, done.Text)
	}
	if again := w.Do("POST", at+"/cancel", ""); again.Status != 409 {
		t.Errorf("cancel again: %d %s", again.Status, again.Text)
	}
}

// TestEndedIsOver: whoever sees a deployment's end can delete it at once, and deploy again and cancel that.
func TestEndedIsOver(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	for round := range 100 {
		w.deployed(at, body(template(`[]`, ""), ""))
		if r := w.Do("DELETE", at, ""); r.Status != 202 {
			t.Fatalf("round %d: DELETE after the end: %d %s", round, r.Status, r.Text)
		}
	}
	for round := range 20 {
		w.deployed(at, body(template(`[]`, ""), ""))
		w.Want(200, "PUT", at, body(template(`[`+waits(fmt.Sprintf("b%d", round), "")+`]`, ""), ""))
		w.begun(1)
		if r := w.Do("POST", at+"/cancel", ""); r.Status != 204 {
			t.Fatalf("round %d: cancel of the next: %d %s", round, r.Status, r.Text)
		}
		w.let()
		if done := w.ended(at, at+"/operationStatuses/x"); done.String("properties/provisioningState") != "Canceled" {
			t.Fatalf("round %d: %s", round, done.Text)
		}
	}
}

// TestInterrupted: a deployment does not stay Running when its server has gone, whether it stopped or crashed.
func TestInterrupted(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	boxesAt := strings.Split(at, "/providers/")[0] + "/providers/Contoso.Test/boxes/"
	w.Want(201, "PUT", boxesAt+"as-is", `{"location":"westeurope"}`)
	w.Advance(time.Second)
	w.Want(201, "PUT", at, body(template(`[`+box("as-is", "")+`,`+box("first", "")+`,`+waits("a", `,"dependsOn":["first","as-is"]`)+`,`+box("last", `,"dependsOn":["a"]`)+`]`, ""), ""))
	w.begun(1)
	w.journaled(at, 5)
	w.Restart(w.register) // as after a crash: the old run is not told
	w.run(t)
	done := w.ended(at, at+"/operationStatuses/x")
	details := fmt.Sprint(done.At("properties/error/details"))
	for _, want := range []string{"were changed: " + boxesAt + "first. ", "were not changed: " + boxesAt + "a, " + boxesAt + "last.", "as the template has them: " + boxesAt + "as-is"} {
		if !strings.Contains(details, want) {
			t.Errorf("no %q in %s", want, details)
		}
	}
	if ops := w.Want(200, "GET", at+"/operations", ""); strings.Count(ops.Text, `"Succeeded"`) != 2 || strings.Count(ops.Text, "DeploymentInterrupted") != 1 {
		t.Errorf("operations after a crash: %s", ops.Text)
	}
	if done.String("properties/provisioningState") != "Failed" || done.String("properties/error/code") != "DeploymentInterrupted" {
		t.Errorf("after a crash: %s", done.Text)
	}
	if again := w.deployed(at, body(template(`[`+box("a", "")+`]`, ""), "")); again.String("properties/provisioningState") != "Succeeded" {
		t.Errorf("deployed again: %s", again.Text)
	}
}

func TestSubscriptionScope(t *testing.T) {
	w := newWorld(t)
	at := armtest.Scope + "/providers/Microsoft.Resources/deployments/main"
	tmpl := template(`[{"type":"Microsoft.Resources/resourceGroups","apiVersion":"2024-03-01","name":"made","location":"[deployment().location]"},`+
		module("m", template(`[`+box("b", `,"properties":{"of":"[resourceGroup().location]"}`)+`]`, ""), "{}", `,"resourceGroup":"made","dependsOn":["[subscriptionResourceId('Microsoft.Resources/resourceGroups','made')]"]`)+`]`, "")
	content := strings.Replace(body(tmpl, ""), "{", `{"location":"westeurope",`, 1)
	if done := w.deployed(at, content); done.String("properties/provisioningState") != "Succeeded" || done.String("location") != "westeurope" {
		t.Fatalf("deployed: %s", done.Text)
	}
	if b := w.Want(200, "GET", armtest.Scope+"/resourceGroups/made/providers/Contoso.Test/boxes/b", ""); b.String("properties/of") != "westeurope" {
		t.Errorf("b: %s", b.Text)
	}
	if r := w.Do("PUT", at+"2", body(tmpl, "")); r.Status != 400 || !strings.Contains(r.Text, "location") {
		t.Errorf("without a location: %d %s", r.Status, r.Text)
	}
}

// TestCallersRights: resources are written by the right of who deploys, checked before the first write.
func TestCallersRights(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	w.Rights.Allow("deployer", armtest.Scope, "Microsoft.Resources/*", "Contoso.Test/boxes/*")
	content := body(template(`[`+box("a", "")+`,{"type":"Contoso.Test/notes","apiVersion":"2024-01-01","name":"n"}]`, ""), "")
	r := w.Do("PUT", at, content, "Authorization: Bearer deployer")
	if r.Status != 400 || !strings.Contains(r.Text, "AuthorizationFailed") || !strings.Contains(r.Text, "Contoso.Test/notes/write") || len(w.order) > 0 {
		t.Errorf("written %v; %d %s", w.order, r.Status, r.Text)
	}
	if r := w.Do("PUT", at, content, "Authorization: Bearer stranger"); r.Status != 403 {
		t.Errorf("a stranger: %d", r.Status)
	}
}

func TestTemplateHash(t *testing.T) {
	w := newWorld(t)
	r := w.Want(200, "POST", "/providers/Microsoft.Resources/calculateTemplateHash", template("[]", ""))
	if r.String("templateHash") == "" || r.String("minifiedTemplate") != template("[]", "") {
		t.Errorf("%s", r.Text)
	}
}

// TestOptions: @onlyIfNotExists and @retryOn.
func TestOptions(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	group := strings.Split(at, "/providers/")[0]
	w.Want(201, "PUT", group+"/providers/Contoso.Test/boxes/there", `{"location":"westeurope","properties":{"colour":"first"}}`)
	symbolic := func(resources string) string {
		return body(strings.Replace(template(resources, ""), `"contentVersion"`, `"languageVersion":"2.0","contentVersion"`, 1), "")
	}
	once := `,"properties":{"colour":"second"},"@options":{"onlyIfNotExists":true}`
	done := w.deployed(at, symbolic(`{"a":`+box("there", once)+`,"b":`+box("new", once)+`}`))
	there := w.Want(200, "GET", group+"/providers/Contoso.Test/boxes/there", "")
	made := w.Want(200, "GET", group+"/providers/Contoso.Test/boxes/new", "")
	if there.String("properties/colour") != "first" || made.String("properties/colour") != "second" {
		t.Errorf("%s\n%s\n%s", there.Text, made.Text, done.Text)
	}
	// The box refuses its first two writes.
	retry := `,"properties":{"busy":2},"@options":{"retryOn":{"exceptionCodes":["Conflict"],"retryCount":%d}}`
	if r := w.deployed(at, symbolic(`{"a":`+box("busy", fmt.Sprintf(retry, 1))+`}`)); r.String("properties/provisioningState") != "Failed" {
		t.Errorf("one retry: %s", r.Text)
	}
	w.tries = 0
	if r := w.deployed(at, symbolic(`{"a":`+box("busy", fmt.Sprintf(retry, 2))+`}`)); r.String("properties/provisioningState") != "Succeeded" {
		t.Errorf("two retries: %s", r.Text)
	}
}

// TestStopped: a server that stops records what it broke off.
func TestStopped(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	w.Want(201, "PUT", at, body(template(`[`+waits("a", "")+`,`+box("b", `,"dependsOn":["a"]`)+`]`, ""), ""))
	w.begun(1)
	w.stop()
	r := w.Want(200, "GET", at, "")
	if r.String("properties/provisioningState") != "Failed" || r.String("properties/error/code") != "DeploymentInterrupted" || !strings.Contains(r.Text, "Resources that were not changed") {
		t.Errorf("after the stop: %s", r.Text)
	}
	if r := w.Do("PUT", at, body(template(`[]`, ""), "")); r.Code() != "DeploymentInterrupted" {
		t.Errorf("a PUT after the stop: %s", r.Text)
	}
}

// journaled waits until the store knows of so many begins and ends of operations.
func (w *world) journaled(at string, steps int) {
	w.TB.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		rec, err := w.Store.Get(w.TB.Context(), "deploy/operations"+mustID(at).Key())
		if err == nil {
			text := string(rec.Value)
			if strings.Count(text, `"id":"1`)+strings.Count(text, `"state":"Succeeded"`) >= steps {
				return
			}
		}
		if time.Now().After(deadline) {
			w.TB.Fatalf("the operations are not in the store: %s %v", rec.Value, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestCrashBeforeTheJournal: what the journal does not tell, the resources do.
func TestCrashBeforeTheJournal(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	boxesAt := strings.Split(at, "/providers/")[0] + "/providers/Contoso.Test/boxes/"
	w.Advance(time.Second)
	w.Want(201, "PUT", at, body(template(`[`+box("first", "")+`,`+waits("a", `,"dependsOn":["first"]`)+`]`, ""), ""))
	w.begun(1)
	w.journaled(at, 3)
	if _, err := w.Store.Txn(t.Context(), nil, []store.Op{store.Delete("deploy/operations" + mustID(at).Key())}); err != nil {
		t.Fatal(err)
	}
	w.Restart(w.register)
	w.run(t)
	done := w.ended(at, at+"/operationStatuses/x")
	if details := fmt.Sprint(done.At("properties/error/details")); !strings.Contains(details, "were changed: "+boxesAt+"first. ") || !strings.Contains(details, "were not changed: "+boxesAt+"a.") {
		t.Errorf("%s", details)
	}
}

// TestThrottled: a provider that throttles is asked again without any @retryOn, and a cancel ends the wait.
func TestThrottled(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	if r := w.deployed(at, body(template(`[`+box("a", `,"properties":{"throttled":3}`)+`]`, ""), "")); r.String("properties/provisioningState") != "Succeeded" || w.tries != 4 {
		t.Errorf("%d tries: %s", w.tries, r.Text)
	}
	w.tries = 0
	if r := w.deployed(at, body(template(`[`+box("b", `,"properties":{"throttled":100}`)+`]`, ""), "")); r.String("properties/provisioningState") != "Failed" || w.tries != 6 {
		t.Errorf("%d tries: %s", w.tries, r.Text)
	}
	w.tries = 0
	r := w.Want(200, "PUT", at, body(template(`[`+box("c", `,"properties":{"throttled":100,"after":25}`)+`]`, ""), ""))
	for deadline := time.Now().Add(20 * time.Second); w.asked() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	w.Want(204, "POST", at+"/cancel", "")
	if done := w.ended(at, r.Header.Get("Azure-AsyncOperation")); done.String("properties/provisioningState") != "Canceled" {
		t.Errorf("canceled while it waits: %s", done.Text)
	}
}

func (w *world) asked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tries
}
