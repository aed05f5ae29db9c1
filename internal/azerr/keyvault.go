package azerr

// Key Vault's errors. Source: observed answers of NAME.vault.azure.net and
// https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
var (
	KVBadParameter = &Code{Code: "BadParameter", Status: 400, Format: "%s"}
	KVTooLarge     = &Code{Code: "BadParameter", Status: 413, Format: "%s"}
	KVNotSupported = &Code{Code: "NotSupported", Status: 400, Format: "%s"}

	// The reason numbers are those of the gate in front of every vault.
	KVNoToken      = &Code{Code: "Unauthorized", Status: 401, Format: "AKV10000: Request is missing a Bearer or PoP token."}
	KVAudience     = &Code{Code: "Unauthorized", Status: 401, Format: "AKV10022: Invalid audience. Expected %s, found: %s."}
	KVIssuer       = &Code{Code: "Unauthorized", Status: 401, Format: "AKV10032: Invalid issuer. Expected one of %s, found %s."}
	KVTokenExpired = &Code{Code: "Unauthorized", Status: 401, Format: "[TokenExpired] Error validating token: the token is outside of its lifetime. Get a new one."}
	KVTokenInvalid = &Code{Code: "Unauthorized", Status: 401, Format: "[BearerReadAccessTokenFailed] Error validating token: it is not a token that this tenant has signed."}

	// Its lines end in CR LF, and a blank follows the decision's reason.
	KVForbiddenByRbac = &Code{Code: "Forbidden", Inner: "ForbiddenByRbac", Status: 403, Format: "Caller is not authorized to perform action on resource.\r\n" +
		"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n" +
		"Caller: %s\r\nAction: '%s'\r\nResource: '%s'\r\nAssignment: %s\r\nDecisionReason: '%s' \r\nVault: %s\r\n"}
	KVForbiddenByPolicy   = &Code{Code: "Forbidden", Inner: "ForbiddenByPolicy", Status: 403, Format: "The user, group or application '%s' does not have %s %s permission on key vault '%s'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"}
	KVForbiddenByFirewall = &Code{Code: "Forbidden", Inner: "ForbiddenByFirewall", Status: 403, Format: "Client address is not authorized and caller is not a trusted service.\r\nClient address: %s\r\nCaller: %s\r\nVault: %s"}
	KVPurgeProtected      = &Code{Code: "Forbidden", Inner: "ForbiddenByPurgeProtection", Status: 403, Format: "Operation \"purge\" is not allowed because purge protection is enabled for vault '%s'. The %s '%s' goes by itself at the end of its retention."}

	KVSecretDisabled  = &Code{Code: "Forbidden", Inner: "SecretDisabled", Status: 403, Format: "Operation %s is not allowed on a disabled secret."}
	KVKeyDisabled     = &Code{Code: "Forbidden", Inner: "KeyDisabled", Status: 403, Format: "Operation %s is not allowed on a disabled key."}
	KVKeyNotYetValid  = &Code{Code: "Forbidden", Inner: "KeyNotYetValid", Status: 403, Format: "Operation %s is not allowed on a key that is not yet valid: its nbf is %s."}
	KVKeyExpired      = &Code{Code: "Forbidden", Inner: "KeyExpired", Status: 403, Format: "Operation %s is not allowed on an expired key: its exp was %s."}
	KVKeyOpNotAllowed = &Code{Code: "Forbidden", Inner: "KeyOperationForbidden", Status: 403, Format: "Operation %s is not permitted on this key: its key_ops are [%s]."}
	KVManaged         = &Code{Code: "Forbidden", Inner: "ManagedByCertificate", Status: 403, Format: "Operation %s is not allowed on %s '%s': it belongs to the certificate of the same name. Change the certificate instead."}

	KVVaultNotFound       = &Code{Code: "VaultNotFound", Status: 404, Format: "There is no key vault '%s' here. Create it with: az keyvault create --name %s --resource-group GROUP"}
	KVCertificateNotFound = &Code{Code: "CertificateNotFound", Status: 404, Format: "A certificate with (name/id) %s was not found in this key vault. If you recently deleted this certificate you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"}
	KVKeyNotFound         = &Code{Code: "KeyNotFound", Status: 404, Format: "A key with (name/id) %s was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"}
	KVSecretNotFound      = &Code{Code: "SecretNotFound", Status: 404, Format: "A secret with (name/id) %s was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"}
	KVDeletedCertNotFound = &Code{Code: "CertificateNotFound", Status: 404, Format: "Deleted Certificate not found: %s"}
	KVDeletedKeyNotFound  = &Code{Code: "KeyNotFound", Status: 404, Format: "Deleted Key not found: %s"}
	KVDeletedSecNotFound  = &Code{Code: "SecretNotFound", Status: 404, Format: "Deleted Secret not found: %s"}
	KVPendingNotFound     = &Code{Code: "PendingCertificateNotFound", Status: 404, Format: "Pending certificate not found: %s"}
	KVIssuerNotFound      = &Code{Code: "CertificateIssuerNotFound", Status: 404, Format: "Issuer not found: %s"}
	KVContactsNotFound    = &Code{Code: "ContactsNotFound", Status: 404, Format: "Contacts not found"}
	KVRouteNotFound       = &Code{Code: "NotFound", Status: 404, Format: "There is no operation at '%s'."}
	KVMethodNotAllowed    = &Code{Code: "MethodNotAllowed", Status: 405, Format: "The operation at '%s' does not take %s: it takes %s."}

	KVDeletedButRecoverable = &Code{Code: "Conflict", Inner: "ObjectIsDeletedButRecoverable", Status: 409, Format: "%s %s is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the %s can only be recovered or purged."}
	KVBeingDeleted          = &Code{Code: "Conflict", Inner: "ObjectIsBeingDeleted", Status: 409, Format: "%s %s is currently being deleted."}
	KVNameTaken             = &Code{Code: "Conflict", Inner: "NameInUse", Status: 409, Format: "A %s named '%s' cannot be made: a %s in this key vault has that name, and a certificate shares its name with its key and its secret. Use another name, or delete and purge the %s first."}
	KVExists                = &Code{Code: "Conflict", Status: 409, Format: "A %s with (name/id) %s already exists in this key vault; restore only to a free name."}
	KVPendingConflict       = &Code{Code: "Conflict", Status: 409, Format: "%s"}
	KVBusy                  = &Code{Code: "Conflict", Inner: "ConcurrentChange", Status: 409, Format: "The %s '%s' is being changed by others. Try again."}

	KVThrottled = &Code{Code: "Throttled", Status: 429, Format: "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"}
	KVAudit     = &Code{Code: "ServiceUnavailable", Inner: "AuditUnavailable", Status: 503, Format: "The audit record of this request cannot be written, so the request was refused. Make room for the audit log, or make it writable, and try again."}
	KVNoSpace   = &Code{Code: "ServiceUnavailable", Inner: "NoSpace", Status: 503, Format: "There is no space left to store the change; nothing was changed. Reading goes on. Make room on the disk of the data folder."}
)
