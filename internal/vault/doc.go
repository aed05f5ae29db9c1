// Package vault is the Key Vault: the lifecycles of certificates, secrets and
// keys, their versions, soft deletion, and who may do what with them. It is not
// a wire format and knows no HTTP: vaultapi translates. It encrypts nothing at
// rest itself: package seal, in front of the store, does.
//
// Start at Service. Every method takes the caller and the vault's name and goes
// through run (call.go), the one place that looks the vault up, asks for the
// right, and writes the audit record before an answer leaves. The operations
// and the rights that they need are one table, in operation.go. How objects lie
// in the store is said in record.go.
//
// A certificate owns a key and a secret of the same name. They are not records
// of their own but views of the certificate's versions (managed.go), so that
// creating, deleting and recovering them together can't be torn apart.
package vault
