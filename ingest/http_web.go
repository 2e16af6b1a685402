package ingest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/auyl-kz/auyl/internal/publicaddr"
)

// ErrLater says that a host is not to be asked now: its budget is used up, it
// asked us to wait for longer than a pull waits, or it has not answered for a
// while. The next pull asks again.
var ErrLater = errors.New("asked too early")

// HostLimits are how often one host is asked; zero is without a limit.
type HostLimits struct {
	PerSecond float64
	PerDay    int // requests between two midnights of the zone, redirects included
}

// WebOptions are the manners towards all hosts; the zero value is ready to use
// and asks public addresses only.
type WebOptions struct {
	// Contact is whom to write to about our requests: an address or a page.
	Contact string
	// CA are the authorities to trust; nil are those of the system.
	CA *x509.CertPool
	// Proxy is the way out; nil is what the environment says. Behind a proxy the
	// names are looked up by it, so that of the checks of addresses only those of
	// the URL are ours.
	Proxy *url.URL
	// Allow are hosts to which redirects may lead, besides those that a door asks.
	Allow []string
	// AllowPrivate are hosts that may have an address of an inner network.
	AllowPrivate []string
	// Route leads host:port to a place of our own, without any limit or check.
	Route map[string]string
	// Limits of a host that Hosts does not name.
	Limits HostLimits
	Hosts  map[string]HostLimits
	// Zone is where a day of PerDay begins; nil is UTC.
	Zone *time.Location
	// Transport replaces what dials; for tests of what time does. nil: TCP and TLS
	// with the checks above.
	Transport http.RoundTripper
}

// Web keeps the manners of all doors together, so that limits, budgets and
// breakers are those of a host, however many sources it has. Budgets are counted
// by this process and begin anew with it. It is safe for concurrent use.
type Web struct {
	o      WebOptions
	agent  string
	client *http.Client

	mu      sync.Mutex
	hosts   map[string]*host
	allowed map[string]bool
	proxies map[string]bool // host:port of proxies, which may be inside
}

// NewWeb returns the keeper of manners.
func NewWeb(o WebOptions) *Web {
	w := &Web{o: o, hosts: map[string]*host{}, allowed: map[string]bool{}, proxies: map[string]bool{}}
	contact := o.Contact
	if contact == "" {
		contact = "github.com/auyl-kz/auyl"
	}
	w.agent = "auyl/1 (village monitoring of Almaty oblast; " + contact + ")"
	if w.o.Zone == nil {
		w.o.Zone = time.UTC
	}
	for _, h := range o.Allow {
		w.allowed[strings.ToLower(h)] = true
	}
	for h := range o.Hosts {
		w.allowed[strings.ToLower(h)] = true
	}
	next := o.Transport
	if next == nil {
		next = &http.Transport{
			Proxy: w.proxy, DialContext: w.dial,
			TLSClientConfig:     &tls.Config{RootCAs: o.CA, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
			ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 256 << 10,
		}
	}
	w.client = &http.Client{Transport: &watched{next, w}, CheckRedirect: w.redirect}
	return w
}

// allow takes the host of an address that a door asks into the list.
func (w *Web) allow(u *url.URL) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed[strings.ToLower(u.Hostname())] = true
}

// check holds an address against the list, before it is asked and after each
// redirect to it.
func (w *Web) check(u *url.URL) error {
	name := strings.ToLower(u.Hostname())
	w.mu.Lock()
	ok := w.allowed[name]
	w.mu.Unlock()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: scheme %q of %s", ErrRefused, u.Scheme, name)
	case !ok:
		return fmt.Errorf("%w: host %s is on no list: name it under web.hosts if it may be asked", ErrRefused, name)
	}
	if w.routed(u) {
		return nil
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return w.checkAddr(name, a)
	}
	return nil
}

func (w *Web) checkAddr(name string, a netip.Addr) error {
	if publicaddr.Is(a) || slices.ContainsFunc(w.o.AllowPrivate, func(h string) bool { return strings.EqualFold(h, name) }) {
		return nil
	}
	return fmt.Errorf("%w: %s has the inner address %s: name it under web.allow_private if it may be asked", ErrRefused, name, a)
}

func (w *Web) routed(u *url.URL) bool { return w.o.Route[hostPort(u)] != "" }

func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func (w *Web) proxy(r *http.Request) (*url.URL, error) {
	if w.routed(r.URL) {
		return nil, nil //nolint:nilnil // none, as http.Transport wants it said
	}
	p := w.o.Proxy
	if p == nil {
		var err error
		if p, err = http.ProxyFromEnvironment(r); err != nil || p == nil {
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proxies[hostPort(p)] = true
	return p, nil
}

// dial connects to a name whose addresses, once they are known, are all held
// against what may be asked: a name may lead inside, today or at the next look-up.
func (w *Web) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	addr = strings.ToLower(addr)
	if to := w.o.Route[addr]; to != "" {
		return d.DialContext(ctx, network, to)
	}
	name, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	proxy := w.proxies[addr]
	w.mu.Unlock()
	if !proxy {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%w: address of %s: %w", ErrRefused, name, err)
			}
			return w.checkAddr(name, a.Addr().WithZone(""))
		}
	}
	return d.DialContext(ctx, network, addr)
}

// redirect decides on the next hop: its host is on the list and is asked with the
// same manners, no key goes to another host, and none goes from https to http.
func (w *Web) redirect(req *http.Request, via []*http.Request) error {
	from := via[len(via)-1]
	switch {
	case len(via) >= 10:
		return fmt.Errorf("%w: ten redirects", ErrRefused)
	case from.URL.Scheme == "https" && req.URL.Scheme != "https":
		return fmt.Errorf("%w: redirect from https to %s", ErrRefused, req.URL.Scheme)
	}
	if err := w.check(req.URL); err != nil {
		return fmt.Errorf("redirect from %s: %w", from.URL.Hostname(), err)
	}
	req.Header.Del("Referer") // it would hold a key of the query
	if hostPort(req.URL) != hostPort(via[0].URL) {
		for name := range req.Header {
			switch name {
			case "User-Agent", "Accept", "If-None-Match", "If-Modified-Since":
			default:
				req.Header.Del(name)
			}
		}
	}
	return w.admit(req.Context(), req.URL, time.Minute)
}

// watched tells each host's breaker how it answered.
type watched struct {
	next http.RoundTripper
	w    *Web
}

// RoundTrip implements http.RoundTripper.
func (t *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if t.w.routed(r.URL) {
		return resp, err
	}
	t.w.answered(r, resp, err)
	return resp, err
}
