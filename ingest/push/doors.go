package push

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// Prefix begins the path of a push over HTTP, POST /push/<source>.
const Prefix = "/push/"

// Subject begins the subject of a push over NATS, push.<source>.
const Subject = "push."

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := d.overHTTP(w, r)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	switch a.Code {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", "5")
	}
	w.WriteHeader(a.Code)
	_, _ = w.Write(a.JSON()) //nolint:gosec // JSON, and nothing of it is what was sent; a client that has gone asks again
}

func (d *Door) overHTTP(w http.ResponseWriter, r *http.Request) Answer {
	source, ok := strings.CutPrefix(r.URL.Path, Prefix)
	switch {
	case !ok:
		return refuse(http.StatusNotFound, "want "+Prefix+"<source>")
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "want POST")
	case r.Header.Get("Content-Encoding") != "":
		return refuse(http.StatusUnsupportedMediaType, "want the body without Content-Encoding")
	}
	c, ok := d.claimed(source, r.Header.Get)
	if !ok {
		return unauthorized()
	}
	if r.ContentLength > d.o.MaxBytes {
		return refuse(http.StatusRequestEntityTooLarge, "the body is too large")
	}
	done, ok := d.turn()
	if !ok {
		return refuse(http.StatusTooManyRequests, "too many at once: send it again")
	}
	defer done()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, d.o.MaxBytes))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return refuse(http.StatusRequestEntityTooLarge, "the body is too large")
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "the body did not arrive whole")
	}
	return d.take(r.Context(), c, body)
}

// Message takes a delivery that came over NATS, to push.<source>.
func (d *Door) Message(ctx context.Context, subject string, header map[string]string, body []byte) Answer {
	source, ok := strings.CutPrefix(subject, Subject)
	if !ok {
		return refuse(http.StatusNotFound, "want "+Subject+"<source>")
	}
	c, ok := d.claimed(source, func(name string) string { return header[name] })
	if !ok {
		return unauthorized()
	}
	if int64(len(body)) > d.o.MaxBytes {
		return refuse(http.StatusRequestEntityTooLarge, "the body is too large")
	}
	return d.take(ctx, c, body)
}
