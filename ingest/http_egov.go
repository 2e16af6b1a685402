package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/auyl-kz/auyl/ingest/egov"
)

// EGovSet says how a data set of data.egov.kz v4 is read.
type EGovSet struct {
	PageSize int
	Auth     Auth // may be zero
	// CheckTotal asks the portal how many rows the set has, and calls a pull that
	// had fewer incomplete.
	CheckTotal bool
}

// EGov is the door of one data set of data.egov.kz v4, which is read in pages
// of a fixed size by the source= parameter until a page is not full. A base that
// ends in /latest is the version with the highest number.
type EGov struct {
	get  getter
	base *url.URL // …/api/v4/<dataset>/<version>
	set  EGovSet
	rows func(body []byte) (int, error)
	size int // of the page asked last: what the set was found to bear
}

// NewEGov returns the door. rows counts the rows of a page's body. Errors of rows
// end the pull after the page was kept: what cannot be counted cannot be paged,
// and the decoder will say what is wrong with it.
func NewEGov(base *url.URL, set EGovSet, rows func(body []byte) (int, error), o HTTPOptions) *EGov {
	return &EGov{newGetter(o, base), base, set, rows, set.PageSize}
}

// MaxPages bounds one paged pull, against a source that never ends.
const MaxPages = 10_000

// smallestPage is where halving ends; some sets bear no more than 50 rows.
const smallestPage = 10

// Pages implements Door.
func (d *EGov) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	base, err := d.version(ctx)
	if err != nil {
		return err
	}
	rows, full := 0, true
	for n := 0; full; n++ {
		if n == MaxPages {
			return fmt.Errorf("GET %s: still full after %d pages", base.Redacted(), MaxPages)
		}
		var got int
		if got, full, err = d.page(ctx, base, rows, known, emit, unchanged); err != nil {
			return err
		}
		rows += got
	}
	if !d.set.CheckTotal {
		return nil
	}
	total, err := d.total(ctx, base)
	if err == nil && rows < total {
		err = fmt.Errorf("GET %s: incomplete: the portal says %d rows, its pages had %d", base.Redacted(), total, rows)
	}
	return err
}

// page has the page from a row on, in the largest size that the set bears, and
// reports its rows and whether it was full.
func (d *EGov) page(ctx context.Context, base *url.URL, from int, known func(string) Known, emit func(Page) error, unchanged func(string)) (rows int, full bool, err error) {
	d.size = d.remembered(base, from, known)
	for {
		u := d.address(base, from, d.size)
		k := known(u.String())
		if k.Fresh {
			unchanged(u.String())
			return k.Rows, k.Rows >= d.size, nil
		}
		a := ask{url: u, auth: d.set.Auth, known: k}
		smaller := d.size / 2
		if smaller >= smallestPage {
			a.attempts = min(2, d.get.o.Attempts) // a smaller page is the better second thought
		}
		pg, ok, err := d.get.get(ctx, a)
		switch {
		case err != nil && smaller >= smallestPage && tooMuch(ctx, err):
			d.size = smaller
			continue
		case err != nil:
			return 0, false, err
		case !ok: // as it was: it tells the rows that it had
			unchanged(u.String())
			return k.Rows, k.Rows >= d.size, nil
		}
		rows, err := d.rows(pg.Body)
		if err == nil && rows == 0 && from > 0 {
			return 0, false, nil
		}
		pg.Rows = rows
		if e := emit(pg); e != nil {
			return 0, false, e
		}
		if err != nil {
			return 0, false, fmt.Errorf("GET %s: %w", u.Redacted(), err)
		}
		return rows, rows >= d.size, nil
	}
}

// tooMuch reports whether a failure may be one of a page that is too large: the
// portal answers 500 to 504 then, or nothing in time.
func tooMuch(ctx context.Context, err error) bool {
	if st, ok := errors.AsType[*statusError](err); ok {
		return st.code >= 500
	}
	return ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errBig))
}

// remembered is the size by which the page from a row on was had last: a set that
// bears little need not show it anew after each start.
func (d *EGov) remembered(base *url.URL, from int, known func(string) Known) int {
	size, at := d.size, int64(0)
	for s := d.set.PageSize; s >= min(smallestPage, d.set.PageSize); s /= 2 {
		if k := known(d.address(base, from, s).String()); k.AtMs > at {
			size, at = s, k.AtMs
		}
	}
	return size
}

func (d *EGov) address(base *url.URL, from, size int) *url.URL {
	u := *base
	q := u.Query()
	q.Set("source", fmt.Sprintf(`{"from":%d,"size":%d}`, from, size))
	u.RawQuery = q.Encode()
	return &u
}

// version replaces /latest by the highest version that the mapping has.
func (d *EGov) version(ctx context.Context) (*url.URL, error) {
	base := *d.base
	if path.Base(base.Path) != "latest" {
		return &base, nil
	}
	set := path.Dir(base.Path)
	u := base
	u.Path = path.Join(path.Dir(set), "mapping", path.Base(set))
	var version string
	_, _, err := d.get.get(ctx, ask{url: &u, auth: d.set.Auth, check: func(body []byte) (err error) {
		version, err = egov.LatestVersion(body)
		return err
	}})
	if err != nil {
		return nil, fmt.Errorf("version of the set: %w", err)
	}
	base.Path = path.Join(set, version)
	return &base, nil
}

// total asks the portal how many rows the set has.
func (d *EGov) total(ctx context.Context, base *url.URL) (total int, err error) {
	u := d.address(base, 0, 1)
	if !strings.Contains(u.Path, "/api/v4/") {
		return 0, fmt.Errorf("%w: no total of %s: the path has no /api/v4/", ErrRefused, u.Redacted())
	}
	u.Path = strings.Replace(u.Path, "/api/v4/", "/api/detailed/", 1)
	_, _, err = d.get.get(ctx, ask{url: u, auth: d.set.Auth, check: func(body []byte) (err error) {
		total, err = egov.TotalCount(body)
		return err
	}})
	if st, ok := errors.AsType[*statusError](err); ok && st.code == http.StatusNotFound {
		return 0, fmt.Errorf("total of the set is not told: %w", err)
	}
	return total, err
}
