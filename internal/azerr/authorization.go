package azerr

// Microsoft.Authorization's errors. Source: observed answers of management.azure.com and
// https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
var (
	RoleAssignmentNotFound       = &Code{Code: "RoleAssignmentNotFound", Status: 404, Format: "The role assignment '%s' is not found."}
	RoleAssignmentExists         = &Code{Code: "RoleAssignmentExists", Status: 409, Format: "The role assignment already exists. The ID of the existing role assignment is %s."}
	RoleAssignmentFixed          = &Code{Code: "RoleAssignmentUpdateNotPermitted", Status: 400, Format: "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."}
	InvalidRoleAssignmentID      = &Code{Code: "InvalidRoleAssignmentId", Status: 400, Format: "The role assignment ID '%s' is not valid. The role assignment ID must be a GUID."}
	InvalidRoleDefinitionID      = &Code{Code: "InvalidRoleDefinitionId", Status: 400, Format: "The role definition ID '%s' is not valid. The role definition ID must be a GUID."}
	RoleDefinitionDoesNotExist   = &Code{Code: "RoleDefinitionDoesNotExist", Status: 404, Format: "The specified role definition with ID '%s' does not exist."}
	RoleNotAssignableHere        = &Code{Code: "InvalidRoleAssignmentScope", Status: 400, Format: "The role definition '%s' can't be assigned at scope '%s': it is not within its assignable scopes."}
	PrincipalNotFound            = &Code{Code: "PrincipalNotFound", Status: 400, Format: "Principal %s does not exist in the directory %s. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"}
	UnmatchedPrincipalType       = &Code{Code: "UnmatchedPrincipalType", Status: 400, Format: "The PrincipalId '%s' has type '%s' , which is different from specified PrinciaplType '%s'."}
	InvalidPrincipalID           = &Code{Code: "InvalidPrincipalId", Status: 400, Format: "A valid principal ID must be provided for role assignment; '%s' is not a GUID."}
	InvalidPrincipalType         = &Code{Code: "InvalidPrincipalType", Status: 400, Format: "The principal type '%s' is not one of User, Group, ServicePrincipal."}
	RoleConditionsNotSupported   = &Code{Code: "NotSupported", Status: 400, Format: "Conditions of role assignments are not supported by this server: assign a narrower role or scope."}
	RoleDefinitionExists         = &Code{Code: "RoleDefinitionWithSameNameExists", Status: 409, Format: "A custom role with the same name already exists in this directory. Use a different name; '%s' is the one of '%s'."}
	RoleDefinitionInUse          = &Code{Code: "RoleDefinitionHasAssignments", Status: 409, Format: "There are existing role assignments referencing role '%s' (%d). Delete them first."}
	RoleDefinitionBuiltIn        = &Code{Code: "RoleDefinitionUpdateNotPermitted", Status: 400, Format: "The role '%s' is built in and can't be changed or deleted."}
	InvalidRoleDefinition        = &Code{Code: "InvalidRoleDefinition", Status: 400, Format: "The role definition is invalid: %s."}
	InvalidAuthorizationFilter   = &Code{Code: "UnsupportedQuery", Status: 400, Format: "The filter '%s' is not supported. Supported are either 'atScope()', 'principalId eq '{value}'' or 'assignedTo('{value}')', joined by 'and'."}
	InvalidRoleDefinitionsFilter = &Code{Code: "UnsupportedQuery", Status: 400, Format: "The filter '%s' is not supported. Supported are 'roleName eq '{value}'', 'type eq '{value}'', 'atScope()' and 'atScopeAndBelow()', joined by 'and'."}
)
