package send

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/auyl-kz/auyl/internal/publicaddr"
)

// WebhookOptions say whom we may call and how we sign.
type WebhookOptions struct {
	// Secret signs; at least 16 bytes.
	Secret []byte
	// Sender is the name that is signed with: what the other side calls us.
	Sender string
	// Hosts may be called. There is no wildcard.
	Hosts []string
	// AllowPrivate are those of Hosts that may have an address of an inner
	// network, and that alone may be called without TLS.
	AllowPrivate []string
	CA           *x509.CertPool   // authorities to trust; nil means the system's
	Timeout      time.Duration    // of a call; 0 means 30 s
	Now          func() time.Time // nil is time.Now
}

// Webhook posts a summary, signed as a partner signs a push to us: four headers
// Push-… with time, nonce, name and HMAC-SHA256. The nonce is another with each
// attempt, and Idempotency-Key is the same with all of them.
type Webhook struct {
	o      WebhookOptions
	client *http.Client
}

// NewWebhook checks the options.
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	if len(o.Secret) < 16 {
		return nil, fmt.Errorf("webhook: secret has %d bytes: want at least 16", len(o.Secret))
	}
	if o.Sender == "" || strings.ContainsFunc(o.Sender, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("webhook: sender %q: want a name in ASCII without spaces", o.Sender)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Webhook{o: o}
	w.client = &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a redirect is no answer
		Transport: &http.Transport{
			DialContext: w.dial, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: o.Timeout,
			TLSClientConfig:        &tls.Config{RootCAs: o.CA, MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true, // Proxy stays nil: the check of addresses is ours
		},
	}
	return w, nil
}

// errInner says that an address is not one to call.
var errInner = errors.New("is an address of an inner network: name the host under allow_private if it may be called")

// dial looks at the address that is really called, so that no name of DNS leads inside.
func (w *Webhook) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: 10 * time.Second}
	if !w.private(host) {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err != nil || !publicaddr.Is(a.Addr()) {
				return fmt.Errorf("%s %w", host, errInner)
			}
			return nil
		}
	}
	return d.DialContext(ctx, network, address)
}

func (w *Webhook) private(host string) bool {
	return slices.ContainsFunc(w.o.AllowPrivate, func(h string) bool { return strings.EqualFold(h, host) })
}

func webhookURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("webhook: want an address such as https://host/path, without a password") // the raw text may hold one
	}
	return u, nil
}

// check holds an address against the list.
func (w *Webhook) check(raw string) (*url.URL, error) {
	u, err := webhookURL(raw)
	if err != nil {
		return nil, err
	}
	host := u.Hostname()
	if !slices.ContainsFunc(w.o.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		return nil, fmt.Errorf("webhook: host %s is on no list: name it under hosts if it may be called", host)
	}
	if u.Scheme == "http" && !w.private(host) {
		return nil, fmt.Errorf("webhook: host %s is called without TLS: want https", host)
	}
	return u, nil
}

// Check says whether an address may be called at all.
func (w *Webhook) Check(raw string) error {
	_, err := w.check(raw)
	return err
}

// Send implements Channel.
func (w *Webhook) Send(ctx context.Context, m Message) (string, error) {
	u, err := w.check(m.To.Address)
	if err != nil {
		return "", &RefusedError{Err: err}
	}
	if len(m.Forms) != 1 {
		return "", &RefusedError{Err: fmt.Errorf("webhook: %d forms in one call: want one", len(m.Forms))}
	}
	f := m.Forms[0]
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(f.Bytes))
	if err != nil {
		return "", &RefusedError{Err: errors.New("webhook: the address makes no request")}
	}
	req.Header.Set("Content-Type", oneLine(f.ContentType, 100))
	req.Header.Set("Content-Language", m.Lang)
	req.Header.Set("Idempotency-Key", m.ID)
	req.Header.Set("User-Agent", "auyl/1")
	nonce := digest(m.ID, strconv.Itoa(m.Attempt))[:40]
	for name, v := range sign(w.o.Secret, w.o.Sender, signedName(m, f), nonce, w.o.Now(), f.Bytes) {
		req.Header.Set(name, v)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return "", judgeCall(err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 512)) // whatever it says, the status has decided
	answer := oneLine(resp.Status+" "+string(bytes.TrimSpace(said)), 200)
	switch c := resp.StatusCode; {
	case c >= 200 && c < 300:
		return answer, nil
	case c == http.StatusConflict:
		return answer, nil // the nonce of this very attempt was had, so the message was, too
	case c == http.StatusRequestTimeout, c == http.StatusTooEarly, c == http.StatusTooManyRequests, c == http.StatusServiceUnavailable:
		return "", &RefusedError{Temporary: true, Code: c, Err: fmt.Errorf("webhook: %s", answer)}
	case c >= 500:
		// 500, 502 and 504 may come from something before the receiver, after it took the call.
		return "", fmt.Errorf("webhook: %s: the other side may have taken it", answer)
	default:
		return "", &RefusedError{Code: c, Err: fmt.Errorf("webhook: %s", answer)}
	}
}

// judgeCall says whether a call that broke off never began.
func judgeCall(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // without the address
	}
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errInner):
		return &RefusedError{Err: fmt.Errorf("webhook: %w", err)}
	case errors.As(err, &op) && op.Op == "dial", errors.As(err, &cert):
		return &RefusedError{Temporary: true, Err: fmt.Errorf("webhook: %w", err)}
	}
	return fmt.Errorf("webhook: no answer: %w", err)
}

// signedName is what the other side knows the summary as.
func signedName(m Message, f Form) string {
	return m.Run.Summary + "@" + m.Run.Period.String() + "." + m.Run.Area.String() + "." + m.Lang + "." + f.Format
}

// sign makes the headers that the door of package ingest/push verifies; a test
// holds the two against each other.
func sign(secret []byte, sender, name, nonce string, at time.Time, body []byte) map[string]string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("v1\n" + timestamp + "\n" + nonce + "\n" + sender + "\n" + name + "\n"))
	h.Write(body)
	return map[string]string{
		"Push-Timestamp": timestamp, "Push-Nonce": nonce, "Push-Name": name,
		"Push-Signature": "v1=" + hex.EncodeToString(h.Sum(nil)),
	}
}

// Publisher puts a message into a stream. id is the same for the same message, so
// that a stream can drop a repeat.
type Publisher interface {
	// Publish returns once a stream has the message. taken is false where it is
	// certain that none has.
	Publish(ctx context.Context, subject, id string, header map[string]string, body []byte) (taken bool, err error)
}

// Subject is a channel to subjects of a message server.
type Subject struct{ p Publisher }

// NewSubject returns the channel.
func NewSubject(p Publisher) *Subject { return &Subject{p} }

// Send implements Channel.
func (c *Subject) Send(ctx context.Context, m Message) (string, error) {
	if len(m.Forms) != 1 {
		return "", &RefusedError{Err: fmt.Errorf("nats: %d forms in one message: want one", len(m.Forms))}
	}
	f := m.Forms[0]
	taken, err := c.p.Publish(ctx, m.To.Address, m.ID, map[string]string{
		"Content-Type": oneLine(f.ContentType, 100), "Content-Language": m.Lang, "Summary-Name": signedName(m, f), "Summary-SHA256": m.Hash,
	}, f.Bytes)
	switch {
	case err == nil:
		return "stored", nil
	case !taken:
		return "", &RefusedError{Temporary: true, Err: fmt.Errorf("nats: %w", err)}
	}
	return "", fmt.Errorf("nats: %w", err)
}
