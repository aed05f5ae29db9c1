package azerr

// Microsoft.Management's errors. Source: https://learn.microsoft.com/rest/api/managementgroups and
// https://learn.microsoft.com/azure/governance/management-groups/overview
var (
	ManagementGroupNotFound   = &Code{Code: "NotFound", Status: 404, Format: "'/providers/Microsoft.Management/managementGroups/%s' not found"}
	InvalidManagementGroup    = &Code{Code: "BadRequest", Status: 400, Format: "The management group '%s' is invalid: %s."}
	ManagementGroupNotEmpty   = &Code{Code: "BadRequest", Status: 400, Format: "The management group '%s' can't be deleted: it still holds %s. Move or delete them first."}
	ManagementGroupRoot       = &Code{Code: "BadRequest", Status: 400, Format: "The management group '%s' is the tenant's root: it can't be moved or deleted."}
	SubscriptionNotUnderGroup = &Code{Code: "NotFound", Status: 404, Format: "The subscription '%s' is not directly under the management group '%s'."}
	ElevateAccessNotPermitted = &Code{Code: "AuthorizationFailed", Status: 403, Format: "The client '%s' can't elevate its access: only the tenant's administrators (the built-in user and the application of gatehouse env) can."}
)
