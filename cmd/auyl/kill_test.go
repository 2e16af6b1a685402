package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

// program runs auyl in a process of its own, over one data folder.
type program struct {
	bin, data string
	env       []string
}

// build returns auyl over a new data folder: the test binary, which stands for it.
func build(t *testing.T) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{bin: self, data: filepath.Join(t.TempDir(), "data")}
	engine, err := embedded.Locate(embedded.LocateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Abs("../../examples/almaty/auyl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const same = "the same for every folder of a test"
	p.env = append(os.Environ(), asProgram+"=1", "AUYL_CLICKHOUSE="+engine.Path, "AUYL_CLICKHOUSE_LISTEN=127.0.0.1:0", "AUYL_CONFIG="+config, "AUYL_HASH_KEY="+same, "AUYL_SEAL_KEY="+same)
	return p
}

func (p *program) cmd(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), p.bin, args...)
	c.Env = append(slices.Clone(p.env), "AUYL_DATA="+p.data)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a kill reaches auyl and its engine, nobody else
	return c
}

func (p *program) must(t *testing.T, args ...string) string {
	t.Helper()
	c := p.cmd(t, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("auyl %s: %v\n%s", strings.Join(args, " "), err, &errs)
	}
	return out.String()
}

// tables gives a fingerprint of each table that does not depend on when things
// were recorded, and depends on everything else, as rows lie and with FINAL.
func (p *program) tables(t *testing.T) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, table := range []string{"observation", "event", "indicator_value", "dead_letter", "flow", "ingest_run"} {
		for _, final := range []string{"", " FINAL"} {
			got[table+final] = strings.TrimSpace(p.must(t, "query", "--format", "csv",
				fmt.Sprintf("SELECT count() AS n, sum(cityHash64(* EXCEPT (recorded_at, released_at, started_at, finished_at, seen_at, bytes))) AS h FROM auyl.%s%s", table, final)))
		}
	}
	return got
}

// TestKilledRunsEndAsAnUnharmedOne kills auyl and its engine at twenty random
// moments of one round over more than a million observations. What is then in the
// tables equals, to the row and to the bit, what a round without kills leaves.
func TestKilledRunsEndAsAnUnharmedOne(t *testing.T) {
	if testing.Short() {
		t.Skip("twenty kills take minutes: make test")
	}
	p := build(t)
	p.env = append(p.env, "AUYL_SIMULATE_CUTS=170", "AUYL_SIMULATE_MONTHS=4")
	began := time.Now()
	p.must(t, "run", "--once")
	took := time.Since(began)
	want := p.tables(t)
	if n := p.number(t, "SELECT count() AS n FROM auyl.observation"); n < 1_000_000 {
		t.Fatalf("%d observations, want a million", n)
	}

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d; an unharmed round took %v", seed, took)
	rnd := rand.New(rand.NewPCG(seed, 0))
	p.data += "-killed"
	kills, finished := 0, false
	for !finished && kills < 20 {
		c := p.cmd(t, "run", "--once")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// The moment is what is tested: from the first instant on, up to where a
		// twentieth of the work is done besides starting.
		at := time.AfterFunc(time.Duration(rnd.Int64N(int64(2*time.Second+took/12))), func() {
			if err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL); err != nil {
				t.Logf("kill: %v", err)
			}
		})
		finished = c.Wait() == nil
		if !at.Stop() && !finished {
			kills++
		}
	}
	t.Logf("%d kills, finished before the next: %v", kills, finished)
	if kills < 8 {
		t.Errorf("%d kills, want at least 8: the round ended too early", kills)
	}
	if !finished {
		p.must(t, "run", "--once")
	}
	if d := cmp.Diff(want, p.tables(t)); d != "" {
		t.Errorf("tables after %d kills (-unharmed +killed):\n%s", kills, d)
	}
}

// number asks for one number.
func (p *program) number(t *testing.T, sql string) int {
	t.Helper()
	_, text, _ := strings.Cut(strings.TrimSpace(p.must(t, "query", "--format", "csv", sql)), "\n")
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}
