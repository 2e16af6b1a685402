package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// putSME puts down nine months of figures, of which one record is refused.
func putSME(t *testing.T, drop string) {
	t.Helper()
	for m := 1; m <= 9; m++ {
		text := smeHeader
		for i := range 14 {
			text += fmt.Sprintf("1952%02d000\tа\t2026-%02d\t%d\t%d\n", 30+i, m, 100+i, 50+m+i)
		}
		put(t, drop, fmt.Sprintf("bns.sme@2026-%02d.csv", m), text+"195234999\tа\t2026-01\t1\t1\n")
	}
}

// reader asks the engine of a running auyl over HTTP.
type reader struct{ file string }

// ask returns an answer, or false where no engine runs.
func (r reader) ask(t *testing.T, sql string) (string, bool) {
	t.Helper()
	var ep endpoint
	b, err := os.ReadFile(r.file)
	if err != nil || json.Unmarshal(b, &ep) != nil {
		return "", false
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ep.ReaderDSN, strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", false // it is not up yet, or not any more
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", false
	}
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", sql, text)
	}
	return strings.TrimSpace(string(text)), true
}

// TestNoReaderSeesHalfOfARebuild rebuilds under another formula, which leaves out
// the vintages of the old one, while somebody asks all the time: each answer is the
// old whole or the new one.
func TestNoReaderSeesHalfOfARebuild(t *testing.T) {
	t.Parallel()
	p := build(t)
	dir := t.TempDir()
	for _, part := range []string{"areas", "series", "indicators", "contracts"} {
		if err := os.CopyFS(filepath.Join(dir, "schemas", part), os.DirFS("../../schemas/"+part)); err != nil {
			t.Fatal(err)
		}
	}
	parameters, err := os.ReadFile("../../schemas/parameters.yaml")
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "schemas"), "parameters.yaml", string(parameters))
	put(t, dir, "auyl.yaml", "drop: {dirs: [drop], every: 100ms}\nschemas: schemas\n")
	if err := os.Mkdir(filepath.Join(dir, "drop"), 0o750); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "AUYL_CONFIG="+filepath.Join(dir, "auyl.yaml"))
	putSME(t, filepath.Join(dir, "drop"))
	p.must(t, "run", "--once")
	const ask = "SELECT count(), sum(cityHash64(*)) FROM auyl.indicator_value FINAL"

	otherFormula(t, filepath.Join(dir, "schemas", "indicators", "business.yaml"))
	// The old cells are computed again, as a new vintage behind the old one.
	p.must(t, "run", "--once")
	p.until(t, "SELECT groupArray((formula_version, value)) AS v FROM (SELECT formula_version, value FROM auyl.indicator_value "+
		"WHERE indicator = 'sme_active_share' AND area = '195234000' AND period_start = '2026-08-01' ORDER BY recorded_at)", "v\n[(1,59.61538461538461),(2,40.38461538461539)]")
	p.until(t, "SELECT count() AS n, uniqExact(recorded_at) AS v, groupUniqArray(formula_version) AS f FROM auyl.indicator_current WHERE indicator = 'sme_active_share' AND level = 'district'", "n,v,f\n9,1,[2]")
	p.must(t, "run", "--once") // asks for nothing more
	p.until(t, "SELECT count() AS n FROM auyl.indicator_value WHERE indicator = 'sme_active_share' AND area = '195234000'", "n\n18")
	was := p.must(t, "query", "--format", "csv", ask)

	c := p.cmd(t, "rebuild")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	answers := map[string]int{}
	r := reader{filepath.Join(p.data, "engine.json")}
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("auyl rebuild: %v\n%s", err, &out)
			}
			running = false
		case <-time.After(time.Millisecond):
			if got, ok := r.ask(t, ask); ok {
				answers[got]++
			}
		}
	}
	if !strings.Contains(out.String(), "differs") {
		t.Errorf("auyl rebuild said\n%s\nwant that cells differ", &out)
	}
	is := p.must(t, "query", "--format", "csv", ask)
	whole := map[string]bool{}
	for _, text := range []string{was, is} {
		_, row, _ := strings.Cut(strings.TrimSpace(text), "\n")
		whole[strings.ReplaceAll(row, ",", "\t")] = true
	}
	if len(whole) != 2 {
		t.Fatalf("before %s, after %s: want another content", was, is)
	}
	total := 0
	for a, n := range answers {
		if total += n; !whole[a] {
			t.Errorf("%d readers saw %s, want one of %v", n, a, whole)
		}
	}
	if total < 50 {
		t.Errorf("%d answers during the rebuild, want 50", total)
	}
	t.Logf("%d answers: %v", total, answers)
}

// otherFormula gives sme_active_share another formula under the next version.
func otherFormula(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, tail, ok := strings.Cut(string(b), "id: sme_active_share")
	const old, other = `numerator: "sme_active"`, `numerator: "sme_registered - sme_active"`
	if !ok || !strings.Contains(tail, old) {
		t.Fatalf("%s: sme_active_share has another formula now: change this test", file)
	}
	tail = strings.Replace(strings.Replace(tail, old, other, 1), "version: 1", "version: 2", 1)
	put(t, filepath.Dir(file), filepath.Base(file), head+"id: sme_active_share"+tail)
}

// content is a fingerprint of all tables, by one question.
func (p *program) content(t *testing.T) string {
	t.Helper()
	var parts []string
	for _, table := range []string{"observation", "event", "indicator_value", "dead_letter", "flow", "ingest_run"} {
		parts = append(parts, fmt.Sprintf("SELECT '%s' AS name, count() AS n, sum(cityHash64(*)) AS h FROM auyl.%s", table, table))
	}
	return p.must(t, "query", "--format", "csv", "SELECT name, n, h FROM ("+strings.Join(parts, " UNION ALL ")+") ORDER BY name")
}

// TestBrokenOffRebuildChangesNothingAndIsFinished kills a rebuild while it builds,
// and leaves another one in the middle of being put in place.
func TestBrokenOffRebuildChangesNothingAndIsFinished(t *testing.T) {
	t.Parallel()
	p := build(t)
	putSME(t, p.dropOnly(t))
	p.must(t, "run", "--once")
	want := p.content(t)
	for _, after := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond, 2500 * time.Millisecond} {
		c := p.cmd(t, "rebuild")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		at := time.AfterFunc(after, func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
		t.Logf("killed after %v: %v", after, c.Wait())
		at.Stop()
	}
	if d := cmp.Diff(want, p.content(t)); d != "" {
		t.Errorf("tables (-before +broken off):\n%s", d)
	}

	p.stopHalfway(t)
	c := p.cmd(t, "run", "--once")
	if out, err := c.CombinedOutput(); err == nil || c.ProcessState.ExitCode() != exitData || !bytes.Contains(out, []byte("auyl rebuild --data")) {
		t.Errorf("auyl run over half a rebuild = %v, %s, want exit 1 and what finishes it", err, out)
	}
	p.must(t, "rebuild")
	if d := cmp.Diff(want, p.content(t)); d != "" {
		t.Errorf("tables (-before +rebuilt):\n%s", d)
	}
	if _, err := os.Stat(filepath.Join(p.data, "rebuild")); err == nil {
		t.Error("the folder of the rebuild is still there")
	}
	p.must(t, "run", "--once") // goes on from the new streams, and takes no file twice
	p.until(t, "SELECT count() AS n, sum(records_in) AS r FROM auyl.flow", fmt.Sprintf("n,r\n9,%d", 9*15))
}

// stopHalfway does what auyl rebuild does, up to the middle of its last step.
func (p *program) stopHalfway(t *testing.T) {
	t.Helper()
	env := map[string]string{}
	for _, kv := range p.env {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	n, err := openNode(common{Data: p.data, Config: env["AUYL_CONFIG"], Log: "warn"}, streams{err: io.Discard, out: io.Discard, env: lookup})
	if err != nil {
		t.Fatal(err)
	}
	n.rebuilds, n.log = true, slog.New(slog.DiscardHandler)
	defer func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	must(n.lock("run"))
	must(n.openArchive(ctx))
	must(n.openTables(ctx))
	must(n.db.Migrate(ctx))
	pl, err := n.plan(ctx, false)
	must(err)
	must(n.buildAside(ctx, pl, nil))
	pl.Phase = phasePlace
	must(n.writePlan(pl))
	must(n.db.Exec(ctx, "EXCHANGE TABLES ingest_run AND ingest_run_rebuild"))
	must(n.db.Exec(ctx, "EXCHANGE TABLES flow AND flow_rebuild"))
	must(os.Rename(n.dir("nats"), n.rebuildDir("old-nats")))
}

// TestStreamsAreMadeAgainFromTheArchiveAlone loses streams, memory and tables.
func TestStreamsAreMadeAgainFromTheArchiveAlone(t *testing.T) {
	t.Parallel()
	p := build(t)
	putSME(t, p.dropOnly(t))
	p.must(t, "run", "--once")
	want := p.content(t)
	if got := p.must(t, "raw", "verify"); !strings.Contains(got, "entries as in RAW\n") {
		t.Errorf("auyl raw verify = %s, want the whole journal", got)
	}
	for _, lost := range []string{"nats", "state", "clickhouse"} {
		if err := os.RemoveAll(filepath.Join(p.data, lost)); err != nil {
			t.Fatal(err)
		}
	}
	c := p.cmd(t, "run", "--once")
	if out, err := c.CombinedOutput(); err == nil || c.ProcessState.ExitCode() != exitData || !bytes.Contains(out, []byte("--from-archive")) {
		t.Errorf("auyl run without its streams = %v, %s, want exit 1 and what makes them again", err, out)
	}
	p.must(t, "rebuild", "--from-archive")
	if d := cmp.Diff(want, p.content(t)); d != "" {
		t.Errorf("tables (-before +from the archive):\n%s", d)
	}
	p.must(t, "run", "--once") // takes no file twice
	p.until(t, "SELECT count() AS n, sum(records_in) AS r FROM auyl.flow", fmt.Sprintf("n,r\n9,%d", 9*15))
}
