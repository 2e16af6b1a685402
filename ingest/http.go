package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// HTTPOptions are the manners of an HTTP door; the zero value is ready to use.
type HTTPOptions struct {
	Client       *http.Client  // nil: one with Timeout
	Timeout      time.Duration // of one request; 0 means 30 s
	Attempts     int           // tries of one page, the first included; 0 means 4
	MaxWait      time.Duration // longest wait before a try, Retry-After included; 0 means 1 min
	MaxBodyBytes int64         // 0 means 64 MiB, after decompression
	UserAgent    string        // who asks; "" means auyl with the project's address
	// Jitter returns a number in [0,1) by which waits are spread; nil means math/rand/v2.
	Jitter func() float64
}

func (o HTTPOptions) withDefaults() HTTPOptions {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: o.Timeout}
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
	if o.UserAgent == "" {
		o.UserAgent = "auyl/1 (village monitoring of Almaty oblast; github.com/auyl-kz/auyl)"
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return o
}

// getter asks for one URL with conditional GET, bounded bodies and retries.
type getter struct{ o HTTPOptions }

// get returns the page, or ok false where the source says it is unchanged.
// secret is added to the query but never named in the page's key or an error.
func (g getter) get(ctx context.Context, u *url.URL, secret url.Values, known Known) (pg Page, ok bool, err error) {
	full := *u
	if len(secret) > 0 {
		q := full.Query()
		maps.Copy(q, secret)
		full.RawQuery = q.Encode()
	}
	wait := time.Second
	for try := 1; ; try++ {
		var again time.Duration
		pg, ok, again, err = g.once(ctx, full.String(), known)
		if err == nil {
			pg.Key = u.String()
			return pg, ok, nil
		}
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err // without the URL, which may hold a key
		}
		err = fmt.Errorf("GET %s: %w", u.Redacted(), err)
		if errors.Is(err, ErrRefused) || try >= g.o.Attempts || ctx.Err() != nil {
			return Page{}, false, err
		}
		pause := min(max(again, time.Duration(float64(wait)*(0.5+g.o.Jitter()))), g.o.MaxWait)
		wait *= 3
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return Page{}, false, ctx.Err()
		}
	}
}

//nolint:revive // four results, used in one place
func (g getter) once(ctx context.Context, u string, known Known) (pg Page, ok bool, retryAfter time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, http.NoBody)
	if err != nil {
		return pg, false, 0, errors.Join(ErrRefused, err)
	}
	req.Header.Set("User-Agent", g.o.UserAgent)
	if known.ETag != "" {
		req.Header.Set("If-None-Match", known.ETag)
	}
	if known.Modified != "" {
		req.Header.Set("If-Modified-Since", known.Modified)
	}
	resp, err := g.o.Client.Do(req)
	if err != nil {
		return pg, false, 0, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified:
		return pg, false, 0, nil
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		return pg, false, retryAfterOf(resp.Header), fmt.Errorf("status %s", resp.Status)
	case resp.StatusCode != http.StatusOK:
		return pg, false, 0, fmt.Errorf("%w: status %s", ErrRefused, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, g.o.MaxBodyBytes+1))
	if err != nil {
		return pg, false, 0, fmt.Errorf("body: %w", err)
	}
	if int64(len(body)) > g.o.MaxBodyBytes {
		return pg, false, 0, fmt.Errorf("%w: body over %d bytes", ErrRefused, g.o.MaxBodyBytes)
	}
	ct, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		ct = "" // a source that names no type; the decoder looks at the bytes
	}
	return Page{ContentType: ct, Body: body, ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified")}, true, 0, nil
}

func retryAfterOf(h http.Header) time.Duration {
	s, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return time.Duration(s) * time.Second
}

// HTTPFiles is the door of a fixed list of addresses, each one page: the shape
// of Taldau's GetIndexData and of published files.
type HTTPFiles struct {
	get  getter
	urls []*url.URL
}

// NewHTTPFiles returns the door of the addresses.
func NewHTTPFiles(urls []*url.URL, o HTTPOptions) *HTTPFiles {
	return &HTTPFiles{getter{o.withDefaults()}, urls}
}

// Pages implements Door; an address that fails does not keep the others from
// being asked.
func (d *HTTPFiles) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	var faults []error
	for _, u := range d.urls {
		pg, ok, err := d.get.get(ctx, u, nil, known(u.String()))
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

// EGov is the door of one data set of data.egov.kz v4, which is read in pages
// of a fixed size by the source= parameter until a page is not full.
type EGov struct {
	get      getter
	base     *url.URL // …/api/v4/<dataset>/<version>
	pageSize int
	apiKey   string
	rows     func(body []byte) (int, error)
}

// NewEGov returns the door. rows counts the rows of a page's body; apiKey may be
// empty. Errors of rows end the pull after the page was kept: what cannot be
// counted cannot be paged, and the decoder will say what is wrong with it.
func NewEGov(base *url.URL, pageSize int, apiKey string, rows func(body []byte) (int, error), o HTTPOptions) *EGov {
	return &EGov{getter{o.withDefaults()}, base, pageSize, apiKey, rows}
}

// MaxPages bounds one paged pull, against a source that never ends.
const MaxPages = 10_000

// Pages implements Door.
func (d *EGov) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	secret := url.Values{}
	if d.apiKey != "" {
		secret.Set("apiKey", d.apiKey)
	}
	for page := range MaxPages {
		u := *d.base
		q := u.Query()
		q.Set("source", fmt.Sprintf(`{"from":%d,"size":%d}`, page*d.pageSize, d.pageSize))
		u.RawQuery = q.Encode()
		pg, ok, err := d.get.get(ctx, &u, secret, known(u.String()))
		if err != nil {
			return err
		}
		if !ok { // as it was: it tells the rows that it had
			unchanged(u.String())
			if known(u.String()).Rows < d.pageSize {
				return nil
			}
			continue
		}
		rows, err := d.rows(pg.Body)
		if err == nil && rows == 0 && page > 0 {
			return nil
		}
		pg.Rows = rows
		if e := emit(pg); e != nil {
			return e
		}
		if err != nil {
			return fmt.Errorf("GET %s: %w", u.Redacted(), err)
		}
		if rows < d.pageSize {
			return nil
		}
	}
	return fmt.Errorf("GET %s: still full after %d pages", d.base.Redacted(), MaxPages)
}
