package send_test

import (
	"context"
	"errors"
	"maps"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/summary/send"
	"github.com/auyl-kz/auyl/summary/send/sendtest"
)

func TestMemoryIsALedger(t *testing.T) { sendtest.Ledger(t, &sendtest.Memory{}) }

func TestBucketOfNATSIsALedger(t *testing.T) {
	t.Parallel()
	l, c, err := connectNATS(t.Context(), serveNATS(t).ClientURL(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	sendtest.Ledger(t, l)
}

// once wants each address to have exactly one message, but for those that may have none.
func once(t *testing.T, s *mailServer, to []send.Recipient, none ...string) {
	t.Helper()
	got := s.counts()
	for _, r := range to {
		want := 1
		if slices.Contains(none, r.ID) {
			want = 0
		}
		if got[r.Address] != want {
			t.Errorf("%s got %d messages, want %d", r.ID, got[r.Address], want)
		}
		delete(got, r.Address)
	}
	if len(got) > 0 {
		t.Errorf("strangers got messages: %v", slices.Sorted(maps.Keys(got)))
	}
}

func TestEachOfFiftyGetsOneMessageThroughARestart(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	taken := 0
	s := serveMail(t, serverOptions{}, func(stage, to string, _ int) error {
		switch {
		case stage == "rcpt" && to == "akim17@example.kz":
			return refuse(550, "no mailbox akim17@example.kz here")
		case stage == "data":
			taken++
			if taken == 20 {
				stop() // the operator's Ctrl-C in the middle of a message
			}
		}
		return nil
	})
	l, to := &sendtest.Memory{}, people(50)
	if _, err := newSender(t, l, mailTo(t, s), day).Deliver(ctx, run(), to); !errors.Is(err, context.Canceled) {
		t.Fatalf("first round: %v, want canceled", err)
	}
	if n := len(s.counts()); n != 20 {
		t.Fatalf("%d messages before the restart, want 20: the one under way is ended, no other is begun", n)
	}
	for range 3 { // the second and third change nothing
		got, err := newSender(t, l, mailTo(t, s), day).Deliver(t.Context(), run(), to)
		if err != nil {
			t.Fatal(err)
		}
		if got.Sent != 49 || got.Failed != 1 || got.Pending != 0 || got.Uncertain != 0 {
			t.Errorf("tally %+v, want 49 sent and 1 failed", got)
		}
	}
	once(t, s, to, "akim-17")
	h, err := send.ReadHistory(t.Context(), l, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range h.Deliveries {
		if d.Recipient != "akim-17" {
			continue
		}
		if d.State != send.Failed || !d.RetryAt.IsZero() || !strings.Contains(d.Error, "550") || strings.Contains(d.Error, "akim17") {
			t.Errorf("the bad address is noted as %s, retry at %v, %q: want failed for good, with the answer and without the address", d.State, d.RetryAt, d.Error)
		}
	}
}

func TestRefusalForATimeIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"mail", "rcpt", "data"} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			s := serveMail(t, serverOptions{}, func(at, _ string, try int) error {
				if at == stage && try <= 2 {
					return refuse(451, "greylisted")
				}
				return nil
			})
			now := &clock{t: day()}
			l, to := &sendtest.Memory{}, people(1)
			var got send.Tally
			for i, step := range []time.Duration{0, 30 * time.Second, 31 * time.Second, 5*time.Minute + time.Second} {
				now.add(step)
				var err error
				if got, err = newSender(t, l, mailTo(t, s), now.now).Deliver(t.Context(), run(), to); err != nil {
					t.Fatal(err)
				}
				if i < 3 && got.Pending != 1 {
					t.Errorf("try %d: %+v, want pending", i, got)
				}
			}
			if got.Sent != 1 {
				t.Errorf("at the end %+v, want sent", got)
			}
			once(t, s, to)
		})
	}
}

func TestRefusalForATimeIsGivenUpAtLast(t *testing.T) {
	t.Parallel()
	s := serveMail(t, serverOptions{}, func(stage, _ string, _ int) error {
		if stage == "rcpt" {
			return refuse(452, "mailbox full")
		}
		return nil
	})
	now := &clock{t: day()}
	l, to := &sendtest.Memory{}, people(1)
	sender := newSender(t, l, mailTo(t, s), now.now)
	tries := 0
	for range 100 {
		got, err := sender.Deliver(t.Context(), run(), to)
		if err != nil {
			t.Fatal(err)
		}
		tries++
		if got.Failed == 1 {
			break
		}
		now.add(12 * time.Hour)
	}
	if tries != 8 {
		t.Errorf("given up after %d tries, want 8", tries)
	}
	// A person has it sent again.
	d := only(t, l)
	key := d.Key()
	if _, err := sender.Resolve(t.Context(), key, false); err != nil {
		t.Fatal(err)
	}
	if got, err := sender.Deliver(t.Context(), run(), to); err != nil || got.Pending != 1 {
		t.Errorf("after Resolve: %+v, %v, want tried again", got, err)
	}
	if _, err := sender.Resolve(t.Context(), "dlv.no", false); !errors.Is(err, send.ErrNone) {
		t.Errorf("Resolve of nothing: %v", err)
	}
}

func only(t *testing.T, l send.Ledger) send.Delivery {
	t.Helper()
	h, err := send.ReadHistory(t.Context(), l, 0)
	if err != nil || len(h.Deliveries) != 1 {
		t.Fatalf("history: %d deliveries, %v, want one", len(h.Deliveries), err)
	}
	return h.Deliveries[0].Delivery
}

func TestNothingIsSentInTheClear(t *testing.T) {
	t.Parallel()
	bare, good := serveMail(t, serverOptions{noTLS: true}, nil), serveMail(t, serverOptions{}, nil)
	now := &clock{t: day()}
	l, to := &sendtest.Memory{}, people(2)
	got, err := newSender(t, l, mailTo(t, bare), now.now).Deliver(t.Context(), run(), to)
	if err != nil || got.Pending != 2 {
		t.Fatalf("a server without STARTTLS: %+v, %v, want both pending", got, err)
	}
	if n := len(bare.counts()); n != 0 {
		t.Fatalf("%d messages traveled in the clear", n)
	}
	now.add(time.Hour)
	stranger := mailTo(t, good)
	if untrusting, err := send.NewMail(send.MailOptions{Host: "127.0.0.1", Port: good.port, From: "auyl@example.kz"}); err != nil {
		t.Fatal(err)
	} else if got, err := newSender(t, l, untrusting, now.now).Deliver(t.Context(), run(), to); err != nil || got.Pending != 2 {
		t.Errorf("a certificate of a stranger: %+v, %v, want both pending", got, err)
	}
	now.add(time.Hour)
	if got, err := newSender(t, l, stranger, now.now).Deliver(t.Context(), run(), to); err != nil || got.Sent != 2 {
		t.Fatalf("with TLS: %+v, %v, want both sent", got, err)
	}
	once(t, good, to)
	for _, m := range good.got {
		if !m.tls {
			t.Error("a message came without TLS")
		}
	}
	for _, o := range []send.MailOptions{
		{Host: "mail.example.kz", TLS: "none", From: "auyl@example.kz"},
		{Host: "127.0.0.1.example.kz", TLS: "none", From: "auyl@example.kz"},
		{Host: "10.0.0.1", TLS: "none", From: "auyl@example.kz"},
	} {
		if _, err := send.NewMail(o); !errors.Is(err, send.ErrClear) {
			t.Errorf("NewMail(%s without TLS) = %v, want ErrClear", o.Host, err)
		}
	}
	if _, err := send.NewMail(send.MailOptions{Host: "127.0.0.1", TLS: "none", From: "auyl@example.kz", User: "u", Password: "p"}); err == nil {
		t.Error("a password without TLS is taken")
	}
}

func TestLostAnswerIsUncertainUntilAPersonDecides(t *testing.T) {
	t.Parallel()
	s := serveMail(t, serverOptions{}, func(stage, _ string, try int) error {
		if stage == "data" && try == 1 {
			return errLost
		}
		return nil
	})
	now := &clock{t: day()}
	l, to := &sendtest.Memory{}, people(1)
	sender := newSender(t, l, mailTo(t, s), now.now)
	for range 3 {
		got, err := sender.Deliver(t.Context(), run(), to)
		if err != nil || got.Uncertain != 1 {
			t.Fatalf("%+v, %v, want uncertain", got, err)
		}
		now.add(24 * time.Hour)
	}
	once(t, s, to)
	d := only(t, l)
	if !s.has(d.MessageID) {
		t.Fatalf("the server has no message %s: its log is where a person would look", d.MessageID)
	}
	if _, err := sender.Resolve(t.Context(), d.Key(), true); err != nil {
		t.Fatal(err)
	}
	if got, err := sender.Deliver(t.Context(), run(), to); err != nil || got.Sent != 1 {
		t.Errorf("after Resolve: %+v, %v, want sent", got, err)
	}
	once(t, s, to)
	if _, err := sender.Resolve(t.Context(), d.Key(), false); err == nil {
		t.Error("a sent delivery was resolved")
	}
}

func TestTwoSendersSendOnce(t *testing.T) {
	t.Parallel()
	s := serveMail(t, serverOptions{}, nil)
	l, to := &sendtest.Memory{}, people(20)
	var wg sync.WaitGroup
	for range 3 {
		sender := newSender(t, l, mailTo(t, s), day)
		wg.Go(func() {
			if _, err := sender.Deliver(t.Context(), run(), to); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	once(t, s, to)
}

func TestMessageIsWhatAMailProgramReads(t *testing.T) {
	t.Parallel()
	s := serveMail(t, serverOptions{}, nil)
	to := people(1)
	to[0].Formats = []string{"html", "pdf", "xlsx"}
	l := &sendtest.Memory{}
	if _, err := newSender(t, l, mailTo(t, s), day).Deliver(t.Context(), run(), to); err != nil {
		t.Fatal(err)
	}
	m, err := netmail.ReadMessage(strings.NewReader(s.got[0].body))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Алматы облысы: 2026 жылғы қыркүйек (synthetic)" {
		t.Errorf("subject %q, %v", subject, err)
	}
	if at, err := m.Header.Date(); err != nil || !at.Equal(day()) {
		t.Errorf("date %v, %v, want that of the run", at, err)
	}
	if id, d := m.Header.Get("Message-ID"), only(t, l); id != "<"+d.MessageID+">" || !strings.HasSuffix(id, "@example.kz>") {
		t.Errorf("message id %s, ledger has %s", id, d.MessageID)
	}
	if got := m.Header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("Auto-Submitted %q", got)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	var parts []string
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err != nil {
			break
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if kind == "multipart/alternative" {
			for in := multipart.NewReader(p, params["boundary"]); ; {
				q, err := in.NextPart()
				if err != nil {
					break
				}
				kind, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type"))
				parts = append(parts, kind)
			}
			continue
		}
		parts = append(parts, kind+" "+p.FileName())
	}
	want := []string{"text/plain", "text/html", "application/pdf summary.pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet summary.xlsx"}
	if !slices.Equal(parts, want) {
		t.Errorf("parts %q, want %q", parts, want)
	}
}

func TestFormsAreRenderedOnceHoweverManyGetThem(t *testing.T) {
	t.Parallel()
	s := serveMail(t, serverOptions{}, nil)
	n := map[string]int{}
	r := forms{fail: func(r send.Request) error { n[r.Lang+" "+r.Format]++; return nil }}
	sender := send.New(&sendtest.Memory{}, map[string]send.Channel{"mail": mailTo(t, s)}, r, send.Options{Now: day})
	if _, err := sender.Deliver(t.Context(), run(), people(5)); err != nil {
		t.Fatal(err)
	}
	if want := map[string]int{"kk mail": 1, "kk pdf": 1, "kk markdown": 1}; !maps.Equal(n, want) {
		t.Errorf("rendered %v, want %v", n, want)
	}
}

func TestUnrenderedSummaryIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := serveMail(t, serverOptions{}, nil)
	down := true
	r := forms{fail: func(send.Request) error {
		if down {
			return errors.New("tables are out of reach")
		}
		return nil
	}}
	now := &clock{t: day()}
	sender := send.New(&sendtest.Memory{}, map[string]send.Channel{"mail": mailTo(t, s)}, r, send.Options{Now: now.now})
	if got, err := sender.Deliver(t.Context(), run(), people(1)); err != nil || got.Pending != 1 {
		t.Fatalf("%+v, %v, want pending", got, err)
	}
	down = false
	now.add(time.Hour)
	if got, err := sender.Deliver(t.Context(), run(), people(1)); err != nil || got.Sent != 1 {
		t.Fatalf("%+v, %v, want sent", got, err)
	}
	once(t, s, people(1))
}

func TestAnotherVintageIsAnotherSummary(t *testing.T) {
	t.Parallel()
	s := serveMail(t, serverOptions{}, nil)
	l := &sendtest.Memory{}
	sender := newSender(t, l, mailTo(t, s), day)
	again := run()
	again.AsOf = again.AsOf.Add(48 * time.Hour)
	again.Edition = send.EditionOf(again.AsOf)
	for _, r := range []send.Run{run(), again, run(), again} {
		if _, err := sender.Deliver(t.Context(), r, people(1)); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.counts()["akim00@example.kz"]; n != 2 {
		t.Errorf("%d messages of two vintages, want 2", n)
	}
	if s.got[0].id == s.got[1].id {
		t.Error("two vintages have one Message-ID")
	}
}

func TestRecipientsAreCheckedWhole(t *testing.T) {
	t.Parallel()
	good := people(1)[0]
	with := func(change func(*send.Recipient)) send.Recipient {
		r := good
		change(&r)
		return r
	}
	tests := []struct {
		name string
		r    send.Recipient
		want string // part of the fault; empty for none
	}{
		{"good", good, ""},
		{"plus", with(func(r *send.Recipient) { r.Address = "akim+auyl@mail.example.kz" }), ""},
		{"header", with(func(r *send.Recipient) { r.Address = "a@example.kz\r\nBcc: all@example.kz" }), "line break"},
		{"header, line feed alone", with(func(r *send.Recipient) { r.Address = "a@example.kz\nSubject: x" }), "line break"},
		{"two addresses", with(func(r *send.Recipient) { r.Address = "a@example.kz, b@example.kz" }), "not a bare address"},
		{"a name", with(func(r *send.Recipient) { r.Address = "Akim <a@example.kz>" }), "not a bare address"},
		{"no domain", with(func(r *send.Recipient) { r.Address = "akim" }), "not a bare address"},
		{"smtp command", with(func(r *send.Recipient) { r.Address = "a@example.kz>\tRCPT TO:<b@example.kz" }), "control character"},
		{"unquoted Cyrillic", with(func(r *send.Recipient) { r.Address = "әкім@example.kz" }), "Latin letters"},
		{"label", with(func(r *send.Recipient) { r.ID = "Akim 1" }), "label"},
		{"language", with(func(r *send.Recipient) { r.Langs = []string{"de"} }), "kk, ru and en"},
		{"format", with(func(r *send.Recipient) { r.Formats = []string{"exe"} }), "html, pdf"},
		{"folder outside", send.Recipient{ID: "x", Channel: "d", Kind: send.KindFolder, Address: "../etc", Langs: []string{"kk"}, Formats: []string{"pdf"}}, "leads upwards"},
		{"wildcard", send.Recipient{ID: "x", Channel: "n", Kind: send.KindNATS, Address: "sum.>", Langs: []string{"kk"}, Formats: []string{"json"}}, "without wildcards"},
		{"two forms in one call", send.Recipient{ID: "x", Channel: "w", Kind: send.KindWebhook, Address: "https://example.kz/push", Langs: []string{"kk"}, Formats: []string{"json", "pdf"}}, "one format"},
	}
	for _, tt := range tests {
		err := tt.r.Check()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	twice := []send.Recipient{good, with(func(r *send.Recipient) { r.ID, r.Address = "other", strings.ToUpper(good.Address) })}
	if err := send.CheckRecipients(twice); err == nil || !strings.Contains(err.Error(), "recipient other has the address of recipient akim-00") {
		t.Errorf("one address twice: %v", err)
	}
	s := serveMail(t, serverOptions{}, nil)
	bad := append(people(49), with(func(r *send.Recipient) { r.ID, r.Address = "bad", "a@example.kz\r\nBcc: all@example.kz" }))
	if _, err := newSender(t, &sendtest.Memory{}, mailTo(t, s), day).Deliver(t.Context(), run(), bad); err == nil || len(s.counts()) != 0 {
		t.Errorf("a list with an injection: %v and %d messages, want none sent", err, len(s.counts()))
	}
}

// titled is a renderer whose titles somebody had his hands on.
type titled struct{ title string }

func (r titled) Render(_ context.Context, q send.Request) (send.Form, error) {
	return send.Form{ContentType: "text/html\r\nX-Evil: 1", Name: "../../a\r\nb." + q.Format, Title: r.title, Bytes: []byte("x")}, nil
}

func TestTitleAndNamesBeginNoHeader(t *testing.T) {
	t.Parallel()
	s := serveMail(t, serverOptions{}, nil)
	sender := send.New(&sendtest.Memory{}, map[string]send.Channel{"mail": mailTo(t, s)}, titled{"Жиынтық\r\nBcc: all@example.kz\r\n\r\nbody"}, send.Options{Now: day})
	if got, err := sender.Deliver(t.Context(), run(), people(1)); err != nil || got.Sent != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	m, err := netmail.ReadMessage(strings.NewReader(s.got[0].body))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Жиынтық  Bcc: all@example.kz    body" || m.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, Bcc %q, %v", subject, m.Header.Get("Bcc"), err)
	}
	if strings.Contains(s.got[0].body, "\nX-Evil") || strings.Contains(s.got[0].body, "../") {
		t.Errorf("a header of its own, or a path:\n%s", s.got[0].body)
	}
}
