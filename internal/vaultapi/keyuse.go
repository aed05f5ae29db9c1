package vaultapi

import (
	"context"

	"gatehouse/internal/identity"
	"gatehouse/internal/vault"
)

// keyResult is the outcome of using a key.
type keyResult struct {
	KID   string `json:"kid"`
	Value binary `json:"value"`
}

func (q *request) keyResult(r *vault.KeyResult) any {
	return keyResult{KID: q.id(vault.Keys, r.Name, r.Version), Value: r.Value}
}

// use is a method of the vault that takes an algorithm and a value.
type use func(ctx context.Context, caller identity.Caller, vault, name, version, alg string, value []byte) (*vault.KeyResult, error)

func (q *request) use(fn use) (any, error) {
	var in struct {
		Algorithm string `json:"alg"`
		Value     binary `json:"value"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	r, err := fn(q.Context(), q.caller, q.vault, q.name, q.version, in.Algorithm, in.Value)
	return answer(r, err, q.keyResult)
}

func encrypt(q *request) (any, error)   { return q.use(q.service.Encrypt) }
func decrypt(q *request) (any, error)   { return q.use(q.service.Decrypt) }
func sign(q *request) (any, error)      { return q.use(q.service.Sign) }
func wrapKey(q *request) (any, error)   { return q.use(q.service.WrapKey) }
func unwrapKey(q *request) (any, error) { return q.use(q.service.UnwrapKey) }

func verify(q *request) (any, error) {
	var in struct {
		Algorithm string `json:"alg"`
		Digest    binary `json:"digest"`
		Value     binary `json:"value"`
	}
	if err := q.read(&in); err != nil {
		return nil, err
	}
	ok, err := q.service.Verify(q.Context(), q.caller, q.vault, q.name, q.version, in.Algorithm, in.Digest, in.Value)
	return struct {
		Value bool `json:"value"`
	}{ok}, err
}

func rotateKey(q *request) (any, error) {
	k, err := q.service.RotateKey(q.Context(), q.caller, q.vault, q.name)
	return answer(k, err, q.key)
}

// rotationPolicy as written and as read.
type rotationPolicy struct {
	ID         string           `json:"id,omitempty"`
	Actions    []rotationAction `json:"lifetimeActions"`
	Attributes struct {
		ExpiryTime string `json:"expiryTime,omitempty"`
		Created    int64  `json:"created,omitempty"`
		Updated    int64  `json:"updated,omitempty"`
	} `json:"attributes"`
}

type rotationAction struct {
	Trigger struct {
		TimeAfterCreate  string `json:"timeAfterCreate,omitempty"`
		TimeBeforeExpiry string `json:"timeBeforeExpiry,omitempty"`
	} `json:"trigger"`
	Action struct {
		Type string `json:"type"`
	} `json:"action"`
}

func (q *request) rotationPolicy(p *vault.RotationPolicy) any {
	out := &rotationPolicy{ID: q.id(vault.Keys, p.Name, "rotationpolicy"), Actions: []rotationAction{}}
	out.Attributes.ExpiryTime, out.Attributes.Created, out.Attributes.Updated = p.ExpiryTime, p.Created, p.Updated
	for _, a := range p.Actions {
		var item rotationAction
		item.Action.Type, item.Trigger.TimeAfterCreate, item.Trigger.TimeBeforeExpiry = a.Type, a.TimeAfterCreate, a.TimeBeforeExpiry
		out.Actions = append(out.Actions, item)
	}
	return out
}

func getRotationPolicy(q *request) (any, error) {
	p, err := q.service.GetRotationPolicy(q.Context(), q.caller, q.vault, q.name)
	return answer(p, err, q.rotationPolicy)
}

func updateRotationPolicy(q *request) (any, error) {
	var in rotationPolicy
	if err := q.read(&in); err != nil {
		return nil, err
	}
	policy := vault.RotationPolicy{ExpiryTime: in.Attributes.ExpiryTime}
	for _, a := range in.Actions {
		policy.Actions = append(policy.Actions, vault.RotationAction{Type: a.Action.Type,
			TimeAfterCreate: a.Trigger.TimeAfterCreate, TimeBeforeExpiry: a.Trigger.TimeBeforeExpiry})
	}
	p, err := q.service.UpdateRotationPolicy(q.Context(), q.caller, q.vault, q.name, policy)
	return answer(p, err, q.rotationPolicy)
}

func releaseKey(q *request) (any, error) {
	return nil, q.service.ReleaseKey(q.Context(), q.caller, q.vault, q.name)
}

func getKeyAttestation(q *request) (any, error) {
	return nil, q.service.GetKeyAttestation(q.Context(), q.caller, q.vault, q.name)
}

func getRandomBytes(q *request) (any, error) {
	return nil, q.service.GetRandomBytes(q.Context(), q.caller, q.vault)
}
