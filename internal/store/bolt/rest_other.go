//go:build !linux

package bolt

import "context"

// Rest does nothing: the system takes back what it needs.
func (s *Store) Rest(context.Context) error { return nil }
