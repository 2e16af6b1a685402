package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stage"
)

// TestMetricsFollowTheConventions counts one of each and lints the names.
func TestMetricsFollowTheConventions(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.about("test")
	m.decoded(ingest.Decoding{In: 1, Out: 2, Bytes: 3, Flows: []*wire.Flow{{Vintage: &wire.Vintage{Source: "a.b"}, RecordsUsed: 5, RecordsDead: 1}, {ReplayOf: 7, RecordsUsed: 9}}})
	m.computed("district")(stage.Progress{In: 1, Out: 1, Bytes: 1})
	m.inserted("event", 4)
	m.sinkErrors.WithLabelValues("event").Inc()
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	if n := testutil.ToFloat64(m.sourceRecords.WithLabelValues("a.b", "used")); n != 5 {
		t.Errorf("used = %v, want 5: a replay counts nothing twice", n)
	}
}

// TestRunShowsItsMetrics scrapes `auyl run` over a source that gave a page with a
// good and a bad record.
func TestRunShowsItsMetrics(t *testing.T) {
	t.Parallel()
	p := build(t)
	drop := p.dropOnly(t)
	path := filepath.Join(filepath.Dir(drop), "auyl.yaml")
	if err := os.WriteFile(path, []byte("drop: {dirs: [drop], every: 100ms}\nhttp: {listen: '127.0.0.1:0'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, drop, "bns.sme@2026-09.csv", smeHeader+"195234000\tЖамбылский с.о.\t2026-09\t100\t80\n195234999\tа\t2026-09\t1\t1\n")
	p.env = append(p.env, "AUYL_LOG=debug")
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
	base := ""
	for lines := bufio.NewScanner(out); base == "" && lines.Scan(); {
		if m := regexp.MustCompile(`(http://\S+)/metrics`).FindStringSubmatch(lines.Text()); m != nil {
			base = m[1]
		}
	}
	if base == "" {
		t.Fatalf("auyl run shows no address of /metrics: %v\n%s", c.Wait(), &errs)
	}
	var ready map[string]string
	if err := json.Unmarshal(get(t, base+"/readyz"), &ready); err != nil || ready["nats"] != "ok" || ready["clickhouse"] != "ok" {
		t.Errorf("/readyz = %v, %v", ready, err)
	}
	var positions []struct{ Part string }
	if err := json.Unmarshal(get(t, base+"/healthz"), &positions); err != nil || len(positions) != 6 {
		t.Errorf("/healthz = %v, %v, want 6 parts", positions, err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(get(t, base+"/metrics"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		name   string
		labels string
		want   float64
	}{
		{"auyl_source_records_total", "outcome=used source=bns.sme", 1},
		{"auyl_source_records_total", "outcome=dead source=bns.sme", 1},
		{"auyl_source_pulls_total", "source=bns.sme status=ok", 1},
		{"auyl_source_pages_total", "source=bns.sme", 1},
		{"auyl_sink_rows_total", "table=dead_letter", 1},
		{"auyl_sink_rows_total", "table=flow", 1},
		{"auyl_stage_lag_messages", "stage=decode", 0},
		{"auyl_stage_lag_messages", "stage=sink_ind", 0},
		{"auyl_streams_up", "", 1},
		{"auyl_build_info", "", 1},
	} {
		if got, ok := sample(families[w.name], w.labels); !ok || got != w.want {
			t.Errorf("%s{%s} = %v, %v, want %v", w.name, w.labels, got, ok, w.want)
		}
	}
	if got, _ := sample(families["auyl_source_last_success_timestamp_seconds"], "source=bns.sme"); got < 1.7e9 {
		t.Errorf("last success = %v, want a time in seconds", got)
	}
	// Pages full of persons, all refused: neither numbers nor logs repeat one.
	refused := float64(len(pagesOfPersons(t, drop)))
	page := scraped(t, base, func(f map[string]*dto.MetricFamily) bool {
		got, _ := sample(f["auyl_sink_rows_total"], "table=flow")
		return got == 1+refused
	})
	holdNoPerson(t, "/metrics", page)
	holdNoPerson(t, "/healthz", get(t, base+"/healthz"))
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("auyl run: %v\n%s", err, &errs)
	}
	holdNoPerson(t, "standard output", rest)
	holdNoPerson(t, "the log", []byte(errs.String()))
	if !strings.Contains(errs.String(), "level=DEBUG") {
		t.Errorf("the log is not that of debugging: %s", &errs)
	}
}

// scraped reads /metrics until it says what is waited for.
func scraped(t *testing.T, base string, done func(map[string]*dto.MetricFamily) bool) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		page := get(t, base+"/metrics")
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(bytes.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		if done(families) {
			return page
		}
		if ctx.Err() != nil {
			t.Fatalf("after a minute still\n%s", page)
		}
	}
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%s", url, resp.Status, err, b)
	}
	return b
}

// sample is the value of a counter or gauge with these labels, as "a=b c=d"; all of
// them where labels are empty.
func sample(f *dto.MetricFamily, labels string) (float64, bool) {
	for _, m := range f.GetMetric() {
		var l []string
		for _, p := range m.GetLabel() {
			l = append(l, p.GetName()+"="+p.GetValue())
		}
		if labels == "" || strings.Join(l, " ") == labels {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue(), true
		}
	}
	return 0, false
}
