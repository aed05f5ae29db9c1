package clients

import (
	"slices"
	"strings"
	"testing"
)

// deployed is what Azure CLI prints of a deployment.
type deployed struct {
	Name       string
	Properties struct {
		ProvisioningState string
		Outputs           map[string]struct{ Value any }
	}
}

// TestAzureCLIDeployments runs all `az deployment` commands at each scope, and those of management groups. The
// application is one of the tenant's administrators: it gives itself a role at the tenant, as Microsoft's page says.
func TestAzureCLIDeployments(t *testing.T) {
	azure(t, nil, "login", "--service-principal", "-u", s.vars["AZURE_CLIENT_ID"], "-p", s.vars["AZURE_CLIENT_SECRET"], "--tenant", s.vars["AZURE_TENANT_ID"])
	azure(t, nil, "group", "create", "-n", "rg-deploy", "-l", "westeurope")
	azure(t, nil, "rest", "--method", "post", "--url", "/providers/Microsoft.Authorization/elevateAccess?api-version=2016-07-01")
	azure(t, nil, "role", "assignment", "create", "--assignee-object-id", objectID(t), "--assignee-principal-type", "ServicePrincipal", "--role", "Owner", "--scope", "/")
	managementGroups(t)
	for _, scope := range []struct {
		word, schema string
		where        []string
	}{
		{"group", "deploymentTemplate", []string{"-g", "rg-deploy"}},
		{"sub", "subscriptionDeploymentTemplate", []string{"-l", "westeurope"}},
		{"mg", "managementGroupDeploymentTemplate", []string{"-m", "platform", "-l", "westeurope"}},
		{"tenant", "tenantDeploymentTemplate", []string{"-l", "westeurope"}},
	} {
		t.Run(scope.word, func(t *testing.T) { deployments(t, scope.word, scope.schema, scope.where) })
	}
}

// managementGroups makes the tree that deployments at a management group need.
func managementGroups(t *testing.T) {
	azure(t, nil, "account", "management-group", "create", "-n", "platform", "--display-name", "Platform", "--no-register")
	azure(t, nil, "account", "management-group", "create", "-n", "prod", "--parent", "platform", "--no-register")
	azure(t, nil, "account", "management-group", "subscription", "add", "-n", "prod", "-s", s.vars["AZURE_SUBSCRIPTION_ID"])
	var shown struct {
		DisplayName string
		Children    []struct{ Name string }
	}
	if azure(t, &shown, "account", "management-group", "show", "-n", "platform", "-e", "-r", "--no-register"); shown.DisplayName != "Platform" || len(shown.Children) != 1 || shown.Children[0].Name != "prod" {
		t.Errorf("management-group show: got %+v", shown)
	}
	var list []struct{ Name string }
	if azure(t, &list, "account", "management-group", "list", "--no-register"); len(list) != 3 {
		t.Errorf("management-group list: got %v", list)
	}
	azure(t, nil, "account", "management-group", "subscription", "remove", "-n", "prod", "-s", s.vars["AZURE_SUBSCRIPTION_ID"])
	azure(t, nil, "account", "management-group", "delete", "-n", "prod", "--no-register")
}

func deployments(t *testing.T, word, schema string, where []string) {
	file := word + ".json"
	write(t, file, `{"$schema":"https://schema.management.azure.com/schemas/2019-08-01/`+schema+`.json#","contentVersion":"1.0.0.0",
		"parameters":{"who":{"type":"string"}},"resources":[],"outputs":{"said":{"type":"string","value":"[concat('hello ', parameters('who'))]"}}}`)
	az := func(v any, verb string, more ...string) {
		t.Helper()
		azure(t, v, slices.Concat([]string{"deployment", word, verb}, more)...)
	}
	template := slices.Concat(where, []string{"-n", "main", "-f", file, "-p", "who=" + word})
	named := []string{"-n", "main"}
	if word != "sub" && word != "tenant" {
		named = append(named, where[:2]...)
	}
	az(nil, "validate", template...)
	var predicted struct{ Status string }
	if az(&predicted, "what-if", append(template, "--no-pretty-print")...); predicted.Status != "Succeeded" {
		t.Errorf("what-if: got %+v", predicted)
	}
	var made, shown deployed
	if az(&made, "create", template...); made.Properties.ProvisioningState != "Succeeded" || made.Properties.Outputs["said"].Value != "hello "+word {
		t.Errorf("create: got %+v", made)
	}
	if az(&shown, "show", named...); shown.Name != "main" {
		t.Errorf("show: got %+v", shown)
	}
	var list []deployed
	if az(&list, "list", named[2:]...); len(list) != 1 {
		t.Errorf("list: got %+v", list)
	}
	var operations []struct{ OperationID string }
	azure(t, &operations, slices.Concat([]string{"deployment", "operation", word, "list"}, named)...)
	var exported map[string]any
	if az(&exported, "export", named...); !strings.Contains(exported["$schema"].(string), schema) {
		t.Errorf("export: got %v", exported)
	}
	refused(t, "DeploymentCannotBeCancelled", slices.Concat([]string{"deployment", word, "cancel"}, named)...)
	az(nil, "delete", named...)
	refused(t, "DeploymentNotFound", slices.Concat([]string{"deployment", word, "show"}, named)...)
}
