package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

// The kinds of paging.
const (
	pagingNextLink = "next_link" // the answer has the address of the next page
	pagingOffset   = "offset"    // a parameter counts rows
	pagingPage     = "page"      // a parameter counts pages
	pagingCursor   = "cursor"    // a parameter takes a mark from the answer
	pagingGraphQL  = "graphql"   // a posted query takes limit and after
)

// Paging says how a source hands out a long list. Paths are keys joined by dots.
type Paging struct {
	Kind  string
	Items string // path of the list; "" is the whole answer
	Next  string // next_link, cursor, graphql: path of what leads on
	More  string // graphql: path of whether there is more
	Total string // path of the number of all rows; "" is not checked
	Param string // offset, page, cursor: name of the parameter; graphql: of the variable
	// SizeParam is the name of the parameter, or variable, with the size of a page.
	SizeParam string
	Size      int
	First     int    // offset, page: number of the first
	Query     string // graphql: the text
}

// withDefaults fills what a kind leaves open and checks the rest.
func (p Paging) withDefaults() (Paging, error) {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	switch p.Kind {
	case pagingNextLink:
		set(&p.Next, "next_page")
	case pagingOffset, pagingPage:
		if p.Param == "" {
			return p, errors.New("paging: param is missing: name of the parameter that counts")
		}
		if p.Size < 1 {
			return p, errors.New("paging: size is missing: rows of a full page")
		}
	case pagingCursor:
		if p.Param == "" || p.Next == "" {
			return p, errors.New("paging: cursor wants param and next")
		}
	case pagingGraphQL:
		set(&p.Next, "extensions.pageInfo.lastId")
		set(&p.More, "extensions.pageInfo.hasNextPage")
		set(&p.Param, "after")
		set(&p.SizeParam, "limit")
		if p.Query == "" || p.Items == "" || p.Size < 1 {
			return p, errors.New("paging: graphql wants query, items and size")
		}
	default:
		return p, fmt.Errorf("paging: unknown kind %q: want next_link, offset, page, cursor or graphql", p.Kind)
	}
	return p, nil
}

// JSONPages is the door of a list that is handed out in pages of JSON, as its
// paging declares. Each answer is a page as the source gave it.
type JSONPages struct {
	get  getter
	base *url.URL
	p    Paging
	auth Auth
}

// NewJSONPages checks the paging and returns the door.
func NewJSONPages(base *url.URL, p Paging, auth Auth, o HTTPOptions) (*JSONPages, error) {
	p, err := p.withDefaults()
	if err != nil {
		return nil, err
	}
	u := *base
	u.Fragment = ""
	auth.strip(&u)
	return &JSONPages{newGetter(o, &u), &u, p, auth}, nil
}

// Pages implements Door. A page that a broken pull has had already is passed
// over: the first one that is asked is the one where it broke.
func (d *JSONPages) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	at, err := d.first()
	seen := map[string]bool{}
	rows, total := 0, 0
	for n := 0; err == nil && at.url != nil; n++ {
		switch key := at.name(); {
		case seen[key]:
			return fmt.Errorf("GET %s: %w: page %d leads back to one before it", d.base.Redacted(), ErrRefused, n)
		case n == MaxPages:
			return fmt.Errorf("GET %s: goes on after %d pages", d.base.Redacted(), MaxPages)
		default:
			seen[key] = true
		}
		var got answered
		if got, err = d.page(ctx, at, n == 0, known, emit, unchanged); err != nil {
			return err
		}
		rows, total = rows+got.rows, max(total, got.total)
		at, err = d.after(at, got)
	}
	if err != nil {
		return fmt.Errorf("GET %s: %w", d.base.Redacted(), d.auth.scrub(err))
	}
	if rows < total {
		return fmt.Errorf("GET %s: incomplete: the source says %d rows, its pages had %d", d.base.Redacted(), total, rows)
	}
	return nil
}

// page has one page: from the pull that was broken off, or from the source.
func (d *JSONPages) page(ctx context.Context, at ask, first bool, known func(string) Known, emit func(Page) error, unchanged func(string)) (answered, error) {
	key := at.name()
	at.known = known(key)
	had := answered{at.known.Rows, at.known.Total, at.known.Next}
	if at.known.Fresh {
		unchanged(key)
		return had, nil
	}
	var got answered
	at.check = func(body []byte) (err error) {
		got, err = d.p.read(body)
		return err
	}
	pg, ok, err := d.get.get(ctx, at)
	switch {
	case err != nil:
		return got, err
	case !ok:
		unchanged(key)
		return had, nil
	case got.rows == 0 && !first:
		return got, nil // says only that there is no more
	}
	if d.p.Kind == pagingOffset || d.p.Kind == pagingPage {
		got.next = d.count(at, got)
	}
	pg.Rows, pg.Total, pg.Next = got.rows, got.total, d.auth.clean(got.next)
	return got, emit(pg)
}

// first is the request of the first page.
func (d *JSONPages) first() (ask, error) {
	switch d.p.Kind {
	case pagingOffset, pagingPage:
		return d.with(strconv.Itoa(d.p.First)), nil
	case pagingGraphQL:
		return d.query("")
	}
	return d.with(""), nil
}

// after is the request of the page that an answer leads to; one without an
// address at the end.
func (d *JSONPages) after(at ask, got answered) (ask, error) {
	switch {
	case got.next == "" || got.rows == 0:
		return ask{}, nil
	case d.p.Kind == pagingNextLink:
		u, err := follow(at.url, got.next, d.auth)
		if err != nil {
			return ask{}, err
		}
		return ask{url: u, auth: d.auth}, nil
	case d.p.Kind == pagingGraphQL:
		return d.query(got.next)
	}
	return d.with(got.next), nil
}

// count is the offset or number of the next page, "" behind the last.
func (d *JSONPages) count(at ask, got answered) string {
	n, err := strconv.Atoi(at.url.Query().Get(d.p.Param))
	if err != nil || got.rows < d.p.Size && got.total == 0 {
		return ""
	}
	had := n - d.p.First + got.rows
	next := n + got.rows
	if d.p.Kind == pagingPage {
		had, next = (n-d.p.First)*d.p.Size+got.rows, n+1
	}
	if got.rows == 0 || got.total > 0 && had >= got.total {
		return ""
	}
	return strconv.Itoa(next)
}

// with is the request with a value of the parameter that counts or marks.
func (d *JSONPages) with(value string) ask {
	u := *d.base
	q := u.Query()
	if value != "" {
		q.Set(d.p.Param, value)
	}
	if d.p.SizeParam != "" && d.p.Size > 0 {
		q.Set(d.p.SizeParam, strconv.Itoa(d.p.Size))
	}
	u.RawQuery = q.Encode()
	return ask{url: &u, auth: d.auth}
}

// query is the request of GraphQL behind a mark, which is JSON.
func (d *JSONPages) query(after string) (ask, error) {
	vars := map[string]any{d.p.SizeParam: d.p.Size}
	key := d.base.String()
	if after != "" {
		vars[d.p.Param] = json.RawMessage(after)
		key += "#" + d.p.Param + "=" + url.QueryEscape(after)
	}
	post, err := json.Marshal(map[string]any{"query": d.p.Query, "variables": vars})
	if err != nil {
		return ask{}, err
	}
	return ask{url: d.base, key: key, auth: d.auth, post: post}, nil
}
