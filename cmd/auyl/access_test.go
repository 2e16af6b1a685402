package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAccessRegisterSaysWhoWasAskedAndWhatTheyAnswered asks a register that answers,
// one that refuses and one that breaks, twice.
func TestAccessRegisterSaysWhoWasAskedAndWhatTheyAnswered(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the pipeline twice: make test")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/refuses":
			http.Error(w, "this key has no rights", http.StatusForbidden)
		case "/breaks":
			http.Error(w, "no", http.StatusNotFound)
		default:
			_, _ = io.WriteString(w, smeHeader+"195234000\tЖамбылский с.о.\t2026-09\t100\t80\n")
		}
	}))
	t.Cleanup(srv.Close)
	p := build(t)
	p.dropOnly(t)
	sources := ""
	for _, s := range [][2]string{{"bns.sme", "bns.sme@2026-09.csv"}, {"mio.infrastructure", "refuses"}, {"eco.waste", "breaks"}} {
		sources += fmt.Sprintf("  - {id: %s, urls: [\"%s/%s\"], schedule: \"0 6 * * *\"}\n", s[0], srv.URL, s[1])
	}
	config := filepath.Join(t.TempDir(), "auyl.yaml")
	if err := os.WriteFile(config, []byte("quality: true\nweb: {allow_private: [127.0.0.1], per_second: 100}\nsources:\n"+sources), 0o600); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "AUYL_CONFIG="+config)
	const asked = `SELECT extract(dims, '^register=(.*)$') AS register, sumIf(value, series = 'register_requests') AS asked, sumIf(value, series = 'register_requests_answered') AS answered,
		sumIf(value, series = 'register_requests_refused') AS refused, sumIf(value, series = 'register_seconds_total') > 0 AS seconds
		FROM observation_current WHERE source = 'platform.access' GROUP BY register ORDER BY register`
	month := time.Now()
	for round := 1; round <= 2; round++ {
		out, err := p.cmd(t, "run", "--once").CombinedOutput()
		if p.number(t, "SELECT count() AS n FROM auyl.ingest_run WHERE source = 'bns.sme'") != round {
			t.Fatalf("round %d: %v\n%s", round, err, out)
		}
		if then := time.Now(); then.Format("2006-01") != month.Format("2006-01") {
			t.Skip("a month ended meanwhile: there are two rows of each register")
		}
		want := fmt.Sprintf(`"register","asked","answered","refused","seconds"`+"\n"+`"bns.sme",%d,%d,0,1`+"\n"+`"eco.waste",%d,0,0,0`+"\n"+`"mio.infrastructure",%d,0,%d,0`+"\n", round, round, round, round, round)
		if got := p.must(t, "query", "--format", "csv", asked); got != want {
			t.Errorf("round %d: asked\n%swant\n%s%s", round, got, want, out)
		}
	}
	if n := p.number(t, "SELECT count() AS n FROM auyl.dead_letter WHERE source LIKE 'platform.%'"); n != 0 {
		t.Errorf("%d dead letters of what auyl says itself, want none", n)
	}
}
