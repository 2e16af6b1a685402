package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// SummaryRun is a row of summary_run. Times are zero where there is none yet.
type SummaryRun struct {
	Summary  string
	Version  uint32
	Area     auyl.AreaCode
	Period   auyl.Period
	Edition  string
	State    string
	DueAt    time.Time
	Deadline time.Time
	OpenedAt time.Time
	AsOf     time.Time
	EndedAt  time.Time
	Late     bool
	Missing  []string
	Revision uint64 // of the ledger's entry
}

// SummaryDelivery is a row of summary_delivery. Times are zero where there is none yet.
type SummaryDelivery struct {
	Summary   string        `json:"summary"`
	Area      auyl.AreaCode `json:"area"`
	Period    auyl.Period   `json:"period"`
	Edition   string        `json:"edition,omitempty"`
	AsOf      time.Time     `json:"as_of"`
	Lang      string        `json:"lang"`
	Recipient string        `json:"recipient"` // a label, never an address
	Channel   string        `json:"channel"`
	MessageID string        `json:"message_id"`
	State     string        `json:"state"`
	Attempt   uint32        `json:"attempt"`
	SHA256    string        `json:"sha256,omitempty"`
	Bytes     uint64        `json:"bytes"`
	PlannedAt time.Time     `json:"planned_at"`
	StartedAt time.Time     `json:"started_at,omitzero"`
	EndedAt   time.Time     `json:"ended_at,omitzero"`
	RetryAt   time.Time     `json:"retry_at,omitzero"`
	Error     string        `json:"error,omitempty"`
	Resolved  bool          `json:"resolved,omitempty"`
	Revision  uint64        `json:"-"`
	Key       string        `json:"key"`
	Late      bool          `json:"late,omitempty"`    // of the run, in answers only
	Missing   []string      `json:"missing,omitempty"` // of the run, in answers only
}

// orNull is a time for a nullable column.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// NoteSummaries writes entries of the ledger of summaries. An entry that is there at the same or a higher revision stays
// what it is, so that writing all of them again does no harm.
func (db *DB) NoteSummaries(ctx context.Context, runs []SummaryRun, deliveries []SummaryDelivery) error {
	err := db.insertRows(ctx, "summary_run", "summary, version, area, freq, period_start, edition, state, due_at, deadline, opened_at, as_of, ended_at, late, missing, revision",
		len(runs), func(i int) []any {
			r := &runs[i]
			missing := r.Missing
			if missing == nil {
				missing = []string{}
			}
			return []any{
				r.Summary, r.Version, r.Area.String(), r.Period.Freq().String(), r.Period.Start().Time(), r.Edition, r.State, r.DueAt,
				orNull(r.Deadline), orNull(r.OpenedAt), orNull(r.AsOf), orNull(r.EndedAt), r.Late, missing, r.Revision,
			}
		})
	if err != nil {
		return err
	}
	return db.insertRows(ctx, "summary_delivery", "summary, area, freq, period_start, edition, as_of, lang, recipient, channel, message_id, state, attempt, sha256, bytes, "+
		"planned_at, started_at, ended_at, retry_at, error, resolved, revision, key",
		len(deliveries), func(i int) []any {
			d := &deliveries[i]
			return []any{
				d.Summary, d.Area.String(), d.Period.Freq().String(), d.Period.Start().Time(), d.Edition, d.AsOf, d.Lang, d.Recipient, d.Channel, d.MessageID,
				d.State, d.Attempt, d.SHA256, d.Bytes, d.PlannedAt, orNull(d.StartedAt), orNull(d.EndedAt), orNull(d.RetryAt), d.Error, d.Resolved, d.Revision, d.Key,
			}
		})
}

// insertRows is for the few rows that are not those of a stream.
func (db *DB) insertRows(ctx context.Context, table, columns string, rows int, row func(int) []any) error {
	if rows == 0 {
		return nil
	}
	batch, err := db.conn.PrepareBatch(ctx, "INSERT INTO "+table+" ("+columns+")")
	if err != nil {
		return wrap("insert into "+table, err)
	}
	defer func() { _ = batch.Close() }() // after Send it has nothing to do
	for i := range rows {
		if err := batch.Append(row(i)...); err != nil {
			return wrap(fmt.Sprintf("insert into %s: row %d", table, i), err)
		}
	}
	return wrap("insert into "+table, batch.Send())
}

// DeliveryQuery says which deliveries are asked for; the zero value is all of them.
type DeliveryQuery struct {
	Summary, Area, State string // empty: any
	Limit                uint64 // 0: all
}

// SummaryDeliveries returns what was sent to whom, newest first.
func (db *DB) SummaryDeliveries(ctx context.Context, q DeliveryQuery) ([]SummaryDelivery, error) {
	var out []SummaryDelivery
	params := driver.Parameters{"summary": q.Summary, "area": q.Area, "state": q.State, "limit": strconv.FormatUint(q.Limit, 10)}
	err := db.query(ctx, "summary_deliveries", params, func(scan func(...any) error) error {
		var d SummaryDelivery
		var area, freq string
		var start time.Time
		var started, ended, retry *time.Time
		err := scan(&d.Summary, &area, &freq, &start, &d.Edition, &d.AsOf, &d.Lang, &d.Recipient, &d.Channel, &d.MessageID, &d.State, &d.Attempt,
			&d.SHA256, &d.Bytes, &d.PlannedAt, &started, &ended, &retry, &d.Error, &d.Resolved, &d.Key, &d.Late, &d.Missing)
		if err != nil {
			return err
		}
		for to, from := range map[*time.Time]*time.Time{&d.StartedAt: started, &d.EndedAt: ended, &d.RetryAt: retry} {
			if from != nil {
				*to = from.UTC()
			}
		}
		if d.Area, err = auyl.ParseAreaCode(area); err != nil {
			return err
		}
		f, err := auyl.ParseFreq(freq)
		if err != nil {
			return err
		}
		d.Period = auyl.NewPeriod(f, auyl.DayOf(start))
		out = append(out, d)
		return nil
	})
	return out, err
}
