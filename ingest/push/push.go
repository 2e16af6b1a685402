// Package push takes pages that partners send of themselves: by a signed POST
// (Door.ServeHTTP) or by a signed request over NATS (Door.Message). A page is
// answered with 202 once its Store has it durable, and not before.
//
// Each delivery carries four headers, the same over HTTP and NATS:
//
//	Push-Timestamp  seconds since 1970, within the window around now
//	Push-Nonce      16 to 64 of A-Z a-z 0-9 _ -, new for each delivery
//	Push-Name       what the page is called; the same name again is its revision
//	Push-Signature  v1= and the hex HMAC-SHA256 of Signed under the source's secret
//
// The answers: 202 taken; 401 unknown source, wrong signature, or a time outside of
// the window; 409 the nonce was had, so the delivery was, too; 413 too large; 429
// too many at once; 503 not durable, send it again under a new nonce. What is not
// signed is not kept. The package does no I/O but HTTP; what happens to a delivery
// is the Store's.
package push

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery.
const (
	HeaderTimestamp = "Push-Timestamp"
	HeaderNonce     = "Push-Nonce"
	HeaderName      = "Push-Name"
	HeaderSignature = "Push-Signature"
)

// Reasons for which a Store takes a delivery not.
var (
	// ErrReplay says that the nonce was had.
	ErrReplay = errors.New("nonce was used before")
	// ErrBusy says that the source pushes more than can be remembered.
	ErrBusy = errors.New("too many deliveries within the window")
)

// Delivery is one page whose signature was right.
type Delivery struct {
	Source string
	Name   string
	Nonce  string
	Until  time.Time // how long the nonce has to be remembered
	Body   []byte
}

// Receipt says what became of a delivery.
type Receipt struct {
	Run    string `json:"run,omitempty"`
	Status string `json:"status,omitempty"` // ok, or unchanged where the page is the one that we have
	SHA256 string `json:"sha256,omitempty"`
}

// Store keeps deliveries.
type Store interface {
	// Push returns once the page and its nonce are durable. Deliveries of one
	// source follow each other. Errors: ErrReplay, ErrBusy, and what kept it from
	// being durable.
	Push(ctx context.Context, d Delivery) (Receipt, error)
}

// Options of a Door; the zero value is ready to use.
type Options struct {
	Window     time.Duration // how far a timestamp may be from now; 0 means 5 min
	MaxBytes   int64         // of a body; 0 means 8 MiB
	Concurrent int           // deliveries taken at once, each in memory; 0 means 8
	Now        func() time.Time
	Logger     *slog.Logger
}

// Door checks deliveries and hands them to a store. It is safe for concurrent use.
type Door struct {
	secrets map[string][]byte
	nobody  []byte // secret of sources that there are not, so that they take as long
	store   Store
	o       Options
	turns   chan struct{}
}

// MinSecret is the least length of a secret in bytes.
const MinSecret = 16

// New returns the door of the sources that have a secret.
func New(secrets map[string][]byte, store Store, o Options) (*Door, error) {
	if o.Window == 0 {
		o.Window = 5 * time.Minute
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 8 << 20
	}
	if o.Concurrent == 0 {
		o.Concurrent = 8
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for id, s := range secrets {
		if len(s) < MinSecret {
			return nil, fmt.Errorf("push: secret of %s has %d bytes: want at least %d", id, len(s), MinSecret)
		}
	}
	return &Door{secrets, []byte(rand.Text()), store, o, make(chan struct{}, o.Concurrent)}, nil
}

// Signed is what a signature is made over: lines that cannot be shifted into each
// other, then the body.
func Signed(source, timestamp, nonce, name string, body []byte) []byte {
	return append([]byte("v1\n"+timestamp+"\n"+nonce+"\n"+source+"\n"+name+"\n"), body...)
}

// Sign returns the headers of a delivery, as a partner makes them.
func Sign(secret []byte, source, name, nonce string, at time.Time, body []byte) map[string]string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	return map[string]string{
		HeaderTimestamp: timestamp, HeaderNonce: nonce, HeaderName: name,
		HeaderSignature: "v1=" + hex.EncodeToString(mac(secret, Signed(source, timestamp, nonce, name, body))),
	}
}

func mac(secret, text []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write(text)
	return h.Sum(nil)
}

// Answer is what a partner is told.
type Answer struct {
	Code int `json:"code"` // of HTTP
	Receipt
	Error string `json:"error,omitempty"`
}

// JSON is the answer as it is sent.
func (a Answer) JSON() []byte {
	b, err := json.Marshal(a)
	if err != nil {
		return []byte(`{"code":500}`) // texts and numbers: cannot be
	}
	return append(b, '\n')
}

func refuse(code int, text string) Answer { return Answer{Code: code, Error: text} }

// unauthorized does not say which of the reasons it was.
func unauthorized() Answer {
	return refuse(http.StatusUnauthorized, "source, signature or time is not accepted")
}

var (
	nonceShape = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)
	nameShape  = regexp.MustCompile(`^[\pL\pN][\pL\pN ._@+-]{0,199}$`)
)

// claim is what the headers say, before the body is read.
type claim struct {
	source, timestamp, nonce, name string
	sent                           time.Time
	sum                            []byte
}

// claimed reads the headers; ok is false where no body could make them right.
func (d *Door) claimed(source string, header func(string) string) (c claim, ok bool) {
	c = claim{source: source, timestamp: header(HeaderTimestamp), nonce: header(HeaderNonce), name: header(HeaderName)}
	version, sum, _ := strings.Cut(header(HeaderSignature), "=")
	at, err := strconv.ParseInt(c.timestamp, 10, 64)
	c.sum, _ = hex.DecodeString(sum)
	c.sent = time.Unix(at, 0)
	ok = err == nil && version == "v1" && len(c.sum) == sha256.Size && nonceShape.MatchString(c.nonce) && nameShape.MatchString(c.name) &&
		c.sent.Sub(d.o.Now()).Abs() <= d.o.Window
	return c, ok
}

// take checks the signature and stores the page.
func (d *Door) take(ctx context.Context, c claim, body []byte) Answer {
	secret, known := d.secrets[c.source]
	if !known {
		secret = d.nobody
	}
	if !hmac.Equal(mac(secret, Signed(c.source, c.timestamp, c.nonce, c.name, body)), c.sum) || !known {
		return unauthorized()
	}
	if len(body) == 0 {
		return refuse(http.StatusBadRequest, "the body is empty")
	}
	got, err := d.store.Push(ctx, Delivery{c.source, c.name, c.nonce, c.sent.Add(d.o.Window), body})
	switch {
	case errors.Is(err, ErrReplay):
		return refuse(http.StatusConflict, "this nonce was used before: the delivery is not taken again")
	case errors.Is(err, ErrBusy):
		return refuse(http.StatusTooManyRequests, "too many deliveries: send less often")
	case err != nil:
		d.o.Logger.ErrorContext(ctx, "push not stored", "source", c.source, "err", err)
		return refuse(http.StatusServiceUnavailable, "not stored: send it again under a new nonce")
	}
	return Answer{Code: http.StatusAccepted, Receipt: got}
}

// turn takes one of the places for deliveries in memory.
func (d *Door) turn() (done func(), ok bool) {
	select {
	case d.turns <- struct{}{}:
		return func() { <-d.turns }, true
	default:
		return nil, false
	}
}
