package gateway

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"gatehouse/internal/gateway/upstream"
	"gatehouse/internal/handshake"
)

// checkBackend is the check of a trace for what keeps a request from its backend and is no matter of TLS.
const checkBackend = "backend"

// blame says in words why a request did not reach its backend, or got no answer; for a failed handshake its record does.
func blame(err error) handshake.Finding {
	var up *upstream.Error
	switch {
	case errors.Is(err, &unavailable):
		return handshake.Finding{Check: checkBackend, Reason: "the backend's circuit breaker is open, or those of all members of its pool: it failed as often as the rule allows",
			Remedy: "find out from the requests before why it failed; it is tried again when the rule's tripDuration is over"}
	case errors.Is(err, upstream.ErrClient):
		return handshake.Finding{Check: handshake.CheckConnection, Reason: "the client ended its request before the backend had it: " + tail(err), Remedy: "look at the client"}
	case !errors.As(err, &up):
		return handshake.Finding{Check: checkBackend, Reason: "there is no backend to send the request to: " + err.Error(),
			Remedy: "correct the backend entity, the API's serviceUrl, or the policy that names the backend"}
	case up.Handshake != nil:
		return up.Handshake.Finding
	case up.Stage == "connect":
		return handshake.Unreachable("the backend", up.Addr, up.Err)
	}
	return unanswered(up)
}

// unanswered says why a backend that was reached gave no answer.
func unanswered(up *upstream.Error) handshake.Finding {
	f := handshake.Finding{Check: checkBackend}
	switch {
	case up.Timeout():
		f.Reason, f.Remedy = fmt.Sprintf("the backend %s did not answer in time: %v", up.Addr, up.Err), "find out what it waits for, or give it more by timeout of forward-request"
	case errors.Is(up.Err, io.EOF), errors.Is(up.Err, io.ErrUnexpectedEOF), errors.Is(up.Err, syscall.ECONNRESET), errors.Is(up.Err, syscall.EPIPE):
		f.Reason = fmt.Sprintf("the backend %s closed the connection before it had answered", up.Addr)
		f.Remedy = "its log says more; a backend that expects TLS does so where it is called by http://"
	case up.Stage == "request":
		f.Reason, f.Remedy = fmt.Sprintf("the request can't be sent to the backend %s: %v", up.Addr, up.Err), "correct the policy that made its URL"
	default:
		f.Reason, f.Remedy = fmt.Sprintf("the backend %s answered what is no sound HTTP: %v", up.Addr, up.Err), "call it by the port and protocol that it speaks; its operator must mend the rest"
	}
	return f
}

// tail is the innermost of what err says.
func tail(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+1:]
}
