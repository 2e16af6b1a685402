package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/auyl-kz/auyl/internal/wait"
)

// Order says what is ordered, and how long it is waited for.
type Order struct {
	Conditions json.RawMessage // list, as the register takes it
	PollEvery  time.Duration   // 0 means 30 s
	PollFor    time.Duration   // within one pull; 0 means 10 min
	GiveUp     time.Duration   // age at which an order is given up for a new one; 0 means 24 h
}

// Ordered is the door of the business register of stat.gov.kz: an extract of the
// newest cut is ordered, its number is asked after until the file is there, and
// the file is fetched. The number is kept over pulls and restarts, so that one cut
// is ordered once; a cut that was had is not ordered again.
type Ordered struct {
	get   getter
	site  *url.URL
	order Order
	auth  Auth
}

// NewOrdered returns the door of the register at a site; auth may be zero.
func NewOrdered(site *url.URL, order Order, auth Auth, o HTTPOptions) *Ordered {
	for d, v := range map[*time.Duration]time.Duration{&order.PollEvery: 30 * time.Second, &order.PollFor: 10 * time.Minute, &order.GiveUp: 24 * time.Hour} {
		if *d == 0 {
			*d = v
		}
	}
	return &Ordered{newGetter(o, site), site, order, auth}
}

func (d *Ordered) at(path string) *url.URL { return d.site.JoinPath(path) }

// Pages implements Door.
func (d *Ordered) Pages(ctx context.Context, known func(string) Known, emit func(Page) error, unchanged func(string)) error {
	cut, err := d.newestCut(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(d.order.Conditions)
	what := "#cut=" + url.QueryEscape(cut) + "&conditions=" + hex.EncodeToString(sum[:4])
	file, note := d.at("/api/sbr/download").String()+what, d.at("/api/sbr/request").String()+what
	if known(file).SHA256 != "" {
		unchanged(file)
		return nil
	}
	had := known(note)
	number := had.Next
	if number == "" || time.Since(time.UnixMilli(had.AtMs)) > d.order.GiveUp {
		if number, err = d.place(ctx, cut); err != nil {
			return err
		}
		if err := emit(Page{Key: note, Note: true, Next: number}); err != nil {
			return err
		}
	}
	guid, err := d.wait(ctx, number)
	if errors.Is(err, ErrRefused) { // the register knows nothing of it any more
		if e := emit(Page{Key: note, Note: true}); e != nil {
			return e
		}
	}
	if err != nil {
		return err
	}
	u := d.at("/api/sbr/download")
	u.RawQuery = url.Values{"bucket": {"SBR_UREQUEST"}, "guid": {guid}}.Encode()
	pg, _, err := d.get.get(ctx, ask{url: u, key: file, auth: d.auth, check: notErrorBody})
	if err != nil {
		return err
	}
	pg.ETag, pg.Modified = "", "" // those of another address the next time
	return emit(pg)
}

// notErrorBody refuses JSON where a file is wanted.
func notErrorBody(body []byte) error {
	body = trimJSON(body)
	if len(body) == 0 || body[0] == '{' || body[0] == '<' {
		return fmt.Errorf("no file in an answer of %d bytes", len(body))
	}
	return nil
}

// newestCut asks which cuts there are; the newest is the first.
func (d *Ordered) newestCut(ctx context.Context) (id string, err error) {
	_, _, err = d.get.get(ctx, ask{url: d.at("/api/rcut/ru"), auth: d.auth, check: func(body []byte) error {
		var cuts []struct {
			ID json.RawMessage `json:"id"`
		}
		if err := json.Unmarshal(trimJSON(body), &cuts); err != nil || len(cuts) == 0 || word(cuts[0].ID) == "" {
			return errors.New("no list of cuts in the answer")
		}
		id = string(cuts[0].ID)
		return nil
	}})
	return id, err
}

// place orders the extract and returns the number of the order.
func (d *Ordered) place(ctx context.Context, cut string) (number string, err error) {
	post, err := json.Marshal(map[string]any{"conditions": d.order.Conditions, "cutId": json.RawMessage(cut)})
	if err != nil {
		return "", fmt.Errorf("order: %w", err)
	}
	_, _, err = d.get.get(ctx, ask{url: d.at("/api/sbr/request"), auth: d.auth, post: post, check: func(body []byte) error {
		v := field(trimJSON(body), "obj")
		if number = word(v); number == "" || strings.ContainsAny(number, "/?#%.") {
			return errors.New("no number of an order in the answer")
		}
		return nil
	}})
	return number, err
}

// wait asks after the order until its file is there or PollFor is over.
func (d *Ordered) wait(ctx context.Context, number string) (guid string, err error) {
	u := d.at("/api/sbr/requestResult/" + number + "/ru")
	end := time.Now().Add(d.order.PollFor)
	for {
		_, _, err := d.get.get(ctx, ask{url: u, auth: d.auth, check: func(body []byte) error {
			body = trimJSON(body)
			if !json.Valid(body) || body[0] != '{' {
				return errors.New("no state of an order in the answer")
			}
			v := field(body, "obj.fileGuid")
			guid = word(v)
			return nil
		}})
		if err != nil || guid != "" {
			return guid, err
		}
		if time.Now().Add(d.order.PollEvery).After(end) {
			return "", fmt.Errorf("order %s is not ready: the next pull asks after it", number)
		}
		if err := wait.For(ctx, d.order.PollEvery); err != nil {
			return "", err
		}
	}
}
