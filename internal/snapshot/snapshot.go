// Package snapshot is the immutable value that a gateway runs: for each API
// Management service its host names, APIs, operations, policy sources, backends,
// certificates, subscriptions and named values. Start at Snapshot.
//
// It holds no behaviour and knows neither resources nor HTTP: snapshotbuild
// makes it from resources, gateway compiles and serves it. Once handed to a
// gateway, no part of it is ever changed; a new snapshot may share unchanged parts
// (same pointer), and the gateway reuses what it made of those.
package snapshot

import "crypto/tls"

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

	// RequireClientCertificate is properties.enableClientCertificate: on
	// Consumption each call without a client certificate is refused by 403.
	RequireClientCertificate bool

	Policy        Policy // global scope; empty: Azure's default
	APIs          []*API
	Backends      map[string]*Backend     // by lower-case id
	Certificates  map[string]*Certificate // by lower-case id (service/certificates)
	Subscriptions []*Subscription
	NamedValues   map[string]*NamedValue // by lower-case display name, which is what {{name}} refers to
}

// Policy is a policy document as it was put. An empty Text is no document.
type Policy struct {
	Text   string
	Format string // xml or rawxml; empty is xml
}

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

	SubscriptionRequired bool
	SubscriptionHeader   string // empty: Ocp-Apim-Subscription-Key
	SubscriptionQuery    string // empty: subscription-key

	Policy     Policy
	Operations []*Operation
}

// Operation is one operation of an API.
type Operation struct {
	ID          string
	DisplayName string
	Method      string // GET, POST, ...; "*" for any
	URLTemplate string // /orders/{id}, /files/{*rest}, /search?q={q}
	Policy      Policy
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
}

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
	State        string   // active, suspended, submitted, rejected, cancelled, expired
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
