package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/stream"
	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

// onePage is a door with one page.
type onePage ingest.Page

func (p onePage) Pages(_ context.Context, _ func(string) ingest.Known, emit func(ingest.Page) error, _ func(string)) error {
	return emit(ingest.Page(p))
}

// kept is a data folder with pages of bns.sme, pulled on given days and decoded,
// without tables and without a pipeline.
type kept struct{ data, config string }

type delivery struct{ day, key, body string }

func keep(t *testing.T, contractLine string, pages ...delivery) kept {
	t.Helper()
	const source = "bns.sme"
	dir := t.TempDir()
	k := kept{data: filepath.Join(dir, "data"), config: filepath.Join(dir, "auyl.yaml")}
	if err := os.WriteFile(k.config, []byte("schemas: "+schemasWith(t, source, contractLine)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := archive.Open(filepath.Join(k.data, "raw"))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := natsembedded.Start(t.Context(), natsembedded.Options{Dir: filepath.Join(k.data, "nats")})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	nc, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := stream.Wrap(nc, stream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := stream.Ensure(t.Context(), conn, stream.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, d := range pages {
		raw, err := ingest.OpenRaw(t.Context(), conn, source)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, d.day)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ingest.NewPuller(ingest.Source{ID: source, Door: onePage{Key: d.key, Body: []byte(d.body)}}, raw, store,
			ingest.NewClock(func() time.Time { return day }), ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Pull(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	last, err := conn.LastSeq(t.Context(), stream.Raw)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := conn.OpenFrames(t.Context(), stream.Data, nil, "cur.decode", 1, stream.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- ingest.NewLoop(conn, ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{}), store).Run(ctx)
	}()
	for at := uint64(0); at < last; {
		f, err := frames.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at = f.Cursor.InputSeq
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return k
}

// raw runs auyl raw and returns both outputs and the exit code.
func (k kept) raw(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var b bytes.Buffer
	all := append([]string{"raw"}, args...)
	code = run(t.Context(), append(all, "--data", k.data, "--config", k.config),
		streams{out: &b, err: &b, env: func(string) (string, bool) { return "", false }, prog: "auyl"})
	return b.String(), code
}

func (k kept) path(body, suffix string) string {
	sum := sha256.Sum256([]byte(body))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(k.data, "raw", name[:2], name+suffix)
}

func (k kept) want(t *testing.T, args string, code int, parts ...string) {
	t.Helper()
	out, got := k.raw(t, strings.Fields(args)...)
	if got != code {
		t.Fatalf("auyl raw %s: exit %d, want %d\n%s", args, got, code, out)
	}
	for _, p := range parts {
		if !strings.Contains(out, p) {
			t.Errorf("auyl raw %s: no %q in\n%s", args, p, out)
		}
	}
}

func TestPruneTakesReplacedPagesAndVerifyKnowsIt(t *testing.T) {
	t.Parallel()
	today := time.Now().UTC().Format(time.DateOnly)
	k := keep(t, "retention_days: 30",
		delivery{"2020-01-01", "bns.sme@2019.csv", "first"},
		delivery{"2020-02-01", "bns.sme@2019.csv", "second"},
		delivery{"2020-03-01", "bns.sme@2019.csv", "third"},
		delivery{"2020-03-02", "bns.sme@2018.csv", "alone"},
		delivery{today, "bns.sme@now.csv", "young"},
		delivery{today, "bns.sme@now.csv", "younger"},
		delivery{today, "bns.sme@copy.csv", "first"}, // old bytes that are the newest of another name
	)
	k.want(t, "ls --limit 0", 0, "bns.sme@2019.csv", "bns.sme@copy.csv", "open", "2020-01-01 00:00:00Z")
	k.want(t, "prune", 0, k.path("second", ".zst"), "1 objects would be removed", "--yes")
	if _, err := os.Stat(k.path("second", ".zst")); err != nil {
		t.Fatalf("a dry run removed it: %v", err)
	}
	k.want(t, "prune --yes", 0, "1 objects removed")
	k.want(t, "prune --yes", 0, "0 objects removed")
	if _, err := os.Stat(k.path("second", ".zst")); !os.IsNotExist(err) {
		t.Errorf("the replaced page is still there: %v", err)
	}
	for _, body := range []string{"first", "third", "alone", "young", "younger"} {
		if _, err := os.Stat(k.path(body, ".zst")); err != nil {
			t.Errorf("%s was removed: %v", body, err)
		}
	}
	k.want(t, "verify", 0, "5 objects, 27 bytes: 5 sound, 0 faults")
	k.want(t, "ls --limit 0 --format json", 0, `"form": "gone"`)
	sum := sha256.Sum256([]byte("second"))
	k.want(t, fmt.Sprintf("show %x", sum), 1, "let go on "+today, "retention_days")
}

func TestNothingIsPrunedForEver(t *testing.T) {
	t.Parallel()
	k := keep(t, "retention_days: 0", delivery{"2020-01-01", "bns.sme@a.csv", "first"}, delivery{"2020-02-01", "bns.sme@a.csv", "second"})
	k.want(t, "prune --yes", 0, "0 objects removed")
}

func TestVerifyNamesFileAndMend(t *testing.T) {
	t.Parallel()
	k := keep(t, "raw: keep", delivery{"2020-01-01", "bns.sme@a.csv", "whole"}, delivery{"2020-01-01", "bns.sme@b.csv", "spoilt"}, delivery{"2020-01-01", "bns.sme@c.csv", "lost"})
	k.want(t, "verify", 0, "3 sound, 0 faults")
	b, err := os.ReadFile(k.path("whole", ".zst"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(k.path("spoilt", ".zst"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(k.path("lost", ".zst")); err != nil {
		t.Fatal(err)
	}
	k.want(t, "verify", 1, k.path("spoilt", ".zst")+": damaged (it holds other bytes): restore",
		k.path("lost", ".zst")+": missing (bns.sme, page bns.sme@c.csv, recorded 2020-01-01", "2 objects, 10 bytes: 1 sound, 2 faults")
	k.want(t, "ls", 0, "missing")
}

func TestPagesInTheOpenAreSealedLater(t *testing.T) {
	t.Parallel()
	k := keep(t, "raw: sealed", delivery{"2020-01-01", "bns.sme@a.csv", "whole"})
	k.want(t, "verify", 1, k.path("whole", ".zst")+": in the open, and the contract of bns.sme says otherwise: auyl raw seal")
	k.want(t, "seal", 0, "1 objects sealed")
	k.want(t, "seal", 0, "0 objects sealed")
	k.want(t, "verify", 0, "1 sound, 0 faults")
	if _, err := os.Stat(k.path("whole", ".zst")); !os.IsNotExist(err) {
		t.Errorf("the open object is still there: %v", err)
	}
	sum := sha256.Sum256([]byte("whole"))
	k.want(t, fmt.Sprintf("show %x", sum), 1, "--unseal")
	if out, code := k.raw(t, "show", hex.EncodeToString(sum[:]), "--unseal"); out != "whole" || code != 0 {
		t.Errorf("raw show --unseal = %q, exit %d", out, code)
	}
	if err := os.Rename(filepath.Join(k.data, "archive.key"), filepath.Join(k.data, "moved.key")); err != nil {
		t.Fatal(err)
	}
	k.want(t, fmt.Sprintf("show %x --unseal", sum), 1, "archive.identity_file")
	k.want(t, "verify", 0, "0 sound, 0 faults, 1 sealed and not read")
}

func TestPruneWaitsForNobody(t *testing.T) {
	t.Parallel()
	k := keep(t, "retention_days: 30", delivery{"2020-01-01", "bns.sme@a.csv", "first"})
	n := &node{common: common{Data: k.data}}
	if err := n.lock("ingest"); err != nil {
		t.Fatal(err)
	}
	k.want(t, "prune --yes", exitUnreachable, "in use by another auyl ingest")
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
}
