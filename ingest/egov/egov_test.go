package egov_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest/egov"
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

func TestRowsBecomeRecords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		names    []string
		lines    []string
	}{
		{
			"bare array", `[{"kato": "195231000", "bas": 900}, {"bas": " 1 ", "kato": null, "ok": true}]`,
			[]string{"bas", "kato", "ok"},
			[]string{"$[0]: 900|195231000|", "$[1]: 1||true"},
		},
		{"under data", `{"totalCount": 10, "data": [{"a": 1}]}`, []string{"a"}, []string{"$.data[0]: 1"}},
		{
			"bad rows", `[{"a": 1}, 7, {"a": {"b": 1}}, {"a": 1, "a ": 2}, null]`,
			[]string{"a"},
			[]string{"$[0]: 1", "$[1]: ! row: not an object", "$[2]: ! row: a value that is not flat", "$[3]: ! row: a key twice", "$[4]: ! row: not an object"},
		},
		{"empty", `{"totalCount": 10, "data": []}`, []string{}, nil},
		{"mark", "\ufeff[]", []string{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got tape
			if err := egov.Decode([]byte(tt.in), egov.Options{}, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.names, got.names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.lines, got.lines); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		o        egov.Options
		want     error
	}{
		{"html", "<html lang=\"ru\">", egov.Options{}, egov.ErrHTML},
		{"half", `[{"a": 1}, {"a"`, egov.Options{}, egov.ErrJSON},
		{"empty body", "", egov.Options{}, egov.ErrJSON},
		{"error", `{"error": "key"}`, egov.Options{}, egov.ErrShape},
		{"text", `"error"`, egov.Options{}, egov.ErrShape},
		{"rows", `[{},{}]`, egov.Options{MaxRows: 1}, egov.ErrTooLarge},
		{"keys", `[{"a":1,"b":2}]`, egov.Options{MaxKeys: 1}, egov.ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := egov.Decode([]byte(tt.in), tt.o, &tape{}); !errors.Is(err, tt.want) {
				t.Errorf("Decode(%s) = %v, want %v", tt.in, err, tt.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`[{"kato": "195231000", "bas": 900}]`))
	f.Add([]byte(`{"totalCount": 10, "data": [{"a": 1}, 7]}`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got tape
		_ = egov.Decode(body, egov.Options{}, &got)
		if len(got.lines) > len(body) {
			t.Errorf("%d records out of %d bytes", len(got.lines), len(body))
		}
	})
}

func TestCountRows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want int
		err  error
	}{
		{`[{"a": 1}, 7]`, 2, nil},
		{"\ufeff" + `{"totalCount": 10, "data": [{}]}`, 1, nil},
		{"[]", 0, nil},
		{"<html>", 0, egov.ErrHTML},
		{"[{}", 0, egov.ErrJSON},
	}
	for _, tt := range tests {
		if got, err := egov.CountRows([]byte(tt.in)); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("CountRows(%s) = %d, %v, want %d, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}
