package chart

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"github.com/auyl-kz/auyl/summary/document"
)

// drawing is one picture on its way to a canvas. Its y runs down from the top,
// as people lay out a page; paper turns it.
type drawing struct {
	Picture
	Size
	fonts   *font.Cache
	numbers numbers

	canvas vg.Canvas // nil while measuring
	height vg.Length
}

type pt struct{ x, y vg.Length }

// align says which end of a text stands at its x.
type align float64

const (
	left   align = 0
	center align = 0.5
	right  align = 1
)

// The colors: blue and orange of the palette of Okabe and Ito, which people who
// confuse red and green tell apart; each text has a contrast of 4.5 to white or more.
func ink() color.Color    { return color.RGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xff} }
func muted() color.Color  { return color.RGBA{R: 0x55, G: 0x5b, B: 0x61, A: 0xff} }
func grid() color.Color   { return color.RGBA{R: 0xdd, G: 0xe1, B: 0xe4, A: 0xff} }
func accent() color.Color { return color.RGBA{R: 0x00, G: 0x5a, B: 0x9c, A: 0xff} }
func plain() color.Color  { return color.RGBA{R: 0x8f, G: 0xb8, B: 0xd8, A: 0xff} }
func white() color.Color  { return color.White }

// other gives the lines that a main one is compared with a color and a dash each.
func other(i int) (k color.Color, dash []vg.Length) {
	switch i % 3 {
	case 0:
		return color.RGBA{R: 0xb3, G: 0x54, B: 0x00, A: 0xff}, []vg.Length{5, 3}
	case 1:
		return color.RGBA{R: 0x55, G: 0x5b, B: 0x61, A: 0xff}, []vg.Length{1.5, 2}
	}
	return color.RGBA{R: 0x00, G: 0x73, B: 0x57, A: 0xff}, []vg.Length{8, 2, 2, 2}
}

func (d *drawing) face(bold bool, scale float64) font.Face {
	return d.fonts.Lookup(typeface(bold), d.Font*vg.Length(scale))
}

func (d *drawing) paper(p pt) vg.Point { return vg.Point{X: p.x, Y: d.height - p.y} }

// word is a text to be written: s at its baseline.
type word struct {
	s     string
	align align
	bold  bool
	small bool
	color color.Color
}

func (w word) scale() float64 {
	if w.small {
		return 0.92
	}
	return 1
}

func (d *drawing) width(w word) vg.Length {
	face := d.face(w.bold, w.scale())
	return face.Width(document.Clean(w.s))
}

func (d *drawing) write(at pt, w word) {
	if d.canvas == nil || w.s == "" {
		return
	}
	s := document.Clean(w.s)
	at.x -= d.width(w) * vg.Length(w.align)
	if w.color == nil {
		w.color = ink()
	}
	d.canvas.SetColor(w.color)
	d.canvas.FillString(d.face(w.bold, w.scale()), d.paper(at), s)
}

// fit shortens a word to the room there is.
func (d *drawing) fit(w word, room vg.Length) word {
	if d.width(w) <= room {
		return w
	}
	runes := []rune(document.Clean(w.s))
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		w.s = strings.TrimRight(string(runes[:mid]), " ") + "…"
		if d.width(w) <= room {
			low = mid
		} else {
			high = mid - 1
		}
	}
	w.s = strings.TrimRight(string(runes[:low]), " ") + "…"
	return w
}

func (d *drawing) line(k color.Color, width vg.Length, dash []vg.Length, pts ...pt) {
	if d.canvas == nil || len(pts) < 2 {
		return
	}
	d.canvas.SetColor(k)
	d.canvas.SetLineWidth(width)
	d.canvas.SetLineDash(dash, 0)
	d.canvas.Stroke(d.path(pts, false))
}

func (d *drawing) fill(k color.Color, rings ...[]pt) {
	if d.canvas == nil {
		return
	}
	var p vg.Path
	for _, r := range rings {
		p = append(p, d.path(r, true)...)
	}
	d.canvas.SetColor(k)
	d.canvas.Fill(p)
}

func (d *drawing) outline(rings ...[]pt) {
	if d.canvas == nil {
		return
	}
	d.canvas.SetColor(muted())
	d.canvas.SetLineWidth(0.6)
	d.canvas.SetLineDash(nil, 0)
	for _, r := range rings {
		d.canvas.Stroke(d.path(r, true))
	}
}

func (d *drawing) path(pts []pt, closed bool) vg.Path {
	var p vg.Path
	for i, q := range pts {
		if i == 0 {
			p.Move(d.paper(q))
		} else {
			p.Line(d.paper(q))
		}
	}
	if closed {
		p.Close()
	}
	return p
}

func (d *drawing) box(k color.Color, x, y, w, h vg.Length) {
	d.fill(k, []pt{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}})
}

func (d *drawing) dot(k color.Color, at pt, r vg.Length) {
	if d.canvas == nil {
		return
	}
	var p vg.Path
	c := d.paper(at)
	p.Move(vg.Point{X: c.X + r, Y: c.Y})
	p.Arc(c, r, 0, 2*math.Pi)
	p.Close()
	d.canvas.SetColor(k)
	d.canvas.Fill(p)
}

// hatch strokes an area with slanting lines: the sign for nothing reported,
// which a copying machine keeps.
func (d *drawing) hatch(rings ...[]pt) {
	if d.canvas == nil {
		return
	}
	step := float64(d.Font) / 2.4
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range rings {
		for _, p := range r {
			low, high = min(low, float64(p.x+p.y)), max(high, float64(p.x+p.y))
		}
	}
	for c := math.Ceil(low/step) * step; c < high; c += step {
		var cuts []float64 // x where the line x + y = c crosses an edge
		for _, r := range rings {
			for i := range r {
				a, b := r[i], r[(i+1)%len(r)]
				u, v := float64(a.x+a.y)-c, float64(b.x+b.y)-c
				if (u < 0) == (v < 0) {
					continue
				}
				t := u / (u - v)
				cuts = append(cuts, float64(a.x)+t*float64(b.x-a.x))
			}
		}
		sortFloats(cuts)
		for i := 0; i+1 < len(cuts); i += 2 {
			d.line(muted(), 0.6, nil, pt{vg.Length(cuts[i]), vg.Length(c - cuts[i])}, pt{vg.Length(cuts[i+1]), vg.Length(c - cuts[i+1])})
		}
	}
}
