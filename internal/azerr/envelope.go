package azerr

import (
	"encoding/json"
	"net/http"
	"time"
)

// Body is the value of "error" in Resource Manager's envelope.
type Body struct {
	Code           string `json:"code"`
	Message        string `json:"message"`
	Target         string `json:"target,omitempty"`
	Details        []Body `json:"details,omitempty"`
	AdditionalInfo []Info `json:"additionalInfo,omitempty"`
}

// ARMBody is e as Resource Manager shows it, also inside of a deployment's status.
func (e *Error) ARMBody() Body {
	b := Body{Code: e.Kind.Code, Message: e.Message, Target: e.Target, AdditionalInfo: e.AdditionalInfo}
	for _, d := range e.Details {
		b.Details = append(b.Details, d.ARMBody())
	}
	return b
}

// WriteARM answers with {"error":{"code","message","target","details","additionalInfo"}}.
func WriteARM(w http.ResponseWriter, err error) {
	e := From(err)
	write(w, e, map[string]any{"error": e.ARMBody()})
}

// WriteKeyVault answers with {"error":{"code","message","innererror":{"code"}}}.
func WriteKeyVault(w http.ResponseWriter, err error) {
	e := From(err)
	body := map[string]any{"code": e.Kind.Code, "message": e.Message}
	if e.Kind.Inner != "" {
		body["innererror"] = map[string]any{"code": e.Kind.Inner}
	}
	write(w, e, map[string]any{"error": body})
}

// WriteGraph answers with {"error":{"code","message","innerError":{"date","request-id"}}}.
func WriteGraph(w http.ResponseWriter, requestID string, err error) {
	e := From(err)
	write(w, e, map[string]any{"error": map[string]any{"code": e.Kind.Code, "message": e.Message,
		"innerError": map[string]any{"date": time.Now().UTC().Format("2006-01-02T15:04:05"), "request-id": requestID}}})
}

// WriteOAuth answers as RFC 6749 section 5.2 and Microsoft Entra do: error is Code.Code,
// the number (AADSTS...) is Code.Inner.
func WriteOAuth(w http.ResponseWriter, requestID string, err error) {
	e := From(err)
	description := e.Message
	if e.Kind.Inner != "" {
		description = e.Kind.Inner + ": " + description
	}
	now := time.Now().UTC().Format("2006-01-02 15:04:05Z")
	write(w, e, map[string]any{"error": e.Kind.Code, "error_description": description + " Trace ID: " + requestID + " Timestamp: " + now,
		"timestamp": now, "trace_id": requestID, "correlation_id": requestID})
}

func write(w http.ResponseWriter, e *Error, v any) {
	h := w.Header()
	e.setHeaders(h)
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	w.WriteHeader(e.Kind.Status)
	// An error here means that the client has gone: there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(v)
}
