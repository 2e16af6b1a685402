package chart

import (
	"github.com/auyl-kz/auyl/summary/document"
)

// Table gives the values of a picture as words and numbers: what stands for it
// where there are no pictures. Its first column names, the head of it is empty.
func Table(p Picture) document.Table {
	c := p.Chart
	n := numbersOf(p.Lang)
	t := document.Table{Title: c.Title, Heads: []document.Head{{}}}
	cell := func(v *float64, mark string) document.Cell {
		if !finite(v) {
			return document.Cell{Text: p.Labels.NoData}
		}
		return document.Cell{Text: n.text(*v, c.Decimals) + mark, Value: v, Decimals: c.Decimals}
	}
	switch c.Kind {
	case document.Trend:
		lines(&t, c, cell)
	case document.Multiples:
		var lines []document.Line
		var labels []string
		for _, panel := range c.Panels {
			if len(panel.Labels) > len(labels) {
				labels = panel.Labels
			}
			for _, l := range panel.Lines {
				if l.Main {
					lines = append(lines, document.Line{Name: panel.Title, Points: l.Points})
				}
			}
		}
		// Panels are many and periods few: a row for each panel.
		for _, l := range labels {
			t.Heads = append(t.Heads, document.Head{Text: l, Unit: c.Unit, Number: true})
		}
		for _, l := range lines {
			row := []document.Cell{{Text: l.Name}}
			for i := range labels {
				if i < len(l.Points) {
					row = append(row, cell(l.Points[i].Value, l.Points[i].Mark))
				} else {
					row = append(row, cell(nil, ""))
				}
			}
			t.Rows = append(t.Rows, row)
		}
	case document.Ranking:
		bars(&t, c, p.Labels.Interval, cell)
	case document.Map:
		t.Heads = append(t.Heads, document.Head{Text: c.Title, Unit: c.Unit, Number: true})
		for _, r := range c.Regions {
			t.Rows = append(t.Rows, []document.Cell{{Text: r.Name}, {Text: r.Text, Value: known(r.Value), Decimals: c.Decimals}})
		}
	}
	return t
}

type celler func(v *float64, mark string) document.Cell

// lines gives a row for each period and a column for each line.
func lines(t *document.Table, c *document.Chart, cell celler) {
	for _, l := range c.Lines {
		t.Heads = append(t.Heads, document.Head{Text: l.Name, Unit: c.Unit, Number: true})
	}
	for i, label := range c.Labels {
		row := []document.Cell{{Text: label}}
		for _, l := range c.Lines {
			if i < len(l.Points) {
				row = append(row, cell(l.Points[i].Value, l.Points[i].Mark))
			} else {
				row = append(row, cell(nil, ""))
			}
		}
		t.Rows = append(t.Rows, row)
	}
}

// bars gives a row for each bar, with its bounds where there are any.
func bars(t *document.Table, c *document.Chart, interval string, cell celler) {
	t.Heads = append(t.Heads, document.Head{Text: c.Title, Unit: c.Unit, Number: true})
	bounds := false
	for _, b := range c.Bars {
		bounds = bounds || finite(b.Low) && finite(b.High)
	}
	bounds = bounds && interval != ""
	if bounds {
		t.Heads = append(t.Heads, document.Head{Text: interval, Unit: c.Unit})
	}
	for _, b := range c.Bars {
		row := []document.Cell{{Text: b.Name}, {Text: b.Text + b.Mark, Value: known(b.Value), Decimals: c.Decimals}}
		if bounds {
			between := document.Cell{}
			if finite(b.Low) && finite(b.High) {
				between.Text = cell(b.Low, "").Text + " – " + cell(b.High, "").Text
			}
			row = append(row, between)
		}
		t.Rows = append(t.Rows, row)
	}
}

// known passes a value on that can be written as a number.
func known(v *float64) *float64 {
	if finite(v) {
		return v
	}
	return nil
}
