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
