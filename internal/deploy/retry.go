package deploy

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/template"
)

// maxRetries of what the service says is busy; @retryOn has its own count. The waits double from backoff to maxBackoff.
const (
	maxRetries = 5
	maxBackoff = 30 * time.Second
)

// again waits and reports whether a write that failed is to be tried once more: for the codes of its @retryOn, and
// where a provider throttles, as Resource Manager does. A provider's own Retry-After counts.
// https://learn.microsoft.com/azure/azure-resource-manager/bicep/file#decorators
func (r *run) again(n *template.Node, err error, try int) bool {
	if err == nil || r.ctx.Err() != nil {
		return false
	}
	e := azerr.From(err)
	wanted := slices.ContainsFunc(n.Retry, func(code string) bool { return strings.EqualFold(code, e.Kind.Code) })
	if !(wanted && try < n.RetryCount) && !(e.Kind.Status == http.StatusTooManyRequests && try < maxRetries) {
		return false
	}
	timer := time.NewTimer(r.s.wait(e, try))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// wait before the try after the one given.
func (s *Service) wait(e *azerr.Error, try int) time.Duration {
	if e.RetryAfter > 0 {
		return min(e.RetryAfter, maxBackoff)
	}
	return min(s.o.Backoff<<min(try, maxRetries), maxBackoff)
}
