package summary

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary/document"
)

// Changed is a figure that two documents give differently.
type Changed struct {
	Indicator auyl.IndicatorID `json:"indicator"`
	Area      auyl.AreaCode    `json:"area"`
	Period    auyl.Period      `json:"period"`
	Old       *float64         `json:"old"`
	New       *float64         `json:"new"`
	// Class is why: as in the view revision, or added and removed for a figure that
	// only one of the two has.
	Class string `json:"class"`
}

// Diff compares the figures of two documents of one summary, area and period,
// ordered by indicator, area and period. Words, languages and order do not count.
func Diff(a, b *document.Document) ([]Changed, error) {
	if a.Summary != b.Summary || a.Area != b.Area || a.Period != b.Period {
		return nil, fmt.Errorf("two of one summary, area and period can be compared, found %s %s %s and %s %s %s",
			a.Summary, a.Area, a.Period, b.Summary, b.Area, b.Period)
	}
	old, now := figuresOf(a), figuresOf(b)
	var out []Changed
	for k, f := range old {
		g, ok := now[k]
		switch {
		case !ok:
			out = append(out, Changed{k.indicator, k.area, k.period, f.Value, nil, "removed"})
		case !same(f, g):
			out = append(out, Changed{k.indicator, k.area, k.period, f.Value, g.Value, classOf(f, g)})
		}
	}
	for k, g := range now {
		if _, ok := old[k]; !ok {
			out = append(out, Changed{k.indicator, k.area, k.period, nil, g.Value, "added"})
		}
	}
	slices.SortFunc(out, func(x, y Changed) int {
		return cmp.Or(cmp.Compare(x.Indicator, y.Indicator), cmp.Compare(x.Area, y.Area), cmp.Compare(x.Period.Start(), y.Period.Start()))
	})
	return out, nil
}

type figureKey struct {
	indicator auyl.IndicatorID
	area      auyl.AreaCode
	period    auyl.Period
}

func figuresOf(d *document.Document) map[figureKey]*document.Figure {
	out := map[figureKey]*document.Figure{}
	add := func(f *document.Figure) {
		if f != nil {
			out[figureKey{f.Indicator, f.Area, f.Period}] = f
		}
	}
	for _, s := range d.Sections {
		for _, sentence := range s.Sentences {
			for _, r := range sentence {
				add(r.Figure)
			}
		}
		for _, t := range s.Tables {
			for _, row := range t.Rows {
				for _, c := range row {
					add(c.Figure)
				}
			}
		}
	}
	return out
}

func same(f, g *document.Figure) bool {
	if f.FormulaVersion != g.FormulaVersion || f.Boundaries != g.Boundaries || f.Status != g.Status || (f.Value == nil) != (g.Value == nil) {
		return false
	}
	return f.Value == nil || *f.Value == *g.Value
}

// classOf says why a figure changed, by the rules of the view revision.
func classOf(f, g *document.Figure) string {
	thousand := func(a, b float64) bool { return b != 0 && a/b >= 990 && a/b <= 1010 }
	switch {
	case f.FormulaVersion != g.FormulaVersion:
		return "methodology"
	case f.Boundaries != g.Boundaries:
		return "boundary"
	case f.Value != nil && g.Value == nil:
		return "withdrawal"
	case f.Value == nil && g.Value != nil:
		return "late_report"
	case f.Value != nil && g.Value != nil && (thousand(*g.Value, *f.Value) || thousand(*f.Value, *g.Value)):
		return "unit_jump"
	case g.Coverage > f.Coverage:
		return "late_report"
	}
	return "correction"
}
