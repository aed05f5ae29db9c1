package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
)

// author writes random templates over a few names, so that rounds meet what earlier ones left.
type author struct {
	*rand.Rand
	symbolic    bool // language version 2.0
	list        []string
	planned     map[string]bool
	nestedIn    map[string]bool // boxes that nested deployments write
	conditional map[string]bool // boxes that may be left out, or as they are
}

var (
	authorNames = []string{"a", "b", "c", "d", "e"}
	palette     = []string{"red", "green", "blue"}
)

func (a *author) colour() string { return palette[a.IntN(len(palette))] }

// template is a whole body of a deployment.
func (a *author) template() string {
	a.list, a.planned, a.nestedIn, a.conditional = nil, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, name := range authorNames {
		switch a.IntN(8) {
		case 0: // it is left out
		case 1:
			a.nested(name, i)
		case 2:
			a.elsewhere(name, i)
		default:
			a.box(name, i)
		}
	}
	a.roles()
	if a.IntN(3) == 0 {
		a.loop()
	}
	resources := "[" + strings.Join(a.list, ",") + "]"
	more := `"parameters":{"on":{"type":"bool","defaultValue":true},"p":{"type":"securestring","defaultValue":"hunter-2"}},`
	if a.symbolic {
		named := make([]string, len(a.list))
		for i, r := range a.list {
			named[i] = fmt.Sprintf("%q:%s", fmt.Sprintf("r%d", i), r)
		}
		resources, more = "{"+strings.Join(named, ",")+"}", more+`"languageVersion":"2.0",`
	}
	content := body(template(resources, more), fmt.Sprintf(`{"on":{"value":%v}}`, a.IntN(4) > 0))
	if a.IntN(2) == 0 {
		content = complete(content)
	}
	return content
}

// box is a box with what may stand around it: a condition, a child, a note on it, an option.
func (a *author) box(name string, i int) {
	more := ""
	if a.IntN(5) == 0 {
		more = `,"condition":"[parameters('on')]"`
	}
	if a.symbolic && a.IntN(5) == 0 {
		more += `,"@options":{"onlyIfNotExists":true}`
	}
	if a.IntN(3) == 0 {
		more += fmt.Sprintf(`,"tags":{"t":%q}`, a.colour())
	}
	props, after := a.properties(i)
	a.list = append(a.list, box(name, more+after+`,"properties":{`+props+`}`))
	a.planned[name], a.conditional[name] = true, strings.Contains(more, "condition")
	id := "resourceId('Contoso.Test/boxes','" + name + "')"
	if a.IntN(3) == 0 && more == "" {
		a.list = append(a.list, fmt.Sprintf(`{"type":"Contoso.Test/boxes/items","apiVersion":"2024-01-01","name":"%s/i","dependsOn":["[%s]"],"properties":{"colour":%q}}`, name, id, a.colour()))
	}
	if a.IntN(3) == 0 && more == "" {
		a.list = append(a.list, fmt.Sprintf(`{"type":"Contoso.Test/notes","apiVersion":"2024-01-01","name":"n","scope":"[%s]","dependsOn":["[%s]"],"properties":{"of":"[reference(%s,'2024-01-01').colour]"}}`, id, id, id))
	}
}

// properties are some that are given, hidden, or taken from another box, which may be there or not. What a nested
// deployment writes must be waited for: the engine does not look into it.
func (a *author) properties(i int) (props, after string) {
	props = fmt.Sprintf(`"colour":%q`, a.colour())
	if a.IntN(3) == 0 {
		props = `"n":` + fmt.Sprint(a.IntN(2))
	}
	if a.IntN(2) == 0 {
		props += fmt.Sprintf(`,"password":"[concat(parameters('p'), '%d')]"`, a.IntN(2))
	}
	if i > 0 && a.IntN(2) == 0 {
		other := authorNames[a.IntN(i)]
		props += fmt.Sprintf(`,"of":"[reference(resourceId('Contoso.Test/boxes','%s'),'2024-01-01').%s]"`, other, []string{"colour", "address"}[a.IntN(2)])
		if a.nestedIn[other] {
			after = `,"dependsOn":["[resourceId('Microsoft.Resources/deployments','m-` + other + `')]"]`
		}
	}
	if i > 0 && a.IntN(3) == 0 {
		other := authorNames[a.IntN(i)]
		props += `,"key":"[listSecrets(resourceId('Contoso.Test/boxes','` + other + `'),'2024-01-01').secret]"`
		if a.nestedIn[other] && after == "" {
			after = `,"dependsOn":["[resourceId('Microsoft.Resources/deployments','m-` + other + `')]"]`
		} else if a.nestedIn[other] {
			after = strings.Replace(after, `]"]`, `]","[resourceId('Microsoft.Resources/deployments','m-`+other+`')]"]`, 1)
		}
	}
	return props, after
}

// nested puts a box into a deployment of its own, whose expressions are its own or the parent's.
func (a *author) nested(name string, i int) {
	a.nestedIn[name] = true
	of := "'none'"
	if i > 0 && a.planned[authorNames[i-1]] {
		of = "reference(resourceId('Contoso.Test/boxes','" + authorNames[i-1] + "'),'2024-01-01').address"
	}
	if a.IntN(2) == 0 {
		inner := template(`[`+box(name, fmt.Sprintf(`,"properties":{"of":"[parameters('of')]","colour":%q}`, a.colour()))+`]`, `"parameters":{"of":{"type":"string"}},`)
		a.list = append(a.list, module("m-"+name, inner, `{"of":{"value":"[`+of+`]"}}`, ""))
		return
	}
	inner := template(`[`+box(name, fmt.Sprintf(`,"properties":{"on":"[parameters('on')]","colour":%q}`, a.colour()))+`]`, "")
	a.list = append(a.list, `{"type":"Microsoft.Resources/deployments","apiVersion":"2025-04-01","name":"m-`+name+`","properties":{"mode":"Incremental","template":`+inner+`}}`)
}

func (a *author) loop() {
	serial := ""
	if a.IntN(2) == 0 {
		serial = `,"mode":"serial","batchSize":2`
	}
	a.list = append(a.list, fmt.Sprintf(`{"type":"Contoso.Test/boxes","apiVersion":"2024-01-01","name":"[concat('loop', copyIndex())]","location":"westeurope","copy":{"name":"l","count":%d%s},
		"properties":{"colour":%q,"copy":[{"name":"list","count":2,"input":"[copyIndex('list')]"}]}}`, a.IntN(4), serial, a.colour()))
}

// stored is all that lies in a scope but deployments, by ID: what is shown, what is hidden, and the entity tag.
func (w *world) stored(scope string) map[string][3]string {
	w.TB.Helper()
	found, err := w.ARM.Below(w.TB.Context(), mustID(scope), func(typ string) bool { return !strings.EqualFold(typ, "Microsoft.Resources/deployments") })
	if err != nil {
		w.TB.Fatal(err)
	}
	out := map[string][3]string{}
	for _, r := range found {
		out[r.ID.String()] = [3]string{marshal(shownOf(r)), marshal(r.Private), r.ETag}
	}
	return out
}

func shownOf(r *arm.Resource) any {
	b, _ := json.Marshal(r.Wire())
	var v any
	_ = json.Unmarshal(b, &v)
	return v
}

// changesByID are those that what-if predicts.
func changesByID(t *testing.T, v any) map[string]map[string]any {
	out := map[string]map[string]any{}
	list, _ := v.([]any)
	for _, e := range list {
		c := e.(map[string]any)
		id := c["resourceId"].(string)
		if out[id] != nil {
			t.Errorf("%s is predicted twice", id)
		}
		out[id] = c
	}
	return out
}

// TestWhatIfTellsTheTruth predicts random deployments and compares with what they do: kinds of change of each resource,
// what it is like afterwards, and that what is not to change is not written.
func TestWhatIfTellsTheTruth(t *testing.T) {
	const rounds = 200
	w := newTruthWorld(t)
	at := w.Group("rg") + "/providers/Microsoft.Resources/deployments/main"
	w.Group("rg-other")
	a := &author{Rand: rand.New(rand.NewPCG(1, 2))}
	kinds, content := map[string]int{}, ""
	for round := range rounds {
		if a.symbolic = a.IntN(2) == 0; round%4 != 1 { // else the same again
			content = a.template()
		}
		before := w.stored(armtest.Scope)
		r := w.Do("POST", at+"/whatIf", content)
		if r.Status == 400 || r.String("status") == "Failed" { // a reference to what is not there
			w.refusedToo(round, at, content, r)
			kinds["refused"]++
			continue
		}
		predicted := changesByID(t, r.At("properties/changes"))
		if done := w.deployed(at, content); done.String("properties/provisioningState") != "Succeeded" {
			t.Fatalf("round %d: %s\n%s", round, done.Text, content)
		}
		after := w.stored(armtest.Scope)
		for _, id := range slices.Sorted(maps.Keys(union(before, after))) {
			kind := w.compare(id, before, after, predicted)
			if t.Failed() {
				t.Fatalf("round %d:\n%s\n%s", round, content, r.Text)
			}
			kinds[kind]++
		}
	}
	for kind, least := range map[string]int{"refused": 5, "Create": 50, "Modify": 50, "Delete": 50, "NoChange": 50, "Ignore": 50, "NoChange listed": 10} {
		if kinds[kind] < least {
			t.Errorf("only %d times %s: %v", kinds[kind], kind, kinds)
		}
	}
}

// refusedToo: what what-if refuses is refused by PUT, or fails where only what-if looks as far as that.
func (w *world) refusedToo(round int, at, content string, r armtest.Reply) {
	w.TB.Helper()
	put := w.Do("PUT", at, content)
	if put.Status == 400 {
		return
	}
	if done := w.ended(at, put.Header.Get("Azure-AsyncOperation")); done.String("properties/provisioningState") != "Failed" {
		w.TB.Fatalf("round %d: what-if refuses, PUT answers %d and succeeds\n%s\n%s", round, put.Status, r.Text, content)
	}
}

func union(a, b map[string][3]string) map[string]bool {
	out := map[string]bool{}
	for id := range a {
		out[id] = true
	}
	for id := range b {
		out[id] = true
	}
	return out
}

// compare checks one resource and returns the kind of change that was predicted.
func (w *world) compare(id string, before, after map[string][3]string, predicted map[string]map[string]any) string {
	w.TB.Helper()
	was, had := before[id]
	is, has := after[id]
	p := predicted[id]
	kind, _ := p["changeType"].(string)
	if kind == "" && inOpaque(id, predicted) {
		return "known later"
	}
	switch {
	case had && !has:
		if kind != "Delete" && !belowDeleted(id, predicted) {
			w.TB.Errorf("%s was deleted, predicted %q", id, kind)
		}
		return "Delete"
	case kind == "Delete":
		w.TB.Errorf("%s was to be deleted and is there", id)
	case !had && kind != "Create", had && kind == "Create":
		w.TB.Errorf("%s: there before: %v, predicted %q", id, had, kind)
	case had && is[0]+is[1] != was[0]+was[1] && kind != "Modify":
		w.TB.Errorf("%s changed, predicted %q: from %s to %s", id, kind, was[0], is[0])
	case had && is[0]+is[1] == was[0]+was[1] && kind == "Modify" && strings.Contains(marshal(p["after"]), "[list"):
		return "may change" // what is listed of a resource whose hidden values change is not known before
	case had && is[0]+is[1] == was[0]+was[1] && kind == "Modify":
		w.TB.Errorf("%s did not change, predicted Modify", id)
	case had && kind != "Modify" && is[2] != was[2]:
		w.TB.Errorf("%s was written, predicted %q", id, kind)
	}
	if kind == "Create" || kind == "Modify" {
		var actual any
		_ = json.Unmarshal([]byte(is[0]), &actual)
		if shown := withoutTag(p["after"]); !becomes(shown, withoutTag(actual), sentOnly(p["after"])) {
			w.TB.Errorf("%s became %s, predicted %s", id, is[0], marshal(shown))
		}
	}
	if kind == "NoChange" && strings.Contains(is[0], "secret of") {
		return "NoChange listed"
	}
	return kind
}

// sentOnly: below what is not there yet, a provider is not asked, and the prediction is what is sent: defaults may follow.
func sentOnly(v any) bool {
	m, _ := v.(map[string]any)
	return m["apiVersion"] != nil
}

// becomes compares a prediction with what came; with subset, more may have come.
func becomes(predicted, actual any, subset bool) bool {
	p, isMap := predicted.(map[string]any)
	a, alsoMap := actual.(map[string]any)
	if text, ok := predicted.(string); ok && (strings.Contains(text, "*******") || strings.HasPrefix(text, "[")) {
		return true // what is never shown: a secure parameter, or an expression with the answer of a list function
	}
	if isMap && alsoMap && !subset && len(p) != len(a) {
		return false
	}
	if text, ok := predicted.(string); ok && strings.Contains(text, "/roleDefinitions/") {
		was, _ := actual.(string)
		return strings.HasSuffix(was, text) // shown as the subscription's
	}
	if !isMap || !alsoMap {
		return reflect.DeepEqual(predicted, actual)
	}
	for k, v := range p {
		if !becomes(v, a[k], subset) {
			return false
		}
	}
	return true
}

func withoutTag(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	m = maps.Clone(m)
	delete(m, "etag")
	delete(m, "apiVersion")
	return m
}

// inOpaque: the nested deployment of the resource hangs on what is known only when it runs; what-if says that it is deployed.
func inOpaque(id string, predicted map[string]map[string]any) bool {
	for other, p := range predicted {
		if p["changeType"] == "Deploy" && strings.HasSuffix(other, "/x-"+id[strings.LastIndexByte(id, '/')+1:]) {
			return true
		}
	}
	return false
}

func belowDeleted(id string, predicted map[string]map[string]any) bool {
	for parent, p := range predicted {
		if p["changeType"] == "Delete" && strings.HasPrefix(id, parent+"/") {
			return true
		}
	}
	return false
}
