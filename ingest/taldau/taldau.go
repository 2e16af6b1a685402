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

	"github.com/auyl-kz/auyl/internal/jsonwalk"
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
		w.disputed = disputed(body)
	}
	for i, raw := range jsonwalk.Elements(body) {
		w.at = strconv.AppendInt(append(w.at[:0], "$["...), int64(i), 10)
		w.at = append(w.at, ']')
		if err := w.slice(string(raw)); err != nil {
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
	at     []byte // of the slice, then of the period
	keys   jsonwalk.Object

	disputed map[cell]bool
}

func (w *walker) slice(raw string) error {
	s, err := sliceOf(&w.keys, raw)
	if err != nil {
		return w.broken(err)
	}
	w.fields[0], w.fields[1] = s.terms[0], ""
	if len(s.names) > 0 {
		w.fields[1] = s.names[0]
	}
	w.fields[2], w.fields[3] = strings.Join(s.terms, ","), strings.Join(s.names, " | ")
	slice := len(w.at)
	for i, p := range jsonwalk.Elements(s.periods) {
		w.at = strconv.AppendInt(append(w.at[:slice], ".periods["...), int64(i), 10)
		w.at = append(w.at, ']')
		if err := w.period(p); err != nil {
			return err
		}
	}
	return nil
}

// slice is what a slice says but for its periods, which are a list.
type slice struct {
	terms, names []string
	periods      string
}

func sliceOf(keys *jsonwalk.Object, raw string) (s slice, err error) {
	if err := read(keys, raw); err != nil {
		return s, err
	}
	terms, _ := keys.Get("terms")
	if s.terms, err = texts(terms); err != nil || len(s.terms) == 0 {
		return s, fmt.Errorf("%w: terms is not a list of texts", ErrSlice)
	}
	names, _ := keys.Get("termNames")
	if s.names, err = texts(names); err != nil {
		return s, fmt.Errorf("%w: termNames is not a list of texts", ErrSlice)
	}
	periods, _ := keys.Get("periods")
	if periods != "null" && !jsonwalk.IsList(periods) { // none is a list of none
		return s, fmt.Errorf("%w: periods is not a list", ErrSlice)
	}
	s.periods = periods
	return s, nil
}

func (w *walker) period(raw string) error {
	if err := read(&w.keys, raw); err != nil {
		return w.broken(err)
	}
	for i, key := range [...]string{"name", "date", "value"} {
		v, ok := w.keys.Get(key)
		if !ok && key == "name" { // cubes of files have dates alone
			w.fields[4] = ""
			continue
		}
		if !ok {
			return w.broken(fmt.Errorf("%w: key %q is missing", ErrSlice, key))
		}
		var err error
		if w.fields[4+i], err = text(v); err != nil {
			return w.broken(fmt.Errorf("%w: %s is not a text or a number", ErrSlice, key))
		}
	}
	if len(w.disputed) > 0 && w.disputed[cell{w.fields[3], w.fields[5]}] {
		return w.broken(fmt.Errorf("%w: two slices of the name %s disagree on %s", ErrSlice, w.fields[3], w.fields[5]))
	}
	w.row++
	if w.row > w.max {
		return fmt.Errorf("%w: more than %d", ErrTooManyRows, w.max)
	}
	return w.out.Record(w.row, string(w.at), w.fields)
}

func (w *walker) broken(cause error) error {
	w.row++
	if w.row > w.max {
		return fmt.Errorf("%w: more than %d", ErrTooManyRows, w.max)
	}
	return w.out.Broken(w.row, string(w.at), cause)
}

// read takes the members of an object by key without blanks.
func read(keys *jsonwalk.Object, raw string) error {
	switch err := keys.Read(raw); {
	case errors.Is(err, jsonwalk.ErrNotObject):
		return fmt.Errorf("%w: not an object", ErrSlice)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrSlice, err)
	}
	return nil
}

func texts(raw string) ([]string, error) {
	if raw == "" || raw == "null" {
		return nil, nil
	}
	if !jsonwalk.IsList(raw) {
		return nil, ErrSlice
	}
	var out []string
	for _, v := range jsonwalk.Elements(raw) {
		s, err := text(v)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// text returns a text without outer blanks, a number as it stands, "" for null.
func text(raw string) (string, error) {
	if raw != "" && raw[0] == '"' {
		s, err := jsonwalk.Text(raw)
		return strings.TrimSpace(s), err
	}
	switch raw {
	case "null":
		return "", nil
	case "true", "false":
		return "", ErrSlice
	}
	if raw == "" || raw[0] == '[' || raw[0] == '{' {
		return "", ErrSlice
	}
	return raw, nil
}
