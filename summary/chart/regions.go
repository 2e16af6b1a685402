package chart

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary/document"
)

const classes = 5

// shade is the class color from light to dark (Blues of ColorBrewer, five
// classes: safe for color-blind readers and on a copying machine), and the ink
// that reads on it.
func shade(class int) (fill, text color.Color) {
	switch class {
	case 0:
		return color.RGBA{R: 0xef, G: 0xf3, B: 0xff, A: 0xff}, ink()
	case 1:
		return color.RGBA{R: 0xbd, G: 0xd7, B: 0xe7, A: 0xff}, ink()
	case 2:
		return color.RGBA{R: 0x6b, G: 0xae, B: 0xd6, A: 0xff}, ink()
	case 3:
		return color.RGBA{R: 0x2b, G: 0x74, B: 0xb3, A: 0xff}, white()
	}
	return color.RGBA{R: 0x08, G: 0x45, B: 0x8a, A: 0xff}, white()
}

// regions draws the map: each district in the shade of its class with its number
// in it, and beside or below the names and values by number. A district without
// a value is hatched, one without an outline has its row all the same.
func (d *drawing) regions(outlines []outline) vg.Length {
	f := d.Font
	var values []float64
	for _, r := range d.Chart.Regions {
		if finite(r.Value) {
			values = append(values, *r.Value)
		}
	}
	s := scaleOf(values, classes, false)
	// The classes fill the range of the values themselves.
	if len(values) > 1 && s.high > s.low {
		s.low, s.high = math.Inf(1), math.Inf(-1)
		for _, v := range values {
			s.low, s.high = min(s.low, v), max(s.high, v)
		}
	}

	width := d.Width
	if !d.narrow() {
		width = 0.5 * d.Width
	}
	var all [][]degree
	for _, o := range outlines {
		all = append(all, o.rings...)
	}
	low, high := bounds(all)
	k := math.Cos((low.lat + high.lat) / 2 * math.Pi / 180)
	unit := (width - 2) / vg.Length((high.lon-low.lon)*k)
	at := func(p degree) pt {
		return pt{1 + vg.Length((p.lon-low.lon)*k)*unit, 1 + vg.Length(high.lat-p.lat)*unit}
	}
	mapHeight := vg.Length(high.lat-low.lat)*unit + 2
	row := 1.45 * f
	list := vg.Length(len(d.Chart.Regions))*row + 4.6*f
	if d.narrow() {
		d.height = mapHeight + f + list
	} else {
		d.height = max(mapHeight, list)
	}
	if d.canvas == nil {
		return d.height
	}

	index := make(map[auyl.AreaCode]int, len(d.Chart.Regions))
	for i, r := range d.Chart.Regions {
		index[r.Area] = i
	}
	for _, o := range outlines {
		i, known := index[o.area]
		d.district(o, at, i, known, s)
	}
	x, y := vg.Length(0), mapHeight+f
	if !d.narrow() {
		x, y = width+2*f, 0
	}
	y = d.classLegend(s, len(values) > 0, x, y)
	for i, r := range d.Chart.Regions {
		d.regionRow(i, r, s, x, y+vg.Length(i)*row)
	}
	return d.height
}

func (d *drawing) district(o outline, at func(degree) pt, i int, known bool, s scale) {
	rings := make([][]pt, len(o.rings))
	for n, r := range o.rings {
		for _, p := range r {
			rings[n] = append(rings[n], at(p))
		}
	}
	text := ink()
	if known && finite(d.Chart.Regions[i].Value) {
		var fill color.Color
		fill, text = shade(s.class(*d.Chart.Regions[i].Value))
		d.fill(fill, rings...)
	} else {
		d.fill(white(), rings...)
		d.hatch(rings...)
	}
	d.outline(rings...)
	if !known {
		return
	}
	w := word{s: strconv.Itoa(i + 1), bold: true, align: center, color: text}
	p := at(o.label)
	if !finite(d.Chart.Regions[i].Value) { // a number is not read on hatching
		d.box(white(), p.x-d.width(w)/2-1, p.y-0.55*d.Font, d.width(w)+2, 1.1*d.Font)
	}
	d.write(pt{p.x, p.y + 0.36*d.Font}, w)
}

// classLegend draws the row of shades with its ends, and the sign for no data.
func (d *drawing) classLegend(s scale, known bool, x, y vg.Length) vg.Length {
	f := d.Font
	width := d.Width - x
	if known {
		step := width / classes
		for c := range classes {
			fill, _ := shade(c)
			r := []pt{{x + vg.Length(c)*step, y}, {x + vg.Length(c+1)*step, y}, {x + vg.Length(c+1)*step, y + f}, {x + vg.Length(c)*step, y + f}}
			d.fill(fill, r)
			d.outline(r)
		}
		poor, good := d.Labels.Worse, d.Labels.Better
		if d.Chart.LowerIsBetter {
			poor, good = good, poor
		}
		join := func(v float64, of string) string {
			t := d.numbers.text(v, d.Chart.Decimals)
			if d.Chart.Unit != "" {
				t += " " + d.Chart.Unit
			}
			if of != "" {
				t += " · " + of
			}
			return t
		}
		d.write(pt{x, y + 2.1*f}, d.fit(word{s: join(s.low, poor), small: true, color: muted()}, width/2-f))
		d.write(pt{x + width, y + 2.1*f}, d.fit(word{s: join(s.high, good), small: true, color: muted(), align: right}, width/2-f))
	}
	r := []pt{{x, y + 2.8*f}, {x + 1.5*f, y + 2.8*f}, {x + 1.5*f, y + 3.7*f}, {x, y + 3.7*f}}
	d.hatch(r)
	d.outline(r)
	d.write(pt{x + 2*f, y + 3.6*f}, word{s: d.Labels.NoData, small: true, color: muted()})
	return y + 4.2*f
}

func (d *drawing) regionRow(i int, r document.Region, s scale, x, y vg.Length) {
	f := d.Font
	q := []pt{{x, y + 0.2*f}, {x + 1.7*f, y + 0.2*f}, {x + 1.7*f, y + 1.4*f}, {x, y + 1.4*f}}
	number := word{s: strconv.Itoa(i + 1), bold: true, small: true, align: center}
	if finite(r.Value) {
		var fill color.Color
		fill, number.color = shade(s.class(*r.Value))
		d.fill(fill, q)
	} else {
		d.hatch(q)
		w := d.width(number) + 2
		d.box(white(), x+0.85*f-w/2, y+0.3*f, w, f)
	}
	d.outline(q)
	d.write(pt{x + 0.85*f, y + 1.12*f}, number)
	text := word{s: r.Text, align: right, bold: true}
	if !finite(r.Value) {
		text.bold, text.color = false, muted()
	}
	text = d.fit(text, 0.4*(d.Width-x))
	d.write(pt{d.Width, y + 1.15*f}, text)
	d.write(pt{x + 2.2*f, y + 1.15*f}, d.fit(word{s: r.Name}, d.Width-x-2.7*f-d.width(text)))
}

// class is the fifth of the range in which a value lies.
func (s scale) class(v float64) int {
	if s.high <= s.low {
		return classes / 2
	}
	return max(0, min(classes-1, int(float64(classes)*(v-s.low)/(s.high-s.low))))
}
