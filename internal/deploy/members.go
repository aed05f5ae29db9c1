package deploy

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// Members of a deployment's properties that a request may have; those that only the server sets are let pass, since
// clients send back what they read.
// https://learn.microsoft.com/rest/api/resources/deployments/create-or-update#deploymentproperties
var knownMembers = map[string]bool{
	"template": true, "templatelink": true, "parameters": true, "parameterslink": true, "mode": true, "debugsetting": true, "onerrordeployment": true,
	"expressionevaluationoptions": true, "validationlevel": true, "extensionconfigs": true, "externalinputs": true, "externalinputdefinitions": true, "whatifsettings": true,
	"provisioningstate": true, "correlationid": true, "timestamp": true, "duration": true, "outputs": true, "providers": true, "dependencies": true,
	"templatehash": true, "outputresources": true, "validatedresources": true, "error": true, "diagnostics": true, "extensions": true,
}

// Levels of validation: all checks; all but the caller's rights; the template alone.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if#validation-level
const (
	levelProvider       = "Provider"
	levelProviderNoRBAC = "ProviderNoRbac"
	levelTemplate       = "Template"
)

// readMembers checks which members there are, and reads those of less weight.
func (r *request) readMembers(props map[string]any) error {
	for _, k := range slices.Sorted(maps.Keys(props)) {
		if !knownMembers[strings.ToLower(k)] {
			return azerr.InvalidRequestContent.New("Could not find member '" + k + "' on object of type 'DeploymentProperties'")
		}
	}
	if o, ok := props["extensionConfigs"].(map[string]any); ok && len(o) > 0 {
		return azerr.UnsupportedTemplateFeature.New("The deployment configures the extension '" + slices.Min(slices.Collect(maps.Keys(o))) + "'; extensions are not supported by this server.")
	}
	if o, ok := props["debugSetting"].(map[string]any); ok {
		if level, _ := o["detailLevel"].(string); level != "" && !strings.EqualFold(level, "none") {
			return azerr.UnsupportedTemplateFeature.New("The 'debugSetting' with the detail level '" + level + "' is not supported by this server: it keeps no contents of requests and answers, which may be secret.")
		}
	}
	level, _ := props["validationLevel"].(string)
	for _, known := range []string{"", levelProvider, levelProviderNoRBAC, levelTemplate} {
		if strings.EqualFold(level, known) {
			r.level = known
			return r.readExternal(props["externalInputs"])
		}
	}
	return azerr.InvalidDeployment.New("The validation level '" + level + "' is not valid. Expected 'Provider', 'ProviderNoRbac' or 'Template'.")
}

// readExternal reads {"NAME":{"value":...}}, for the expressions of parameters.
func (r *request) readExternal(v any) error {
	if v == nil {
		return nil
	}
	inputs, ok := v.(map[string]any)
	if !ok {
		return azerr.InvalidRequestContent.New("the member 'externalInputs' must be an object")
	}
	r.external = map[string]any{}
	for name, in := range inputs {
		o, ok := in.(map[string]any)
		value, given := o["value"]
		if !ok || !given {
			return azerr.InvalidRequestContent.New("the external input '" + name + "' must be an object with a 'value'")
		}
		r.external[name] = value
	}
	return nil
}

// checkLocation, outside of groups: the region is known, and the name was not used in another one.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-to-subscription#deployment-location-and-name
func (s *Service) checkLocation(ctx context.Context, id resourceid.ID, location string) error {
	if id.ResourceGroup() != "" {
		return nil
	}
	if !slices.Contains(arm.LocationNames(), location) {
		return azerr.LocationNotAvailableForDeployment.New(location, id.Name(), strings.Join(arm.LocationNames(), ", "))
	}
	was, err := s.o.ARM.Stored(ctx, id)
	if err != nil || was == nil || arm.NormalLocation(was.Location) == location {
		return err
	}
	return azerr.InvalidDeploymentLocation.New(location, id.Name(), was.Location)
}
