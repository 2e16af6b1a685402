package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// write prints the tree: the cell, the formula below it, below that each input
// with its figures, and behind each figure the way to its bytes.
func (e *explanation) write(out io.Writer, limit int) error {
	c := e.Cell
	fmt.Fprintf(out, "%s (%s)\n%s %s, %s\n\n", e.Name, e.Indicator, e.Area, e.AreaName, e.Period)
	switch {
	case e.Suppressed != "":
		fmt.Fprintf(out, "value      suppressed: %s\n", e.Suppressed)
	case c.Value == nil:
		fmt.Fprintf(out, "value      empty: %s\n", c.Reason)
	default:
		fmt.Fprintf(out, "value      %s %s\n", number(*c.Value), e.Unit)
	}
	fmt.Fprintf(out, "status     %s, origin %s\n", c.Status, c.Origin)
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
	if d := e.Delivery; d != nil {
		fmt.Fprintf(out, "made by    %s, pull %s, page %d: auyl raw show %s\n", d.Source, d.Run, d.Page, shortSHA(d.RawSHA256))
	}
	fmt.Fprintf(out, "boundaries %s\n", c.BoundaryVersion)
	fmt.Fprintf(out, "formula    %s (version %d)\n", e.Formula, c.FormulaVersion)
	if c.FormulaVersion != e.CatalogueAt {
		fmt.Fprintf(out, "           the cell was computed by version %d, what is shown is version %d\n", c.FormulaVersion, e.CatalogueAt)
	}
	if e.Suppressed != "" {
		fmt.Fprintln(out, "\nIts inputs are not shown either: they would give the value away.")
		return nil
	}
	for i := range e.Inputs {
		if err := e.Inputs[i].write(out, limit); err != nil {
			return err
		}
	}
	for _, v := range e.Events {
		fmt.Fprintln(out)
		if err := v.print(out, limit); err != nil {
			return err
		}
	}
	return nil
}

func (in *explainedInput) write(out io.Writer, limit int) error {
	name := in.Name
	if in.Dims != "" {
		name += " [" + string(in.Dims) + "]"
	}
	if in.Series != "" && in.Name != string(in.Series) {
		name += " of " + string(in.Series)
	}
	fmt.Fprintf(out, "\n└ %s: %s, %s", strings.Join(in.Roles, " and "), name, in.Kind)
	if in.Period != "" {
		fmt.Fprintf(out, ", looked up in %s", in.Period)
	}
	switch {
	case in.Series == "" && in.Value == "":
		fmt.Fprintln(out, ": not known")
		return nil
	case in.Series == "" && in.Since != "":
		fmt.Fprintf(out, " = %s since %s\n", in.Value, in.Since)
		return nil
	case in.Series == "":
		fmt.Fprintf(out, " = %s\n", in.Value)
		return nil
	case in.Hidden:
		fmt.Fprintln(out, ": not shown, it counts persons and could give suppressed cells away")
		return nil
	case len(in.Figures) == 0:
		fmt.Fprintln(out, ": nothing is known")
		return nil
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  └ series\tarea\tperiod\tvalue\tstatus\tknown since\tsource\tpull\tpage\trecord\traw object")
	for i, x := range in.Figures {
		if limit > 0 && i == limit {
			break
		}
		v := "-"
		switch {
		case x.Hidden:
			v = "suppressed"
		case x.Shown != nil && x.Counts:
			v = *x.Shown
		case x.Shown != nil:
			v = "(" + *x.Shown + ")"
		}
		fmt.Fprintf(w, "    %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\tauyl raw show %s\n", x.Series, x.Area, x.Period, v, x.Status, stamp(x.RecordedAt), x.Source, x.Run, x.Page, x.Row, shortSHA(x.RawSHA256))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, x := range in.Figures {
		if x.Shown != nil && !x.Counts && !x.Hidden {
			fmt.Fprintln(out, "  (in brackets: does not count, another figure of its area is missing)")
			break
		}
	}
	more(out, len(in.Figures), limit)
	return nil
}

func more(out io.Writer, n, limit int) {
	if limit > 0 && n > limit {
		fmt.Fprintf(out, "… and %d more: --limit 0 prints all\n", n-limit)
	}
}
