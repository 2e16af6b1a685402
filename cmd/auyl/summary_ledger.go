package main

import (
	"context"
	"errors"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/stream"
	"github.com/auyl-kz/auyl/summary/send"
)

// summaryBucket is the bucket of NATS with the ledger of summaries. It is state
// like RAW: without it nobody knows any more what was sent.
const summaryBucket = "summaries"

// summaryLedger is a bucket of NATS as the ledger of package send.
type summaryLedger struct{ kv *stream.KV }

func (n *node) summaryLedger(ctx context.Context) (summaryLedger, error) {
	kv, err := n.conn.OpenKV(ctx, summaryBucket, n.cfg.NATS.Replicas)
	return summaryLedger{kv}, err
}

// Get implements send.Ledger.
func (l summaryLedger) Get(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	value, revision, err = l.kv.Get(ctx, key)
	if errors.Is(err, stream.ErrNotFound) {
		err = errors.Join(send.ErrNone, err)
	}
	return value, revision, err
}

// Update implements send.Ledger.
func (l summaryLedger) Update(ctx context.Context, key string, value []byte, expected uint64) (uint64, error) {
	revision, err := l.kv.Update(ctx, key, value, expected)
	if errors.Is(err, stream.ErrFenced) {
		err = errors.Join(send.ErrFenced, err)
	}
	return revision, err
}

// Entries implements send.Ledger.
func (l summaryLedger) Entries(ctx context.Context, prefix string, after uint64) ([]send.Entry, error) {
	list, err := l.kv.Entries(ctx, prefix, after)
	out := make([]send.Entry, len(list))
	for i, e := range list {
		out[i] = send.Entry(e)
	}
	return out, err
}

// summaryPublisher puts summaries into the stream for whoever reads them.
type summaryPublisher struct{ conn *stream.Conn }

// Publish implements send.Publisher.
func (p summaryPublisher) Publish(ctx context.Context, subject, id string, header map[string]string, body []byte) (bool, error) {
	err := p.conn.Post(ctx, id, stream.Message{Subject: subject, Header: header, Data: body})
	return err == nil || errors.Is(err, stream.ErrUnsure), err
}

// showSummaries writes what changed in the ledger into the tables. The first time
// it is everything: a table that was lost, or a process that ended before it had
// shown its last delivery, is mended by the next start.
func (s *summarizer) showSummaries(ctx context.Context) error {
	h, err := send.ReadHistory(ctx, s.ledger, s.shown)
	if err != nil || h.Revision == s.shown {
		return err
	}
	runs := make([]clickhouse.SummaryRun, 0, len(h.Runs))
	for _, r := range h.Runs {
		runs = append(runs, clickhouse.SummaryRun{
			Summary: r.Summary, Version: uint32(r.Version), Area: r.Area, Period: r.Period, Edition: r.Edition, State: string(r.State),
			DueAt: r.DueAt, Deadline: r.Deadline, OpenedAt: r.OpenedAt, AsOf: r.AsOf, EndedAt: r.EndedAt, Late: r.Late, Missing: r.Missing, Revision: r.Revision,
		})
	}
	deliveries := make([]clickhouse.SummaryDelivery, 0, len(h.Deliveries))
	for _, d := range h.Deliveries {
		deliveries = append(deliveries, clickhouse.SummaryDelivery{
			Summary: d.Summary, Area: d.Area, Period: d.Period, Edition: d.Edition, AsOf: d.AsOf, Lang: d.Lang, Recipient: d.Recipient,
			Channel: d.Channel, MessageID: d.MessageID, State: string(d.State), Attempt: uint32(d.Attempt), SHA256: d.Hash, Bytes: uint64(d.Bytes),
			PlannedAt: d.PlannedAt, StartedAt: d.StartedAt, EndedAt: d.EndedAt, RetryAt: d.RetryAt, Error: d.Error, Resolved: d.Resolved,
			Revision: d.Revision, Key: d.Key(),
		})
	}
	if err := s.n.db.NoteSummaries(ctx, runs, deliveries); err != nil {
		return err
	}
	s.shown = h.Revision
	return nil
}
