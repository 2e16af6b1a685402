package summary

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// Refusals that a caller branches on; the message says what was wrong and the mend.
var (
	ErrNoSuchArea   = errors.New("no such area then")
	ErrWrongLevel   = errors.New("area of another level")
	ErrWrongPeriod  = errors.New("period of another frequency")
	ErrNothingKnown = errors.New("nothing was known then")
)

// Edition is all that one summary needs of one period and vintage, read once, so
// that many areas and languages are made of the same figures. It is read-only
// after Open and safe for concurrent use.
type Edition struct {
	House  *schemas.House
	Def    *schemas.Summary
	Period auyl.Period
	AsOf   time.Time // the vintage, UTC

	oblast    auyl.AreaCode
	zone      *time.Location
	cells     map[cellKey][]Cell // by period
	peers     map[auyl.Level]map[auyl.AreaCode][]auyl.AreaCode
	revisions []Revision
	feeds     []Feed
	events    map[string][]Events // by kind, of the period; kind+"/before" of the period before
}

type cellKey struct {
	indicator auyl.IndicatorID
	area      auyl.AreaCode
}

// CheckArea says whether a summary can be made of an area and a period: of the
// level that the declaration wants, and there on the last day of the period.
// Errors: ErrNoSuchArea, ErrWrongLevel, ErrWrongPeriod.
func CheckArea(house *schemas.House, def *schemas.Summary, area auyl.AreaCode, p auyl.Period) (*auyl.Area, error) {
	if p.Freq() != def.Freq {
		example := auyl.NewPeriod(def.Freq, p.Start())
		return nil, fmt.Errorf("%w: %s is made of a period such as %s, found %s", ErrWrongPeriod, def.ID, example, p)
	}
	a, ok := house.Areas.At(area, p.LastDay())
	if ok {
		if a.Level != def.Level {
			return nil, fmt.Errorf("%w: %s is for the level %s, and %s (%s) is of level %s", ErrWrongLevel, def.ID, def.Level, area, a.NameRU, a.Level)
		}
		return a, nil
	}
	meanings := house.Areas.Meanings(area)
	if len(meanings) == 0 {
		return nil, fmt.Errorf("%w: the registry has no code %s; schemas/areas/areas.csv lists all", ErrNoSuchArea, area)
	}
	var when []string
	for _, m := range meanings {
		until := "now"
		if m.ValidTo != auyl.MaxDay {
			until = (m.ValidTo - 1).String()
		}
		when = append(when, fmt.Sprintf("%s from %s to %s", m.NameRU, m.ValidFrom, until))
	}
	hint := ""
	for _, s := range house.Areas.Successors(area) {
		if to, ok := house.Areas.At(s.To, s.Effective); ok {
			hint = fmt.Sprintf("; on %s it went to %s (%s)", s.Effective, s.To, to.NameRU)
		}
	}
	return nil, fmt.Errorf("%w: on %s, the last day of %s, code %s meant nothing: it was %s%s",
		ErrNoSuchArea, p.LastDay(), p, area, strings.Join(when, ", "), hint)
}

// Open reads what a summary needs of one oblast, period and vintage. The zero asOf
// is now: the vintage is then that of the newest figure. Errors: ErrNothingKnown.
//
//nolint:revive // each is what the caller was asked for
func Open(ctx context.Context, f Facts, house *schemas.House, def *schemas.Summary, oblast auyl.AreaCode, p auyl.Period, asOf time.Time) (*Edition, error) {
	vintage, err := f.Vintage(ctx, asOf)
	if err != nil {
		return nil, fmt.Errorf("vintage: %w", err)
	}
	if vintage.IsZero() {
		return nil, fmt.Errorf("%w: auyl status says when the first pages were fetched", ErrNothingKnown)
	}
	zone, err := time.LoadLocation(def.Schedule.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone of %s: %w", def.ID, err)
	}
	e := &Edition{
		House: house, Def: def, Period: p, AsOf: vintage, oblast: oblast, zone: zone,
		cells: map[cellKey][]Cell{}, events: map[string][]Events{},
	}
	if err := e.readCells(ctx, f); err != nil {
		return nil, err
	}
	if err := e.readRest(ctx, f); err != nil {
		return nil, err
	}
	e.peers = map[auyl.Level]map[auyl.AreaCode][]auyl.AreaCode{def.Level: e.group(def.Level)}
	for i := range def.Sections {
		if l := def.Sections[i].Level; l != 0 && e.peers[l] == nil {
			e.peers[l] = e.group(l)
		}
	}
	return e, nil
}

// The reach of a summary into the past: what lies below is compared with the same
// period of last year, and the area itself is drawn over two years.
const (
	daysBelow = 800
	daysSelf  = 1200
)

func (e *Edition) readCells(ctx context.Context, f Facts) error {
	own, below := map[auyl.IndicatorID]bool{"population_total": true}, map[auyl.Level]map[auyl.IndicatorID]bool{}
	add := func(l auyl.Level, id auyl.IndicatorID) {
		if l == e.Def.Level || l == 0 {
			own[id] = true
			return
		}
		if below[l] == nil {
			below[l] = map[auyl.IndicatorID]bool{}
		}
		below[l][id] = true
		own[id] = true
	}
	for i := range e.Def.Sections {
		x := &e.Def.Sections[i]
		for _, ind := range x.Of(e.House.Catalogue) {
			if x.Level != 0 && ind.Level >= x.Level {
				add(x.Level, ind.ID)
				add(x.Level, "population_total")
			}
			own[ind.ID] = true
		}
	}
	if w := e.Def.Schedule.WaitFor; w != nil {
		for _, id := range w.Indicators {
			add(w.Level, id)
		}
	}
	for _, r := range e.Def.Rules {
		if r.Indicator != "" {
			add(r.Level, r.Indicator)
		}
	}
	read := func(ids map[auyl.IndicatorID]bool, days int, levels ...auyl.Level) error {
		q := Query{
			Indicators: sorted(ids), Within: e.oblast, Levels: levels, AsOf: e.AsOf,
			First: e.Period.Start() - auyl.Day(days), Last: e.Period.End(),
		}
		list, err := f.Cells(ctx, q)
		if err != nil {
			return fmt.Errorf("figures of level %s: %w", levels[0], err)
		}
		for _, c := range list {
			k := cellKey{c.Indicator, c.Area}
			e.cells[k] = append(e.cells[k], c)
		}
		return nil
	}
	levels := []auyl.Level{e.Def.Level}
	if e.Def.Level > auyl.LevelOblast {
		levels = append(levels, auyl.LevelOblast) // what a part is held against
	}
	if err := read(own, daysSelf, levels...); err != nil {
		return err
	}
	for l := auyl.LevelOblast; l <= auyl.LevelSettlement; l++ {
		if below[l] == nil || slices.Contains(levels, l) {
			continue
		}
		if err := read(below[l], daysBelow, l); err != nil {
			return err
		}
	}
	return nil
}

func sorted(ids map[auyl.IndicatorID]bool) []auyl.IndicatorID {
	out := make([]auyl.IndicatorID, 0, len(ids))
	for id := range ids {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func (e *Edition) readRest(ctx context.Context, f Facts) error {
	var err error
	if e.feeds, err = f.Feeds(ctx, e.AsOf); err != nil {
		return fmt.Errorf("feeds: %w", err)
	}
	for i := range e.Def.Sections {
		x := &e.Def.Sections[i]
		if x.Shows == "corrections" {
			if err := e.readRevisions(ctx, f, x); err != nil {
				return err
			}
		}
		for _, k := range kindsOf(x.Shows) {
			if err := e.readEvents(ctx, f, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// readRevisions reads what was corrected in the figures of the periods before this one, since the period ended.
func (e *Edition) readRevisions(ctx context.Context, f Facts, x *schemas.SummarySection) error {
	ids := map[auyl.IndicatorID]bool{}
	for _, ind := range x.Of(e.House.Catalogue) {
		ids[ind.ID] = true
	}
	levels := []auyl.Level{e.Def.Level}
	if e.Def.Level < auyl.LevelOkrug {
		levels = append(levels, e.Def.Level+1)
	}
	list, err := f.Revisions(ctx, Query{
		Indicators: sorted(ids), Within: e.oblast, Levels: levels, AsOf: e.AsOf,
		Since: e.midnight(e.Period.Start()),
		First: e.Period.Shift(-12).Start(), Last: e.Period.Start() - 1,
	})
	if err != nil {
		return fmt.Errorf("revisions: %w", err)
	}
	e.revisions = list
	return nil
}

// sinceEver is 2000-01-01, before all registers: what is open is open since whenever.
const sinceEver auyl.Day = 10957

type eventKind struct{ kind, done string }

// kindsOf says which events a section counts.
func kindsOf(shows string) []eventKind {
	switch shows {
	case "credits":
		return []eventKind{{"credit_application", "processing_days"}}
	case "proposals":
		return []eventKind{{"proposal", "answered"}}
	case "appeals":
		return []eventKind{{"appeal", "closed_seconds"}}
	case "animals":
		return []eventKind{{"capture_request", "done_days"}, {"dog_bite", ""}}
	case "map", "calls":
		return []eventKind{{"ambulance_call", ""}}
	}
	return nil
}

func (e *Edition) readEvents(ctx context.Context, f Facts, k eventKind) error {
	if e.events[k.kind] != nil {
		return nil
	}
	read := func(name string, from, to auyl.Day) error {
		list, err := f.Events(ctx, EventQuery{Kind: k.kind, Done: k.done, Within: e.oblast, From: e.midnight(from), To: e.midnight(to), AsOf: e.AsOf})
		if err != nil {
			return fmt.Errorf("events %s: %w", k.kind, err)
		}
		if list == nil {
			list = []Events{}
		}
		e.events[name] = list
		return nil
	}
	before := e.Period.Shift(-1)
	if err := read(k.kind, e.Period.Start(), e.Period.End()); err != nil {
		return err
	}
	if err := read(k.kind+"/before", before.Start(), before.End()); err != nil {
		return err
	}
	return read(k.kind+"/open", sinceEver, e.Period.End())
}

func (e *Edition) midnight(d auyl.Day) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, e.zone).UTC()
}

// at returns the figure of an indicator and area that stands for a period: of its
// own frequency the period itself, of a coarser one the newest that ended by then,
// of a finer one the last in it, of a stock the newest day by then.
func (e *Edition) at(ind *schemas.Indicator, area auyl.AreaCode, p auyl.Period) (Cell, bool) {
	list := e.cells[cellKey{ind.ID, area}]
	if len(list) == 0 {
		return Cell{}, false
	}
	var want auyl.Period
	switch {
	case ind.Freq == auyl.FreqDay:
		for _, c := range slices.Backward(list) {
			if c.Period.Start() <= p.End() {
				return c, true
			}
		}
		return Cell{}, false
	case ind.Freq == p.Freq():
		want = p
	default:
		want = auyl.NewPeriod(ind.Freq, p.LastDay())
		if want.End() > p.End() {
			want = want.Shift(-1)
		}
	}
	for _, c := range list {
		if c.Period == want {
			return c, true
		}
	}
	return Cell{}, false
}

// then is the figure to compare with: of the period before, or of the same period a year ago.
func (e *Edition) then(ind *schemas.Indicator, c Cell, lastYear bool) (Cell, bool) {
	list := e.cells[cellKey{ind.ID, c.Area}]
	if ind.Freq == auyl.FreqDay {
		return stockBefore(list, c, lastYear)
	}
	want := c.Period.Shift(-1)
	if lastYear {
		var err error
		if want, err = c.Period.SamePeriodLastYear(); err != nil {
			return Cell{}, false
		}
	}
	for _, x := range list {
		if x.Period == want && x.Value != nil {
			return x, true
		}
	}
	return Cell{}, false
}

func stockBefore(list []Cell, c Cell, lastYear bool) (Cell, bool) {
	limit := c.Period.Start() - 1
	if lastYear {
		y, err := c.Period.SamePeriodLastYear()
		if err != nil {
			return Cell{}, false
		}
		limit = y.Start()
	}
	for _, x := range slices.Backward(list) {
		if x.Period.Start() <= limit {
			return x, x.Value != nil && (!lastYear || x.Period.Start() == limit)
		}
	}
	return Cell{}, false
}

// yearly reports whether an indicator counts since 1 January: a month is then held
// against the same one of last year, never against the one before.
func (e *Edition) yearly(ind *schemas.Indicator) bool {
	if strings.Contains(ind.Numerator, "ytd(") {
		return true
	}
	return slices.ContainsFunc(ind.Inputs, func(id auyl.SeriesID) bool {
		s := e.House.Catalogue.SeriesOf(id)
		return s != nil && s.Cumulative
	})
}
