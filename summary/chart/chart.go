// Package chart draws the charts of a document on any canvas of gonum/plot/vg:
// as SVG for a page, as PNG, as vectors of a PDF. It measures text with a font
// that has the letters of Kazakh, and adds no word that the document does not
// hold. Equal charts give equal bytes.
package chart

import (
	"fmt"

	"codeberg.org/go-fonts/dejavu/dejavusanscondensed"
	"codeberg.org/go-fonts/dejavu/dejavusanscondensedbold"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"github.com/auyl-kz/auyl/summary/document"
)

// Size is the room that a chart has: its width and the height of its letters.
type Size struct{ Width, Font vg.Length }

// Phone fits a page 375 px wide with margins of 16, letter for letter; wider
// pages may enlarge it.
func Phone() Size { return Size{Width: 343, Font: 12} }

// Print fits an A4 page with margins of 15 mm.
func Print() Size { return Size{Width: 510, Font: 8} }

// narrow says that a name and its bar do not fit side by side.
func (s Size) narrow() bool { return s.Width < 40*s.Font }

// Drawer holds the fonts and outlines; make it once. Safe for concurrent use.
type Drawer struct {
	fonts    *font.Cache
	outlines []outline
}

// New parses the fonts and the outlines of the districts.
func New() (*Drawer, error) {
	regular, err := opentype.Parse(dejavusanscondensed.TTF)
	if err != nil {
		return nil, fmt.Errorf("parse font: %w", err)
	}
	bold, err := opentype.Parse(dejavusanscondensedbold.TTF)
	if err != nil {
		return nil, fmt.Errorf("parse bold font: %w", err)
	}
	outlines, err := loadOutlines()
	if err != nil {
		return nil, fmt.Errorf("read outlines: %w", err)
	}
	return &Drawer{outlines: outlines, fonts: font.NewCache(font.Collection{
		{Font: typeface(false), Face: regular},
		{Font: typeface(true), Face: bold},
	})}, nil
}

func typeface(bold bool) font.Font {
	f := font.Font{Typeface: "DejaVu", Variant: "Sans"}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return f
}

// Picture is a chart to draw, in the words of its document.
type Picture struct {
	Chart  *document.Chart
	Lang   string
	Labels *document.Labels
	// From and To choose some of the bars or panels, on the scale of all, for a
	// chart that is taller than a page. Zero and zero are all.
	From, To int
}

// Height says how tall the picture is at that size.
func (d *Drawer) Height(p Picture, s Size) vg.Length {
	return d.Draw(nil, p, s)
}

// Draw draws the picture with its lower left corner at the origin of c and
// returns its height. A nil canvas only measures.
func (d *Drawer) Draw(c vg.Canvas, p Picture, s Size) vg.Length {
	if p.From == 0 && p.To == 0 {
		p.To = items(p.Chart)
	}
	draw := &drawing{Picture: p, Size: s, fonts: d.fonts, numbers: numbersOf(p.Lang), canvas: c}
	switch p.Chart.Kind {
	case document.Trend:
		return draw.trend()
	case document.Ranking:
		return draw.ranking()
	case document.Multiples:
		return draw.multiples()
	case document.Map:
		return draw.regions(d.outlines)
	}
	return 0
}

// Parts cuts a chart into pieces of at most the given height, as From and To.
func (d *Drawer) Parts(p Picture, s Size, most vg.Length) []Picture {
	n := items(p.Chart)
	if n == 0 || d.Height(p, s) <= most {
		return []Picture{p}
	}
	var out []Picture
	for from := 0; from < n; {
		part := p
		part.From, part.To = from, n
		for part.To > from+1 && d.Height(part, s) > most {
			part.To--
		}
		out = append(out, part)
		from = part.To
	}
	return out
}

func items(c *document.Chart) int {
	switch c.Kind {
	case document.Ranking:
		return len(c.Bars)
	case document.Multiples:
		return len(c.Panels)
	case document.Trend, document.Map:
	}
	return 0
}
