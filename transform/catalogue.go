package transform

import (
	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// NewDistrict returns the stage of districts for a catalogue and a registry of
// areas, which it keeps.
func NewDistrict(cat *schemas.Catalogue, areas *schemas.Areas, o Options) (*District, error) {
	return NewDistrictOf(ModelOf(cat), counted(areas.All()), o)
}

// NewOblast returns the stage of oblasts for a catalogue and a registry of
// areas, which it keeps.
func NewOblast(cat *schemas.Catalogue, areas *schemas.Areas, o Options) (*Oblast, error) {
	return NewOblastOf(ModelOf(cat), counted(areas.All()), o)
}

// counted leaves out the places that the classifier lists without counting them
// as settlements: farms, summer camps, railway lots. No register reports them, so
// that they would hold every coverage down for ever.
func counted(all []auyl.Area) []auyl.Area {
	out := make([]auyl.Area, 0, len(all))
	for _, a := range all {
		if a.Level != auyl.LevelSettlement || a.Rural || a.Kind == "city" {
			out = append(out, a)
		}
	}
	return out
}

// ModelOf takes from a catalogue what the engine computes with.
func ModelOf(cat *schemas.Catalogue) Model {
	var m Model
	for _, s := range cat.Series {
		out := Series{ID: s.ID, Kind: Kind(s.Kind), Level: s.Level, MaxAge: s.MaxAgeDays, Freqs: s.Freqs, Cumulative: s.Cumulative}
		if e := s.Event; e != nil {
			out.Event = &EventRule{Kind: e.Kind, Where: e.Where, Measure: e.Measure, Window: e.Window}
		}
		m.Series = append(m.Series, out)
	}
	for _, p := range cat.Parameters {
		out := Parameter{ID: p.ID}
		for _, v := range p.Values {
			out.Values = append(out.Values, ParameterValue{v.From, v.Decimal()})
		}
		m.Parameters = append(m.Parameters, out)
	}
	for n := range cat.Indicators {
		i := &cat.Indicators[n]
		m.Indicators = append(m.Indicators, Indicator{
			ID: i.ID, Freq: i.Freq, Level: i.Level, Numerator: i.Numerator, NumeratorDims: i.NumeratorDims,
			Denominator: i.Denominator, DenominatorDims: i.DenominatorDims, Factor: i.Factor, Rollup: i.Rollup, Quantile: i.Quantile,
			Minimum: i.Coverage.Minimum, Full: i.Coverage.Full, Version: i.Version,
			Disclosure: disclosureOf(i),
		})
	}
	return m
}

// disclosureOf is nil for an indicator of which nothing is suppressed.
func disclosureOf(i *schemas.Indicator) *Disclosure {
	num, den := i.Counts()
	if !num && !den {
		return nil
	}
	d := &Disclosure{Numerator: num, Denominator: den}
	if i.Disclosure != nil {
		d.Minimum, _ = auyl.DecimalOf(i.Disclosure.Minimum) // loading has seen that it is one
	}
	return d
}
