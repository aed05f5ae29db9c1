package deploy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// library is what links lead to in tests.
var library = map[string]string{
	"https://localhost/t/main.json?sig=s3cret": template(`[`+box("a", `,"properties":{"colour":"[parameters('c')]"}`)+`,`+
		`{"type":"Microsoft.Resources/deployments","apiVersion":"2025-04-01","name":"n","properties":{"mode":"Incremental","templateLink":{"relativePath":"parts/b.json"},"parameters":{"of":{"value":"[reference('a').address]"}}}}]`,
		`"parameters":{"c":{"type":"string"}},"outputs":{"of":{"type":"string","value":"[reference('n').outputs.of.value]"}},`),
	"https://localhost/t/parts/b.json?sig=s3cret": template(`[`+box("b", `,"properties":{"of":"[parameters('of')]"}`)+`]`,
		`"parameters":{"of":{"type":"string"}},"outputs":{"of":{"type":"string","value":"[reference('b').of]"}},`),
	"https://localhost/values.json": `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#","contentVersion":"1.2.0.0","parameters":{"c":{"value":"blue"}}}`,
	"https://localhost/list.json":   `[]`,
	"https://localhost/broken.json": `{"resources":`,
}

func fromLibrary(_ context.Context, uri string) ([]byte, error) {
	if text, ok := library[uri]; ok {
		return []byte(text), nil
	}
	return nil, errors.New("the answer was 404 Not Found")
}

func TestLinks(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg") + "main"
	linked := func(more string) string { return `{"properties":{"mode":"Incremental",` + more + `}}` }
	main := `"templateLink":{"uri":"https://localhost/t/main.json","queryString":"sig=s3cret","contentVersion":"1.0.0.0"}`
	content := linked(main + `,"parametersLink":{"uri":"https://localhost/values.json","contentVersion":"1.2.0.0"}`)
	if kinds, r := w.predict(at, content); kinds["a"] != "Create" || kinds["b"] != "Create" {
		t.Errorf("what-if: %s", r.Text)
	}
	done := w.deployed(at, content)
	if done.String("properties/outputs/of/value") != "https://a.example.com" || done.String("properties/templateLink/uri") != "https://localhost/t/main.json" ||
		done.String("properties/parametersLink/contentVersion") != "1.2.0.0" || strings.Contains(done.Text, "s3cret") {
		t.Errorf("%s", done.Text)
	}
	if r := w.Want(200, "POST", at+"/exportTemplate", ""); !strings.Contains(r.Text, "parts/b.json") {
		t.Errorf("exported: %s", r.Text)
	}
	nested := func(props string) string {
		return body(template(`[{"type":"Microsoft.Resources/deployments","apiVersion":"2025-04-01","name":"n","properties":{"mode":"Incremental",`+props+`}}]`, ""), "")
	}
	for _, c := range []struct{ content, code, text string }{
		{linked(`"templateLink":{"uri":"https://localhost/none.json"}`), "InvalidContentLink", "Unable to download deployment content from 'https://localhost/none.json': the answer was 404"},
		{linked(`"templateLink":{"uri":"https://localhost/list.json"}`), "InvalidContentLink", "not a JSON object"},
		{linked(`"templateLink":{"uri":"https://localhost/broken.json"}`), "InvalidContentLink", "can't be read"},
		{linked(`"templateLink":{"uri":"http://localhost/t/main.json"}`), "InvalidContentLink", "must be an https URI"},
		{linked(`"templateLink":{"relativePath":"x.json"}`), "InvalidContentLink", "relativePath"},
		{linked(`"templateLink":{}`), "InvalidContentLink", "one of 'uri' and 'relativePath'"},
		{linked(`"templateLink":"https://localhost/t/main.json"`), "InvalidContentLink", "must be an object"},
		{linked(`"templateLink":{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Resources/templateSpecs/t/versions/1"}`), "UnsupportedTemplateFeature", "Template specs"},
		{linked(strings.Replace(main, "1.0.0.0", "9.0.0.0", 1)), "InvalidContentLink", "content version '1.0.0.0'"},
		{linked(main + `,"template":{}`), "InvalidDeployment", "not both"},
		{linked(main + `,"parameters":{},"parametersLink":{"uri":"https://localhost/values.json"}`), "InvalidDeployment", "not both"},
		{linked(main + `,"parametersLink":{"uri":"https://localhost/t/parts/b.json","queryString":"?sig=s3cret"}`), "InvalidTemplate", "'c'"},
		{nested(`"templateLink":{"relativePath":"x.json"}`), "InvalidTemplate", "needs the template around it to be linked"},
		{nested(`"templateLink":{"uri":"https://localhost/none.json"}`), "InvalidTemplate", "404"},
		{nested(`"templateLink":{"id":"/x"}`), "UnsupportedTemplateFeature", "Template specs"},
		{nested(`"template":{},"templateLink":{"uri":"https://localhost/none.json"}`), "InvalidTemplate", "not both"},
	} {
		writes := len(w.order)
		if r := w.Want(400, "PUT", at+"2", c.content); r.Code() != c.code || !strings.Contains(r.Text, c.text) || len(w.order) != writes {
			t.Errorf("%s: %s", c.content, r.Text)
		}
	}
}
