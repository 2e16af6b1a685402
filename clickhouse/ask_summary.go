package clickhouse

import (
	"context"
	"fmt"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// SummaryQuery says of which figures a summary is made.
type SummaryQuery struct {
	Indicators  []auyl.IndicatorID
	Within      auyl.AreaCode // this and all areas below it
	Levels      []auyl.Level
	First, Last auyl.Day  // first days of the periods, both included
	Since       time.Time // of revisions: the vintage before
	AsOf        time.Time // what was known then
}

func (q *SummaryQuery) params() driver.Parameters {
	from, to := subtree(q.Within)
	levels := make([]string, len(q.Levels))
	for i, l := range q.Levels {
		levels[i] = l.String()
	}
	return driver.Parameters{
		"indicators": array(q.Indicators), "levels": array(levels), "area_from": from, "area_to": to,
		"first": q.First.String(), "last": q.Last.String(), "as_of": moment(q.AsOf),
	}
}

// SummaryCell is a cell as it was known. Pointers are nil where it has nothing, and where it is suppressed now.
type SummaryCell struct {
	Indicator       auyl.IndicatorID
	Area            auyl.AreaCode
	Level           auyl.Level
	Period          auyl.Period
	Value           *float64
	Numerator       *float64
	Denominator     *float64
	Coverage        *float64
	Status          auyl.Status
	Reason          string
	Origin          auyl.Origin
	FormulaVersion  uint32
	BoundaryVersion string
	RecordedAt      time.Time
}

// SummaryCells returns the cells, ordered by indicator, area, frequency and period.
func (db *DB) SummaryCells(ctx context.Context, q SummaryQuery) ([]SummaryCell, error) {
	var out []SummaryCell
	err := db.query(ctx, "summary_cells", q.params(), func(scan func(...any) error) error {
		var c SummaryCell
		var k cellKey
		var status, origin string
		if err := scan(&k.indicator, &k.area, &k.level, &k.freq, &k.start, &c.Value, &c.Numerator, &c.Denominator, &c.Coverage, &status,
			&c.Reason, &origin, &c.FormulaVersion, &c.BoundaryVersion, &c.RecordedAt); err != nil {
			return err
		}
		var err error
		if c.Indicator, c.Area, c.Level, c.Period, err = k.parse(); err != nil {
			return err
		}
		if c.Status, err = auyl.ParseStatus(status); err != nil {
			return fmt.Errorf("status: %w", err)
		}
		if c.Origin, err = auyl.ParseOrigin(origin); err != nil {
			return fmt.Errorf("origin: %w", err)
		}
		out = append(out, c)
		return nil
	})
	return out, err
}

// cellKey is the key of a cell as the tables spell it.
type cellKey struct {
	indicator   string
	area        uint32
	level, freq string
	start       time.Time
}

//nolint:revive // the parts of a key
func (k *cellKey) parse() (i auyl.IndicatorID, a auyl.AreaCode, l auyl.Level, p auyl.Period, err error) {
	if a, err = auyl.ParseAreaCode(fmt.Sprintf("%09d", k.area)); err != nil {
		return i, a, l, p, fmt.Errorf("area: %w", err)
	}
	if l, err = auyl.ParseLevel(k.level); err != nil {
		return i, a, l, p, fmt.Errorf("level: %w", err)
	}
	f, err := auyl.ParseFreq(k.freq)
	if err != nil {
		return i, a, l, p, fmt.Errorf("freq: %w", err)
	}
	return auyl.IndicatorID(k.indicator), a, l, auyl.NewPeriod(f, auyl.DayOf(k.start)), nil
}

// SummaryRevision is a cell that reads otherwise than at an earlier vintage.
type SummaryRevision struct {
	Indicator   auyl.IndicatorID
	Area        auyl.AreaCode
	Level       auyl.Level
	Period      auyl.Period
	Old, New    *float64 // nil where the cell was or is empty, and where it is suppressed now
	OldStatus   string
	NewStatus   string
	OldCoverage *float64
	NewCoverage *float64
	Class       string // as in view revision
	Origin      auyl.Origin
	RecordedAt  time.Time

	OldRecordedAt time.Time // when the value before was fetched
}

// SummaryRevisions returns what reads otherwise at q.AsOf than at q.Since, ordered by indicator, area, frequency and period.
func (db *DB) SummaryRevisions(ctx context.Context, q SummaryQuery) ([]SummaryRevision, error) {
	params := q.params()
	params["since"] = q.Since.UTC().Format("2006-01-02 15:04:05.000")
	var out []SummaryRevision
	err := db.query(ctx, "summary_revisions", params, func(scan func(...any) error) error {
		var r SummaryRevision
		var k cellKey
		var origin string
		if err := scan(&k.indicator, &k.area, &k.level, &k.freq, &k.start, &r.Old, &r.New, &r.OldStatus, &r.NewStatus, &r.OldCoverage,
			&r.NewCoverage, &r.Class, &origin, &r.RecordedAt, &r.OldRecordedAt); err != nil {
			return err
		}
		var err error
		if r.Indicator, r.Area, r.Level, r.Period, err = k.parse(); err != nil {
			return err
		}
		if r.Origin, err = auyl.ParseOrigin(origin); err != nil {
			return fmt.Errorf("origin: %w", err)
		}
		out = append(out, r)
		return nil
	})
	return out, err
}

// SummaryEventsQuery says which events are counted.
type SummaryEventsQuery struct {
	Kind     string
	Done     string // attribute that is above zero once the event is dealt with
	Within   auyl.AreaCode
	From, To time.Time // from included, to not
	AsOf     time.Time
}

// SummaryEvents are the events of an okrug; of what has no okrug the code of the area above.
type SummaryEvents struct {
	Okrug    auyl.AreaCode
	Events   uint64
	Sums     map[string]float64 // of each attribute
	Counts   map[string]uint64  // events with the attribute above zero
	Open     uint64             // without Done
	OpenDays []uint32           // until To, of each that is open, ascending
	Late     uint64             // ambulance calls of category 1 to 3 reached after their norm
	Timed    uint64             // those with a norm and an arrival
	Overdue  uint64             // past their time limit, neither closed nor passed on
	Origin   auyl.Origin
}

// SummaryEvents returns counts of events by okrug, ordered by okrug.
func (db *DB) SummaryEvents(ctx context.Context, q SummaryEventsQuery) ([]SummaryEvents, error) {
	from, to := subtree(q.Within)
	params := driver.Parameters{
		"kind": q.Kind, "done": q.Done, "area_from": from, "area_to": to,
		"from": moment(q.From), "to": moment(q.To), "as_of": moment(q.AsOf),
	}
	var out []SummaryEvents
	err := db.query(ctx, "summary_events", params, func(scan func(...any) error) error {
		var e SummaryEvents
		var okrug uint32
		var origin string
		if err := scan(&okrug, &e.Events, &e.Sums, &e.Counts, &e.Open, &e.OpenDays, &e.Late, &e.Timed, &e.Overdue, &origin); err != nil {
			return err
		}
		var err error
		if e.Okrug, err = auyl.ParseAreaCode(fmt.Sprintf("%09d", okrug)); err != nil {
			return fmt.Errorf("okrug: %w", err)
		}
		if e.Origin, err = auyl.ParseOrigin(origin); err != nil {
			return fmt.Errorf("origin: %w", err)
		}
		out = append(out, e)
		return nil
	})
	return out, err
}

// SummaryFeed is the newest delivery of a source.
type SummaryFeed struct {
	Source auyl.SourceID
	Newest time.Time // when its newest page was fetched
	Until  auyl.Day  // last day of the newest period that it told of; 0 where it told of none
	Origin auyl.Origin
}

// SummaryFeeds returns what each source had delivered by a time, ordered by source.
func (db *DB) SummaryFeeds(ctx context.Context, asOf time.Time) ([]SummaryFeed, error) {
	var out []SummaryFeed
	err := db.query(ctx, "summary_feeds", driver.Parameters{"as_of": moment(asOf)}, func(scan func(...any) error) error {
		var f SummaryFeed
		var source, origin string
		var until time.Time
		if err := scan(&source, &f.Newest, &until, &origin); err != nil {
			return err
		}
		f.Source, f.Until = auyl.SourceID(source), auyl.DayOf(until)
		var err error
		if f.Origin, err = auyl.ParseOrigin(origin); err != nil {
			return fmt.Errorf("origin: %w", err)
		}
		out = append(out, f)
		return nil
	})
	return out, err
}
