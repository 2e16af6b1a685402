package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/transform"
)

type indicatorExplainCmd struct {
	common
	ID     string `arg:"" help:"Id of the indicator."`
	Area   string `arg:"" help:"Nine digits of KATO."`
	Period string `arg:"" help:"Period: 2023-01-01, 2026-M09, 2026-Q3, 2026."`
	AsOf   string `help:"What was known at this time, UTC: 2026-07-01 or 2026-07-01T12:00:00Z." placeholder:"TIME"`
	Limit  int    `help:"Figures to print at most of each input; 0: all." default:"40"`
	Format string `help:"text or json." default:"text" enum:"text,json"`
	JSON   bool   `name:"json" help:"The same as --format json."`
}

// Help implements kong's longer text.
func (*indicatorExplainCmd) Help() string {
	return `Prints the tree: cell, formula version, each input with status and vintage, delivery, page, record, raw object.
Example:
  auyl indicator explain population_total 195200000 2023-01-01`
}

// explanation is the tree below one value.
type explanation struct {
	Indicator   string               `json:"indicator"`
	Name        string               `json:"name"`
	Area        string               `json:"area"`
	AreaName    string               `json:"area_name"`
	Period      string               `json:"period"`
	Formula     string               `json:"formula"`
	CatalogueAt uint32               `json:"catalogue_version"` // of the formula that is shown
	Unit        string               `json:"unit"`
	Cell        clickhouse.Cell      `json:"cell"`
	Suppressed  string               `json:"suppressed,omitempty"` // why the cell is
	Vintages    int                  `json:"vintages"`
	Delivery    *clickhouse.Delivery `json:"delivery"` // the page that made this vintage; null where it is not known
	Inputs      []explainedInput     `json:"inputs"`
	Events      []eventPages         `json:"events"`
}

// explainedInput is what one name of the formula stands for in the cell.
type explainedInput struct {
	Name    string            `json:"name"` // as in the formula: prev(ytd(births))
	Roles   []string          `json:"roles"`
	Series  auyl.SeriesID     `json:"series,omitempty"` // none for a parameter or a fact of the calendar
	Dims    auyl.Dims         `json:"dims,omitempty"`
	Kind    string            `json:"kind"` // stock, flow, rate, parameter or calendar
	Period  string            `json:"period"`
	Value   string            `json:"value,omitempty"`  // of a parameter or a fact of the calendar
	Since   string            `json:"since,omitempty"`  // day from which a parameter has its value
	Hidden  bool              `json:"hidden,omitempty"` // it counts persons of a sensitive indicator: its figures are not for readers
	Figures []explainedFigure `json:"figures"`
}

// explainedFigure is an observation with what became of it.
type explainedFigure struct {
	clickhouse.Input
	Shown  *string `json:"value"`  // hides the value of Input, which may be one that must not be shown
	Counts bool    `json:"counts"` // false: another figure of its area is missing
	Hidden bool    `json:"hidden"` // the cell of its area is suppressed
}

func (c *indicatorExplainCmd) Run(ctx context.Context, s streams) error {
	area, err := auyl.ParseAreaCode(c.Area)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	period, err := auyl.ParsePeriod(c.Period)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	asOf, err := parseTime(c.AsOf)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	return c.reading(ctx, s, func(n *node) error {
		i, err := indicatorOf(n.house.Catalogue, c.ID)
		if err != nil {
			return err
		}
		e, err := explain(ctx, n, i, area, period, asOf)
		if err != nil {
			return err
		}
		if c.JSON || c.Format == "json" {
			return writeJSON(s.out, e)
		}
		return e.write(s.out, c.Limit)
	})
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: want 2026-07-01 or 2026-07-01T12:00:00Z", s)
}

// explain finds the cell as it was known at a time and what it stands on.
func explain(ctx context.Context, n *node, i *schemas.Indicator, area auyl.AreaCode, p auyl.Period, asOf time.Time) (*explanation, error) {
	all, err := n.db.Cells(ctx, i.ID, area, p, time.Time{})
	if err != nil {
		return nil, err
	}
	hidden := len(all) > 0 && all[0].Status == auyl.StatusConfidential.String() // what is suppressed now is not shown of then
	now, known := latest(all)
	cells := slices.DeleteFunc(all, func(c clickhouse.Cell) bool { return !asOf.IsZero() && c.RecordedAt.After(asOf) })
	cell, ok := latest(cells)
	if !ok && hidden && known {
		// What was shown before a cell was suppressed is kept from readers: that it was is all that they learn.
		cell, cells, ok = now, nil, true
	}
	if !ok {
		return nil, fmt.Errorf("no cell of %s for %s in %s: the area, the period or the source is missing; auyl query \"SELECT period, level FROM auyl.indicator_current WHERE indicator = '%s' AND area = '%s'\" lists what there is",
			i.ID, area, p, i.ID, area)
	}
	e := &explanation{
		Indicator: string(i.ID), Name: i.Names.RU, Area: area.String(), Period: p.String(), Unit: i.Unit, Cell: cell, Vintages: len(cells),
		Formula: i.Numerator, CatalogueAt: i.Version, Inputs: []explainedInput{}, Events: []eventPages{},
	}
	if i.Denominator != "" {
		e.Formula = fmt.Sprintf("%g × (%s) / (%s)", i.Factor, i.Numerator, i.Denominator)
	}
	if a, ok := n.house.Areas.At(area, p.LastDay()); ok {
		e.AreaName = a.NameRU
	}
	d, ok, err := n.db.Delivery(ctx, cell.RawSeq, cell.RecordedAt)
	if err != nil {
		return nil, err
	}
	if ok {
		e.Delivery = &d
	}
	if hidden || cell.Status == auyl.StatusConfidential.String() {
		e.suppress()
		return e, nil
	}
	if err := e.findInputs(ctx, n, i, area, p); err != nil {
		return nil, err
	}
	if err := e.findEvents(ctx, n, area, p); err != nil {
		return nil, err
	}
	return e, nil
}

// suppress takes all numbers away: an input would give the cell away as the
// value would, and so would the share of the population behind it.
func (e *explanation) suppress() {
	c := &e.Cell
	c.Value, c.Numerator, c.Denominator, c.Coverage = nil, nil, nil, nil
	switch {
	case c.Status != auyl.StatusConfidential.String():
		e.Suppressed = "it was not then, and is by a later vintage"
	case c.Reason == "confidential":
		e.Suppressed = "confidential: its source hides a figure that it is made of"
	case c.Reason == transform.ReasonPrimary:
		e.Suppressed = "primary: fewer persons than the threshold k are behind it (docs/analysts.md)"
	case c.Reason == transform.ReasonSecondary:
		e.Suppressed = "secondary: to protect another cell, of fewer persons than the threshold k, which could be computed from it (docs/analysts.md)"
	default:
		e.Suppressed = c.Reason
	}
}

// findInputs looks up what the formula looks up, among what was known when the
// cell was computed: pages later than the one behind it are not in it.
func (e *explanation) findInputs(ctx context.Context, n *node, i *schemas.Indicator, area auyl.AreaCode, p auyl.Period) error {
	tracer, err := transform.NewTracer(n.house.Catalogue, n.house.Areas)
	if err != nil {
		return err
	}
	trace, err := tracer.Trace(i.ID, area, p)
	if err != nil {
		return err
	}
	hidden, err := n.db.Suppressed(ctx, i.ID, area, p, 0) // now, of whatever time the figures are
	if err != nil {
		return err
	}
	found := make([][]clickhouse.Input, len(trace.Lookups))
	figures := make([][]transform.Figure, len(trace.Lookups))
	for k := range trace.Lookups {
		l := &trace.Lookups[k]
		if l.Series == "" || l.Event != nil || l.First > l.Last || n.house.Catalogue.Counted(l.Series) {
			continue
		}
		found[k], err = n.db.Inputs(ctx, clickhouse.InputsQuery{
			Series: []auyl.SeriesID{l.Series}, Dims: l.Dims, Area: area, First: l.First, Last: l.Last, Freqs: l.Freqs, RawSeq: e.Cell.RawSeq,
		})
		if err != nil {
			return err
		}
		for _, x := range found[k] {
			figures[k] = append(figures[k], transform.Figure{Area: x.Area, Period: x.Period, Empty: x.Status.Empty()})
		}
	}
	uses := trace.Uses(figures)
	for k := range trace.Lookups {
		l := &trace.Lookups[k]
		if l.Event != nil {
			e.counted(n.house.Catalogue.SeriesOf(l.Series))
			continue
		}
		in := inputOf(l)
		in.Hidden = n.house.Catalogue.Counted(l.Series)
		for j, x := range found[k] {
			if uses[k][j] != transform.UseNone {
				in.Figures = append(in.Figures, figureOf(x, uses[k][j] == transform.UseCounts, hidden[x.Area]))
			}
		}
		e.Inputs = append(e.Inputs, in)
	}
	return nil
}

func inputOf(l *transform.Lookup) explainedInput {
	in := explainedInput{
		Name: l.Name, Roles: l.Roles, Series: l.Series, Dims: l.Dims, Kind: string(l.Kind), Period: l.Period, Figures: []explainedFigure{},
	}
	if l.Cumulative {
		in.Kind = "cumulative " + in.Kind
	}
	if l.Series != "" {
		return in
	}
	in.Kind = "calendar"
	if l.Known {
		in.Value = l.Value.String()
	}
	if l.Parameter {
		in.Kind = "parameter"
	}
	if l.Parameter && l.Known {
		in.Since = l.Since.String()
	}
	return in
}

func figureOf(x clickhouse.Input, counts, hidden bool) explainedFigure {
	f := explainedFigure{Input: x, Counts: counts, Hidden: hidden}
	if hidden {
		f.Value, f.Status = 0, auyl.StatusConfidential
	}
	if !f.Status.Empty() {
		v := f.Value.String()
		f.Shown = &v
	}
	return f
}
