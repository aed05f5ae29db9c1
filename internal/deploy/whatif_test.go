package deploy_test

import (
	"fmt"
	"math/rand/v2"
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

// TestWhatIfTellsTheTruth predicts random deployments and compares with what they do.
func TestWhatIfTellsTheTruth(t *testing.T) {
	w := newWorld(t)
	group := w.Group("rg")
	at := group + "/providers/Microsoft.Resources/deployments/main"
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c", "d", "e"}
	colours := []string{"red", "green"}
	for round := range 25 {
		var list []string
		for i, name := range names {
			if random.IntN(3) == 0 {
				continue
			}
			props := fmt.Sprintf(`"colour":%q,"password":%q`, colours[random.IntN(2)], colours[random.IntN(2)])
			if i > 0 && random.IntN(2) == 0 {
				props += fmt.Sprintf(`,"of":"[reference(resourceId('Contoso.Test/boxes','%s'),'2024-01-01').colour]"`, names[random.IntN(i)])
			}
			list = append(list, box(name, `,"properties":{`+props+`}`))
		}
		content := body(template(`[`+strings.Join(list, ",")+`]`, ""), "")
		if random.IntN(2) == 0 {
			content = complete(content)
		}
		before := w.colours(group, names)
		r := w.Do("POST", at+"/whatIf", content)
		if r.Status == 400 || r.String("status") == "Failed" { // a reference to what is not there
			if put := w.Do("PUT", at, content); put.Status != 400 {
				t.Fatalf("round %d: what-if refuses, PUT answers %d", round, put.Status)
			}
			continue
		}
		kinds, _ := w.predict(at, content)
		if done := w.deployed(at, content); done.String("properties/provisioningState") != "Succeeded" {
			t.Fatalf("round %d: %s", round, done.Text)
		}
		after := w.colours(group, names)
		for _, name := range names {
			want := "NoChange or Ignore"
			switch {
			case before[name] == "" && after[name] != "":
				want = "Create"
			case before[name] != "" && after[name] == "":
				want = "Delete"
			case before[name] != after[name]:
				want = "Modify"
			case before[name] == "":
				want = ""
			}
			if got := kinds[name]; got != want && !(want == "NoChange or Ignore" && (got == "NoChange" || got == "Ignore")) {
				t.Errorf("round %d: %s: predicted %q, happened %q\n%s", round, name, got, want, content)
			}
		}
	}
}

// colours are the boxes as stored, the hidden password included.
func (w *world) colours(group string, names []string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		r, err := w.ARM.Stored(w.TB.Context(), mustID(group+"/providers/Contoso.Test/boxes/"+name))
		if err != nil {
			w.TB.Fatal(err)
		}
		if r != nil {
			out[name] = marshal([]any{r.Properties, r.Private})
		}
	}
	return out
}
