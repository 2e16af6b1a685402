package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/export"
	"github.com/auyl-kz/auyl/schemas"
)

type exportCmd struct {
	common
	Theme     []string `help:"Indicators of this theme; may be given again." placeholder:"THEME"`
	Indicator []string `help:"This indicator; may be given again. Neither theme nor indicator: all." placeholder:"ID"`
	From      string   `help:"From this period on, such as 2024, 2024-Q3 or 2024-01-01." placeholder:"PERIOD"`
	To        string   `help:"Up to this period, which is included." placeholder:"PERIOD"`
	Format    []string `help:"csv (always there), sdmx-csv, parquet; several with commas." default:"csv,sdmx-csv,parquet" enum:"csv,sdmx-csv,parquet"`
	AsOf      string   `help:"What was known at this time, UTC; without it, the newest vintage there is." placeholder:"TIME"`
	Dir       string   `arg:"" help:"Folder of the package; must not be there yet." type:"path"`
}

// Help implements kong's longer text.
func (*exportCmd) Help() string {
	return `Suppressed cells (status C) stay suppressed; synthetic ones say so in the column origin. The same vintage gives the same
bytes. Examples:
  auyl export open-data
  auyl export --theme demography --from 2020 --format csv population
  auyl export --indicator population_total --as-of 2026-07-01 july`
}

func (c *exportCmd) Run(ctx context.Context, s streams) error {
	asOf, err := parseTime(c.AsOf)
	if err != nil {
		return err
	}
	first, last, err := c.periods()
	if err != nil {
		return err
	}
	return c.reading(ctx, s, func(n *node) error {
		list, err := c.indicators(n.house.Catalogue)
		if err != nil {
			return err
		}
		vintage, err := n.db.Vintage(ctx, asOf)
		if err != nil {
			return err
		}
		if vintage.IsZero() {
			return errors.New("nothing was known at that time: auyl status says when the first pages were fetched")
		}
		p := newProgress(s.err)
		defer p.stop()
		o := export.Options{Dir: c.Dir, Indicators: list, Vintage: vintage, From: c.From, To: c.To}
		for _, f := range c.Format {
			o.Formats = append(o.Formats, export.Format(f))
		}
		r, err := export.Write(ctx, n.house, o, func(ctx context.Context, id auyl.IndicatorID, each func(*export.Cell) error) error {
			p.say("exporting " + string(id))
			q := clickhouse.IndicatorCellsQuery{Indicator: id, First: first, Last: last, AsOf: vintage}
			return n.db.IndicatorCells(ctx, q, func(x *clickhouse.IndicatorCell) error {
				cell := export.Cell(*x)
				return each(&cell)
			})
		})
		p.stop()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s: %d files, %d cells (%d synthetic, %d suppressed) as of %s\n",
			c.Dir, len(r.Resources)+2, r.Rows, r.Synthetic, r.Hidden, vintage.Format(time.RFC3339Nano))
		return err
	})
}

// periods gives the first and last day on which a period may begin.
func (c *exportCmd) periods() (first, last auyl.Day, err error) {
	if first, err = auyl.ParseDay("1900-01-01"); err != nil {
		return 0, 0, err
	}
	if last, err = auyl.ParseDay("2299-12-31"); err != nil {
		return 0, 0, err
	}
	if c.From != "" {
		p, err := auyl.ParsePeriod(c.From)
		if err != nil {
			return 0, 0, fmt.Errorf("--from: %w", err)
		}
		first = p.Start()
	}
	if c.To != "" {
		p, err := auyl.ParsePeriod(c.To)
		if err != nil {
			return 0, 0, fmt.Errorf("--to: %w", err)
		}
		last = p.LastDay()
	}
	if last < first {
		return 0, 0, fmt.Errorf("--from %s is after --to %s", c.From, c.To)
	}
	return first, last, nil
}

// indicators are those that were asked for, in the order of the catalogue.
func (c *exportCmd) indicators(cat *schemas.Catalogue) ([]*schemas.Indicator, error) {
	themes := map[string]bool{}
	for i := range cat.Indicators {
		themes[cat.Indicators[i].Theme] = true
	}
	for _, t := range c.Theme {
		if !themes[t] {
			return nil, fmt.Errorf("no theme %q: there are %s", t, strings.Join(sortedKeys(themes), ", "))
		}
	}
	for _, id := range c.Indicator {
		if _, err := indicatorOf(cat, id); err != nil {
			return nil, err
		}
	}
	var out []*schemas.Indicator
	for i := range cat.Indicators {
		x := &cat.Indicators[i]
		if len(c.Theme)+len(c.Indicator) == 0 || slices.Contains(c.Theme, x.Theme) || slices.Contains(c.Indicator, string(x.ID)) {
			out = append(out, x)
		}
	}
	return out, nil
}
