package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// figure is one line of the report.
type figure struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"` // 0 where it was not measured; Note says why
	Unit   string  `json:"unit"`
	Budget float64 `json:"budget,omitempty"` // 0 is none
	Most   bool    `json:"most,omitempty"`   // the budget is the most allowed, not the least
	Note   string  `json:"note,omitempty"`
}

// share is the part of a budget that was reached, in percent: of a least one how
// much of it is there, of a most one how much of it is used. -1 is none.
func (f figure) share() float64 {
	if f.Budget == 0 || f.Value == 0 {
		return -1
	}
	return f.Value / f.Budget * 100
}

// kept tells whether the budget is.
func (f figure) kept() bool {
	if f.Most {
		return f.Value <= f.Budget
	}
	return f.Value >= f.Budget
}

func report(w io.Writer, figures []figure, o options) error {
	if o.json {
		e := json.NewEncoder(w)
		for _, f := range figures {
			if err := e.Encode(f); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := fmt.Fprintf(w, "%s %s/%s, %d cores, %d rows, short %t\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.rows, o.short); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) // keeps the first error for Flush
	_, _ = fmt.Fprintln(t, "name\tvalue\tunit\tbudget\tshare of budget\t")
	for _, f := range figures {
		value, budget, share := "—", "", ""
		if f.Value != 0 {
			value = number(f.Value)
		}
		if f.Budget != 0 {
			budget = "≥ " + number(f.Budget)
			if f.Most {
				budget = "≤ " + number(f.Budget)
			}
		}
		if s := f.share(); s >= 0 {
			share = fmt.Sprintf("%.0f %%", s)
			if !f.kept() {
				share += " missed"
			}
		}
		name := f.Name
		if f.Note != "" {
			name += " (" + f.Note + ")"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", name, value, f.Unit, budget, share)
	}
	return t.Flush()
}

// number writes a figure with three digits that count, and thousands apart.
func number(v float64) string {
	if v < 100 {
		digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
		return strconv.FormatFloat(v, 'f', max(min(digits, 4), 0), 64)
	}
	s := strconv.FormatFloat(v, 'f', 0, 64)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// percentile returns the value below which p percent of all lie, by nearest rank,
// in milliseconds; d is sorted by it.
func percentile(d []time.Duration, p int) float64 {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	i := (len(d)*p + 99) / 100
	return d[max(i, 1)-1].Seconds() * 1000
}
