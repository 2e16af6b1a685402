package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/send"
)

type summaryCmd struct {
	LS     summaryListCmd   `cmd:"" name:"ls" help:"List the summaries that are declared."`
	Show   summaryShowCmd   `cmd:"" help:"Say what a summary tells, to whom, and when."`
	Render summaryRenderCmd `cmd:"" help:"Make a summary of an area and a period."`
	Diff   summaryDiffCmd   `cmd:"" help:"Say which figures changed between two of one summary, and why."`

	Preview summaryPreviewCmd `cmd:"" help:"Look at summaries in a browser on this machine."`
	Send    summarySendCmd    `cmd:"" help:"Send a summary, or decide on an uncertain delivery."`
	History summaryHistoryCmd `cmd:"" help:"What was sent to whom."`
}

type summaryListCmd struct{}

// Help implements kong's longer text.
func (*summaryListCmd) Help() string { return "Example:\n  auyl summary ls" }

func (*summaryListCmd) Run(s streams) error {
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "summary\tlevel\tfreq\tlanguages\tschedule\tfor")
	for i := range house.Summaries {
		d := &house.Summaries[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s %s\t%s\n", d.ID, d.Level, d.Freq, strings.Join(d.Languages, ","), d.Schedule.Cron, d.Schedule.Zone, d.Audience.EN)
	}
	return w.Flush()
}

// summaryOf finds a declaration, or says what was meant.
func summaryOf(house *schemas.House, id string) (*schemas.Summary, error) {
	ids := make([]string, len(house.Summaries))
	for i := range house.Summaries {
		if house.Summaries[i].ID == id {
			return &house.Summaries[i], nil
		}
		ids[i] = house.Summaries[i].ID
	}
	hint := "there are " + strings.Join(ids, ", ")
	if n := schemas.Nearest(id, ids); n != "" {
		hint = fmt.Sprintf("did you mean %q?", n)
	}
	return nil, fmt.Errorf("unknown summary %q: %s", id, hint)
}

type summaryShowCmd struct {
	ID string `arg:"" help:"Id of the summary."`
}

// Help implements kong's longer text.
func (*summaryShowCmd) Help() string { return "Example:\n  auyl summary show oblast-monthly" }

func (c *summaryShowCmd) Run(s streams) error {
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		return err
	}
	d, err := summaryOf(house, c.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s, version %d\n  %s\n  %s\n  %s\n\n", d.ID, d.Version, d.Titles.KK, d.Titles.RU, d.Titles.EN)
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "for\t%s\n", d.Audience.EN)
	fmt.Fprintf(w, "area\tlevel %s\nperiod\t%s\nlanguages\t%s\nschedule\t%s (%s)\n", d.Level, d.Freq, strings.Join(d.Languages, ", "), d.Schedule.Cron, d.Schedule.Zone)
	if f := d.Schedule.WaitFor; f != nil {
		for _, id := range f.Indicators {
			fmt.Fprintf(w, "waits for\t%s of %g %% of level %s, until day %d\n", id, 100*f.Share, f.Level, f.UntilDay)
		}
	}
	for i := range d.Sections {
		x := &d.Sections[i]
		var ids []string
		for _, ind := range x.Of(house.Catalogue) {
			ids = append(ids, string(ind.ID))
		}
		where := ""
		if x.Annex {
			where = ", annex"
		}
		fmt.Fprintf(w, "section\t%s (%s%s): %s\n", x.ID, x.Shows, where, strings.Join(ids, " "))
	}
	for _, r := range d.Rules {
		fmt.Fprintf(w, "rule\t%s: %s %s %s\n", r.ID, r.When, r.Indicator, strings.Trim(fmt.Sprintf("%g", r.Value), "0"))
	}
	return w.Flush()
}

type summaryRenderCmd struct {
	common
	ID     string `arg:"" help:"Id of the summary: auyl summary ls lists them."`
	Area   string `required:"true" help:"Nine digits of KATO, or all of the level of the summary." placeholder:"CODE"`
	Period string `required:"true" help:"Period of the frequency of the summary: 2026-09, 2026-Q3, 2026-W37, 2026." placeholder:"PERIOD"`
	Lang   string `help:"kk, ru or en, or several with commas; without it the first language of the summary." placeholder:"LANG"`
	Format string `short:"f" help:"${summary_formats}; without it what the name of the file says, else json." placeholder:"FORMAT"`
	AsOf   string `help:"What was known at this time, UTC; without it, the newest vintage there is." placeholder:"TIME"`
	Output string `short:"o" help:"Write to this file, whole or not at all; of several summaries to this folder." placeholder:"FILE" type:"path"`
}

// Help implements kong's longer text.
func (*summaryRenderCmd) Help() string {
	return `The same vintage gives the same bytes. Each figure says how it is explained. Examples:
  auyl summary render oblast-monthly --area 190000000 --period 2026-09 --lang kk -o september.pdf
  auyl summary render district-monthly --area 195200000 --period 2026-09 --lang ru --as-of 2026-10-20
  auyl summary render okrug-quarterly --area all --period 2026-Q3 --lang kk,ru --format pdf -o okrugs/`
}

func (c *summaryRenderCmd) Run(ctx context.Context, s streams) error {
	format := c.Format
	if format == "" {
		if format = strings.TrimPrefix(filepath.Ext(c.Output), "."); format == "" {
			format = send.FormatJSON
		}
	}
	form, err := summaryForm(format)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if c.isMany() {
		return c.many(ctx, s, form)
	}
	if form.binary && c.Output == "" && isTerminal(s.out) {
		return &exitError{exitUsage, fmt.Errorf("%s is not for a terminal: say -o FILE", format)}
	}
	return c.compose(ctx, s, []string{c.AsOf}, func(doc *document.Document) error {
		if c.Output != "" {
			return writeWhole(c.Output, func(w io.Writer) error { return newForms().write(w, form.name, doc) })
		}
		var out bytes.Buffer // nothing of a form that fails is shown
		if err := newForms().write(&out, form.name, doc); err != nil {
			return err
		}
		_, err := out.WriteTo(s.out)
		return err
	})
}

// house reads the declarations that the configuration names, without an engine.
func (c *common) house(s streams) (*schemas.House, error) {
	reader := *c
	reader.reads = true
	cfg, err := reader.load(s)
	if err != nil {
		return nil, err
	}
	return houseOf(cfg)
}

// wanted is what the flags name, checked: what is wrong by itself is said before an
// engine is started.
type wanted struct {
	house  *schemas.House
	def    *schemas.Summary
	areas  []auyl.AreaCode
	period auyl.Period
	asOf   time.Time
}

func (c *summaryRenderCmd) wanted(s streams) (*wanted, error) {
	asOf, err := parseTime(c.AsOf)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	period, err := parsePeriod(c.Period)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	house, err := c.house(s)
	if err != nil {
		return nil, err
	}
	def, err := summaryOf(house, c.ID)
	if err != nil {
		return nil, err
	}
	areas, err := c.areas(house, def, period)
	if err != nil {
		return nil, err
	}
	return &wanted{house, def, areas, period, asOf}, nil
}

// compose makes the document that the flags name as of each of some times, by one
// engine, and hands them to f in that order.
func (c *summaryRenderCmd) compose(ctx context.Context, s streams, times []string, f func(*document.Document) error) error {
	w, err := c.wanted(s)
	if err != nil {
		return err
	}
	asOf := make([]time.Time, len(times))
	for i, t := range times {
		if asOf[i], err = parseTime(t); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	lang := c.Lang
	if lang == "" {
		lang = w.def.Languages[0]
	}
	return c.reading(ctx, s, func(n *node) error {
		for _, t := range asOf {
			doc, err := summary.Compose(ctx, facts{n.db}, w.house, w.def, w.areas[0], w.period, lang, t)
			if err != nil {
				return err
			}
			if err := f(doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// parsePeriod reads a period as the house spells it, and a month as people do: 2026-09.
func parsePeriod(text string) (auyl.Period, error) {
	if t, err := time.Parse("2006-01", text); err == nil {
		text = t.Format("2006-M01")
	}
	return auyl.ParsePeriod(text)
}
