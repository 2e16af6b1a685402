package taldau_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest/taldau"
)

type tape struct {
	names []string
	lines []string
}

func (t *tape) Header(names []string) error {
	t.names = names
	return nil
}

func (t *tape) Record(_ int, position string, fields []string) error {
	t.lines = append(t.lines, position+": "+strings.Join(fields, "|"))
	return nil
}

func (t *tape) Broken(_ int, position string, cause error) error {
	t.lines = append(t.lines, position+": ! "+cause.Error())
	return nil
}

const good = "\ufeff" + ` [
 {"terms": ["250517", 741885], "termNames ": ["ҚОНАЕВ Г.А.", "Всего"], "periods": [
   {"name": "1 квартал 2026 года", "date ": "31.03.2026", "value ": "287451"},
   {"name": "2 квартал 2026 года", "date": "30.06.2026", "value": "x"}]},
 {"terms": ["250736"], "periods": [{"name": "q", "date": "31.03.2026", "value": 12.5}, {"name": "q", "date": "d"}, 7]},
 {"terms": [], "periods": []},
 {"terms": ["1"], "periods": {}},
 {"terms": ["1"], "terms ": ["2"]},
 "slice"
]`

func TestSlicesBecomeRecords(t *testing.T) {
	t.Parallel()
	var got tape
	if err := taldau.Decode([]byte(good), taldau.Options{}, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"$[0].periods[0]: 250517|ҚОНАЕВ Г.А.|250517,741885|ҚОНАЕВ Г.А. | Всего|1 квартал 2026 года|31.03.2026|287451",
		"$[0].periods[1]: 250517|ҚОНАЕВ Г.А.|250517,741885|ҚОНАЕВ Г.А. | Всего|2 квартал 2026 года|30.06.2026|x",
		"$[1].periods[0]: 250736||250736||q|31.03.2026|12.5",
		`$[1].periods[1]: ! slice: key "value" is missing`,
		"$[1].periods[2]: ! slice: not an object",
		"$[2]: ! slice: terms is not a list of texts",
		"$[3]: ! slice: periods is not a list",
		`$[4]: ! slice: key "terms" twice`,
		"$[5]: ! slice: not an object",
	}
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if len(got.names) != 7 || got.names[0] != "term" || got.names[6] != "value" {
		t.Errorf("names = %q", got.names)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		o        taldau.Options
		want     error
	}{
		{"html", "<!DOCTYPE html>\n<html>", taldau.Options{}, taldau.ErrHTML},
		{"half", good[:200], taldau.Options{}, taldau.ErrJSON},
		{"empty body", " ", taldau.Options{}, taldau.ErrJSON},
		{"two answers", "[][]", taldau.Options{}, taldau.ErrJSON},
		{"object", `{"error": "x"}`, taldau.Options{}, taldau.ErrShape},
		{"null", "null", taldau.Options{}, taldau.ErrShape},
		{"rows", good, taldau.Options{MaxRows: 2}, taldau.ErrTooManyRows},
		{"empty list", "[]", taldau.Options{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got tape
			if err := taldau.Decode([]byte(tt.in), tt.o, &got); !errors.Is(err, tt.want) {
				t.Errorf("Decode = %v, want %v", err, tt.want)
			}
			if tt.name == "half" && got.lines != nil {
				t.Errorf("records of half an answer: %q", got.lines)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("[]"))
	f.Add([]byte("<html>"))
	f.Add([]byte(`[{"terms":["1"],"periods":[{"name":null,"date":"","value":1e400}]}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got tape
		_ = taldau.Decode(body, taldau.Options{}, &got)
		if len(got.lines) > len(body) {
			t.Errorf("%d records out of %d bytes", len(got.lines), len(body))
		}
	})
}
