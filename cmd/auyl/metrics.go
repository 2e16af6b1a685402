package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stage"
)

// metrics are what /metrics shows of this process. They are counted whether or not
// somebody asks.
type metrics struct {
	registry *prometheus.Registry

	frames, readBytes, messages, sourcePulls, sourcePages, sourceBytes, sourceRecords *prometheus.CounterVec
	sinkRows, sinkInserts, sinkErrors, sinkBytes                                      *prometheus.CounterVec
	frameTime, insertTime                                                             *prometheus.HistogramVec
	lastSuccess                                                                       *prometheus.GaugeVec
}

func newMetrics() *metrics {
	r := prometheus.NewRegistry()
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "auyl", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	seconds := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "auyl", Name: name, Help: help, Buckets: []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60},
		}, labels)
		r.MustRegister(h)
		return h
	}
	m := &metrics{
		registry:      r,
		frames:        counter("stage_frames_total", "Frames (pages of a source) that a stage has worked through.", "stage"),
		readBytes:     counter("stage_read_bytes_total", "Bytes of the messages that a stage has read.", "stage"),
		messages:      counter("stage_messages_total", "Messages that a stage has read and published.", "stage", "direction"),
		frameTime:     seconds("stage_frame_duration_seconds", "Time for a frame: computing, publishing, writing the state.", "stage"),
		sourcePulls:   counter("source_pulls_total", "Pulls of a source by how they ended.", "source", "status"),
		sourcePages:   counter("source_pages_total", "Pages of a source that were stored by pulls.", "source"),
		sourceBytes:   counter("source_bytes_total", "Bytes of the pages of a source that were stored by pulls.", "source"),
		sourceRecords: counter("source_records_total", "Records of pages by what became of them, replays left out.", "source", "outcome"),
		sinkRows:      counter("sink_rows_total", "Rows in inserts that the tables took, repeats included.", "table"),
		sinkInserts:   counter("sink_inserts_total", "Inserts that were tried.", "table"),
		sinkErrors:    counter("sink_insert_errors_total", "Inserts that failed and were repeated, or stopped the sink.", "table"),
		sinkBytes:     counter("sink_bytes_total", "Bytes of the messages in inserts that the tables took.", "table"),
		insertTime:    seconds("sink_insert_duration_seconds", "Time for one try of an insert.", "table"),
		lastSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "auyl", Name: "source_last_success_timestamp_seconds", Help: "When this process pulled a source last without a fault.",
		}, []string{"source"}),
	}
	r.MustRegister(m.lastSuccess, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// about says what runs.
func (m *metrics) about(role string) {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "auyl", Name: "build_info", Help: "What runs; always 1."}, []string{"role", "version", "goversion"})
	g.WithLabelValues(role, version, runtime.Version()).Set(1)
	m.registry.MustRegister(g)
}

// pulled counts a pull.
func (m *metrics) pulled(now func() time.Time) func(ingest.Outcome) {
	return func(o ingest.Outcome) {
		id := string(o.Source)
		m.sourcePulls.WithLabelValues(id, o.Status).Inc()
		m.sourcePages.WithLabelValues(id).Add(float64(o.Pages))
		m.sourceBytes.WithLabelValues(id).Add(float64(o.Bytes))
		if o.Status == ingest.RunOK || o.Status == ingest.RunUnchanged {
			m.lastSuccess.WithLabelValues(id).Set(float64(now().UnixMilli()) / 1000)
		}
	}
}

// decoded counts a frame of RAW.
func (m *metrics) decoded(d ingest.Decoding) {
	m.frame("decode", d.In, d.Out, d.Bytes, d.Took)
	for _, f := range d.Flows {
		if f.GetReplayOf() != 0 {
			continue
		}
		id := f.GetVintage().GetSource()
		for outcome, n := range map[string]uint64{"used": f.GetRecordsUsed(), "skipped": f.GetRecordsSkipped(), "dead": f.GetRecordsDead()} {
			m.sourceRecords.WithLabelValues(id, outcome).Add(float64(n))
		}
	}
}

// computed counts the frames of a stage.
func (m *metrics) computed(name string) func(stage.Progress) {
	return func(p stage.Progress) { m.frame(name, p.In, p.Out, p.Bytes, p.Apply+p.Publish+p.Commit) }
}

func (m *metrics) frame(name string, in, out, bytes int, took time.Duration) {
	m.frames.WithLabelValues(name).Inc()
	m.readBytes.WithLabelValues(name).Add(float64(bytes))
	m.messages.WithLabelValues(name, "in").Add(float64(in))
	m.messages.WithLabelValues(name, "out").Add(float64(out))
	m.frameTime.WithLabelValues(name).Observe(took.Seconds())
}

// inserted counts rows that the tables took.
func (m *metrics) inserted(table string, rows int) {
	m.sinkRows.WithLabelValues(table).Add(float64(rows))
}

// tables counts what a sink does to tables.
type countedTables struct {
	sink.Tables
	m *metrics
}

// Insert implements sink.Tables.
func (c countedTables) Insert(ctx context.Context, table, token string, messages [][]byte) error {
	return c.count(table, messages, func() error { return c.Tables.Insert(ctx, table, token, messages) })
}

// Repeat implements sink.Tables.
func (c countedTables) Repeat(ctx context.Context, table, token string, messages [][]byte) error {
	return c.count(table, messages, func() error { return c.Tables.Repeat(ctx, table, token, messages) })
}

func (c countedTables) count(table string, messages [][]byte, do func() error) error {
	begin := time.Now()
	err := do()
	c.m.sinkInserts.WithLabelValues(table).Inc()
	c.m.insertTime.WithLabelValues(table).Observe(time.Since(begin).Seconds())
	if err != nil {
		c.m.sinkErrors.WithLabelValues(table).Inc()
		return err
	}
	n := 0
	for _, b := range messages {
		n += len(b)
	}
	c.m.sinkBytes.WithLabelValues(table).Add(float64(n))
	return nil
}

// lags asks at each scrape how far each part is behind. A part whose stream does
// not answer has no value then, and auyl_up_streams is 0.
type lags struct {
	parts       []part
	lag, answer *prometheus.Desc
}

func newLags(parts []part) *lags {
	return &lags{
		parts:  parts,
		lag:    prometheus.NewDesc("auyl_stage_lag_messages", "Messages of the input stream that a stage has not worked through.", []string{"stage"}, nil),
		answer: prometheus.NewDesc("auyl_streams_up", "Whether the streams answered this scrape.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (l *lags) Describe(ch chan<- *prometheus.Desc) { ch <- l.lag; ch <- l.answer }

// scrapeTime bounds what a scrape waits for NATS.
const scrapeTime = 3 * time.Second

// Collect implements prometheus.Collector.
func (l *lags) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime) //nolint:forbidigo // a collector is handed no context
	defer cancel()
	up := 1.0
	for _, p := range l.parts {
		until, err := p.until(ctx)
		if err != nil {
			up = 0
			continue
		}
		done := min(p.done(), until)
		ch <- prometheus.MustNewConstMetric(l.lag, prometheus.GaugeValue, float64(until-done), stageLabel(p.name))
	}
	ch <- prometheus.MustNewConstMetric(l.answer, prometheus.GaugeValue, up)
}

// stageLabel is the name of a part as a label: "sink DATA" is sink_data.
func stageLabel(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "_")) }

// watch adds the lags of the parts.
func (m *metrics) watch(parts []part) error {
	if err := m.registry.Register(newLags(parts)); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
