package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/config"
	"gatehouse/internal/observe"
)

// events are the places where the events of log-to-eventhub go.
type events struct {
	byPlace  map[string]io.Writer // as config names them: two loggers may share one
	byLogger map[string]string    // place of SERVICE/LOGGER, in lower case
	usual    string               // place of all others

	files   []*sink
	senders []*observe.Events
}

// eventOptions are what openEvents needs beside the places.
type eventOptions struct {
	open  func(to string) (*sink, error) // of streams and files
	roots *x509.CertPool                 // of HTTP receivers
	log   *slog.Logger
}

func openEvents(c config.Events, o eventOptions) (*events, error) {
	e := &events{byPlace: map[string]io.Writer{}, byLogger: map[string]string{}, usual: c.To}
	err := e.place(c.To, o)
	for _, l := range c.Loggers {
		e.byLogger[strings.ToLower(l.Service+"/"+l.Logger)] = l.To
		err = errors.Join(err, e.place(l.To, o))
	}
	if err != nil {
		e.close(context.Background())
		return nil, err
	}
	return e, nil
}

// place opens a place once.
func (e *events) place(to string, o eventOptions) error {
	if e.byPlace[to] != nil {
		return nil
	}
	if config.IsURL(to) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.roots}, TLSHandshakeTimeout: 10 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		s := observe.NewEvents(to, client, func(bytes int, err error) {
			o.log.Error("events of log-to-eventhub are lost", "to", to, "bytes", bytes, "error", err)
		})
		e.senders, e.byPlace[to] = append(e.senders, s), s
		return nil
	}
	s, err := o.open(to)
	if err != nil {
		return err
	}
	if s == nil { // off
		e.byPlace[to] = io.Discard
		return nil
	}
	e.files, e.byPlace[to] = append(e.files, s), s
	return nil
}

// writer is where the events of a logger go.
func (e *events) writer(service, logger string) io.Writer {
	if to, ok := e.byLogger[strings.ToLower(service+"/"+logger)]; ok {
		return e.byPlace[to]
	}
	return e.byPlace[e.usual]
}

// close sends what waits, until ctx ends, and closes the files.
func (e *events) close(ctx context.Context) {
	for _, s := range e.senders {
		_ = s.Shutdown(ctx) // what is lost has been logged, or will not be
	}
	for _, f := range e.files {
		f.Close()
	}
}
