package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/auyl-kz/auyl/internal/wait"
)

// HTTPOptions are the manners of an HTTP door; the zero value is ready to use.
type HTTPOptions struct {
	Web          *Web          // keeper of what is due to hosts, shared by all doors; nil: one for this door
	Timeout      time.Duration // of one request, its body included; 0 means 1 min: Taldau takes half of one
	Attempts     int           // tries of one page, the first included; 0 means 4
	MaxWait      time.Duration // longest wait before a try, Retry-After included; 0 means 1 min
	MaxBodyBytes int64         // 0 means 64 MiB, after decompression
	// Jitter returns a number in [0,1) by which waits are spread; nil means math/rand/v2.
	Jitter func() float64
}

func (o HTTPOptions) withDefaults() HTTPOptions {
	if o.Web == nil {
		o.Web = NewWeb(WebOptions{})
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Attempts == 0 {
		o.Attempts = 4
	}
	if o.MaxWait == 0 {
		o.MaxWait = time.Minute
	}
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = 64 << 20
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return o
}

// getter asks for one page with conditional GET, bounded bodies and retries.
type getter struct{ o HTTPOptions }

// newGetter takes the hosts of the addresses into the list of those that may be
// asked.
func newGetter(o HTTPOptions, urls ...*url.URL) getter {
	o = o.withDefaults()
	for _, u := range urls {
		o.Web.allow(u)
	}
	return getter{o}
}

// ask is one request. Its key is never part of an error or of the page's name.
type ask struct {
	url      *url.URL
	key      string // of the page; "" is the URL
	auth     Auth
	post     []byte // JSON to post; nil is a GET
	known    Known
	attempts int                // 0 is that of the options
	check    func([]byte) error // nil, or what makes an answer none
}

func (a ask) method() string {
	if a.post != nil {
		return http.MethodPost
	}
	return http.MethodGet
}

// name is what the page is called.
func (a ask) name() string {
	if a.key != "" {
		return a.key
	}
	return a.url.String()
}

// statusError is an answer other than the one that was wanted.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return "status " + e.text }

// errBig says that a body is larger than MaxBodyBytes.
var errBig = errors.New("body is too large")

// get returns the page, or ok false where the source says it is unchanged.
func (g getter) get(ctx context.Context, a ask) (pg Page, ok bool, err error) {
	if a.attempts == 0 {
		a.attempts = g.o.Attempts
	}
	delay := time.Second
	for try := 1; ; try++ {
		var again time.Duration
		pg, ok, again, err = g.once(ctx, a)
		if err == nil {
			pg.Key = a.name()
			return pg, ok, nil
		}
		if ctx.Err() != nil {
			return Page{}, false, ctx.Err()
		}
		if errors.Is(err, errWebPage) && try >= a.attempts {
			pg.Key = a.name()
			return pg, true, nil // for the archive and a dead letter: somebody has to see it
		}
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err // without the URL, which may hold a key
		}
		err = fmt.Errorf("%s %s: %w", a.method(), a.url.Redacted(), a.auth.scrub(err))
		if errors.Is(err, ErrRefused) || errors.Is(err, ErrLater) || errors.Is(err, errBig) || try >= a.attempts {
			return Page{}, false, err
		}
		if again > g.o.MaxWait {
			return Page{}, false, fmt.Errorf("%w: %w, wait %s", ErrLater, err, again)
		}
		pause := max(again, min(time.Duration(float64(delay)*(0.5+g.o.Jitter())), g.o.MaxWait))
		delay *= 3
		if err := wait.For(ctx, pause); err != nil {
			return Page{}, false, err
		}
	}
}

//nolint:revive // four results, used in one place
func (g getter) once(ctx context.Context, a ask) (pg Page, ok bool, again time.Duration, err error) {
	if err := g.o.Web.check(a.url); err != nil {
		return pg, false, 0, err
	}
	if err := g.o.Web.admit(ctx, a.url, g.o.MaxWait); err != nil {
		return pg, false, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, g.o.Timeout)
	defer cancel()
	resp, err := g.send(ctx, a)
	if err != nil {
		return pg, false, 0, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified:
		return pg, false, 0, nil
	case resp.StatusCode != http.StatusOK:
		status, tooOften := refusal(resp)
		if status.code == http.StatusTooManyRequests || status.code >= 500 || status.code == http.StatusForbidden && tooOften {
			return pg, false, retryAfter(resp.Header, time.Now()), status
		}
		return pg, false, 0, fmt.Errorf("%w: %w", ErrRefused, status)
	}
	body, err := g.body(resp)
	if err == nil && a.check != nil {
		err = a.check(body)
	}
	if errors.Is(err, errWebPage) {
		// Without its marks: a file that is older than a login page would be "not modified".
		return Page{ContentType: "text/html", Body: body}, true, 0, err
	}
	if err != nil {
		return pg, false, 0, err
	}
	ct, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		ct = "" // a source that names no type; the decoder looks at the bytes
	}
	return Page{ContentType: ct, Body: body, ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified")}, true, 0, nil
}

func (g getter) send(ctx context.Context, a ask) (*http.Response, error) {
	body := io.Reader(http.NoBody)
	if a.post != nil {
		body = bytes.NewReader(a.post)
	}
	req, err := http.NewRequestWithContext(ctx, a.method(), a.url.String(), body)
	if err != nil {
		return nil, errors.Join(ErrRefused, err)
	}
	req.Header.Set("User-Agent", g.o.Web.agent)
	if a.post != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	a.auth.apply(req)
	if a.known.ETag != "" {
		req.Header.Set("If-None-Match", a.known.ETag)
	}
	if a.known.Modified != "" {
		req.Header.Set("If-Modified-Since", a.known.Modified)
	}
	return g.o.Web.client.Do(req)
}

// body reads an answer up to MaxBodyBytes. What the transport unpacks is counted
// as it comes out, so that a small archive of a huge body costs no more than that.
func (g getter) body(resp *http.Response) ([]byte, error) {
	most := g.o.MaxBodyBytes
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, fmt.Errorf("%w: content encoding %q, which nobody asked for", ErrRefused, enc)
	}
	if resp.ContentLength > most {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", errBig, resp.ContentLength, most)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if int64(len(body)) > most {
		return nil, fmt.Errorf("%w: over %d bytes", errBig, most)
	}
	return body, nil
}

// HTTPFiles is the door of a fixed list of addresses, each one page: the shape
// of Taldau's GetIndexData and of published files.
type HTTPFiles struct {
	get  getter
	urls []*url.URL
	auth Auth
}

// NewHTTPFiles returns the door of the addresses; auth may be zero.
func NewHTTPFiles(urls []*url.URL, auth Auth, o HTTPOptions) *HTTPFiles {
	return &HTTPFiles{newGetter(o, urls...), urls, auth}
}

// Pages implements Door; an address that fails does not keep the others from
// being asked.
func (d *HTTPFiles) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	var faults []error
	for _, u := range d.urls {
		pg, ok, err := d.get.get(ctx, ask{url: u, auth: d.auth, known: known(u.String()), check: dataNotHTML})
		switch {
		case err != nil:
			faults = append(faults, err)
		case !ok:
			unchanged(u.String())
		default:
			if err := emit(pg); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(faults...)
}
