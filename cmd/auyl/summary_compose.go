package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/schedule"
	"github.com/auyl-kz/auyl/summary/send"
)

// errNoSummaries says that there is nothing to compose.
var errNoSummaries = errors.New("no summaries are declared: schemas/summaries is empty")

// composer makes what is sent of the figures in the tables.
type composer struct {
	n     *node
	facts summary.Facts
	forms *forms

	mu      sync.Mutex
	edition *summary.Edition // the newest, of which all areas and languages are made
	of      editionKey
	doc     *document.Document // the newest, of which all forms are made
	docOf   documentKey
	lacks   map[lackKey]lack
}

type editionKey struct {
	summary string
	oblast  auyl.AreaCode
	period  auyl.Period
	asOf    time.Time
}

type documentKey struct {
	editionKey
	area auyl.AreaCode
	lang string
	late bool
}

type lackKey struct {
	summary string
	area    auyl.AreaCode
	period  auyl.Period
}

// lack is what was missing when the newest figure was of a time.
type lack struct {
	vintage time.Time
	missing []string
}

// composing returns what makes the summaries of this program. It asks as the reader,
// wherever it runs: what is sent is what anybody can make of the same vintage, and
// holds nothing that readers do not see.
func (n *node) composing(ctx context.Context) (composing, error) {
	if len(n.house.Summaries) == 0 {
		return nil, errNoSummaries
	}
	db := n.db
	if n.readDSN != "" {
		reader, err := clickhouse.OpenReader(ctx, n.readDSN)
		if err != nil {
			return nil, unreachable(fmt.Errorf("ClickHouse as its reader: %w", err))
		}
		n.onClose(reader.Close)
		db = reader
	}
	return &composer{n: n, facts: facts{db}, forms: newForms(), lacks: map[lackKey]lack{}}, nil
}

// Declarations implements composing: of each summary all areas of its level.
func (c *composer) Declarations() []schedule.Declaration {
	out := make([]schedule.Declaration, 0, len(c.n.house.Summaries))
	for i := range c.n.house.Summaries {
		def := &c.n.house.Summaries[i]
		zone, err := time.LoadLocation(def.Schedule.Zone)
		if err != nil {
			continue // the loader of declarations has refused it
		}
		d := schedule.Declaration{Summary: def.ID, Version: int(def.Version), Areas: codesOf(c.n.house.Areas.OfLevel(def.Level, auyl.MaxDay-1)), Freq: def.Freq, Times: def.Schedule.Cron, Zone: zone}
		if w := def.Schedule.WaitFor; w != nil {
			for _, id := range w.Indicators {
				d.WaitFor = append(d.WaitFor, string(id))
			}
			d.Deadline = deadline(def.Schedule.Cron, w.UntilDay)
		}
		out = append(out, d)
	}
	return out
}

// deadline is the time of day of a schedule on another day of its months.
func deadline(cron string, day int) string {
	f := strings.Fields(cron)
	return fmt.Sprintf("%s %s %d %s *", f[0], f[1], day, f[3])
}

func codesOf(areas []*auyl.Area) []auyl.AreaCode {
	out := make([]auyl.AreaCode, len(areas))
	for i, a := range areas {
		out[i] = a.Code
	}
	return out
}

func (c *composer) def(id string) (*schemas.Summary, error) { return summaryOf(c.n.house, id) }

// opened returns the edition of a summary; the newest is kept, by its vintage: of two
// times between which nothing came it is the same. The caller holds mu.
func (c *composer) opened(ctx context.Context, k editionKey) (*summary.Edition, error) {
	vintage, err := c.facts.Vintage(ctx, k.asOf)
	if err != nil {
		return nil, fmt.Errorf("vintage: %w", err)
	}
	if !vintage.IsZero() {
		k.asOf = vintage
	}
	if c.edition != nil && c.of == k {
		return c.edition, nil
	}
	def, err := c.def(k.summary)
	if err != nil {
		return nil, err
	}
	e, err := summary.Open(ctx, c.facts, c.n.house, def, k.oblast, k.period, k.asOf)
	if err != nil {
		return nil, err
	}
	c.edition, c.of = e, k
	return e, nil
}

// document composes a summary; the newest is kept, since several forms of it are
// asked for one after another. The caller holds mu.
func (c *composer) document(ctx context.Context, k documentKey) (*document.Document, error) {
	if c.doc != nil && c.docOf == k {
		return c.doc, nil
	}
	def, err := c.def(k.summary)
	if err != nil {
		return nil, err
	}
	if _, err := summary.CheckArea(c.n.house, def, k.area, k.period); err != nil {
		return nil, err
	}
	e, err := c.opened(ctx, k.editionKey)
	if err != nil {
		return nil, err
	}
	d, err := e.Compose(k.area, k.lang)
	if err != nil {
		return nil, err
	}
	if k.late {
		if err := summary.MarkLate(d); err != nil {
			return nil, err
		}
	}
	c.doc, c.docOf = d, k
	return d, nil
}

// Render implements send.Renderer. What was missing at the vintage the document
// says by itself, in its own language.
func (c *composer) Render(ctx context.Context, r send.Request) (send.Form, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, err := c.document(ctx, documentKey{editionKey{r.Summary, r.Area.Oblast(), r.Period, r.AsOf}, r.Area, r.Lang, r.Late})
	if err != nil {
		return send.Form{}, err
	}
	name := r.Format
	if name == send.FormatMail {
		name = send.FormatHTML
	}
	form, err := summaryForm(name)
	if err != nil {
		return send.Form{}, err
	}
	out := send.Form{ContentType: form.contentType, Title: d.Title, Name: fmt.Sprintf("%s-%s-%s-%s.%s", r.Summary, r.Area, r.Period, r.Lang, form.extension)}
	if r.Format == send.FormatMail {
		out.Bytes, out.Inline, err = c.forms.mail(d)
		return out, err
	}
	var b bytes.Buffer
	err = c.forms.write(&b, form.name, d)
	out.Bytes = b.Bytes()
	return out, err
}

// Missing implements schedule.Completeness. It counts anew only when there are
// newer figures than when it counted last.
func (c *composer) Missing(ctx context.Context, d schedule.Declaration, area auyl.AreaCode, period auyl.Period) ([]string, error) {
	def, err := c.def(d.Summary)
	if err != nil || def.Schedule.WaitFor == nil {
		return nil, err
	}
	vintage, err := c.facts.Vintage(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := lackKey{d.Summary, area, period}
	if l, ok := c.lacks[k]; ok && l.vintage.Equal(vintage) {
		return l.missing, nil
	}
	w := def.Schedule.WaitFor
	e, err := c.opened(ctx, editionKey{d.Summary, area.Oblast(), period, vintage})
	if errors.Is(err, summary.ErrNothingKnown) {
		return d.WaitFor, nil
	}
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, id := range w.Indicators {
		if have, all := e.Complete(area, id, w.Level); float64(have) < w.Share*float64(all) {
			missing = append(missing, fmt.Sprintf("%s of %d of %d areas", id, all-have, all))
		}
	}
	c.lacks[k] = lack{vintage, missing}
	return missing, nil
}

// Worth implements schedule.Completeness: an alert is sent when a rule fires.
func (c *composer) Worth(ctx context.Context, d schedule.Declaration, area auyl.AreaCode, period auyl.Period) (bool, error) {
	def, err := c.def(d.Summary)
	if err != nil || len(def.Rules) == 0 {
		return err == nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, err := c.opened(ctx, editionKey{d.Summary, area.Oblast(), period, time.Time{}})
	if errors.Is(err, summary.ErrNothingKnown) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	doc, err := e.Compose(area, def.Languages[0])
	if err != nil || doc.Fired == 0 {
		return false, err
	}
	// The same findings as of the period before were told then.
	before, err := summary.Open(ctx, c.facts, c.n.house, def, area.Oblast(), period.Shift(-1), e.AsOf)
	if err != nil {
		return false, err
	}
	old, err := before.Compose(area, def.Languages[0])
	if err != nil {
		return false, err
	}
	return !sameFindings(old, doc), nil
}

// sameFindings reports whether two alerts are about the same figures and sources.
func sameFindings(a, b *document.Document) bool {
	cells := func(d *document.Document) map[string]bool {
		out := map[string]bool{}
		for _, s := range d.Sections {
			for _, sentence := range s.Sentences {
				key := ""
				for _, r := range sentence {
					if r.Figure != nil {
						key += fmt.Sprint(r.Figure.Indicator, r.Figure.Area, r.Figure.Period)
					}
				}
				if key == "" && len(sentence) > 0 { // of a source: the words before how many days it is late
					key, _, _ = strings.Cut(sentence[0].Text, ",")
				}
				out[s.ID+key] = true
			}
		}
		return out
	}
	return maps.Equal(cells(a), cells(b))
}
