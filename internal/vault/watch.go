package vault

import (
	"context"
	"encoding/json"
	"strings"

	"gatehouse/internal/store"
)

// Event is one change of an object. For a certificate, its key and secret give events too.
type Event struct {
	Vault   string // lower case
	Type    Kind
	Name    string // lower case
	Version string // the current version; "" when the object is gone
	Deleted bool   // deleted, softly or for good
	Change  string // NewVersion, NearExpiry or Expired; "" for other changes
}

// Watch delivers the changes of all vaults from now on, until ctx ends or the
// receiver falls too far behind, when the channel closes: list again.
func (s *Service) Watch(ctx context.Context) (<-chan Event, error) {
	batches, err := s.store.Watch(ctx, root, 0)
	if err != nil {
		return nil, err
	}
	out := make(chan Event, 64)
	go func() {
		defer close(out)
		for batch := range batches {
			for _, change := range batch.Events {
				for _, e := range eventsOf(change) {
					select {
					case out <- e:
					case <-ctx.Done():
						return
					}
				}
			}
		}
	}()
	return out, nil
}

// eventsOf reads a change of a live head; other records say nothing to others.
func eventsOf(change store.Event) []Event {
	parts := strings.Split(strings.TrimPrefix(change.Record.Key, root), "/")
	if len(parts) != 3 {
		return nil
	}
	kind := Kind(parts[1])
	e := Event{Vault: parts[0], Type: kind, Name: parts[2], Deleted: change.Deleted}
	if !change.Deleted {
		var h head
		if json.Unmarshal(change.Record.Value, &h) != nil || h.Current == "" {
			return nil
		}
		e.Version, e.Change = h.Current, h.Change
	}
	switch kind {
	case Secrets, Keys:
		return []Event{e}
	case Certificates:
		key, secret := e, e
		key.Type, secret.Type = Keys, Secrets
		return []Event{e, key, secret}
	}
	return nil
}
