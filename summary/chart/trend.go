package chart

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/auyl-kz/auyl/summary/document"
)

// trend draws lines over periods: a legend and an axis of round values. The unit
// stands in the caption.
func (d *drawing) trend() vg.Length {
	c := d.Chart
	f := d.Font
	canvas := d.canvas
	d.canvas = nil // the height is not known yet: only measure
	top := d.legend(c.Lines, 0)
	d.canvas = canvas
	plot := max(9*f, d.Width*0.22)
	d.height = top + plot + 2*f
	if d.canvas == nil {
		return d.height
	}
	d.legend(c.Lines, 0)
	y := scaleOf(valuesOf(c.Lines), 4, false)
	y.from, y.to = top+plot-0.3*f, top+0.6*f
	var room vg.Length
	for _, v := range y.ticks() {
		room = max(room, d.width(word{s: d.numbers.text(v, y.decimals()), small: true}))
	}
	x0 := room + 0.6*f
	for _, v := range y.ticks() {
		d.line(grid(), 0.7, nil, pt{x0, y.at(v)}, pt{d.Width, y.at(v)})
		d.write(pt{x0 - 0.4*f, y.at(v) + 0.33*f}, word{s: d.numbers.text(v, y.decimals()), align: right, small: true, color: muted()})
	}
	end := d.width(d.lastWord(c.Lines)) // stands to the right of the last point
	x := d.across(len(c.Labels), x0+0.5*f, d.Width-end-0.9*f)
	d.periods(c.Labels, x, top+plot+1.2*f)
	if len(valuesOf(c.Lines)) == 0 {
		d.write(pt{(x0 + d.Width) / 2, top + plot/2}, word{s: d.Labels.NoData, align: center, color: muted()})
		return d.height
	}
	d.series(c.Lines, x, y, true)
	return d.height
}

// across gives each of n labels its place.
func (d *drawing) across(n int, from, to vg.Length) func(int) vg.Length {
	return func(i int) vg.Length {
		if n < 2 {
			return (from + to) / 2
		}
		return from + vg.Length(float64(i)/float64(n-1))*(to-from)
	}
}

// legend writes the names of the lines and returns the height that they take.
// One line alone is named by the title.
func (d *drawing) legend(lines []document.Line, top vg.Length) vg.Length {
	if len(lines) < 2 {
		return top
	}
	x, y := vg.Length(0), top+d.Font
	n := 0
	for _, l := range lines {
		k, dash, width := lineStyle(l, &n)
		w := d.fit(word{s: l.Name, small: true}, d.Width-2.6*d.Font)
		if need := 2.4*d.Font + d.width(w); x > 0 && x+need > d.Width {
			x, y = 0, y+1.4*d.Font
		}
		d.line(k, width, dash, pt{x, y - 0.35*d.Font}, pt{x + 2*d.Font, y - 0.35*d.Font})
		d.write(pt{x + 2.4*d.Font, y}, w)
		x += 2.4*d.Font + d.width(w) + 1.2*d.Font
	}
	return y + 0.6*d.Font
}

func lineStyle(l document.Line, n *int) (k color.Color, dash []vg.Length, width vg.Length) {
	if l.Main {
		return accent(), nil, 2
	}
	k, dash = other(*n)
	*n++
	return k, dash, 1.4
}

// series draws the lines with their gaps and breaks, the main one last.
func (d *drawing) series(lines []document.Line, x func(int) vg.Length, y scale, ends bool) {
	n := 0
	for _, l := range lines {
		k, dash, width := lineStyle(l, &n)
		if l.Main {
			continue
		}
		d.run(l, x, y, func(pts ...pt) { d.line(k, width, dash, pts...) })
	}
	for _, l := range lines {
		if !l.Main {
			continue
		}
		last := -1
		d.run(l, x, y, func(pts ...pt) { d.line(accent(), 2, nil, pts...) })
		for i, p := range l.Points {
			if p.Break {
				at := (x(max(0, i-1)) + x(i)) / 2
				d.line(muted(), 1, []vg.Length{2, 2}, pt{at, y.from}, pt{at, y.to})
			}
			if finite(p.Value) {
				d.dot(accent(), pt{x(i), y.at(*p.Value)}, 0.2*d.Font)
				last = i
			}
		}
		if ends && last >= 0 {
			w := d.lastWord(lines)
			d.write(pt{x(last) + 0.5*d.Font, y.at(*l.Points[last].Value) + 0.35*d.Font}, w)
		}
	}
}

// lastWord is the last value of the main line, as it stands behind its end.
func (d *drawing) lastWord(lines []document.Line) word {
	w := word{bold: true, color: accent()}
	for _, l := range lines {
		if !l.Main {
			continue
		}
		for _, p := range l.Points {
			if finite(p.Value) {
				w.s = d.numbers.text(*p.Value, d.Chart.Decimals) + p.Mark
			}
		}
	}
	return w
}

// run calls stroke for each piece of a line without gap and break.
func (d *drawing) run(l document.Line, x func(int) vg.Length, y scale, stroke func(...pt)) {
	var piece []pt
	for i, p := range l.Points {
		if p.Break || !finite(p.Value) {
			stroke(piece...)
			piece = nil
		}
		if finite(p.Value) {
			piece = append(piece, pt{x(i), y.at(*p.Value)})
		}
	}
	stroke(piece...)
}

// periods writes as many labels below the axis as there is room for, the last
// one always.
func (d *drawing) periods(labels []string, x func(int) vg.Length, y vg.Length) {
	free := d.Width + d.Font // the left end of the label written before
	for i, label := range slices.Backward(labels) {
		w := word{s: label, small: true, color: muted(), align: center}
		at := max(d.width(w)/2, min(x(i), d.Width-d.width(w)/2))
		if at+d.width(w)/2+0.8*d.Font > free {
			continue
		}
		d.write(pt{at, y}, w)
		free = at - d.width(w)/2
	}
}

func valuesOf(lines []document.Line) []float64 {
	var out []float64
	for _, l := range lines {
		for _, p := range l.Points {
			if finite(p.Value) {
				out = append(out, *p.Value)
			}
		}
	}
	return out
}

// multiples draws a small trend for each panel, all on one scale.
func (d *drawing) multiples() vg.Length {
	c := d.Chart
	f := d.Font
	var all []float64
	for _, p := range c.Panels {
		all = append(all, valuesOf(p.Lines)...)
	}
	columns := max(1, min(4, int(d.Width/(13*f))))
	gap := 1.4 * f
	y := scaleOf(all, 3, false)
	room := max(d.width(word{s: d.numbers.text(y.low, y.decimals()), small: true}), d.width(word{s: d.numbers.text(y.high, y.decimals()), small: true})) + 0.5*f
	width := (d.Width - gap*vg.Length(columns-1)) / vg.Length(columns)
	const plot, row = 4.6, 8.2
	rows := (d.To - d.From + columns - 1) / columns
	d.height = vg.Length(rows) * row * f
	if d.canvas == nil {
		return d.height
	}
	for i := d.From; i < d.To; i++ {
		p := c.Panels[i]
		n := i - d.From
		x0 := vg.Length(n%columns) * (width + gap)
		y0 := vg.Length(n/columns) * row * f
		last, tail := lastOf(p.Lines), ""
		if last != nil {
			tail = d.numbers.text(*last.Value, c.Decimals) + last.Mark
		}
		value := word{s: tail, bold: true, color: accent(), align: right}
		d.write(pt{x0, y0 + 1.1*f}, d.fit(word{s: p.Title, small: true, bold: true}, width-d.width(value)-0.5*f))
		d.write(pt{x0 + width, y0 + 1.1*f}, value)
		s := y
		s.from, s.to = y0+(1.8+plot)*f, y0+1.9*f
		for _, v := range s.ticks() {
			d.line(grid(), 0.7, nil, pt{x0 + room, s.at(v)}, pt{x0 + width, s.at(v)})
			d.write(pt{x0 + room - 0.4*f, s.at(v) + 0.3*f}, word{s: d.numbers.text(v, s.decimals()), align: right, small: true, color: muted()})
		}
		x := d.across(len(p.Labels), x0+room+0.3*f, x0+width-0.4*f)
		if len(valuesOf(p.Lines)) == 0 {
			d.write(pt{x0 + (room+width)/2, y0 + 4.4*f}, word{s: d.Labels.NoData, align: center, small: true, color: muted()})
		} else {
			d.series(p.Lines, x, s, false)
		}
		d.span(p.Labels, x0+room, x0+width, y0+(plot+3.0)*f)
	}
	return d.height
}

// span writes the first and the last period of a panel, or the last alone.
func (d *drawing) span(labels []string, from, to, y vg.Length) {
	if len(labels) == 0 {
		return
	}
	a := word{s: labels[0], small: true, color: muted()}
	b := word{s: labels[len(labels)-1], small: true, color: muted(), align: right}
	if len(labels) > 1 && d.width(a)+d.width(b)+d.Font <= to-from {
		d.write(pt{from, y}, a)
	}
	d.write(pt{to, y}, d.fit(b, to-from))
}

// lastOf is the value of the last period of the main line, if it has one.
func lastOf(lines []document.Line) *document.Point {
	for _, l := range lines {
		if n := len(l.Points); l.Main && n > 0 && finite(l.Points[n-1].Value) {
			return &l.Points[n-1]
		}
	}
	return nil
}
