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
	"slices"
	"strconv"
	"strings"
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
	fields := make([]string, len(names))
	return each(list, func(i int, raw json.RawMessage) error {
		position := at + "[" + strconv.Itoa(i) + "]"
		clear(fields)
		if err := flat(raw, names, fields); err != nil {
			return out.Broken(i+1, position, err)
		}
		return out.Record(i+1, position, fields)
	})
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

func each(list []byte, f func(i int, raw json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(list))
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%w: %w", ErrJSON, err)
	}
	for i := 0; dec.More(); i++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("%w: %w", ErrJSON, err)
		}
		if err := f(i, raw); err != nil {
			return err
		}
	}
	return nil
}

func keys(list []byte, o Options) ([]string, error) {
	seen := map[string]bool{}
	err := each(list, func(i int, raw json.RawMessage) error {
		if i >= o.MaxRows {
			return fmt.Errorf("%w: more than %d rows", ErrTooLarge, o.MaxRows)
		}
		var m map[string]json.RawMessage
		if json.Unmarshal(raw, &m) != nil {
			return nil //nolint:nilerr // told when the row is read
		}
		for k := range m {
			seen[strings.TrimSpace(k)] = true
		}
		if len(seen) > o.MaxKeys {
			return fmt.Errorf("%w: more than %d keys", ErrTooLarge, o.MaxKeys)
		}
		return nil
	})
	names := make([]string, 0, len(seen))
	for k := range seen {
		names = append(names, k)
	}
	slices.Sort(names)
	return names, err
}

func flat(raw json.RawMessage, names, fields []string) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil || m == nil {
		return fmt.Errorf("%w: not an object", ErrRow)
	}
	seen := make(map[int]bool, len(m))
	for k, v := range m {
		i, ok := slices.BinarySearch(names, strings.TrimSpace(k))
		if !ok || seen[i] {
			return fmt.Errorf("%w: a key twice", ErrRow)
		}
		seen[i] = true
		switch {
		case v[0] == '"':
			if err := json.Unmarshal(v, &fields[i]); err != nil {
				return fmt.Errorf("%w: %w", ErrRow, err)
			}
			fields[i] = strings.TrimSpace(fields[i])
		case v[0] == '{' || v[0] == '[':
			return fmt.Errorf("%w: a value that is not flat", ErrRow)
		case string(v) != "null":
			fields[i] = string(v)
		}
	}
	return nil
}
