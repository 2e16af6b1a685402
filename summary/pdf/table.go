package pdf

import (
	"strings"

	"github.com/auyl-kz/auyl/summary/document"
)

const (
	cellSize = 8.0
	cellLine = 10.0
	cellPad  = 3.5
	// narrowest is the least width of a column that holds a number.
	narrowest = 42.0
	// piece is how many columns a page takes: nine numbers and their names.
	piece = 10
)

// table draws the table with its head on each page. One with more columns than
// a page is wide is drawn in pieces, each with the names at its left.
func (p *paper) table(t document.Table) {
	if len(t.Heads) == 0 {
		return
	}
	for from := 1; from == 1 || from < len(t.Heads); from += piece - 1 {
		to := min(len(t.Heads), from+piece-1)
		columns := []int{0}
		for i := from; i < to; i++ {
			columns = append(columns, i)
		}
		p.tablePiece(t, columns)
	}
	if t.Note != "" {
		p.f.Ln(3)
		p.font("", 7.5)
		p.gray()
		p.text(t.Note, 10)
	}
	p.f.Ln(6)
}

func (p *paper) tablePiece(t document.Table, columns []int) {
	widths := p.columnWidths(t, columns)
	p.f.Ln(4)
	p.room(70)
	p.font("B", body)
	p.black()
	p.text(t.Title, 14)
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
	if c.Figure != nil {
		return c.Text + c.Figure.Mark
	}
	return c.Text
}

func (p *paper) tableHead(t document.Table, columns []int, widths []float64) {
	p.font("B", cellSize)
	lines := make([][]string, len(columns))
	units := make([]string, len(columns))
	tall := 1
	for i, c := range columns {
		lines[i] = p.wrapCell(t.Heads[c].Text, widths[i]-2*cellPad, 5)
		units[i] = p.shorten(p.clean(t.Heads[c].Unit), widths[i]-2*cellPad)
		n := len(lines[i])
		if units[i] != "" {
			n++
		}
		tall = max(tall, n)
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
		p.put(units[i], x, y+float64(len(lines[i]))*cellLine, widths[i], t.Heads[c].Number)
		x += widths[i]
	}
	p.rule(0x99, 0.8, total(widths), h)
}

func (p *paper) tableRow(t document.Table, row []document.Cell, columns []int, widths []float64, lines [][]string) {
	x, y := margin, p.f.GetY()
	p.font("", cellSize)
	for i, c := range columns {
		p.black()
		if c < len(row) && row[c].Figure != nil {
			if ref, ok := p.refs[row[c].Figure.Explain]; ok {
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

// columnWidths gives the first column what the others leave, and each other
// what its words need, as far as the page goes.
func (p *paper) columnWidths(t document.Table, columns []int) []float64 {
	need := make([]float64, len(columns))
	for i, c := range columns {
		p.font("B", cellSize)
		for _, word := range append(strings.Fields(p.clean(t.Heads[c].Text)), p.clean(t.Heads[c].Unit)) {
			need[i] = max(need[i], p.f.GetStringWidth(word))
		}
		p.font("", cellSize)
		for _, row := range t.Rows {
			if c < len(row) {
				need[i] = max(need[i], min(180, p.f.GetStringWidth(p.clean(cellText(row[c])))))
			}
		}
		need[i] = max(narrowest, need[i]+2*cellPad+2)
	}
	sum := total(need)
	if sum > width {
		// What is above the least is cut in equal parts.
		spare := sum - narrowest*float64(len(need))
		over := sum - width
		for i := range need {
			need[i] -= (need[i] - narrowest) / spare * over
		}
		return need
	}
	// What is left goes to the names, up to a third, then to all alike.
	left := width - sum
	first := max(0, min(left, width/3-need[0]))
	need[0] += first
	for i := range need {
		need[i] += (left - first) / float64(len(need))
	}
	return need
}

func total(w []float64) float64 {
	sum := 0.0
	for _, v := range w {
		sum += v
	}
	return sum
}

// wrapCell breaks a text into at most so many rows, the last one shortened.
func (p *paper) wrapCell(s string, room float64, most int) []string {
	lines := p.wrap(s, room)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = p.shorten(lines[most-1]+"…", room)
	}
	return lines
}

// wrap breaks a text at blanks, and a word that is wider than the room anywhere.
func (p *paper) wrap(s string, room float64) []string {
	var out []string
	line, used := "", 0.0
	blank := p.f.GetStringWidth(" ")
	for _, word := range strings.Split(p.clean(s), " ") {
		if word == "" {
			continue
		}
		w := p.f.GetStringWidth(word)
		if line != "" && used+blank+w > room {
			out = append(out, line)
			line, used = "", 0
		}
		for w > room && len([]rune(word)) > 1 {
			runes := []rune(word)
			n, sum := 0, 0.0
			for n < len(runes) {
				next := p.f.GetStringWidth(string(runes[n]))
				if n > 0 && sum+next > room {
					break
				}
				sum += next
				n++
			}
			out = append(out, string(runes[:n]))
			word = string(runes[n:])
			w = p.f.GetStringWidth(word)
		}
		if line == "" {
			line, used = word, w
		} else {
			line, used = line+" "+word, used+blank+w
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

func (p *paper) shorten(s string, room float64) string {
	runes := []rune(s)
	for len(runes) > 1 && p.f.GetStringWidth(string(runes)) > room {
		if len(runes) > 400 {
			runes = runes[:400]
			continue
		}
		runes = append(runes[:len(runes)-2], '…')
	}
	return string(runes)
}
