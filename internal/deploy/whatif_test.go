package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/arm/armtest"
)

// predict asks what-if and returns the kinds of change by the last part of the resource's ID.
func (w *world) predict(at, content string) (map[string]string, armtest.Reply) {
	w.TB.Helper()
	r := w.Want(200, "POST", at+"/whatIf", content)
	if r.String("status") != "Succeeded" {
		w.TB.Fatalf("what-if: %s", r.Text)
	}
	kinds := map[string]string{}
	list, _ := r.At("properties/changes").([]any)
	for _, e := range list {
		c := e.(map[string]any)
		id := c["resourceId"].(string)
		kinds[id[strings.LastIndexByte(id, '/')+1:]] = c["changeType"].(string)
	}
	return kinds, r
}

func complete(content string) string {
	return strings.Replace(content, `"Incremental", template`, `"Complete", template`, 1)
}

func TestWhatIf(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	tmpl := template(`[`+box("a", `,"properties":{"password":"[parameters('p')]","hint":"[concat('was ', parameters('p'))]","n":1}`)+`,`+box("b", `,"properties":{"of":"[reference('a').address]","colour":"[parameters('c')]"}`)+`,`+
		module("m", template(`[`+box("c", `,"properties":{"of":"[parameters('of')]"}`)+`]`, `"parameters":{"of":{"type":"string"}},`), `{"of":{"value":"[reference('b').address]"}}`, "")+`]`,
		`"parameters":{"p":{"type":"securestring","defaultValue":"hunter-2"},"c":{"type":"string","defaultValue":"red"}},`)
	same := func(want string, got map[string]string) {
		t.Helper()
		if text := fmt.Sprint(got); text != "map["+want+"]" {
			t.Errorf("got %s, want [%s]", text, want)
		}
	}
	kinds, r := w.predict(at, body(tmpl, ""))
	same("a:Create b:Create c:Create", kinds)
	if !strings.Contains(r.Text, `"of":"https://a.example.com"`) {
		t.Errorf("the prediction does not resolve references: %s", r.Text)
	}
	if strings.Contains(r.Text, "hunter-2") {
		t.Errorf("what-if shows a secure value: %s", r.Text)
	}
	if len(w.order) > 0 {
		t.Fatalf("what-if wrote %v", w.order)
	}
	w.deployed(at, body(tmpl, ""))
	w.Want(201, "PUT", strings.Split(at, "/providers/")[0]+"/providers/Contoso.Test/boxes/other", `{"location":"westeurope"}`)
	kinds, _ = w.predict(at, body(tmpl, ""))
	same("a:NoChange b:NoChange c:NoChange other:Ignore", kinds)
	kinds, r = w.predict(at, body(tmpl, `{"c":{"value":"blue"}}`))
	same("a:NoChange b:Modify c:NoChange other:Ignore", kinds)
	if !strings.Contains(r.Text, `"delta":[{"after":"blue","before":"red","path":"properties.colour","propertyChangeType":"Modify"}]`) {
		t.Errorf("delta: %s", r.Text)
	}
	kinds, r = w.predict(at, body(tmpl, `{"p":{"value":"hunter-3"}}`))
	same("a:Modify b:NoChange c:NoChange other:Ignore", kinds)
	if strings.Contains(r.Text, `hunter-3`) {
		t.Errorf("what-if shows a password: %s", r.Text)
	}
	kinds, _ = w.predict(at, complete(body(tmpl, "")))
	same("a:NoChange b:NoChange c:NoChange other:Delete", kinds)
	ids := strings.Replace(body(tmpl, ""), `{"properties": {`, `{"properties": {"whatIfSettings":{"resultFormat":"ResourceIdOnly"},`, 1)
	kinds, r = w.predict(at, ids)
	same("a:Deploy b:Deploy c:Deploy other:Ignore", kinds)
	if strings.Contains(r.Text, "before") {
		t.Errorf("ResourceIdOnly shows more: %s", r.Text)
	}
	w.deployed(at, complete(body(tmpl, "")))
	if r := w.Do("GET", strings.Split(at, "/providers/")[0]+"/providers/Contoso.Test/boxes/other", ""); r.Status != 404 {
		t.Errorf("Complete mode left the other resource: %d", r.Status)
	}
	kinds, _ = w.predict(at, body(tmpl, ""))
	same("a:NoChange b:NoChange c:NoChange", kinds)
}

// TestWhatIfOfListFunctions: what list functions answer counts, and is never shown, wherever it flows to.
func TestWhatIfOfListFunctions(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	const listed = "listSecrets(resourceId('Contoso.Test/boxes','a'),'2024-01-01').secret"
	inner := template(`[`+box("c", `,"properties":{"key":"[parameters('key')]"}`)+`]`, `"parameters":{"key":{"type":"string"}},"outputs":{"key":{"type":"string","value":"[parameters('key')]"}},`)
	tmpl := template(`[`+box("a", `,"properties":{"password":"[parameters('p')]"}`)+`,`+box("b", `,"properties":{"key":"[base64(`+listed+`)]","colour":"[parameters('c')]"}`)+`,`+
		module("m", inner, `{"key":{"value":"[`+listed+`]"}}`, "")+`,`+box("d", `,"properties":{"key":"[reference('m').outputs.key.value]"}`)+`]`,
		`"parameters":{"p":{"type":"securestring","defaultValue":"hunter-2"},"c":{"type":"string","defaultValue":"red"}},`)
	content := func(parameters string) string { return body(tmpl, parameters) }
	if done := w.deployed(at, content("")); done.String("properties/provisioningState") != "Succeeded" {
		t.Fatal(done.Text)
	}
	for parameters, want := range map[string]string{
		``:                            "a:NoChange b:NoChange c:NoChange d:NoChange",
		`{"c":{"value":"blue"}}`:      "a:NoChange b:Modify c:NoChange d:NoChange",
		`{"p":{"value":"another-2"}}`: "a:Modify b:Modify c:Modify d:Modify",
	} {
		kinds, r := w.predict(at, content(parameters))
		if got := fmt.Sprint(kinds); got != "map["+want+"]" {
			t.Errorf("%s: got %s, want [%s]", parameters, got, want)
		}
		if strings.Contains(r.Text, "another-2") {
			t.Errorf("%s: what-if shows a secure value: %s", parameters, r.Text)
		}
	}
	// in another group nothing of them is there yet, and so nothing of them is shown
	far := strings.Replace(tmpl, "resourceId('Contoso.Test/boxes','a')", "resourceId('rg','Contoso.Test/boxes','a')", -1)
	far = strings.Replace(far, box("a", `,"properties":{"password":"[parameters('p')]"}`)+",", "", 1)
	kinds, r := w.predict(w.deployments("rg-far")+"main", body(far, ""))
	if got := fmt.Sprint(kinds); got != "map[b:Create c:Create d:Create]" || strings.Contains(r.Text, "hunter-2") || strings.Contains(r.Text, "aHVudGVy") || strings.Contains(r.Text, "secret of") {
		t.Errorf("%s %s", got, r.Text)
	}
	gone := strings.Replace(far, "resourceId('rg',", "resourceId('rg-none',", -1)
	if r := w.Do("POST", w.deployments("rg-gone")+"main/validate", body(gone, "")); r.Status != 400 || !strings.Contains(r.Text, "rg-none") {
		t.Errorf("a list function of nothing: %s", r.Text)
	}
}

// TestSubscriptionFromGroup: a nested deployment that names the subscription alone lies in it, not in the group.
func TestSubscriptionFromGroup(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	content := body(template(`[`+module("m", template(`[{"type":"Contoso.Test/notes","apiVersion":"2024-01-01","name":"n","properties":{"of":"[subscription().subscriptionId]"}}]`, ""), "{}",
		`,"subscriptionId":"[subscription().subscriptionId]","location":"westeurope"`)+`]`, ""), "")
	if done := w.deployed(at, content); done.String("properties/provisioningState") != "Succeeded" {
		t.Fatal(done.Text)
	}
	w.Want(200, "GET", armtest.Scope+"/providers/Contoso.Test/notes/n", "")
	w.Want(200, "GET", armtest.Scope+"/providers/Microsoft.Resources/deployments/m", "")
}
