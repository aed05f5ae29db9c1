package vault

import "context"

// Event is one change of an object. For a certificate, its key and secret give events too.
type Event struct {
	Vault   string // lower case
	Type    Kind
	Name    string // lower case
	Version string // the current version; "" when the object is gone
	Deleted bool   // deleted, softly or for good
}

// Watch delivers the changes of all vaults from now on, until ctx ends or the
// receiver falls too far behind, when the channel closes: list again.
func (s *Service) Watch(ctx context.Context) (<-chan Event, error) { return nil, nil }
