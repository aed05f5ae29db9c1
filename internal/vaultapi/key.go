package vaultapi

import "gatehouse/internal/vault"

// jwk is a key as written and as read (RFC 7517, with kid and key_ops first).
type jwk struct {
	KID    string   `json:"kid,omitempty"`
	Type   string   `json:"kty"`
	Ops    []string `json:"key_ops,omitempty"`
	Curve  string   `json:"crv,omitempty"`
	N      binary   `json:"n,omitempty"`
	E      binary   `json:"e,omitempty"`
	X      binary   `json:"x,omitempty"`
	Y      binary   `json:"y,omitempty"`
	D      binary   `json:"d,omitempty"`
	DP     binary   `json:"dp,omitempty"`
	DQ     binary   `json:"dq,omitempty"`
	QI     binary   `json:"qi,omitempty"`
	P      binary   `json:"p,omitempty"`
	Q      binary   `json:"q,omitempty"`
	K      binary   `json:"k,omitempty"`
	KeyHSM binary   `json:"key_hsm,omitempty"`
}

func (j *jwk) domain() vault.JWK {
	return vault.JWK{Type: j.Type, Curve: j.Curve, Ops: j.Ops, N: j.N, E: j.E, D: j.D, P: j.P, Q: j.Q, DP: j.DP, DQ: j.DQ, QI: j.QI,
		X: j.X, Y: j.Y, Symmetric: len(j.K) > 0, Transferred: len(j.KeyHSM) > 0}
}

// key is a key bundle as written.
type key struct {
	Key        *jwk        `json:"key"`
	Attributes *attributes `json:"attributes"`
	Tags       vault.Tags  `json:"tags,omitempty"`
	Managed    bool        `json:"managed,omitempty"`
	deletion
}

// keyEntry is a key in a list.
type keyEntry struct {
	KID        string      `json:"kid"`
	Attributes *attributes `json:"attributes"`
	Tags       vault.Tags  `json:"tags,omitempty"`
	Managed    bool        `json:"managed,omitempty"`
	deletion
}

func keyAttributes(k *vault.Key) *attributes {
	a := attributesOf(k.Attributes, k.Recovery)
	a.Exportable = &k.Attributes.Exportable
	return a
}

func (q *request) key(k *vault.Key) any {
	p := k.Public
	return &key{Key: &jwk{KID: q.id(vault.Keys, k.Name, k.Version), Type: p.Type, Ops: k.Ops, Curve: p.Curve, N: p.N, E: p.E, X: p.X, Y: p.Y},
		Attributes: keyAttributes(k), Tags: k.Tags, Managed: k.Managed, deletion: q.deletion(vault.Keys, k.Name, k.Deletion)}
}

func (q *request) keyItem(k *vault.Key) any { return q.keyEntry(k, "") }

func (q *request) keyVersion(k *vault.Key) any { return q.keyEntry(k, k.Version) }

func (q *request) keyEntry(k *vault.Key, version string) any {
	return &keyEntry{KID: q.id(vault.Keys, k.Name, version), Attributes: keyAttributes(k), Tags: k.Tags, Managed: k.Managed,
		deletion: q.deletion(vault.Keys, k.Name, k.Deletion)}
}

func createKey(q *request) (any, error) {
	var in struct {
		Type           string                 `json:"kty"`
		Size           int                    `json:"key_size"`
		PublicExponent int                    `json:"public_exponent"`
		Ops            []string               `json:"key_ops"`
		Attributes     *vault.AttributesPatch `json:"attributes"`
		Tags           vault.Tags             `json:"tags"`
		Curve          string                 `json:"crv"`
		ReleasePolicy  *struct{}              `json:"release_policy"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	k, err := q.service.CreateKey(q.Context(), q.caller, q.vault, q.name, vault.CreateKey{Type: in.Type, Curve: in.Curve, Size: in.Size,
		PublicExponent: in.PublicExponent, Ops: in.Ops, Attributes: in.Attributes, Tags: in.Tags, ReleasePolicy: in.ReleasePolicy != nil})
	return answer(k, err, q.key)
}

func importKey(q *request) (any, error) {
	var in struct {
		HSM           bool                   `json:"Hsm"`
		Key           *jwk                   `json:"key"`
		Attributes    *vault.AttributesPatch `json:"attributes"`
		Tags          vault.Tags             `json:"tags"`
		ReleasePolicy *struct{}              `json:"release_policy"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	if in.Key == nil {
		return nil, badParameter("key is missing: it must be a JSON web key with its private part.")
	}
	k, err := q.service.ImportKey(q.Context(), q.caller, q.vault, q.name, vault.ImportKey{Key: in.Key.domain(), HSM: in.HSM,
		Attributes: in.Attributes, Tags: in.Tags, ReleasePolicy: in.ReleasePolicy != nil})
	return answer(k, err, q.key)
}

func getKey(q *request) (any, error) {
	k, err := q.service.GetKey(q.Context(), q.caller, q.vault, q.name, q.version)
	return answer(k, err, q.key)
}

func updateKey(q *request) (any, error) {
	var in struct {
		Ops           []string               `json:"key_ops"`
		Attributes    *vault.AttributesPatch `json:"attributes"`
		Tags          vault.Tags             `json:"tags"`
		ReleasePolicy *struct{}              `json:"release_policy"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	k, err := q.service.UpdateKey(q.Context(), q.caller, q.vault, q.name, q.version,
		vault.UpdateKey{Ops: in.Ops, Attributes: in.Attributes, Tags: in.Tags, ReleasePolicy: in.ReleasePolicy != nil})
	return answer(k, err, q.key)
}

func listKeys(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListKeys(q.Context(), q.caller, q.vault, o)
	return pageOf(q, p, q.keyItem), err
}

func listKeyVersions(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListKeyVersions(q.Context(), q.caller, q.vault, q.name, o)
	return pageOf(q, p, q.keyVersion), err
}

func deleteKey(q *request) (any, error) {
	k, err := q.service.DeleteKey(q.Context(), q.caller, q.vault, q.name)
	return answer(k, err, q.key)
}

func getDeletedKey(q *request) (any, error) {
	k, err := q.service.GetDeletedKey(q.Context(), q.caller, q.vault, q.name)
	return answer(k, err, q.key)
}

func listDeletedKeys(q *request) (any, error) {
	o, err := q.list()
	if err != nil {
		return nil, err
	}
	p, err := q.service.ListDeletedKeys(q.Context(), q.caller, q.vault, o)
	return pageOf(q, p, q.keyItem), err
}

func recoverKey(q *request) (any, error) {
	k, err := q.service.RecoverKey(q.Context(), q.caller, q.vault, q.name)
	return answer(k, err, q.key)
}

func purgeKey(q *request) (any, error) {
	return nil, q.service.PurgeKey(q.Context(), q.caller, q.vault, q.name)
}

func backupKey(q *request) (any, error) {
	b, err := q.service.BackupKey(q.Context(), q.caller, q.vault, q.name)
	return backup{b}, err
}

func restoreKey(q *request) (any, error) {
	blob, err := q.readBackup()
	if err != nil {
		return nil, err
	}
	k, err := q.service.RestoreKey(q.Context(), q.caller, q.vault, blob)
	return answer(k, err, q.key)
}
