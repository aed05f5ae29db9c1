package template

import (
	"cmp"
	"strings"
)

// Functions of the deployment itself: its parameters, variables and loops.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment
func deploymentFunctions() map[string]*function {
	return map[string]*function{
		"parameters":     fixed(1, parametersFunction),
		"variables":      fixed(1, variablesFunction),
		"externalInputs": {min: 1, max: 1, needs: canExternal, call: externalInputs},
		"copyIndex":      {max: 2, needs: canCopyIndex, call: copyIndex},
		"deployment":     fixed(0, func(f *frame, _ call) (any, error) { return f.ev.deployment(), nil }),
		"deployer":       fixed(0, func(f *frame, _ call) (any, error) { return From(f.ev.root().in.Deployer), nil }),
		"environment":    fixed(0, func(f *frame, _ call) (any, error) { return f.ev.root().in.Cloud.environment(), nil }),
	}
}

func parametersFunction(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	if f.args != nil {
		if v, ok := f.args.Get(name); ok {
			return v, nil
		}
		return nil, fault("The function parameter '%s' is not found. Please see https://aka.ms/arm-syntax-user-defined-functions for usage details.", name)
	}
	return f.ev.parameter(f, name)
}

// externalInputs gives a value from outside, for the expression of a parameter.
func externalInputs(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	v, ok := f.ev.in.External[name]
	if !ok {
		return nil, fault("The external input '%s' is not given.", name)
	}
	return From(v), nil
}

func variablesFunction(f *frame, c call) (any, error) {
	name, err := c.str(0)
	if err != nil {
		return nil, err
	}
	if f.args != nil && !f.ev.t.symbolic {
		return nil, fault("The template function 'variables' is not expected at this location: user functions can't access variables. Please see https://aka.ms/arm-syntax-user-defined-functions for usage details.")
	}
	return f.ev.variable(f, name)
}

// circular reports a parameter, variable or function that needs itself, with the way it does.
func (r *resolving) circular(name string) error {
	way := []string{name}
	for s := r; s != nil; s = s.up {
		way = append([]string{s.name}, way...)
		if s.name == name {
			return fault("Circular reference detected: %s. Please see https://aka.ms/arm-syntax for usage details.", strings.Join(way, " -> "))
		}
	}
	if len(way) > maxDepth {
		return fault("References are nested deeper than %d levels.", maxDepth)
	}
	return nil
}

// variable evaluates a variable when it is first needed.
func (ev *evaluator) variable(f *frame, name string) (any, error) {
	if ev.outer != nil {
		return ev.outer.variable(f, name)
	}
	i := ev.t.variables.find(name)
	if i < 0 {
		return nil, fault("The template variable '%s' is not found. Please see https://aka.ms/arm-syntax-variables for usage details.", name)
	}
	name = ev.t.variables.keys[i]
	if v, ok := ev.vars.Load(name); ok {
		return v, nil
	}
	label := "variables('" + name + "')"
	if err := f.resolving.circular(label); err != nil {
		return nil, err
	}
	g := &frame{ctx: f.ctx, ev: ev, steps: f.steps, resolving: &resolving{label, f.resolving}}
	v, err := ev.variableValue(g, name, ev.t.variables.vals[i])
	if err != nil {
		return nil, &located{what: "variable '" + name + "'", at: ev.t.variables.offset(i), err: err}
	}
	ev.vars.Store(name, v)
	return v, nil
}

// variableLoop marks a variable that the "copy" of "variables" makes.
type variableLoop struct{ loop *Object }

func (ev *evaluator) variableValue(f *frame, name string, v any) (any, error) {
	if l, ok := v.(variableLoop); ok {
		return f.loop(name, l.loop)
	}
	return f.value(v)
}

// deployment is what deployment() gives: the request, without what is secure.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#deployment
func (ev *evaluator) deployment() *Object {
	if ev.outer != nil {
		return ev.outer.deployment()
	}
	properties := NewObject()
	if ev.in.Base != "" && !ev.in.inline {
		properties.set("templateLink", object("uri", Shown(ev.in.Base)))
	}
	for _, p := range []struct {
		name  string
		value any
	}{{"template", ev.t.raw}, {"templateHash", ev.t.Hash()}, {"parameters", ev.shownParameters()}, {"mode", ev.in.mode()}, {"provisioningState", "Accepted"}} {
		properties.set(p.name, p.value)
	}
	o := object("name", ev.in.Name)
	if ev.in.Scope.ResourceGroup() == "" {
		o.set("location", ev.in.Location)
	}
	o.set("properties", properties)
	return o
}

// shownParameters are those that were given, without the secure ones.
func (ev *evaluator) shownParameters() *Object {
	out := NewObject()
	for i, name := range ev.given.keys {
		if p := ev.t.parameterNamed(name); p != nil && !p.Secure {
			out.set(name, ev.given.vals[i])
		}
	}
	return out
}

// environment is what environment() gives: the names that clients know from Azure's public cloud, and those of
// the instance for what it answers itself.
func (c Cloud) environment() *Object {
	manage, login := "https://"+cmp.Or(c.Management, "management.azure.com")+"/", "https://"+cmp.Or(c.Login, "login.microsoftonline.com")+"/"
	return object("name", "AzureCloud", "gallery", "https://gallery.azure.com/", "graph", "https://graph.windows.net/",
		"portal", "https://portal.azure.com", "graphAudience", "https://graph.windows.net/",
		"activeDirectoryDataLake", "https://datalake.azure.net/", "batch", "https://batch.core.windows.net/",
		"media", "https://rest.media.azure.net", "sqlManagement", "https://management.core.windows.net:8443/",
		"vmImageAliasDoc", "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
		"resourceManager", manage,
		"authentication", object("loginEndpoint", login,
			"audiences", []any{"https://management.core.windows.net/", "https://management.azure.com/"},
			"tenant", "common", "identityProvider", "AAD"),
		"suffixes", object("acrLoginServer", ".azurecr.io", "azureDatalakeAnalyticsCatalogAndJob", "azuredatalakeanalytics.net",
			"azureDatalakeStoreFileSystem", "azuredatalakestore.net", "azureFrontDoorEndpointSuffix", "azurefd.net",
			"keyvaultDns", "."+cmp.Or(c.Vaults, "vault.azure.net"), "sqlServerHostname", ".database.windows.net", "storage", "core.windows.net"))
}
