package clickhouse

import (
	"context"
	"fmt"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// ask returns the text of a question under sql/ask. A name without a file is a fault of this package that its tests find.
func ask(name string) string {
	b, err := sqlFiles.ReadFile("sql/ask/" + name + ".sql")
	if err != nil {
		panic(err)
	}
	return string(b)
}

// query runs a question under sql/ask with typed parameters and hands each row to scan.
func (db *DB) query(ctx context.Context, name string, params driver.Parameters, scan func(dest func(...any) error) error) error {
	if params != nil {
		ctx = driver.Context(ctx, driver.WithParameters(params))
	}
	rows, err := db.conn.Query(ctx, ask(name))
	if err != nil {
		return wrap("ask "+name, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return wrap("read answer of "+name, err)
		}
	}
	return wrap("read answer of "+name, rows.Err())
}

// Counts returns the number of rows of each table that the sink writes.
func (db *DB) Counts(ctx context.Context) (map[string]uint64, error) {
	out := map[string]uint64{}
	err := db.query(ctx, "counts", nil, func(scan func(...any) error) error {
		var name string
		var n uint64
		err := scan(&name, &n)
		out[name] = n
		return err
	})
	return out, err
}

// SourceStatus is what one source gave since the beginning, and its last pull. Times are zero where there was none.
type SourceStatus struct {
	Source         string    `json:"source"`
	Origin         string    `json:"origin"` // real or synthetic
	Runs           uint64    `json:"runs"`
	LastRun        string    `json:"last_run"`
	LastStartedAt  time.Time `json:"last_started_at"`
	LastFinishedAt time.Time `json:"last_finished_at"`
	LastStatus     string    `json:"last_status"` // ok, unchanged, partial, failed; empty before the first pull has ended
	LastError      string    `json:"last_error"`
	Pages          uint64    `json:"pages"`
	RecordsIn      uint64    `json:"records_in"`
	Used           uint64    `json:"used"`
	Skipped        uint64    `json:"skipped"`
	Dead           uint64    `json:"dead"`
	Observations   uint64    `json:"observations"`
	Events         uint64    `json:"events"`
	DeadLetters    uint64    `json:"dead_letters"` // that are open
	Balance        int64     `json:"balance"`      // records unaccounted for
	LastRawSeq     uint64    `json:"last_raw_seq"` // newest page that is in the tables
	LastPageAt     time.Time `json:"last_page_at"`
	LastRecords    uint64    `json:"last_records"` // of that page
	// ColumnsAdded and ColumnsRemoved compare the columns of the newest page that was read and that the contract does not
	// name with those of the page before: what the source has begun to send, and has left off. Empty of a first page.
	ColumnsAdded   []string `json:"columns_added"`
	ColumnsRemoved []string `json:"columns_removed"`
}

// FlowTable is Status: where the flow of records is what is asked for.
func (db *DB) FlowTable(ctx context.Context) ([]SourceStatus, error) { return db.Status(ctx) }

// Status returns what each source gave, ordered by source.
func (db *DB) Status(ctx context.Context) ([]SourceStatus, error) {
	var out []SourceStatus
	err := db.query(ctx, "status", nil, func(scan func(...any) error) error {
		var s SourceStatus
		err := scan(&s.Source, &s.Origin, &s.Runs, &s.LastRun, &s.LastStartedAt, &s.LastFinishedAt, &s.LastStatus, &s.LastError,
			&s.Pages, &s.RecordsIn, &s.Used, &s.Skipped, &s.Dead, &s.Observations, &s.Events, &s.DeadLetters,
			&s.Balance, &s.LastRawSeq, &s.LastPageAt, &s.LastRecords, &s.ColumnsAdded, &s.ColumnsRemoved)
		for _, t := range []*time.Time{&s.LastStartedAt, &s.LastFinishedAt, &s.LastPageAt} {
			*t = known(*t)
		}
		out = append(out, s)
		return err
	})
	return out, err
}

// known turns the engine's epoch, which a join without a partner gives, into the zero time.
func known(t time.Time) time.Time {
	if t.UnixMilli() == 0 {
		return time.Time{}
	}
	return t.UTC()
}

// Cell is one vintage of one indicator cell. Pointers are nil where the cell has nothing.
type Cell struct {
	Indicator       string    `json:"indicator"`
	Area            string    `json:"area"`
	Level           string    `json:"level"`
	Freq            string    `json:"freq"`
	Start           time.Time `json:"start"`
	Value           *float64  `json:"value"`
	Numerator       *float64  `json:"numerator"`
	Denominator     *float64  `json:"denominator"`
	Coverage        *float64  `json:"coverage"`
	Status          string    `json:"status"`
	Reason          string    `json:"reason"`
	Origin          string    `json:"origin"`
	FormulaVersion  uint32    `json:"formula_version"`
	BoundaryVersion string    `json:"boundary_version"`
	RecordedAt      time.Time `json:"recorded_at"`
	RawSeq          uint64    `json:"raw_seq"`
}

// Cells returns the vintages of a cell that were known at a time, newest first. The zero time is now.
func (db *DB) Cells(ctx context.Context, indicator auyl.IndicatorID, area auyl.AreaCode, p auyl.Period, asOf time.Time) ([]Cell, error) {
	var out []Cell
	params := driver.Parameters{
		"indicator": string(indicator), "area": area.String(), "freq": p.Freq().String(), "start": p.Start().String(), "as_of": moment(asOf),
	}
	err := db.query(ctx, "cells", params, func(scan func(...any) error) error {
		var c Cell
		err := scan(&c.Indicator, &c.Area, &c.Level, &c.Freq, &c.Start, &c.Value, &c.Numerator, &c.Denominator, &c.Coverage, &c.Status,
			&c.Reason, &c.Origin, &c.FormulaVersion, &c.BoundaryVersion, &c.RecordedAt, &c.RawSeq)
		out = append(out, c)
		return err
	})
	return out, err
}

// moment writes a time as a parameter; the zero time is beyond all vintages.
func moment(t time.Time) string {
	if t.IsZero() {
		return "2299-12-31 00:00:00.000"
	}
	return t.UTC().Format("2006-01-02 15:04:05.000")
}

// InputsQuery says which observations are asked for.
type InputsQuery struct {
	Series      []auyl.SeriesID
	Dims        auyl.Dims
	Area        auyl.AreaCode // this and all areas below it
	First, Last auyl.Day      // first days of the periods, both included
	Freqs       []auyl.Freq   // of the periods; none is all
	AsOf        time.Time     // the zero time is now
	RawSeq      uint64        // of the newest page that counts; 0 is all
}

// Input is an observation that counts, with the way to the raw object.
type Input struct {
	Series     auyl.SeriesID `json:"series"`
	Dims       auyl.Dims     `json:"dims"`
	Area       auyl.AreaCode `json:"area"`
	Period     auyl.Period   `json:"period"`
	Value      auyl.Decimal  `json:"value"` // 0 when Status.Empty()
	Status     auyl.Status   `json:"status"`
	Origin     string        `json:"origin"`
	Rank       auyl.Rank     `json:"rank"`
	Source     auyl.SourceID `json:"source"`
	RecordedAt time.Time     `json:"recorded_at"`
	ReleasedAt time.Time     `json:"released_at"`
	RawSeq     uint64        `json:"raw_seq"`
	RawSHA256  string        `json:"raw_sha256"` // 64 hexadecimal digits
	Run        string        `json:"run"`
	Page       uint32        `json:"page"`
	Row        uint32        `json:"row"`
	Vintages   uint64        `json:"vintages"` // rows that were weighed for this value
}

// Inputs returns the observations that count, ordered by series, area, period and frequency.
func (db *DB) Inputs(ctx context.Context, q InputsQuery) ([]Input, error) {
	var out []Input
	from, to := subtree(q.Area)
	params := driver.Parameters{
		"series": array(q.Series), "dims": string(q.Dims), "area_from": from, "area_to": to,
		"first": q.First.String(), "last": q.Last.String(), "as_of": moment(q.AsOf),
		"freqs": lettersOf(q.Freqs), "raw_seq": newestPage(q.RawSeq),
	}
	err := db.query(ctx, "inputs", params, func(scan func(...any) error) error {
		var i Input
		var series, dims, area, freq, source string
		var start time.Time
		var value *string
		var status string
		var rank uint8
		if err := scan(&series, &dims, &area, &freq, &start, &value, &status, &i.Origin, &rank, &source, &i.RecordedAt, &i.ReleasedAt,
			&i.RawSeq, &i.RawSHA256, &i.Run, &i.Page, &i.Row, &i.Vintages); err != nil {
			return err
		}
		i.Series, i.Dims, i.Source, i.Rank = auyl.SeriesID(series), auyl.Dims(dims), auyl.SourceID(source), auyl.Rank(rank)
		var err error
		if i.Area, err = auyl.ParseAreaCode(area); err != nil {
			return fmt.Errorf("area: %w", err)
		}
		f, err := auyl.ParseFreq(freq)
		if err != nil {
			return fmt.Errorf("freq: %w", err)
		}
		i.Period = auyl.NewPeriod(f, auyl.DayOf(start))
		if i.Status, err = auyl.ParseStatus(status); err != nil {
			return fmt.Errorf("status: %w", err)
		}
		if value != nil {
			if i.Value, err = auyl.ParseDecimal(*value); err != nil {
				return fmt.Errorf("value: %w", err)
			}
		}
		out = append(out, i)
		return nil
	})
	return out, err
}

// subtree gives the first and the last code of an area and all below it: the digits of a code name those above it.
func subtree(a auyl.AreaCode) (from, to string) {
	from = a.String()
	end := len(from)
	for _, n := range []int{2, 4, 6} {
		if from[n:] == "000000000"[n:] {
			end = n
			break
		}
	}
	if a == auyl.CountryCode {
		end = 0
	}
	return from, from[:end] + "999999999"[end:]
}

// array writes identifiers as an Array(String) parameter; they hold no quotes.
func array[T ~string](v []T) string {
	b := []byte{'['}
	for i, s := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, quote(string(s))...)
	}
	return string(append(b, ']'))
}
