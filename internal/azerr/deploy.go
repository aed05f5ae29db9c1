package azerr

// Errors of Microsoft.Resources/deployments. Source: observed answers of management.azure.com and
// https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
var (
	InvalidTemplate                   = &Code{Code: "InvalidTemplate", Status: 400, Format: "%s"}
	UnsupportedTemplateFeature        = &Code{Code: "UnsupportedTemplateFeature", Status: 400, Format: "%s"}
	InvalidTemplateDeployment         = &Code{Code: "InvalidTemplateDeployment", Status: 400, Format: "The template deployment '%s' is not valid according to the validation procedure. The tracking id is '%s'. See inner errors for details."}
	MultipleErrorsOccurred            = &Code{Code: "MultipleErrorsOccurred", Status: 400, Format: "Multiple error occurred: %s. Please see details."}
	InvalidDeployment                 = &Code{Code: "InvalidDeployment", Status: 400, Format: "%s"}
	InvalidContentLink                = &Code{Code: "InvalidContentLink", Status: 400, Format: "%s"}
	InvalidDeploymentName             = &Code{Code: "InvalidDeploymentName", Status: 400, Format: "The deployment name '%s' is invalid: 1 to 64 letters, digits, hyphens, underscores, parentheses and periods."}
	InvalidDeploymentLocation         = &Code{Code: "InvalidDeploymentLocation", Status: 409, Format: "Invalid deployment location '%s'. The deployment '%s' already exists in location '%s'. Give it another name, or its location."}
	LocationNotAvailableForDeployment = &Code{Code: "LocationNotAvailableForDeployment", Status: 400, Format: "The location '%s' is not available for the deployment '%s'. List of available regions is '%s'."}
	DeploymentActive                  = &Code{Code: "DeploymentActive", Status: 409, Format: "Unable to edit or replace deployment '%s': previous deployment from '%s' is still active. Wait for its end, or cancel it. Please see https://aka.ms/arm-deploy for usage details."}
	DeploymentNotFound                = &Code{Code: "DeploymentNotFound", Status: 404, Format: "Deployment '%s' could not be found."}
	DeploymentFailed                  = &Code{Code: "DeploymentFailed", Status: 409, Format: "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details."}
	DeploymentCanceled                = &Code{Code: "DeploymentCanceled", Status: 409, Format: "The deployment was canceled; resources that had not begun were not deployed."}
	DeploymentInterrupted             = &Code{Code: "DeploymentInterrupted", Status: 500, Format: "The server stopped while the deployment was running. Deploy the template again: resources that are there already stay as they are or are updated."}
	DeploymentNotCancellable          = &Code{Code: "DeploymentCannotBeCancelled", Status: 409, Format: "The deployment '%s' can't be canceled: its provisioning state is '%s'."}
	DeploymentIncomplete              = &Code{Code: "DeploymentIncomplete", Status: 409, Format: "%s"}
	DeploymentOperationFailed         = &Code{Code: "ResourceDeploymentFailure", Status: 409, Format: "The resource write operation failed to complete successfully, because it reached terminal provisioning state '%s'."}
	DeploymentOutputsFailed           = &Code{Code: "DeploymentOutputEvaluationFailed", Status: 400, Format: "Unable to evaluate template outputs: '%s'. Please see error details and deployment operations. Please see https://aka.ms/arm-common-errors for usage details."}
	DeploymentOutputFailed            = &Code{Code: "DeploymentOutputEvaluationFailed", Status: 400, Format: "%s"}
)
