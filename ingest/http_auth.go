package ingest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Auth is a key and where a request carries it. It prints without the key.
type Auth struct {
	kind, name, secret string
}

// NewAuth reads how a key is carried: "bearer", "query:<parameter>" or
// "header:<name>". Without a key requests go out without one.
func NewAuth(how, secret string) (Auth, error) {
	kind, name, _ := strings.Cut(how, ":")
	switch {
	case kind == "bearer" && name == "", (kind == "query" || kind == "header") && name != "":
		return Auth{kind, name, secret}, nil
	}
	return Auth{}, fmt.Errorf("key is carried %q: want bearer, query:<parameter> or header:<name>", how)
}

// String implements fmt.Stringer.
func (a Auth) String() string { return a.kind + ":" + a.name }

// GoString implements fmt.GoStringer.
func (a Auth) GoString() string { return a.String() }

func (a Auth) apply(r *http.Request) {
	if a.secret == "" {
		return
	}
	switch a.kind {
	case "bearer":
		r.Header.Set("Authorization", "Bearer "+a.secret)
	case "header":
		r.Header.Set(a.name, a.secret)
	case "query":
		q := r.URL.Query()
		q.Set(a.name, a.secret)
		r.URL.RawQuery = q.Encode()
	}
}

// strip takes the key out of an address that a source gave us back.
func (a Auth) strip(u *url.URL) {
	if a.kind != "query" || !u.Query().Has(a.name) {
		return
	}
	q := u.Query()
	q.Del(a.name)
	u.RawQuery = q.Encode()
}

// scrub replaces an error that repeats the key, in any of the ways in which an
// address spells it; what it is stays known.
func (a Auth) scrub(err error) error {
	if err == nil || a.secret == "" {
		return err
	}
	text := err.Error()
	if clean := a.clean(text); clean != text {
		out := errors.New(clean)
		for _, kind := range []error{ErrRefused, ErrLater, errBig} {
			if errors.Is(err, kind) {
				return fmt.Errorf("%w: %w", kind, out)
			}
		}
		return out
	}
	return err
}

func (a Auth) clean(text string) string {
	if a.secret == "" {
		return text
	}
	for _, s := range []string{a.secret, url.QueryEscape(a.secret), url.PathEscape(a.secret)} {
		text = strings.ReplaceAll(text, s, "[key]")
	}
	return text
}
