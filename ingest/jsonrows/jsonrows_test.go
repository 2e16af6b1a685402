package jsonrows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest/jsonrows"
)

// tape writes down what it is told.
type tape struct{ lines []string }

func (t *tape) Header(names []string) error {
	t.lines = append(t.lines, "header "+strings.Join(names, "|"))
	return nil
}

func (t *tape) Record(row int, position string, fields []string) error {
	t.lines = append(t.lines, fmt.Sprintf("%d %s %s", row, position, strings.Join(fields, "|")))
	return nil
}

func (t *tape) Broken(row int, position string, cause error) error {
	t.lines = append(t.lines, fmt.Sprintf("%d %s broken: %v", row, position, cause))
	return nil
}

func TestRecordsAreReadFromTheirPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body, path string
		want             []string
	}{
		{"items", `{"total": 2, "items": [{"id": 1, "sum": 12.50, "place": {"kato": "195259000"}}, {"id": 2, "sum": null}], "next_page": ""}`, "items", []string{
			"header id|place.kato|sum", "1 $.items[0] 1|195259000|12.50", "2 $.items[1] 2||",
		}},
		{"top", "\xef\xbb\xbf" + `[{"a ": "x ", "b": ["p", 3]}]`, "", []string{"header a|b", "1 $[0] x|p;3"}},
		{"two deep", `{"data": {"rows": [{"a": true}]}}`, "data.rows", []string{"header a", "1 $.data.rows[0] true"}},
		{"list of lists is left out", `[{"a": 1, "b": [{"c": 2}]}]`, "", []string{"header a", "1 $[0] 1"}},
		{"not an object", `[{"a": 1}, 7]`, "", []string{"header a", "1 $[0] 1", "2 $[1] broken: record: not an object"}},
		{"empty", `{"items": []}`, "items", []string{"header "}},
	} {
		var got tape
		if err := jsonrows.Decode([]byte(tt.body), jsonrows.Options{Records: tt.path}, &got); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if d := cmp.Diff(tt.want, got.lines); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestPagesThatAreNoListAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body, path string
		want       error
	}{
		{"<html>", "items", jsonrows.ErrHTML},
		{`{"items": [{"a"`, "items", jsonrows.ErrJSON},
		{`{"name": "Unauthorized", "status": 401}`, "items", jsonrows.ErrShape},
		{`{"items": {"a": 1}}`, "items", jsonrows.ErrShape},
		{`{"items": null}`, "items", jsonrows.ErrShape},
		{`7`, "", jsonrows.ErrShape},
		{`[{"a":1},{"b":2},{"c":3}]`, "", jsonrows.ErrTooLarge},
	} {
		err := jsonrows.Decode([]byte(tt.body), jsonrows.Options{Records: tt.path, MaxFields: 2}, &tape{})
		if !errors.Is(err, tt.want) {
			t.Errorf("Decode(%s) = %v, want %v", tt.body, err, tt.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"items":[{"id":1,"place":{"kato":"195259000"},"tags":["a","b"]}]}`))
	f.Add([]byte(`{"items":[{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}]}`))
	f.Add([]byte("\xef\xbb\xbf{\"items\":[]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var a, b tape
		err := jsonrows.Decode(body, jsonrows.Options{Records: "items"}, &a)
		again := jsonrows.Decode(body, jsonrows.Options{Records: "items"}, &b)
		if (err == nil) != (again == nil) || !cmp.Equal(a.lines, b.lines) {
			t.Fatalf("twice the same bytes: %v then %v", err, again)
		}
	})
}
