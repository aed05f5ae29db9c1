package azerr

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"
)

func TestEnvelopes(t *testing.T) {
	code := &Code{Code: "Forbidden", Inner: "ForbiddenByRbac", Status: 403, Format: "no %s"}
	err := fmt.Errorf("wrapped: %w", code.New("way"))
	w := httptest.NewRecorder()
	WriteKeyVault(w, err)
	if got, want := w.Body.String(), `{"error":{"code":"Forbidden","innererror":{"code":"ForbiddenByRbac"},"message":"no way"}}`+"\n"; got != want || w.Code != 403 {
		t.Errorf("got %d %s, want 403 %s", w.Code, got, want)
	}
	w = httptest.NewRecorder()
	e := code.New("x").At("t").With(code.New("y"))
	e.RetryAfter = 1500 * time.Millisecond
	WriteARM(w, e)
	if got, want := w.Body.String(), `{"error":{"code":"Forbidden","message":"no x","target":"t","details":[{"code":"Forbidden","message":"no y"}]}}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := w.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After: got %q, want 2", got)
	}
	if !errors.Is(err, code) || errors.Is(err, Internal) {
		t.Error("errors.Is must find an error by its code")
	}
}

func TestInternalHidesItsCause(t *testing.T) {
	w := httptest.NewRecorder()
	WriteARM(w, errors.New("secret detail"))
	if w.Code != 500 || errors.Is(From(errors.New("x")), &Code{}) {
		t.Errorf("got status %d, want 500", w.Code)
	}
	if s := w.Body.String(); len(s) == 0 || contains(s, "secret detail") {
		t.Errorf("the cause went out: %s", s)
	}
}

func contains(s, sub string) bool {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i:i+len(sub)] == sub {
			return true
		}
	}
	return false
}
