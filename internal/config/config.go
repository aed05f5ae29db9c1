// Package config reads the file of `gatehouse serve`: addresses, names, certificates,
// trusted roots, sinks, limits and telemetry, in YAML. Start at Load; Config is what the
// file says, with every default filled in; check.go looks at the files that it names.
//
// It starts nothing and changes nothing, so that `gatehouse serve --check` can be run
// beside a server that serves.
package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/diag"
)

// Config is the file. Paths in it are taken from the file's folder when they are relative.
type Config struct {
	File string `key:"-"`

	Data           string `key:"data"`           // folder of all state
	PassphraseFile string `key:"passphraseFile"` // of the root key; "" with none
	Domain         string `key:"domain"`         // all names are below it unless names says otherwise
	Names          Names  `key:"names"`

	Listen         []string `key:"listen"`         // addresses of the TLS listener
	SessionTickets bool     `key:"sessionTickets"` // TLS clients may resume sessions

	Certificates []Certificate `key:"certificates"`
	Trust        Trust         `key:"trust"`

	Log       Log    `key:"log"`
	AccessLog Sink   `key:"accessLog"`
	Events    Events `key:"events"`
	Audit     Audit  `key:"audit"`
	Limits    Limits `key:"limits"`

	Operations Operations `key:"operations"`
	Tracing    Tracing    `key:"tracing"`

	places map[string]diag.Range // of keys and items, by path: certificates[0].file
	source *diag.Source
}

// Names are what clients reach the instance by.
type Names struct {
	Management string `key:"management"`
	Login      string `key:"login"`
	Graph      string `key:"graph"`
	Pipelines  string `key:"pipelines"`
	Vaults     string `key:"vaults"`   // domain: NAME.vault.contoso.example
	Gateways   string `key:"gateways"` // domain: NAME.gateway.contoso.example
}

// Certificate is one server certificate: PEM files, a PFX file, or a certificate in a vault
// of this instance. Names are those that it serves; none: those that it has.
type Certificate struct {
	Names        []string `key:"names"`
	File         string   `key:"file"` // PEM: the leaf, then its intermediates
	Key          string   `key:"key"`  // PEM; "": in File
	PFX          string   `key:"pfx"`
	PasswordFile string   `key:"passwordFile"`
	Vault        string   `key:"vault"`
	Certificate  string   `key:"certificate"` // its name in the vault
}

// Trust says whom the gateway trusts for backends.
type Trust struct {
	System bool     `key:"system"` // the system's roots
	Files  []string `key:"files"`  // PEM
}

// Log is where the server's own log goes, as JSON lines.
type Log struct {
	Level string `key:"level"` // debug, info, warn, error
	To    string `key:"to"`    // stderr, stdout or a file
}

// Sink is stdout, stderr, a file, or off.
type Sink struct {
	To string `key:"to"`
}

// Events is where the events of log-to-eventhub go: of all loggers, or of some.
type Events struct {
	To      string        `key:"to"` // stdout, stderr, a file, off, or the URL of an HTTP receiver
	Loggers []EventLogger `key:"loggers"`
}

// EventLogger is the place of one logger's events.
type EventLogger struct {
	Service string `key:"service"`
	Logger  string `key:"logger"`
	To      string `key:"to"`
}

// Audit records always go to the data folder; Copy may name a second place.
type Audit struct {
	Copy string `key:"copy"` // stdout, stderr or a file; "": none
}

// Limits bound what clients and backends may take.
type Limits struct {
	Connections        int           `key:"connections"`
	HandshakeTimeout   time.Duration `key:"handshakeTimeout"`
	HeaderTimeout      time.Duration `key:"headerTimeout"`
	BodyTimeout        time.Duration `key:"bodyTimeout"`
	IdleTimeout        time.Duration `key:"idleTimeout"`
	BackendBodyTimeout time.Duration `key:"backendBodyTimeout"`
	DrainTimeout       time.Duration `key:"drainTimeout"`
	Vaults             string        `key:"vaults"` // requests that each vault takes, as --vault-limits of `gatehouse up`
}

// Operations is the listener of health, readiness and metrics, in plain HTTP.
type Operations struct {
	Listen    string `key:"listen"`    // "": none
	TokenFile string `key:"tokenFile"` // holds the bearer token that is asked for; needed off loopback
}

// Tracing sends OpenTelemetry traces.
type Tracing struct {
	Endpoint string  `key:"endpoint"` // URL of an OTLP/HTTP receiver; "": off
	Sample   float64 `key:"sample"`   // part of the requests, 0 to 1, whose caller has not decided it
}

// Defaults are what a file that says nothing means.
func Defaults() *Config {
	return &Config{
		Data: "/var/lib/gatehouse", Listen: []string{"0.0.0.0:8443"}, SessionTickets: true,
		Trust: Trust{System: true}, Log: Log{Level: "info", To: "stderr"}, AccessLog: Sink{To: "stdout"}, Events: Events{To: "stdout"},
		Limits: Limits{Connections: 16384, HandshakeTimeout: 10 * time.Second, HeaderTimeout: 30 * time.Second, BodyTimeout: time.Minute,
			IdleTimeout: 2 * time.Minute, BackendBodyTimeout: time.Minute, DrainTimeout: 30 * time.Second, Vaults: "off"},
		Operations: Operations{Listen: "127.0.0.1:9480"}, Tracing: Tracing{Sample: 1},
	}
}

// maxFile bounds the file.
const maxFile = 1 << 20

// Check is what a room says of the value of a key that config can't judge by itself.
type Check struct {
	Key   string // by path: limits.vaults
	Fault func(*Config) error
}

// Load reads and checks a file. The Config is nil when the list has errors; a list without
// them may hold warnings. The files that it names are looked at too.
func Load(path string, more ...Check) (*Config, diag.List) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, diag.List{{Code: codeFile, File: path, Message: "The file can't be read: " + pathError(err) + "."}}
	}
	c, list := Parse(path, string(data))
	if !list.HasErrors() {
		list = append(list, c.checkFiles()...)
		k := checker{c: c}
		for _, m := range more {
			if err := m.Fault(c); err != nil {
				k.wrong(m.Key, "", "'%s' can't be used: %s.", m.Key, err)
			}
		}
		list = append(list, k.list...)
	}
	list.Sort()
	if list.HasErrors() {
		return nil, list
	}
	return c, list
}

// Parse reads a text, without looking at other files.
func Parse(path, text string) (*Config, diag.List) {
	c := Defaults()
	c.File, c.places, c.source = path, map[string]diag.Range{}, diag.NewSource(path, text)
	list := c.decode(text)
	if !list.HasErrors() {
		c.complete()
		list = append(list, c.checkValues()...)
	}
	list.Sort()
	return c, list
}

// complete derives the names that are not given from the domain, and makes paths absolute.
func (c *Config) complete() {
	for name, p := range map[string]*string{"management": &c.Names.Management, "login": &c.Names.Login, "graph": &c.Names.Graph,
		"pipelines": &c.Names.Pipelines, "vault": &c.Names.Vaults, "gateway": &c.Names.Gateways} {
		if *p == "" && c.Domain != "" {
			*p = name + "." + c.Domain
		}
		*p = strings.ToLower(*p)
	}
	dir := filepath.Dir(c.File)
	paths := []*string{&c.Data, &c.PassphraseFile, &c.Operations.TokenFile}
	places := []*string{&c.Log.To, &c.AccessLog.To, &c.Audit.Copy, &c.Events.To}
	for i := range c.Events.Loggers {
		places = append(places, &c.Events.Loggers[i].To)
	}
	for _, to := range places {
		if !isStream(*to) && !IsURL(*to) {
			paths = append(paths, to)
		}
	}
	for i := range c.Certificates {
		x := &c.Certificates[i]
		paths = append(paths, &x.File, &x.Key, &x.PFX, &x.PasswordFile)
	}
	for i := range c.Trust.Files {
		paths = append(paths, &c.Trust.Files[i])
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

func isStream(to string) bool { return slices.Contains([]string{"", "stdout", "stderr", "off"}, to) }

// IsURL reports whether events go to an HTTP receiver rather than to a stream or a file.
func IsURL(to string) bool {
	return strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "http://")
}

// All are the names and domains, without empty ones.
func (n Names) All() []string {
	return slices.DeleteFunc([]string{n.Management, n.Login, n.Graph, n.Pipelines, n.Vaults, n.Gateways}, func(s string) bool { return s == "" })
}
