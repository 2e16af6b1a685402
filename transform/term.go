package transform

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// term is a ref of an indicator made ready: what is looked up, and where.
type term struct {
	ref
	input int32 // -1 for parameters and facts of the calendar
	param *Parameter
	freqs []auyl.Freq // of a flow or rate, in the order in which figures are preferred
}

// resolve finds what the names of a formula mean and returns the term of each.
func (m *model) resolve(ind *indicator, p *program, dims auyl.Dims, series map[auyl.SeriesID]*Series) ([]int32, error) {
	var out []int32
	for _, r := range p.refs {
		t := term{ref: r, input: -1}
		if r.calendar != 0 {
			if r.calendar == calendarMonths && months(ind.Freq) == 0 {
				return nil, errCalendar
			}
			out = append(out, ind.term(t))
			continue
		}
		s := series[auyl.SeriesID(r.name)]
		if s == nil {
			t.param = m.parameters[r.name]
			switch {
			case t.param == nil:
				return nil, fmt.Errorf("unknown series %s", r.name)
			case r.start || r.ytd:
				return nil, fmt.Errorf("%s is a parameter: ytd, start and mean are of series", r.name)
			}
			out = append(out, ind.term(t))
			continue
		}
		var err error
		if t.freqs, err = freqsOf(s, ind.Freq); err == nil {
			err = fits(&r, s, ind.Freq)
		}
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", s.ID, err)
		}
		t.input = m.input(s, dims)
		ind.unit = min(ind.unit, s.Level)
		ind.byStock = ind.byStock && s.Kind == KindStock
		out = append(out, ind.term(t))
	}
	return out, nil
}

// term returns the index of a term, which it adds if it is new.
func (ind *indicator) term(t term) int32 {
	i := slices.IndexFunc(ind.terms, func(x term) bool { return x.ref == t.ref && x.input == t.input })
	if i < 0 {
		i = len(ind.terms)
		ind.terms = append(ind.terms, t)
	}
	return int32(i)
}

// fits refuses what a function cannot say of a series.
func fits(r *ref, s *Series, f auyl.Freq) error {
	switch {
	case r.start && s.Kind != KindStock:
		return fmt.Errorf("start and mean are of stocks, this is a %s", s.Kind)
	case r.start && f == auyl.FreqDay:
		return errors.New("a day has no start of its own")
	case s.Cumulative && (s.Kind != KindFlow || s.Event != nil):
		return errors.New("only flows that are reported are cumulative")
	case s.Cumulative && months(f) == 0:
		return fmt.Errorf("%s: cumulative figures make years, half-years, quarters or months", f)
	case r.ytd && s.Kind != KindFlow:
		return fmt.Errorf("ytd is of flows, this is a %s", s.Kind)
	case r.ytd && months(f) == 0:
		return fmt.Errorf("%s: ytd wants years, half-years, quarters or months", f)
	}
	return nil
}

// valuesOf returns the attribute of which a series keeps all values.
func valuesOf(s *Series) (string, bool) {
	if s.Event == nil {
		return "", false
	}
	name, ok := strings.CutPrefix(s.Event.Measure, "values(")
	if !ok || !strings.HasSuffix(name, ")") {
		return "", false
	}
	return strings.TrimSpace(strings.TrimSuffix(name, ")")), true
}

// ofValues holds a quantile to one series of values, and these to quantiles.
func (ind *indicator) ofValues(series map[auyl.SeriesID]*Series) error {
	values := false
	for _, t := range ind.terms {
		if s := series[auyl.SeriesID(t.name)]; s != nil {
			_, ok := valuesOf(s)
			values = values || ok
		}
	}
	quantile := ind.params.Rule == rollup.RuleQuantile
	plain := len(ind.num.code) == 1 && len(ind.terms) == 1 && ind.terms[0].ref == ref{name: ind.terms[0].name} && !ind.ratio()
	switch {
	case quantile && (!plain || !values):
		return errors.New("roll-up quantile is of one series of values(attribute), without a denominator")
	case quantile && !(ind.Quantile > 0 && ind.Quantile < 1):
		return fmt.Errorf("quantile %v: want it between 0 and 1", ind.Quantile)
	case !quantile && values:
		return errors.New("a series of values(attribute) wants roll-up quantile")
	}
	return nil
}

// freqsOf returns the frequencies of the figures that a period of f is made of:
// its own first, then, of flows, the coarsest of the finer ones first.
func freqsOf(s *Series, f auyl.Freq) ([]auyl.Freq, error) {
	if s.Kind == KindStock {
		return nil, nil
	}
	reported := s.Freqs
	if s.Event != nil {
		reported = []auyl.Freq{s.Event.Window}
	}
	out := []auyl.Freq{f}
	if len(reported) > 0 && !slices.Contains(reported, f) {
		out = nil
	}
	if s.Kind == KindFlow {
		finer := slices.DeleteFunc(slices.Clone(reported), func(g auyl.Freq) bool { return months(g) == 0 || months(g) >= months(f) })
		slices.SortFunc(finer, func(a, b auyl.Freq) int { return cmp.Compare(months(b), months(a)) })
		out = append(out, finer...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("reported by %s, no way to make it %s", reported, f)
	}
	return out, nil
}

// drive says which terms make the periods of an indicator. What is counted says
// when there are cells, not what it is divided by: a census does not make an
// empty cell of every rate; nor does what was before make the period that is.
func (m *model) drive(ind *indicator) error {
	for _, terms := range [][]int32{ind.numTerms, ind.denTerms} {
		if len(ind.drivers) > 0 {
			break
		}
		for _, n := range terms {
			t := &ind.terms[n]
			if t.input >= 0 && (ind.byStock || m.inputs[t.input].kind != KindStock) {
				ind.drivers = append(ind.drivers, n)
			}
		}
	}
	if len(ind.drivers) == 0 {
		return errors.New("no series says when there are cells")
	}
	least := slices.MinFunc(ind.drivers, func(a, b int32) int { return cmp.Compare(ind.terms[a].span(), ind.terms[b].span()) })
	span := ind.terms[least].span()
	ind.drivers = slices.DeleteFunc(ind.drivers, func(n int32) bool { return ind.terms[n].span() > span })
	return nil
}

// base returns the period of the indicator in which a block lies, as the term
// looks it up.
func (t *term) base(in *input, f auyl.Freq, start auyl.Day) (auyl.Period, bool) {
	if in.kind == KindStock {
		return t.from(periodOfStock(f, start))
	}
	return t.from(auyl.NewPeriod(f, start))
}

// touched returns the periods of frequency f that look up the block of a flow or
// rate of the frequency g.
func (t *term) touched(in *input, f, g auyl.Freq, start auyl.Day) []auyl.Period {
	if !slices.Contains(t.freqs, g) {
		return nil
	}
	base := auyl.NewPeriod(f, start)
	last := base
	switch {
	case in.cumulative && t.ytd: // the figure itself
	case in.cumulative: // the next one is counted from it
		if next := base.Shift(1); !january(next) {
			last = next
		}
	case t.ytd:
		last = auyl.NewPeriod(f, auyl.NewPeriod(auyl.FreqYear, start).LastDay())
	}
	var out []auyl.Period
	for q := base; q.Start() <= last.Start(); q = q.Shift(1) {
		if p, ok := t.from(q); ok {
			out = append(out, p)
		}
	}
	return out
}

// january reports whether a period begins a year.
func january(p auyl.Period) bool {
	return auyl.NewPeriod(auyl.FreqYear, p.Start()).Start() == p.Start()
}
