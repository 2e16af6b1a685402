package schemas

import (
	"maps"
	"slices"
)

// Limit holds a field of a record against another one, or against bounds that
// hold for some records only: of three animals caught five cannot be neutered,
// and the largest loan depends on what it is for. A field that is empty, hidden
// or missing is within every limit.
type Limit struct {
	Field  string              `yaml:"field,required"`
	AtMost string              `yaml:"at_most"` // field that this one must not exceed
	Min    *float64            `yaml:"min"`
	Max    *float64            `yaml:"max"`
	When   map[string][]string `yaml:"when"` // the record's fields must have one of these values
}

// checkLimits holds the limits to the fields.
func (c *Contract) checkLimits(bad func([]any, string, ...any), field func([]any, string, ...string)) {
	for i, l := range c.Limits {
		at := []any{"limits", i}
		field(append(at, "field"), l.Field, "number")
		if l.AtMost != "" {
			field(append(at, "at_most"), l.AtMost, "number")
		}
		if l.AtMost == "" && l.Min == nil && l.Max == nil {
			bad(at, "limit of %s limits nothing: want at_most, min or max", l.Field)
		}
		for _, f := range slices.Sorted(maps.Keys(l.When)) {
			field(append(at, "when"), f)
		}
	}
}
