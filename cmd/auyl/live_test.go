package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dropOnly makes a configuration that knows a drop folder and nothing else.
func (p *program) dropOnly(t *testing.T) (drop string) {
	t.Helper()
	dir := t.TempDir()
	drop = filepath.Join(dir, "drop")
	if err := os.Mkdir(drop, 0o750); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "auyl.yaml")
	if err := os.WriteFile(path, []byte("drop: {dirs: [drop], every: 100ms}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "AUYL_CONFIG="+path)
	return drop
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	part := filepath.Join(dir, name+".part")
	if err := os.WriteFile(part, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// until asks until the answer is the wanted one, or the test's time is up.
func (p *program) until(t *testing.T, sql, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		got := strings.ReplaceAll(strings.TrimSpace(p.must(t, "query", "--format", "csv", sql)), "\"", "")
		if got == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s = %q, want %q", sql, got, want)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

const smeHeader = "kato\tokrug\tperiod\tsme_registered\tsme_active\n"

func TestRunTakesWhatChangesAndStopsOnInterrupt(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	put(t, drop, "bns.sme@2026-09.csv", smeHeader+"195234000\tЖамбылский с.о.\t2026-09\t100\t80\n")
	start := func() (stop func()) {
		c := p.cmd(t, "run")
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var errs strings.Builder
		c.Stderr = &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		running := false
		for !running && lines.Scan() {
			running = strings.HasPrefix(lines.Text(), "Running:")
		}
		if !running {
			t.Fatalf("auyl run ended: %v\n%s", c.Wait(), &errs)
		}
		return func() {
			if err := c.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, out); err != nil {
				t.Error(err)
			}
			if err := c.Wait(); err != nil {
				t.Errorf("auyl run after Ctrl-C = %v, want exit 0\n%s", err, &errs)
			}
		}
	}
	const share = "SELECT value AS v FROM auyl.indicator_current WHERE indicator = 'sme_active_share' AND area = '195234000'"
	stop := start()
	p.until(t, share, "v\n80")
	put(t, drop, "bns.sme@2026-09-rev.csv", smeHeader+"195234000\tЖамбылский с.о.\t2026-09\t100\t90\n")
	p.until(t, share, "v\n90")
	if got := p.must(t, "query", "--format", "csv", "SELECT groupArray(value) AS v FROM (SELECT value FROM auyl.indicator_value WHERE indicator = 'sme_active_share' AND area = '195234000' ORDER BY recorded_at)"); !strings.Contains(got, "[80,90]") {
		t.Errorf("vintages = %s, want both", got)
	}
	// A second auyl on the same folder is told who has it.
	c := p.cmd(t, "run", "--once")
	var errs strings.Builder
	c.Stderr = &errs
	if err := c.Run(); err == nil || c.ProcessState.ExitCode() != exitUnreachable || !strings.Contains(errs.String(), "in use by another auyl") {
		t.Errorf("second auyl = %v, %s, want exit 3 and a reason", err, &errs)
	}
	stop()

	// The next start goes on: nothing is taken twice.
	stop = start()
	p.until(t, "SELECT count() AS n FROM auyl.flow", "n\n2")
	stop()
}

func TestBadInputEndsAsDeadLettersAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	for name, text := range map[string]string{
		"bns.sme@2026-09.csv":              smeHeader + "195234000\tа\t2026-09\t100\t80\n195234999\tа\t2026-09\t1\t1\n195235000\tа\t2026-09\tмного\t1\n195247000\tа\t2026-09\t-7\t1\n",
		"bns.sme@renamed.csv":              "kato\tokrug\tperiod\tsme_registred\tsme_active\n195234000\tа\t2026-08\t100\t80\n",
		"bns.sme@html.csv":                 "<!DOCTYPE html><title>вход</title>",
		"bns.sme@empty.csv":                smeHeader,
		"bns.unemployment_ilo@broken.xlsx": "PK\x03\x04 not a workbook",
		"letter.csv":                       "a;b\n1;2\n",
	} {
		put(t, drop, name, text)
	}
	if err := os.WriteFile(filepath.Join(drop, "bns.sme@2026-10.csv.part"), []byte(smeHeader+"1952"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "run", "--once") // exit 0: something could be used
	got := p.must(t, "query", "--format", "csv", "SELECT source, position, field, reason FROM auyl.dead_letter ORDER BY source, page, row")
	for _, want := range []string{
		`"bns.sme","line 3","kato","unknown_area"`, `"bns.sme","line 4","sme_registered","not_a_number"`, `"bns.sme","line 5","sme_registered","out_of_range"`,
		`"bns.sme","page","","missing_column"`, `"bns.sme","page","","page_html"`, `"bns.sme","page","","page_empty"`,
		`"bns.unemployment_ilo","page","","page_broken"`, `"drop.unclaimed","page","","no_contract"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("dead letters have no %s:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 9 {
		t.Errorf("%d dead letters, want 8:\n%s", n-1, got)
	}
	p.until(t, "SELECT value AS v FROM auyl.indicator_current WHERE indicator = 'sme_active_share' AND area = '195234000' AND period = '2026-M09'", "v\n80")
	p.until(t, "SELECT countIf(balance != 0) AS n FROM auyl.flow", "n\n0")
	if got := p.must(t, "dead", "ls"); !strings.Contains(got, "missing_column") {
		t.Errorf("auyl dead ls = %s", got)
	}
	if got := p.must(t, "dead", "show", "1"); !strings.Contains(got, "mend") || !strings.Contains(got, "auyl raw show") {
		t.Errorf("auyl dead show 1 = %s, want the mend and the raw object", got)
	}
}

func TestNothingUsableIsAnError(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	put(t, drop, "bns.sme@2026-09.csv", smeHeader+"195234999\tа\t2026-09\t1\t1\n")
	c := p.cmd(t, "run", "--once")
	var errs strings.Builder
	c.Stderr = &errs
	if err := c.Run(); err == nil || c.ProcessState.ExitCode() != exitData || !strings.Contains(errs.String(), "nothing could be used: 1 dead letters") {
		t.Errorf("auyl run --once = %v, %s, want exit 1 and the reason", err, &errs)
	}
}

// TestInterruptAtAnyMomentEndsWell sends Ctrl-C at random moments of the start
// and of the first pull, over and over; the work is then finished.
func TestInterruptAtAnyMomentEndsWell(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	for i := range 9 {
		put(t, drop, fmt.Sprintf("bns.sme@2026-%02d.csv", i+1), fmt.Sprintf("%s195234000\tа\t2026-%02d\t100\t%d\n", smeHeader, i+1, i))
	}
	for i := range 8 {
		c := p.cmd(t, "run", "--once")
		var errs strings.Builder
		c.Stderr = &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		at := time.AfterFunc(time.Duration(100+i*250)*time.Millisecond, func() { _ = c.Process.Signal(syscall.SIGINT) })
		if err := c.Wait(); err != nil {
			t.Errorf("interrupt %d: %v\n%s", i, err, &errs)
		}
		at.Stop()
	}
	p.must(t, "run", "--once")
	p.until(t, "SELECT count() AS n, sum(observations) AS o FROM auyl.flow", "n,o\n9,18")
}

func TestLostTablesAreFilledAgainFromTheStreams(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	put(t, drop, "bns.sme@2026-09.csv", smeHeader+"195234000\tа\t2026-09\t100\t80\n")
	p.must(t, "run", "--once")
	want := p.tables(t)
	if err := os.RemoveAll(filepath.Join(p.data, "clickhouse")); err != nil {
		t.Fatal(err)
	}
	p.must(t, "run", "--once") // asks again: that is one more row of ingest_run for each source
	got := p.tables(t)
	for table := range want {
		if !strings.HasPrefix(table, "ingest_run") && got[table] != want[table] {
			t.Errorf("%s = %s after its loss, want %s", table, got[table], want[table])
		}
	}
}
