package edge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	"gatehouse/internal/azerr"
)

// ProxyOptions configure NewProxy.
type ProxyOptions struct {
	// Ours maps a CONNECT target (lower case) to the address of our listener. What it does
	// not map is tunnelled to its real destination, but for Reserved names.
	Ours func(host string, port int) (addr string, ok bool)
	// Parent names the proxy that leads out of this network to a URL, nil for none: what
	// httpproxy.FromEnvironment().ProxyFunc() gives. Our own names never go through it.
	Parent func(*url.URL) (*url.URL, error)
	Logger *slog.Logger // nil: slog.Default()

	Dial        func(ctx context.Context, network, addr string) (net.Conn, error) // nil: the network
	DialTimeout time.Duration                                                     // 0: 15 s
	IdleTimeout time.Duration                                                     // of a tunnel, both ways; 0: 15 minutes
	// HeaderTimeout bounds the wait for a CONNECT and its headers. 0: 10 s
	HeaderTimeout time.Duration
}

// Proxy is the CONNECT proxy of `gatehouse up`. It serves this machine only, and https only.
type Proxy struct {
	o    ProxyOptions
	log  *slog.Logger
	http *http.Server

	mu      sync.Mutex
	tunnels map[*tunnel]bool
	closed  bool
	open    sync.WaitGroup
}

// NewProxy makes a Proxy.
func NewProxy(o ProxyOptions) *Proxy {
	o.DialTimeout = orElse(o.DialTimeout, 15*time.Second)
	o.IdleTimeout = orElse(o.IdleTimeout, 15*time.Minute)
	o.HeaderTimeout = orElse(o.HeaderTimeout, 10*time.Second)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	p := &Proxy{o: o, log: o.Logger, tunnels: map[*tunnel]bool{}}
	p.http = &http.Server{
		Handler:           p,
		ReadHeaderTimeout: o.HeaderTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	return p
}

// Serve accepts connections on l until Shutdown, when it returns nil.
func (p *Proxy) Serve(l net.Listener) error {
	if err := p.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("edge: the proxy on %s: %w", l.Addr(), err)
	}
	return nil
}

// Shutdown stops accepting, waits until ctx ends for tunnels that are in use, and closes them.
func (p *Proxy) Shutdown(ctx context.Context) error {
	err := p.http.Shutdown(ctx)
	p.mu.Lock()
	p.closed = true
	for t := range p.tunnels {
		t.close() // a tunnel has no end of its own to wait for: it carries what we cannot see
	}
	p.mu.Unlock()
	p.open.Wait()
	return err
}

// ServeHTTP serves one CONNECT.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !fromLoopback(r.RemoteAddr) {
		azerr.WriteARM(w, azerr.ProxyForbidden.New("This proxy serves its own machine only."))
		return
	}
	if r.Method != http.MethodConnect {
		e := azerr.ProxyMethod.New(r.Method, r.URL.Redacted())
		e.Header = http.Header{"Allow": {http.MethodConnect}}
		azerr.WriteARM(w, e)
		return
	}
	upstream, err := p.connect(r.Context(), r.Host)
	if err != nil {
		azerr.WriteARM(w, err)
		return
	}
	p.tunnel(w, upstream)
}

func fromLoopback(remote string) bool {
	addr, err := netip.ParseAddrPort(remote)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// connect reaches the target of a CONNECT: our listener, or the real one.
func (p *Proxy) connect(ctx context.Context, target string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(target)
	port, portErr := strconv.ParseUint(portText, 10, 16)
	if err != nil || portErr != nil || host == "" || port == 0 {
		return nil, azerr.ProxyBadTarget.New(target)
	}
	host = canonical(host)
	addr, ours := p.o.Ours(host, int(port))
	if !ours {
		if Reserved(host) {
			return nil, azerr.ProxyForbidden.New(fmt.Sprintf("%s is a name that Gatehouse answers for, but not on port %d. It is never tunnelled to the real one; use port 443.", host, port))
		}
		addr = net.JoinHostPort(host, portText)
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.DialTimeout)
	defer cancel()
	upstream, err := p.reach(ctx, addr, ours)
	if err != nil {
		return nil, azerr.ProxyDial.New(target, err.Error())
	}
	return upstream, nil
}

// reach dials addr, through the parent proxy where there is one for it.
func (p *Proxy) reach(ctx context.Context, addr string, ours bool) (net.Conn, error) {
	if !ours && p.o.Parent != nil {
		parent, err := p.o.Parent(&url.URL{Scheme: "https", Host: addr})
		if err != nil {
			p.log.Warn("edge: the parent proxy's URL is not valid", "host", addr) // err may hold its password
			return nil, errors.New("the network's own proxy, as the server's environment names it (HTTPS_PROXY), is not a valid URL")
		}
		if parent != nil {
			return connectThrough(ctx, p.o.Dial, parent, addr)
		}
	}
	return p.o.Dial(ctx, "tcp", addr)
}

var established = []byte("HTTP/1.1 200 Connection established\r\n\r\n")

// tunnel takes the client's connection over and copies until both sides have ended.
func (p *Proxy) tunnel(w http.ResponseWriter, upstream net.Conn) {
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		upstream.Close()
		azerr.WriteARM(w, azerr.Internal.New().Because(err))
		return
	}
	t := &tunnel{client: client, upstream: upstream, idle: p.o.IdleTimeout}
	if !p.add(t) {
		t.close()
		return
	}
	defer p.remove(t)
	_ = client.SetDeadline(time.Time{}) // net/http's
	if err := t.begin(buffered.Reader); err != nil {
		t.close()
		return
	}
	t.run()
}

// begin answers, and passes on what the client sent without waiting for the answer.
func (t *tunnel) begin(r *bufio.Reader) error {
	if _, err := t.client.Write(established); err != nil {
		return err
	}
	early, err := r.Peek(r.Buffered())
	if err != nil || len(early) == 0 {
		return err
	}
	_, err = t.upstream.Write(early)
	return err
}

func (p *Proxy) add(t *tunnel) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.tunnels[t] = true
	p.open.Add(1)
	return true
}

func (p *Proxy) remove(t *tunnel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tunnels, t)
	p.open.Done()
}
