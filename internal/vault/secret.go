package vault

import (
	"context"

	"gatehouse/internal/identity"
)

// Secret is one version of a secret. Value is set only by SetSecret and GetSecret.
type Secret struct {
	Name, Version   string
	Value           string
	ContentType     string
	Attributes      Attributes
	Tags            Tags
	Managed         bool   // owned by the certificate of its name
	PreviousVersion string // of a certificate's secret
	Recovery        Recovery
	Deletion        *Deletion
}

// SetSecret is what a caller gives for a new version.
type SetSecret struct {
	Value       string
	ContentType string
	Attributes  *AttributesPatch
	Tags        Tags
}

// GetSecret returns a version with its value; version "" is the current one.
func (s *Service) GetSecret(ctx context.Context, caller identity.Caller, vault, name, version string) (*Secret, error) {
	return nil, ErrVaultNotFound
}
