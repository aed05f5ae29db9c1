// Package audit writes one JSON line for every decision that an operator may have to
// account for: control-plane and vault writes, and reads of secrets. A record is on
// the disk before Write returns, so a caller that writes first and answers after
// never lets a secret leave unrecorded.
//
// It is not a log for debugging, and holds no secret values. Start at Record and Open.
package audit

import (
	"context"
	"time"
)

// The decisions.
const (
	Allowed = "allowed"
	Denied  = "denied"
	Refused = "refused" // before it came to a decision: the request was no good
)

// Record is one line. Extra holds what only some actions have; never a secret.
type Record struct {
	Time       time.Time         `json:"time"`
	RequestID  string            `json:"requestId,omitempty"`
	Caller     string            `json:"caller,omitempty"` // object id
	CallerName string            `json:"callerName,omitempty"`
	AppID      string            `json:"appId,omitempty"`
	Address    string            `json:"address,omitempty"`
	Action     string            `json:"action"`
	Resource   string            `json:"resource,omitempty"`
	Decision   string            `json:"decision,omitempty"`
	Status     int               `json:"status,omitempty"`
	Result     string            `json:"result,omitempty"`
	Extra      map[string]string `json:"extra,omitempty"`
}

// Writer is what domains take. When Write fails, the action must fail too.
type Writer interface {
	Write(ctx context.Context, r Record) error
}

// Discard is a Writer that keeps nothing, for tests.
type Discard struct{}

// Write does nothing.
func (Discard) Write(context.Context, Record) error { return nil }
