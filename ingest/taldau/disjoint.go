package taldau

import (
	"strings"

	"github.com/auyl-kz/auyl/internal/jsonwalk"
)

// cell is a figure by the names of its slice and its date.
type cell struct{ names, date string }

// disputed finds the cells that two slices of one name give, with different
// values. Cubes of the Bureau give a figure in one slice for each method of
// counting; while these are disjoint in time they can be joined, where they
// overlap nobody can say which method is meant.
func disputed(body []byte) map[cell]bool {
	values, out := map[cell]string{}, map[cell]bool{}
	var keys jsonwalk.Object
	for _, raw := range jsonwalk.Elements(body) {
		if read(&keys, string(raw)) != nil {
			continue // the walk says it
		}
		termNames, _ := keys.Get("termNames")
		periods, _ := keys.Get("periods")
		list, err := texts(termNames)
		if err != nil {
			continue
		}
		names := strings.Join(list, " | ")
		for _, p := range jsonwalk.Elements(periods) {
			if read(&keys, p) != nil {
				continue
			}
			d, _ := keys.Get("date")
			v, _ := keys.Get("value")
			date, err1 := text(d)
			value, err2 := text(v)
			if err1 != nil || err2 != nil {
				continue
			}
			at := cell{names, date}
			if old, ok := values[at]; ok && old != value {
				out[at] = true
			}
			values[at] = value
		}
	}
	return out
}
