package schemas

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
)

// Parameter is a number that an act sets for a time: a wage, a norm, a threshold.
type Parameter struct {
	ID     string           `yaml:"id,required"`
	Names  Names            `yaml:"names,required"`
	Unit   string           `yaml:"unit,required"`
	Values []ParameterValue `yaml:"values,required"` // by From
}

// ParameterValue is what a parameter is from a day on, until the next one.
type ParameterValue struct {
	From  auyl.Day `yaml:"from,required"`
	Value float64  `yaml:"value,required"` // four decimals at most
	Act   string   `yaml:"act,required"`   // what sets it; says "unverified" where nobody looked
}

// Decimal returns the value exactly.
func (v ParameterValue) Decimal() auyl.Decimal {
	d, _ := auyl.DecimalOf(v.Value) // loading has seen that it is one
	return d
}

// Parameter returns the entry of an id, nil where there is none.
func (c *Catalogue) Parameter(id string) *Parameter {
	i, ok := slices.BinarySearchFunc(c.Parameters, id, func(x Parameter, id string) int { return strings.Compare(x.ID, id) })
	if !ok {
		return nil
	}
	return &c.Parameters[i]
}

// loadParameters reads the parameters, if there is a file of them.
func (c *Catalogue) loadParameters(fsys fs.FS, file string) Problems {
	var in struct {
		Parameters []Parameter `yaml:"parameters,required"`
	}
	if _, err := fs.Stat(fsys, file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	doc, ps := readYAML(fsys, file, &in)
	if len(ps) > 0 {
		return ps
	}
	seen := map[string]bool{}
	for i := range in.Parameters {
		p := &in.Parameters[i]
		bad := func(path []any, format string, args ...any) {
			ps = append(ps, doc.problem(append([]any{"parameters", i}, path...), "parameter %s: "+format, append([]any{p.ID}, args...)...))
		}
		switch {
		case seen[p.ID]:
			bad([]any{"id"}, "there twice")
		case c.SeriesOf(auyl.SeriesID(p.ID)) != nil:
			bad([]any{"id"}, "a series has this name")
		}
		if _, err := auyl.ParseIndicatorID(p.ID); err != nil {
			bad([]any{"id"}, "want lower-case words such as minimum_wage")
		}
		seen[p.ID] = true
		if len(p.Values) == 0 {
			bad([]any{"values"}, "no value")
		}
		for j, v := range p.Values {
			d, err := auyl.DecimalOf(v.Value)
			if err != nil || d.Float64() != v.Value {
				bad([]any{"values", j, "value"}, "%v has more than four decimals, or is too large", v.Value)
			}
			if j > 0 && v.From <= p.Values[j-1].From {
				bad([]any{"values", j, "from"}, "%s does not follow %s", v.From, p.Values[j-1].From)
			}
		}
	}
	slices.SortFunc(in.Parameters, func(a, b Parameter) int { return strings.Compare(a.ID, b.ID) })
	c.Parameters = in.Parameters
	return ps
}
