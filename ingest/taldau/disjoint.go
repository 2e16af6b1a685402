package taldau

import (
	"encoding/json"
	"fmt"
	"strings"
)

// cell is a figure by the names of its slice and its date.
type cell struct{ names, date string }

// disputed finds the cells that two slices of one name give, with different
// values. Cubes of the Bureau give a figure in one slice for each method of
// counting; while these are disjoint in time they can be joined, where they
// overlap nobody can say which method is meant.
func disputed(body []byte) (map[cell]bool, error) {
	var slices []json.RawMessage
	if err := json.Unmarshal(body, &slices); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	values, out := map[cell]string{}, map[cell]bool{}
	for _, raw := range slices {
		keys, err := object(raw)
		if err != nil {
			continue // the walk says it
		}
		names, err1 := texts(keys["termNames"])
		var periods []json.RawMessage
		if err2 := json.Unmarshal(keys["periods"], &periods); err1 != nil || err2 != nil {
			continue
		}
		for _, p := range periods {
			keys, err := object(p)
			if err != nil {
				continue
			}
			date, err1 := text(keys["date"])
			value, err2 := text(keys["value"])
			if err1 != nil || err2 != nil {
				continue
			}
			at := cell{strings.Join(names, " | "), date}
			if old, ok := values[at]; ok && old != value {
				out[at] = true
			}
			values[at] = value
		}
	}
	return out, nil
}
