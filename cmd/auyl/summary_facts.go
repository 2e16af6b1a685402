package main

import (
	"context"
	"time"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/summary"
)

// facts hands the tables to package summary, which knows none.
type facts struct{ db *clickhouse.DB }

var _ summary.Facts = facts{}

// Vintage implements summary.Facts.
func (f facts) Vintage(ctx context.Context, asOf time.Time) (time.Time, error) {
	return f.db.Vintage(ctx, asOf)
}

// Cells implements summary.Facts.
func (f facts) Cells(ctx context.Context, q summary.Query) ([]summary.Cell, error) {
	list, err := f.db.SummaryCells(ctx, clickhouse.SummaryQuery(q))
	return convert(list, func(x clickhouse.SummaryCell) summary.Cell { return summary.Cell(x) }), err
}

// Revisions implements summary.Facts.
func (f facts) Revisions(ctx context.Context, q summary.Query) ([]summary.Revision, error) {
	list, err := f.db.SummaryRevisions(ctx, clickhouse.SummaryQuery(q))
	return convert(list, func(x clickhouse.SummaryRevision) summary.Revision { return summary.Revision(x) }), err
}

// Events implements summary.Facts.
func (f facts) Events(ctx context.Context, q summary.EventQuery) ([]summary.Events, error) {
	list, err := f.db.SummaryEvents(ctx, clickhouse.SummaryEventsQuery(q))
	return convert(list, func(x clickhouse.SummaryEvents) summary.Events { return summary.Events(x) }), err
}

// Feeds implements summary.Facts.
func (f facts) Feeds(ctx context.Context, asOf time.Time) ([]summary.Feed, error) {
	list, err := f.db.SummaryFeeds(ctx, asOf)
	return convert(list, func(x clickhouse.SummaryFeed) summary.Feed { return summary.Feed(x) }), err
}

func convert[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}
