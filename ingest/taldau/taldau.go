// Package taldau turns an answer of Taldau's GetIndexData, a JSON array of slices
// with their periods, into records: one for each slice and period.
//
// The service marks its answers with a byte order mark, puts blanks behind keys,
// writes numbers as texts and answers a wrong question with a page of HTML and
// status 200; the first three are read through, the last refuses the page. So
// does JSON that ends early: of half an answer nothing is taken. The package does
// no I/O and knows nothing of what a term means.
package taldau

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Reasons for which a whole page is refused.
var (
	// ErrHTML says that the page is HTML.
	ErrHTML = errors.New("the page is HTML")
	// ErrJSON says that the page is no JSON, or ends before the JSON does.
	ErrJSON = errors.New("broken JSON")
	// ErrShape says that the JSON is something else than a list of slices.
	ErrShape = errors.New("not a list of slices")
	// ErrTooManyRows says that the page has more records than Options allow.
	ErrTooManyRows = errors.New("too many records")
)

// ErrSlice says that one slice or one of its periods lacks a part.
var ErrSlice = errors.New("slice")

// Recorder takes what a page holds, in the order of the page. An error that it
// returns ends Decode, which returns it unchanged.
type Recorder interface {
	// Header is called once, before all else.
	Header(names []string) error
	// Record is called for each period of a slice; fields has the length of the
	// header and is reused after the call, its strings may be kept.
	Record(row int, position string, fields []string) error
	// Broken is called for a slice or a period that cannot be read.
	Broken(row int, position string, cause error) error
}

// Options of Decode; the zero value is ready to use.
type Options struct {
	MaxRows int // 0 means 5 million
	// Disjoint refuses the cells that two slices of one name give differently.
	Disjoint bool
}

// Decode walks over a page. The fields of a record are term (the region, the
// first of the terms), term_name, terms and term_names (all of them, joined by a
// comma and by " | "), period_name ("" where the source has none), date and value. Errors: those of the first
// list above, and whatever the recorder returns.
func Decode(body []byte, o Options, out Recorder) error {
	if o.MaxRows == 0 {
		o.MaxRows = 5_000_000
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(body, []byte("<")) {
		return ErrHTML
	}
	if err := check(body); err != nil {
		return err
	}
	if body[0] != '[' {
		return fmt.Errorf("%w: the JSON begins with %q", ErrShape, body[0])
	}
	if err := out.Header([]string{"term", "term_name", "terms", "term_names", "period_name", "date", "value"}); err != nil {
		return err
	}
	w := walker{max: o.MaxRows, out: out, fields: make([]string, 7)}
	if o.Disjoint {
		var err error
		if w.disputed, err = disputed(body); err != nil {
			return err
		}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%w: %w", ErrJSON, err)
	}
	for i := 0; dec.More(); i++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("%w: %w", ErrJSON, err)
		}
		if err := w.slice("$["+strconv.Itoa(i)+"]", raw); err != nil {
			return err
		}
	}
	return nil
}

// check reads the whole page once, so that nothing is taken of a broken one.
func check(body []byte) error {
	if len(body) == 0 {
		return fmt.Errorf("%w: the page is empty", ErrJSON)
	}
	if json.Valid(body) {
		return nil
	}
	var v json.RawMessage
	var syntax *json.SyntaxError
	if err := json.Unmarshal(body, &v); errors.As(err, &syntax) {
		return fmt.Errorf("%w: at byte %d of %d", ErrJSON, syntax.Offset, len(body))
	}
	return ErrJSON
}

type walker struct {
	out    Recorder
	max    int
	row    int
	fields []string

	disputed map[cell]bool
}

func (w *walker) slice(at string, raw json.RawMessage) error {
	keys, err := object(raw)
	if err != nil {
		return w.broken(at, err)
	}
	terms, err := texts(keys["terms"])
	if err != nil || len(terms) == 0 {
		return w.broken(at, fmt.Errorf("%w: terms is not a list of texts", ErrSlice))
	}
	names, err := texts(keys["termNames"])
	if err != nil {
		return w.broken(at, fmt.Errorf("%w: termNames is not a list of texts", ErrSlice))
	}
	var periods []json.RawMessage
	if err := json.Unmarshal(keys["periods"], &periods); err != nil {
		return w.broken(at, fmt.Errorf("%w: periods is not a list", ErrSlice))
	}
	w.fields[0], w.fields[1] = terms[0], ""
	if len(names) > 0 {
		w.fields[1] = names[0]
	}
	w.fields[2], w.fields[3] = strings.Join(terms, ","), strings.Join(names, " | ")
	for i, p := range periods {
		if err := w.period(at+".periods["+strconv.Itoa(i)+"]", p); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) period(at string, raw json.RawMessage) error {
	keys, err := object(raw)
	if err != nil {
		return w.broken(at, err)
	}
	for i, key := range []string{"name", "date", "value"} {
		v, ok := keys[key]
		if !ok && key == "name" { // cubes of files have dates alone
			w.fields[4] = ""
			continue
		}
		if !ok {
			return w.broken(at, fmt.Errorf("%w: key %q is missing", ErrSlice, key))
		}
		if w.fields[4+i], err = text(v); err != nil {
			return w.broken(at, fmt.Errorf("%w: %s is not a text or a number", ErrSlice, key))
		}
	}
	if w.disputed[cell{w.fields[3], w.fields[5]}] {
		return w.broken(at, fmt.Errorf("%w: two slices of the name %s disagree on %s", ErrSlice, w.fields[3], w.fields[5]))
	}
	w.row++
	if w.row > w.max {
		return fmt.Errorf("%w: more than %d", ErrTooManyRows, w.max)
	}
	return w.out.Record(w.row, at, w.fields)
}

func (w *walker) broken(at string, cause error) error {
	w.row++
	if w.row > w.max {
		return fmt.Errorf("%w: more than %d", ErrTooManyRows, w.max)
	}
	return w.out.Broken(w.row, at, cause)
}

// object returns the values of an object by key without blanks.
func object(raw json.RawMessage) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil || m == nil {
		return nil, fmt.Errorf("%w: not an object", ErrSlice)
	}
	out := make(map[string]json.RawMessage, len(m))
	for k, v := range m {
		k = strings.TrimSpace(k)
		if _, twice := out[k]; twice {
			return nil, fmt.Errorf("%w: key %q twice", ErrSlice, k)
		}
		out[k] = v
	}
	return out, nil
}

func texts(raw json.RawMessage) ([]string, error) {
	if raw == nil {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	out := make([]string, len(list))
	for i, v := range list {
		var err error
		if out[i], err = text(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// text returns a text without outer blanks, a number as it stands, "" for null.
func text(raw json.RawMessage) (string, error) {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return strings.TrimSpace(s), err
	}
	switch string(raw) {
	case "null":
		return "", nil
	case "true", "false":
		return "", ErrSlice
	}
	if len(raw) == 0 || raw[0] == '[' || raw[0] == '{' {
		return "", ErrSlice
	}
	return string(raw), nil
}
