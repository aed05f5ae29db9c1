package azerr

// Microsoft Entra's token errors. Source:
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var (
	LoginMissingParameter   = &Code{Code: "invalid_request", Inner: "AADSTS900144", Status: 400, Format: "The request body must contain the following parameter: '%s'."}
	LoginTenantNotFound     = &Code{Code: "invalid_request", Inner: "AADSTS90002", Status: 400, Format: "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. This server's tenant is '%s'."}
	LoginBadRequest         = &Code{Code: "invalid_request", Inner: "AADSTS900014", Status: 400, Format: "The request is malformed: %s."}
	LoginUnsupportedGrant   = &Code{Code: "unsupported_grant_type", Inner: "AADSTS70003", Status: 400, Format: "The app requested an unsupported grant type '%s'. This server supports client_credentials and refresh_token; users sign in by 'gatehouse az login' on the server's own machine."}
	LoginAppNotFound        = &Code{Code: "unauthorized_client", Inner: "AADSTS700016", Status: 400, Format: "Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."}
	LoginNoServicePrincipal = &Code{Code: "unauthorized_client", Inner: "AADSTS7000229", Status: 400, Format: "The client application %s is missing service principal in the tenant %s. Create one with 'az ad sp create --id %[1]s'."}
	LoginBadSecret          = &Code{Code: "invalid_client", Inner: "AADSTS7000215", Status: 401, Format: "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'."}
	LoginSecretExpired      = &Code{Code: "invalid_client", Inner: "AADSTS7000222", Status: 401, Format: "The provided client secret keys for app '%s' are expired. Add a new one with 'az ad app credential reset --id %[1]s'."}
	LoginNoCredential       = &Code{Code: "invalid_client", Inner: "AADSTS7000218", Status: 401, Format: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	LoginUnknownKey         = &Code{Code: "invalid_client", Inner: "AADSTS700027", Status: 401, Format: "The certificate with identifier used to sign the client assertion is not registered on application '%s'."}
	LoginBadAssertion       = &Code{Code: "invalid_client", Inner: "AADSTS50027", Status: 401, Format: "The client assertion is not valid: %s."}
	LoginNotFederated       = &Code{Code: "invalid_client", Inner: "AADSTS70021", Status: 401, Format: "No matching federated identity record found for presented assertion. %s."}
	LoginBadScope           = &Code{Code: "invalid_scope", Inner: "AADSTS1002012", Status: 400, Format: "The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."}
	LoginBadRefreshToken    = &Code{Code: "invalid_grant", Inner: "AADSTS9002313", Status: 400, Format: "The refresh token is not valid or has expired. Sign in again."}
	LoginBadResource        = &Code{Code: "invalid_resource", Inner: "AADSTS500011", Status: 400, Format: "The resource principal named %s was not found in the tenant named %s: a resource is a URI or the client ID of an application."}
)

// Microsoft Graph's errors.
// https://learn.microsoft.com/graph/errors
var (
	GraphInvalidToken  = &Code{Code: "InvalidAuthenticationToken", Status: 401, Format: "%s"}
	GraphNotFound      = &Code{Code: "Request_ResourceNotFound", Status: 404, Format: "Resource '%s' does not exist or one of its queried reference-property objects are not present."}
	GraphBadRequest    = &Code{Code: "Request_BadRequest", Status: 400, Format: "%s"}
	GraphUnsupported   = &Code{Code: "Request_UnsupportedQuery", Status: 400, Format: "%s"}
	GraphNoSegment     = &Code{Code: "BadRequest", Status: 400, Format: "Resource not found for the segment '%s'. This server has me, users, groups, servicePrincipals, applications, directoryObjects and organization."}
	GraphForbidden     = &Code{Code: "Authorization_RequestDenied", Status: 403, Format: "Insufficient privileges to complete the operation."}
	GraphNotApplicable = &Code{Code: "Request_BadRequest", Status: 400, Format: "/me request is only valid with delegated authentication flow."}
)

// The managed identity endpoint's errors, in the form of App Service.
// https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
var (
	MSIBadHeader    = &Code{Code: "Unauthorized", Status: 401, Format: "The X-IDENTITY-HEADER header is missing or is not the value of IDENTITY_HEADER."}
	MSIBadRequest   = &Code{Code: "BadRequest", Status: 400, Format: "%s"}
	MSINoIdentity   = &Code{Code: "BadRequest", Status: 400, Format: "No managed identity with %s '%s' can be used here."}
	MSIWrongAddress = &Code{Code: "NotFound", Status: 404, Format: "'%s' is not the managed identity endpoint."}
)
