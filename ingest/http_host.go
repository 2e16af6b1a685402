package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/auyl-kz/auyl/internal/wait"
)

// host is how one host stands with us. Guarded by Web.mu.
type host struct {
	limits HostLimits
	next   time.Time // earliest instant of the next request by PerSecond
	hold   time.Time // until then it asked to be left alone
	open   time.Time // until then the breaker is open
	cool   time.Duration
	fails  int    // in a row
	day    string // of used
	used   int
}

// A host that gave no answer, or a gateway's error for it, breakAfter times in a
// row is left alone for coolFirst, then for twice as long after each single try
// that fails, up to coolMost. Two pages of four tries each are enough to know;
// 500 does not count, it is mostly the fault of one request.
const (
	breakAfter = 8
	coolFirst  = time.Minute
	coolMost   = 30 * time.Minute
)

func (w *Web) host(u *url.URL) *host {
	name := strings.ToLower(u.Hostname())
	h := w.hosts[name]
	if h == nil {
		limits, ok := w.o.Hosts[name]
		if !ok {
			limits = w.o.Limits
		}
		h = &host{limits: limits, cool: coolFirst}
		w.hosts[name] = h
	}
	return h
}

// admit waits for the turn of a request and takes it from the budget of its host.
// A wait of more than most is ErrLater instead.
func (w *Web) admit(ctx context.Context, u *url.URL, most time.Duration) error {
	if w.routed(u) {
		return ctx.Err()
	}
	pause, err := w.turn(u, time.Now(), most)
	if err != nil {
		return err
	}
	return wait.For(ctx, pause)
}

func (w *Web) turn(u *url.URL, now time.Time, most time.Duration) (time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.host(u)
	if now.Before(h.open) {
		return 0, fmt.Errorf("%w: %s did not answer %d times, next try at %s", ErrLater, u.Hostname(), h.fails, h.open.In(w.o.Zone).Format(time.RFC3339))
	}
	if h.hold.Sub(now) > most {
		return 0, fmt.Errorf("%w: %s asks to wait until %s", ErrLater, u.Hostname(), h.hold.In(w.o.Zone).Format(time.RFC3339))
	}
	at := now
	for _, t := range []time.Time{h.next, h.hold} {
		if t.After(at) {
			at = t
		}
	}
	if day := at.In(w.o.Zone).Format(time.DateOnly); day != h.day {
		h.day, h.used = day, 0
	}
	if h.limits.PerDay > 0 && h.used >= h.limits.PerDay {
		return 0, fmt.Errorf("%w: %s has had its %d requests of %s", ErrLater, u.Hostname(), h.limits.PerDay, h.day)
	}
	h.used++
	if h.limits.PerSecond > 0 {
		h.next = at.Add(time.Duration(float64(time.Second) / h.limits.PerSecond))
	}
	if h.fails >= breakAfter {
		h.open = at.Add(h.cool) // this one is the try; the others wait for what comes of it
	}
	return at.Sub(now), nil
}

// answered moves the breaker, and holds the host back for as long as it asks.
func (w *Web) answered(r *http.Request, resp *http.Response, err error) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.host(r.URL)
	switch {
	case errors.Is(err, ErrRefused) || errors.Is(r.Context().Err(), context.Canceled):
		return // our own doing
	case err == nil && resp.StatusCode != http.StatusBadGateway && resp.StatusCode != http.StatusServiceUnavailable && resp.StatusCode != http.StatusGatewayTimeout:
		h.fails, h.cool, h.open = 0, coolFirst, time.Time{}
	default:
		h.fails++
		if h.fails >= breakAfter {
			h.open = now.Add(h.cool)
			h.cool = min(2*h.cool, coolMost)
		}
	}
	if resp != nil && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusServiceUnavailable) {
		if until := now.Add(retryAfter(resp.Header, now)); until.After(h.hold) {
			h.hold = until
		}
	}
}

// maxRetryAfter bounds what a host may ask for; a date of next year is a mistake.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads Retry-After, in seconds or as a date; 0 where it says nothing
// that can be used.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if s, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(s)*time.Second, maxRetryAfter)
	}
	if t, err := http.ParseTime(text); err == nil && t.After(now) {
		return min(t.Sub(now), maxRetryAfter)
	}
	return 0
}
