package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

// past is a publisher that has a file for each month.
type past struct {
	mu    sync.Mutex
	asked []string
	away  string // a month for which it does not answer
}

func (p *past) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	month := r.URL.Query().Get("from")
	p.asked = append(p.asked, month)
	if month == p.away {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	fmt.Fprintf(w, "kato;day;value\n195234000;%s;200\n195235000;%s;150\n", month, month)
}

func (p *past) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := strings.Join(p.asked, " ")
	p.asked = nil
	return s
}

const filledContract = `id: mio.filled
version: 1
title: {ru: Моё, kk: Менікі, en: Mine}
license: none
origin: real
rank: self_reported
format: csv
area: {field: kato, by: code, within: "190000000"}
period: {field: day, freq: D}
fields:
  kato: {type: text, required: true, harmless: true}
  day: {type: period, required: true, harmless: true}
  value: {type: number, min: 0, harmless: true}
measures:
  - {series: population_end, value: value}
`

// commands runs the program in this process, against streams that a test serves.
type commands struct {
	dir, url string
}

func newCommands(t *testing.T, sources string) *commands {
	t.Helper()
	c := &commands{dir: t.TempDir()}
	if err := os.CopyFS(filepath.Join(c.dir, "mine"), os.DirFS("../../schemas")); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("mine/contracts/mio.filled.yaml", filledContract)
	write("auyl.yaml", "schemas: mine\nweb: {allow_private: [127.0.0.1], per_second: 100}\nsources:\n"+sources)
	srv, err := natsembedded.Start(t.Context(), natsembedded.Options{Dir: filepath.Join(c.dir, "nats-of-others"), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	c.url = srv.ClientURL()
	return c
}

// call runs a command and returns its exit code and what it said.
func (c *commands) call(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	args = append(args, "--data", filepath.Join(c.dir, "data"), "--config", filepath.Join(c.dir, "auyl.yaml"))
	env := func(name string) (string, bool) {
		if name == "AUYL_NATS_URL" {
			return c.url, true
		}
		return "", false
	}
	code = run(t.Context(), args, streams{out: &o, err: &e, env: env, prog: "auyl"})
	return code, o.String(), e.String()
}

func (c *commands) want(t *testing.T, code int, want string, args ...string) {
	t.Helper()
	got, out, errs := c.call(t, args...)
	if got != code || !strings.Contains(out+errs, want) {
		t.Errorf("%v: exit %d, want %d and %q\n%s%s", args, got, code, want, out, errs)
	}
}

func TestBackfillPauseAndLeaseAtStreamsOfOthers(t *testing.T) {
	t.Parallel()
	p := &past{away: "2024-03-01"}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := newCommands(t, fmt.Sprintf(`  - id: mio.filled
    urls: ["%[1]s/now?from=2026-01-01"]
    schedule: "0 6 * * *"
    backfill: {url: "%[1]s/past?from={from}&to={to}"}
  - id: bns.taldau_wage
    urls: ["%[1]s/wage"]
    schedule: "0 6 * * *"
`, srv.URL))

	c.want(t, 0, "2024-M02 "+srv.URL+"/past?from=2024-02-01&to=2024-02-29", "backfill", "mio.filled", "--from", "2024", "--to", "2024-M04", "--dry")
	c.want(t, exitData, "no address for its past", "backfill", "bns.taldau_wage", "--from", "2024", "--to", "2024")
	c.want(t, exitData, "comes as files", "backfill", "bns.sme", "--from", "2024", "--to", "2024")
	c.want(t, exitUsage, "--to 2023 is before --from 2024", "backfill", "mio.filled", "--from", "2024", "--to", "2023")
	c.want(t, exitUsage, "--from", "backfill", "mio.filled", "--from", "spring", "--to", "2023")

	// The first ingest makes the streams and pulls what is published now.
	c.want(t, 0, "", "ingest", "--once")
	if got := p.take(); !strings.Contains(got, "2026-01-01") {
		t.Errorf("ingest asked for %q", got)
	}

	// Broken off at a range, it goes on there.
	fill := []string{"backfill", "mio.filled", "--from", "2024", "--to", "2024-M04", "--pause", "0s"}
	c.want(t, exitUnreachable, "range 2024-M03", fill...)
	if got, want := p.take(), "2024-01-01 2024-02-01 2024-03-01"; got != want {
		t.Errorf("asked for %q, want %q", got, want)
	}
	p.away = ""
	c.want(t, 0, "taken up at range 3 of 4\nmio.filled/backfill-2: ok, 4 ranges, 2 page(s)", fill...)
	if got, want := p.take(), "2024-03-01 2024-04-01"; got != want {
		t.Errorf("asked for %q, want %q", got, want)
	}
	// Live pulls go on beside it: their fence was not touched.
	c.want(t, 0, "", "ingest", "--once")
	c.want(t, 0, "mio.filled", "raw", "ls", "--source", "mio.filled")

	// A pause is durable, is seen by the next ingest, and is told of twice.
	p.take()
	c.want(t, 0, "mio.filled is paused", "source", "pause", "mio.filled", "--by", "aigul", "--reason", "they move")
	c.want(t, 0, "paused already: paused by aigul", "source", "pause", "mio.filled", "--by", "dauren")
	c.want(t, exitData, "did you mean", "source", "pause", "mio.filed")
	c.want(t, 0, "", "ingest", "--once")
	if got := p.take(); strings.Contains(got, "2026-01-01") {
		t.Errorf("a paused source was asked: %q", got)
	}
	c.want(t, 0, "asked again; it was paused by aigul", "source", "resume", "mio.filled")
	c.want(t, 0, "was not paused", "source", "resume", "mio.filled")
	c.want(t, 0, "", "ingest", "--once")
	if got := p.take(); !strings.Contains(got, "2026-01-01") {
		t.Errorf("after it was resumed, asked for %q", got)
	}

	// While another ingest has the lease, this one does nothing.
	cfg, err := (&common{Data: c.dir, Config: filepath.Join(c.dir, "auyl.yaml")}).load(streams{env: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	cfg.NATS.URL = c.url
	other := &node{common: common{Data: c.dir}, cfg: cfg, log: (&common{Log: "error"}).logger(streams{err: &bytes.Buffer{}})}
	if err := other.readStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := other.conn.AcquireLease(t.Context(), "ingest", "host-b", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c.want(t, exitUnreachable, "another auyl ingests (host-b)", "ingest", "--once")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := other.close(); err != nil {
		t.Error(err)
	}
	c.want(t, 0, "", "ingest", "--once")
}

func TestTheBarAndTheEstimateGoByWhatIsDone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{bar(0, 40), "[....................] 0 of 40"},
		{bar(10, 40), "[#####...............] 10 of 40"},
		{bar(40, 40), "[####################] 40 of 40"},
		{estimate(0, 40, time.Hour), ""},
		{estimate(40, 0, time.Hour), ""},
		{estimate(10, 30, 10*time.Minute), ", about 30m left"},
		{estimate(10, 30, 10*time.Second), ", less than a minute left"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
