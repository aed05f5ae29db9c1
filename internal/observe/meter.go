package observe

import (
	"maps"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Buckets of request times, in seconds: a gateway adds a millisecond, a backend seconds.
var buckets = [...]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// meter counts the requests of one API. It is a twentieth of the counters and histogram of the Prometheus library, which
// counts in a service of thousands of APIs; what has been counted is turned into theirs when somebody reads it.
type meter struct {
	codes   [6]atomic.Uint64                // by the status' hundreds
	buckets [len(buckets) + 1]atomic.Uint64 // by time; the last: longer than all
	sum     atomic.Int64                    // of nanoseconds
}

// Request implements gateway.Meter.
func (m *meter) Request(status int, took time.Duration) {
	m.codes[max(0, min(status/100, len(m.codes)-1))].Add(1)
	seconds, at := took.Seconds(), 0
	for at < len(buckets) && seconds > buckets[at] {
		at++
	}
	m.buckets[at].Add(1)
	m.sum.Add(int64(took))
}

var (
	requestsTotal   = prometheus.NewDesc("gatehouse_requests_total", "Requests that were answered, by API and class of status.", []string{"service", "api", "code"}, nil)
	requestDuration = prometheus.NewDesc("gatehouse_request_duration_seconds", "Time from a request's header to the answer's, by API.", []string{"service", "api"}, nil)
)

// meters is a prometheus.Collector of all meters that have counted something.
type meters struct{ of *Metrics }

// Describe implements prometheus.Collector.
func (meters) Describe(out chan<- *prometheus.Desc) {
	out <- requestsTotal
	out <- requestDuration
}

// Collect implements prometheus.Collector.
func (m meters) Collect(out chan<- prometheus.Metric) {
	m.of.mu.Lock()
	list := maps.Clone(m.of.meters)
	m.of.mu.Unlock()
	for key, one := range list {
		one.collect(key[0], key[1], out)
	}
}

func (m *meter) collect(service, api string, out chan<- prometheus.Metric) {
	for class := range m.codes {
		if n := m.codes[class].Load(); n > 0 {
			out <- prometheus.MustNewConstMetric(requestsTotal, prometheus.CounterValue, float64(n), service, api, strconv.Itoa(class)+"xx")
		}
	}
	upTo, total := make(map[float64]uint64, len(buckets)), uint64(0)
	for i := range buckets {
		total += m.buckets[i].Load()
		upTo[buckets[i]] = total
	}
	if total += m.buckets[len(buckets)].Load(); total > 0 {
		out <- prometheus.MustNewConstHistogram(requestDuration, total, time.Duration(m.sum.Load()).Seconds(), upTo, service, api)
	}
}
