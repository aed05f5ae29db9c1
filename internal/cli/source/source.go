// Package source reads what a deployment is made of: a template (.bicep or JSON)
// and parameters (KEY=VALUE, JSON files, inline JSON, .bicepparam), as Azure CLI
// takes them, into the body that the deployments API wants. It sends nothing.
// Start at Reader.Read.
package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"gatehouse/internal/bicep"
	"gatehouse/internal/diag"
)

// Reader reads files for one command.
type Reader struct {
	Path   func(name string) string          // makes a name absolute
	File   func(name string) ([]byte, error) // reads a file that an argument names
	Getenv func(string) string               // for .bicepparam files
	Bicep  bicep.Options                     // of every compilation
	// Input gives the value of an external input of a .bicepparam file; nil: there are none.
	Input func(kind string, config any) (any, error)
	Usage func(argument, text string) error // makes an error of what an argument says; nil: a plain error
}

// Deployment is a template and its parameters.
type Deployment struct {
	Name       string // the template's file name without its extension
	Template   json.RawMessage
	Parameters map[string]json.RawMessage
	Warnings   diag.List
}

// Scopes of templates.
const (
	Group           = "group"
	Subscription    = "sub"
	ManagementGroup = "mg"
	Tenant          = "tenant"
)

// Scope is where the template's schema says that it is deployed.
func (d *Deployment) Scope() string {
	var t struct {
		Schema string `json:"$schema"`
	}
	_ = json.Unmarshal(d.Template, &t)
	switch s := strings.ToLower(t.Schema); {
	case strings.Contains(s, "subscriptiondeploymenttemplate.json"):
		return Subscription
	case strings.Contains(s, "managementgroupdeploymenttemplate.json"):
		return ManagementGroup
	case strings.Contains(s, "tenantdeploymenttemplate.json"):
		return Tenant
	}
	return Group
}

// Body is the request for mode and, outside of resource groups, a location.
func (d *Deployment) Body(mode, location string) map[string]any {
	body := map[string]any{"properties": map[string]any{"mode": mode, "template": d.Template, "parameters": d.Parameters}}
	if location != "" {
		body["location"] = location
	}
	return body
}

func (r *Reader) usage(argument, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if r.Usage == nil {
		return errors.New(text)
	}
	return r.Usage(argument, text)
}

// Names of arguments in errors.
const (
	templateArg   = "--template-file/-f"
	parametersArg = "--parameters/-p"
)

// Read reads the template in file, which may be a .bicepparam file, or "" when one
// is among the parameters; later parameters win.
func (r *Reader) Read(ctx context.Context, file string, parameters []string) (*Deployment, error) {
	if isParams(file) {
		parameters, file = append([]string{file}, parameters...), ""
	}
	d := &Deployment{Parameters: map[string]json.RawMessage{}}
	params, rest := takeParams(parameters)
	if len(params) > 1 {
		return nil, r.usage(parametersArg, "only one .bicepparam file can be given, got %s", strings.Join(params, " and "))
	}
	switch {
	case len(params) == 1:
		if err := r.bicepparam(ctx, d, params[0], file); err != nil {
			return nil, err
		}
	case file == "":
		return nil, r.usage(templateArg, "no template was given")
	default:
		if err := r.template(ctx, d, file); err != nil {
			return nil, err
		}
	}
	return d, r.parameters(d, rest)
}

func isParams(name string) bool { return strings.EqualFold(filepath.Ext(name), ".bicepparam") }

// takeParams parts .bicepparam files from other parameters.
func takeParams(all []string) (params, rest []string) {
	for _, p := range all {
		if name := strings.TrimPrefix(p, "@"); isParams(name) && !strings.Contains(p, "=") {
			params = append(params, name)
			continue
		}
		rest = append(rest, p)
	}
	return params, rest
}

func (r *Reader) named(d *Deployment, file string) {
	d.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

func (r *Reader) template(ctx context.Context, d *Deployment, file string) error {
	r.named(d, file)
	if strings.EqualFold(filepath.Ext(file), ".bicep") {
		result, found := bicep.Compile(ctx, r.Path(file), r.Bicep)
		if found.HasErrors() || result == nil {
			return found.Err()
		}
		d.Template, d.Warnings = result.Template, found
		return nil
	}
	data, err := r.File(file)
	if err != nil {
		return r.usage(templateArg, "%v", err)
	}
	if !json.Valid(data) {
		var v any
		return r.usage(templateArg, "%s is not JSON: %v", file, json.Unmarshal(data, &v))
	}
	d.Template = data
	return nil
}

// bicepparam reads a parameters file and the template that it is using, or the
// given one when it uses none.
func (r *Reader) bicepparam(ctx context.Context, d *Deployment, params, file string) error {
	o := bicep.ParamsOptions{Options: r.Bicep, Getenv: r.Getenv, Evaluate: Evaluate}
	if strings.EqualFold(filepath.Ext(file), ".bicep") {
		o.Template = r.Path(file)
	}
	result, found := bicep.CompileParams(ctx, r.Path(params), o)
	if found.HasErrors() || result == nil {
		return found.Err()
	}
	r.named(d, params)
	d.Template, d.Warnings = result.Template, found
	if d.Template == nil {
		if file == "" {
			return r.usage(templateArg, "%s is using none: name the template as well", params)
		}
		if err := r.template(ctx, d, file); err != nil {
			return err
		}
	}
	if file != "" {
		r.named(d, file)
	}
	var content struct {
		Parameters map[string]json.RawMessage `json:"parameters"`
		Inputs     map[string]input           `json:"externalInputDefinitions"`
		Extensions map[string]json.RawMessage `json:"extensionConfigs"`
		Using      json.RawMessage            `json:"usingConfig"`
	}
	if err := json.Unmarshal(result.Parameters, &content); err != nil {
		return fmt.Errorf("%s: %w", params, err)
	}
	switch {
	case len(content.Inputs) > 0 && r.Input == nil:
		return fmt.Errorf("%s: takes values from externalInput, which this command does not supply: use readEnvironmentVariable, give the parameters as KEY=VALUE in place of the file, or deploy with `gatehouse deploy`", params)
	case content.Using != nil:
		return fmt.Errorf("%s: its using declaration says with what to deploy (\"with\"), which a deployment here does not follow: remove that, and give scope and name as arguments", params)
	case len(content.Extensions) > 0:
		return fmt.Errorf("%s: configures extensions, which a deployment here does not support: remove extensionConfig and the extensions of the template", params)
	}
	if len(content.Inputs) > 0 {
		if err := r.external(ctx, content.Parameters, content.Inputs); err != nil {
			return fmt.Errorf("%s: %w", params, err)
		}
	}
	for k, v := range content.Parameters {
		d.Parameters[k] = v
	}
	return nil
}

// parameters reads the rest. KEY=VALUE takes the type that the template declares.
func (r *Reader) parameters(d *Deployment, list []string) error {
	var declared struct {
		Parameters map[string]struct {
			Type string `json:"type"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(d.Template, &declared); err != nil {
		return fmt.Errorf("the template is no JSON object: %w", err)
	}
	for _, p := range list {
		k, v, isPair := strings.Cut(p, "=")
		if !isPair || strings.HasPrefix(p, "@") || strings.HasPrefix(strings.TrimSpace(p), "{") {
			if err := r.parameterFile(p, d.Parameters); err != nil {
				return err
			}
			continue
		}
		name, typ := k, ""
		for known, t := range declared.Parameters {
			if strings.EqualFold(known, k) {
				name, typ = known, t.Type
			}
		}
		value, err := r.value(name, typ, v)
		if err != nil {
			return err
		}
		if d.Parameters[name], err = json.Marshal(map[string]any{"value": value}); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) value(name, typ, text string) (any, error) {
	if strings.HasPrefix(text, "@") && len(text) > 1 {
		b, err := r.File(text[1:])
		if err != nil {
			return nil, r.usage(parametersArg, "%s: %v", name, err)
		}
		text = string(b)
	}
	switch strings.ToLower(typ) {
	case "int", "bool", "object", "array", "secureobject":
		trimmed := strings.TrimSpace(text)
		if strings.EqualFold(typ, "bool") {
			trimmed = strings.ToLower(trimmed)
		}
		dec := json.NewDecoder(strings.NewReader(trimmed))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			return nil, r.usage(parametersArg, "%s is of type %s, and its value is no JSON: %v", name, typ, err)
		}
		return v, nil
	}
	return text, nil
}

// parameterFile reads a parameters file ({"parameters":{...}} or the inner object),
// or the same as inline JSON.
func (r *Reader) parameterFile(p string, out map[string]json.RawMessage) error {
	data := []byte(p)
	if !strings.HasPrefix(strings.TrimSpace(p), "{") {
		var err error
		if data, err = r.File(strings.TrimPrefix(p, "@")); err != nil {
			return r.usage(parametersArg, "%q is neither KEY=VALUE nor a file: %v", p, err)
		}
	}
	var file struct {
		Parameters map[string]json.RawMessage `json:"parameters"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return r.usage(parametersArg, "%s: not a JSON object: %v", p, err)
	}
	if file.Parameters == nil {
		if err := json.Unmarshal(data, &file.Parameters); err != nil {
			return r.usage(parametersArg, "%s: %v", p, err)
		}
	}
	for k, v := range file.Parameters {
		var one struct {
			Value     any             `json:"value,omitempty"`
			Reference json.RawMessage `json:"reference,omitempty"`
		}
		dec := json.NewDecoder(bytes.NewReader(v))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&one); err != nil {
			return r.usage(parametersArg, "%s: parameter %s must be an object with \"value\": %v", p, k, err)
		}
		out[k] = v
	}
	return nil
}
