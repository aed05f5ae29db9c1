package rbac

import "slices"

// The role definition IDs that code of this program names.
const (
	UserAccessAdministratorRole = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
	OwnerRole                   = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	KeyVaultAdministratorRole   = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
	KeyVaultSecretsUserRole     = "4633458b-17de-408a-b874-0445c86b69e6"
)

// BuiltIn holds the built-in roles, with the permissions that Azure publishes.
// It is read only. Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var BuiltIn = slices.Concat(generalRoles, keyVaultRoles, serviceRoles)

func role(id, name, description string, p Permission) RoleDefinition {
	return RoleDefinition{ID: id, Name: name, Type: "BuiltInRole", Description: description, Permissions: []Permission{p}, AssignableScopes: []string{"/"}}
}

var generalRoles = []RoleDefinition{
	role(OwnerRole, "Owner", "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.", Permission{Actions: []string{"*"}}),
	role("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.",
		Permission{Actions: []string{"*"}, NotActions: []string{
			"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action",
			"Microsoft.Blueprint/blueprintAssignments/write", "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
			"Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete", "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
			"Microsoft.Subscription/cancel/action", "Microsoft.Subscription/enable/action"}}),
	role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources, but does not allow you to make any changes.", Permission{Actions: []string{"*/read"}}),
	role(UserAccessAdministratorRole, "User Access Administrator", "Lets you manage user access to Azure resources.",
		Permission{Actions: []string{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}}),
	role("5d58bcaf-24a5-4b20-bdb6-eed9f69fbe4c", "Management Group Contributor", "Management Group Contributor Role", Permission{Actions: []string{
		"Microsoft.Management/managementGroups/delete", "Microsoft.Management/managementGroups/read", "Microsoft.Management/managementGroups/subscriptions/delete",
		"Microsoft.Management/managementGroups/subscriptions/write", "Microsoft.Management/managementGroups/write", "Microsoft.Management/managementGroups/subscriptions/read"}}),
	role("ac63b705-f282-497d-ac71-919bf39d939d", "Management Group Reader", "Management Group Reader Role", Permission{Actions: []string{
		"Microsoft.Management/managementGroups/read", "Microsoft.Management/managementGroups/subscriptions/read"}}),
	role("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator", "Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, such as Azure Policy.",
		Permission{Actions: []string{"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read", "Microsoft.Support/*"}}),
}

// vaultReaderActions are the control-plane actions that most vault roles share.
var vaultReaderActions = []string{"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Resources/deployments/*",
	"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*", "Microsoft.KeyVault/checkNameAvailability/read", "Microsoft.KeyVault/deletedVaults/read",
	"Microsoft.KeyVault/locations/*/read", "Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/operations/read"}

func vaultData(actions ...string) []string {
	for i, a := range actions {
		actions[i] = "Microsoft.KeyVault/vaults/" + a
	}
	return actions
}

var keyVaultRoles = []RoleDefinition{
	role(KeyVaultAdministratorRole, "Key Vault Administrator", "Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets. Cannot manage key vault resources or manage role assignments. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{Actions: vaultReaderActions, DataActions: vaultData("*")}),
	role("a4417e6f-fecd-4de8-b567-7b0420556985", "Key Vault Certificates Officer", "Perform any action on the certificates of a key vault, except manage permissions. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{Actions: vaultReaderActions, DataActions: vaultData("certificatecas/*", "certificates/*", "certificatecontacts/write")}),
	role("db79e9a7-68ee-4b58-9aeb-b90e7c24fcba", "Key Vault Certificate User", "Read certificate contents. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{DataActions: vaultData("certificates/read", "secrets/getSecret/action", "secrets/readMetadata/action", "keys/read")}),
	role("14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "Key Vault Crypto Officer", "Perform any action on the keys of a key vault, except manage permissions. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{Actions: vaultReaderActions, DataActions: vaultData("keys/*", "keyrotationpolicies/*")}),
	role("12338af0-0e69-4776-bea7-57ae8d297424", "Key Vault Crypto User", "Perform cryptographic operations using keys. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{DataActions: vaultData("keys/read", "keys/update/action", "keys/backup/action", "keys/encrypt/action", "keys/decrypt/action",
			"keys/wrap/action", "keys/unwrap/action", "keys/sign/action", "keys/verify/action")}),
	role("e147488a-f6f5-4113-8e2d-b22465e65bf6", "Key Vault Crypto Service Encryption User", "Read metadata of keys and perform wrap/unwrap operations. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{Actions: []string{"Microsoft.EventGrid/eventSubscriptions/write", "Microsoft.EventGrid/eventSubscriptions/read", "Microsoft.EventGrid/eventSubscriptions/delete"},
			DataActions: vaultData("keys/read", "keys/wrap/action", "keys/unwrap/action")}),
	role("21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader", "Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as secret contents or key material. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{Actions: vaultReaderActions, DataActions: vaultData("*/read", "secrets/readMetadata/action")}),
	role("b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer", "Perform any action on the secrets of a key vault, except manage permissions. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{Actions: vaultReaderActions, DataActions: vaultData("secrets/*")}),
	role(KeyVaultSecretsUserRole, "Key Vault Secrets User", "Read secret contents. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		Permission{DataActions: vaultData("secrets/getSecret/action", "secrets/readMetadata/action")}),
	role("f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor", "Manage key vaults, but does not allow you to assign roles in Azure RBAC, and does not allow you to access secrets, keys, or certificates.",
		Permission{Actions: []string{"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.KeyVault/*", "Microsoft.Resources/deployments/*",
			"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"},
			NotActions: []string{"Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"}}),
	role("a68e7c17-0ab2-4c09-9a58-125dae29748c", "Key Vault Purge Operator", "Allows permanent deletion of soft-deleted vaults.",
		Permission{Actions: []string{"Microsoft.KeyVault/locations/deletedVaults/purge/action"}}),
}

var serviceRoles = []RoleDefinition{
	role("312a565d-c81f-4fd8-895a-4e21e48d571c", "API Management Service Contributor", "Can manage service and the APIs",
		Permission{Actions: []string{"Microsoft.ApiManagement/service/*", "Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.ResourceHealth/availabilityStatuses/read",
			"Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"}}),
	role("e022efe7-f5ba-4159-bbe4-b44f577e9b61", "API Management Service Operator Role", "Can manage service but not the APIs",
		Permission{Actions: []string{"Microsoft.ApiManagement/service/*/read", "Microsoft.ApiManagement/service/backup/action", "Microsoft.ApiManagement/service/delete",
			"Microsoft.ApiManagement/service/managedeployments/action", "Microsoft.ApiManagement/service/read", "Microsoft.ApiManagement/service/restore/action",
			"Microsoft.ApiManagement/service/updatecertificate/action", "Microsoft.ApiManagement/service/updatehostname/action", "Microsoft.ApiManagement/service/write",
			"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.ResourceHealth/availabilityStatuses/read", "Microsoft.Resources/deployments/*",
			"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"},
			NotActions: []string{"Microsoft.ApiManagement/service/users/keys/read"}}),
	role("71522526-b88f-4d52-b57f-d31fc3546d0d", "API Management Service Reader Role", "Read-only access to service and APIs",
		Permission{Actions: []string{"Microsoft.ApiManagement/service/*/read", "Microsoft.ApiManagement/service/read", "Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*",
			"Microsoft.ResourceHealth/availabilityStatuses/read", "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"},
			NotActions: []string{"Microsoft.ApiManagement/service/users/keys/read"}}),
	role("3913510d-42f4-4e42-8a64-420c390055eb", "Monitoring Metrics Publisher", "Enables publishing metrics against Azure resources",
		Permission{Actions: []string{"Microsoft.Insights/Register/Action", "Microsoft.Support/*", "Microsoft.Resources/subscriptions/resourceGroups/read"},
			DataActions: []string{"Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"}}),
	role("f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator", "Read and Assign User Assigned Identity",
		Permission{Actions: []string{"Microsoft.ManagedIdentity/userAssignedIdentities/*/read", "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Microsoft.Authorization/*/read",
			"Microsoft.Insights/alertRules/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Resources/deployments/*", "Microsoft.Support/*"}}),
	role("4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor", "Lets you manage networks, but not access to them.",
		Permission{Actions: []string{"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Network/*", "Microsoft.ResourceHealth/availabilityStatuses/read",
			"Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"}}),
}
