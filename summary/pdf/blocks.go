package pdf

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
)

// head is the top of page one: where, when, what, as of when, what is missing.
func (p *paper) head() {
	p.font("B", body)
	p.gray()
	p.text(p.d.AreaName+" · "+p.d.PeriodText, 13)
	p.font("B", 17)
	p.black()
	p.f.Bookmark(p.clean(p.d.Title), 0, -1)
	p.text(p.d.Title, 21)
	p.font("", 8.5)
	p.gray()
	p.text(p.d.Labels.AsOf+": "+p.d.AsOfText, 13)
	p.f.Ln(4)
	for _, n := range p.d.Notices {
		p.notice(n)
	}
	p.black()
}

func (p *paper) text(s string, h float64) { p.f.MultiCell(width, h, p.clean(s), "", "L", false) }

// notice draws a bar, a sign and a sentence on a ground: not by color alone.
func (p *paper) notice(n document.Notice) {
	sign, r, g, b := "■", 0x55, 0x5b, 0x61
	switch n.Kind {
	case document.Missing, document.Late:
		sign, r, g, b = "▲", 0xb3, 0x54, 0x00
	case document.Synthetic:
		sign, r, g, b = "◆", 0x6b, 0x3f, 0xa0
	case document.Revised:
		sign, r, g, b = "↻", 0x00, 0x5a, 0x9c
	case document.Note:
	}
	p.font("", body)
	const h, pad = 13, 4
	lines := p.wrap(sign+" "+n.Text, width-20)
	for len(lines) > 0 { // a notice longer than a page continues on the next
		p.room(h + 2*pad)
		fit := max(1, min(len(lines), int((pageHeight-bottom-p.f.GetY()-2*pad)/h)))
		x, y := margin, p.f.GetY()
		tall := float64(fit)*h + 2*pad
		p.f.SetFillColor(0xf5, 0xf6, 0xf7)
		p.f.Rect(x, y, width, tall, "F")
		p.f.SetFillColor(r, g, b)
		p.f.Rect(x, y, 3.5, tall, "F")
		p.black()
		for i, l := range lines[:fit] {
			p.f.Text(x+11, y+pad+float64(i)*h+9.6, l)
		}
		p.f.SetY(y + tall + 4)
		lines = lines[fit:]
	}
}

func (p *paper) heading(s string, level int, major bool) {
	size := 12.5 - 1.5*float64(level)
	p.room(60)
	p.f.Ln(8)
	p.font("B", size)
	p.black()
	p.f.Bookmark(p.clean(s), level+1, -1)
	p.text(s, size*1.3)
	if level == 0 || major {
		p.f.SetDrawColor(0x00, 0x5a, 0x9c)
		p.f.SetLineWidth(1.2)
		p.f.SetDashPattern(nil, 0)
		p.f.Line(margin, p.f.GetY()+1, margin+width, p.f.GetY()+1)
		p.f.Ln(4)
	}
	p.f.Ln(2)
}

func (p *paper) section(s document.Section, level int) {
	p.room(p.start(s))
	p.heading(s.Title, level, false)
	for _, sentence := range s.Sentences {
		p.sentence(sentence)
	}
	for i := range s.Charts {
		p.chart(&s.Charts[i])
	}
	for _, t := range s.Tables {
		p.table(t, t.Title != s.Title)
	}
	if s.Empty != "" {
		p.font("", body)
		p.gray()
		p.text(s.Empty, body*leading)
	}
}

// start is how much of a section has to stand on the page of its heading.
func (p *paper) start(s document.Section) float64 {
	const heading = 60
	if len(s.Sentences) == 0 && len(s.Charts) > 0 {
		part := p.w.drawer.Parts(p.picture(&s.Charts[0]), chart.Print(), tallest)[0]
		return heading + float64(p.w.drawer.Height(part, chart.Print()))
	}
	if len(s.Sentences) == 0 && len(s.Tables) > 0 {
		return heading + 70
	}
	return heading
}

// tallest is the height that a picture may have beside its title and heading.
const tallest = pageHeight - margin - bottom - 90

func (p *paper) picture(c *document.Chart) chart.Picture {
	return chart.Picture{Chart: c, Lang: p.d.Lang, Labels: &p.d.Labels}
}

func (p *paper) chart(c *document.Chart) {
	pic := p.picture(c)
	size := chart.Print()
	title := c.Title
	if c.Unit != "" {
		title += ", " + c.Unit
	}
	for _, part := range p.w.drawer.Parts(pic, size, tallest) {
		h := float64(p.w.drawer.Height(part, size))
		p.f.Ln(4)
		p.room(h + 24)
		p.font("B", body)
		p.black()
		p.f.MultiCell(width, 14, p.clean(title), "", "L", false)
		y := p.f.GetY() + 2
		cv := &canvas{f: p.f, x: margin, y: y + h, clean: p.clean}
		cv.SetLineWidth(vg.Length(1))
		p.w.drawer.Draw(cv, part, size)
		p.f.SetDashPattern(nil, 0)
		p.f.SetXY(margin, y+h+2)
	}
	p.font("", 7.5)
	p.gray()
	p.text(c.Alt, 10)
	if credit := chart.CreditOf(c); credit != "" {
		p.text(credit, 10)
	}
	p.f.Ln(4)
}

// foot lists marks, sources, and the command behind each number.
func (p *paper) foot() {
	if len(p.d.Marks) > 0 {
		p.heading(p.d.Labels.Marks, 1, false)
		for _, m := range p.d.Marks {
			p.font("", 8)
			p.text(m.Sign+"   "+m.Text, 11)
		}
	}
	if len(p.d.Sources) > 0 {
		p.heading(p.d.Labels.Sources, 1, false)
		for _, s := range p.d.Sources {
			line := s.Name
			if s.Newest != "" {
				line += ", " + s.Newest
			}
			if s.Synthetic && p.d.Labels.Synthetic != "" {
				line += " (" + p.d.Labels.Synthetic + ")"
			}
			p.font("", 8)
			p.text(line, 11)
		}
	}
	refs := p.d.References()
	if len(refs) == 0 {
		return
	}
	p.heading(document.Capital(p.d.Labels.Explain), 1, false)
	for i, r := range refs {
		p.room(10)
		p.f.SetLink(p.link[i], p.f.GetY(), p.f.PageNo())
		p.font("B", 6.5)
		p.black()
		p.f.Write(8.5, p.clean(fmt.Sprintf("%d. %s%s", i+1, r.Text, r.Figure.Beside(r.Text))))
		p.font("", 6.5)
		p.gray()
		line := "   " + r.Figure.Explain
		if p.d.Labels.Coverage != "" && !math.IsNaN(r.Figure.Coverage) {
			line += fmt.Sprintf("   %s %.0f %%", p.d.Labels.Coverage, math.Floor(100*r.Figure.Coverage))
		}
		p.f.Write(8.5, p.clean(line))
		p.f.Ln(8.5)
	}
}

// pagesAlias is replaced by the number of pages when all are known.
const pagesAlias = "{nb}"

func (p *paper) pageFooter() {
	p.f.SetY(-34)
	p.font("", 7.5)
	p.gray()
	at := p.clean(p.d.AreaName + " · " + p.d.PeriodText + " · " + p.d.AsOfText)
	p.f.CellFormat(width-110, 10, p.shorten(at, width-110), "", 0, "L", false, 0, "")
	p.f.CellFormat(110, 10, p.pageText(p.f.PageNo()), "", 0, "R", false, 0, "")
}

// pageText fills the two numbers into the label, which is data and not a format.
func (p *paper) pageText(n int) string {
	s := p.clean(p.d.Labels.Page)
	if strings.Count(s, "%d") != 2 {
		s = "%d / %d"
	}
	s = strings.Replace(s, "%d", fmt.Sprint(n), 1)
	return strings.Replace(s, "%d", pagesAlias, 1)
}
