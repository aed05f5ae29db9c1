// Package app is the composition root: it opens the data folder, makes each room
// with what it needs, starts them in order and stops them in reverse. It is the
// only package that imports all others. Start at Up; compose.go lists every
// constructor.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"gatehouse/internal/cli"
	"gatehouse/internal/localapi"
)

// drainTime is how long running requests may take to finish after a signal.
const drainTime = 10 * time.Second

// Up runs all services until ctx ends. It binds its addresses before it touches
// the data folder, so that a port in use leaves everything as it was.
func Up(ctx context.Context, o cli.UpOptions) (err error) {
	log := slog.New(slog.NewJSONHandler(o.Log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	tlsListener, err := listen(o.Listen, "--listen")
	if err != nil {
		return err
	}
	defer tlsListener.Close()
	proxyListener, err := listen(o.Proxy, "--proxy")
	if err != nil {
		return err
	}
	defer proxyListener.Close()
	st, err := openState(ctx, o.Data, o.Passphrase)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	socket, err := localapi.Listen(o.Data)
	if err != nil {
		return err
	}
	defer socket.Close()
	s, err := compose(ctx, st, o, log, reachable(tlsListener.Addr()), reachable(proxyListener.Addr()))
	if err != nil {
		return fmt.Errorf("data folder %s: %w", o.Data, err)
	}
	return s.run(ctx, tlsListener, proxyListener, socket, func() {
		o.Ready(cli.Ready{Listen: s.listen, Proxy: s.proxyAddress, Data: o.Data})
	})
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

// run serves until ctx ends, then drains: listeners first, what they call last.
func (s *server) run(ctx context.Context, tlsListener, proxyListener, socket net.Listener, ready func()) error {
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	if err := s.snapshots.Start(background); err != nil { // what was deployed serves from the first request on
		return err
	}
	g, failed := errgroup.WithContext(ctx)
	g.Go(func() error { return s.edge.Serve(tlsListener) })
	g.Go(func() error { return ignoreClosed(s.plain.Serve(proxyListener)) })
	g.Go(func() error { return localapi.Serve(background, socket, s.localOptions()) })
	for _, task := range s.background {
		g.Go(func() error { return ignoreCanceled(task(background)) })
	}
	g.Go(func() error {
		<-failed.Done() // ctx ended, or one of the services did
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		err := errors.Join(s.edge.Shutdown(drain), s.plain.Shutdown(drain), s.proxy.Shutdown(drain), s.gateway.Shutdown(drain))
		stopBackground()
		return err
	})
	ready()
	return g.Wait()
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
