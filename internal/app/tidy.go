package app

import (
	"context"
	"runtime/debug"
	"time"
)

// tidyAfter is how long the resources must have been at rest.
const tidyAfter = 10 * time.Second

// tidy gives the memory that a burst of changes took back to the system when it is over. Go keeps as much as it uses in
// reserve and returns it slowly, and what was read of the store stays mapped; a gateway that serves the same programs for
// weeks has no use for either.
func (s *server) tidy(ctx context.Context) error {
	timer := time.NewTimer(tidyAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.changed:
			timer.Reset(tidyAfter)
		case <-timer.C:
			debug.FreeOSMemory()
			if err := s.state.Rest(ctx); err != nil && ctx.Err() == nil {
				s.log.Debug("the store keeps its memory", "error", err)
			}
		}
	}
}

// built notes a new snapshot.
func (s *server) built(took time.Duration) {
	s.metrics.Built(took)
	select {
	case s.changed <- struct{}{}:
	default: // one is noted
	}
}
