// Package snapshot is the immutable value that a gateway runs: for each API
// Management service its host names, APIs, operations, policy sources, backends,
// certificates, subscriptions and named values. Start at Snapshot.
//
// It holds no behaviour and knows neither resources nor HTTP: snapshotbuild
// makes it from resources, gateway compiles and serves it. Once handed to a
// gateway, no part of it is ever changed; a new snapshot may share unchanged parts
// (same pointer), and the gateway reuses what it made of those.
package snapshot

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// Snapshot is one consistent state of all services.
type Snapshot struct {
	Revision int64               // of the store, for logs
	Services map[string]*Service // by lower-case name
}

// SKU names whose behaviour differs at the gateway.
const (
	SKUConsumption = "Consumption"
	SKUDeveloper   = "Developer"
)

// Service is one API Management service.
type Service struct {
	Name       string
	ResourceID string
	SKU        string   // Consumption, Developer, Basic, BasicV2, ...
	Location   string   // as Azure shows a region, e.g. West Europe
	Hostnames  []string // all names that it answers to; NAME.azure-api.net among them

	// Hosts are the names with what a handshake for each has to be; Hostnames are their names.
	Hosts []*Host

	// Roots and Intermediates are certificates[] with storeName Root and
	// CertificateAuthority: whom the service trusts beside the system's roots, for the chains of
	// clients and of backends.
	Roots, Intermediates []*x509.Certificate

	// BackendTLS is what customProperties say of connections to backends.
	BackendTLS TLS

	// RequireClientCertificate is properties.enableClientCertificate: on Consumption each call
	// without a client certificate is refused by 403, and there and on the v2 tiers certificates
	// are not looked at without it.
	RequireClientCertificate bool

	Policy        Policy // global scope; empty: Azure's default
	APIs          []*API
	Backends      map[string]*Backend     // by lower-case id
	Certificates  map[string]*Certificate // by lower-case id (service/certificates)
	Subscriptions []*Subscription
	Products      []*Product
	Users         map[string]*User // by lower-case id, as those that follow
	Groups        map[string]*Group
	Loggers       map[string]*Logger
	Fragments     map[string]Policy // policy fragments
	Schemas       map[string]Schema
	NamedValues   map[string]*NamedValue // by lower-case display name, which is what {{name}} refers to
}

// Host is one host name of a service.
type Host struct {
	Name        string           // lower case
	Certificate *tls.Certificate // nil: of the private CA
	Negotiate   bool             // negotiateClientCertificate
	Default     bool             // answers clients that send no server name
	TLS         TLS
}

// TLS is what customProperties switch on and off. The zero value is the default: TLS 1.2 and
// 1.3, the usual cipher suites, HTTP/2 beside HTTP/1.1.
type TLS struct {
	MinVersion   uint16   // 0: TLS 1.2
	CipherSuites []uint16 // of TLS 1.2 and below; nil: the usual ones
	NoHTTP2      bool
}

// Policy is a policy document as it was put. An empty Text is no document.
type Policy struct {
	Text   string
	Format string // xml or rawxml; empty is xml
}

// Schema is a service/schemas resource, or an API's.
type Schema struct{ ContentType, Text string }

// API is one API and its operations.
type API struct {
	ID          string // last segment of the resource's ID, e.g. orders-api
	ResourceID  string
	DisplayName string
	Path        string // without slashes at the ends; may hold inner ones or be empty
	ServiceURL  string
	Protocols   []string // https, http, ws, wss; empty: https
	Version     string
	Revision    string
	NotCurrent  bool        // a revision that only ;rev=N reaches
	VersionSet  *VersionSet // nil: no versions

	SubscriptionRequired bool
	SubscriptionHeader   string // empty: Ocp-Apim-Subscription-Key
	SubscriptionQuery    string // empty: subscription-key

	Policy     Policy
	Operations []*Operation
	Schemas    map[string]Schema // by lower-case id; what representations of the operations name
}

// VersionSet says how a request names the version of an API.
type VersionSet struct {
	ID, Name string
	Scheme   VersionScheme
	Header   string // for VersionHeader
	Query    string // for VersionQuery
}

// VersionScheme is the place of a version in a request.
type VersionScheme uint8

// The schemes of version sets.
const (
	VersionSegment VersionScheme = iota // the segment after the API's path
	VersionHeader
	VersionQuery
)

// Product is a product with the APIs in it.
type Product struct {
	ID, Name             string
	Published            bool
	SubscriptionRequired bool
	ApprovalRequired     bool
	SubscriptionsLimit   *int
	APIs                 []string // lower-case ids, in order
	Groups               []string // lower-case ids, in order
	Policy               Policy
}

// Operation is one operation of an API.
type Operation struct {
	ID          string
	DisplayName string
	Method      string // GET, POST, ...; "*" for any
	URLTemplate string // /orders/{id}, /files/{*rest}, /search?q={q}
	Policy      Policy

	Parameters []Parameter      // of path, query and header
	Requests   []Representation // of the request's body
	Replies    []Reply
}

// Backend is a service/backends resource.
type Backend struct {
	ID       string
	URL      string
	Protocol string // http or soap

	// CertificateIDs name service/certificates by id (the last segment of a
	// resource ID, any case); CertificateThumbprints name them by thumbprint.
	CertificateIDs         []string
	CertificateThumbprints []string
	Header, Query          map[string][]string
	AuthorizationScheme    string // credentials.authorization
	AuthorizationParameter string

	// ValidateChain and ValidateName are tls.validateCertificateChain and
	// validateCertificateName; both are true unless set otherwise.
	ValidateChain bool
	ValidateName  bool

	Proxy *Proxy // that requests go through; nil: none

	// Pool makes the backend a pool of others: URL, credentials and TLS are theirs.
	Pool    []PoolMember
	Breaker *Breaker
}

// Proxy is an HTTP proxy in front of a backend.
type Proxy struct{ URL, Username, Password string }

// PoolMember is one backend of a pool. Members of the lowest Priority are used while one of
// them is well; among them requests are spread by Weight.
type PoolMember struct {
	Backend  string // lower-case id
	Weight   int    // 1 to 100
	Priority int    // 1 to 100; smaller first
}

// Breaker is a circuit breaker's rule: Count failures within Interval trip it for TripFor.
type Breaker struct {
	Name             string
	Count            int           // of failures; 0: Percentage counts
	Percentage       int           // of failures among the requests of an interval
	Interval         time.Duration // in which they are counted
	Statuses         []StatusRange // of responses that are failures
	Errors           []string      // reasons that are failures, e.g. Timeout; nil: those of connections
	TripFor          time.Duration
	AcceptRetryAfter bool // a Retry-After of the backend sets the time
}

// StatusRange holds both ends.
type StatusRange struct{ Min, Max int }

// Certificate is a service/certificates resource. TLS is nil when there is no
// private key (a public certificate, for context.Deployment.Certificates); its
// Leaf is always set otherwise.
type Certificate struct {
	ID         string
	Thumbprint string // upper-case hex SHA-1
	Subject    string
	TLS        *tls.Certificate
	Raw        []byte // DER of the leaf
}

// Subscription is a pair of keys and what they open.
type Subscription struct {
	ID           string
	Name         string
	Scope        SubscriptionScope
	API          string   // id, when Scope is ScopeAPI
	Product      string   // id, when Scope is ScopeProduct
	APIs         []string // lower-case ids of the product's APIs, in order, when Scope is ScopeProduct
	Owner        string   // lower-case id of a user; empty: none
	Created      time.Time
	Start, End   time.Time // for people to look at: nothing ends by them
	State        string    // active, suspended, submitted, rejected, cancelled, expired
	PrimaryKey   string
	SecondaryKey string
}

// SubscriptionScope says what a subscription opens.
type SubscriptionScope uint8

// The scopes of subscriptions. The built-in master has ScopeAllAPIs.
const (
	ScopeAllAPIs SubscriptionScope = iota
	ScopeAPI
	ScopeProduct
)

// NamedValue is a value that {{Name}} in a policy stands for.
type NamedValue struct {
	Name   string // display name
	Value  string
	Secret bool // also true for values from a vault
}
