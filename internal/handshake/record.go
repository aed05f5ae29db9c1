// Package handshake keeps and explains TLS handshakes that failed and certificates that
// were refused, inbound and outbound: what was presented, which chain was built, which
// check failed, and what a person can do about it. Start at Record; judge.go builds and
// checks a chain step by step, explain.go puts the library's errors into words.
//
// It decides nothing: who may connect is decided by the TLS settings of edge and
// upstream and by policies. It keeps no keys and no request's content.
package handshake

import (
	"crypto/x509"
	"net"
	"slices"
	"sync"
	"time"

	"gatehouse/internal/pki"
)

// Direction says who began the connection.
type Direction string

// The directions, as seen from the gateway.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// Record is one failed handshake or refused certificate.
type Record struct {
	ID        uint64    `json:"id"`
	Time      time.Time `json:"time"`
	Direction Direction `json:"direction"`
	Address   string    `json:"address"`             // of the far end
	Host      string    `json:"host,omitempty"`      // the server's name that the client asked for
	RequestID string    `json:"requestId,omitempty"` // of the request that was refused, or that needed the backend
	Service   string    `json:"service,omitempty"`
	API       string    `json:"api,omitempty"`

	Hello       *Hello        `json:"hello,omitempty"`       // what the client offered
	Version     string        `json:"version,omitempty"`     // negotiated, as far as it came
	Presented   []Certificate `json:"presented,omitempty"`   // by the far end
	Chain       []Certificate `json:"chain,omitempty"`       // that was built from it
	Own         []Certificate `json:"own,omitempty"`         // what this side presented
	Requested   bool          `json:"requested,omitempty"`   // the backend asked for a client certificate
	Authorities []string      `json:"authorities,omitempty"` // whose certificates the backend says it accepts

	Finding
	Error string `json:"error,omitempty"` // in the library's words
}

// Finding says which check failed and why, and what to do.
type Finding struct {
	Check  string `json:"check"`
	Reason string `json:"reason"`
	Remedy string `json:"remedy,omitempty"`
}

// The checks.
const (
	CheckProtocol          = "protocol"           // it was TLS at all
	CheckVersion           = "version"            // of TLS
	CheckCipher            = "cipher"             // a cipher suite of both sides
	CheckSignature         = "signature"          // a signature algorithm of both sides
	CheckALPN              = "application"        // an application protocol of both sides
	CheckName              = "name"               // the certificate's names
	CheckTime              = "time"               // its validity
	CheckChain             = "chain"              // up to a trusted root
	CheckUsage             = "usage"              // what it may be used for
	CheckClientCertificate = "client certificate" // there is one, and it is accepted
	CheckServerCertificate = "server certificate" // accepted by the client
	CheckConnection        = "connection"         // it lasted to the end of the handshake
)

// Certificate is what people tell certificates apart by.
type Certificate struct {
	Subject    string    `json:"subject"`
	Issuer     string    `json:"issuer"`
	Thumbprint string    `json:"thumbprint"`
	NotBefore  time.Time `json:"notBefore"`
	NotAfter   time.Time `json:"notAfter"`
	Names      []string  `json:"names,omitempty"`
}

const maxListed = 16 // certificates, names and authorities of one record

// Describe tells of each certificate.
func Describe(certs ...*x509.Certificate) []Certificate {
	var list []Certificate
	for _, c := range certs[:min(len(certs), maxListed)] {
		if c == nil {
			continue
		}
		d := Certificate{Subject: subject(c), Issuer: pki.DistinguishedName(c.RawIssuer), Thumbprint: pki.Thumbprint(c),
			NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Names: slices.Clone(c.DNSNames[:min(len(c.DNSNames), maxListed)])}
		for _, ip := range c.IPAddresses[:min(len(c.IPAddresses), maxListed)] {
			d.Names = append(d.Names, ip.String())
		}
		list = append(list, d)
	}
	return list
}

func subject(c *x509.Certificate) string {
	if name := pki.DistinguishedName(c.RawSubject); name != "" {
		return name
	}
	return "(no subject) " + pki.Thumbprint(c)
}

// AuthorityNames are the names of acceptable CAs in a certificate request.
func AuthorityNames(raw [][]byte) []string {
	var list []string
	for _, r := range raw[:min(len(raw), maxListed)] {
		list = append(list, pki.DistinguishedName(r))
	}
	return list
}

// Log keeps the latest records. A nil Log keeps none. It is safe for concurrent use.
type Log struct {
	now func() time.Time

	mu    sync.Mutex
	ring  []Record
	count uint64
	watch func(Record)
}

// NewLog keeps size records; each(when not nil) is told of each one, and must not block.
func NewLog(size int, each func(Record)) *Log {
	return &Log{now: time.Now, ring: make([]Record, 0, size), watch: each}
}

// Add keeps r, with a number and, unless it has one, the time.
func (l *Log) Add(r Record) {
	if l == nil {
		return
	}
	if r.Time.IsZero() {
		r.Time = l.now()
	}
	l.mu.Lock()
	l.count++
	r.ID = l.count
	if len(l.ring) < cap(l.ring) {
		l.ring = append(l.ring, r)
	} else if cap(l.ring) > 0 {
		l.ring[int((r.ID-1)%uint64(cap(l.ring)))] = r
	}
	l.mu.Unlock()
	if l.watch != nil {
		l.watch(r)
	}
}

// Filter says which records to give; empty fields ask for nothing.
type Filter struct {
	Address   string // of the far end, with or without its port
	RequestID string
	After     uint64 // records with a greater ID
	Limit     int    // 0: all
}

// Records are the kept records that f asks for, the newest first.
func (l *Log) Records(f Filter) []Record {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	list := slices.Clone(l.ring)
	l.mu.Unlock()
	list = slices.DeleteFunc(list, func(r Record) bool { return !f.wants(&r) })
	slices.SortFunc(list, func(a, b Record) int { return int(int64(b.ID) - int64(a.ID)) })
	if f.Limit > 0 && len(list) > f.Limit {
		list = list[:f.Limit]
	}
	return list
}

func (f *Filter) wants(r *Record) bool {
	if f.Address != "" && f.Address != r.Address {
		if host, _, err := net.SplitHostPort(r.Address); err != nil || host != f.Address {
			return false
		}
	}
	return (f.RequestID == "" || f.RequestID == r.RequestID) && r.ID > f.After
}
