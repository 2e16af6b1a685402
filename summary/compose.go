package summary

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/words"
)

// Compose makes one summary. Errors: those of CheckArea and Open.
//
//nolint:revive // each is what the caller was asked for
func Compose(ctx context.Context, f Facts, house *schemas.House, def *schemas.Summary, area auyl.AreaCode, p auyl.Period, lang string, asOf time.Time) (*document.Document, error) {
	if _, err := CheckArea(house, def, area, p); err != nil {
		return nil, err
	}
	e, err := Open(ctx, f, house, def, area.Oblast(), p, asOf)
	if err != nil {
		return nil, err
	}
	return e.Compose(area, lang)
}

// Compose makes the summary of one area in one language.
func (e *Edition) Compose(area auyl.AreaCode, lang string) (*document.Document, error) {
	a, err := CheckArea(e.House, e.Def, area, e.Period)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(e.Def.Languages, lang) {
		return nil, fmt.Errorf("language %q: %s is written in %s", lang, e.Def.ID, strings.Join(e.Def.Languages, ", "))
	}
	w, err := words.New(lang)
	if err != nil {
		return nil, err
	}
	c := &composer{Edition: e, w: w, area: a, marks: map[string]bool{}, sources: map[auyl.SourceID]bool{}, units: map[string]words.Unit{}}
	doc, err := c.document()
	if err != nil {
		return nil, fmt.Errorf("compose %s of %s in %s: %w", e.Def.ID, area, lang, err)
	}
	return doc, nil
}

// composer makes one document.
type composer struct {
	*Edition
	w       *words.Words
	area    *auyl.Area
	marks   map[string]bool
	sources map[auyl.SourceID]bool
	units   map[string]words.Unit

	lastWhy          string // why the figure before was not compared: said once, not below each
	synthetic, shown int    // figures
	fault            error  // of a text that is not there
}

func (c *composer) document() (*document.Document, error) {
	p := c.w.Period(c.Period)
	doc := &document.Document{
		Summary: c.Def.ID, Version: int(c.Def.Version), Lang: c.w.Lang(),
		Area: c.area.Code, AreaName: c.w.Area(c.area).Text,
		Period: c.Period, PeriodText: p.Text,
		AsOf: c.AsOf, AsOfText: c.w.Moment(c.AsOf.In(c.zone)),
	}
	doc.Title = c.name(c.Def.Titles)
	for i := range c.Def.Sections {
		x := &c.Def.Sections[i]
		list, err := c.section(x)
		if err != nil {
			return nil, fmt.Errorf("section %s: %w", x.ID, err)
		}
		for _, s := range list {
			s.Annex = x.Annex
			if len(s.Sentences)+len(s.Charts)+len(s.Tables) == 0 && s.Empty == "" {
				s.Empty = c.text("empty", nil)
			}
			doc.Sections = append(doc.Sections, s)
		}
	}
	if len(c.Def.Rules) > 0 {
		s, fired := c.alerts()
		doc.Fired = fired
		doc.Sections = append([]document.Section{s}, doc.Sections...)
	}
	doc.Notices = c.notices()
	doc.Sources = c.sourceList()
	doc.Marks = c.legend()
	doc.Labels = c.labels()
	return doc, c.fault
}

// section makes what a section shows.
func (c *composer) section(x *schemas.SummarySection) ([]document.Section, error) {
	s := document.Section{ID: x.ID, Title: c.name(x.Titles)}
	var err error
	switch x.Shows {
	case "changes":
		return c.changes(x)
	case "attention":
		c.attention(x, &s)
	case "table":
		c.table(x, &s)
	case "trend":
		c.trend(x, &s)
	case "multiples":
		c.multiples(x, &s)
	case "ranking", "targets":
		c.ranking(x, &s)
	case "map":
		c.maps(x, &s)
	case "budget":
		c.budget(x, &s)
	case "calls":
		c.calls(x, &s)
	case "credits":
		err = c.credits(x, &s)
	case "proposals":
		c.proposals(x, &s)
	case "appeals":
		c.appeals(x, &s)
	case "animals":
		c.animals(x, &s)
	case "feeds":
		c.feedTable(x, &s)
	case "missing":
		c.missing(x, &s)
	case "corrections":
		c.corrections(x, &s)
	default:
		err = fmt.Errorf("nothing is made of %q", x.Shows)
	}
	if s.Empty != "" && len(s.Sentences) > 0 {
		s.Sentences = append([]document.Sentence{{{Text: s.Empty}}}, s.Sentences...)
		s.Empty = ""
	}
	if x.Open != nil {
		s.Sentences = append(s.Sentences, document.Sentence{{Text: c.name(*x.Open)}})
	}
	return []document.Section{s}, err
}

func (c *composer) name(n schemas.Names) string { return c.w.Pick(n.KK, n.RU, n.EN) }

// text and sentence fill templates of the language; a fault is kept and returned
// once the document is made.
func (c *composer) text(key string, args map[string]words.Arg) string {
	t, err := c.w.Text(key, args)
	c.fault = errors.Join(c.fault, err)
	return t
}

func (c *composer) sentence(key string, args map[string]words.Arg) document.Sentence {
	parts, err := c.w.Say(key, args)
	c.fault = errors.Join(c.fault, err)
	var out document.Sentence
	for _, p := range parts {
		r := document.Run{Text: p.Text}
		if p.Arg != nil {
			switch ref := p.Arg.Ref.(type) {
			case *document.Figure:
				r.Figure, r.Text = ref, r.Text+ref.Mark
			case explained:
				r.Explain, r.Text = ref.command, r.Text+ref.mark
			}
		}
		if n := len(out); n > 0 && out[n-1].Figure == nil && r.Figure == nil && out[n-1].Explain+r.Explain == "" {
			out[n-1].Text += r.Text
			continue
		}
		out = append(out, r)
	}
	return out
}

// join puts one sentence behind another.
func join(a, b document.Sentence) document.Sentence {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	return append(append(a, document.Run{Text: " "}), b...)
}

func (c *composer) unit(ind *schemas.Indicator) words.Unit {
	u, ok := c.units[ind.Unit]
	if !ok {
		var err error
		if u, err = c.w.Unit(ind.Unit); err != nil {
			c.fault = errors.Join(c.fault, err)
		}
		c.units[ind.Unit] = u
	}
	return u
}

// said is the unit as it goes with the indicator's name in a sentence.
func (c *composer) said(ind *schemas.Indicator) words.Unit {
	return c.unit(ind).Beside(c.name(ind.Names))
}

// figure says which cell a number is and notes its marks and sources.
func (c *composer) figure(ind *schemas.Indicator, x Cell) *document.Figure {
	f := &document.Figure{
		Indicator: x.Indicator, Area: x.Area, Period: x.Period, Value: x.Value, Status: x.Status.String(),
		Synthetic: x.Origin == auyl.OriginSynthetic, FormulaVersion: x.FormulaVersion, Boundaries: x.BoundaryVersion,
		Explain: fmt.Sprintf("auyl indicator explain %s %s %s --as-of %s", x.Indicator, x.Area, x.Period, c.AsOf.UTC().Format(time.RFC3339Nano)),
	}
	if x.Coverage != nil {
		f.Coverage = *x.Coverage
	}
	c.shown++
	if f.Synthetic {
		c.synthetic++
	}
	f.Mark = c.mark(ind, x)
	for _, s := range ind.Sources {
		c.sources[s] = true
	}
	return f
}

// number is a figure for a sentence: its value in words, or why there is none.
func (c *composer) number(ind *schemas.Indicator, x Cell) words.Arg {
	if x.Value == nil {
		a := words.Plain(c.why(x))
		a.Ref = c.figure(ind, x)
		return a
	}
	a := c.said(ind).Value(*x.Value)
	a.Ref = c.figure(ind, x)
	return a
}

// cell is a figure for a table.
func (c *composer) cell(ind *schemas.Indicator, x Cell) document.Cell {
	u := c.unit(ind)
	if x.Value == nil {
		return document.Cell{Text: c.why(x), Figure: c.figure(ind, x)}
	}
	f := c.figure(ind, x)
	v := *x.Value
	return document.Cell{Text: c.w.Number(v, u.Decimals) + f.Mark, Value: &v, Decimals: u.Decimals, Figure: f}
}

// why says why a cell is empty: never nothing, and never zero.
func (c *composer) why(x Cell) string {
	switch {
	case x.Status == auyl.StatusConfidential:
		return c.text("why.confidential", nil)
	case x.Reason == "":
		return c.text("why.no_data", nil)
	}
	return c.text("why."+x.Reason, nil)
}

func (c *composer) areaName(code auyl.AreaCode) words.Arg {
	if a, ok := c.House.Areas.At(code, c.Period.LastDay()); ok {
		return c.w.Area(a)
	}
	return words.Plain(code.String())
}

func plain(s string) words.Arg { return words.Plain(s) }

// fullName is the name of an okrug with its district, since names repeat.
func (c *composer) fullName(code auyl.AreaCode) string {
	name := c.areaName(code).Text
	if d := c.areaName(code.District()).Text; code.District() != code && code.District() != c.area.Code && d != name {
		name += " (" + d + ")"
	}
	return strings.TrimSpace(name)
}

// MarkLate has a document say, before all else, that it comes after its time.
func MarkLate(d *document.Document) error {
	w, err := words.New(d.Lang)
	if err != nil {
		return err
	}
	text, err := w.Text("notice.sent_late", nil)
	if err != nil {
		return err
	}
	d.Notices = slices.Insert(d.Notices, 0, document.Notice{Kind: document.Late, Text: text})
	return nil
}
