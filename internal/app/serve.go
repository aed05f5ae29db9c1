package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"gatehouse/internal/cli"
	"gatehouse/internal/config"
	"gatehouse/internal/diag"
	"gatehouse/internal/edge"
	"gatehouse/internal/gateway"
	"gatehouse/internal/localapi"
	"gatehouse/internal/observe"
	"gatehouse/internal/seal"
	"gatehouse/internal/vault"
)

// instance is a server of `serve` with what a reload changes.
type instance struct {
	o      cli.ServeOptions
	config *config.Config
	log    *slog.Logger
	level  slog.LevelVar
	sinks  sinks
	traces *observe.Traces
	events *events
	*server
}

// sinks are where the lines of an instance go.
type sinks struct{ log, access, audit *sink }

// Serve runs all services as a configuration file says, until ctx ends. Everything that can be
// checked is checked before the first address is bound.
func Serve(ctx context.Context, o cli.ServeOptions) (err error) {
	c, found := cli.LoadConfig(o.Config)
	if err := found.Err(); err != nil {
		return err
	}
	in := &instance{o: o, config: c}
	if err := in.openSinks(); err != nil {
		return err
	}
	defer in.sinks.close()
	in.warn(found)
	set, certs, err := in.settings(ctx)
	if err != nil {
		return err
	}
	defer closeEvents(ctx, in.events)
	if in.traces != nil {
		defer func() {
			drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if stopErr := in.traces.Shutdown(drain); stopErr != nil {
				in.log.Warn("the last traces could not be sent", "error", stopErr)
			}
		}()
	}
	on, err := in.listen()
	if err != nil {
		return err
	}
	defer on.close()
	st, err := openState(ctx, c.Data, set.passphrase, set.names.Domains())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if on.socket, err = localapi.Listen(c.Data); err != nil {
		return err
	}
	if in.server, err = compose(ctx, st, set, in.log, reachable(on.tls[0].Addr()), ""); err != nil {
		return fmt.Errorf("data folder %s: %w", c.Data, err)
	}
	return in.serve(ctx, on, certs)
}

// serve runs what is composed.
func (in *instance) serve(ctx context.Context, on *listeners, certs *certificates) error {
	in.server.certificates, certs.read = certs, in.serverSecret
	certs.fetch(ctx, nil)
	in.background = append(in.background, func(ctx context.Context) error { return certs.follow(ctx, in.vault.Watch) })
	ready := cli.ServeReady{}
	for _, l := range on.tls {
		ready.Listen = append(ready.Listen, l.Addr().String())
	}
	if on.plain != nil {
		token, err := in.config.Operations.Token()
		if err != nil {
			return err
		}
		in.plain = in.plainServer(observe.Handler(in.health, in.metrics.Handler(), token))
		ready.Operations = on.plain.Addr().String()
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	in.background = append(in.background, func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-hangup:
				err := in.reload(ctx)
				if in.o.Reloaded != nil {
					in.o.Reloaded(err)
				}
			}
		}
	})
	stop := context.AfterFunc(ctx, func() { notify(in.log, "STOPPING=1") })
	defer stop()
	return in.run(ctx, on, func() {
		notify(in.log, "READY=1")
		in.o.Ready(ready)
	})
}

func (in *instance) openSinks() (err error) {
	c := in.config
	open := func(to string) *sink {
		s, openErr := openSink(to, in.o.Stdout, in.o.Stderr, 0)
		err = errors.Join(err, openErr)
		return s
	}
	in.sinks = sinks{open(c.Log.To), open(c.AccessLog.To), open(c.Audit.Copy)}
	if err != nil {
		in.sinks.close()
		return err
	}
	in.level.Set(levelOf(c.Log.Level))
	in.log = slog.New(slog.NewJSONHandler(in.sinks.log, &slog.HandlerOptions{Level: &in.level}))
	return nil
}

func (s *sinks) close() {
	for _, x := range []*sink{s.log, s.access, s.audit} {
		x.Close()
	}
}

func levelOf(name string) (l slog.Level) {
	_ = l.UnmarshalText([]byte(name)) // config checked it
	return l
}

// warn tells what is odd and no error.
func (in *instance) warn(found diag.List) {
	for _, d := range found {
		in.log.Warn(d.Message, "file", d.File, "line", d.Range.Start.Line, "code", d.Code, "hint", d.Hint)
	}
	if os.Geteuid() == 0 {
		in.log.Warn("the server runs as root and needs not to: run it as a user of its own (packaging/ has a unit that does)")
	}
}

// settings are what the configuration means for the rooms.
func (in *instance) settings(ctx context.Context) (set settings, certs *certificates, err error) {
	c := in.config
	certs = &certificates{log: in.log}
	if err = certs.load(c); err != nil {
		return set, nil, err
	}
	set = settings{data: c.Data, noTickets: !c.SessionTickets, drain: c.Limits.DrainTimeout, systemRoots: c.Trust.System,
		names:  edge.Names{Management: c.Names.Management, Login: c.Names.Login, Graph: c.Names.Graph, DevOps: c.Names.Pipelines, Vaults: c.Names.Vaults, Gateways: c.Names.Gateways},
		limits: limitsOf(c), timeouts: timeoutsOf(c), certificate: certs.find, accessLog: in.sinks.access.writer(), auditCopy: in.sinks.audit.writer()}
	if set.roots, err = c.Roots(); err != nil {
		return set, nil, err
	}
	if in.events, err = openEvents(c.Events, eventOptions{log: in.log, roots: rootsOf(set.roots, set.systemRoots, in.log),
		open: func(to string) (*sink, error) { return openSink(to, in.o.Stdout, in.o.Stderr, 0) }}); err != nil {
		return set, nil, err
	}
	set.events = in.events.writer
	if set.vaultLimits, err = vault.ParseLimits(c.Limits.Vaults); err != nil {
		return set, nil, fmt.Errorf("%s: limits.vaults: %w", c.File, err)
	}
	if c.PassphraseFile != "" {
		set.passphrase = seal.Passphrase{Required: true, Ask: func(bool) ([]byte, error) { return c.Passphrase() }}
	}
	if c.Tracing.Endpoint != "" {
		if in.traces, err = observe.NewTraces(ctx, observe.TraceOptions{Endpoint: c.Tracing.Endpoint, Sample: c.Tracing.Sample, Version: cli.Version}); err != nil {
			return set, nil, err
		}
		set.tracer = in.traces
	}
	return set, certs, nil
}

func limitsOf(c *config.Config) edge.Limits {
	return edge.Limits{HandshakeTimeout: c.Limits.HandshakeTimeout, HeaderTimeout: c.Limits.HeaderTimeout, IdleTimeout: c.Limits.IdleTimeout, MaxConnections: c.Limits.Connections}
}

func timeoutsOf(c *config.Config) gateway.Timeouts {
	return gateway.Timeouts{HeaderTimeout: c.Limits.HeaderTimeout, IdleTimeout: c.Limits.IdleTimeout, BodyTimeout: c.Limits.BodyTimeout,
		BackendBodyTimeout: c.Limits.BackendBodyTimeout}
}

func (in *instance) listen() (*listeners, error) {
	on := &listeners{}
	bind := func(address, key string) (net.Listener, error) {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("%s: %s %s: %w; is another server running? A port below 1024 needs the capability CAP_NET_BIND_SERVICE", in.config.File, key, address, err)
		}
		return l, nil
	}
	for _, a := range in.config.Listen {
		l, err := bind(a, "listen")
		if err != nil {
			on.close()
			return nil, err
		}
		on.tls = append(on.tls, l)
	}
	if a := in.config.Operations.Listen; a != "" {
		var err error
		if on.plain, err = bind(a, "operations.listen"); err != nil {
			on.close()
			return nil, err
		}
	}
	return on, nil
}
