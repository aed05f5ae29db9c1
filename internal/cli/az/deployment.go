package az

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/internal/bicep"
	"gatehouse/internal/client"
)

const deploymentsAPI = "2022-09-01"

func deploymentCommands() []*command {
	table := columns("Name", "name", "State", "properties.provisioningState", "Timestamp", "properties.timestamp", "Mode", "properties.mode", "ResourceGroup", "resourceGroup")
	template := []arg{opt("--resource-group -g", "Name of the resource group.").must(), opt("--template-file -f", "A .bicep or .json template.").must().verbatim(),
		opt("--parameters -p", "KEY=VALUE, @FILE, a file's name, or a JSON object; later ones win.").as(many).verbatim(),
		opt("--name -n", "Name of the deployment; default the template's file name."), opt("--mode", "Incremental or Complete.").of("Incremental", "Complete")}
	shown := []arg{opt("--resource-group -g", "Name of the resource group.").must(), opt("--name -n", "Name of the deployment.").must()}
	return []*command{
		{path: words("deployment group create"), summary: "Deploy a template to a resource group.", table: table,
			example: "az deployment group create -g rg-mtls -f main.bicep -p name=value @parameters.json",
			args:    append(template, noWaitArg), run: deploymentCreate},
		{path: words("deployment group validate"), summary: "Check a template against a resource group without deploying it.", table: table,
			example: "az deployment group validate -g rg-mtls -f main.bicep", args: template, run: deploymentValidate},
		{path: words("deployment group show"), summary: "Show a deployment.", example: "az deployment group show -g rg-mtls -n main --query properties.outputs", args: shown, table: table,
			run: func(ctx context.Context, c *call) (any, error) {
				out, err := c.getARM(ctx, c.deploymentPath(c.get("name")), deploymentsAPI)
				if err != nil {
					return nil, err
				}
				return withGroup(out), nil
			}},
		{path: words("deployment group list"), summary: "List deployments.", example: "az deployment group list -g rg-mtls -o table", table: table,
			args: shown[:1],
			run: func(ctx context.Context, c *call) (any, error) {
				list, err := listAll[map[string]any](ctx, c, c.groupPath(c.get("resource-group"))+"/providers/Microsoft.Resources/deployments", deploymentsAPI)
				for _, d := range list {
					withGroup(d)
				}
				return list, err
			}},
		{path: words("deployment operation group list"), summary: "List the operations of a deployment.", example: "az deployment operation group list -g rg-mtls -n main -o table", args: shown,
			table: columns("State", "properties.provisioningState", "Resource", "properties.targetResource.resourceName", "Type", "properties.targetResource.resourceType", "Status", "properties.statusCode"),
			run: func(ctx context.Context, c *call) (any, error) {
				return listAll[map[string]any](ctx, c, c.deploymentPath(c.get("name"))+"/operations", deploymentsAPI)
			}},
	}
}

func (c *call) deploymentPath(name string) string {
	return c.groupPath(c.get("resource-group")) + "/providers/Microsoft.Resources/deployments/" + url.PathEscape(name)
}

// deploymentRequest reads the template and the parameters.
func (c *call) deploymentRequest(ctx context.Context) (name string, body map[string]any, err error) {
	file := c.get("template-file")
	name = c.either("name", strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)))
	template, err := c.template(ctx, file)
	if err != nil {
		return "", nil, err
	}
	params, err := c.parameters(template)
	if err != nil {
		return "", nil, err
	}
	return name, map[string]any{"properties": map[string]any{"mode": c.either("mode", "Incremental"), "template": template, "parameters": params}}, nil
}

func (c *call) template(ctx context.Context, file string) (json.RawMessage, error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".bicep":
		result, found := bicep.Compile(ctx, inDir(c.Env, file), bicep.Options{GeneratorVersion: c.Getenv("BICEP_GENERATOR_VERSION")})
		if found.HasErrors() {
			return nil, errors.New(strings.TrimRight(found.Text(), "\n"))
		}
		for _, d := range found {
			c.warn("%s", d)
		}
		return result.Template, nil
	default:
		b, err := readFile(c.Env, file)
		if err != nil {
			return nil, usagef("argument --template-file/-f: %v", err)
		}
		if !json.Valid(b) {
			var v any
			return nil, usagef("argument --template-file/-f: %s is not JSON: %v", file, json.Unmarshal(b, &v))
		}
		return b, nil
	}
}

type parameterValue struct {
	Value     any             `json:"value,omitempty"`
	Reference json.RawMessage `json:"reference,omitempty"`
}

// parameters reads --parameters. KEY=VALUE takes the type that the template declares.
func (c *call) parameters(template []byte) (map[string]json.RawMessage, error) {
	var declared struct {
		Parameters map[string]struct {
			Type string `json:"type"`
			Ref  string `json:"$ref"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(template, &declared); err != nil {
		return nil, fmt.Errorf("the template is no JSON object: %w", err)
	}
	out := map[string]json.RawMessage{}
	for _, p := range c.list("parameters") {
		k, v, isPair := strings.Cut(p, "=")
		if !isPair || strings.HasPrefix(p, "@") || strings.HasPrefix(strings.TrimSpace(p), "{") {
			if err := c.parameterFile(p, out); err != nil {
				return nil, err
			}
			continue
		}
		name, typ := k, ""
		for d, t := range declared.Parameters {
			if strings.EqualFold(d, k) {
				name, typ = d, t.Type
			}
		}
		value, err := c.parameter(name, typ, v)
		if err != nil {
			return nil, err
		}
		if out[name], err = json.Marshal(map[string]any{"value": value}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *call) parameter(name, typ, text string) (any, error) {
	if strings.HasPrefix(text, "@") && len(text) > 1 {
		b, err := readFile(c.Env, text[1:])
		if err != nil {
			return nil, usagef("argument --parameters/-p: %s: %v", name, err)
		}
		text = string(b)
	}
	switch strings.ToLower(typ) {
	case "int", "bool", "object", "array", "secureobject":
		d := json.NewDecoder(strings.NewReader(strings.TrimSpace(text)))
		if strings.EqualFold(typ, "bool") {
			d = json.NewDecoder(strings.NewReader(strings.ToLower(strings.TrimSpace(text))))
		}
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, usagef("argument --parameters/-p: %s is of type %s, and its value is no JSON: %v", name, typ, err)
		}
		return v, nil
	}
	return text, nil
}

// parameterFile reads a parameters file ({"parameters":{...}} or the inner object), or the same as inline JSON.
func (c *call) parameterFile(p string, out map[string]json.RawMessage) error {
	data := []byte(p)
	if !strings.HasPrefix(strings.TrimSpace(p), "{") {
		var err error
		if data, err = readFile(c.Env, strings.TrimPrefix(p, "@")); err != nil {
			return usagef("argument --parameters/-p: %q is neither KEY=VALUE nor a file: %v", p, err)
		}
	}
	var file struct {
		Parameters map[string]json.RawMessage `json:"parameters"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return usagef("argument --parameters/-p: %s: not a JSON object: %v", p, err)
	}
	if file.Parameters == nil {
		if err := json.Unmarshal(data, &file.Parameters); err != nil {
			return usagef("argument --parameters/-p: %s: %v", p, err)
		}
	}
	for k, v := range file.Parameters {
		var pv parameterValue
		d := json.NewDecoder(bytes.NewReader(v))
		d.DisallowUnknownFields()
		if err := d.Decode(&pv); err != nil {
			return usagef("argument --parameters/-p: %s: parameter %s must be an object with \"value\": %v", p, k, err)
		}
		out[k] = v
	}
	return nil
}

func deploymentValidate(ctx context.Context, c *call) (any, error) {
	name, body, err := c.deploymentRequest(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := c.client.Do(ctx, client.Request{Method: "POST", URL: client.Management + c.deploymentPath(name) + "/validate?api-version=" + deploymentsAPI,
		Audience: client.ManagementAudience, Body: body})
	if err != nil {
		return nil, err
	}
	if resp.Status == 202 {
		return nil, c.wait(ctx, resp)
	}
	var out map[string]any
	return out, resp.JSON(&out)
}

func deploymentCreate(ctx context.Context, c *call) (any, error) {
	start := time.Now()
	name, body, err := c.deploymentRequest(ctx)
	if err != nil {
		return nil, err
	}
	c.verbose("deploying %s as %s to %s", c.get("template-file"), name, c.get("resource-group"))
	resp, err := c.client.Do(ctx, client.Request{Method: "PUT", URL: client.Management + c.deploymentPath(name) + "?api-version=" + deploymentsAPI,
		Audience: client.ManagementAudience, Body: body})
	if err != nil {
		return nil, err
	}
	if c.has("no-wait") {
		return nil, nil
	}
	if err := c.wait(ctx, resp); err != nil {
		return nil, err
	}
	out, err := c.getARM(ctx, c.deploymentPath(name), deploymentsAPI)
	if err != nil {
		return nil, err
	}
	c.verbose("deployed in %s", time.Since(start).Round(time.Millisecond))
	return withGroup(out), nil
}
