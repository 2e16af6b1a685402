package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/clickhouse/embedded"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/summary/schedule"
	"github.com/auyl-kz/auyl/summary/send"
)

// synthetic composes summaries of nothing: forms that say what they were asked for.
type synthetic struct{}

func (synthetic) Render(_ context.Context, r send.Request) (send.Form, error) {
	text := strings.Join([]string{"synthetic", r.Summary, r.Area.String(), r.Period.String(), r.Lang, r.Format, r.AsOf.Format(time.RFC3339Nano)}, " ")
	return send.Form{ContentType: "text/plain; charset=utf-8", Name: r.Lang + "." + r.Format, Title: text, Bytes: []byte(text)}, nil
}

func (synthetic) Missing(context.Context, schedule.Declaration, auyl.AreaCode, auyl.Period) ([]string, error) {
	return nil, nil
}

func (synthetic) Worth(context.Context, schedule.Declaration, auyl.AreaCode, auyl.Period) (bool, error) {
	return true, nil
}

func (synthetic) Declarations() []schedule.Declaration {
	return []schedule.Declaration{{
		Summary: "oblast-monthly", Version: 1, Areas: []auyl.AreaCode{190000000}, Freq: auyl.FreqMonth, Times: "0 9 5 * *",
		Zone: time.FixedZone("Almaty", 5*3600),
	}}
}

const summaryConfig = `
summaries:
  catcher: true
  channels:
    - {id: mail, kind: smtp, host: catcher.auyl, tls: none, from: auyl@example.kz, from_name: auyl}
    - {id: files, kind: folder}
    - {id: readers, kind: nats}
  recipients:
    - {id: akim, channel: mail, address: akim@example.kz, languages: [kk, ru], formats: [html, pdf]}
    - {id: archive, channel: files, address: oblast, languages: [kk], formats: [pdf]}
    - {id: portal, channel: readers, address: summary.oblast, languages: [kk], formats: [json]}
    - {id: deputy, channel: mail, address: deputy@example.kz, languages: [kk], formats: [html], summaries: [weekly]}
`

func count(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSummaryArrivesAndIsShown goes the whole way: schedule, ledger in NATS, mail
// catcher, folder, subject, tables, and a person's commands.
func TestSummaryArrivesAndIsShown(t *testing.T) {
	t.Parallel()
	if _, err := embedded.Locate(embedded.LocateOptions{}); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "auyl.yaml")
	if err := os.WriteFile(file, []byte(summaryConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) {
		if name == "AUYL_CLICKHOUSE_LISTEN" {
			return "127.0.0.1:0", true
		}
		return os.LookupEnv(name)
	}
	var out, log bytes.Buffer
	s := streams{in: strings.NewReader(""), out: &out, err: &log, env: env, prog: "auyl"}
	n, err := openNode(common{Data: filepath.Join(dir, "data"), Config: file, Log: "info"}, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
	})
	ctx := t.Context()
	if err := errors.Join(n.openStreams(ctx), n.openTables(ctx)); err != nil {
		t.Fatal(err)
	}
	if err := n.db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	sum, err := n.openSummarizer(ctx, synthetic{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second look finds nothing to do
		sched, err := sum.scheduler()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sched.Look(ctx); err != nil {
			t.Fatal(err)
		}
		if mails, files := count(t, n.mailDir()), count(t, n.dir("summaries")); mails != 2 || files != 1 {
			t.Fatalf("%d mails and %d files, want 2 and 1", mails, files)
		}
	}
	if last, err := n.conn.LastSeq(ctx, stream.Summaries); err != nil || last != 1 {
		t.Errorf("the stream has %d summaries, %v, want 1", last, err)
	}
	if strings.Contains(log.String(), "@example.kz recipient") || strings.Contains(log.String(), "akim@") {
		t.Errorf("the log tells an address:\n%s", &log)
	}
	shown, err := n.db.SummaryDeliveries(ctx, clickhouse.DeliveryQuery{})
	if err != nil || len(shown) != 4 {
		t.Fatalf("%d deliveries are shown, %v, want 4", len(shown), err)
	}
	for _, d := range shown {
		if d.State != "sent" || d.SHA256 == "" || d.Late {
			t.Errorf("shown: %+v, want sent and not late", d)
		}
	}

	out.Reset()
	if err := (&summaryHistoryCmd{common: common{Data: n.Data, Config: file, Log: "warn"}, Limit: 50, Format: "text"}).Run(ctx, s); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, " sent ") != 4 || !strings.Contains(got, "akim") || strings.Contains(got, "@example.kz") {
		t.Errorf("auyl summary history says\n%s\nwant four sent, by labels", got)
	}

	// A person sends the same to somebody else, and to somebody who has it.
	byHand := func(want string, to ...string) {
		t.Helper()
		out.Reset()
		c := summarySendCmd{ID: "oblast-monthly", Area: "190000000", Period: asPeople(shown[0].Period), To: to}
		if err := c.send(ctx, sum, s); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("auyl summary send says %q, want %q", &out, want)
		}
	}
	byHand("1 sent (0 of them before)", "deputy")
	byHand("3 sent (3 of them before)", "akim", "deputy")
	if mails := count(t, n.mailDir()); mails != 3 {
		t.Errorf("%d mails, want 3", mails)
	}
	c := summarySendCmd{ID: "oblast-monthly", Area: "190000000", Period: "2026-09", AsOf: "2026-10-05T09:00:00+05:00", To: []string{"deputy"}}
	for _, want := range []string{"1 sent (0 of them before)", "1 sent (1 of them before)"} {
		out.Reset()
		if err := c.send(ctx, sum, s); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("an edition: %q, %v, want %q", &out, err, want)
		}
	}

	// What cannot be sent is told as such.
	for _, bad := range []summarySendCmd{
		{ID: "oblast-montly", Area: "190000000", Period: "2026-09"},
		{ID: "oblast-monthly", Area: "19", Period: "2026-09"},
		{ID: "oblast-monthly", Area: "190000000", Period: "2026-13"},
		{ID: "oblast-monthly", Area: "190000000", Period: "2026-09", To: []string{"nobody"}},
		{ID: "oblast-monthly", Area: "190000000", Period: "2026-09", AsOf: "yesterday"},
	} {
		if err := bad.send(ctx, sum, s); exitOf(err) != exitUsage {
			t.Errorf("%+v: %v, want a fault of usage", bad, err)
		}
	}
	out.Reset()
	if err := (&summarySendCmd{Resolve: shown[0].Key, As: "sent"}).resolve(ctx, n, s); err == nil {
		t.Error("a sent delivery was resolved")
	}
	if err := (&summarySendCmd{Resolve: "dlv.no", As: "sent"}).resolve(ctx, n, s); err == nil || !strings.Contains(err.Error(), "auyl summary history") {
		t.Errorf("resolve of nothing: %v", err)
	}
}

// asPeople writes a month as people do.
func asPeople(p auyl.Period) string { return strings.Replace(p.String(), "-M", "-", 1) }

func exitOf(err error) int {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	return exitData
}
