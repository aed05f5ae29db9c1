package arm

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// Operations are not kept: the state of a long-running write is the resource's own provisioningState, and a deletion
// is done when the resource is gone. So they survive a restart, and nothing needs to be cleaned up.

// longPoll is how long a poll of an operation waits for its end, so that clients need not sleep in between.
const longPoll = 800 * time.Millisecond

// Terminal reports whether a provisioningState is final.
func Terminal(state string) bool {
	switch strings.ToLower(state) {
	case "", "succeeded", "failed", "canceled", "cancelled", "ready", "created":
		return true
	}
	return false
}

func (r *Resource) state() string {
	text, _ := r.Properties["provisioningState"].(string)
	return text
}

// operationHeaders tells where to poll when the write goes on after the answer.
func (x *exchange) operationHeaders(r *Resource) {
	if Terminal(r.state()) {
		return
	}
	h := x.w.Header()
	h.Set("Azure-AsyncOperation", x.base()+r.ID.String()+"/operationStatuses/"+x.requestID+"?api-version="+x.apiVersion)
	h.Set("Retry-After", "1")
}

// goneHeaders tells where to poll until id is gone.
func (x *exchange) goneHeaders(id resourceid.ID) {
	h := x.w.Header()
	token := base64.RawURLEncoding.EncodeToString([]byte(id.Key()))
	h.Set("Location", x.base()+"/subscriptions/"+x.s.SubscriptionID()+"/operationResults/"+token+"?api-version="+x.apiVersion)
	h.Set("Retry-After", "1")
}

func (x *exchange) operation(t target) error {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return azerr.MethodNotAllowed.New(x.r.Method, x.r.URL.Path)
	}
	if t.id.IsType(TypeSubscription) {
		return x.gone(t)
	}
	r, err := x.s.Get(x.r.Context(), x.caller, t.id, x.apiVersion)
	if err != nil {
		return err
	}
	if !Terminal(r.state()) {
		if r, err = x.s.awaitState(x.r.Context(), r); err != nil {
			return err
		}
	}
	body := map[string]any{"id": t.id.String() + "/operationStatuses/" + t.operation, "name": t.operation, "status": operationStatus(r),
		"startTime": r.Changed.Format(time.RFC3339Nano)}
	if Terminal(r.state()) {
		body["endTime"] = r.Changed.Format(time.RFC3339Nano)
	} else {
		x.w.Header().Set("Retry-After", "1")
	}
	if e, ok := r.Properties["error"]; ok && e != nil {
		body["error"] = e
	}
	return x.reply(http.StatusOK, body)
}

func operationStatus(r *Resource) string {
	switch s := r.state(); strings.ToLower(s) {
	case "", "ready", "created":
		return "Succeeded"
	case "cancelled":
		return "Canceled"
	default:
		return s
	}
}

// awaitState reads r again after it has come to a final state, or longPoll has passed.
func (s *Service) awaitState(ctx context.Context, r *Resource) (*Resource, error) {
	timer := time.NewTimer(longPoll)
	defer timer.Stop()
	t, _ := s.Type(r.Type)
	for {
		changed, done := s.changes.wait(r.ID.Key())
		now, err := s.read(ctx, t, r.ID) // after wait: no change can be missed
		if err != nil || Terminal(now.state()) {
			done()
			return now, err
		}
		select {
		case <-changed:
			done()
		case <-timer.C:
			done()
			return now, nil
		case <-ctx.Done():
			done()
			return nil, ctx.Err()
		}
	}
}

// Wait returns the resource once it has come to a final provisioningState.
func (s *Service) Wait(ctx context.Context, id resourceid.ID) (*Resource, error) {
	r, err := s.Lookup(ctx, id)
	for err == nil && !Terminal(r.state()) {
		r, err = s.awaitState(ctx, r)
	}
	return r, err
}

// gone answers polls of deletions: 202 until the resource is gone, then 200.
func (x *exchange) gone(t target) error {
	key, err := base64.RawURLEncoding.DecodeString(t.operation)
	id, parseErr := resourceid.Parse(string(key))
	if err := errors.Join(err, parseErr); err != nil || id.IsTenant() {
		return azerr.InvalidOperationID.New(t.operation, t.id)
	}
	if err := x.s.checkSubscription(id); err != nil {
		return err
	}
	r, err := x.s.find(x.r.Context(), id)
	if err != nil {
		return err
	}
	if r != nil && x.s.Allowed(x.r.Context(), x.caller, r.Type+"/read", id) {
		x.goneHeaders(id)
		return x.reply(http.StatusAccepted, nil)
	}
	return x.reply(http.StatusOK, nil)
}
