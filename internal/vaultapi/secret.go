package vaultapi

import "gatehouse/internal/vault"

// secret is a secret as written: with its value only when it was asked for.
type secret struct {
	Value           *string     `json:"value,omitempty"`
	ContentType     string      `json:"contentType,omitempty"`
	ID              string      `json:"id"`
	Managed         bool        `json:"managed,omitempty"`
	Attributes      *attributes `json:"attributes"`
	Tags            vault.Tags  `json:"tags,omitempty"`
	KID             string      `json:"kid,omitempty"`
	PreviousVersion string      `json:"previousVersion,omitempty"`
	deletion
}

func (q *request) secret(s *vault.Secret, version string) *secret {
	out := &secret{ContentType: s.ContentType, ID: q.id(vault.Secrets, s.Name, version), Managed: s.Managed,
		Attributes: attributesOf(s.Attributes, s.Recovery), Tags: s.Tags, PreviousVersion: s.PreviousVersion,
		deletion: q.deletion(vault.Secrets, s.Name, s.Deletion)}
	if s.Managed && version != "" {
		out.KID = q.id(vault.Keys, s.Name, version)
	}
	return out
}

// secretItem shows a secret in a list, without a version.
func (q *request) secretItem(s *vault.Secret) any { return q.secret(s, "") }

func (q *request) secretVersion(s *vault.Secret) any { return q.secret(s, s.Version) }

func (q *request) secretValue(s *vault.Secret) any {
	out := q.secret(s, s.Version)
	out.Value = &s.Value
	return out
}

// answer shows v, or returns the error.
func answer[T any](v T, err error, show func(T) any) (any, error) {
	if err != nil {
		return nil, err
	}
	return show(v), nil
}

func getSecret(q *request) (any, error) {
	s, err := q.service.GetSecret(q.Context(), q.caller, q.vault, q.name, q.version)
	return answer(s, err, q.secretValue)
}

func setSecret(q *request) (any, error) {
	var in struct {
		Value       *string                `json:"value"`
		ContentType string                 `json:"contentType"`
		Attributes  *vault.AttributesPatch `json:"attributes"`
		Tags        vault.Tags             `json:"tags"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	if in.Value == nil {
		return nil, badParameter("The parameter is incorrect: value is missing.")
	}
	s, err := q.service.SetSecret(q.Context(), q.caller, q.vault, q.name,
		vault.SetSecret{Value: *in.Value, ContentType: in.ContentType, Attributes: in.Attributes, Tags: in.Tags})
	return answer(s, err, q.secretValue)
}

func updateSecret(q *request) (any, error) {
	var in struct {
		ContentType *string                `json:"contentType"`
		Attributes  *vault.AttributesPatch `json:"attributes"`
		Tags        vault.Tags             `json:"tags"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	s, err := q.service.UpdateSecret(q.Context(), q.caller, q.vault, q.name, q.version, vault.UpdateSecret(in))
	return answer(s, err, q.secretVersion)
}

func listSecrets(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListSecrets(q.Context(), q.caller, q.vault, o)
	return pageOf(q, p, q.secretItem), err
}

func listSecretVersions(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListSecretVersions(q.Context(), q.caller, q.vault, q.name, o)
	return pageOf(q, p, q.secretVersion), err
}

func deleteSecret(q *request) (any, error) {
	s, err := q.service.DeleteSecret(q.Context(), q.caller, q.vault, q.name)
	return answer(s, err, q.secretVersion)
}

func getDeletedSecret(q *request) (any, error) {
	s, err := q.service.GetDeletedSecret(q.Context(), q.caller, q.vault, q.name)
	return answer(s, err, q.secretVersion)
}

func listDeletedSecrets(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListDeletedSecrets(q.Context(), q.caller, q.vault, o)
	return pageOf(q, p, q.secretItem), err
}

func recoverSecret(q *request) (any, error) {
	s, err := q.service.RecoverSecret(q.Context(), q.caller, q.vault, q.name)
	return answer(s, err, q.secretVersion)
}

func purgeSecret(q *request) (any, error) {
	return nil, q.service.PurgeSecret(q.Context(), q.caller, q.vault, q.name)
}

func backupSecret(q *request) (any, error) {
	b, err := q.service.BackupSecret(q.Context(), q.caller, q.vault, q.name)
	return backup{b}, err
}

func restoreSecret(q *request) (any, error) {
	blob, err := q.readBackup()
	if err != nil {
		return nil, err
	}
	s, err := q.service.RestoreSecret(q.Context(), q.caller, q.vault, blob)
	return answer(s, err, q.secretVersion)
}
