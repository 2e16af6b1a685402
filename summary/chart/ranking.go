package chart

import (
	"gonum.org/v1/plot/vg"

	"github.com/auyl-kz/auyl/summary/document"
)

// ranking draws bars from zero with their intervals. Where it is narrow, a name
// stands above its bar instead of beside it.
func (d *drawing) ranking() vg.Length {
	c := d.Chart
	f := d.Font
	row := 1.55 * f
	if d.narrow() {
		row = 2.6 * f
	}
	intervals := false
	for _, b := range c.Bars {
		intervals = intervals || finite(b.Low) && finite(b.High)
	}
	foot := vg.Length(0)
	if intervals && d.Labels.Interval != "" {
		foot = 1.6 * f
	}
	d.height = vg.Length(d.To-d.From)*row + foot + 0.3*f
	if d.canvas == nil {
		return d.height
	}

	var values []float64
	var names, texts vg.Length
	for _, b := range c.Bars {
		for _, v := range []*float64{b.Value, b.Low, b.High} {
			if finite(v) {
				values = append(values, *v)
			}
		}
		names = max(names, d.width(word{s: b.Name, bold: b.Main}))
		if finite(b.Value) {
			texts = max(texts, d.width(barText(b)))
		}
	}
	x := scaleOf(values, 4, true)
	x.from, x.to = 0, d.Width
	if !d.narrow() {
		names = min(names, 0.38*d.Width)
		x.from, x.to = names+f, d.Width-min(texts, 0.25*d.Width)-f
	}
	for i := d.From; i < d.To; i++ {
		d.bar(c.Bars[i], x, vg.Length(i-d.From)*row, names)
	}
	d.line(muted(), 0.8, nil, pt{x.at(0), 0}, pt{x.at(0), vg.Length(d.To-d.From) * row})
	if foot > 0 {
		y := d.height - 0.6*f
		d.whisker(0, 2*f, y-0.35*f)
		d.write(pt{2.5 * f, y}, word{s: d.Labels.Interval, small: true, color: muted()})
	}
	return d.height
}

func barText(b document.Bar) word { return word{s: b.Text + b.Mark, bold: b.Main} }

func (d *drawing) bar(b document.Bar, x scale, top, names vg.Length) {
	f := d.Font
	y, thick := top+0.3*f, 0.95*f // of the bar
	text := barText(b)
	if d.narrow() {
		y, thick = top+1.45*f, 0.8*f
		text.align = right
		room := min(d.width(text), 0.6*d.Width)
		d.write(pt{d.Width, top + f}, d.fit(text, room))
		d.write(pt{0, top + f}, d.fit(word{s: b.Name, bold: b.Main}, d.Width-room-f))
	} else {
		d.write(pt{0, y + 0.8*f}, d.fit(word{s: b.Name, bold: b.Main}, names))
		switch {
		case finite(b.Value):
			d.write(pt{x.to + f, y + 0.8*f}, d.fit(text, d.Width-x.to-f))
		default:
			text.color = muted()
			d.write(pt{x.at(0) + 0.5*f, y + 0.8*f}, d.fit(text, d.Width-x.at(0)-0.5*f))
		}
	}
	if !finite(b.Value) {
		return
	}
	k := plain()
	if b.Main {
		k = accent()
	}
	from, to := x.at(0), x.at(*b.Value)
	d.box(k, min(from, to), y, max(from, to)-min(from, to), thick)
	if finite(b.Low) && finite(b.High) {
		d.whisker(x.at(*b.Low), x.at(*b.High), y+thick/2)
	}
}

// whisker is an interval: a line between two bounds, light around so that it is
// seen on a dark bar too.
func (d *drawing) whisker(from, to, y vg.Length) {
	h := 0.28 * d.Font
	for _, s := range []struct {
		k interface{ RGBA() (r, g, b, a uint32) }
		w vg.Length
	}{{white(), 2.6}, {ink(), 1}} {
		d.line(s.k, s.w, nil, pt{from, y}, pt{to, y})
		d.line(s.k, s.w, nil, pt{from, y - h}, pt{from, y + h})
		d.line(s.k, s.w, nil, pt{to, y - h}, pt{to, y + h})
	}
}
