package taldau_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest/taldau"
)

const twoMethods = `[
 {"terms":[1,7],"termNames":["A","Всего"],"periods":[{"date":"31.12.2017","value":"5.1"},{"date":"31.12.2018","value":"4.9"}]},
 {"terms":[1,8],"termNames":["A","Всего"],"periods":[{"date":"31.12.2018","value":"5.2"},{"date":"31.12.2019","value":"4.8"}]},
 {"terms":[2,8],"termNames":["B","Всего"],"periods":[{"date":"31.12.2018","value":"6.0"}]}
]`

func TestSlicesOfOneNameThatDisagreeLoseBothCells(t *testing.T) {
	t.Parallel()
	var strict, loose tape
	if err := taldau.Decode([]byte(twoMethods), taldau.Options{Disjoint: true}, &strict); err != nil {
		t.Fatal(err)
	}
	if err := taldau.Decode([]byte(twoMethods), taldau.Options{}, &loose); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"$[0].periods[0]: 1|A|1,7|A | Всего||31.12.2017|5.1",
		"$[0].periods[1]: ! slice: two slices of the name A | Всего disagree on 31.12.2018",
		"$[1].periods[0]: ! slice: two slices of the name A | Всего disagree on 31.12.2018",
		"$[1].periods[1]: 1|A|1,8|A | Всего||31.12.2019|4.8",
		"$[2].periods[0]: 2|B|2,8|B | Всего||31.12.2018|6.0",
	}
	if d := cmp.Diff(want, strict.lines); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
	if len(loose.lines) != 5 || loose.lines[1] != "$[0].periods[1]: 1|A|1,7|A | Всего||31.12.2018|4.9" {
		t.Errorf("without Disjoint: %q, want all five cells", loose.lines)
	}
}
