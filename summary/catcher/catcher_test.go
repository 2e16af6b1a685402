package catcher_test

import (
	"context"
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary/catcher"
	"github.com/auyl-kz/auyl/summary/send"
	"github.com/auyl-kz/auyl/summary/send/sendtest"
)

type form struct{}

func (form) Render(_ context.Context, r send.Request) (send.Form, error) {
	return send.Form{ContentType: "text/html; charset=utf-8", Name: "s." + r.Format, Title: "Жиынтық (synthetic)", Bytes: []byte("<p>Synthetic</p>")}, nil
}

func TestCatcherKeepsWhatIsSent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	c, err := catcher.Start(t.Context(), "127.0.0.1:0", dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	m, err := send.NewMail(send.MailOptions{Host: "127.0.0.1", Port: c.Port(), TLS: "none", From: "auyl@example.kz"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 5, 4, 0, 0, 0, time.UTC)
	run := send.Run{Summary: "oblast-monthly", Area: 190000000, Period: auyl.NewPeriod(auyl.FreqMonth, auyl.DayOf(at)), OpenedAt: at, AsOf: at}
	to := []send.Recipient{
		{ID: "a", Channel: "m", Kind: send.KindMail, Address: "a@example.kz", Langs: []string{"kk", "ru"}, Formats: []string{"html"}},
		{ID: "b", Channel: "m", Kind: send.KindMail, Address: "b@example.kz", Langs: []string{"kk"}, Formats: []string{"html"}},
	}
	got, err := send.New(&sendtest.Memory{}, map[string]send.Channel{"m": m}, form{}, send.Options{}).Deliver(t.Context(), run, to)
	if err != nil || got.Sent != 3 {
		t.Fatalf("%+v, %v, want 3 sent", got, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("files %v, %v, want 3", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := mail.ReadMessage(strings.NewReader(string(b)))
		if err != nil || msg.Header.Get("Message-ID") == "" || !strings.HasPrefix(filepath.Base(f), "20261005T040000Z-") {
			t.Errorf("%s: %v", filepath.Base(f), err)
		}
	}
}

func TestCatcherIsForThisMachineAlone(t *testing.T) {
	t.Parallel()
	if c, err := catcher.Start(t.Context(), "0.0.0.0:0", t.TempDir(), slog.New(slog.DiscardHandler)); err == nil {
		_ = c.Close()
		t.Error("a catcher that others reach was started")
	}
}
