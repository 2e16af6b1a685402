// Package jsonrows turns JSON answers with a declared place of their records into
// records: the array at a path such as "items" or "data.rows", each element an
// object whose nested objects become fields with dotted names ("place.kato") and
// whose arrays of plain values become texts joined by ";". Arrays of objects are
// left out: a record that holds a list of records is two records of a contract.
//
// A page of HTML, JSON that ends early and an answer without the array (which is
// how sources report errors with status 200) refuse the page. The package does no
// I/O and knows nothing of what a field means.
package jsonrows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	// ErrShape says that there is no array of records at the declared place.
	ErrShape = errors.New("no list of records at the declared place")
	// ErrTooLarge says that there are more records or fields than Options allow.
	ErrTooLarge = errors.New("too many records or fields")
)

// ErrRecord says that a record is not an object, or names a field twice.
var ErrRecord = errors.New("record")

// Recorder takes what a page holds, in the order of the page. An error that it
// returns ends Decode, which returns it unchanged.
type Recorder interface {
	// Header is called once, before all else.
	Header(names []string) error
	// Record is called for each record; fields has the length of the header and is
	// reused after the call, its strings may be kept.
	Record(row int, position string, fields []string) error
	// Broken is called for a record that cannot be read.
	Broken(row int, position string, cause error) error
}

// Options of Decode; the zero value takes an array at the top.
type Options struct {
	Records    string // path of the array, parts separated by dots; "" is the top
	MaxRecords int    // 0 means 1 million
	MaxFields  int    // of all records together; 0 means 512
}

const maxDepth = 8

// Decode walks over a page. The names of the header are the fields of all records,
// in alphabetical order; a field that a record lacks, or that is null, is empty.
// Errors: those of the first list above, and whatever the recorder returns.
func Decode(body []byte, o Options, out Recorder) error {
	if o.MaxRecords == 0 {
		o.MaxRecords = 1_000_000
	}
	if o.MaxFields == 0 {
		o.MaxFields = 512
	}
	list, err := locate(body, o.Records)
	if err != nil {
		return err
	}
	records, names, err := read(list, o)
	if err != nil {
		return err
	}
	if err := out.Header(names); err != nil {
		return err
	}
	at := "$"
	if o.Records != "" {
		at += "." + o.Records
	}
	fields := make([]string, len(names))
	for i, r := range records {
		position := at + "[" + strconv.Itoa(i) + "]"
		if r.err != nil {
			err = out.Broken(i+1, position, r.err)
		} else {
			clear(fields)
			for j, n := range names {
				fields[j] = r.fields[n]
			}
			err = out.Record(i+1, position, fields)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// locate returns the array at the path.
func locate(body []byte, path string) ([]json.RawMessage, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(body, []byte("<")) {
		return nil, ErrHTML
	}
	if !json.Valid(body) {
		var v json.RawMessage
		var syntax *json.SyntaxError
		if err := json.Unmarshal(body, &v); errors.As(err, &syntax) {
			return nil, fmt.Errorf("%w: at byte %d of %d", ErrJSON, syntax.Offset, len(body))
		}
		return nil, ErrJSON
	}
	at := json.RawMessage(body)
	if path != "" {
		for part := range strings.SplitSeq(path, ".") {
			var object map[string]json.RawMessage
			if err := json.Unmarshal(at, &object); err != nil {
				return nil, fmt.Errorf("%w: want an object with %q", ErrShape, part)
			}
			next, ok := find(object, part)
			if !ok {
				return nil, fmt.Errorf("%w: no %q", ErrShape, part)
			}
			at = next
		}
	}
	var list []json.RawMessage
	if err := json.Unmarshal(at, &list); err != nil || list == nil {
		return nil, fmt.Errorf("%w: %q is no array", ErrShape, path)
	}
	return list, nil
}

// find looks a key up; sources are known to leave blanks behind them.
func find(object map[string]json.RawMessage, key string) (json.RawMessage, bool) {
	if v, ok := object[key]; ok {
		return v, true
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		if strings.TrimSpace(k) == key {
			return object[k], true
		}
	}
	return nil, false
}

type record struct {
	fields map[string]string
	err    error
}

func read(list []json.RawMessage, o Options) (records []record, names []string, err error) {
	if len(list) > o.MaxRecords {
		return nil, nil, fmt.Errorf("%w: more than %d records", ErrTooLarge, o.MaxRecords)
	}
	seen := map[string]bool{}
	for _, raw := range list {
		r := record{fields: map[string]string{}}
		r.err = flatten(raw, "", 0, r.fields)
		records = append(records, r)
		for n := range r.fields {
			seen[n] = true
		}
		if len(seen) > o.MaxFields {
			return nil, nil, fmt.Errorf("%w: more than %d fields", ErrTooLarge, o.MaxFields)
		}
	}
	return records, slices.Sorted(maps.Keys(seen)), nil
}

func flatten(raw json.RawMessage, prefix string, depth int, to map[string]string) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: nested more than %d deep", ErrRecord, maxDepth)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return fmt.Errorf("%w: not an object", ErrRecord)
	}
	for k, v := range object {
		name := prefix + strings.TrimSpace(k)
		if _, twice := to[name]; twice {
			return fmt.Errorf("%w: a field twice", ErrRecord)
		}
		switch v[0] {
		case '{':
			if err := flatten(v, name+".", depth+1, to); err != nil {
				return err
			}
		case '[':
			if text, ok := joined(v); ok {
				to[name] = text
			}
		default:
			text, err := plain(v)
			if err != nil {
				return err
			}
			to[name] = text
		}
	}
	return nil
}

func joined(raw json.RawMessage) (string, bool) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return "", false
	}
	parts := make([]string, 0, len(list))
	for _, v := range list {
		if v[0] == '{' || v[0] == '[' {
			return "", false
		}
		text, err := plain(v)
		if err != nil {
			return "", false
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ";"), true
}

func plain(v json.RawMessage) (string, error) {
	switch {
	case v[0] == '"':
		var s string
		if err := json.Unmarshal(v, &s); err != nil {
			return "", fmt.Errorf("%w: %w", ErrRecord, err)
		}
		return strings.TrimSpace(s), nil
	case string(v) == "null":
		return "", nil
	}
	return string(v), nil
}
