package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/auyl-kz/auyl/summary"
	"github.com/auyl-kz/auyl/summary/document"
)

type summaryDiffCmd struct {
	common
	A      string `arg:"" help:"JSON form of the earlier one; or, with --area and --period, a time, UTC."`
	B      string `arg:"" help:"JSON form of the later one; or a time, or \"now\"."`
	ID     string `help:"Id of the summary, where A and B are times." placeholder:"ID"`
	Area   string `help:"Nine digits of KATO, where A and B are times." placeholder:"CODE"`
	Period string `help:"Period, where A and B are times." placeholder:"PERIOD"`
	Format string `help:"text or json." default:"text" enum:"text,json"`
}

// Help implements kong's longer text.
func (*summaryDiffCmd) Help() string {
	return `Classes are those of the view revision: methodology, boundary, withdrawal, late_report, unit_jump, correction; added and removed
are figures that only one of the two shows. Examples:
  auyl summary diff sent.json today.json
  auyl summary diff 2026-10-12 now --id oblast-monthly --area 190000000 --period 2026-09`
}

func (c *summaryDiffCmd) Run(ctx context.Context, s streams) error {
	a, b, err := c.both(ctx, s)
	if err != nil {
		return err
	}
	list, err := summary.Diff(a, b)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		if list == nil {
			list = []summary.Changed{}
		}
		return writeJSON(s.out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(s.out, "no figure changed between %s and %s\n", a.AsOf.Format("2006-01-02 15:04:05"), b.AsOf.Format("2006-01-02 15:04:05"))
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "indicator\tarea\tperiod\twas\tis\tclass")
	for _, x := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", x.Indicator, x.Area, x.Period, orDash(x.Old), orDash(x.New), x.Class)
	}
	return w.Flush()
}

func orDash(v *float64) string {
	if v == nil {
		return "–"
	}
	return number(*v)
}

func (c *summaryDiffCmd) both(ctx context.Context, s streams) (a, b *document.Document, err error) {
	switch {
	case c.ID == "" && c.Area == "" && c.Period == "":
		if a, err = readDocument(c.A); err != nil {
			return nil, nil, err
		}
		b, err = readDocument(c.B)
		return a, b, err
	case c.ID == "" || c.Area == "" || c.Period == "":
		return nil, nil, &exitError{exitUsage, errors.New("two times want --id, --area and --period")}
	}
	times := []string{c.A, c.B}
	for i, t := range times {
		if t == "now" {
			times[i] = ""
		}
	}
	var docs []*document.Document
	r := &summaryRenderCmd{common: c.common, ID: c.ID, Area: c.Area, Period: c.Period}
	if r.isMany() {
		return nil, nil, &exitError{exitUsage, fmt.Errorf("--area %s: want nine digits of one area", c.Area)}
	}
	err = r.compose(ctx, s, times, func(d *document.Document) error {
		docs = append(docs, d)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return docs[0], docs[1], nil
}

func readDocument(name string) (*document.Document, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: give two files of auyl summary render --format json, or two times with --id, --area and --period", err)
	}
	d := &document.Document{}
	if err := json.Unmarshal(b, d); err != nil {
		return nil, fmt.Errorf("%s is not the JSON form of a summary: %w", name, err)
	}
	return d, nil
}
