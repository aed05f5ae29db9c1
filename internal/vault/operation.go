package vault

// Operation is one operation of the data plane and the right that it needs.
type Operation struct {
	Name       string // as in Key Vault's REST reference
	Kind       Kind   // whose permissions apply where access policies decide
	Action     string // RBAC data action, without the common prefix
	Permission string // access policy permission
	verb       string // how messages name it: "Operation VERB is not allowed ..."
}

// ActionPrefix begins every data action of the vault.
const ActionPrefix = "Microsoft.KeyVault/vaults/"

// FullAction is the data action as role definitions name it.
func (o *Operation) FullAction() string { return ActionPrefix + o.Action }

// The operations on secrets.
// Source: https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault
// and https://learn.microsoft.com/azure/key-vault/general/assign-access-policy
var (
	OpSetSecret          = &Operation{"SetSecret", Secrets, "secrets/setSecret/action", "set", "set"}
	OpGetSecret          = &Operation{"GetSecret", Secrets, "secrets/getSecret/action", "get", "get"}
	OpUpdateSecret       = &Operation{"UpdateSecret", Secrets, "secrets/update/action", "set", "update"}
	OpListSecrets        = &Operation{"ListSecrets", Secrets, "secrets/readMetadata/action", "list", "list"}
	OpListSecretVersions = &Operation{"ListSecretVersions", Secrets, "secrets/readMetadata/action", "list", "list"}
	OpDeleteSecret       = &Operation{"DeleteSecret", Secrets, "secrets/delete", "delete", "delete"}
	OpGetDeletedSecret   = &Operation{"GetDeletedSecret", Secrets, "secrets/readMetadata/action", "get", "get"}
	OpListDeletedSecrets = &Operation{"ListDeletedSecrets", Secrets, "secrets/readMetadata/action", "list", "list"}
	OpRecoverSecret      = &Operation{"RecoverSecret", Secrets, "secrets/recover/action", "recover", "recover"}
	OpPurgeSecret        = &Operation{"PurgeSecret", Secrets, "secrets/purge/action", "purge", "purge"}
	OpBackupSecret       = &Operation{"BackupSecret", Secrets, "secrets/backup/action", "backup", "backup"}
	OpRestoreSecret      = &Operation{"RestoreSecret", Secrets, "secrets/restore/action", "restore", "restore"}
)

// The operations on keys.
var (
	OpCreateKey            = &Operation{"CreateKey", Keys, "keys/create/action", "create", "create"}
	OpImportKey            = &Operation{"ImportKey", Keys, "keys/import/action", "import", "import"}
	OpGetKey               = &Operation{"GetKey", Keys, "keys/read", "get", "get"}
	OpUpdateKey            = &Operation{"UpdateKey", Keys, "keys/update/action", "update", "update"}
	OpListKeys             = &Operation{"ListKeys", Keys, "keys/read", "list", "list"}
	OpListKeyVersions      = &Operation{"ListKeyVersions", Keys, "keys/read", "list", "list"}
	OpDeleteKey            = &Operation{"DeleteKey", Keys, "keys/delete", "delete", "delete"}
	OpGetDeletedKey        = &Operation{"GetDeletedKey", Keys, "keys/read", "get", "get"}
	OpListDeletedKeys      = &Operation{"ListDeletedKeys", Keys, "keys/read", "list", "list"}
	OpRecoverKey           = &Operation{"RecoverKey", Keys, "keys/recover/action", "recover", "recover"}
	OpPurgeKey             = &Operation{"PurgeKey", Keys, "keys/purge/action", "purge", "purge"}
	OpBackupKey            = &Operation{"BackupKey", Keys, "keys/backup/action", "backup", "backup"}
	OpRestoreKey           = &Operation{"RestoreKey", Keys, "keys/restore/action", "restore", "restore"}
	OpEncrypt              = &Operation{"Encrypt", Keys, "keys/encrypt/action", "encrypt", "encrypt"}
	OpDecrypt              = &Operation{"Decrypt", Keys, "keys/decrypt/action", "decrypt", "decrypt"}
	OpSign                 = &Operation{"Sign", Keys, "keys/sign/action", "sign", "sign"}
	OpVerify               = &Operation{"Verify", Keys, "keys/verify/action", "verify", "verify"}
	OpWrapKey              = &Operation{"WrapKey", Keys, "keys/wrap/action", "wrapKey", "wrapKey"}
	OpUnwrapKey            = &Operation{"UnwrapKey", Keys, "keys/unwrap/action", "unwrapKey", "unwrapKey"}
	OpRotateKey            = &Operation{"RotateKey", Keys, "keys/rotate/action", "rotate", "rotate"}
	OpGetRotationPolicy    = &Operation{"GetKeyRotationPolicy", Keys, "keyrotationpolicies/read", "getrotationpolicy", "getRotationPolicy"}
	OpUpdateRotationPolicy = &Operation{"UpdateKeyRotationPolicy", Keys, "keyrotationpolicies/write", "setrotationpolicy", "setRotationPolicy"}
	OpReleaseKey           = &Operation{"Release", Keys, "keys/release/action", "release", "release"}
	OpGetKeyAttestation    = &Operation{"GetKeyAttestation", Keys, "keys/read", "get", "get"}
	OpGetRandomBytes       = &Operation{"GetRandomBytes", Keys, "rng/action", "get", "rng"}
)

// The operations on certificates, their issuers and contacts.
var (
	OpCreateCertificate       = &Operation{"CreateCertificate", Certificates, "certificates/create/action", "create", "create"}
	OpImportCertificate       = &Operation{"ImportCertificate", Certificates, "certificates/import/action", "import", "import"}
	OpGetCertificate          = &Operation{"GetCertificate", Certificates, "certificates/read", "get", "get"}
	OpUpdateCertificate       = &Operation{"UpdateCertificate", Certificates, "certificates/update/action", "update", "update"}
	OpListCertificates        = &Operation{"ListCertificates", Certificates, "certificates/read", "list", "list"}
	OpListCertificateVersions = &Operation{"ListCertificateVersions", Certificates, "certificates/read", "list", "list"}
	OpDeleteCertificate       = &Operation{"DeleteCertificate", Certificates, "certificates/delete", "delete", "delete"}
	OpGetDeletedCertificate   = &Operation{"GetDeletedCertificate", Certificates, "certificates/read", "get", "get"}
	OpListDeletedCertificates = &Operation{"ListDeletedCertificates", Certificates, "certificates/read", "list", "list"}
	OpRecoverCertificate      = &Operation{"RecoverCertificate", Certificates, "certificates/recover/action", "recover", "recover"}
	OpPurgeCertificate        = &Operation{"PurgeCertificate", Certificates, "certificates/purge/action", "purge", "purge"}
	OpBackupCertificate       = &Operation{"BackupCertificate", Certificates, "certificates/backup/action", "backup", "backup"}
	OpRestoreCertificate      = &Operation{"RestoreCertificate", Certificates, "certificates/restore/action", "restore", "restore"}
	OpGetCertificatePolicy    = &Operation{"GetCertificatePolicy", Certificates, "certificates/read", "get", "get"}
	OpUpdateCertificatePolicy = &Operation{"UpdateCertificatePolicy", Certificates, "certificates/update/action", "update", "update"}
	OpGetOperation            = &Operation{"GetCertificateOperation", Certificates, "certificates/read", "get", "get"}
	OpUpdateOperation         = &Operation{"UpdateCertificateOperation", Certificates, "certificates/update/action", "update", "update"}
	OpDeleteOperation         = &Operation{"DeleteCertificateOperation", Certificates, "certificates/update/action", "update", "delete"}
	OpMergeCertificate        = &Operation{"MergeCertificate", Certificates, "certificates/create/action", "create", "merge"}
	OpGetContacts             = &Operation{"GetCertificateContacts", Certificates, "certificates/read", "managecontacts", "get"}
	OpSetContacts             = &Operation{"SetCertificateContacts", Certificates, "certificatecontacts/write", "managecontacts", "set"}
	OpDeleteContacts          = &Operation{"DeleteCertificateContacts", Certificates, "certificatecontacts/write", "managecontacts", "delete"}
	OpGetIssuer               = &Operation{"GetCertificateIssuer", Certificates, "certificatecas/read", "getissuers", "get"}
	OpListIssuers             = &Operation{"ListCertificateIssuers", Certificates, "certificatecas/read", "listissuers", "list"}
	OpSetIssuer               = &Operation{"SetCertificateIssuer", Certificates, "certificatecas/write", "setissuers", "set"}
	OpUpdateIssuer            = &Operation{"UpdateCertificateIssuer", Certificates, "certificatecas/write", "setissuers", "update"}
	OpDeleteIssuer            = &Operation{"DeleteCertificateIssuer", Certificates, "certificatecas/delete", "deleteissuers", "delete"}
)

// Operations lists all 64, in the order of the REST reference.
var Operations = []*Operation{
	OpBackupCertificate, OpCreateCertificate, OpDeleteCertificate, OpDeleteOperation, OpDeleteContacts, OpDeleteIssuer,
	OpGetCertificate, OpGetOperation, OpGetCertificatePolicy, OpGetContacts, OpGetDeletedCertificate, OpGetIssuer,
	OpImportCertificate, OpListCertificates, OpListCertificateVersions, OpListDeletedCertificates, OpListIssuers,
	OpMergeCertificate, OpPurgeCertificate, OpRecoverCertificate, OpRestoreCertificate, OpSetContacts, OpSetIssuer,
	OpUpdateCertificate, OpUpdateOperation, OpUpdateCertificatePolicy, OpUpdateIssuer,
	OpSetSecret, OpGetSecret, OpUpdateSecret, OpDeleteSecret, OpListSecrets, OpListSecretVersions, OpGetDeletedSecret,
	OpListDeletedSecrets, OpRecoverSecret, OpPurgeSecret, OpBackupSecret, OpRestoreSecret,
	OpCreateKey, OpImportKey, OpGetKey, OpUpdateKey, OpDeleteKey, OpListKeys, OpListKeyVersions, OpGetDeletedKey,
	OpListDeletedKeys, OpRecoverKey, OpPurgeKey, OpBackupKey, OpRestoreKey, OpEncrypt, OpDecrypt, OpSign, OpVerify,
	OpWrapKey, OpUnwrapKey, OpRotateKey, OpGetRotationPolicy, OpUpdateRotationPolicy, OpReleaseKey, OpGetKeyAttestation,
	OpGetRandomBytes,
}
