// Package egov turns an answer of data.egov.kz, version 4 of its API, into
// records: the bare array of flat objects, or the same under "data" beside a
// "totalCount". Values are texts or numbers, whatever the metadata says.
//
// A page of HTML and JSON that ends early refuse the page: nothing is taken of
// half an answer. The package does no I/O and knows nothing of what a key means.
package egov

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	// ErrShape says that the JSON is something else than a list of rows.
	ErrShape = errors.New("not a list of rows")
	// ErrTooLarge says that there are more rows or keys than Options allow.
	ErrTooLarge = errors.New("too many rows or keys")
)

// ErrRow says that a row is not a flat object.
var ErrRow = errors.New("row")

// Recorder takes what a page holds, in the order of the page. An error that it
// returns ends Decode, which returns it unchanged.
type Recorder interface {
	// Header is called once, before all else.
	Header(names []string) error
	// Record is called for each row; fields has the length of the header and is
	// reused after the call, its strings may be kept.
	Record(row int, position string, fields []string) error
	// Broken is called for a row that cannot be read.
	Broken(row int, position string, cause error) error
}

// Options of Decode; the zero value is ready to use.
type Options struct {
	MaxRows int // 0 means 1 million
	MaxKeys int // of all rows together; 0 means 256
}

// Decode walks over a page. The names of the header are the keys of all rows, in
// alphabetical order; a key that a row lacks is an empty field of its record.
// Errors: those of the first list above, and whatever the recorder returns.
func Decode(body []byte, o Options, out Recorder) error {
	if o.MaxRows == 0 {
		o.MaxRows = 1_000_000
	}
	if o.MaxKeys == 0 {
		o.MaxKeys = 256
	}
	list, at, err := rows(body)
	if err != nil {
		return err
	}
	names, err := keys(list, o)
	if err != nil {
		return err
	}
	if err := out.Header(names); err != nil {
		return err
	}
	r := reader{names: names, fields: make([]string, len(names)), given: make([]int, len(names))}
	at += "["
	place := []byte(at)
	for i, raw := range jsonwalk.Elements(list) {
		place = append(strconv.AppendInt(place[:len(at)], int64(i), 10), ']')
		position := string(place)
		if err = r.flat(string(raw)); err != nil {
			err = out.Broken(i+1, position, err)
		} else {
			err = out.Record(i+1, position, r.fields)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rows returns the array of rows and its path.
func rows(body []byte) (list []byte, at string, err error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(body, []byte("<")) {
		return nil, "", ErrHTML
	}
	if !json.Valid(body) {
		var v json.RawMessage
		var syntax *json.SyntaxError
		if err := json.Unmarshal(body, &v); errors.As(err, &syntax) {
			return nil, "", fmt.Errorf("%w: at byte %d of %d", ErrJSON, syntax.Offset, len(body))
		}
		return nil, "", ErrJSON
	}
	if body[0] == '[' {
		return body, "$", nil
	}
	if body[0] != '{' {
		return nil, "", fmt.Errorf("%w: the JSON begins with %q", ErrShape, body[0])
	}
	var page map[string]json.RawMessage
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrJSON, err)
	}
	data := bytes.TrimSpace(page["data"])
	if len(data) == 0 || data[0] != '[' {
		return nil, "", fmt.Errorf("%w: an object without a list under \"data\"", ErrShape)
	}
	return data, "$.data", nil
}

func keys(list []byte, o Options) ([]string, error) {
	seen := map[string]bool{}
	var row jsonwalk.Object
	for i, raw := range jsonwalk.Elements(list) {
		if i >= o.MaxRows {
			return nil, fmt.Errorf("%w: more than %d rows", ErrTooLarge, o.MaxRows)
		}
		_ = row.Read(string(raw)) // what is wrong is told when the row is read
		for k := range row.All() {
			if !seen[k] {
				seen[strings.Clone(k)] = true // and not all of its row
			}
		}
		if len(seen) > o.MaxKeys {
			return nil, fmt.Errorf("%w: more than %d keys", ErrTooLarge, o.MaxKeys)
		}
	}
	names := slices.AppendSeq(make([]string, 0, len(seen)), maps.Keys(seen))
	slices.Sort(names)
	return names, nil
}

// reader reads rows into fields.
type reader struct {
	names, fields []string
	given         []int // the column of each member of the row before, which is nearly always that of the next
	row           jsonwalk.Object
}

func (r *reader) flat(raw string) error {
	clear(r.fields)
	switch err := r.row.Read(raw); {
	case errors.Is(err, jsonwalk.ErrNotObject):
		return fmt.Errorf("%w: not an object", ErrRow)
	case errors.Is(err, jsonwalk.ErrTwice):
		return fmt.Errorf("%w: a key twice", ErrRow)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrRow, err)
	}
	n := 0
	for k, v := range r.row.All() {
		if r.names[r.given[n]] != k {
			r.given[n], _ = slices.BinarySearch(r.names, k)
		}
		i := r.given[n]
		n++
		switch {
		case v[0] == '"':
			s, err := jsonwalk.Text(v)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrRow, err)
			}
			r.fields[i] = strings.TrimSpace(s)
		case v[0] == '{' || v[0] == '[':
			return fmt.Errorf("%w: a value that is not flat", ErrRow)
		case v != "null":
			r.fields[i] = v
		}
	}
	return nil
}
