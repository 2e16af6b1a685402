package transform

import (
	"cmp"
	"fmt"
	"slices"

	auyl "github.com/auyl-kz/auyl"
)

// Parameter is a number that an act sets for a time.
type Parameter struct {
	ID     string
	Values []ParameterValue
}

// ParameterValue is what a parameter is from a day on, until the next one.
type ParameterValue struct {
	From  auyl.Day
	Value auyl.Decimal
}

// on returns the value in force on a day; not ok before the first one.
func (p *Parameter) on(d auyl.Day) (auyl.Decimal, bool) {
	i, ok := slices.BinarySearchFunc(p.Values, d, func(v ParameterValue, d auyl.Day) int { return cmp.Compare(v.From, d) })
	if !ok {
		i--
	}
	if i < 0 {
		return 0, false
	}
	return p.Values[i].Value, true
}

// parametersOf takes parameters by id, each in order of time.
func parametersOf(list []Parameter) (map[string]*Parameter, error) {
	out := map[string]*Parameter{}
	for i := range list {
		p := Parameter{list[i].ID, slices.Clone(list[i].Values)}
		slices.SortFunc(p.Values, func(a, b ParameterValue) int { return cmp.Compare(a.From, b.From) })
		if out[p.ID] != nil {
			return nil, fmt.Errorf("parameter %s: there twice", p.ID)
		}
		out[p.ID] = &p
	}
	return out, nil
}
