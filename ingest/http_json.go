package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// answered is what the paging of a JSON answer says.
type answered struct {
	rows  int
	total int    // 0 where it does not say
	next  string // where the next page is, in the words of the kind; "" is the end
}

// field returns the value at a path of keys joined by dots, "" being the whole;
// nil where there is none.
func field(body []byte, path string) json.RawMessage {
	at := json.RawMessage(body)
	if path == "" {
		return at
	}
	for key := range strings.SplitSeq(path, ".") {
		var m map[string]json.RawMessage
		if json.Unmarshal(at, &m) != nil {
			return nil
		}
		v, ok := m[key]
		if !ok {
			return nil
		}
		at = v
	}
	return at
}

// word returns a text or a number as it is written; null, an empty text and what
// is neither are "".
func word(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(v, &n) == nil {
		return n.String()
	}
	return ""
}

// countItems counts the elements of a list; ok is false where it is none.
func countItems(v json.RawMessage) (n int, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(v))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return 0, false
	}
	for ; dec.More(); n++ {
		var skip json.RawMessage
		if dec.Decode(&skip) != nil {
			return 0, false
		}
	}
	return n, true
}

// trimJSON takes away what people and servers put before JSON.
func trimJSON(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
}

// read checks that an answer is a page of the declared kind, and returns what it
// says of itself. An answer that is none is an error, though its status was 200:
// one that a later try may mend, or ErrRefused.
func (p Paging) read(body []byte) (answered, error) {
	body = trimJSON(body)
	if !json.Valid(body) {
		return answered{}, fmt.Errorf("answer of %d bytes is not whole JSON, it begins with %q", len(body), clip(string(body[:min(len(body), 1)]), 1))
	}
	if err := errorBody(body); err != nil && p.Kind == pagingGraphQL {
		return answered{}, err
	}
	list := field(body, p.Items)
	rows, ok := countItems(list)
	if !ok {
		if err := errorBody(body); err != nil {
			return answered{}, err
		}
		return answered{}, fmt.Errorf("%w: no list under %q of the answer", ErrRefused, p.Items)
	}
	out := answered{rows: rows}
	if p.Total != "" {
		v := field(body, p.Total)
		n, err := strconv.Atoi(word(v))
		if err != nil || n < 0 {
			return out, fmt.Errorf("%w: no whole number under %q of the answer", ErrRefused, p.Total)
		}
		out.total = n
	}
	switch p.Kind {
	case pagingNextLink, pagingCursor:
		v := field(body, p.Next)
		out.next = word(v)
	case pagingGraphQL:
		more := field(body, p.More)
		if string(more) == "true" {
			v := field(body, p.Next)
			if word(v) == "" {
				return out, fmt.Errorf("%w: %q says that there is more, %q does not say where", ErrRefused, p.More, p.Next)
			}
			out.next = string(v) // as JSON, so that a number stays one
		}
	}
	return out, nil
}

// errorBody recognizes an answer that tells of an error under status 200: an
// object with name and message, with error, or with the errors of GraphQL.
func errorBody(body []byte) error {
	var e struct {
		Name    string          `json:"name"`
		Message string          `json:"message"`
		Status  json.RawMessage `json:"status"`
		Error   json.RawMessage `json:"error"`
		Errors  []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	_ = json.Unmarshal(body, &e) // what does not fit is not an error body
	text := strings.TrimPrefix(e.Name+": "+e.Message, ": ")
	switch {
	case len(e.Errors) > 0:
		text = e.Errors[0].Message
	case len(e.Error) > 0 && string(e.Error) != "null":
		text = word(e.Error) + " " + e.Message
	case e.Name == "" && e.Message == "":
		return nil
	}
	err := fmt.Errorf("answer under status 200 is an error: %s", clip(longNumber.ReplaceAllString(strings.TrimSpace(text), "#"), 200))
	if code, _ := strconv.Atoi(word(e.Status)); code == http.StatusTooManyRequests || code >= 500 {
		return err
	}
	return errors.Join(ErrRefused, err)
}

// longNumber may be that of a person.
var longNumber = regexp.MustCompile(`\d{9,}`)

// follow resolves the address of the next page, which has to be at the same place
// as the one before it.
func follow(from *url.URL, next string, auth Auth) (*url.URL, error) {
	ref, err := url.Parse(next)
	if err != nil {
		return nil, fmt.Errorf("%w: the address of the next page cannot be read", ErrRefused)
	}
	u := from.ResolveReference(ref)
	u.Fragment, u.User = "", nil
	if u.Scheme != from.Scheme || hostPort(u) != hostPort(from) {
		return nil, fmt.Errorf("%w: the next page is at another host, %s", ErrRefused, u.Hostname())
	}
	auth.strip(u)
	if text := u.String(); auth.clean(text) != text {
		return nil, fmt.Errorf("%w: the address of the next page repeats the key", ErrRefused)
	}
	return u, nil
}
