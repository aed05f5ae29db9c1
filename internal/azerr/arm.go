package azerr

// Resource Manager's errors. Source: observed answers of management.azure.com and
// https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
var (
	AuthorizationFailed   = &Code{Code: "AuthorizationFailed", Status: 403, Format: "The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials."}
	ResourceNotFound      = &Code{Code: "ResourceNotFound", Status: 404, Format: "The Resource '%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"}
	ResourceGroupNotFound = &Code{Code: "ResourceGroupNotFound", Status: 404, Format: "Resource group '%s' could not be found."}
)
