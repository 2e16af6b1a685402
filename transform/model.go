package transform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// Kind says how a series relates to time.
type Kind string

// The kinds of series.
const (
	KindStock Kind = "stock" // holds on a day; periods with an extent carry it forward
	KindFlow  Kind = "flow"  // happened within a period
	KindRate  Kind = "rate"  // holds for a period
)

// PopulationSeries weighs areas: coverage and weighted means.
const PopulationSeries auyl.SeriesID = "population_end"

// Series is what the engine needs to know of a series.
type Series struct {
	ID     auyl.SeriesID
	Kind   Kind
	Level  auyl.Level // the lowest at which it is reported
	MaxAge int        // days that a stock is carried forward at most
	Event  *EventRule // nil unless the series is counted from events
	// Freqs are the frequencies with which a flow or rate is reported; none
	// stands for that of each indicator that uses it.
	Freqs []auyl.Freq
	// Cumulative flows are reported from 1 January on; formulas see what was
	// added within the period.
	Cumulative bool
}

// EventRule says how a series is made of events.
type EventRule struct {
	Kind    string
	Where   string    // condition over attributes; empty takes all; an attribute that is not there makes it false
	Measure string    // count, the attribute that is summed, or values(attribute) for quantiles
	Window  auyl.Freq // period of the series
}

// Indicator is what the engine needs to know of an indicator.
type Indicator struct {
	ID              auyl.IndicatorID
	Freq            auyl.Freq
	Level           auyl.Level // the lowest with cells
	Numerator       string     // formula over series
	NumeratorDims   auyl.Dims
	Denominator     string // empty for none
	DenominatorDims auyl.Dims
	Factor          float64
	Rollup          string  // sum, ratio, weighted, last, min, max, direct, quantile
	Quantile        float64 // of rollup quantile: between 0 and 1
	Minimum, Full   float64
	Version         uint32
	Disclosure      *Disclosure // nil unless it is sensitive
}

// Model is the part of the catalogue that the engine computes with.
type Model struct {
	Series     []Series
	Indicators []Indicator
	Parameters []Parameter
}

// model is a Model made ready. It is not changed after newModel.
type model struct {
	inputs     []input
	byKey      map[inputKey]int32
	indicators []indicator // sorted by id
	population int32       // input that weighs, -1 if the model has no such series
	weight     term        // how it is looked up
	events     map[string][]eventSeries
	parameters map[string]*Parameter
}

type inputKey struct {
	series auyl.SeriesID
	dims   auyl.Dims
}

// input is a series with dimensions that some indicator uses.
type input struct {
	inputKey
	kind   Kind
	level  auyl.Level
	maxAge auyl.Day
	event  bool
	values bool // of events: values are kept, and the figure is their number
	// cumulative says that figures of a flow are since 1 January
	cumulative bool
	freqs      []auyl.Freq // of the blocks that are kept
	uses       []use
}

// use is a term of an indicator that looks an input up.
type use struct{ indicator, term int32 }

type eventSeries struct {
	input   int32
	window  auyl.Freq
	where   program
	measure string
	values  bool // the attribute is kept value by value
}

type indicator struct {
	Indicator
	params   rollup.Params
	num, den program
	terms    []term
	numTerms []int32 // term of each ref of num
	denTerms []int32
	drivers  []int32    // terms whose periods are the cells' periods
	byStock  bool       // all inputs are stocks: they are their own drivers
	exact    bool       // stocks count on their own day alone
	unit     auyl.Level // of the areas that report
}

// reach is for how many days after its own a stock counts as an input.
func (ind *indicator) reach(in *input) auyl.Day {
	if ind.exact {
		return 0
	}
	return in.maxAge
}

// cellLevel is the lowest level with cells.
func (ind *indicator) cellLevel() auyl.Level { return min(ind.Level, ind.unit) }

func (ind *indicator) ratio() bool { return len(ind.den.code) > 0 }

// asOf is the day on which stocks of a cell are looked up. A period that has an
// extent wants the stock at its end, which registers date by the day after; a
// day wants the stock of that day and not of the next.
func asOf(p auyl.Period) auyl.Day {
	if p.Freq() == auyl.FreqDay {
		return p.Start()
	}
	return p.End()
}

// periodOfStock is the period of which a stock is the end: the inverse of asOf.
func periodOfStock(f auyl.Freq, d auyl.Day) auyl.Period {
	if f == auyl.FreqDay {
		return auyl.NewPeriod(f, d)
	}
	return auyl.NewPeriod(f, d-1)
}

func newModel(def Model) (*model, error) {
	m := &model{byKey: map[inputKey]int32{}, events: map[string][]eventSeries{}, population: -1}
	series := map[auyl.SeriesID]*Series{}
	for i := range def.Series {
		series[def.Series[i].ID] = &def.Series[i]
	}
	var errs []error
	var err error
	if m.parameters, err = parametersOf(def.Parameters); err != nil {
		errs = append(errs, err)
	}
	for _, d := range def.Indicators {
		ind, err := m.indicator(d, series)
		if err != nil {
			errs = append(errs, fmt.Errorf("indicator %s: %w", d.ID, err))
			continue
		}
		m.indicators = append(m.indicators, ind)
	}
	if s := series[PopulationSeries]; s != nil {
		m.population = m.input(s, "")
	}
	m.weight = term{input: m.population}
	slices.SortFunc(m.indicators, func(a, b indicator) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for i := range m.indicators {
		ind := &m.indicators[i]
		for j := range ind.terms {
			t := &ind.terms[j]
			if t.input < 0 {
				continue
			}
			in := &m.inputs[t.input]
			in.uses = append(in.uses, use{int32(i), int32(j)})
			for _, f := range t.freqs {
				if !slices.Contains(in.freqs, f) {
					in.freqs = append(in.freqs, f)
				}
			}
		}
	}
	for i := range m.inputs {
		in := &m.inputs[i]
		s := series[in.series]
		if in.kind == KindStock {
			in.freqs = []auyl.Freq{auyl.FreqDay}
		}
		if s.Event == nil || in.dims != "" {
			continue
		}
		where, err := compile(s.Event.Where)
		if err == nil {
			err = where.plain()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("series %s: %w", s.ID, err))
			continue
		}
		in.event, in.freqs = true, []auyl.Freq{s.Event.Window}
		r := eventSeries{input: int32(i), window: s.Event.Window, where: where, measure: s.Event.Measure}
		if attribute, ok := valuesOf(s); ok {
			r.measure, r.values, in.values = attribute, true, true
		}
		m.events[s.Event.Kind] = append(m.events[s.Event.Kind], r)
	}
	return m, errors.Join(errs...)
}

// input returns the index of a series with dimensions.
func (m *model) input(s *Series, dims auyl.Dims) int32 {
	key := inputKey{s.ID, dims}
	i, ok := m.byKey[key]
	if !ok {
		i = int32(len(m.inputs))
		m.byKey[key] = i
		m.inputs = append(m.inputs, input{inputKey: key, kind: s.Kind, level: s.Level, maxAge: auyl.Day(s.MaxAge), cumulative: s.Cumulative})
	}
	return i
}

func (m *model) indicator(d Indicator, series map[auyl.SeriesID]*Series) (indicator, error) {
	ind := indicator{Indicator: d, unit: auyl.LevelSettlement, byStock: true}
	if ind.Factor == 0 {
		ind.Factor = 1
	}
	ind.params = rollup.Params{Factor: ind.Factor, Minimum: d.Minimum, Full: d.Full}
	var err1, err2 error
	ind.num, err1 = compile(d.Numerator)
	ind.den, err2 = compile(d.Denominator)
	if err := errors.Join(err1, err2); err != nil {
		return ind, err
	}
	if len(ind.num.code) == 0 {
		return ind, errors.New("no numerator")
	}
	if ind.numTerms, err1 = m.resolve(&ind, &ind.num, d.NumeratorDims, series); err1 != nil {
		return ind, err1
	}
	if ind.denTerms, err2 = m.resolve(&ind, &ind.den, d.DenominatorDims, series); err2 != nil {
		return ind, err2
	}
	if err := m.drive(&ind); err != nil {
		return ind, err
	}
	// Where the period is the day of the stocks, an older one is not of that
	// period: who said nothing on that day did not report. "last" asks for it.
	ind.exact = ind.byStock && d.Freq == auyl.FreqDay
	switch d.Rollup {
	case "sum", "ratio":
		// A sum with a denominator is a ratio of sums: there is no other sum of ratios.
		ind.params.Rule = rollup.RuleSum
		if ind.ratio() {
			ind.params.Rule = rollup.RuleRatio
		}
	case "weighted":
		ind.params.Rule = rollup.RuleWeighted
	case "last":
		ind.exact = false
		ind.params.Rule = rollup.RuleLast
		if ind.ratio() {
			ind.params.Rule = rollup.RuleRatio
		}
	case "min":
		ind.params.Rule = rollup.RuleMin
	case "max":
		ind.params.Rule = rollup.RuleMax
	case "direct":
		ind.params.Rule = rollup.RuleDirect
	case "quantile":
		ind.params.Rule = rollup.RuleQuantile
	default:
		return ind, fmt.Errorf("roll-up %q: want sum, ratio, weighted, last, min, max, direct or quantile", d.Rollup)
	}
	if err := ind.ofValues(series); err != nil {
		return ind, err
	}
	if (ind.params.Rule == rollup.RuleMin || ind.params.Rule == rollup.RuleMax) && ind.ratio() {
		return ind, fmt.Errorf("roll-up %s takes no denominator", d.Rollup)
	}
	err := m.guard(&ind)
	return ind, err
}
