package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/auyl-kz/auyl"
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

func number(f float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.4f", f), "0"), ".")
}
