package html

import (
	"fmt"
	"html/template"
	"math"
	"regexp"
	"time"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
)

var anchor = regexp.MustCompile(`^[a-z][a-z0-9-]{0,60}$`)

// view is a document as the template walks through it: numbers know where they
// lead to, anchors are unique, charts are drawn.
type view struct {
	*document.Document
	Style        template.CSS
	AsOf         string
	Contents     []link
	Notices      []notice
	Front, Annex []section
	References   []reference
}

type link struct{ ID, Title string }

type notice struct{ Class, Sign, Text string }

type section struct {
	ID, Title, Empty string
	Sentences        [][]run
	Charts           []picture
	Tables           []table
}

// run is a piece of text; Ref is the number of the reference that it leads to, or 0.
type run struct {
	Text, Mark string
	Ref        int
	Number     bool
}

type table struct {
	Title, Note string
	Same        bool // the title is that of the section above it
	Heads       []document.Head
	Rows        [][]run
}

type picture struct {
	Title, Unit, Alt, Credit, Label string
	SVG                             template.HTML
	Source                          template.URL
	Width, Height                   int
	Words                           bool // the alternative is shown, no table
	Table                           table
}

type reference struct {
	Number                  int
	Text, Coverage, Explain string
}

type drawFunc func(c *picture, p chart.Picture, n int) error

// viewer makes a view.
type viewer struct {
	d      *document.Document
	refs   map[string]int // command → number of its reference
	ids    map[string]bool
	charts int
	draw   drawFunc
}

func viewOf(d *document.Document, draw drawFunc) (*view, error) {
	v := &view{Document: d, Style: template.CSS(pageStyle), AsOf: d.AsOf.UTC().Format(time.RFC3339)} //nolint:gosec // our own style
	m := &viewer{d: d, refs: map[string]int{}, draw: draw, ids: map[string]bool{
		"text": true, "annex": true, "marks": true, "sources": true, "explain": true,
	}}
	for i, r := range d.References() {
		m.refs[r.Figure.Explain] = i + 1
		ref := reference{Number: i + 1, Text: r.Text + r.Figure.Beside(r.Text), Explain: r.Figure.Explain}
		if d.Labels.Coverage != "" && !math.IsNaN(r.Figure.Coverage) {
			ref.Coverage = fmt.Sprintf("%.0f %%", math.Floor(100*r.Figure.Coverage))
		}
		v.References = append(v.References, ref)
	}
	for _, n := range d.Notices {
		v.Notices = append(v.Notices, noticeOf(n))
	}
	front, annex := d.Contents()
	for _, s := range front {
		got, err := m.section(s)
		if err != nil {
			return nil, err
		}
		v.Front = append(v.Front, got)
		v.Contents = append(v.Contents, link{got.ID, got.Title})
	}
	for _, s := range annex {
		got, err := m.section(s)
		if err != nil {
			return nil, err
		}
		v.Annex = append(v.Annex, got)
		v.Contents = append(v.Contents, link{got.ID, got.Title})
	}
	return v, nil
}

// noticeOf gives a notice its sign, so that it is not told by color alone.
func noticeOf(n document.Notice) notice {
	switch n.Kind {
	case document.Missing, document.Late:
		return notice{string(n.Kind), "▲", n.Text}
	case document.Synthetic:
		return notice{string(n.Kind), "◆", n.Text}
	case document.Revised:
		return notice{string(n.Kind), "↻", n.Text}
	case document.Note:
	}
	return notice{"plain", "■", n.Text}
}

func (m *viewer) section(s document.Section) (section, error) {
	out := section{ID: m.id(s.ID), Title: s.Title, Empty: s.Empty}
	for _, sentence := range s.Sentences {
		var runs []run
		for _, r := range sentence {
			runs = append(runs, m.run(r.Text, r.Told()))
		}
		out.Sentences = append(out.Sentences, runs)
	}
	for i := range s.Charts {
		c := &s.Charts[i]
		p := chart.Picture{Chart: c, Lang: m.d.Lang, Labels: &m.d.Labels}
		pic := picture{Title: c.Title, Unit: c.Unit, Alt: c.Alt, Credit: chart.CreditOf(c), Label: m.d.Labels.Table, Table: m.table(chart.Table(p))}
		m.charts++
		if err := m.draw(&pic, p, m.charts); err != nil {
			return section{}, err
		}
		out.Charts = append(out.Charts, pic)
	}
	for _, t := range s.Tables {
		table := m.table(t)
		table.Same = t.Title == s.Title
		out.Tables = append(out.Tables, table)
	}
	return out, nil
}

func (m *viewer) table(t document.Table) table {
	out := table{Title: t.Title, Note: t.Note, Heads: t.Heads}
	for _, row := range t.Rows {
		var cells []run
		for i, c := range row {
			r := m.run(c.Text, c.Told())
			r.Number = i < len(t.Heads) && t.Heads[i].Number
			cells = append(cells, r)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

func (m *viewer) run(text string, f *document.Figure) run {
	r := run{Text: text}
	if f != nil {
		r.Ref, r.Mark = m.refs[f.Explain], f.Beside(text)
	}
	return r
}

// id keeps an anchor that is one and gives another to what is none or is taken.
func (m *viewer) id(want string) string {
	id := want
	for n := 1; !anchor.MatchString(id) || m.ids[id] || reserved(id); n++ {
		id = fmt.Sprintf("section-%d", n)
	}
	m.ids[id] = true
	return id
}

// reserved says that an anchor looks like one of the references.
func reserved(id string) bool {
	return len(id) > 1 && id[0] == 'e' && id[1] >= '0' && id[1] <= '9'
}
