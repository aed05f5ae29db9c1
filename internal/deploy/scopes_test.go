package deploy_test

import (
	"strings"
	"testing"

	"gatehouse/internal/arm/armtest"
)

// located is a deployment's body outside of resource groups.
func located(content string) string {
	return strings.Replace(content, `{"properties"`, `{"location":"westeurope","properties"`, 1)
}

// inner is a nested deployment at another scope.
func inner(name, where, resources string) string {
	return `{"type":"Microsoft.Resources/deployments","apiVersion":"2025-04-01","name":"` + name + `",` + where +
		`"properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},"template":` + template(`[`+resources+`]`, `"outputs":{"at":{"type":"string","value":"[deployment().name]"}},`) + `}}`
}

const groupsAt = "/providers/Microsoft.Management/managementGroups/"

// everywhere is a template for the tenant: it makes a management group, puts the subscription into it, deploys into
// that group, from there into the subscription, and from there into a resource group that it makes.
func everywhere() string {
	intoGroup := inner("d", `"resourceGroup":"rg-far","dependsOn":["[subscriptionResourceId('Microsoft.Resources/resourceGroups','rg-far')]"],`, box("far", ``))
	intoSubscription := inner("c", `"subscriptionId":"`+armtest.Subscription+`","location":"westeurope",`,
		`{"type":"Microsoft.Resources/resourceGroups","apiVersion":"2024-03-01","name":"rg-far","location":"westeurope"},`+intoGroup)
	return template(`[
		{"type":"Microsoft.Management/managementGroups","apiVersion":"2021-04-01","name":"mg","properties":{"displayName":"MG"}},
		{"type":"Microsoft.Management/managementGroups/subscriptions","apiVersion":"2021-04-01","name":"mg/`+armtest.Subscription+`","dependsOn":["[tenantResourceId('Microsoft.Management/managementGroups','mg')]"]},
		`+inner("b", `"scope":"Microsoft.Management/managementGroups/mg","location":"westeurope","dependsOn":["[tenantResourceId('Microsoft.Management/managementGroups','mg')]"],`,
		`{"type":"Contoso.Test/notes","apiVersion":"2024-01-01","name":"[managementGroup().name]"},`+intoSubscription)+`]`,
		`"outputs":{"b":{"type":"string","value":"[reference(extensionResourceId(tenantResourceId('Microsoft.Management/managementGroups','mg'),'Microsoft.Resources/deployments','b'),'2025-04-01').outputs.at.value]"}},`)
}

// TestEveryScope deploys from the tenant down to a resource group.
func TestEveryScope(t *testing.T) {
	w := newWorld(t)
	at := "/providers/Microsoft.Resources/deployments/main"
	content := located(body(everywhere(), ""))
	kinds, _ := w.predict(at, content)
	for _, name := range []string{"mg", armtest.Subscription, "rg-far", "far"} {
		if kinds[name] != "Create" {
			t.Errorf("what-if: %s is %q: %v", name, kinds[name], kinds)
		}
	}
	done := w.deployed(at, content)
	if done.String("properties/provisioningState") != "Succeeded" || done.String("properties/outputs/b/value") != "b" || done.String("id") != at {
		t.Fatalf("%s", done.Text)
	}
	far := armtest.Scope + "/resourceGroups/rg-far"
	w.Want(200, "GET", far+"/providers/Contoso.Test/boxes/far", "")
	w.Want(200, "GET", groupsAt+"mg/providers/Contoso.Test/notes/mg", "")
	w.Want(200, "GET", groupsAt+"mg/subscriptions/"+armtest.Subscription, "")
	w.Want(200, "GET", groupsAt+"mg/providers/Microsoft.Resources/deployments/b", "")
	w.Want(200, "GET", armtest.Scope+"/providers/Microsoft.Resources/deployments/c", "")
	writes := len(w.order)
	kinds, _ = w.predict(at, content)
	for name, kind := range kinds {
		if kind != "NoChange" {
			t.Errorf("what-if of the same again: %s is %s", name, kind)
		}
	}
	if again := w.deployed(at, content); again.String("properties/provisioningState") != "Succeeded" || len(w.order) != writes {
		t.Errorf("again: %v written, %s", w.order[writes:], again.Text)
	}
}

// TestRequestsAtEveryScope sends all requests of deployments at each scope.
func TestRequestsAtEveryScope(t *testing.T) {
	w := newWorld(t)
	w.Want(200, "PUT", groupsAt+"mg", `{}`)
	for _, scope := range []string{"", groupsAt + "mg", armtest.Scope, w.Group("rg")} {
		note := `{"type":"Contoso.Test/notes","apiVersion":"2024-01-01","name":"note"}`
		content, at := body(template(`[`+note+`]`, `"outputs":{"o":{"type":"string","value":"v"}},`), ""), scope+"/providers/Microsoft.Resources/deployments/main"
		if !strings.Contains(scope, "resourceGroups") {
			if r := w.Want(400, "PUT", at, content); r.Code() != "InvalidDeployment" || !strings.Contains(r.Text, "location") {
				t.Errorf("%s without a location: %s", scope, r.Text)
			}
			if r := w.Want(400, "PUT", at, located(complete(content))); !strings.Contains(r.Text, "Complete") {
				t.Errorf("%s in Complete mode: %s", scope, r.Text)
			}
			content = located(content)
		}
		w.Want(404, "HEAD", at, "")
		if r := w.Want(200, "POST", at+"/validate", content); r.String("properties/provisioningState") != "Succeeded" || !strings.Contains(r.Text, "validatedResources") {
			t.Errorf("%s validate: %s", scope, r.Text)
		}
		if kinds, r := w.predict(at, content); kinds["note"] != "Create" {
			t.Errorf("%s what-if: %s", scope, r.Text)
		}
		if done := w.deployed(at, content); done.String("properties/outputs/o/value") != "v" {
			t.Errorf("%s: %s", scope, done.Text)
		}
		w.Want(204, "HEAD", at, "")
		w.deployed(at+"-2", content)
		list := w.Want(200, "GET", strings.TrimSuffix(at, "/main")+"?$top=1&api-version=2025-04-01", "")
		next := list.String("nextLink")
		if strings.Join(list.Names(), " ") != "main" || next == "" {
			t.Errorf("%s list: %s", scope, list.Text)
		} else if r := w.Want(200, "GET", next, ""); strings.Join(r.Names(), " ") != "main-2" || r.String("nextLink") != "" {
			t.Errorf("%s second page: %s", scope, r.Text)
		}
		if r := w.Want(200, "GET", strings.TrimSuffix(at, "/main")+"?$filter=provisioningState%20eq%20'Failed'&api-version=2025-04-01", ""); len(r.Names()) != 0 {
			t.Errorf("%s filter: %s", scope, r.Text)
		}
		ops := w.Want(200, "GET", at+"/operations", "")
		if len(ops.Body["value"].([]any)) != 1 {
			t.Fatalf("%s operations: %s", scope, ops.Text)
		}
		id := ops.Body["value"].([]any)[0].(map[string]any)["operationId"].(string)
		if r := w.Want(200, "GET", at+"/operations/"+id, ""); r.String("operationId") != id {
			t.Errorf("%s operation: %s", scope, r.Text)
		}
		w.Want(404, "GET", at+"/operations/none", "")
		if r := w.Want(200, "POST", at+"/exportTemplate", ""); !strings.Contains(r.Text, "Contoso.Test/notes") {
			t.Errorf("%s export: %s", scope, r.Text)
		}
		if r := w.Want(409, "POST", at+"/cancel", ""); r.Code() != "DeploymentCannotBeCancelled" {
			t.Errorf("%s cancel: %s", scope, r.Text)
		}
		w.Want(202, "DELETE", at, "")
		w.Want(404, "GET", at, "")
	}
}
