package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// document is a template in a body that ReadBody read: it keeps the order of keys and
// the text, for lines and columns.
type document struct {
	value *template.Object
	text  string
}

// ReadBody reads the body of a deployment, validate or whatIf request. Azure CLI pastes the
// template's file into it unquoted, comments and all.
func ReadBody(data []byte) (map[string]any, error) {
	v, err := template.Decode("body", data)
	if err != nil {
		return nil, azerr.InvalidRequestContent.New(err)
	}
	body, ok := v.(*template.Object)
	if !ok {
		return nil, azerr.InvalidRequestContent.New("the body must be a JSON object")
	}
	m := template.To(body).(map[string]any)
	props, ok := body.Value("properties").(*template.Object)
	if !ok {
		return m, nil
	}
	if t, ok := props.Value("template").(*template.Object); ok {
		for k, v := range m["properties"].(map[string]any) {
			if strings.EqualFold(k, "template") && v != nil {
				m["properties"].(map[string]any)[k] = &document{t, string(data)}
			}
		}
	}
	return m, nil
}

// request is what a client, or the deployment around a nested one, asks for.
type request struct {
	id         resourceid.ID
	caller     identity.Caller
	mode       string
	location   string
	tags       map[string]any
	template   *template.Template
	links      map[string]any   // templateLink and parametersLink, as the deployment shows them
	base       string           // where the template was read from; "": it was given as it is
	nested     *template.Nested // of a nested deployment
	parameters map[string]any
	external   map[string]any // values of external inputs, by name
	level      string         // of validation; "": Provider
	resultOnly bool           // whatIf: ResourceIdOnly
	onError    *onError
}

// readRequest checks a body's shape and parses its template.
func (s *Service) readRequest(ctx context.Context, id resourceid.ID, c identity.Caller, body map[string]any) (*request, error) {
	r := &request{id: id, caller: c, links: map[string]any{}}
	location, _ := body["location"].(string)
	r.location = arm.NormalLocation(location)
	r.tags, _ = body["tags"].(map[string]any)
	props, ok := body["properties"].(map[string]any)
	if !ok {
		return nil, azerr.InvalidRequestContent.New("the member 'properties' must be an object with 'mode' and 'template'")
	}
	if id.ResourceGroup() == "" && r.location == "" {
		return nil, azerr.InvalidDeployment.New("The 'location' property must be specified for '" + id.Name() + "'. Please see https://aka.ms/deploy-to-subscription for usage details.")
	}
	if err := r.readMembers(props); err != nil {
		return nil, err
	}
	if err := r.readMode(props); err != nil {
		return nil, err
	}
	err := s.checkLocation(ctx, id, r.location)
	if err != nil {
		return nil, err
	}
	if r.onError, err = readOnError(props["onErrorDeployment"]); err != nil {
		return nil, err
	}
	if v, ok := props["parameters"]; ok && v != nil {
		if r.parameters, ok = v.(map[string]any); !ok {
			return nil, azerr.InvalidRequestContent.New("the member 'parameters' must be an object")
		}
	}
	if props["parametersLink"] != nil {
		if err := s.linkedParameters(ctx, r, props["parametersLink"]); err != nil {
			return nil, err
		}
	}
	if props["templateLink"] != nil {
		return r, s.linkedTemplate(ctx, r, props)
	}
	return r, r.readTemplate(props["template"])
}

func (r *request) readMode(props map[string]any) error {
	mode, _ := props["mode"].(string)
	switch {
	case mode == "" || strings.EqualFold(mode, "Incremental"):
		r.mode = "Incremental"
	case strings.EqualFold(mode, "Complete"):
		r.mode = "Complete"
	default:
		return azerr.InvalidDeployment.New(fmt.Sprintf("The deployment mode '%s' is not valid. Expected 'Incremental' or 'Complete'.", mode))
	}
	if r.mode == "Complete" && r.id.ResourceGroup() == "" {
		return azerr.InvalidDeployment.New("The deployment mode 'Complete' is only supported for deployments at resource group scope.")
	}
	if o, ok := props["whatIfSettings"].(map[string]any); ok {
		format, _ := o["resultFormat"].(string)
		r.resultOnly = strings.EqualFold(format, "ResourceIdOnly")
	}
	return nil
}

func (r *request) readTemplate(v any) (err error) {
	switch v := v.(type) {
	case *template.Nested:
		r.nested, r.template, r.base = v, v.Template, v.Base
	case *document:
		r.template, err = template.FromValue(r.id.Name(), v.value, v.text)
	case map[string]any, *template.Object:
		r.template, err = template.FromValue(r.id.Name(), v, "")
	case nil:
		return azerr.InvalidDeployment.New("The deployment has no 'template'.")
	default:
		return azerr.InvalidRequestContent.New("the member 'template' must be an object")
	}
	return templateError(err)
}

// plan binds the parameters and orders the resources; rt answers for what lies outside.
func (s *Service) plan(ctx context.Context, r *request, rt template.Runtime) (*template.Plan, error) {
	in := template.Input{
		Name: r.id.Name(), Scope: r.id.Scope(), Location: r.location, Mode: r.mode, TenantID: s.o.ARM.TenantID(), Cloud: s.o.Cloud, Parameters: r.parameters, External: r.external,
		Deployer: map[string]any{"objectId": r.caller.ObjectID, "tenantId": s.o.ARM.TenantID(), "userPrincipalName": r.caller.Name},
		Now:      s.o.Now(), Runtime: rt, RoleDefinition: builtInRole, Providers: s.provider,
		ScopeFacts: func(ctx context.Context, id resourceid.ID) (map[string]any, error) {
			return s.scopeFacts(ctx, id, rt)
		},
		Secret: s.secrets(r.caller), Fetch: s.o.Document, Base: r.base,
	}
	var p *template.Plan
	var err error
	if r.nested != nil {
		p, err = r.nested.Plan(ctx, in)
	} else {
		p, err = r.template.Plan(ctx, in)
	}
	return p, templateError(err)
}

// provider answers the function providers(), which is deprecated: a namespace with its types, or one of them.
func (s *Service) provider(namespace, typ string) (map[string]any, bool) {
	locations := []any{}
	for _, l := range arm.Locations() {
		locations = append(locations, l.DisplayName)
	}
	types := []any{}
	for _, name := range s.o.ARM.TypeNames() {
		ns, rest, _ := strings.Cut(name, "/")
		if !strings.EqualFold(ns, namespace) {
			continue
		}
		t, _ := s.o.ARM.Type(name)
		shown := map[string]any{"resourceType": rest, "locations": locations, "apiVersions": anyTexts(t.APIVersions)}
		if strings.EqualFold(rest, typ) {
			return shown, true
		}
		types = append(types, shown)
	}
	return map[string]any{"namespace": namespace, "resourceTypes": types}, typ == "" && len(types) > 0
}

func anyTexts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// builtInRole finds the GUID of a built-in role, for roleDefinitions().
func builtInRole(name string) (id string, ok bool) {
	for _, d := range rbac.BuiltIn {
		if strings.EqualFold(d.Name, name) {
			return d.ID, true
		}
	}
	return "", false
}

func (s *Service) secrets(c identity.Caller) func(ctx context.Context, vault, name, version string) (string, error) {
	if s.o.Secret == nil {
		return nil
	}
	return func(ctx context.Context, vault, name, version string) (string, error) {
		id, err := resourceid.Parse(vault)
		if err != nil {
			return "", err
		}
		return s.o.Secret(ctx, c, id, name, version)
	}
}

// scopeFacts is what resourceGroup() and its kin add: the scope as GET shows it. Who deploys
// may always know where. A group that is not there yet is what rt predicts, or unknown.
func (s *Service) scopeFacts(ctx context.Context, id resourceid.ID, rt template.Runtime) (map[string]any, error) {
	if id.IsTenant() || !id.IsType(arm.TypeGroup) && !id.IsType(arm.TypeSubscription) && !id.IsType(arm.TypeManagementGroup) {
		return nil, nil
	}
	r, err := s.o.ARM.Lookup(ctx, id)
	switch {
	case isNotFound(err) && (id.IsType(arm.TypeGroup) || id.IsType(arm.TypeManagementGroup)):
		if p, ok := rt.(interface{ foresight() *prediction }); ok {
			if w, err := p.foresight().Reference(ctx, id, ""); !errors.Is(err, template.ErrNotFound) {
				return w, err
			}
		}
		return nil, template.ErrUnknown
	case err != nil:
		return nil, err
	}
	w := plain(r.Wire())
	if id.IsType(arm.TypeSubscription) {
		return map[string]any{"displayName": w["displayName"], "id": w["id"]}, nil
	}
	return w, nil
}

// templateError puts an error of the engine into the wire's shape.
func templateError(err error) error {
	var wire *azerr.Error
	var te *template.Error
	var unsupported *template.UnsupportedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unsupported):
		return azerr.UnsupportedTemplateFeature.New(unsupported.Message)
	case errors.As(err, &te):
		var inner *azerr.Error
		if errors.As(te.Cause, &inner) && inner.Kind.Status >= 500 {
			return inner
		}
		kind := azerr.InvalidTemplate
		if te.Code == template.UnsupportedFeature {
			kind = azerr.UnsupportedTemplateFeature
		}
		e := kind.New(te.Message).Because(te)
		e.Target = te.Target
		if te.Line > 0 {
			e.AdditionalInfo = append(e.AdditionalInfo, azerr.Info{Type: "TemplateViolation",
				Info: map[string]any{"lineNumber": te.Line, "linePosition": te.Column, "path": ""}})
		}
		return e
	case errors.As(err, &wire):
		return err
	}
	return err
}

// wireError is an error in a deployment's properties.
func wireError(err error) map[string]any { return plain(azerr.From(err).ARMBody()) }

func isNotFound(err error) bool {
	var e *azerr.Error
	return errors.As(err, &e) && e.Kind.Status == 404
}
