// Package markdown gives a document the form of GitHub-flavored Markdown: it
// reads as plain text and renders in a chat, a wiki or a repository. Charts are
// their words and a table; numbers in sentences lead to footnotes. Words of the
// document stay words: what Markdown would take for a sign is escaped.
package markdown

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
)

// Write writes the document as Markdown.
func Write(w io.Writer, d *document.Document) error {
	p := &page{out: bufio.NewWriter(w), d: d, refs: map[string]int{}}
	for i, r := range d.References() {
		p.refs[r.Figure.Explain] = i + 1
	}
	p.head()
	front, annex := d.Contents()
	for _, s := range front {
		p.section(s, "##")
	}
	if len(annex) > 0 {
		p.line("## " + escape(d.Labels.Annex))
		for _, s := range annex {
			p.section(s, "###")
		}
	}
	p.foot()
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("write Markdown of %s %s %s: %w", d.Summary, d.Area, d.Period, err)
	}
	return nil
}

// page is one document being written. Errors of the writer stay in the buffer
// until Flush returns the first.
type page struct {
	out   *bufio.Writer
	d     *document.Document
	refs  map[string]int // command → number of its reference
	noted []bool         // references that a sentence has a footnote for
}

// line writes a block and the empty line behind it.
func (p *page) line(s string) { _, _ = p.out.WriteString(s + "\n\n") }

func (p *page) head() {
	p.noted = make([]bool, len(p.refs)+1)
	p.line("# " + escape(p.d.Title))
	p.line(stressed("**", p.d.AreaName) + ", " + escape(p.d.PeriodText) + "  \n" + lead(escape(p.d.Labels.AsOf)) + ": " + escape(p.d.AsOfText))
	for _, n := range p.d.Notices {
		sign := "■"
		switch n.Kind {
		case document.Missing, document.Late:
			sign = "▲"
		case document.Synthetic:
			sign = "◆"
		case document.Revised:
			sign = "↻"
		case document.Note:
		}
		p.line("> " + sign + " " + escape(n.Text))
	}
}

func (p *page) section(s document.Section, level string) {
	p.line(level + " " + escape(s.Title))
	for _, sentence := range s.Sentences {
		var b strings.Builder
		for _, r := range sentence {
			p.run(&b, r)
		}
		if text := b.String(); text != "" {
			p.line(lead(text))
		}
	}
	for i := range s.Charts {
		c := &s.Charts[i]
		title := c.Title
		if c.Unit != "" {
			title += ", " + c.Unit
		}
		p.line(stressed("**", title))
		if c.Alt != "" {
			p.line(lead(escape(c.Alt)))
		}
		p.table(chart.Table(chart.Picture{Chart: c, Lang: p.d.Lang, Labels: &p.d.Labels}))
	}
	for _, t := range s.Tables {
		if t.Title != s.Title {
			p.line(stressed("**", t.Title))
		}
		p.table(t)
		if t.Note != "" {
			p.line(lead(escape(t.Note)))
		}
	}
	if s.Empty != "" {
		p.line(stressed("*", s.Empty))
	}
}

func (p *page) run(b *strings.Builder, r document.Run) {
	if r.Told() == nil {
		b.WriteString(escape(r.Text))
		return
	}
	text := escape(r.Text + r.Told().Beside(r.Text))
	n, ok := p.refs[r.Told().Explain]
	if !ok || strings.TrimSpace(text) == "" {
		b.WriteString(text)
		return
	}
	// Signs of emphasis touch what they stress; blanks stay outside.
	inner := strings.Trim(text, " ")
	before, after, _ := strings.Cut(text, inner)
	p.noted[n] = true
	fmt.Fprintf(b, "%s**%s**[^%d]%s", before, inner, n, after)
}

// table writes a table as GitHub reads it: a row is one line.
func (p *page) table(t document.Table) {
	if len(t.Heads) == 0 {
		return
	}
	for _, h := range t.Heads {
		text := h.Text
		if h.Unit != "" {
			text = strings.TrimLeft(text+", "+h.Unit, ", ")
		}
		_, _ = p.out.WriteString("| " + escape(text) + " ")
	}
	_, _ = p.out.WriteString("|\n")
	for _, h := range t.Heads {
		rule := "| --- "
		if h.Number {
			rule = "| ---: "
		}
		_, _ = p.out.WriteString(rule)
	}
	_, _ = p.out.WriteString("|\n")
	for _, row := range t.Rows {
		for i := range t.Heads {
			text := ""
			if i < len(row) {
				text = row[i].Text
				text += row[i].Told().Beside(text)
			}
			_, _ = p.out.WriteString("| " + escape(text) + " ")
		}
		_, _ = p.out.WriteString("|\n")
	}
	_, _ = p.out.WriteString("\n")
}

func (p *page) foot() {
	if len(p.d.Marks) > 0 {
		p.line("## " + escape(p.d.Labels.Marks))
		for _, m := range p.d.Marks {
			_, _ = p.out.WriteString("* " + lead(escape(m.Sign)) + " — " + escape(m.Text) + "\n")
		}
		p.line("")
	}
	if len(p.d.Sources) > 0 {
		p.line("## " + escape(p.d.Labels.Sources))
		for _, s := range p.d.Sources {
			text := s.Name
			if s.Newest != "" {
				text += ", " + s.Newest
			}
			if s.Synthetic && p.d.Labels.Synthetic != "" {
				text += " (" + p.d.Labels.Synthetic + ")"
			}
			_, _ = p.out.WriteString("* " + lead(escape(text)) + "\n")
		}
		p.line("")
	}
	p.references()
}

// references lists the numbers of tables; those of sentences are footnotes,
// which a renderer puts at the end by itself.
func (p *page) references() {
	refs := p.d.References()
	if len(refs) == 0 {
		return
	}
	p.line("## " + escape(document.Capital(p.d.Labels.Explain)))
	for i, r := range refs {
		text := code(r.Figure.Explain)
		if p.d.Labels.Coverage != "" && !math.IsNaN(r.Figure.Coverage) {
			text += fmt.Sprintf(" · %s %.0f %%", escape(p.d.Labels.Coverage), math.Floor(100*r.Figure.Coverage))
		}
		if p.noted[i+1] {
			_, _ = fmt.Fprintf(p.out, "[^%d]: %s\n", i+1, text)
		} else {
			_, _ = p.out.WriteString("* " + lead(escape(r.Text+r.Figure.Beside(r.Text))) + " — " + text + "\n")
		}
	}
}
