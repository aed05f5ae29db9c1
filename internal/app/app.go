// Package app is the composition root: it opens the data folder, makes each room
// with what it needs, starts them in order and stops them in reverse. It is the
// only package that imports all others. Start at Up; compose.go lists every
// constructor.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"gatehouse/internal/cli"
	"gatehouse/internal/config"
	"gatehouse/internal/localapi"
)

// Up runs all services until ctx ends. It binds its addresses before it touches
// the data folder, so that a port in use leaves everything as it was.
func Up(ctx context.Context, o cli.UpOptions) (err error) {
	log := slog.New(slog.NewJSONHandler(o.Log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	on := &listeners{tls: make([]net.Listener, 1)}
	if on.tls[0], err = listen(o.Listen, "--listen"); err != nil {
		return err
	}
	defer on.close()
	if on.plain, err = listen(o.Proxy, "--proxy"); err != nil {
		return err
	}
	st, err := openState(ctx, o.Data, o.Passphrase, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if on.socket, err = localapi.Listen(o.Data); err != nil {
		return err
	}
	access, err := openAccessLog(o)
	if err != nil {
		return err
	}
	defer access.Close()
	sent, err := openUpEvents(o, log)
	if err != nil {
		return err
	}
	defer closeEvents(ctx, sent)
	s, err := compose(ctx, st, upSettings(o, access.writer(), sent), log, reachable(on.tls[0].Addr()), reachable(on.plain.Addr()))
	if err != nil {
		return fmt.Errorf("data folder %s: %w", o.Data, err)
	}
	return s.run(ctx, on, func() {
		o.Ready(cli.Ready{Listen: s.listen, Proxy: s.proxyAddress, Data: o.Data})
	})
}

// accessFile is the access log in a data folder; it and the one before it hold at most accessLimit bytes each.
const (
	accessFile  = "access.jsonl"
	accessLimit = 64 << 20
)

func openAccessLog(o cli.UpOptions) (*sink, error) {
	to := o.AccessLog
	if to == "" {
		to = filepath.Join(o.Data, accessFile)
	}
	return openSink(to, o.Stdout, io.Discard, accessLimit)
}

// eventsFile holds the events of log-to-eventhub in a data folder, by the access log's limits.
const eventsFile = "events.jsonl"

func openUpEvents(o cli.UpOptions, log *slog.Logger) (*events, error) {
	to := o.Events
	if to == "" {
		to = filepath.Join(o.Data, eventsFile)
	}
	return openEvents(config.Events{To: to}, eventOptions{log: log, open: func(to string) (*sink, error) { return openSink(to, o.Stdout, io.Discard, accessLimit) }})
}

// closeEvents gives what waits a few seconds.
func closeEvents(ctx context.Context, e *events) {
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	e.close(drain)
}

func listen(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s %s: %w; is another gatehouse running? Choose another address with %[1]s, port 0 takes a free one", flag, address, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w; give an address of this machine as HOST:PORT, as in %[1]s 127.0.0.1:0, where port 0 takes a free one", flag, address, err)
	}
	return l, nil
}

// reachable is the address by which clients of this machine, and this server itself, reach a listener: one
// that listens on all addresses is reached on loopback, for which its certificate is good.
func reachable(a net.Addr) string {
	address, ok := a.(*net.TCPAddr)
	if !ok || !address.IP.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(address.Port))
}

// listeners are what a server answers on.
type listeners struct {
	tls    []net.Listener
	plain  net.Listener // nil: none
	socket net.Listener
}

func (l *listeners) close() {
	for _, x := range append(l.tls, l.plain, l.socket) {
		if x != nil {
			x.Close()
		}
	}
}

// run serves until ctx ends, then drains: listeners first, what they call last.
func (s *server) run(ctx context.Context, on *listeners, ready func()) error {
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	if err := s.snapshots.Start(background); err != nil { // what was deployed serves from the first request on
		return err
	}
	g, failed := errgroup.WithContext(ctx)
	for _, l := range on.tls {
		g.Go(func() error { return s.edge.Serve(l) })
	}
	if on.plain != nil {
		g.Go(func() error { return ignoreClosed(s.plain.Serve(on.plain)) })
	}
	g.Go(func() error { return localapi.Serve(background, on.socket, s.localOptions()) })
	for _, task := range s.background {
		g.Go(func() error { return ignoreCanceled(task(background)) })
	}
	g.Go(func() error {
		<-failed.Done() // ctx ended, or one of the services did
		err := s.drain(context.WithoutCancel(ctx))
		stopBackground()
		return err
	})
	s.health.SetReady(true)
	ready()
	return g.Wait()
}

// drain lets running requests finish. Health and metrics answer until the requests have ended.
func (s *server) drain(ctx context.Context) error {
	s.health.SetReady(false)
	ctx, cancel := context.WithTimeout(ctx, s.set.drain)
	defer cancel()
	defer s.newcomers.Drain()()
	errs := []error{s.edge.Shutdown(ctx), s.gateway.Shutdown(ctx)}
	if s.proxy != nil {
		errs = append(errs, s.proxy.Shutdown(ctx))
	}
	if s.plain != nil {
		errs = append(errs, s.plain.Shutdown(ctx))
	}
	for i, err := range errs {
		if errors.Is(err, context.DeadlineExceeded) { // the stop itself is as clean as it can be
			s.log.Warn("requests that did not end in time were cut off", "after", s.set.drain)
			errs[i] = nil
		}
	}
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
