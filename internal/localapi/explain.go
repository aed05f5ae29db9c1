package localapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gatehouse/internal/gateway"
	"gatehouse/internal/handshake"
)

// Witness tells what the gateway has seen: `gatehouse explain` and `gatehouse trace` ask it.
type Witness interface {
	// Failures are the records of failed handshakes and refused certificates, the newest first.
	Failures(handshake.Filter) []handshake.Record
	// Watch calls each for every request that the filter asks for, until stop. It must not block.
	Watch(f gateway.TraceFilter, each func(*gateway.Trace)) (stop func())
}

// TraceEvent is one line of the answer to GET /trace. The first line is empty: from then on
// requests are seen.
type TraceEvent struct {
	Trace   *gateway.Trace `json:"trace,omitempty"`
	Dropped int            `json:"dropped,omitempty"` // traces that the reader was too slow for
}

func witnessRoutes(mux *http.ServeMux, w Witness) {
	if w == nil {
		return
	}
	mux.HandleFunc("GET /failures", func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		f := handshake.Filter{Address: q.Get("address"), RequestID: q.Get("requestId")}
		f.After, _ = strconv.ParseUint(q.Get("after"), 10, 64)
		f.Limit, _ = strconv.Atoi(q.Get("limit"))
		list := w.Failures(f)
		if list == nil {
			list = []handshake.Record{}
		}
		reply(rw, list, nil)
	})
	mux.HandleFunc("GET /trace", func(rw http.ResponseWriter, r *http.Request) { streamTraces(rw, r, w) })
}

// FailuresPath and TracePath are what clients ask for.
func FailuresPath(f handshake.Filter) string {
	q := url.Values{}
	for k, v := range map[string]string{"address": f.Address, "requestId": f.RequestID, "after": strconv.FormatUint(f.After, 10), "limit": strconv.Itoa(f.Limit)} {
		if v != "" && v != "0" {
			q.Set(k, v)
		}
	}
	return "/failures?" + q.Encode()
}

// TracePath is the path of a stream of traces.
func TracePath(f gateway.TraceFilter) string {
	return "/trace?" + url.Values{"client": {f.Client}, "host": {f.Host}, "path": {f.Path}}.Encode()
}

// pending bounds the traces that wait for a slow reader.
const pending = 256

func streamTraces(rw http.ResponseWriter, r *http.Request, w Witness) {
	control := http.NewResponseController(rw)
	_ = control.SetWriteDeadline(time.Time{}) // people may look on for long
	_ = control.SetReadDeadline(time.Time{})
	q := r.URL.Query()
	traces, dropped := make(chan *gateway.Trace, pending), make(chan struct{}, 1<<16)
	stop := w.Watch(gateway.TraceFilter{Client: q.Get("client"), Host: q.Get("host"), Path: q.Get("path")}, func(t *gateway.Trace) {
		select {
		case traces <- t:
		default:
			select {
			case dropped <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	rw.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(rw)
	send := func(e TraceEvent) bool { return out.Encode(e) == nil && control.Flush() == nil }
	if !send(TraceEvent{}) {
		return
	}
	copyTraces(r.Context(), traces, dropped, send)
}

func copyTraces(ctx context.Context, traces <-chan *gateway.Trace, dropped <-chan struct{}, send func(TraceEvent) bool) {
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-traces:
			n := len(dropped)
			for range n {
				<-dropped
			}
			if !send(TraceEvent{Trace: t, Dropped: n}) {
				return
			}
		}
	}
}
