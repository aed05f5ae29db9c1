package deploy_test

import (
	"strings"
	"testing"

	"gatehouse/internal/arm/armtest"
)

// withMember adds members to a deployment's properties.
func withMember(content, member string) string {
	return strings.Replace(content, `{"properties": {`, `{"properties": {`+member+`, `, 1)
}

// TestMembersOfRequests: what a request asks for is done, or refused by name.
func TestMembersOfRequests(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	plain := body(template(`[`+box("a", "")+`]`, ""), "")
	for member, want := range map[string]struct{ code, text string }{
		`"templateSpec":{}`:                                         {"InvalidRequestContent", "Could not find member 'templateSpec' on object of type 'DeploymentProperties'"},
		`"extensionConfigs":{"kubernetes":{}}`:                      {"UnsupportedTemplateFeature", "configures the extension 'kubernetes'"},
		`"debugSetting":{"detailLevel":"requestContent"}`:           {"UnsupportedTemplateFeature", "'debugSetting' with the detail level 'requestContent'"},
		`"validationLevel":"Partly"`:                                {"InvalidDeployment", "The validation level 'Partly' is not valid"},
		`"externalInputs":[]`:                                       {"InvalidRequestContent", "'externalInputs' must be an object"},
		`"externalInputs":{"x":1}`:                                  {"InvalidRequestContent", "the external input 'x' must be an object with a 'value'"},
		`"templateLink":{"id":"/subscriptions/s/x"}, "template2":1`: {"InvalidRequestContent", "'template2'"},
	} {
		for method, path := range map[string]string{"PUT": at, "POST": at + "/validate"} {
			if r := w.Do(method, path, withMember(plain, member)); r.Status != 400 || r.Code() != want.code || !strings.Contains(r.Text, want.text) {
				t.Errorf("%s with %s: %d %s, want %s: %s", method, member, r.Status, r.Text, want.code, want.text)
			}
		}
	}
	spec := `{"properties":{"mode":"Incremental","templateLink":{"id":"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Resources/templateSpecs/t/versions/1"}}}`
	if r := w.Do("PUT", at, spec); r.Code() != "UnsupportedTemplateFeature" || !strings.Contains(r.Text, "Template specs") {
		t.Errorf("a template spec: %s", r.Text)
	}
	if len(w.order) > 0 {
		t.Errorf("written all the same: %v", w.order)
	}
	for _, member := range []string{`"debugSetting":{"detailLevel":"none"}`, `"debugSetting":null`, `"validationLevel":"provider"`, `"provisioningState":"Succeeded"`, `"expressionEvaluationOptions":{"scope":"NotSpecified"}`} {
		if done := w.deployed(at, withMember(plain, member)); done.String("properties/provisioningState") != "Succeeded" {
			t.Errorf("%s: %s", member, done.Text)
		}
	}
}

func TestExternalInputs(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	tmpl := template(`[`+box("a", `,"properties":{"of":"[parameters('p')]"}`)+`]`, `"parameters":{"p":{"type":"string"}},`)
	content := withMember(body(tmpl, `{"p":{"expression":"[concat(externalInputs('sys_cliArg_0'), '!')]"}}`),
		`"externalInputDefinitions":{"sys_cliArg_0":{"kind":"sys.cliArg","config":"colour"}},"externalInputs":{"sys_cliArg_0":{"value":"green"}}`)
	if done := w.deployed(at, content); done.String("properties/parameters/p/value") != "green!" {
		t.Errorf("%s", done.Text)
	}
	if r := w.Do("PUT", at, body(tmpl, `{"p":{"expression":"[externalInputs('x')]"}}`)); r.Code() != "InvalidTemplate" || !strings.Contains(r.Text, "The external input 'x' is not given") {
		t.Errorf("%s", r.Text)
	}
}

// TestValidationLevels: Template looks at no resource, ProviderNoRbac at no right.
func TestValidationLevels(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	w.Rights.Allow("reader", armtest.Scope, "*/read", "Microsoft.Resources/deployments/*")
	bad := body(template(`[`+box("a", `,"properties":{"bad":true}`)+`]`, ""), "")
	good := body(template(`[`+box("a", "")+`]`, ""), "")
	for _, c := range []struct {
		content, level string
		status         int
	}{
		{bad, "Provider", 400}, {bad, "Template", 200}, {good, "Provider", 400}, {good, "ProviderNoRbac", 200}, {good, "Template", 200},
	} {
		r := w.Do("POST", at+"/validate", withMember(c.content, `"validationLevel":"`+c.level+`"`), "Authorization: Bearer reader")
		if r.Status != c.status {
			t.Errorf("%s: %d %s, want %d", c.level, r.Status, r.Text, c.status)
		}
	}
	if r := w.Do("POST", at+"/validate", withMember(good, `"validationLevel":"Provider"`), "Authorization: Bearer reader"); !strings.Contains(r.Text, "AuthorizationFailed") {
		t.Errorf("the right to write is missing: %s", r.Text)
	}
}

// TestLocationOfADeployment belongs to its name.
func TestLocationOfADeployment(t *testing.T) {
	w := newWorld(t)
	at := armtest.Scope + "/providers/Microsoft.Resources/deployments/main"
	content := located(body(template(`[]`, ""), ""))
	w.deployed(at, content)
	w.deployed(at, strings.Replace(content, "westeurope", "West Europe", 1))
	elsewhere := strings.Replace(content, "westeurope", "northeurope", 1)
	if r := w.Do("PUT", at, elsewhere); r.Status != 409 || r.Code() != "InvalidDeploymentLocation" || !strings.Contains(r.Text, "The deployment 'main' already exists in location 'westeurope'") {
		t.Errorf("another location: %d %s", r.Status, r.Text)
	}
	if r := w.Do("PUT", at, strings.Replace(content, "westeurope", "mars", 1)); r.Status != 400 || r.Code() != "LocationNotAvailableForDeployment" {
		t.Errorf("no location: %d %s", r.Status, r.Text)
	}
	w.deployed(at+"-2", elsewhere)
	w.Want(202, "DELETE", at, "")
	w.deployed(at, elsewhere)
}

// TestRollbackKeepsGenerated: what was generated is not generated again when a deployment is gone back to.
func TestRollbackKeepsGenerated(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg")
	tmpl := func(more string) string {
		return template(`[`+box("a", `,"properties":{"of":"[parameters('id')]"}`)+more+`]`, `"parameters":{"id":{"type":"string","defaultValue":"[newGuid()]"}},`)
	}
	boxAt := strings.TrimSuffix(at, "Microsoft.Resources/deployments/") + boxes + "/a"
	w.deployed(at+"first", body(tmpl(""), ""))
	first := w.Want(200, "GET", boxAt, "").String("properties/of")
	failed := w.deployed(at+"second", withOnError(body(tmpl(`,`+box("b", `,"dependsOn":["a"],"properties":{"fail":true}`)), ""), `{"type": "LastSuccessful"}`))
	if got := w.Want(200, "GET", boxAt, "").String("properties/of"); got != first || failed.String("properties/onErrorDeployment/provisioningState") != "Succeeded" {
		t.Errorf("the box is of %s, was of %s: %s", got, first, failed.Text)
	}
}
