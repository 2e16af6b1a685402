// Package summary makes documents for people from figures: what a declaration of
// schemas/summaries says of one area and one period, in one language, as of a
// fixed vintage.
//
// It reads through the interface Facts and decides what deserves a sentence; the
// words are of summary/words, and the forms read what is in summary/document.
// Equal facts give equal documents: no clock is read, and nothing depends on the
// order of a map.
package summary

import (
	"context"
	"time"

	"github.com/auyl-kz/auyl"
)

// Facts are the figures that a summary is made of, as they were known at a time.
// Answers are ordered by their keys.
type Facts interface {
	// Vintage returns the time of the newest figure known at asOf; the zero time is
	// now, and the answer is zero where nothing was known.
	Vintage(ctx context.Context, asOf time.Time) (time.Time, error)
	Cells(ctx context.Context, q Query) ([]Cell, error)
	// Revisions returns what reads otherwise at q.AsOf than at q.Since.
	Revisions(ctx context.Context, q Query) ([]Revision, error)
	Events(ctx context.Context, q EventQuery) ([]Events, error)
	Feeds(ctx context.Context, asOf time.Time) ([]Feed, error)
}

// Query says which cells are asked for.
type Query struct {
	Indicators  []auyl.IndicatorID
	Within      auyl.AreaCode // this and all areas below it
	Levels      []auyl.Level
	First, Last auyl.Day // first days of the periods, both included
	Since       time.Time
	AsOf        time.Time
}

// Cell is one figure. Pointers are nil where there is none, and of a cell that is
// suppressed.
type Cell struct {
	Indicator       auyl.IndicatorID
	Area            auyl.AreaCode
	Level           auyl.Level
	Period          auyl.Period
	Value           *float64
	Numerator       *float64
	Denominator     *float64
	Coverage        *float64 // share of the population, 0 to 1
	Status          auyl.Status
	Reason          string // why it is empty
	Origin          auyl.Origin
	FormulaVersion  uint32
	BoundaryVersion string
	RecordedAt      time.Time
}

// Revision is a cell that reads otherwise than at an earlier vintage.
type Revision struct {
	Indicator   auyl.IndicatorID
	Area        auyl.AreaCode
	Level       auyl.Level
	Period      auyl.Period
	Old, New    *float64
	OldStatus   string
	NewStatus   string
	OldCoverage *float64
	NewCoverage *float64
	Class       string // methodology, boundary, withdrawal, late_report, unit_jump, correction
	Origin      auyl.Origin
	RecordedAt  time.Time

	OldRecordedAt time.Time // when the value before was known
}

// EventQuery says which events are counted.
type EventQuery struct {
	Kind     string
	Done     string // attribute that is above zero once the event is dealt with
	Within   auyl.AreaCode
	From, To time.Time // from included, to not
	AsOf     time.Time
}

// Events are the events of an okrug.
type Events struct {
	Okrug    auyl.AreaCode
	Events   uint64
	Sums     map[string]float64 // of each attribute
	Counts   map[string]uint64  // events with the attribute above zero
	Open     uint64             // without EventQuery.Done
	OpenDays []uint32           // until EventQuery.To, of each that is open, ascending
	Late     uint64             // ambulance calls reached after their norm
	Timed    uint64             // those with a norm and an arrival
	Overdue  uint64             // past their time limit, neither closed nor passed on
	Origin   auyl.Origin
}

// Feed is the newest delivery of a source.
type Feed struct {
	Source auyl.SourceID
	Newest time.Time
	Until  auyl.Day // last day of the newest period that it told of; 0 where it told of none
	Origin auyl.Origin
}

// told reports whether the value before stood for an hour or more: what pages of one
// pull say one after another was nobody's figure.
func (r *Revision) told() bool { return r.RecordedAt.Sub(r.OldRecordedAt) >= time.Hour }
