package policy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"time"

	"gatehouse/internal/counter"
	"gatehouse/internal/csharp/host"
	"gatehouse/internal/pki"
)

// Environment is what the programs of one service share beside the exchange. It never
// changes once exchanges run with it; a new snapshot brings a new one, while Counters and
// Cache outlive it. A nil field is a service that the gateway does not have: the policy
// that needs it fails and says so.
type Environment struct {
	Name         string // of the service: the first part of keys in Counters and Cache
	Sender       Sender
	Counters     counter.Counters
	Cache        counter.Cache
	Tokens       Tokens
	Sink         Sink
	Trust        *pki.Trust     // whom client certificates are checked against
	Certificates []*Certificate // service/certificates
	Schemas      map[string]Schema
	Loggers      map[string]Logger // service/loggers by lower-case id
	Keys         *KeyCache         // of validate-jwt; nil: none are kept
	MaxBody      int64             // of bodies that policies read; 0: DefaultMaxBody
	Now          func() time.Time
	Go           func(f func())                                   // runs work that outlives its exchange; nil: a goroutine
	Sleep        func(ctx context.Context, d time.Duration) error // nil: a timer
}

// DefaultMaxBody bounds a body that a policy reads.
const DefaultMaxBody = 8 << 20

// Sender sends requests that are not the exchange's own.
type Sender interface {
	Send(ctx context.Context, m *Message) (*Response, error)
}

// Message is a request that a policy makes. The response's body is text; Sender reads it to
// its end.
type Message struct {
	Method      string
	URL         string
	Header      Header
	Body        string
	Certificate *tls.Certificate // the client certificate; nil: none
	Proxy       *Proxy
	Timeout     time.Duration // 0: none beside the context's
	MaxBody     int64         // of the response; 0: DefaultMaxBody
}

// Proxy is an HTTP proxy to go through.
type Proxy struct{ URL, Username, Password string }

// Tokens gives access tokens.
type Tokens interface {
	// ManagedIdentity is a token for resource of the service's identity, or of the user-assigned
	// one whose client id is given.
	ManagedIdentity(ctx context.Context, resource, clientID string) (string, error)
	// Authorization is the token that an authorization of a provider holds.
	Authorization(ctx context.Context, provider, authorization, identityType, identity string) (Authorization, error)
}

// Authorization is what get-authorization-context puts into its variable.
type Authorization = host.Authorization

// Sink takes what policies report: traces and metrics.
type Sink interface {
	Trace(ex *Exchange, t Trace)
	Metric(ex *Exchange, m Metric)
}

// Trace is a message of the policy trace.
type Trace struct {
	Source, Severity, Message string
	Metadata                  []Field
}

// Metric is a value of emit-metric.
type Metric struct {
	Namespace, Name string
	Value           float64
	Dimensions      []Field
}

// Logger takes the events of log-to-eventhub: what one of service/loggers stands for, such as a
// file or an HTTP endpoint.
type Logger interface {
	// Log takes an event and returns at once: it does not wait until the event has arrived. An
	// error says that the event is lost; the exchange goes on, as in Azure.
	Log(ctx context.Context, e Event) error
}

// Event is a record of log-to-eventhub. At most one of PartitionID and PartitionKey is set.
type Event struct{ Logger, PartitionID, PartitionKey, Text string }

// Certificate is one of service/certificates.
type Certificate struct {
	ID, Thumbprint string
	Leaf           *x509.Certificate
	TLS            *tls.Certificate // nil without a private key
}

// certificate finds one by id or, with an empty id, by thumbprint.
func (env *Environment) certificate(id, thumbprint string) *Certificate {
	if env == nil {
		return nil
	}
	for _, c := range env.Certificates {
		if id != "" && equalFold(c.ID, id) || id == "" && equalFold(c.Thumbprint, thumbprint) {
			return c
		}
	}
	return nil
}

func (env *Environment) now() time.Time {
	if env == nil || env.Now == nil {
		return time.Now()
	}
	return env.Now()
}

func (env *Environment) maxBody() int64 {
	if env == nil || env.MaxBody == 0 {
		return DefaultMaxBody
	}
	return env.MaxBody
}

func (env *Environment) sleep(ctx context.Context, d time.Duration) error {
	if env != nil && env.Sleep != nil {
		return env.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// missing is the error of a policy whose service the gateway does not have.
func missing(what string) error {
	return &Error{Reason: "ServiceNotConfigured", Message: "The gateway has no " + what + "."}
}
