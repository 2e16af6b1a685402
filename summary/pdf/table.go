package pdf

import (
	"strings"

	"github.com/auyl-kz/auyl/summary/document"
)

const (
	cellSize = 8.0
	cellLine = 10.0
	cellPad  = 3.5
	// narrowest and widest bound a column that nothing else decides.
	narrowest, widest = 36.0, 180.0
)

// table draws the table with its head on each page. One with more columns than
// a page is wide is drawn in pieces, each with the names at its left.
func (p *paper) table(t document.Table, titled bool) {
	if len(t.Heads) == 0 {
		return
	}
	all := p.columnsOf(t)
	for from := 1; from == 1 || from < len(t.Heads); {
		columns, sum := []int{0}, all[0].need
		for ; from < len(t.Heads); from++ {
			if len(columns) > 1 && sum+all[from].need > width {
				break
			}
			columns = append(columns, from)
			sum += all[from].need
		}
		p.tablePiece(t, columns, all, titled)
		if len(columns) == 1 {
			break
		}
		p.f.Ln(4)
	}
	if t.Note != "" {
		p.f.Ln(3)
		p.font("", 7.5)
		p.gray()
		p.text(t.Note, 10)
	}
	p.f.Ln(6)
}

func (p *paper) tablePiece(t document.Table, columns []int, all []column, titled bool) {
	widths := spread(all, columns)
	p.f.Ln(4)
	p.room(70)
	if titled {
		p.font("B", body)
		p.black()
		p.text(t.Title, 14)
	}
	p.tableHead(t, columns, widths)
	for n, row := range t.Rows {
		lines := make([][]string, len(columns))
		tall := 1
		p.font("", cellSize)
		for i, c := range columns {
			if c >= len(row) {
				continue
			}
			lines[i] = p.wrapCell(cellText(row[c]), widths[i]-2*cellPad, 40)
			tall = max(tall, len(lines[i]))
		}
		h := float64(tall)*cellLine + 2*cellPad
		if p.f.GetY()+h > pageHeight-bottom {
			p.f.AddPage()
			p.tableHead(t, columns, widths)
		}
		if n%2 == 1 {
			p.f.SetFillColor(0xf7, 0xf8, 0xf9)
			p.f.Rect(margin, p.f.GetY(), total(widths), h, "F")
		}
		p.tableRow(t, row, columns, widths, lines)
		p.rule(0xdd, 0.4, total(widths), h)
	}
}

func cellText(c document.Cell) string {
	return c.Text + c.Told().Beside(c.Text)
}

func (p *paper) tableHead(t document.Table, columns []int, widths []float64) {
	p.font("B", cellSize)
	lines := make([][]string, len(columns))
	units := make([][]string, len(columns))
	tall := 1
	for i, c := range columns {
		lines[i] = p.wrapCell(t.Heads[c].Text, widths[i]-2*cellPad, 10)
		units[i] = p.wrapCell(t.Heads[c].Unit, widths[i]-2*cellPad, 3)
		tall = max(tall, len(lines[i])+len(units[i]))
	}
	h := float64(tall)*cellLine + 2*cellPad
	x, y := margin, p.f.GetY()
	p.f.SetFillColor(0xec, 0xef, 0xf1)
	p.f.Rect(x, y, total(widths), h, "F")
	for i, c := range columns {
		p.font("B", cellSize)
		p.black()
		for n, l := range lines[i] {
			p.put(l, x, y+float64(n)*cellLine, widths[i], t.Heads[c].Number)
		}
		p.font("", cellSize-0.5)
		p.gray()
		for n, l := range units[i] {
			p.put(l, x, y+float64(len(lines[i])+n)*cellLine, widths[i], t.Heads[c].Number)
		}
		x += widths[i]
	}
	p.rule(0x99, 0.8, total(widths), h)
}

func (p *paper) tableRow(t document.Table, row []document.Cell, columns []int, widths []float64, lines [][]string) {
	x, y := margin, p.f.GetY()
	p.font("", cellSize)
	for i, c := range columns {
		p.black()
		if c < len(row) && row[c].Told() != nil {
			if ref, ok := p.refs[row[c].Told().Explain]; ok {
				p.f.Link(x, y, widths[i], cellLine+2*cellPad, p.link[ref])
			}
		}
		for n, l := range lines[i] {
			p.put(l, x, y+float64(n)*cellLine, widths[i], t.Heads[c].Number)
		}
		x += widths[i]
	}
}

// put writes a line into a column, numbers to its right.
func (p *paper) put(s string, x, y, w float64, right bool) {
	if s == "" {
		return
	}
	at := x + cellPad
	if right {
		at = x + w - cellPad - p.f.GetStringWidth(s)
	}
	p.f.Text(at, y+cellPad+7.4, s)
}

func (p *paper) rule(gray int, thick, w, h float64) {
	y := p.f.GetY() + h
	p.f.SetDrawColor(gray, gray, gray)
	p.f.SetLineWidth(thick)
	p.f.Line(margin, y, margin+w, y)
	p.f.SetXY(margin, y)
}

// column is how wide a column must be so that no word in it is broken and no
// number wrapped, and how wide it would be if nothing wrapped; both within bounds.
type column struct{ need, wish float64 }

func (p *paper) columnsOf(t document.Table) []column {
	out := make([]column, len(t.Heads))
	for c, h := range t.Heads {
		o := &out[c]
		p.font("B", cellSize)
		for _, word := range append(strings.Fields(p.clean(h.Text)), strings.Fields(p.clean(h.Unit))...) {
			o.need = max(o.need, p.f.GetStringWidth(word))
		}
		p.font("", cellSize)
		for _, row := range t.Rows {
			if c >= len(row) {
				continue
			}
			text := p.clean(cellText(row[c]))
			full := p.f.GetStringWidth(text)
			o.wish = max(o.wish, full)
			if h.Number {
				o.need = max(o.need, full)
				continue
			}
			for word := range strings.FieldsSeq(text) {
				o.need = max(o.need, p.f.GetStringWidth(word))
			}
			o.need = max(o.need, min(110, full)) // words may wrap, but a name wants one line or two
		}
		o.need = max(narrowest, min(widest, o.need+2*cellPad+1))
		o.wish = max(o.need, min(260, o.wish+2*cellPad+1))
	}
	return out
}

// spread gives the columns the width of the page: first what they wish for, and
// what is left to the names up to a third, then to all alike.
func spread(all []column, columns []int) []float64 {
	out := make([]float64, len(columns))
	missing := 0.0
	for i, c := range columns {
		out[i] = all[c].need
		missing += all[c].wish - all[c].need
	}
	left := max(0, width-total(out))
	if give := min(left, missing); give > 0 {
		for i, c := range columns {
			out[i] += (all[c].wish - all[c].need) / missing * give
		}
		left -= give
	}
	first := max(0, min(left, width/3-out[0]))
	out[0] += first
	for i := range out {
		out[i] += (left - first) / float64(len(out))
	}
	return out
}

func total(w []float64) float64 {
	sum := 0.0
	for _, v := range w {
		sum += v
	}
	return sum
}
