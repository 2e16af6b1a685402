package send_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/stream/embedded"
	"github.com/auyl-kz/auyl/summary/send"
)

// TestMain lets the test binary be a sender that can be killed.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" { //nolint:forbidigo // how a test tells its child what to do
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1) //nolint:forbidigo // TestMain is a main
		}
		os.Exit(0) //nolint:forbidigo // TestMain is a main
	}
	os.Exit(m.Run()) //nolint:forbidigo // TestMain is a main
}

// received is a message that the server took.
type received struct {
	to, id string
	body   string
	tls    bool
}

// mailServer is a real SMTP server whose answers a test decides.
type mailServer struct {
	addr string
	port int
	pool *x509.CertPool
	cert []byte
	srv  *smtp.Server

	mu     sync.Mutex
	got    []received
	tries  map[string]int
	answer func(stage, to string, try int) error // nil takes everything
}

type serverOptions struct{ noTLS bool }

func serveMail(t *testing.T, o serverOptions, answer func(stage, to string, try int) error) *mailServer {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	s := &mailServer{pool: x509.NewCertPool(), tries: map[string]int{}, answer: answer}
	s.pool.AddCert(web.Certificate())
	s.cert = web.Certificate().Raw
	s.srv = smtp.NewServer(s)
	s.srv.Domain = "mail.example.kz"
	s.srv.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(t.Output(), nil), slog.LevelDebug)
	if !o.noTLS {
		s.srv.TLSConfig = &tls.Config{Certificates: web.TLS.Certificates}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr, s.port = l.Addr().String(), l.Addr().(*net.TCPAddr).Port
	done := make(chan error, 1)
	go func() { done <- s.srv.Serve(l) }()
	t.Cleanup(func() {
		_ = s.srv.Close()
		_ = l.Close() // where Serve has not begun yet
		<-done
	})
	return s
}

func (s *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{s: s, c: c}, nil
}

func (s *mailServer) ask(stage, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries[stage+to]++
	if s.answer == nil {
		return nil
	}
	return s.answer(stage, to, s.tries[stage+to])
}

// counts says how many messages each mailbox has.
func (s *mailServer) counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for _, m := range s.got {
		out[m.to]++
	}
	return out
}

func (s *mailServer) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.got, func(m received) bool { return m.id == "<"+id+">" })
}

type session struct {
	s  *mailServer
	c  *smtp.Conn
	to string
}

func (x *session) Reset()        { x.to = "" }
func (x *session) Logout() error { return nil }
func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	return x.s.ask("mail", from)
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.to = to
	return x.s.ask("rcpt", to)
}

// errLost makes the server take the message and break off before it says so.
var errLost = errors.New("lost")

func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	err = x.s.ask("data", x.to)
	if err != nil && !errors.Is(err, errLost) {
		return err
	}
	m, perr := netmail.ReadMessage(strings.NewReader(string(b)))
	if perr != nil {
		return perr
	}
	_, secure := x.c.TLSConnectionState()
	x.s.mu.Lock()
	x.s.got = append(x.s.got, received{x.to, m.Header.Get("Message-ID"), string(b), secure})
	x.s.mu.Unlock()
	if errors.Is(err, errLost) {
		_ = x.c.Conn().Close()
	}
	return nil
}

func refuse(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
}

// forms is a renderer of synthetic summaries: bytes that depend on the request alone.
type forms struct {
	fail func(send.Request) error
}

func (f forms) Render(_ context.Context, r send.Request) (send.Form, error) {
	if f.fail != nil {
		if err := f.fail(r); err != nil {
			return send.Form{}, err
		}
	}
	text := fmt.Sprintf("%s %s %s %s %s %s late=%v missing=%v", r.Summary, r.Area, r.Period, r.Lang, r.Format, r.AsOf.UTC().Format(time.RFC3339Nano), r.Late, r.Missing)
	types := map[string]string{"html": "text/html; charset=utf-8", "pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "markdown": "text/markdown; charset=utf-8", "json": "application/json"}
	ext := map[string]string{"html": "html", "pdf": "pdf", "xlsx": "xlsx", "markdown": "md", "json": "json"}
	return send.Form{ContentType: types[r.Format], Name: "summary." + ext[r.Format], Title: "Алматы облысы: 2026 жылғы қыркүйек (synthetic)", Bytes: []byte(text)}, nil
}

// day is when the synthetic runs are opened.
func day() time.Time { return time.Date(2026, 10, 5, 3, 0, 0, 0, time.UTC) }

func run() send.Run {
	p, err := auyl.ParsePeriod("2026-M09")
	if err != nil {
		panic(err)
	}
	return send.Run{Summary: "oblast-monthly", Version: 1, Area: 190000000, Period: p, State: send.Open, DueAt: day(), OpenedAt: day(), AsOf: day()}
}

func people(n int) []send.Recipient {
	out := make([]send.Recipient, n)
	for i := range out {
		out[i] = send.Recipient{
			ID: fmt.Sprintf("akim-%02d", i), Channel: "mail", Kind: send.KindMail, Address: fmt.Sprintf("akim%02d@example.kz", i),
			Langs: []string{"kk"}, Formats: []string{"html", "pdf"},
		}
	}
	return out
}

// clock is a wall clock that a test sets.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func mailTo(t *testing.T, s *mailServer) *send.Mail {
	t.Helper()
	m, err := send.NewMail(send.MailOptions{Host: "127.0.0.1", Port: s.port, CA: s.pool, From: "auyl@example.kz", FromName: "auyl", Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newSender(t *testing.T, l send.Ledger, c send.Channel, now func() time.Time) *send.Sender {
	t.Helper()
	return send.New(l, map[string]send.Channel{"mail": c}, forms{}, send.Options{
		Domain: "example.kz", Now: now, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
}

// kvLedger is a ledger in a bucket of NATS, as cmd/auyl has it.
type kvLedger struct{ kv *stream.KV }

func (l kvLedger) Get(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	value, revision, err = l.kv.Get(ctx, key)
	if errors.Is(err, stream.ErrNotFound) {
		err = send.ErrNone
	}
	return value, revision, err
}

func (l kvLedger) Update(ctx context.Context, key string, value []byte, expected uint64) (uint64, error) {
	revision, err := l.kv.Update(ctx, key, value, expected)
	if errors.Is(err, stream.ErrFenced) {
		err = send.ErrFenced
	}
	return revision, err
}

func (l kvLedger) Entries(ctx context.Context, prefix string, after uint64) ([]send.Entry, error) {
	list, err := l.kv.Entries(ctx, prefix, after)
	out := make([]send.Entry, len(list))
	for i, e := range list {
		out[i] = send.Entry(e)
	}
	return out, err
}

// serveNATS starts a server with a store of its own that other processes reach.
func serveNATS(t *testing.T) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func connectNATS(ctx context.Context, url, bucket string) (kvLedger, *stream.Conn, error) {
	c, err := stream.Connect(ctx, stream.Options{URL: url})
	if err != nil {
		return kvLedger{}, nil, err
	}
	kv, err := c.OpenKV(ctx, bucket, 1)
	return kvLedger{kv}, c, err
}
