package deploy_test

import (
	"strings"
	"testing"
)

// colours is a template of one box whose colour and secret are parameters; broken
// adds a box that fails.
func colours(broken string) string {
	return template(`[`+box("a", `,"properties":{"colour":"[parameters('colour')]","password":"[parameters('secret')]"}`)+broken+`]`,
		`"parameters":{"colour":{"type":"string"},"secret":{"type":"securestring"}},`)
}

func withOnError(body, onError string) string {
	return strings.Replace(body, `{"properties": {`, `{"properties": {"onErrorDeployment": `+onError+`, `, 1)
}

func TestRollback(t *testing.T) {
	broken := `,` + box("b", `,"dependsOn":["a"],"properties":{"fail":true}`)
	for _, c := range []struct{ name, onError, want string }{
		{"the last one that succeeded", `{"type": "LastSuccessful"}`, "green"},
		{"a named one", `{"type": "specificDeployment", "deploymentName": "first"}`, "red"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			at := w.deployments("rg")
			w.deployed(at+"first", body(colours(""), `{"colour":{"value":"red"},"secret":{"value":"s-1"}}`))
			w.deployed(at+"second", body(colours(""), `{"colour":{"value":"green"},"secret":{"value":"s-2"}}`))
			failed := w.deployed(at+"third", withOnError(body(colours(broken), `{"colour":{"value":"blue"},"secret":{"value":"s-3"}}`), c.onError))
			if got := failed.String("properties/provisioningState"); got != "Failed" {
				t.Errorf("the deployment ended as %q", got)
			}
			if got := failed.String("properties/onErrorDeployment/provisioningState"); got != "Succeeded" {
				t.Errorf("going back ended as %q: %s", got, failed.Text)
			}
			for _, secret := range []string{"s-1", "s-2", "s-3"} {
				if strings.Contains(failed.Text, secret) {
					t.Errorf("a secret is shown: %s", failed.Text)
				}
			}
			a := w.Want(200, "GET", strings.TrimSuffix(at, "Microsoft.Resources/deployments/")+boxes+"/a", "")
			if got := a.String("properties/colour"); got != c.want {
				t.Errorf("the box is %q, want %q", got, c.want)
			}
		})
	}
}

func TestRollbackMistakes(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg")
	values := `{"colour":{"value":"red"},"secret":{"value":"s"}}`
	for onError, want := range map[string]string{
		`{"type": "LastSuccessful"}`:                                  "there is no deployment that succeeded",
		`{"type": "SpecificDeployment", "deploymentName": "nothing"}`: "there is no deployment 'nothing' that succeeded",
		`{"type": "SpecificDeployment"}`:                              "must have the type 'LastSuccessful'",
		`{"type": "Other"}`:                                           "must have the type 'LastSuccessful'",
		`"LastSuccessful"`:                                            "must be an object",
	} {
		for _, call := range []string{"PUT", "POST"} {
			path := at + "main"
			if call == "POST" {
				path += "/validate"
			}
			r := w.Do(call, path, withOnError(body(colours(""), values), onError))
			if r.Status != 400 || !strings.Contains(r.Text, want) {
				t.Errorf("%s with %s: got %d %s, want %q", call, onError, r.Status, r.Text, want)
			}
		}
	}
	// one that succeeds does not go back
	w.deployed(at+"first", body(colours(""), values))
	ok := w.deployed(at+"second", withOnError(body(colours(""), values), `{"type": "LastSuccessful"}`))
	if ok.String("properties/provisioningState") != "Succeeded" || ok.String("properties/onErrorDeployment/deploymentName") != "first" || ok.String("properties/onErrorDeployment/provisioningState") != "" {
		t.Errorf("a deployment that succeeds: %s", ok.Text)
	}
}
