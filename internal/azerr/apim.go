package azerr

// API Management's errors of its control plane. Source: observed answers and
// https://learn.microsoft.com/rest/api/apimanagement
var (
	APIMValidation   = &Code{Code: "ValidationError", Status: 400, Format: "One or more fields contain incorrect values:"}
	APIMField        = &Code{Code: "ValidationError", Status: 400, Format: "%s"}
	APIMInvalid      = &Code{Code: "InvalidParameters", Status: 400, Format: "Invalid parameter: %s"}
	APIMNotSupported = &Code{Code: "NotSupported", Status: 400, Format: "%s is not supported by this server: %s."}
	APIMNameTaken    = &Code{Code: "ServiceAlreadyExists", Status: 409, Format: "Api service already exists: %s"}
	APIMConflict     = &Code{Code: "Conflict", Status: 409, Format: "%s"}
	APIMLinkEnded    = &Code{Code: "AuthenticationFailed", Status: 403, Format: "The link does not open, or no longer: it is good for five minutes. Export the API again."}
	APIMNotFound     = &Code{Code: "ResourceNotFound", Status: 404, Format: "%s not found."}

	// Key Vault references.
	APIMNoIdentity = &Code{Code: "InvalidParameters", Status: 400, Format: "Key Vault secret %s can't be read: the API Management service '%s' has no system-assigned managed identity. Set identity.type to SystemAssigned and give the identity the role 'Key Vault Secrets User' on the vault."}
	APIMVaultRead  = &Code{Code: "InvalidParameters", Status: 400, Format: "Failed to access KeyVault Secret %s using Managed Service Identity (http://aka.ms/apimmsi) of Api Management service. Check if Managed Identity of Type: SystemAssigned, ClientId: %s and ObjectId: %s has GET permissions on secrets in the KeyVault Access Policies, or the role 'Key Vault Secrets User'. Key Vault answered: %s"}
	APIMNoKey      = &Code{Code: "InvalidParameters", Status: 400, Format: "Certificate with id '%s' does not contain private key."}
	APIMExpired    = &Code{Code: "InvalidParameters", Status: 400, Format: "Certificate with id '%s' has expired: it was valid until %s. Renew it, or import a valid one, and deploy again."}
	APIMBadSecret  = &Code{Code: "InvalidParameters", Status: 400, Format: "KeyVault Secret %s does not hold a certificate: %s"}
)
