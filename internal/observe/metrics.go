// Package observe is what operators see of a running instance: Prometheus metrics
// (metrics.go), OpenTelemetry traces (traces.go), and the health and readiness of it all
// (health.go). Start at NewMetrics and Handler.
//
// It only counts and tells: the gateway and the listener call it through interfaces of
// their own, and work without it.
package observe

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gatehouse/internal/edge"
	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
	"gatehouse/internal/snapshot"
)

// maxReasons bounds the reasons of one API that are counted apart; policies may make up any.
const maxReasons = 64

// Certificate is one whose end is worth knowing.
type Certificate struct {
	Kind    string // server, service, ca
	Name    string
	Expires time.Time
}

// Pool is the use of the connections to one backend.
type Pool struct {
	Address    string
	Idle, Busy int
}

// Sources are asked when somebody reads the metrics.
type Sources struct {
	Certificates func() []Certificate
	Pools        func() []Pool
	Connections  func() int // of clients
}

// Metrics implements gateway.Recorder.
type Metrics struct {
	registry   *prometheus.Registry
	errors     *prometheus.CounterVec
	handshakes *prometheus.CounterVec
	shaking    prometheus.Histogram
	refused    *prometheus.CounterVec
	building   prometheus.Histogram
	problems   *prometheus.GaugeVec

	mu      sync.Mutex
	meters  map[[2]string]*meter
	reasons map[[2]string]map[string]bool
}

// NewMetrics makes the counters of one instance.
func NewMetrics(version string, s Sources) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), meters: map[[2]string]*meter{}, reasons: map[[2]string]map[string]bool{}}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehouse_" + name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	m.errors = counter("policy_errors_total", "Errors of policies and built-in steps, by reason.", "service", "api", "reason")
	m.handshakes = counter("tls_handshakes_total", "TLS handshakes of clients: ok, resumed, or the check that failed.", "result", "version", "client_certificate")
	m.refused = counter("certificate_refusals_total", "Failed handshakes and refused certificates, by direction and check.", "direction", "check")
	m.shaking = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "gatehouse_tls_handshake_duration_seconds", Help: "Time of clients' TLS handshakes.", Buckets: buckets[:]})
	m.building = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "gatehouse_snapshot_build_duration_seconds", Help: "Time from the resources to what the gateway runs, after each change.", Buckets: buckets[:]})
	m.problems = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "gatehouse_snapshot_problems", Help: "Parts of services that do not run as they are deployed: policies, APIs, backends. The log names them."}, []string{"last_good"})
	m.Problems(nil)
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "gatehouse_build_info", Help: "1, with the version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(meters{m}, m.shaking, m.building, m.problems, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &sources{s})
	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// API implements gateway.Recorder.
func (m *Metrics) API(service, api string) gateway.Meter {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := [2]string{service, api}
	if known := m.meters[key]; known != nil {
		return known
	}
	made := &meter{}
	m.meters[key] = made
	return made
}

// PolicyError implements gateway.Recorder.
func (m *Metrics) PolicyError(service, api, reason string) {
	m.mu.Lock()
	key := [2]string{service, api}
	known := m.reasons[key]
	if known == nil {
		known = map[string]bool{}
		m.reasons[key] = known
	}
	if !known[reason] && len(known) >= maxReasons {
		reason = "other"
	}
	known[reason] = true
	m.mu.Unlock()
	m.errors.WithLabelValues(service, api, strings.ToValidUTF8(reason, "?")).Inc()
}

// Handshake counts one of edge's.
func (m *Metrics) Handshake(h edge.Handshake) {
	result, version := "ok", ""
	switch {
	case h.Err != nil:
		result = h.Check
	case h.Resumed:
		result = "resumed"
	}
	if h.Err == nil {
		version = versionName(h.Version)
	}
	m.handshakes.WithLabelValues(result, version, strconv.FormatBool(h.Certificate)).Inc()
	m.shaking.Observe(h.Took.Seconds())
}

func versionName(v uint16) string {
	switch v {
	case 0x0304:
		return "1.3"
	case 0x0303:
		return "1.2"
	}
	return "older"
}

// Failure counts a record of a failed handshake or refused certificate.
func (m *Metrics) Failure(r handshake.Record) {
	m.refused.WithLabelValues(string(r.Direction), r.Check).Inc()
}

// Built counts a snapshot by the time that it took to make and apply.
func (m *Metrics) Built(took time.Duration) { m.building.Observe(took.Seconds()) }

// Problems tells what of the last snapshot does not run.
func (m *Metrics) Problems(list []gateway.Problem) {
	kept := 0
	for _, p := range list {
		if p.KeptLast {
			kept++
		}
	}
	m.problems.WithLabelValues("serves").Set(float64(kept))
	m.problems.WithLabelValues("none").Set(float64(len(list) - kept))
}

// Retain forgets the counters of APIs that are gone.
func (m *Metrics) Retain(s *snapshot.Snapshot) {
	live := map[[2]string]bool{{}: true}
	for _, service := range s.Services {
		for _, api := range service.APIs {
			live[[2]string{service.Name, api.ID}] = true
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.meters {
		if !live[key] {
			delete(m.meters, key)
			delete(m.reasons, key)
			of := prometheus.Labels{"service": key[0], "api": key[1]}
			m.errors.DeletePartialMatch(of)
		}
	}
}

// sources is a prometheus.Collector of what others know.
type sources struct{ Sources }

var (
	certificateExpiry = prometheus.NewDesc("gatehouse_certificate_expiry_seconds", "Seconds until a certificate expires; negative when it has.", []string{"kind", "name"}, nil)
	poolConnections   = prometheus.NewDesc("gatehouse_backend_connections", "Connections to backends, by state.", []string{"backend", "state"}, nil)
	clientConnections = prometheus.NewDesc("gatehouse_client_connections", "Open connections of clients.", nil, nil)
)

// Describe implements prometheus.Collector.
func (s *sources) Describe(out chan<- *prometheus.Desc) {
	out <- certificateExpiry
	out <- poolConnections
	out <- clientConnections
}

// Collect implements prometheus.Collector.
func (s *sources) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if s.Certificates != nil {
		list := s.Certificates()
		slices.SortFunc(list, func(a, b Certificate) int { return a.Expires.Compare(b.Expires) })
		seen := map[[2]string]bool{}
		for _, c := range list { // of several with one name, the first to end
			if key := [2]string{c.Kind, c.Name}; !seen[key] {
				seen[key] = true
				gauge(certificateExpiry, time.Until(c.Expires).Seconds(), c.Kind, c.Name)
			}
		}
	}
	if s.Pools != nil {
		idle, busy, order := map[string]int{}, map[string]int{}, []string(nil)
		for _, p := range s.Pools() {
			if _, ok := idle[p.Address]; !ok {
				order = append(order, p.Address)
			}
			idle[p.Address] += p.Idle
			busy[p.Address] += p.Busy
		}
		for _, a := range order {
			gauge(poolConnections, float64(idle[a]), a, "idle")
			gauge(poolConnections, float64(busy[a]), a, "busy")
		}
	}
	if s.Connections != nil {
		gauge(clientConnections, float64(s.Connections()))
	}
}
