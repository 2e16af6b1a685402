package send_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/ingest/push"
	"github.com/auyl-kz/auyl/internal/s3"
	"github.com/auyl-kz/auyl/internal/s3/s3test"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/summary/send"
	"github.com/auyl-kz/auyl/summary/send/sendtest"
)

func one(kind, address string, formats ...string) []send.Recipient {
	return []send.Recipient{{ID: "reader", Channel: "c", Kind: kind, Address: address, Langs: []string{"ru"}, Formats: formats}}
}

// breaking is a channel whose sender ends before it can note what became of it.
type breaking struct {
	send.Channel
	before bool // it ends before it reaches the channel
}

func (b breaking) Send(ctx context.Context, m send.Message) (string, error) {
	if !b.before {
		if _, err := b.Channel.Send(ctx, m); err != nil {
			return "", err
		}
	}
	panic("killed")
}

// killed delivers through a sender that dies.
func killed(t *testing.T, l send.Ledger, c breaking, to []send.Recipient, now func() time.Time) {
	t.Helper()
	defer func() { _ = recover() }()
	_, err := send.New(l, map[string]send.Channel{"c": c}, forms{}, send.Options{Now: now}).Deliver(t.Context(), run(), to)
	t.Fatalf("the sender was not killed: %v", err)
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFolderKnowsWhatArrived kills a sender before and after a folder had the
// files: the next one looks, and nobody has to decide.
func TestFolderKnowsWhatArrived(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"folder", "bucket"} {
		for _, before := range []bool{true, false} {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				var c send.Channel = send.NewFolder(dir)
				if kind == "bucket" {
					srv := s3test.Start(t)
					b, err := s3.Open(srv.URL("summaries"), srv.Env, nil)
					if err != nil {
						t.Fatal(err)
					}
					c = send.NewBucket(b)
				}
				now := &clock{t: day()}
				l, to := &sendtest.Memory{}, one(send.KindFolder, "oblast", "pdf", "html")
				killed(t, l, breaking{c, before}, to, now.now)
				sender := send.New(l, map[string]send.Channel{"c": c}, forms{}, send.Options{Now: now.now})
				if got, err := sender.Deliver(t.Context(), run(), to); err != nil || got.Pending != 1 {
					t.Fatalf("at once: %+v, %v, want pending: another may be at it", got, err)
				}
				now.add(time.Hour)
				if got, err := sender.Deliver(t.Context(), run(), to); err != nil || got.Sent != 1 {
					t.Fatalf("later: %+v, %v, want sent", got, err)
				}
				d := only(t, l)
				if want := map[bool]int{true: 2, false: 1}[before]; d.Attempt != want {
					t.Errorf("%d attempts, want %d", d.Attempt, want)
				}
				if kind == "bucket" {
					return
				}
				got := files(t, dir)
				for _, name := range []string{"summary.pdf", "summary.html"} {
					path := "oblast/oblast-monthly/2026-M09/190000000/ru/20261005T030000.000Z/" + name
					if got[path] == "" {
						t.Errorf("no file %s in %v", path, got)
					}
				}
				if len(got) != 2 {
					t.Errorf("%d files, want 2", len(got))
				}
			})
		}
	}
}

// inbox keeps pushes as a partner's program would.
type inbox struct {
	mu   sync.Mutex
	got  []push.Delivery
	fail error
}

func (i *inbox) Push(_ context.Context, d push.Delivery) (push.Receipt, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fail != nil {
		return push.Receipt{}, i.fail
	}
	i.got = append(i.got, d)
	return push.Receipt{Status: "ok"}, nil
}

func webhook(t *testing.T, srv *httptest.Server, change func(*send.WebhookOptions)) *send.Webhook {
	t.Helper()
	o := send.WebhookOptions{Secret: []byte("a secret of a partner"), Sender: "auyl.summaries", Hosts: []string{"127.0.0.1"}, AllowPrivate: []string{"127.0.0.1"}, Now: day}
	if srv.Certificate() != nil {
		o.CA = x509.NewCertPool()
		o.CA.AddCert(srv.Certificate())
	}
	if change != nil {
		change(&o)
	}
	w, err := send.NewWebhook(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWebhookIsSignedAsOurOwnDoorVerifies(t *testing.T) {
	t.Parallel()
	store := &inbox{fail: push.ErrBusy}
	door, err := push.New(map[string][]byte{"auyl.summaries": []byte("a secret of a partner")}, store, push.Options{Now: day})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewTLSServer(door)
	t.Cleanup(srv.Close)
	now := &clock{t: day()}
	l, to := &sendtest.Memory{}, one(send.KindWebhook, srv.URL+"/push/auyl.summaries", "json")
	sender := send.New(l, map[string]send.Channel{"c": webhook(t, srv, nil)}, forms{}, send.Options{Now: now.now})
	if got, err := sender.Deliver(t.Context(), run(), to); err != nil || got.Pending != 1 {
		t.Fatalf("busy: %+v, %v, want pending", got, err)
	}
	store.fail = nil
	now.add(time.Hour)
	for range 2 {
		if got, err := sender.Deliver(t.Context(), run(), to); err != nil || got.Sent != 1 {
			t.Fatalf("%+v, %v, want sent", got, err)
		}
	}
	if len(store.got) != 1 || store.got[0].Name != "oblast-monthly@2026-M09.190000000.ru.json" || !strings.Contains(string(store.got[0].Body), "ru json") {
		t.Errorf("the partner has %+v", store.got)
	}
}

func TestWebhookCallsNobodyElse(t *testing.T) {
	t.Parallel()
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("an inner address was called") }))
	t.Cleanup(inner.Close)
	answers := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, inner.URL, http.StatusTemporaryRedirect)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/gateway":
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(answers.Close)
	strict := func(o *send.WebhookOptions) { o.AllowPrivate = nil }
	local := strings.Replace(answers.URL, "127.0.0.1", "localhost", 1)
	named := func(o *send.WebhookOptions) { o.Hosts, o.AllowPrivate = []string{"localhost"}, nil }
	tests := []struct {
		name, url string
		change    func(*send.WebhookOptions)
		want      send.Tally
		reason    string
	}{
		{"taken", answers.URL + "/ok", nil, send.Tally{Sent: 1}, ""},
		{"redirect to an inner address", answers.URL + "/moved", nil, send.Tally{Failed: 1}, "307"},
		{"gone", answers.URL + "/gone", nil, send.Tally{Failed: 1}, "410"},
		{"a gateway that may have passed it on", answers.URL + "/gateway", nil, send.Tally{Uncertain: 1}, "502"},
		{"inner address", answers.URL + "/ok", strict, send.Tally{Failed: 1}, "inner network"},
		{"name of an inner address", local + "/ok", named, send.Tally{Failed: 1}, "inner network"},
		{"host on no list", "https://example.com/", nil, send.Tally{Failed: 1}, "on no list"},
		{"without TLS", "http://example.com/", func(o *send.WebhookOptions) { o.Hosts = []string{"example.com"} }, send.Tally{Failed: 1}, "without TLS"},
		{"nobody there", "https://127.0.0.1:1/", nil, send.Tally{Pending: 1}, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &sendtest.Memory{}
			sender := send.New(l, map[string]send.Channel{"c": webhook(t, answers, tt.change)}, forms{}, send.Options{Now: day})
			got, err := sender.Deliver(t.Context(), run(), one(send.KindWebhook, tt.url, "json"))
			if err != nil || got != tt.want {
				t.Errorf("%+v, %v, want %+v", got, err, tt.want)
			}
			if d := only(t, l); !strings.Contains(d.Error, tt.reason) {
				t.Errorf("reason %q, want %q", d.Error, tt.reason)
			}
		})
	}
}

// poster is a Publisher over package stream, as cmd/auyl has it.
type poster struct{ c *stream.Conn }

func (p poster) Publish(ctx context.Context, subject, id string, header map[string]string, body []byte) (bool, error) {
	err := p.c.Post(ctx, id, stream.Message{Subject: subject, Header: header, Data: body})
	return err == nil || errors.Is(err, stream.ErrUnsure), err
}

func TestSubjectIsTakenByAStreamOrNotAtAll(t *testing.T) {
	t.Parallel()
	_, conn, err := connectNATS(t.Context(), serveNATS(t).ClientURL(), "x")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	now := &clock{t: day()}
	l := &sendtest.Memory{}
	sender := send.New(l, map[string]send.Channel{"c": send.NewSubject(poster{conn})}, forms{}, send.Options{Now: now.now})
	deliver := func(want send.Tally) {
		t.Helper()
		if got, err := sender.Deliver(t.Context(), run(), one(send.KindNATS, "summary.oblast", "json")); err != nil || got.Sent != want.Sent || got.Pending != want.Pending {
			t.Fatalf("%+v, %v, want %+v; ledger: %s", got, err, want, only(t, l).Error)
		}
	}
	deliver(send.Tally{Pending: 1}) // no stream takes the subject
	if err := stream.EnsureSummaries(t.Context(), conn, 1); err != nil {
		t.Fatal(err)
	}
	now.add(time.Hour)
	deliver(send.Tally{Sent: 1})
	deliver(send.Tally{Sent: 1})
	// The same once more under the same id, as after a restart: the stream drops it.
	d := only(t, l)
	if _, err := (poster{conn}).Publish(t.Context(), "summary.oblast", d.MessageID, nil, []byte("again")); err != nil {
		t.Error(err)
	}
	last, err := conn.LastSeq(t.Context(), stream.Summaries)
	if err != nil || last != 1 {
		t.Fatalf("the stream has %d messages, %v, want 1", last, err)
	}
	m, err := conn.Get(t.Context(), stream.Summaries, 1)
	if err != nil || m.Header["Content-Type"] != "application/json" || m.Header["Summary-Name"] == "" || !strings.Contains(string(m.Data), "json") {
		b, _ := json.Marshal(m.Header)
		t.Errorf("message %s %q, %v", b, m.Data, err)
	}
}
