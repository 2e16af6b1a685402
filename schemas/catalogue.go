package schemas

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
)

// Names are what a thing is called in the three languages of the project.
type Names struct {
	RU string `yaml:"ru,required"`
	KK string `yaml:"kk,required"`
	EN string `yaml:"en,required"`
}

// Series is one entry of the catalogue of series: what sources measure.
type Series struct {
	ID         auyl.SeriesID `yaml:"id,required"`
	Names      Names         `yaml:"names,required"`
	Unit       string        `yaml:"unit,required"`
	Kind       string        `yaml:"kind,required"`  // stock (holds on a day), flow (of a period), rate (of a period, not additive)
	Freqs      []auyl.Freq   `yaml:"freq,required"`  // with which it is reported; D for stocks
	Level      auyl.Level    `yaml:"level,required"` // the lowest at which it is reported
	MaxAgeDays int           `yaml:"max_age_days"`   // of a stock: how long it is carried forward
	Cumulative bool          `yaml:"cumulative"`     // of a flow: what is reported is since 1 January
	Event      *EventRule    `yaml:"event"`          // how it is counted from events; nil where it is reported
}

// EventRule says how a series is made of events.
type EventRule struct {
	Kind    string    `yaml:"kind,required"`
	Where   string    `yaml:"where"`            // condition over attributes; "" takes all
	Measure string    `yaml:"measure,required"` // count, the attribute to sum, or values(attribute) for quantiles
	Window  auyl.Freq `yaml:"window,required"`
}

// Coverage says how much of the population must have reported, 0 to 1.
type Coverage struct {
	Minimum float64 `yaml:"minimum"` // below it the cell is empty
	Full    float64 `yaml:"full"`    // from it on the status is A; in between it is E
}

// Disclosure says what counts persons in a sensitive indicator, and how many are
// too few.
type Disclosure struct {
	Count   string  `yaml:"count"`   // numerator, denominator, both, or none where only the source knows; "" is numerator
	Minimum float64 `yaml:"minimum"` // the least count that is shown; 0 is the parameter disclosure_k
}

// Bounds are the values that are plausible.
type Bounds struct {
	Min float64 `yaml:"min"`
	Max float64 `yaml:"max"`
}

// Indicator is one entry of the catalogue of indicators.
type Indicator struct {
	ID              auyl.IndicatorID `yaml:"id,required"`
	Names           Names            `yaml:"names,required"`
	Description     Names            `yaml:"description,required"`
	Unit            string           `yaml:"unit,required"`
	Direction       string           `yaml:"direction,required"` // higher, lower or target: which way is better
	Freq            auyl.Freq        `yaml:"freq,required"`      // of its cells
	Level           auyl.Level       `yaml:"level,required"`     // the lowest with cells
	Numerator       string           `yaml:"numerator,required"` // formula over series: docs/indicators-language.md
	NumeratorDims   auyl.Dims        `yaml:"numerator_dims"`
	Denominator     string           `yaml:"denominator"` // "" for no ratio
	DenominatorDims auyl.Dims        `yaml:"denominator_dims"`
	Factor          float64          `yaml:"factor"`
	Rollup          string           `yaml:"rollup,required"` // sum, ratio, weighted, last, min, max, direct, quantile
	Quantile        float64          `yaml:"quantile"`        // of rollup quantile: between 0 and 1
	Coverage        Coverage         `yaml:"coverage"`
	Plausible       Bounds           `yaml:"plausible,required"`
	Sensitive       bool             `yaml:"sensitive"`             // cells of too few persons are suppressed
	Disclosure      *Disclosure      `yaml:"disclosure"`            // of a sensitive one: which counts; nil for the numerator
	Controllable    string           `yaml:"controllable,required"` // by an akim: none, partial, full
	Sources         []auyl.SourceID  `yaml:"sources,required"`
	Version         uint32           `yaml:"version,required"`

	Theme  string             `yaml:"-"` // name of the file
	Inputs []auyl.SeriesID    `yaml:"-"` // series of both formulas, sorted
	Uses   []auyl.IndicatorID `yaml:"-"` // indicators that the formulas name; they are written out as their series

	counted []auyl.SeriesID // series of the formulas that count persons
}

// Catalogue is all that can be measured and computed. It is read-only and safe
// for concurrent use.
type Catalogue struct {
	Series     []Series    // sorted by id
	Parameters []Parameter // sorted by id
	Indicators []Indicator // sorted by id
}

// Indicator returns the entry of an id, nil where there is none.
func (c *Catalogue) Indicator(id auyl.IndicatorID) *Indicator {
	i, ok := slices.BinarySearchFunc(c.Indicators, id, func(x Indicator, id auyl.IndicatorID) int { return strings.Compare(string(x.ID), string(id)) })
	if !ok {
		return nil
	}
	return &c.Indicators[i]
}

// SeriesOf returns the entry of an id, nil where there is none.
func (c *Catalogue) SeriesOf(id auyl.SeriesID) *Series {
	i, ok := slices.BinarySearchFunc(c.Series, id, func(x Series, id auyl.SeriesID) int { return strings.Compare(string(x.ID), string(id)) })
	if !ok {
		return nil
	}
	return &c.Series[i]
}

// Nearest returns the id of the catalogue that is nearest to a misspelled one, ""
// where none is near.
func (c *Catalogue) Nearest(id string) string {
	ids := make([]string, len(c.Indicators))
	for i := range c.Indicators {
		ids[i] = string(c.Indicators[i].ID)
	}
	return nearest(id, ids)
}

// LoadCatalogue reads series/*.yaml, parameters.yaml where there is one, and
// indicators/*.yaml, and holds these to the lock file where there is one. Errors:
// Problems.
func LoadCatalogue(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{}
	files, err := fs.Glob(fsys, "series/*.yaml")
	var ps Problems
	if err != nil || len(files) == 0 {
		ps = append(ps, Problem{File: "series", Message: "no catalogue of series"})
	}
	known := map[auyl.SeriesID]string{}
	for _, f := range files {
		ps = append(ps, c.loadSeries(fsys, f, known)...)
	}
	slices.SortFunc(c.Series, func(a, b Series) int { return strings.Compare(string(a.ID), string(b.ID)) })
	ps = append(ps, c.loadParameters(fsys, "parameters.yaml")...)
	files, err = fs.Glob(fsys, "indicators/*.yaml")
	if err != nil || len(files) == 0 {
		ps = append(ps, Problem{File: "indicators", Message: "no catalogue of indicators"})
	}
	seen := map[auyl.IndicatorID]string{}
	lock, err := ReadLock(fsys)
	if p, ok := err.(Problems); ok { //nolint:errorlint // returned bare
		ps = append(ps, p...)
	}
	themes := make([]*theme, 0, len(files))
	all := map[auyl.IndicatorID]*Indicator{}
	tell := map[auyl.IndicatorID]func(string, int, string, ...any){}
	for _, f := range files {
		t, problems := readTheme(fsys, f, seen)
		ps = append(ps, problems...)
		if t == nil {
			continue
		}
		themes = append(themes, t)
		for i := range t.Indicators {
			all[t.Indicators[i].ID], tell[t.Indicators[i].ID] = &t.Indicators[i], t.within(i, &ps)
		}
	}
	derive(all, tell)
	for _, t := range themes {
		ps = append(ps, c.checkTheme(t, lock)...)
		c.Indicators = append(c.Indicators, t.Indicators...)
	}
	ps = append(ps, c.checkLinked()...)
	if err := ps.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(c.Indicators, func(a, b Indicator) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return c, nil
}

func readYAML(fsys fs.FS, file string, v any) (*document, Problems) {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, Problems{{File: file, Message: err.Error()}}
	}
	return decodeYAML(file, b, v)
}

func (c *Catalogue) loadSeries(fsys fs.FS, file string, seen map[auyl.SeriesID]string) Problems {
	var in struct {
		Series []Series `yaml:"series,required"`
	}
	doc, ps := readYAML(fsys, file, &in)
	if len(ps) > 0 {
		return ps
	}
	for i := range in.Series {
		s := &in.Series[i]
		bad := func(key, format string, args ...any) {
			ps = append(ps, doc.problem([]any{"series", i, key}, "series %s: "+format, append([]any{s.ID}, args...)...))
		}
		if f, ok := seen[s.ID]; ok {
			bad("id", "there twice, also in %s", f)
		}
		seen[s.ID] = file
		kinds := []string{"stock", "flow", "rate"}
		switch {
		case !slices.Contains(kinds, s.Kind):
			bad("kind", "unknown kind %q%s", s.Kind, didYouMean(s.Kind, kinds))
		case s.Kind == "stock" && !slices.Equal(s.Freqs, []auyl.Freq{auyl.FreqDay}):
			bad("freq", "a stock is dated by day: want freq: [D]")
		case s.Kind == "stock" && s.MaxAgeDays <= 0:
			bad("kind", "a stock says how long it is carried forward: want max_age_days")
		}
		if s.Cumulative && (s.Kind != "flow" || s.Event != nil) {
			bad("cumulative", "only flows that are reported are cumulative")
		}
		if s.Event != nil {
			if _, ok := s.Event.Values(); !ok && strings.ContainsAny(s.Event.Measure, "() ") {
				bad("event", "measure %q: want count, an attribute, or values(attribute)", s.Event.Measure)
			}
			if err := parseFormula(s.Event.Where, true).err(); err != nil {
				bad("event", "condition %q: %v", s.Event.Where, err)
			}
		}
	}
	c.Series = append(c.Series, in.Series...)
	return ps
}

// theme is one file of indicators.
type theme struct {
	Indicators []Indicator
	doc        *document
}

// within returns how a fault in a formula of an indicator is told.
func (t *theme) within(i int, ps *Problems) func(key string, at int, format string, args ...any) {
	return func(key string, at int, format string, args ...any) {
		*ps = append(*ps, t.doc.problemWithin([]any{"indicators", i, key}, at, "indicator %s: "+format, append([]any{t.Indicators[i].ID}, args...)...))
	}
}

func readTheme(fsys fs.FS, file string, seen map[auyl.IndicatorID]string) (*theme, Problems) {
	var in struct {
		Indicators []Indicator `yaml:"indicators,required"`
	}
	doc, ps := readYAML(fsys, file, &in)
	if len(ps) > 0 {
		return nil, ps
	}
	t := &theme{in.Indicators, doc}
	for i := range t.Indicators {
		ind := &t.Indicators[i]
		ind.Theme = strings.TrimSuffix(path.Base(file), ".yaml")
		if f, ok := seen[ind.ID]; ok {
			ps = append(ps, doc.problem([]any{"indicators", i, "id"}, "indicator %s: there twice, also in %s", ind.ID, f))
		}
		seen[ind.ID] = file
	}
	return t, ps
}

// checkTheme holds the indicators of a file, whose formulas are written out, to
// the rules of the catalogue and to the lock.
func (c *Catalogue) checkTheme(t *theme, lock Lock) (ps Problems) {
	for i := range t.Indicators {
		ind := &t.Indicators[i]
		bad := func(key, format string, args ...any) {
			ps = append(ps, t.doc.problem([]any{"indicators", i, key}, "indicator %s: "+format, append([]any{ind.ID}, args...)...))
		}
		c.check(ind, bad)
		if f := lock.fault(ind); f != "" {
			bad("version", "%s", f)
		}
		inputs := map[auyl.SeriesID]bool{}
		num, den := ind.Counts()
		within := t.within(i, &ps)
		for key, text := range map[string]string{"numerator": ind.Numerator, "denominator": ind.Denominator} {
			own := map[auyl.SeriesID]bool{}
			c.checkFormula(ind, text, own, func(at int, format string, args ...any) {
				if len(ind.Uses) > 0 {
					at = 0 // characters of what was written out are not those of the file
				}
				within(key, at, format, args...)
			})
			maps.Copy(inputs, own)
			if key == "numerator" && num || key == "denominator" && den {
				ind.counted = append(ind.counted, slices.Sorted(maps.Keys(own))...)
			}
		}
		ind.Inputs = slices.Sorted(maps.Keys(inputs))
	}
	return ps
}

// check holds one indicator to the rules of the catalogue.
func (c *Catalogue) check(ind *Indicator, bad func(key, format string, args ...any)) {
	word := func(key, got string, want ...string) {
		if !slices.Contains(want, got) {
			bad(key, "unknown word %q%s", got, didYouMean(got, want))
		}
	}
	word("direction", ind.Direction, "higher", "lower", "target")
	word("controllable", ind.Controllable, "none", "partial", "full")
	word("rollup", ind.Rollup, "sum", "ratio", "weighted", "last", "min", "max", "direct", "quantile")
	if ind.Factor == 0 {
		ind.Factor = 1
	}
	ratio := ind.Rollup == "ratio" || ind.Rollup == "weighted"
	switch {
	case ratio && ind.Denominator == "":
		bad("rollup", "%s wants a denominator", ind.Rollup)
	case !ratio && ind.Denominator != "":
		bad("denominator", "a denominator wants rollup ratio or weighted: percentages are never added or averaged")
	case !ratio && ind.Factor != 1 && ind.Rollup != "quantile":
		bad("factor", "a factor without a denominator scales what was published: give the series another unit")
	}
	switch quantile := ind.Rollup == "quantile"; {
	case quantile && !(ind.Quantile > 0 && ind.Quantile < 1):
		bad("quantile", "rollup quantile wants a quantile between 0 and 1, found %v", ind.Quantile)
	case !quantile && ind.Quantile != 0:
		bad("quantile", "only rollup quantile has a quantile")
	}
	if ind.Factor < 0 {
		bad("factor", "%v is negative", ind.Factor)
	}
	if cv := ind.Coverage; cv.Minimum < 0 || cv.Full > 1 || cv.Minimum > cv.Full {
		bad("coverage", "want 0 ≤ minimum ≤ full ≤ 1, found %v and %v", cv.Minimum, cv.Full)
	}
	if ind.Plausible.Min >= ind.Plausible.Max {
		bad("plausible", "min %v is not below max %v", ind.Plausible.Min, ind.Plausible.Max)
	}
	c.checkDisclosure(ind, bad)
	if ind.Version == 0 {
		bad("version", "versions count from 1")
	}
}

func (c *Catalogue) nearestSeries(n string) string {
	ids := make([]string, 0, len(c.Series)+len(c.Parameters))
	for i := range c.Series {
		ids = append(ids, string(c.Series[i].ID))
	}
	for i := range c.Parameters {
		ids = append(ids, c.Parameters[i].ID)
	}
	return didYouMean(n, ids)
}
