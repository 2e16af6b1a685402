package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas"
)

type indicatorCmd struct {
	LS      indicatorListCmd    `cmd:"" name:"ls" help:"List the catalogue."`
	Show    indicatorShowCmd    `cmd:"" help:"Say what an indicator means."`
	Explain indicatorExplainCmd `cmd:"" help:"Walk from a value down to the bytes it came from."`
}

type indicatorListCmd struct {
	Theme string `help:"Only of this theme."`
}

// Help implements kong's longer text.
func (*indicatorListCmd) Help() string { return "Example:\n  auyl indicator ls --theme demography" }

func (c *indicatorListCmd) Run(s streams) error {
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "indicator\ttheme\tlevel\tfreq\tunit\tname")
	found := false
	for _, i := range house.Catalogue.Indicators {
		if c.Theme == "" || c.Theme == i.Theme {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", i.ID, i.Theme, i.Level, i.Freq, i.Unit, i.Names.EN)
			found = true
		}
	}
	if !found {
		return fmt.Errorf("no theme %q: auyl indicator ls lists all", c.Theme)
	}
	return w.Flush()
}

// indicatorOf finds an entry of the catalogue, or says what was meant.
func indicatorOf(c *schemas.Catalogue, id string) (*schemas.Indicator, error) {
	i := c.Indicator(auyl.IndicatorID(id))
	if i == nil {
		hint := "auyl indicator ls lists them"
		if n := c.Nearest(id); n != "" {
			hint = fmt.Sprintf("did you mean %q?", n)
		}
		return nil, fmt.Errorf("unknown indicator %q: %s", id, hint)
	}
	return i, nil
}

type indicatorShowCmd struct {
	ID string `arg:"" help:"Id of the indicator."`
}

// Help implements kong's longer text.
func (*indicatorShowCmd) Help() string {
	return "Example:\n  auyl indicator show ambulance_on_time_share"
}

func (c *indicatorShowCmd) Run(s streams) error {
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		return err
	}
	i, err := indicatorOf(house.Catalogue, c.ID)
	if err != nil {
		return err
	}
	formula := i.Numerator
	if i.NumeratorDims != "" {
		formula += " [" + string(i.NumeratorDims) + "]"
	}
	if i.Denominator != "" {
		formula = fmt.Sprintf("%g × (%s) / (%s)", i.Factor, formula, i.Denominator)
	}
	fmt.Fprintf(s.out, "%s\n  %s\n  %s\n  %s\n\n%s\n%s\n%s\n\n", i.ID, i.Names.KK, i.Names.RU, i.Names.EN, i.Description.KK, i.Description.RU, i.Description.EN)
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, kv := range [][2]string{
		{"theme", i.Theme},
		{"unit", i.Unit},
		{"better", i.Direction},
		{"frequency", i.Freq.String()},
		{"lowest level", i.Level.String()},
		{"formula", formula},
		{"formula version", fmt.Sprint(i.Version)},
		{"rolls up as", i.Rollup},
		{"coverage", fmt.Sprintf("empty below %g, estimated (E) below %g of the population", i.Coverage.Minimum, i.Coverage.Full)},
		{"plausible", fmt.Sprintf("%g to %g", i.Plausible.Min, i.Plausible.Max)},
		{"an akim controls", i.Controllable},
		{"sensitive", fmt.Sprint(i.Sensitive)},
	} {
		fmt.Fprintf(w, "%s\t%s\n", kv[0], kv[1])
	}
	for _, id := range i.Inputs {
		x := house.Catalogue.SeriesOf(id)
		fmt.Fprintf(w, "series\t%s: %s, %s, %s\n", x.ID, x.Names.EN, x.Kind, x.Unit)
	}
	for _, id := range i.Sources {
		k := house.Contracts[id]
		fmt.Fprintf(w, "source\t%s: %s (%s, %s)\n", id, k.Title.RU, k.Origin, k.Rank)
	}
	return w.Flush()
}

type indicatorExplainCmd struct {
	common
	ID     string `arg:"" help:"Id of the indicator."`
	Area   string `arg:"" help:"Nine digits of KATO."`
	Period string `arg:"" help:"Period: 2023-01-01, 2026-M09, 2026-Q3, 2026."`
	AsOf   string `help:"What was known at this time, UTC: 2026-07-01 or 2026-07-01T12:00:00Z." placeholder:"TIME"`
	Limit  int    `help:"Inputs to print at most; 0: all." default:"40"`
	Format string `help:"text or json." default:"text" enum:"text,json"`
}

// Help implements kong's longer text.
func (*indicatorExplainCmd) Help() string {
	return "Example:\n  auyl indicator explain population_total 195200000 2023-01-01"
}

// explanation is the tree below one value.
type explanation struct {
	Indicator string             `json:"indicator"`
	Name      string             `json:"name"`
	Area      string             `json:"area"`
	AreaName  string             `json:"area_name"`
	Period    string             `json:"period"`
	Formula   string             `json:"formula"`
	Unit      string             `json:"unit"`
	Cell      clickhouse.Cell    `json:"cell"`
	Vintages  int                `json:"vintages"`
	Inputs    []clickhouse.Input `json:"inputs"`
	Events    []eventPages       `json:"events"`
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
		if c.Format == "json" {
			return writeJSON(s.out, e)
		}
		return e.print(s.out, c.Limit)
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

// explain finds the cell and what it stands on: the observations of its series
// for the area and all below it, stocks as far back as they are carried, and for
// series that are counted the pages of the events.
func explain(ctx context.Context, n *node, i *schemas.Indicator, area auyl.AreaCode, p auyl.Period, asOf time.Time) (*explanation, error) {
	cells, err := n.db.Cells(ctx, i.ID, area, p, asOf)
	if err != nil {
		return nil, err
	}
	cell, ok := latest(cells)
	if !ok {
		return nil, fmt.Errorf("no cell of %s for %s in %s: the area, the period or the source is missing; auyl query \"SELECT period, level FROM auyl.indicator_current WHERE indicator = '%s' AND area = '%s'\" lists what there is",
			i.ID, area, p, i.ID, area)
	}
	e := &explanation{
		Indicator: string(i.ID), Name: i.Names.RU, Area: area.String(), Period: p.String(), Unit: i.Unit, Cell: cell, Vintages: len(cells),
		Formula: i.Numerator, Inputs: []clickhouse.Input{}, Events: []eventPages{},
	}
	if i.Denominator != "" {
		e.Formula = fmt.Sprintf("%g × (%s) / (%s)", i.Factor, i.Numerator, i.Denominator)
	}
	if a, ok := n.house.Areas.At(area, p.LastDay()); ok {
		e.AreaName = a.NameRU
	}
	for _, id := range i.Inputs {
		x := n.house.Catalogue.SeriesOf(id)
		if x.Event != nil {
			e.counted(x)
			continue
		}
		q := clickhouse.InputsQuery{Series: []auyl.SeriesID{id}, Area: area, First: p.Start(), Last: p.LastDay(), AsOf: cell.RecordedAt}
		if strings.Contains(i.Numerator, string(id)) {
			q.Dims = i.NumeratorDims
		} else {
			q.Dims = i.DenominatorDims
		}
		if x.Kind == "stock" && p.Freq() != auyl.FreqDay {
			q.First, q.Last = p.End()-auyl.Day(x.MaxAgeDays), p.End()
		} else if x.Kind == "stock" {
			q.First = p.Start() - auyl.Day(x.MaxAgeDays)
		}
		in, err := n.db.Inputs(ctx, q)
		if err != nil {
			return nil, err
		}
		e.Inputs = append(e.Inputs, newestStocks(in)...)
	}
	e.Inputs = e.own(i.Inputs) // all of them where a series is counted: nobody publishes that one for the area
	if err := e.findEvents(ctx, n, area, p); err != nil {
		return nil, err
	}
	return e, nil
}

// newestStocks keeps, of what a series gave for an area on several days, the
// newest; what is not a stock has one period and stays as it is.
func newestStocks(in []clickhouse.Input) []clickhouse.Input {
	type key struct {
		series auyl.SeriesID
		area   auyl.AreaCode
	}
	last := map[key]int{}
	var out []clickhouse.Input
	for _, x := range in {
		k := key{x.Series, x.Area}
		if i, ok := last[k]; ok && out[i].Period.Freq() == x.Period.Freq() {
			if x.Period.Start() > out[i].Period.Start() {
				out[i] = x
			}
			continue
		}
		last[k] = len(out)
		out = append(out, x)
	}
	return out
}

// own keeps the figures of the area itself where there is one of every series:
// what a source published for an area outranks what its parts add up to.
func (e *explanation) own(series []auyl.SeriesID) []clickhouse.Input {
	var out []clickhouse.Input
	have := map[auyl.SeriesID]bool{}
	for _, x := range e.Inputs {
		if x.Area.String() == e.Area && !x.Status.Empty() {
			out = append(out, x)
			have[x.Series] = true
		}
	}
	for _, s := range series {
		if !have[s] {
			return e.Inputs
		}
	}
	return out
}

func (e *explanation) print(out io.Writer, limit int) error {
	c := e.Cell
	value := "empty: " + c.Reason
	if c.Value != nil {
		value = fmt.Sprintf("%s %s", number(*c.Value), e.Unit)
	}
	fmt.Fprintf(out, "%s (%s)\n%s %s, %s\n\n", e.Name, e.Indicator, e.Area, e.AreaName, e.Period)
	fmt.Fprintf(out, "value      %s\nstatus     %s, origin %s\n", value, c.Status, c.Origin)
	if c.Numerator != nil {
		fmt.Fprintf(out, "numerator  %s\n", number(*c.Numerator))
	}
	if c.Denominator != nil {
		fmt.Fprintf(out, "denominator %s\n", number(*c.Denominator))
	}
	if c.Coverage != nil {
		fmt.Fprintf(out, "coverage   %.1f %% of the population\n", 100**c.Coverage)
	}
	fmt.Fprintf(out, "known      since %s, %d vintage(s)\n", stamp(c.RecordedAt), e.Vintages)
	fmt.Fprintf(out, "formula    %s (version %d), boundaries %s\n\n", e.Formula, c.FormulaVersion, c.BoundaryVersion)
	if err := e.printInputs(out, limit); err != nil {
		return err
	}
	for _, v := range e.Events {
		if err := v.print(out, limit); err != nil {
			return err
		}
	}
	return nil
}

func (e *explanation) printInputs(out io.Writer, limit int) error {
	if len(e.Inputs) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "series\tarea\tperiod\tvalue\tstatus\tsource\tpull\tpage\trecord\traw object")
	for i, x := range e.Inputs {
		if limit > 0 && i == limit {
			break
		}
		v := x.Value.String()
		if x.Status.Empty() {
			v = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\tauyl raw show %s\n", x.Series, x.Area, x.Period, v, x.Status, x.Source, x.Run, x.Page, x.Row, shortSHA(x.RawSHA256))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	more(out, len(e.Inputs), limit)
	return nil
}

func more(out io.Writer, n, limit int) {
	if limit > 0 && n > limit {
		fmt.Fprintf(out, "… and %d more: --limit 0 prints all\n", n-limit)
	}
}

func number(f float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.4f", f), "0"), ".")
}
