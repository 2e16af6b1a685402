package transform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// ErrNoIndicator says that a model has no such indicator.
var ErrNoIndicator = errors.New("no such indicator")

// Tracer says what cells stand on, by the rules by which they are computed. It
// is safe for concurrent use.
type Tracer struct {
	m     *model
	areas *registry
}

// NewTracer returns a tracer for a catalogue and a registry of areas, which it keeps.
func NewTracer(cat *schemas.Catalogue, areas *schemas.Areas) (*Tracer, error) {
	return NewTracerOf(ModelOf(cat), counted(areas.All()))
}

// NewTracerOf returns a tracer for a model and the areas of the registry, which it keeps.
func NewTracerOf(def Model, areas []auyl.Area) (*Tracer, error) {
	m, err := newModel(def)
	if err != nil {
		return nil, fmt.Errorf("tracer: %w", err)
	}
	return &Tracer{m, newRegistry(areas)}, nil
}

// Lookup is what one name of a formula looks up for one cell. Of a series the
// figures that may count have one of the frequencies and begin on a day from
// First to Last, both included; nothing may count where First is after Last.
type Lookup struct {
	Name        string // as the formula has it: prev(ytd(births))
	Roles       []string
	Series      auyl.SeriesID // empty for a parameter or a fact of the calendar
	Dims        auyl.Dims
	Kind        Kind
	Cumulative  bool
	Event       *EventRule // nil unless the series is counted from events
	Period      string     // in which it is looked up; empty where there is no such period
	Freqs       []auyl.Freq
	First, Last auyl.Day
	Value       auyl.Decimal // of a parameter or a fact of the calendar
	Known       bool         // there is such a value
	Parameter   bool
	Since       auyl.Day // day from which a parameter has its value

	level auyl.Level
	wants []want // of a flow or rate: all of them are needed
}

// want is a figure that is needed: the first of the alternatives of which all
// parts are there.
type want [][]auyl.Period

// Roles of a lookup.
const (
	RoleNumerator   = "numerator"
	RoleDenominator = "denominator"
	RoleWeight      = "weight"
)

// Trace is what one cell may stand on.
type Trace struct {
	Lookups []Lookup

	ind  *indicator
	t    *tree
	kids [][]int32
}

// Trace says what a cell looks up. The area and all below it are what figures
// are asked of. Errors: ErrNoIndicator.
func (tr *Tracer) Trace(id auyl.IndicatorID, area auyl.AreaCode, p auyl.Period) (*Trace, error) {
	n, ok := slices.BinarySearchFunc(tr.m.indicators, id, func(i indicator, id auyl.IndicatorID) int { return strings.Compare(string(i.ID), string(id)) })
	if !ok {
		return nil, fmt.Errorf("%s: %w", id, ErrNoIndicator)
	}
	out := &Trace{ind: &tr.m.indicators[n], t: tr.areas.tree(area, p.LastDay(), auyl.LevelSettlement)}
	if out.t != nil {
		out.kids = make([][]int32, out.t.Len())
		for i := 1; i < out.t.Len(); i++ {
			up := out.t.parents[i]
			out.kids[up] = append(out.kids[up], int32(i))
		}
	}
	for i := range out.ind.terms {
		l := tr.lookup(out.ind, &out.ind.terms[i], p)
		for role, terms := range map[string][]int32{RoleNumerator: out.ind.numTerms, RoleDenominator: out.ind.denTerms} {
			if slices.Contains(terms, int32(i)) {
				l.Roles = append(l.Roles, role)
			}
		}
		slices.SortFunc(l.Roles, func(a, b string) int { return strings.Compare(b, a) }) // the numerator first
		out.Lookups = append(out.Lookups, l)
	}
	if out.ind.params.Rule == rollup.RuleWeighted && tr.m.population >= 0 {
		w := tr.m.weight
		w.name = string(PopulationSeries)
		in := &tr.m.inputs[tr.m.population]
		l := Lookup{Name: w.name, Roles: []string{RoleWeight}, Series: in.series, Kind: in.kind, level: in.level, Period: p.String()}
		l.stock(p, in.maxAge)
		out.Lookups = append(out.Lookups, l)
	}
	return out, nil
}

func (tr *Tracer) lookup(ind *indicator, tm *term, p auyl.Period) Lookup {
	l := Lookup{Name: tm.text(), First: 0, Last: -1}
	at, ok := tm.at(p)
	if ok {
		l.Period = at.String()
	}
	if tm.input < 0 {
		l.Parameter = tm.param != nil
		switch {
		case !ok:
		case tm.param != nil:
			l.Value, l.Known = tm.param.on(at.LastDay())
			for _, v := range tm.param.Values {
				if v.From <= at.LastDay() {
					l.Since = v.From
				}
			}
		default:
			l.Value, l.Known = fact(tm.calendar, at), true
		}
		return l
	}
	in := &tr.m.inputs[tm.input]
	l.Series, l.Dims, l.Kind, l.Cumulative, l.level = in.series, in.dims, in.kind, in.cumulative, in.level
	if in.event {
		l.Event = tr.m.ruleOf(tm.input)
	}
	switch {
	case !ok:
	case in.kind == KindStock:
		l.stock(at, ind.reach(in))
	case in.cumulative:
		l.standing(at.LastDay(), tm.freqs)
		if !tm.ytd && !january(at) {
			l.standing(at.Start()-1, tm.freqs)
		}
	default:
		first := at
		if tm.ytd {
			first = auyl.NewPeriod(at.Freq(), auyl.NewPeriod(auyl.FreqYear, at.Start()).Start())
		}
		for q := first; q.Start() <= at.Start(); q = q.Shift(1) {
			l.within(q, tm.freqs)
		}
	}
	return l
}

// ruleOf returns how a series is made of events, as far as a tracer says.
func (m *model) ruleOf(n int32) *EventRule {
	for kind, list := range m.events {
		for _, e := range list {
			if e.input == n {
				return &EventRule{Kind: kind, Measure: e.measure, Window: e.window}
			}
		}
	}
	return nil
}

// text writes a ref as a formula has it; mean(x) is start(x) and x.
func (r *ref) text() string {
	s := r.name
	switch r.calendar {
	case calendarDays:
		s = "days()"
	case calendarMonths:
		s = "months()"
	case calendarYearDays:
		s = "days of the year"
	}
	if r.start {
		s = "start(" + s + ")"
	}
	if r.ytd {
		s = "ytd(" + s + ")"
	}
	return strings.Repeat("prev(", r.prev) + strings.Repeat("prev_year(", r.years) + s + strings.Repeat(")", r.prev+r.years)
}

func (l *Lookup) stock(at auyl.Period, reach auyl.Day) {
	l.Freqs, l.Last = []auyl.Freq{auyl.FreqDay}, asOf(at)
	l.First = l.Last - reach
}

// within wants the figure of a period or, failing that, of all its parts.
func (l *Lookup) within(at auyl.Period, freqs []auyl.Freq) {
	var w want
	for _, f := range freqs {
		var parts []auyl.Period
		for q := auyl.NewPeriod(f, at.Start()); q.Start() < at.End(); q = q.Shift(1) {
			parts = append(parts, q)
		}
		w = append(w, parts)
	}
	l.add(w)
}

// standing wants what was reported from 1 January to a day.
func (l *Lookup) standing(day auyl.Day, freqs []auyl.Freq) {
	var w want
	for _, f := range freqs {
		w = append(w, []auyl.Period{auyl.NewPeriod(f, day)})
	}
	l.add(w)
}

func (l *Lookup) add(w want) {
	for _, parts := range w {
		for _, q := range parts {
			if l.First > l.Last {
				l.First, l.Last = q.Start(), q.Start()
			}
			l.First, l.Last = min(l.First, q.Start()), max(l.Last, q.Start())
			if !slices.Contains(l.Freqs, q.Freq()) {
				l.Freqs = append(l.Freqs, q.Freq())
			}
		}
	}
	l.wants = append(l.wants, w)
}
