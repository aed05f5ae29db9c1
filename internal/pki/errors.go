package pki

import "fmt"

// Reason says which of the known ways a certificate file failed.
type Reason string

// The reasons. Callers turn them into their own wire errors; the message is for people.
const (
	WrongPassword         Reason = "WrongPassword"
	NoKey                 Reason = "NoKey"
	NoCertificate         Reason = "NoCertificate"
	Truncated             Reason = "Truncated"
	NotPFX                Reason = "NotPFX"
	NotPEM                Reason = "NotPEM"
	NotCertificate        Reason = "NotCertificate"
	UnsupportedEncryption Reason = "UnsupportedEncryption"
	UnsupportedKey        Reason = "UnsupportedKey"
	KeyMismatch           Reason = "KeyMismatch"
	Malformed             Reason = "Malformed"
)

// Error is what this package returns for bad input. Its message says what is wrong and
// what to do, and holds nothing of the input.
type Error struct {
	Reason  Reason
	Message string
	Err     error // the library's error, where there is one
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the library's error.
func (e *Error) Unwrap() error { return e.Err }

func fail(r Reason, cause error, format string, args ...any) *Error {
	return &Error{Reason: r, Message: fmt.Sprintf(format, args...), Err: cause}
}
