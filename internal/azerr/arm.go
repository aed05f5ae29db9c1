package azerr

// Resource Manager's errors. Source: observed answers of management.azure.com and
// https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
var (
	AuthorizationFailed   = &Code{Code: "AuthorizationFailed", Status: 403, Format: "The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials."}
	ResourceNotFound      = &Code{Code: "ResourceNotFound", Status: 404, Format: "The Resource '%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"}
	ResourceGroupNotFound = &Code{Code: "ResourceGroupNotFound", Status: 404, Format: "Resource group '%s' could not be found."}
)

// Of the request itself: its token, path, query and body.
var (
	AuthenticationFailed         = &Code{Code: "AuthenticationFailed", Status: 401, Format: "Authentication failed. The 'Authorization' header is missing."}
	InvalidAuthenticationToken   = &Code{Code: "InvalidAuthenticationToken", Status: 401, Format: "The access token is invalid."}
	ExpiredAuthenticationToken   = &Code{Code: "ExpiredAuthenticationToken", Status: 401, Format: "The access token expiry UTC time is earlier than current UTC time '%s'."}
	InvalidTokenAudience         = &Code{Code: "InvalidAuthenticationTokenAudience", Status: 401, Format: "The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences 'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'."}
	InvalidTokenTenant           = &Code{Code: "InvalidAuthenticationTokenTenant", Status: 401, Format: "The access token is from the wrong issuer. It must match the tenant '%s' associated with this subscription. Please use the authority (URL) 'https://%s/%s' to get the token."}
	MissingAPIVersion            = &Code{Code: "MissingApiVersionParameter", Status: 400, Format: "The api-version query parameter (?api-version=) is required for all requests."}
	InvalidAPIVersion            = &Code{Code: "InvalidApiVersionParameter", Status: 400, Format: "The api-version '%s' is invalid. It must be a date, like 2024-05-01 or 2024-05-01-preview."}
	InvalidRequestContent        = &Code{Code: "InvalidRequestContent", Status: 400, Format: "The request content was invalid and could not be deserialized: '%s'."}
	RequestTooLarge              = &Code{Code: "RequestContentTooLarge", Status: 413, Format: "The request content is larger than the limit of %d bytes."}
	InvalidRequestURI            = &Code{Code: "InvalidRequestUri", Status: 400, Format: "The request URI is invalid: %s."}
	InvalidFilter                = &Code{Code: "InvalidFilterInQueryString", Status: 400, Format: "Invalid $filter '%s' specified in the query string: %s."}
	InvalidTop                   = &Code{Code: "InvalidQueryParameterValue", Status: 400, Format: "The query parameter '%s' has the invalid value '%s': %s."}
	MethodNotAllowed             = &Code{Code: "HttpMethodNotAllowed", Status: 405, Format: "The HTTP method '%s' is not supported on '%s'."}
	PathNotFound                 = &Code{Code: "NotFound", Status: 404, Format: "The path '%s' is none of Resource Manager's."}
	InvalidResourceType          = &Code{Code: "InvalidResourceType", Status: 404, Format: "The resource type '%s' could not be found in the namespace '%s' for api version '%s'. The supported resource types are '%s'."}
	InvalidResourceNamespace     = &Code{Code: "InvalidResourceNamespace", Status: 404, Format: "The resource namespace '%s' is invalid: no resource provider of that name is registered. The registered ones are '%s'."}
	InvalidResourceAction        = &Code{Code: "InvalidResourceAction", Status: 404, Format: "The action '%s' is not one of the resource type '%s'. Its actions are '%s'."}
	PreconditionFailed           = &Code{Code: "PreconditionFailed", Status: 412, Format: "The precondition supplied in the request headers does not hold for '%s': %s."}
	SubscriptionNotFound         = &Code{Code: "SubscriptionNotFound", Status: 404, Format: "The subscription '%s' could not be found."}
	InvalidOperationID           = &Code{Code: "InvalidAsyncOperationId", Status: 404, Format: "No operation '%s' is known for '%s'."}
	TooManyRequestsForManagement = &Code{Code: "TooManyRequests", Status: 429, Format: "The request is being throttled: %s."}
)

// Of a resource that is written.
var (
	ParentResourceNotFound       = &Code{Code: "ParentResourceNotFound", Status: 404, Format: "Failed to perform '%s' on resource(s) of type '%s', because the parent resource '%s' could not be found."}
	InvalidResourceName          = &Code{Code: "InvalidResourceName", Status: 400, Format: "Resource name '%s' of type '%s' is invalid: %s."}
	InvalidResourceScope         = &Code{Code: "InvalidResourceScope", Status: 400, Format: "A resource of type '%s' can't lie in the scope '%s'."}
	InvalidResourceGroupName     = &Code{Code: "InvalidResourceGroupName", Status: 400, Format: "The provided resource group name '%s' is invalid: 1 to 90 letters, digits, underscores, parentheses, hyphens and periods, without a period at the end."}
	InvalidResourceGroupLocation = &Code{Code: "InvalidResourceGroupLocation", Status: 409, Format: "Invalid resource group location '%s'. The Resource group already exists in location '%s'."}
	LocationNotAvailableForGroup = &Code{Code: "LocationNotAvailableForResourceGroup", Status: 400, Format: "The provided location '%s' is not available for resource group. List of available regions is '%s'."}
	LocationNotAvailable         = &Code{Code: "LocationNotAvailableForResourceType", Status: 400, Format: "The provided location '%s' is not available for resource type '%s'. List of available regions for the resource type is '%s'."}
	LocationRequired             = &Code{Code: "LocationRequired", Status: 400, Format: "The location property is required for this definition."}
	InvalidResourceLocation      = &Code{Code: "InvalidResourceLocation", Status: 409, Format: "The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot be created in location '%s'. Please select a new resource name."}
	ResourceGroupBeingDeleted    = &Code{Code: "ResourceGroupBeingDeleted", Status: 409, Format: "The resource group '%s' is in deprovisioning state and cannot perform this operation."}
	ResourceBeingDeleted         = &Code{Code: "ResourceBeingDeleted", Status: 409, Format: "The resource '%s' is being deleted."}
	InvalidTags                  = &Code{Code: "InvalidTags", Status: 400, Format: "The tags are invalid: %s."}
	ResourceTooLarge             = &Code{Code: "ResourceTooLarge", Status: 413, Format: "The resource '%s' is too large to be stored."}
	ARMConflict                  = &Code{Code: "Conflict", Status: 409, Format: "%s"}
	ARMBadRequest                = &Code{Code: "BadRequest", Status: 400, Format: "%s"}
	ARMNotSupported              = &Code{Code: "NotSupported", Status: 400, Format: "%s"}
	AuditUnavailable             = &Code{Code: "AuditUnavailable", Status: 503, Format: "The audit record of '%s' on '%s' can't be written, so the request was refused. Make room for the audit log in the data folder, or make it writable, and try again."}
	StorageFull                  = &Code{Code: "InsufficientStorage", Status: 507, Format: "The server's disk is full, so that nothing can be written; reading goes on. Free space in the data folder and try again."}
)

// Of Microsoft.KeyVault's control plane.
var (
	VaultAlreadyExists      = &Code{Code: "VaultAlreadyExists", Status: 409, Format: "The vault name '%s' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. For more information about VaultAlreadyExists, soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740."}
	VaultSoftDeleted        = &Code{Code: "ConflictError", Status: 409, Format: "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete."}
	VaultNameNotValid       = &Code{Code: "VaultNameNotValid", Status: 400, Format: "The vault name '%s' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens."}
	DeletedVaultNotFound    = &Code{Code: "DeletedVaultNotFound", Status: 404, Format: "The specified deleted vault '%s' does not exist."}
	VaultPurgeProtected     = &Code{Code: "MethodNotAllowed", Status: 405, Format: "Operation 'DeletedVaultPurge' is not allowed on the vault '%s': purge protection is enabled for it."}
	InvalidVaultTenant      = &Code{Code: "BadRequest", Status: 400, Format: "An invalid value was provided for 'tenantId'. The tenant of this subscription is '%s'."}
	InvalidVaultProperty    = &Code{Code: "BadRequest", Status: 400, Format: "The property %q has the invalid value %s: %s."}
	VaultParameterMissing   = &Code{Code: "BadRequest", Status: 400, Format: "The parameter %s is not specified."}
	VaultRequestNotValid    = &Code{Code: "VaultRequestNotValid", Status: 400, Format: "%s"}
	InvalidVaultAccessEntry = &Code{Code: "BadRequest", Status: 400, Format: "The access policy entry %d is invalid: %s."}
)
