package schemas

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
)

// indicatorCall is how a formula takes another indicator: indicator(population_total).
var indicatorCall = regexp.MustCompile(`\bindicator\(\s*([A-Za-z0-9_]*)\s*\)`)

// derivation writes formulas over indicators as formulas over series, those that
// are used before those that use them. What an indicator says above its units is
// then what it would say of its series: sums are taken once, and no figure is
// rounded on the way.
type derivation struct {
	all   map[auyl.IndicatorID]*Indicator
	files map[auyl.IndicatorID]func(key string, at int, format string, args ...any)
	state map[auyl.IndicatorID]int // 1: being written, 2: written
	path  []string
}

// derive writes out all formulas. Faults are told through bad.
func derive(all map[auyl.IndicatorID]*Indicator, bad map[auyl.IndicatorID]func(key string, at int, format string, args ...any)) {
	d := derivation{all: all, files: bad, state: map[auyl.IndicatorID]int{}}
	ids := make([]auyl.IndicatorID, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		d.write(id)
	}
}

func (d *derivation) write(id auyl.IndicatorID) {
	if d.state[id] == 2 {
		return
	}
	d.state[id] = 1
	d.path = append(d.path, string(id))
	ind := d.all[id]
	ind.Numerator = d.formula(ind, "numerator", ind.Numerator, ind.NumeratorDims)
	ind.Denominator = d.formula(ind, "denominator", ind.Denominator, ind.DenominatorDims)
	d.path = d.path[:len(d.path)-1]
	d.state[id] = 2
}

// formula replaces each indicator of a formula by the formula of that one.
func (d *derivation) formula(ind *Indicator, key, text string, dims auyl.Dims) string {
	var out strings.Builder
	from := 0
	for _, m := range indicatorCall.FindAllStringSubmatchIndex(text, -1) {
		id := auyl.IndicatorID(text[m[2]:m[3]])
		out.WriteString(text[from:m[0]])
		from = m[1]
		if why := d.unfit(id, dims); why != "" {
			d.files[ind.ID](key, m[0], "%s", why)
			out.WriteString("0") // one fault is enough
			continue
		}
		if !slices.Contains(ind.Uses, id) {
			ind.Uses = append(ind.Uses, id)
		}
		whole := strings.TrimSpace(text) == text[m[0]:m[1]]
		if whole {
			out.WriteString(d.all[id].Numerator)
		} else {
			out.WriteString("(" + d.all[id].Numerator + ")")
		}
	}
	out.WriteString(text[from:])
	return out.String()
}

// unfit says why an indicator cannot stand in a formula; "" where it can. It is
// written out itself before.
func (d *derivation) unfit(id auyl.IndicatorID, dims auyl.Dims) string {
	x := d.all[id]
	if x == nil {
		ids := make([]string, 0, len(d.all))
		for k := range d.all {
			ids = append(ids, string(k))
		}
		slices.Sort(ids)
		return fmt.Sprintf("unknown indicator %q%s", id, didYouMean(string(id), ids))
	}
	if d.state[id] == 1 {
		at := slices.Index(d.path, string(id))
		return "indicators go around in a circle: " + strings.Join(append(slices.Clone(d.path[at:]), string(id)), " → ")
	}
	d.write(id)
	switch {
	case x.Denominator != "" || x.Rollup == "quantile" || x.Rollup == "direct":
		return fmt.Sprintf("indicator %s is a %s: what is not a sum of its parts cannot be a part; use its series", id, x.Rollup)
	case x.Rollup != "sum" && x.Rollup != "last":
		return fmt.Sprintf("indicator %s rolls up as %s: only sum and last can be a part of another", id, x.Rollup)
	case x.NumeratorDims != dims:
		return fmt.Sprintf("indicator %s has numerator_dims %q, this formula %q: want the same", id, x.NumeratorDims, dims)
	}
	return ""
}
